"""From one session to another: which sessions of the school a stretch of absence or leave covers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from registers.rules.calendar import Calendar, school_year_end
from registers.rules.sessions import Session, SessionOn

SESSION_WORDS = {Session.AM: "morning", Session.PM: "afternoon"}
LAST_HALF_TERM = 6


class SpanRefusedError(Exception):
    """A stretch of sessions that cannot be used; the message says what to correct."""


@dataclass(frozen=True)
class Span:
    """From a session to a session, both included. The days need not be school days."""

    first: SessionOn
    last: SessionOn

    @classmethod
    def of_days(cls, first_on: date, last_on: date) -> "Span":
        """Whole days, from the first morning to the last afternoon."""
        return cls(SessionOn(first_on, Session.AM), SessionOn(last_on, Session.PM))

    def __str__(self) -> str:
        """The days in few words: the year once, and a session only where a day is not whole."""
        first_half = " PM" if self.first.session is Session.PM else ""
        last_half = " AM" if self.last.session is Session.AM else ""
        if self.first.on == self.last.on:
            return f"{_day(self.last.on)} {self.last.on:%Y}{last_half or first_half}"
        year = f" {self.first.on:%Y}" if self.first.on.year != self.last.on.year else ""
        return f"{_day(self.first.on)}{year}{first_half} to {_day(self.last.on)} {self.last.on:%Y}{last_half}"

    def __contains__(self, place: object) -> bool:
        return isinstance(place, SessionOn) and self.first <= place <= self.last

    def overlaps(self, other: "Span") -> bool:
        return self.first <= other.last and other.first <= self.last


def _day(on: date) -> str:
    return f"{on:%a} {on.day} {on:%b}"


def check(span: Span, calendar: Calendar) -> None:
    """Refuse a span that runs backwards or reaches beyond the terms the school has entered."""
    if span.last < span.first:
        raise SpanRefusedError(f"The last session ({span.last}) comes before the first ({span.first}). Correct one.")
    first_on, last_on = known(calendar)
    if span.first.on < first_on or span.last.on > last_on:
        raise SpanRefusedError(
            f"The school's calendar is entered from {first_on:%d/%m/%Y} to {last_on:%d/%m/%Y}; the days asked for lie "
            "outside it. Check the dates, or enter the missing terms first."
        )


def known(calendar: Calendar) -> tuple[date, date]:
    """The first and last day of which the calendar can say whether there is school."""
    if not calendar.terms:
        raise SpanRefusedError("The school's calendar has no terms yet. Enter them first.")
    last = calendar.terms[-1]
    # After the last half-term of a year there is no school until September, so the summer holiday is known too.
    return calendar.terms[0].first_on, school_year_end(last.last_on) if last.number == LAST_HALF_TERM else last.last_on


def sessions(
    span: Span, calendar: Calendar, starts_on: date = date.min, leaves_on: date | None = None
) -> tuple[SessionOn, ...]:
    """The open sessions of a span, in order; of a pupil's, only those while on roll."""
    first_on, last_on = max(span.first.on, starts_on), min(span.last.on, leaves_on or span.last.on)
    return tuple(place for place in calendar.sessions_between(first_on, last_on) if place in span)


def key(place: SessionOn) -> str:
    """A session in one word, as forms and the record of steps hold it: 2026-12-07AM."""
    return f"{place.on.isoformat()}{place.session}"


def read_key(text: str) -> SessionOn:
    """The session that such a word names; ValueError if it names none."""
    return SessionOn(date.fromisoformat(text[:-2]), Session(text[-2:]))


def short(place: SessionOn) -> str:
    """A session as a tick box says it: Mon 7 Dec AM."""
    return f"{_day(place.on)} {place.session}"


def runs(places: Iterable[SessionOn], calendar: Calendar) -> Iterator[Span]:
    """Sessions joined into stretches without an open session between them; weekends and holidays do not part them."""
    position = {place: number for number, place in enumerate(calendar.sessions)}
    run: list[SessionOn] = []
    for place in sorted(set(places) & position.keys()):
        if run and position[place] != position[run[-1]] + 1:
            yield _joined(run)
            run = []
        run.append(place)
    if run:
        yield _joined(run)


def _joined(run: Sequence[SessionOn]) -> Span:
    return Span(run[0], run[-1])
