"""Spans and columns of the office grid, what each way of filling touches, and what the corners of a cell say."""

from datetime import date

import pytest

from registers.rules import grid
from registers.rules.calendar import Calendar, Closure, Term
from registers.rules.grid import Corner, Filling, GridRefusedError, Span
from registers.rules.marks import Door
from registers.rules.sessions import Session, SessionOn

INSET = Closure(date(2026, 11, 13), date(2026, 11, 13), "inset", "In-service day")
HALF_DAY = Closure(date(2026, 12, 18), date(2026, 12, 18), "early", "Early end of term", Session.PM)
CALENDAR = Calendar(
    (
        Term("Term 1", 1, date(2026, 9, 2), date(2026, 10, 16)),
        Term("Term 2", 2, date(2026, 11, 2), date(2026, 12, 18)),
        Term("Term 3", 3, date(2027, 1, 4), date(2027, 2, 12)),
    ),
    (INSET, HALF_DAY),
)
FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("span", "on", "bounds"),
    [
        pytest.param(Span.DAY, FRIDAY, (FRIDAY, FRIDAY), id="day"),
        pytest.param(Span.WEEK, FRIDAY, (date(2026, 11, 16), FRIDAY), id="week-from-its-friday"),
        pytest.param(Span.WEEK, date(2026, 11, 16), (date(2026, 11, 16), FRIDAY), id="week-from-its-monday"),
        pytest.param(Span.WEEK, date(2026, 11, 22), (date(2026, 11, 16), FRIDAY), id="week-of-a-sunday"),
        pytest.param(Span.FORTNIGHT, FRIDAY, (date(2026, 11, 9), FRIDAY), id="two-weeks-end-with-its-own"),
        pytest.param(Span.HALF_TERM, FRIDAY, (date(2026, 11, 2), date(2026, 12, 18)), id="half-term"),
        pytest.param(Span.HALF_TERM, date(2026, 10, 21), (date(2026, 10, 19), date(2026, 10, 23)), id="in-a-holiday"),
    ],
)
def test_the_bounds_of_a_span(span: Span, on: date, bounds: tuple[date, date]) -> None:
    assert grid.bounds(span, on, CALENDAR) == bounds


def test_two_weeks_are_twenty_sessions_and_the_closed_ones_say_why() -> None:
    columns = grid.columns(date(2026, 11, 9), FRIDAY, CALENDAR)
    assert len(columns) == 20
    assert [column.place for column in columns[:2]] == [
        SessionOn(date(2026, 11, 9), Session.AM),
        SessionOn(date(2026, 11, 9), Session.PM),
    ]
    assert {str(column.place): column.why_closed for column in columns if column.why_closed} == {
        "Fri 13 Nov 2026 AM": "In-service day",
        "Fri 13 Nov 2026 PM": "In-service day",
    }


def test_half_a_day_is_one_open_column() -> None:
    columns = grid.columns(date(2026, 12, 18), date(2026, 12, 18), CALENDAR)
    assert [column.why_closed for column in columns] == ["", "Early end of term"]


@pytest.mark.parametrize(
    ("first_on", "last_on", "number"),
    [
        pytest.param(date(2026, 10, 19), date(2026, 10, 23), 0, id="holiday"),
        pytest.param(date(2026, 10, 15), date(2026, 11, 3), 8, id="across-a-holiday"),
        pytest.param(date(2026, 11, 21), date(2026, 11, 22), 0, id="weekend"),
        pytest.param(date(1, 1, 1), date(1, 1, 5), 0, id="long-ago"),
    ],
)
def test_only_days_in_term_are_columns(first_on: date, last_on: date, number: int) -> None:
    assert len(grid.columns(first_on, last_on, CALENDAR)) == number


@pytest.mark.parametrize(
    ("today", "last_on"),
    [
        pytest.param(FRIDAY, date(2026, 12, 18), id="in-term"),
        pytest.param(date(2026, 12, 4), date(2026, 12, 18), id="a-fortnight-before-its-end"),
        pytest.param(date(2026, 12, 5), date(2027, 2, 12), id="past-that-the-next-opens"),
        pytest.param(date(2026, 12, 19), date(2027, 2, 12), id="holiday"),
        pytest.param(date(2027, 2, 12), date(2027, 2, 12), id="the-calendars-last-day"),
        pytest.param(date(2027, 2, 13), date(2027, 2, 13), id="past-the-calendar"),
    ],
)
def test_planned_codes_reach_a_fortnight_at_least_and_to_the_end_of_a_half_term(today: date, last_on: date) -> None:
    assert grid.last_day(CALENDAR, today) == last_on


@pytest.mark.parametrize(
    ("span", "on", "earlier", "later"),
    [
        pytest.param(Span.DAY, FRIDAY, date(2026, 11, 19), date(2026, 11, 23), id="day"),
        pytest.param(
            Span.DAY, date(2026, 11, 16), date(2026, 11, 12), date(2026, 11, 17), id="over-closure-and-weekend"
        ),
        pytest.param(Span.WEEK, FRIDAY, date(2026, 11, 12), date(2026, 11, 23), id="week"),
        pytest.param(Span.FORTNIGHT, FRIDAY, date(2026, 11, 6), date(2026, 11, 30), id="two-weeks"),
        pytest.param(Span.HALF_TERM, FRIDAY, date(2026, 10, 16), None, id="half-term"),
        pytest.param(Span.DAY, date(2026, 9, 2), None, date(2026, 9, 3), id="the-first-day"),
        pytest.param(Span.DAY, date(2026, 12, 18), date(2026, 12, 17), None, id="the-last-day"),
    ],
)
def test_the_spans_before_and_after(span: Span, on: date, earlier: date | None, later: date | None) -> None:
    assert grid.earlier(span, on, CALENDAR) == earlier
    assert grid.later(span, on, CALENDAR, date(2026, 12, 18)) == later


def test_the_next_two_weeks_follow_without_a_gap() -> None:
    after = grid.later(Span.FORTNIGHT, FRIDAY, CALENDAR, date(2026, 12, 18))
    assert after is not None
    assert grid.bounds(Span.FORTNIGHT, after, CALENDAR) == (date(2026, 11, 23), date(2026, 12, 4))


@pytest.mark.parametrize(
    ("symbol", "source", "touched"),
    [
        pytest.param("", "", {Filling.BLANKS, Filling.UNLOCKED}, id="blank"),
        pytest.param("N", Door.TEACHER, {Filling.UNEXPLAINED, Filling.UNAUTHORISED, Filling.UNLOCKED}, id="N"),
        pytest.param("O", Door.OFFICE, {Filling.UNAUTHORISED, Filling.UNLOCKED}, id="O"),
        pytest.param("U", Door.OFFICE, {Filling.UNAUTHORISED, Filling.UNLOCKED}, id="U"),
        pytest.param("I", Door.OFFICE, {Filling.UNLOCKED}, id="I"),
        pytest.param("/", Door.TEACHER, {Filling.UNLOCKED}, id="present"),
        pytest.param("C", Door.LEAVE, set(), id="granted-leave"),
        pytest.param("C", Door.IMPORT, set(), id="leave-from-a-file"),
        pytest.param("E", Door.OFFICE, set(), id="suspension"),
        pytest.param("Y4", Door.CLOSURE, set(), id="closure"),
        pytest.param("I", Door.LEAVE, set(), id="given-by-leave"),
    ],
)
def test_what_each_way_of_filling_touches(symbol: str, source: str, touched: set[Filling]) -> None:
    assert {filling for filling in Filling if grid.TOUCHED[filling](symbol, source)} == touched


@pytest.mark.parametrize(
    ("changes", "typed", "passes"),
    [(50, None, True), (51, None, False), (51, 50, False), (51, 51, True), (0, None, True)],
)
def test_many_marks_want_their_number_typed(changes: int, typed: int | None, passes: bool) -> None:
    if passes:
        grid.check_count(changes, typed)
        return
    with pytest.raises(GridRefusedError, match="Type 51 to go on"):
        grid.check_count(changes, typed)


@pytest.mark.parametrize(
    ("symbol", "note", "rests", "is_odd", "corners", "needs_look"),
    [
        pytest.param("/", "", False, False, (), False, id="present"),
        pytest.param("I", "", False, False, (Corner.WANTING,), True, id="illness-without-its-detail"),
        pytest.param("I", "A cold", False, False, (Corner.NOTE,), False, id="illness-with-it"),
        pytest.param("C", "", True, False, (Corner.EVIDENCE,), False, id="granted-leave"),
        pytest.param("M", "", False, True, (Corner.WANTING, Corner.CONFLICT), True, id="the-teacher-saw-otherwise"),
        pytest.param("N", "", False, False, (), True, id="unexplained"),
        pytest.param("G", "", False, False, (), False, id="settled"),
    ],
)
def test_the_corners_of_a_cell(
    symbol: str, note: str, rests: bool, is_odd: bool, corners: tuple[Corner, ...], needs_look: bool
) -> None:
    found = grid.corners(symbol, note, rests=rests, is_odd=is_odd)
    assert found == corners
    assert grid.needs_look(symbol, found, is_due=True) is needs_look


def test_a_blank_wants_a_look_once_it_is_due() -> None:
    assert grid.needs_look("", (), is_due=True)
    assert not grid.needs_look("", (), is_due=False)
