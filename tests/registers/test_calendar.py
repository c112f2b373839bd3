"""School days, sessions and school weeks."""

from datetime import date, timedelta

import pytest

from registers.rules.calendar import (
    Calendar,
    CalendarRefusedError,
    Closure,
    Term,
    check_terms,
    school_year_end,
    school_year_start,
    term_year,
)
from registers.rules.sessions import Session, SessionOn
from tests import builders

TERMS = tuple(Term(f"Term {number}", number, first_on, last_on) for number, first_on, last_on in builders.TERMS)
INSET = Closure(date(2026, 11, 2), date(2026, 11, 2), "inset", "In-service day")
HALF_DAY = Closure(date(2026, 12, 18), date(2026, 12, 18), "early", "Christmas", Session.PM)
SNOW = Closure(date(2026, 11, 23), date(2026, 11, 27), "closed", "Snow")
CALENDAR = Calendar(TERMS, (INSET, SNOW, HALF_DAY))


@pytest.mark.parametrize(
    ("on", "session", "is_open"),
    [
        pytest.param(date(2026, 9, 1), Session.AM, True, id="first-day-of-term"),
        pytest.param(date(2026, 8, 31), Session.AM, False, id="day-before-term"),
        pytest.param(date(2026, 10, 16), Session.PM, True, id="last-day-of-term"),
        pytest.param(date(2026, 10, 19), Session.AM, False, id="first-weekday-of-half-term"),
        pytest.param(date(2026, 9, 5), Session.AM, False, id="saturday"),
        pytest.param(date(2026, 9, 6), Session.PM, False, id="sunday"),
        pytest.param(date(2026, 9, 7), Session.AM, True, id="monday"),
        pytest.param(date(2026, 11, 2), Session.AM, False, id="in-service-morning"),
        pytest.param(date(2026, 11, 2), Session.PM, False, id="in-service-afternoon"),
        pytest.param(date(2026, 11, 3), Session.AM, True, id="after-in-service"),
        pytest.param(date(2026, 12, 18), Session.AM, True, id="half-day-morning-open"),
        pytest.param(date(2026, 12, 18), Session.PM, False, id="half-day-afternoon-closed"),
        pytest.param(date(2026, 11, 20), Session.PM, True, id="day-before-a-week-closed"),
        pytest.param(date(2026, 11, 23), Session.AM, False, id="first-day-of-a-week-closed"),
        pytest.param(date(2026, 11, 27), Session.PM, False, id="last-day-of-a-week-closed"),
        pytest.param(date(2026, 11, 30), Session.AM, True, id="day-after-a-week-closed"),
    ],
)
def test_whether_a_session_is_open(on: date, session: Session, is_open: bool) -> None:
    assert CALENDAR.is_open(on, session) is is_open


def test_a_half_day_is_a_school_day_of_one_session() -> None:
    assert CALENDAR.is_school_day(date(2026, 12, 18))
    assert CALENDAR.sessions_between(date(2026, 12, 18), date(2026, 12, 31)) == (
        SessionOn(date(2026, 12, 18), Session.AM),
    )


def test_sessions_come_in_the_order_of_the_day() -> None:
    first, second, third = CALENDAR.sessions[:3]
    assert (first, second, third) == (
        SessionOn(date(2025, 9, 1), Session.AM),
        SessionOn(date(2025, 9, 1), Session.PM),
        SessionOn(date(2025, 9, 2), Session.AM),
    )


def test_the_wrong_way_round_is_no_session() -> None:
    assert CALENDAR.sessions_between(date(2026, 9, 11), date(2026, 9, 7)) == ()


@pytest.mark.parametrize(
    ("on", "count", "expected"),
    [
        pytest.param(date(2026, 9, 7), 5, date(2026, 9, 14), id="over-a-weekend"),
        pytest.param(date(2026, 10, 9), 5, date(2026, 10, 16), id="ends-on-the-last-day-before-half-term"),
        pytest.param(date(2026, 10, 12), 5, date(2026, 11, 3), id="over-half-term-and-the-in-service-day"),
        pytest.param(date(2026, 7, 17), 5, date(2026, 9, 3), id="over-the-summer"),
        pytest.param(date(2026, 7, 21), 1, date(2026, 9, 1), id="last-day-of-the-year"),
        pytest.param(date(2026, 10, 24), 1, date(2026, 11, 3), id="from-a-day-in-the-holidays"),
        pytest.param(date(2026, 9, 5), 1, date(2026, 9, 7), id="from-a-saturday"),
        pytest.param(date(2026, 12, 17), 1, date(2026, 12, 18), id="a-half-day-counts"),
        pytest.param(date(2020, 1, 1), 1, date(2025, 9, 1), id="from-before-the-calendar"),
        pytest.param(date(2027, 7, 21), 1, date(2027, 7, 22), id="onto-the-last-day-known"),
    ],
)
def test_adding_school_days(on: date, count: int, expected: date) -> None:
    assert CALENDAR.add_school_days(on, count) == expected


@pytest.mark.parametrize(
    ("on", "count"),
    [
        pytest.param(date(2027, 7, 22), 1, id="past-the-last-day-known"),
        pytest.param(date(2027, 7, 15), 6, id="one-too-many"),
        pytest.param(date(2026, 9, 7), 0, id="none"),
        pytest.param(date(2026, 9, 7), -1, id="backwards"),
    ],
)
def test_adding_school_days_refuses_what_it_cannot_know(on: date, count: int) -> None:
    with pytest.raises(CalendarRefusedError, match="Enter the next terms"):
        CALENDAR.add_school_days(on, count)


def test_school_weeks_are_those_with_a_session() -> None:
    autumn = [week for week in CALENDAR.school_weeks if date(2026, 8, 1) < week < date(2027, 1, 1)]
    assert autumn == [
        date(2026, 8, 31),
        *(date(2026, 9, 7) + timedelta(weeks=week) for week in range(6)),
        date(2026, 11, 2),  # its Monday is an in-service day
        date(2026, 11, 9),
        date(2026, 11, 16),  # the week after is closed throughout
        date(2026, 11, 30),
        date(2026, 12, 7),
        date(2026, 12, 14),
    ]


def test_a_week_of_one_session_is_a_school_week() -> None:
    calendar = Calendar(
        (Term("Term 1", 1, date(2026, 9, 11), date(2026, 9, 11)),),
        (Closure(date(2026, 9, 11), date(2026, 9, 11), "early", "Early", Session.PM),),
    )
    assert calendar.school_weeks == (date(2026, 9, 7),)


@pytest.mark.parametrize(
    ("on", "count", "expected"),
    [
        pytest.param(
            date(2026, 9, 4), 3, (date(2026, 7, 13), date(2026, 7, 20), date(2026, 8, 31)), id="reaches-over-the-summer"
        ),
        pytest.param(date(2026, 10, 24), 2, (date(2026, 10, 5), date(2026, 10, 12)), id="from-a-holiday"),
        pytest.param(date(2026, 11, 8), 2, (date(2026, 10, 12), date(2026, 11, 2)), id="the-sunday-of-its-own-week"),
        pytest.param(date(2026, 11, 26), 1, (date(2026, 11, 16),), id="from-a-week-closed"),
        pytest.param(date(2025, 9, 9), 10, (date(2025, 9, 1), date(2025, 9, 8)), id="fewer-than-asked"),
        pytest.param(date(2025, 8, 29), 10, (), id="before-the-calendar"),
    ],
)
def test_the_last_school_weeks(on: date, count: int, expected: tuple[date, ...]) -> None:
    assert CALENDAR.weeks_ending(on, count) == expected


@pytest.mark.parametrize(
    ("on", "number", "first_on"),
    [
        pytest.param(date(2026, 9, 1), 1, date(2026, 9, 1), id="first-day"),
        pytest.param(date(2026, 10, 16), 1, date(2026, 9, 1), id="last-day"),
        pytest.param(date(2026, 10, 20), 1, date(2026, 9, 1), id="half-term"),
        pytest.param(date(2026, 11, 2), 2, date(2026, 11, 2), id="in-service-day-of-the-next"),
        pytest.param(date(2027, 1, 1), 2, date(2026, 11, 2), id="christmas"),
        pytest.param(date(2026, 8, 31), 6, date(2026, 6, 1), id="last-day-of-august"),
    ],
)
def test_the_half_term_of_a_day(on: date, number: int, first_on: date) -> None:
    term = CALENDAR.term_of(on)
    assert term is not None
    assert (term.number, term.first_on) == (number, first_on)


def test_no_half_term_before_the_first_of_a_school_year() -> None:
    assert CALENDAR.term_of(date(2025, 8, 31)) is None
    late = Calendar((TERMS[5], Term("Term 1", 1, date(2026, 9, 3), date(2026, 10, 16))))
    assert late.term_of(date(2026, 9, 2)) is None


@pytest.mark.parametrize("on", [date(2027, 8, 26), date(2027, 8, 31), date(2027, 9, 1), date(2027, 10, 18)])
def test_a_half_term_may_begin_in_august(on: date) -> None:
    august = Term("Term 1", 1, date(2027, 8, 26), date(2027, 10, 15))
    assert Calendar((*TERMS, august)).term_of(on) == august


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(date(2026, 9, 7), date(2026, 9, 7), id="itself"),
        pytest.param(date(2026, 9, 6), date(2026, 9, 4), id="sunday"),
        pytest.param(date(2026, 11, 2), date(2026, 10, 16), id="in-service-day-after-half-term"),
        pytest.param(date(2026, 8, 20), date(2026, 7, 21), id="summer"),
        pytest.param(date(2025, 8, 31), None, id="before-the-calendar"),
    ],
)
def test_the_last_school_day(on: date, expected: date | None) -> None:
    assert CALENDAR.last_school_day(on) == expected


@pytest.mark.parametrize(
    ("on", "why"),
    [
        pytest.param(date(2026, 11, 2), "In-service day", id="closure"),
        pytest.param(date(2026, 11, 7), "a weekend", id="weekend"),
        pytest.param(date(2026, 10, 20), "outside the school's terms", id="half-term"),
    ],
)
def test_why_there_is_no_school(on: date, why: str) -> None:
    assert CALENDAR.why_closed(on) == why


def _term(name: str, first_on: date, last_on: date) -> Term:
    return Term(name, 1, first_on, last_on)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        pytest.param(
            (_term("Term 1", date(2026, 9, 2), date(2026, 9, 1)),), "Term 1 ends before it begins", id="backwards"
        ),
        pytest.param(
            (_term("A", date(2026, 9, 1), date(2026, 9, 30)), _term("B", date(2026, 9, 30), date(2026, 10, 9))),
            "B begins on 30/09/2026",
            id="share-a-day",
        ),
        pytest.param((TERMS[1], TERMS[0]), "in order", id="out-of-order"),
        pytest.param((TERMS[0], TERMS[0]), "in order", id="twice"),
    ],
)
def test_terms_that_cannot_stand_are_refused(terms: tuple[Term, ...], words: str) -> None:
    with pytest.raises(CalendarRefusedError, match=words):
        check_terms(terms)
    with pytest.raises(CalendarRefusedError, match=words):
        Calendar(terms)


def test_terms_may_follow_without_a_gap_and_last_one_day() -> None:
    check_terms((_term("A", date(2026, 9, 1), date(2026, 9, 1)), _term("B", date(2026, 9, 2), date(2026, 9, 2))))


@pytest.mark.parametrize(
    ("on", "start", "end"),
    [
        pytest.param(date(2026, 8, 31), date(2025, 9, 1), date(2026, 8, 31), id="last-day"),
        pytest.param(date(2026, 9, 1), date(2026, 9, 1), date(2027, 8, 31), id="first-day"),
        pytest.param(date(2028, 2, 29), date(2027, 9, 1), date(2028, 8, 31), id="leap-day"),
    ],
)
def test_the_school_year(on: date, start: date, end: date) -> None:
    assert (school_year_start(on), school_year_end(on)) == (start, end)


@pytest.mark.parametrize(
    ("first_on", "year"),
    [(date(2026, 7, 31), 2025), (date(2026, 8, 1), 2026), (date(2026, 9, 1), 2026), (date(2027, 1, 4), 2026)],
)
def test_the_school_year_of_a_half_term(first_on: date, year: int) -> None:
    assert term_year(first_on) == year


def test_staplehursts_190_days_of_2024_25() -> None:
    """Domain 8: 195 weekdays less five in-service days."""
    spans = ("0902-1025", "1104-1220", "0106-0214", "0224-0404", "0422-0523", "0602-0722")
    terms = []
    for number, span in enumerate(spans, start=1):
        first, last = (date(2024 if number < 3 else 2025, int(end[:2]), int(end[2:])) for end in span.split("-"))
        terms.append(Term(f"Term {number}", number, first, last))
    shut = (
        date(2024, 9, 2), date(2024, 9, 27), date(2024, 10, 25), date(2024, 11, 4), date(2025, 1, 24), date(2025, 5, 5)
    )  # fmt: skip
    calendar = Calendar(tuple(terms), tuple(Closure(on, on, "closed", "Closed") for on in shut))
    assert len(calendar.school_days) == 190
    assert len(calendar.sessions) == 380


@pytest.mark.parametrize(
    ("on", "first_on", "last_on"),
    [
        pytest.param(
            date(2026, 8, 31), date(2025, 9, 1), date(2026, 8, 31), id="before-a-year-that-starts-in-september"
        ),
        pytest.param(date(2026, 9, 1), date(2026, 9, 1), date(2027, 8, 25), id="ends-the-day-before-august-term"),
        pytest.param(date(2027, 8, 25), date(2026, 9, 1), date(2027, 8, 25), id="day-before-term"),
        pytest.param(date(2027, 8, 26), date(2027, 8, 26), date(2028, 8, 31), id="first-day-of-term"),
        pytest.param(date(2027, 9, 1), date(2027, 8, 26), date(2028, 8, 31), id="first-of-september"),
    ],
)
def test_a_school_year_that_begins_in_august(on: date, first_on: date, last_on: date) -> None:
    calendar = Calendar((*TERMS, Term("Term 1", 1, date(2027, 8, 26), date(2027, 10, 15))))
    assert calendar.school_year_of(on) == (first_on, last_on)
    assert calendar.september_of(on) == date(first_on.year, 9, 1)


def test_only_a_first_half_term_opens_a_school_year() -> None:
    calendar = Calendar((*TERMS, Term("Summer school", 6, date(2027, 8, 9), date(2027, 8, 13))))
    assert calendar.school_year_of(date(2027, 8, 20)) == (date(2026, 9, 1), date(2027, 8, 31))
