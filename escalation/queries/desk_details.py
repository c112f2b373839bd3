"""What one page of the desk shows of its pupils besides figures and due dates; a constant number of queries."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

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
from registers.models import Contact, Pupil, School
from registers.queries import figures, packed
from registers.queries.packed import Told
from registers.rules import codes
from registers.rules.calendar import Calendar
from registers.rules.figures import Figures, shown

RECENT_DAYS = 20
"""School days of the trend: these against as many before."""
KEPT_FOR = 24 * 3600
ILLNESS = frozenset("I")
ABSENT = frozenset(row.symbol for row in codes.TABLE if row.is_absent)


@dataclass(frozen=True)
class Detail:
    """What a row shows of a pupil: the year so far and what it leads to, ten weeks, illness, pattern, family."""

    figures: Figures
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


def of(school: School, calendar: Calendar, on: date, pupils: Collection[Pupil]) -> dict[int, Detail]:
    """The detail of each pupil given, by pupil."""
    if not pupils:
        return {}
    ids = [pupil.pk for pupil in pupils]
    year = figures.year_to_date(on, calendar)
    marks = packed.by_pupil(school, year, ids)
    told = {pk: [code for _, code in marks.get(pk, ())] for pk in ids}
    counted = {one.pk: figures.of_codes(told[one.pk], one, calendar, year) for one in pupils}
    windows = threshold.of_pupils(school, calendar, pupils, on)
    families = _siblings(school, ids)
    contacts = _last_contacts(ids)
    rates = weekday_rates(school, calendar, on)
    plans = support.open_plans(pupils)
    to_come = len(calendar.sessions_between(on + timedelta(days=1), calendar.school_year_of(on)[1]))
    return {
        pk: Detail(
            figures=counted[pk],
            outlook=outlook.of(counted[pk], to_come),
            window=windows[pk],
            lates=_lates(calendar, on, marks.get(pk, ())),
            illnesses=clocks.occasions_in(told[pk]),
            longest_illness=_longest_illness(marks.get(pk, ())),
            trend=_trend(calendar, on, marks.get(pk, ())),
            pattern=_pattern(marks.get(pk, ()), rates),
            siblings=families.get(pk, ()),
            last_contact=contacts.get(pk),
            support=plans.get(pk),
        )
        for pk in ids
    }


def _lates(calendar: Calendar, on: date, marks: Sequence[Told]) -> int:
    """Late arrivals of the half-term so far."""
    term = calendar.term_of(on)
    late = [place.on for place, code in marks if code in codes.LATE_CODES]
    return sum(term.first_on <= day <= term.last_on for day in late) if term else 0


def _longest_illness(marks: Sequence[Told]) -> int:
    """The longest run of school days with nothing but I; in days."""
    return max((len(run.days) for run in clocks.runs_in(marks, ILLNESS)), default=0)


def _trend(calendar: Calendar, on: date, marks: Sequence[Told]) -> Fraction | None:
    """How attendance moved; None before there are two times twenty days with a possible session in each."""
    days = calendar.school_days_between(calendar.school_year_of(on)[0], on)[-2 * RECENT_DAYS :]
    if len(days) < 2 * RECENT_DAYS:
        return None
    began, turn = _place_of(marks, days[0]), _place_of(marks, days[RECENT_DAYS])
    before = Figures(Counter(code for _, code in marks[began:turn]))
    recent = Figures(Counter(code for _, code in marks[turn:]))
    if before.attendance is None or recent.attendance is None:
        return None
    return recent.attendance - before.attendance


def _place_of(marks: Sequence[Told], day: date) -> int:
    """Where the marks of a day, or of the next one marked, begin."""
    return bisect_left(marks, day, key=lambda told: told[0].on)


def _pattern(marks: Sequence[Told], rates: Mapping[int, float]) -> Pattern | None:
    opened = {place.on for place, _ in marks}
    away = {place.on for place, code in marks if code in ABSENT}
    return patterns.found(Counter(day.weekday() for day in away), Counter(day.weekday() for day in opened), rates)


def weekday_rates(school: School, calendar: Calendar, on: date) -> dict[int, float]:
    """The school's share of sessions missed by weekday, this year; kept from its first asking to the end of the day."""
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
