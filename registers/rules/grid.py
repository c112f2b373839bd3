"""What the office grid shows and what a fill may touch: spans of days, columns, the marks each way of filling takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from registers.rules import codes
from registers.rules.calendar import SATURDAY, Calendar, days, monday_of
from registers.rules.codes import Ground, StatClass
from registers.rules.marks import Door
from registers.rules.sessions import Session, SessionOn

MOST_UNCOUNTED = 50
"""The most marks that one request changes without their number being typed."""


FORTNIGHT = timedelta(days=14)


class GridRefusedError(Exception):
    """A change of many marks that may not be made as asked; the message says what to do."""


class Span(StrEnum):
    """How many days the grid shows."""

    DAY = "day"
    WEEK = "week"
    FORTNIGHT = "fortnight"
    HALF_TERM = "half-term"


SPAN_NAMES: Mapping[Span, str] = {
    Span.DAY: "One day",
    Span.WEEK: "One week",
    Span.FORTNIGHT: "Two weeks",
    Span.HALF_TERM: "Half-term",
}


@dataclass(frozen=True)
class Column:
    """One session across the grid; `why_closed` says why it is shut, in words, or nothing."""

    place: SessionOn
    why_closed: str = ""


def bounds(span: Span, on: date, calendar: Calendar) -> tuple[date, date]:
    """The first and last day of the span a day lies in; two weeks are its own and the one before."""
    if span is Span.DAY:
        return on, on
    monday = monday_of(on)
    if span is Span.HALF_TERM:
        term = next((term for term in calendar.terms if term.first_on <= on <= term.last_on), None)
        if term is not None:
            return term.first_on, term.last_on
    two_weeks = span is Span.FORTNIGHT and monday > date.min
    first_on = monday - timedelta(days=7) if two_weeks else monday
    return first_on, monday + timedelta(days=4)


def last_day(calendar: Calendar, today: date) -> date:
    """The last day that can be opened for planned codes: the end of the half-term in force a fortnight from now."""
    ends = [term.last_on for term in calendar.terms if term.last_on >= today]
    return next((end for end in ends if end >= today + FORTNIGHT), max(ends, default=today))


def columns(first_on: date, last_on: date, calendar: Calendar) -> tuple[Column, ...]:
    """Both sessions of every weekday in term; those of a closure are there, shut, and say why."""
    return tuple(
        Column(SessionOn(on, session), "" if calendar.is_open(on, session) else calendar.why_closed(on))
        for term in calendar.terms
        for on in days(max(first_on, term.first_on), min(last_on, term.last_on))
        if on.weekday() < SATURDAY
        for session in Session
    )


def earlier(span: Span, on: date, calendar: Calendar) -> date | None:
    """A day of the span before, or None where the calendar begins."""
    return calendar.last_school_day(bounds(span, on, calendar)[0] - timedelta(days=1))


def later(span: Span, on: date, calendar: Calendar, last_on: date) -> date | None:
    """A day of the span after, or None past the last day that may be shown."""
    after = calendar.school_days_between(bounds(span, on, calendar)[1] + timedelta(days=1), last_on)
    # Two weeks end with the week of their day, so the next two end a week further on.
    return after[min(len(after) - 1, 5)] if after and span is Span.FORTNIGHT else after[0] if after else None


class Filling(StrEnum):
    """Which of the chosen sessions a fill touches."""

    BLANKS = "blanks"
    UNEXPLAINED = "unexplained"
    UNAUTHORISED = "unauthorised"
    UNLOCKED = "unlocked"


FILLING_NAMES: Mapping[Filling, str] = {
    Filling.BLANKS: "Blanks only",
    Filling.UNEXPLAINED: "N only",
    Filling.UNAUTHORISED: "Any unauthorised absence",
    Filling.UNLOCKED: "All but locked",
}


def is_locked(symbol: str, source: str) -> bool:
    """Whether a mark is kept from fills: it rests on a record, or leave or a closure gave it."""
    return bool(symbol) and (codes.code(symbol).ground is not Ground.NONE or source in (Door.LEAVE, Door.CLOSURE))


def _is_unauthorised(symbol: str, _source: str) -> bool:
    return bool(symbol) and codes.code(symbol).stat_class is StatClass.UNAUTHORISED


TOUCHED: Mapping[Filling, Callable[[str, str], bool]] = {
    Filling.BLANKS: lambda symbol, _source: not symbol,
    Filling.UNEXPLAINED: lambda symbol, _source: symbol == codes.UNEXPLAINED,
    Filling.UNAUTHORISED: _is_unauthorised,
    Filling.UNLOCKED: lambda symbol, source: not is_locked(symbol, source),
}
"""Whether a way of filling touches a mark, by its code (blank where there is none) and the door it came through."""


def check_count(changes: int, typed: int | None) -> None:
    """Refuse a change of many marks until somebody has typed how many they are."""
    if changes > MOST_UNCOUNTED and typed != changes:
        raise GridRefusedError(f"This is for {changes} marks. Type {changes} to go on.")


class Corner(StrEnum):
    """What a corner of a cell says beside its code; the letters are the cell's classes."""

    NOTE = "note"
    EVIDENCE = "rec"
    CONFLICT = "odd"
    WANTING = "want"


CORNER_NAMES: Mapping[Corner, str] = {
    Corner.NOTE: "has a note",
    Corner.EVIDENCE: "rests on a record",
    Corner.CONFLICT: "the teacher saw otherwise",
    Corner.WANTING: "needs its details",
}


def corners(symbol: str, note: str, *, rests: bool, is_odd: bool) -> tuple[Corner, ...]:
    """The corner marks of a cell with a code; `is_odd` where a disagreement about it is open."""
    found = []
    if note:
        found.append(Corner.NOTE)
    elif codes.code(symbol).detail and not rests:
        found.append(Corner.WANTING)
    if rests:
        found.append(Corner.EVIDENCE)
    if is_odd:
        found.append(Corner.CONFLICT)
    return tuple(found)


def needs_look(symbol: str, marks: tuple[Corner, ...], *, is_due: bool) -> bool:
    """Whether somebody should look at a session: blank though it is due, unexplained, contradicted or undetailed."""
    if not symbol:
        return is_due
    return symbol == codes.UNEXPLAINED or Corner.CONFLICT in marks or Corner.WANTING in marks
