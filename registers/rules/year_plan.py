"""A school year at a glance: what each day of each month is, for a page to draw and to say in words."""

from calendar import Calendar as Weeks
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registers.rules import closures
from registers.rules.calendar import SATURDAY, Calendar, Closure, monday_of
from registers.rules.sessions import Session


class DayKind(StrEnum):
    """What a day is to the school."""

    OPEN = "open"
    HALF = "half"
    INSET = "inset"
    BANK_HOLIDAY = "bank_holiday"
    CLOSURE = "closure"
    POLLING_STATION = "polling_station"
    HOLIDAY = "holiday"
    WEEKEND = "weekend"


DAY_NAMES: Mapping[DayKind, str] = {
    DayKind.OPEN: "Open",
    DayKind.HALF: "Open for one session",
    **{DayKind(kind): name for kind, name in closures.CLOSURE_NAMES.items()},
    DayKind.HOLIDAY: "School holiday",
    DayKind.WEEKEND: "Weekend",
}
DAY_LETTERS: Mapping[DayKind, str] = {
    DayKind.HALF: "½",
    DayKind.INSET: "I",
    DayKind.BANK_HOLIDAY: "B",
    DayKind.CLOSURE: "C",
    DayKind.POLLING_STATION: "P",
}
"""What stands beside the number of a day, so that it is not told by its colour alone."""
_WEEKS = Weeks()


@dataclass(frozen=True)
class Day:
    """One day: what it is, and that in words for whoever does not see it."""

    on: date
    kind: DayKind
    words: str

    @property
    def letter(self) -> str:
        return DAY_LETTERS.get(self.kind, "")


@dataclass(frozen=True)
class Month:
    """A month as weeks from Monday to Sunday; None for a day of another month."""

    first_on: date
    weeks: tuple[tuple[Day | None, ...], ...]
    sessions: int


@dataclass(frozen=True)
class Count:
    """How much school there is in a stretch of days."""

    sessions: int
    days: int
    weeks: int


def count(calendar: Calendar, first_on: date, last_on: date) -> Count:
    """The open sessions, school days and school weeks from a day to a day, both included."""
    days = calendar.school_days_between(first_on, last_on)
    return Count(len(calendar.sessions_between(first_on, last_on)), len(days), len({monday_of(on) for on in days}))


def months(calendar: Calendar, on: date) -> tuple[Month, ...]:
    """The months of the school year a day belongs to."""
    first_on, last_on = calendar.school_year_of(on)
    number = (last_on.year - first_on.year) * 12 + last_on.month - first_on.month + 1
    places = [divmod(first_on.month - 1 + offset, 12) for offset in range(number)]
    return tuple(_month(calendar, first_on.year + years, place + 1) for years, place in places)


def _month(calendar: Calendar, year: int, month: int) -> Month:
    weeks = tuple(
        tuple(day_of(calendar, on) if on.month == month else None for on in week)
        for week in _WEEKS.monthdatescalendar(year, month)
    )
    shown = [day.on for week in weeks for day in week if day]
    return Month(date(year, month, 1), weeks, len(calendar.sessions_between(shown[0], shown[-1])))


def day_of(calendar: Calendar, on: date) -> Day:
    """What one day is."""
    open_sessions = [session for session in Session if calendar.is_open(on, session)]
    found = [closure for closure in calendar.closures if closure.first_on <= on <= closure.last_on]
    names = _named(found)
    if len(open_sessions) == len(Session):
        return Day(on, DayKind.OPEN, DAY_NAMES[DayKind.OPEN])
    if open_sessions:
        return Day(on, DayKind.HALF, f"{open_sessions[0]} only ({names})")
    if on.weekday() >= SATURDAY:
        return Day(on, DayKind.WEEKEND, DAY_NAMES[DayKind.WEEKEND])
    if found and closures.is_in_a_term(on, calendar.terms):
        kind = _kind(found[0])
        return Day(on, kind, f"Closed: {names}")
    return Day(on, DayKind.HOLIDAY, DAY_NAMES[DayKind.HOLIDAY])


def _named(found: Sequence[Closure]) -> str:
    return ", ".join(dict.fromkeys(closure.name for closure in found))


def _kind(closure: Closure) -> DayKind:
    known = closure.kind if closure.kind in set(DayKind) else closures.ClosureKind.CLOSURE
    return DayKind(known)
