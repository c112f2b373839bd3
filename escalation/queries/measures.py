"""What each pupil's policy is held against: SQL counts every session, and fetches those that a finding must list."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType

from escalation.queries import standing
from escalation.queries.standing import Standing
from escalation.rules import candidates
from escalation.rules import measures as rules
from escalation.rules.measures import Marked, Measures, Stretch
from escalation.rules.measuring import YEAR, overs_of
from escalation.rules.policy import Policy, Rule
from escalation.rules.runs import ScanRefusedError
from registers.models import Mark, Pupil, School
from registers.queries import figures, packed
from registers.queries.figures import Entries, Period
from registers.rules import ages, codes
from registers.rules.calendar import Calendar
from registers.rules.figures import Figures
from registers.rules.sessions import Session, SessionOn

LISTED_CODES = tuple(row.symbol for row in codes.TABLE if not row.is_attended or row.symbol in codes.LATE_CODES)
"""Every code a finding may have to list: all but those of a session plainly attended."""
WHOLE = "whole"
"""The period from the earliest day that any rule looks at."""
MOST_NAMED = 300
"""More pupils than that are fetched with the whole school rather than by their ids."""


@dataclass(frozen=True)
class Candidate:
    """A pupil for whom some rules may hold, told from counts: those rules, and what they are held against."""

    rules: tuple[Rule, ...]
    measures: Measures


@dataclass(frozen=True)
class Counted:
    """A school's pupils on roll on a day, with their figures over every period that a policy names.

    `entries` counts the marks by code with their entries and amendments, for the whole school.
    """

    on: date
    periods: Mapping[str, Period]
    figures: Mapping[str, Mapping[int, Figures]]
    pupils: tuple[Pupil, ...]
    entries: Mapping[str, Entries]
    known: Standing

    @property
    def whole(self) -> Period:
        return self.periods[WHOLE]


def count(school: School, calendar: Calendar, on: date, policy: Policy) -> Counted:
    """Every pupil's figures and what else is known of them: five queries at most, however many pupils."""
    periods = periods_of(calendar, on, policy)
    pupils = figures.pupils_on_roll(school, Period(on, on), *figures.COUNTED_BY)
    found, entries = figures.by_pupil_in_periods(school, calendar, periods, pupils)
    known = standing.of_school(school, periods[WHOLE].first_on, on, policy)
    return Counted(on, periods, found, tuple(pupils), entries, known)


def of_school(
    school: School, calendar: Calendar, on: date, policy: Policy, counted: Counted | None = None
) -> Iterator[tuple[int, Candidate]]:
    """Every pupil for whom some rule of a policy may hold on a day, with the sessions of the school year to that day.

    Seven queries at most, however many pupils. Raises ScanRefusedError if marks changed between them.
    """
    counted = counted or count(school, calendar, on, policy)
    chosen: dict[int, Candidate] = {}
    pupils: dict[int, Pupil] = {}
    ends = rules.ends(calendar, on)
    base = Measures(on, on, Figures(), half_term=calendar.term_of(on), ends=ends)
    for pupil in counted.pupils:
        measured = _from_counts(base, pupil, counted)
        if may := tuple(rule for rule in policy.rules if candidates.may_hold(policy, rule, measured)):
            chosen[pupil.pk], pupils[pupil.pk] = Candidate(may, measured), pupil
    return _with_sessions(school, calendar, chosen, pupils, counted)


def periods_of(calendar: Calendar, on: date, policy: Policy) -> dict[str, Period]:
    """Every period that a policy names on a day, and the whole they lie in."""
    wanted = dict.fromkeys([YEAR, *(over for rule in policy.rules for over in overs_of(rule.measure))])
    firsts = {over: rules.first_day(calendar, on, over) for over in wanted}
    periods = {over: Period(first_on, on) for over, first_on in firsts.items() if first_on is not None}
    return {**periods, WHOLE: Period(min(one.first_on for one in periods.values()), on)}


def _from_counts(base: Measures, pupil: Pupil, counted: Counted) -> Measures:
    known = counted.known
    stretches = {
        over: Stretch(max(period.first_on, pupil.starts_on), counted.on, counted.figures[over][pupil.pk])
        for over, period in counted.periods.items()
    }
    year = stretches[YEAR]
    return replace(
        base,
        since=year.first_on,
        figures=year.figures,
        stretches=MappingProxyType(stretches),
        year_group=pupil.year_group(counted.on),
        of_compulsory_age=ages.is_compulsory_age(pupil.dob, counted.on),
        letters=known.letters.get(pupil.pk, {}),
        reached=known.reached.get(pupil.pk, frozenset()),
        review_due=known.reviews.get(pupil.pk),
    )


def _with_sessions(
    school: School, calendar: Calendar, chosen: dict[int, Candidate], pupils: dict[int, Pupil], counted: Counted
) -> Iterator[tuple[int, Candidate]]:
    listed = _listed(school, counted.whole, pupils)
    unmarked = [pupils[pk] for pk in chosen if counted.figures[WHOLE][pk].unmarked]
    blanks = _blanks(school, calendar, counted.whole, unmarked)
    return _measured(calendar, chosen, pupils, counted, listed, blanks)


def _measured(
    calendar: Calendar,
    chosen: dict[int, Candidate],
    pupils: dict[int, Pupil],
    counted: Counted,
    listed: dict[int, list[Marked]],
    blanks: dict[int, tuple[SessionOn, ...]],
) -> Iterator[tuple[int, Candidate]]:
    """One pupil after another, so that a school's worth of sessions is not held ready at once."""
    open_sessions = calendar.sessions_between(counted.whole.first_on, counted.on)
    year_ends_on = calendar.school_year_of(counted.on)[1]
    for pupil_id, candidate in chosen.items():
        pupil = pupils[pupil_id]
        marks = listed.pop(pupil_id, [])
        _check_agree(counted.figures[WHOLE][pupil_id], marks)
        last_on = min(year_ends_on, pupil.leaves_on or year_ends_on)
        measured = replace(
            candidate.measures,
            marks=tuple(marks),
            blanks=blanks.get(pupil_id, ()),
            places=_on_roll(calendar, pupil, counted, open_sessions),
            remaining=calendar.number_between(counted.on + timedelta(days=1), last_on),
        )
        yield pupil_id, Candidate(candidate.rules, measured)


def _on_roll(
    calendar: Calendar, pupil: Pupil, counted: Counted, open_sessions: tuple[SessionOn, ...]
) -> tuple[SessionOn, ...]:
    """A pupil's open sessions; all those who were on roll throughout share one."""
    if pupil.starts_on <= counted.whole.first_on:
        return open_sessions
    return calendar.sessions_between(pupil.starts_on, counted.on)


def _listed(school: School, period: Period, pupils: Iterable[int]) -> dict[int, list[Marked]]:
    wanted = list(pupils)
    if not wanted:
        return {}
    marks = Mark.objects.filter(school=school, on__gte=period.first_on, on__lte=period.last_on, code__in=LISTED_CODES)
    return packed.of_marks(marks.filter(pupil__in=wanted) if len(wanted) <= MOST_NAMED else marks, Marked)


def _blanks(
    school: School, calendar: Calendar, period: Period, pupils: list[Pupil]
) -> dict[int, tuple[SessionOn, ...]]:
    """The open sessions on roll without a mark, of the pupils who have any."""
    if not pupils:
        return {}
    marked: defaultdict[int, set[SessionOn]] = defaultdict(set)
    for pupil_id, on, session in Mark.objects.filter(
        school=school, pupil__in=pupils, on__gte=period.first_on, on__lte=period.last_on
    ).values_list("pupil_id", "on", "session"):
        marked[pupil_id].add(SessionOn(on, Session(session)))
    return {
        pupil.pk: tuple(
            place
            for place in calendar.sessions_between(max(period.first_on, pupil.starts_on), period.last_on)
            if place not in marked[pupil.pk]
        )
        for pupil in pupils
    }


def _check_agree(counts: Figures, listed: list[Marked]) -> None:
    """What SQL counted and what it listed must be the same sessions: a flag never shows figures it cannot list."""
    counted = {code: number for code, number in counts.by_code.items() if code in LISTED_CODES}
    if counted != Counter(mark.code for mark in listed):
        raise ScanRefusedError("Marks were changed while they were being counted. Nothing was written; scan again.")
