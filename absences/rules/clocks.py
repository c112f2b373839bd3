"""The clocks that run on a pupil's marks: days on end and days in all, in the school's own school days, with limits.

A day counts when every open session of it carries one of a clock's codes. A day without school neither breaks a run
nor adds to it; nor does a session on which the whole school was closed, or one that has no mark yet.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

from registers.rules.calendar import Calendar
from registers.rules.sessions import SessionOn

WHOLE_SCHOOL_CLOSED = "Y4"


class ClockKind(StrEnum):
    """What falls due."""

    ATTENDANCE = "attendance"
    SICKNESS = "sickness"
    EXCLUSION = "exclusion"
    WHEREABOUTS = "whereabouts"
    PNAR = "pnar"
    TRAVELLING = "travelling"
    NEW_PUPIL = "new pupil"
    DELETION = "deletion"


@dataclass(frozen=True)
class Clock:
    """One clock: the codes it counts, its limit in school days, what it asks for and where that is written."""

    kind: ClockKind
    title: str
    codes: frozenset[str]
    limit: int
    source: str
    asks: str
    counts_total: bool = False
    """Whether days of the school year added up reach the limit too, and not only days on end."""
    compulsory_age: bool = True


CLOCKS: tuple[Clock, ...] = (
    Clock(
        ClockKind.ATTENDANCE,
        "Attendance return: ten school days of unauthorised absence on end",
        frozenset("GNOU"),
        10,
        "SI 2024/208 reg 13",
        "Tell the local authority the pupil's name, address and, if it is known, the cause.",
    ),
    Clock(
        ClockKind.SICKNESS,
        "Sickness return: fifteen school days of illness",
        frozenset("I"),
        15,
        "SI 2024/208 reg 13",
        "Tell the local authority, which must see to the pupil's education (Education Act 1996 s.19).",
        counts_total=True,
    ),
    Clock(
        ClockKind.EXCLUSION,
        "Sixth day of a suspension or exclusion",
        frozenset("E"),
        6,
        "Education and Inspections Act 2006 ss.100-101",
        "From today the pupil must be taught elsewhere: record where, and give K, B or D in place of E.",
    ),
    Clock(
        ClockKind.WHEREABOUTS,
        "Twenty school days of absence that nobody explains",
        frozenset("GNO"),
        20,
        "SI 2024/208 reg 9(1), ground I",
        "Make enquiries together with the local authority. Only when both have failed may the name be deleted.",
    ),
)

TRAVELLING = Clock(
    ClockKind.TRAVELLING,
    "Travelling family: ten school days without a day of return",
    frozenset("T"),
    10,
    "Staplehurst, letter to families who travel for work",
    "Ask the parent for the day of return; where the family cannot be reached, refer to the local authority. T never "
    "meets ground I: the name stays on the roll.",
)
"""Runs only while no day of return is recorded."""


def pnar(limit: int) -> Clock:
    """The notice some local authorities want beside the return of attendance, with the school's own number of days."""
    return Clock(
        ClockKind.PNAR,
        f"Notice of a pupil not attending regularly (PNAR): {limit} school days without leave",
        frozenset("GNOU"),
        limit,
        "The school’s policy and its local authority’s own form",
        "Send the notice on the local authority’s form, beside the attendance return.",
    )


def clocks_of(pnar_days: int | None) -> tuple[Clock, ...]:
    """The clocks that run at a school: those of the law, and what the school has chosen besides."""
    return (*CLOCKS, TRAVELLING, *((pnar(pnar_days),) if pnar_days else ()))


@dataclass(frozen=True)
class Run:
    """School days on end that count: the first and last of them, and each."""

    days: tuple[date, ...]
    sessions: int

    @property
    def first_on(self) -> date:
        return self.days[0]

    @property
    def last_on(self) -> date:
        return self.days[-1]


def runs(marks: Mapping[SessionOn, str], places: Sequence[SessionOn], counted: frozenset[str]) -> tuple[Run, ...]:
    """The runs of days that count, in order; `places` are the pupil's open sessions, `marks` the codes they carry."""
    return runs_in(((place, marks.get(place, "")) for place in places), counted)


def runs_in(told: Iterable[tuple[SessionOn, str]], counted: frozenset[str]) -> tuple[Run, ...]:
    """The runs of days that count, of sessions told in order with the code each carries ("" for none)."""
    found: list[dict[date, int]] = []
    sessions: dict[date, int] = {}
    broken_on: date | None = None
    for place, code in told:
        if code in ("", WHOLE_SCHOOL_CLOSED):
            continue
        if code not in counted:
            broken_on = place.on
            sessions.pop(broken_on, None)
            if sessions:
                found.append(sessions)
                sessions = {}
        elif place.on != broken_on:
            sessions[place.on] = sessions.get(place.on, 0) + 1
    return tuple(Run(tuple(run), sum(run.values())) for run in (*found, sessions) if run)


@dataclass(frozen=True)
class Reached:
    """A clock that has reached its limit for one pupil: since when, on which day, how far it is now."""

    clock: Clock
    since: date
    reached_on: date
    last_on: date
    days: int
    is_total: bool = False

    @property
    def words(self) -> str:
        if self.is_total:
            return f"{self.days} school days in all since {_day(self.since)}; day {self.clock.limit} was {self._when}."
        return f"{self.days} school days on end since {_day(self.since)}; day {self.clock.limit} was {self._when}."

    @property
    def _when(self) -> str:
        return _day(self.reached_on)


def reached(
    clock: Clock,
    marks: Mapping[SessionOn, str],
    places: Sequence[SessionOn],
    year_began_on: date,
) -> Reached | None:
    """The latest run that reached a clock's limit, else the year's total that did; None where neither has.

    A run that ended before this school year gives way to this year's total.
    """
    long = [run for run in runs(marks, places, clock.codes) if len(run.days) >= clock.limit]
    if not long:
        return _total_reached(clock, marks, places, year_began_on)
    run = long[-1]
    found = Reached(clock, run.first_on, run.days[clock.limit - 1], run.last_on, len(run.days))
    if run.last_on >= year_began_on:
        return found
    return _total_reached(clock, marks, places, year_began_on) or found


def _total_reached(
    clock: Clock, marks: Mapping[SessionOn, str], places: Sequence[SessionOn], year_began_on: date
) -> Reached | None:
    """The year's total in half days: a morning and an afternoon make a day, on whichever days they fall."""
    if not clock.counts_total:
        return None
    counted = [place.on for place in places if place.on >= year_began_on and marks.get(place) in clock.codes]
    if len(counted) < 2 * clock.limit:
        return None
    return Reached(clock, counted[0], counted[2 * clock.limit - 1], counted[-1], len(counted) // 2, is_total=True)


def occasions(marks: Mapping[SessionOn, str], places: Sequence[SessionOn], symbol: str = "I") -> int:
    """How many separate times a code runs: sessions of it with no other mark between are one occasion."""
    return occasions_in((marks.get(place, "") for place in places), symbol)


def occasions_in(told: Iterable[str], symbol: str = "I") -> int:
    """How many separate times a code runs in the codes of sessions told in order ("" for no mark)."""
    marked = (code for code in told if code not in ("", WHOLE_SCHOOL_CLOSED))
    return sum(1 for code, _ in groupby(marked) if code == symbol)


def illness_words(occasions: int, longest: int, most_occasions: int | None, most_days: int | None) -> str:
    """Why evidence of illness is proposed under a school's own limits; "" where neither is met."""
    met = []
    if most_occasions is not None and occasions >= most_occasions:
        met.append(f"{occasions} occasions of illness this school year")
    if most_days is not None and longest >= most_days:
        met.append(f"{longest} school days of illness on end")
    return " and ".join(met)


NEW_PUPIL_DAYS = 5
"""Days, not school days, after the day the name was entered (reg 13)."""


@dataclass(frozen=True)
class Enrolled:
    """What the two returns about the roll must know of a pupil."""

    entered_on: date | None
    starts_on: date
    leaves_on: date | None
    year_group: int


def new_pupil_due(pupil: Enrolled, calendar: Calendar, youngest: int) -> date | None:
    """By when the local authority is told of a new name: the fifth day after its entry; None where it need not be.

    A pupil who joins the most junior class on the first day of a school year need not be told of (reg 13).
    """
    if pupil.entered_on is None:
        return None
    first_on = _first_school_day(calendar, pupil.starts_on)
    if pupil.year_group == youngest and first_on is not None and pupil.starts_on <= first_on:
        return None
    return pupil.entered_on + timedelta(days=NEW_PUPIL_DAYS)


def deletion_due(pupil: Enrolled, calendar: Calendar, oldest: int) -> date | None:
    """By when the local authority is told of a deletion: the day of it at the latest; None where it need not be.

    A pupil of the most senior class who leaves at the end of the school year or after need not be told of.
    """
    if pupil.leaves_on is None:
        return None
    last_on = _last_school_day(calendar, pupil.leaves_on)
    if pupil.year_group == oldest and last_on is not None and pupil.leaves_on >= last_on:
        return None
    return pupil.leaves_on


def _first_school_day(calendar: Calendar, on: date) -> date | None:
    """The first school day of the year a day lies in; None where the calendar does not know that year."""
    return next(iter(calendar.school_days_between(*calendar.school_year_of(on))), None)


def _last_school_day(calendar: Calendar, on: date) -> date | None:
    return next(reversed(calendar.school_days_between(*calendar.school_year_of(on))), None)


def _day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"
