"""School days, sessions, half-terms and school weeks: every clock of the product counts with this module."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

from registers.rules.sessions import Session, SessionOn

SATURDAY = 5
AUGUST = 8


class CalendarRefusedError(Exception):
    """A calendar, or a question to it, that cannot be answered; the message says what to do."""


@dataclass(frozen=True)
class Term:
    """One half-term of a school, first and last day included. `number` is 1 to 6 within its school year."""

    name: str
    number: int
    first_on: date
    last_on: date


@dataclass(frozen=True)
class Closure:
    """Days without school inside a term, first and last included; one session of them when `session` is set."""

    first_on: date
    last_on: date
    kind: str
    name: str
    session: Session | None = None


def days(first_on: date, last_on: date) -> Iterator[date]:
    """Every calendar day from the first to the last, both included."""
    for offset in range((last_on - first_on).days + 1):
        yield first_on + timedelta(days=offset)


def monday_of(on: date) -> date:
    return on - timedelta(days=on.weekday())


def school_year_start(on: date) -> date:
    """1 September of the school year a day belongs to (Education Act 1996 s.579: a school year runs from September)."""
    return date(on.year if on.month >= 9 else on.year - 1, 9, 1)


def school_year_end(on: date) -> date:
    """31 August of the school year a day belongs to."""
    return date(school_year_start(on).year + 1, 8, 31)


def term_year(first_on: date) -> int:
    """The year in which the school year of a half-term began; one that begins in August opens the new year."""
    return first_on.year if first_on.month >= AUGUST else first_on.year - 1


def _in_august(term: Term) -> bool:
    return term.first_on.month == AUGUST


@dataclass(frozen=True)
class Calendar:
    """The open sessions of one school, in order, computed from its terms and closures."""

    terms: tuple[Term, ...]
    closures: tuple[Closure, ...] = ()

    def __post_init__(self) -> None:
        check_terms(self.terms)

    @cached_property
    def sessions(self) -> tuple[SessionOn, ...]:
        """Every session the school is open, in order."""
        closed = {
            SessionOn(on, session)
            for closure in self.closures
            for on in days(closure.first_on, closure.last_on)
            for session in ([closure.session] if closure.session else Session)
        }
        return tuple(
            place
            for term in self.terms
            for on in days(term.first_on, term.last_on)
            if on.weekday() < SATURDAY
            for session in Session
            if (place := SessionOn(on, session)) not in closed
        )

    @cached_property
    def _open(self) -> frozenset[SessionOn]:
        return frozenset(self.sessions)

    @cached_property
    def school_days(self) -> tuple[date, ...]:
        """Every day with at least one open session, in order."""
        return tuple(sorted({place.on for place in self.sessions}))

    @cached_property
    def school_weeks(self) -> tuple[date, ...]:
        """The Monday of every week with at least one open session, in order (WTISA ch. 6: a school week)."""
        return tuple(sorted({monday_of(on) for on in self.school_days}))

    def is_open(self, on: date, session: Session) -> bool:
        return SessionOn(on, session) in self._open

    def is_school_day(self, on: date) -> bool:
        return SessionOn(on, Session.AM) in self._open or SessionOn(on, Session.PM) in self._open

    def sessions_between(self, first_on: date, last_on: date) -> tuple[SessionOn, ...]:
        """The open sessions from the first day to the last, both included; none if they are the wrong way round."""
        start, end = self._bounds(first_on, last_on)
        return self.sessions[start:end]

    def number_between(self, first_on: date, last_on: date) -> int:
        """How many open sessions there are from the first day to the last, both included."""
        start, end = self._bounds(first_on, last_on)
        return max(0, end - start)

    def _bounds(self, first_on: date, last_on: date) -> tuple[int, int]:
        return bisect_left(self._session_days, first_on), bisect_right(self._session_days, last_on)

    @cached_property
    def _session_days(self) -> tuple[date, ...]:
        """The day of every open session, in order."""
        return tuple(place.on for place in self.sessions)

    def school_days_between(self, first_on: date, last_on: date) -> tuple[date, ...]:
        """The school days from the first day to the last, both included."""
        return self.school_days[bisect_left(self.school_days, first_on) : bisect_right(self.school_days, last_on)]

    def add_school_days(self, on: date, count: int) -> date:
        """The `count`th school day after a day, which need not be one (reg 10 speaks of school days)."""
        place = bisect_right(self.school_days, on) + count - 1
        if count < 1 or place >= len(self.school_days):
            raise CalendarRefusedError(
                f"The calendar does not reach {count} school days past {on:%d/%m/%Y}. Enter the next terms."
            )
        return self.school_days[place]

    def last_school_day(self, on: date) -> date | None:
        """The day itself if it is a school day, else the last one before it; None before the calendar begins."""
        place = bisect_right(self.school_days, on)
        return self.school_days[place - 1] if place else None

    def weeks_ending(self, on: date, count: int) -> tuple[date, ...]:
        """The Mondays of the last `count` school weeks up to the one a day lies in, or the last before it."""
        place = bisect_right(self.school_weeks, monday_of(on))
        return self.school_weeks[max(0, place - count) : place]

    def school_year_of(self, on: date) -> tuple[date, date]:
        """The first and last day of the school year a day belongs to: from September, or from a first half-term that
        begins in August. Ages keep to 31 August all the same: `school_year_start`."""
        year = on.year if on >= self._opens(on.year) else on.year - 1
        return self._opens(year), self._opens(year + 1) - timedelta(days=1)

    def september_of(self, on: date) -> date:
        """The 1 September by which the law counts the school year a day belongs to."""
        return date(self.school_year_of(on)[0].year, 9, 1)

    def _opens(self, year: int) -> date:
        return self._august_starts.get(year, date(year, 9, 1))

    @cached_property
    def _august_starts(self) -> dict[int, date]:
        return {term.first_on.year: term.first_on for term in self.terms if term.number == 1 and _in_august(term)}

    def term_of(self, on: date) -> Term | None:
        """The half-term a day lies in, or, in a holiday, the last one before it in the same school year."""
        begun = [term for term in self.terms if term.first_on <= on]
        if begun and begun[-1].last_on >= self.school_year_of(on)[0]:
            return begun[-1]
        return None

    def closure_on(self, on: date) -> Closure | None:
        return next((closure for closure in self.closures if closure.first_on <= on <= closure.last_on), None)

    def why_closed(self, on: date) -> str:
        """Why there is no school on a day, in words for a message."""
        closure = self.closure_on(on)
        if closure:
            return closure.name
        if on.weekday() >= SATURDAY:
            return "a weekend"
        return "outside the school's terms"


def check_terms(terms: tuple[Term, ...]) -> None:
    """Refuse terms that run backwards, overlap or stand out of order."""
    for term in terms:
        if term.last_on < term.first_on:
            raise CalendarRefusedError(f"{term.name} ends before it begins ({term.first_on:%d/%m/%Y}).")
    for earlier, later in pairwise(terms):
        if later.first_on <= earlier.last_on:
            raise CalendarRefusedError(
                f"{later.name} begins on {later.first_on:%d/%m/%Y}, before {earlier.name} ends on "
                f"{earlier.last_on:%d/%m/%Y}. Put the terms in order without overlap."
            )
