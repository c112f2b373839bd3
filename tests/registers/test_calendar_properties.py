"""The calendar against the plainest reading of it: every day looked at, one at a time."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registers.rules.calendar import Calendar, CalendarRefusedError, Closure, Term, monday_of
from registers.rules.sessions import Session

DAYS = st.dates(date(2026, 1, 1), date(2027, 1, 31))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    edges = sorted(draw(st.sets(DAYS, min_size=2, max_size=8)))
    terms = tuple(Term("T", 1, first, last) for first, last in zip(edges[::2], edges[1::2], strict=False))
    spans = draw(
        st.lists(st.tuples(DAYS, st.integers(0, 10), st.sampled_from([None, Session.AM, Session.PM])), max_size=4)
    )
    return Calendar(
        terms, tuple(Closure(on, on + timedelta(days=length), "x", "x", session) for on, length, session in spans)
    )


@settings(max_examples=40)
@given(calendars(), DAYS, DAYS)
def test_sessions_between_equals_a_filter_of_every_day(calendar: Calendar, first_on: date, last_on: date) -> None:
    expected = []
    on = first_on
    while on <= last_on:
        for session in (Session.AM, Session.PM):
            in_term = any(term.first_on <= on <= term.last_on for term in calendar.terms)
            shut = any(
                closure.first_on <= on <= closure.last_on and closure.session in (None, session)
                for closure in calendar.closures
            )
            if in_term and on.isoweekday() <= 5 and not shut:
                expected.append((on, session))
        on += timedelta(days=1)
    assert list(calendar.sessions_between(first_on, last_on)) == expected
    assert list(calendar.school_days_between(first_on, last_on)) == sorted({on for on, _ in expected})


@settings(max_examples=40)
@given(calendars(), DAYS, st.integers(1, 12))
def test_adding_school_days_counts_one_at_a_time(calendar: Calendar, on: date, count: int) -> None:
    after = [day for day in calendar.school_days if day > on]
    if len(after) < count:
        with pytest.raises(CalendarRefusedError):
            calendar.add_school_days(on, count)
    else:
        assert calendar.add_school_days(on, count) == after[count - 1]


@settings(max_examples=40)
@given(calendars(), DAYS, st.integers(1, 12))
def test_the_last_weeks_are_the_last_that_have_begun(calendar: Calendar, on: date, count: int) -> None:
    begun = sorted({monday_of(day) for day in calendar.school_days if monday_of(day) <= on})
    assert list(calendar.weeks_ending(on, count)) == begun[-count:]
