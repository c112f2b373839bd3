"""What one page of the desk shows of its pupils besides figures and due dates; a constant number of queries."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Protocol

from django.core.cache import cache
from django.db.models import Max, Q

from absences.models import ContactAttempt, SupportPlan
from absences.queries import support
from absences.rules import clocks
from escalation.rules import outlook, patterns
from escalation.rules.outlook import Outlook
from escalation.rules.patterns import Pattern
from letters.models import Letter
from letters.rules.states import LetterState
from penalties.queries import threshold
from penalties.rules.threshold import Window
from registers.models import Contact, Mark, Pupil, School
from registers.queries import figures
from registers.queries.figures import Period
from registers.rules import codes
from registers.rules.calendar import Calendar
from registers.rules.codes import NOT_ON_ROLL
from registers.rules.figures import Figures, shown
from registers.rules.sessions import Session, SessionOn

RECENT_DAYS = 20
"""School days of the trend: these against as many before."""
KEPT_FOR = 6 * 3600
ILLNESS = frozenset("I")
Marks = dict[SessionOn, str]


class Shown(Protocol):
    """What a line tells its detail."""

    @property
    def pupil(self) -> Pupil: ...
    @property
    def figures(self) -> Figures: ...


@dataclass(frozen=True)
class Detail:
    """The rest of a row: outlook, ten-week window, lates of the half-term, illness, trend, pattern, family, contact."""

    outlook: Outlook
    window: Window
    lates: int
    illnesses: int
    longest_illness: int
    trend: Fraction | None
    """Attendance of the last twenty school days less that of the twenty before."""
    pattern: Pattern | None
    siblings: tuple[Pupil, ...]
    last_contact: datetime | None
    support: SupportPlan | None
    """The open support plan, if there is one: support comes before any sanction."""

    @property
    def trend_words(self) -> str:
        """The trend in points with its direction."""
        if self.trend is None:
            return ""
        return f"{'▲' if self.trend > 0 else '▼' if self.trend < 0 else '='} {shown(abs(self.trend))}"


def of(school: School, calendar: Calendar, on: date, asked: Mapping[int, Shown]) -> dict[int, Detail]:
    """The detail of each pupil given, by pupil."""
    if not asked:
        return {}
    year = figures.year_to_date(on, calendar)
    marks = _marks(school, year, asked.keys())
    windows = threshold.of_pupils(school, calendar, [one.pupil for one in asked.values()], on)
    families = _siblings(school, asked.keys())
    contacts = _last_contacts(asked.keys())
    rates = weekday_rates(school, calendar, on)
    plans = support.open_plans(one.pupil for one in asked.values())
    to_come = len(calendar.sessions_between(on + timedelta(days=1), calendar.school_year_of(on)[1]))
    return {
        pk: _detail(
            calendar,
            on,
            one,
            marks.get(pk, {}),
            rates,
            window=windows[pk],
            siblings=families.get(pk, ()),
            last_contact=contacts.get(pk),
            plan=plans.get(pk),
            to_come=to_come,
        )
        for pk, one in asked.items()
    }


def _detail(
    calendar: Calendar,
    on: date,
    one: Shown,
    marks: Marks,
    rates: Mapping[int, float],
    *,
    window: Window,
    siblings: tuple[Pupil, ...],
    last_contact: datetime | None,
    plan: SupportPlan | None,
    to_come: int,
) -> Detail:
    is_ill = "I" in marks.values()
    places = sorted(marks) if is_ill else []
    term = calendar.term_of(on)
    return Detail(
        outlook=outlook.of(one.figures, to_come),
        window=window,
        lates=sum(
            code in codes.LATE_CODES and term is not None and term.first_on <= place.on <= term.last_on
            for place, code in marks.items()
        ),
        illnesses=clocks.occasions(marks, places) if is_ill else 0,
        longest_illness=max((len(run.days) for run in clocks.runs(marks, places, ILLNESS)), default=0),
        trend=_trend(calendar, on, marks),
        pattern=_pattern(marks, rates),
        siblings=siblings,
        last_contact=last_contact,
        support=plan,
    )


def _marks(school: School, year: Period, pupil_ids: Collection[int]) -> dict[int, Marks]:
    found: defaultdict[int, Marks] = defaultdict(dict)
    rows = Mark.objects.filter(school=school, pupil__in=pupil_ids, on__gte=year.first_on, on__lte=year.last_on)
    sessions = {str(session): session for session in Session}
    for pupil_id, on, session, code in rows.exclude(code=NOT_ON_ROLL).values_list("pupil_id", "on", "session", "code"):
        found[pupil_id][SessionOn(on, sessions[session])] = code
    return found


def _trend(calendar: Calendar, on: date, marks: Marks) -> Fraction | None:
    """How attendance moved; None before there are two times twenty days with a possible session in each."""
    days = calendar.school_days_between(calendar.school_year_of(on)[0], on)[-2 * RECENT_DAYS :]
    if len(days) < 2 * RECENT_DAYS:
        return None
    turn = days[RECENT_DAYS]
    before = Figures(Counter(code for place, code in marks.items() if days[0] <= place.on < turn))
    recent = Figures(Counter(code for place, code in marks.items() if place.on >= turn))
    if before.attendance is None or recent.attendance is None:
        return None
    return recent.attendance - before.attendance


def _pattern(marks: Marks, rates: Mapping[int, float]) -> Pattern | None:
    opened = {place.on for place in marks}
    away = {place.on for place, code in marks.items() if codes.code(code).is_absent}
    return patterns.found(Counter(on.weekday() for on in away), Counter(on.weekday() for on in opened), rates)


def weekday_rates(school: School, calendar: Calendar, on: date) -> dict[int, float]:
    """The school's share of sessions missed by weekday, this year up to the day before; kept for some hours."""
    key = f"weekday-rates:{school.pk}:{on.isoformat()}"
    kept: dict[int, float] | None = cache.get(key)
    if kept is None:
        kept = _weekday_rates(school, calendar, on)
        cache.set(key, kept, KEPT_FOR)
    return kept


def _weekday_rates(school: School, calendar: Calendar, on: date) -> dict[int, float]:
    by_weekday: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for day, counted in figures.by_day(school, figures.year_to_date(on, calendar)).items():
        by_weekday[day.weekday()].update(counted.by_code)
    absences = {weekday: Figures(counts).absence for weekday, counts in by_weekday.items()}
    return {weekday: float(share) for weekday, share in absences.items() if share is not None}


_PARENT = Q(parental_responsibility=True) | Q(lives_with_pupil=True)


def _siblings(school: School, pupil_ids: Collection[int]) -> dict[int, tuple[Pupil, ...]]:
    """The other children on roll who share a parent, by pupil; two queries."""
    parents: defaultdict[int, set[int]] = defaultdict(set)
    for pupil_id, parent_id in Contact.objects.filter(_PARENT, pupil__in=pupil_ids).values_list(
        "pupil_id", "parent_id"
    ):
        parents[parent_id].add(pupil_id)
    found: defaultdict[int, dict[int, Pupil]] = defaultdict(dict)
    rows = Contact.objects.filter(_PARENT, school=school, parent__in=parents.keys(), pupil__leaves_on__isnull=True)
    for row in rows.select_related("pupil"):
        for pupil_id in parents[row.parent_id]:
            if row.pupil_id != pupil_id:
                found[pupil_id][row.pupil_id] = row.pupil
    return {pk: tuple(sorted(others.values(), key=lambda other: other.dob)) for pk, others in found.items()}


def _last_contacts(pupil_ids: Collection[int]) -> dict[int, datetime]:
    """When the family last heard from the school: a try to reach them, or a letter that went."""
    found: dict[int, datetime] = {}
    tried = ContactAttempt.objects.filter(pupil__in=pupil_ids).values_list("pupil").annotate(Max("tried_at"))
    issued = Letter.objects.filter(pupil__in=pupil_ids, state=LetterState.ISSUED).values_list("pupil")
    for pupil_id, at in [*tried.order_by(), *issued.annotate(Max("issued_at")).order_by()]:
        found[pupil_id] = max(at, found.get(pupil_id, at))
    return found
