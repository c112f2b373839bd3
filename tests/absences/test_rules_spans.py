"""Which sessions a stretch covers."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from absences.rules import spans
from absences.rules.spans import Span, SpanRefusedError
from registers.rules.calendar import Calendar, Closure, Term
from registers.rules.sessions import Session, SessionOn
from tests.builders import TERMS

AM, PM = Session.AM, Session.PM
INSET = Closure(date(2026, 11, 2), date(2026, 11, 2), "inset", "In-service day")
HALF_DAY = Closure(date(2026, 12, 9), date(2026, 12, 9), "other", "Boiler", PM)
CALENDAR = Calendar(
    tuple(Term(f"Term {number}", number, first, last) for number, first, last in TERMS), (INSET, HALF_DAY)
)


def span(first_on: date, last_on: date, first: Session = AM, last: Session = PM) -> Span:
    return Span(SessionOn(first_on, first), SessionOn(last_on, last))


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        pytest.param(span(date(2026, 11, 9), date(2026, 11, 13)), 10, id="a school week"),
        pytest.param(span(date(2026, 11, 9), date(2026, 11, 9), AM, AM), 1, id="one morning"),
        pytest.param(span(date(2026, 11, 9), date(2026, 11, 10), PM, AM), 2, id="an afternoon and the next morning"),
        pytest.param(span(date(2026, 11, 13), date(2026, 11, 16)), 4, id="over a weekend"),
        pytest.param(span(date(2026, 11, 14), date(2026, 11, 15)), 0, id="a weekend alone"),
        pytest.param(span(date(2026, 10, 15), date(2026, 11, 3)), 6, id="over half-term and the in-service day"),
        pytest.param(span(date(2026, 11, 2), date(2026, 11, 2)), 0, id="the in-service day alone"),
        pytest.param(span(date(2026, 12, 9), date(2026, 12, 9)), 1, id="a day closed in the afternoon"),
        pytest.param(span(date(2026, 12, 9), date(2026, 12, 9), PM, PM), 0, id="the closed afternoon alone"),
        pytest.param(span(date(2026, 12, 18), date(2027, 1, 4)), 4, id="over Christmas"),
        pytest.param(span(date(2026, 7, 21), date(2026, 9, 1)), 4, id="over the summer, into the next school year"),
    ],
)
def test_counts_only_open_sessions(asked, number):
    spans.check(asked, CALENDAR)
    assert len(spans.sessions(asked, CALENDAR)) == number


@pytest.mark.parametrize(
    ("starts_on", "leaves_on", "number"),
    [
        pytest.param(date(2026, 11, 9), None, 10, id="on roll from the first day"),
        pytest.param(date(2026, 11, 10), None, 8, id="starting a day later"),
        pytest.param(date(2021, 9, 1), date(2026, 11, 13), 10, id="leaving on the last day"),
        pytest.param(date(2021, 9, 1), date(2026, 11, 12), 8, id="leaving a day earlier"),
        pytest.param(date(2021, 9, 1), date(2026, 11, 6), 0, id="left before"),
    ],
)
def test_counts_only_sessions_on_roll(starts_on, leaves_on, number):
    asked = span(date(2026, 11, 9), date(2026, 11, 13))
    assert len(spans.sessions(asked, CALENDAR, starts_on, leaves_on)) == number


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        pytest.param(span(date(2026, 11, 10), date(2026, 11, 9)), "comes before", id="days backwards"),
        pytest.param(span(date(2026, 11, 9), date(2026, 11, 9), PM, AM), "comes before", id="sessions backwards"),
        pytest.param(span(date(2025, 8, 31), date(2025, 9, 2)), "calendar is entered", id="before the first term"),
        pytest.param(span(date(2027, 8, 30), date(2027, 9, 1)), "calendar is entered", id="after the last summer"),
    ],
)
def test_refuses_a_span_the_calendar_cannot_answer(asked, message):
    with pytest.raises(SpanRefusedError, match=message):
        spans.check(asked, CALENDAR)


def test_knows_the_summer_after_the_last_half_term_but_no_day_after_another_half_term():
    assert spans.known(CALENDAR) == (date(2025, 9, 1), date(2027, 8, 31))
    assert spans.known(Calendar(CALENDAR.terms[:2])) == (date(2025, 9, 1), date(2025, 12, 19))


def test_without_terms_nothing_is_known():
    with pytest.raises(SpanRefusedError, match="no terms"):
        spans.known(Calendar(()))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param((9, 10), (11, 12), False, id="days apart"),
        pytest.param((9, 10), (10, 12), True, id="sharing a day"),
        pytest.param((9, 12), (10, 11), True, id="one inside the other"),
    ],
)
def test_overlaps(one, other, expected):
    spans_of = [span(date(2026, 11, first), date(2026, 11, last)) for first, last in (one, other)]
    assert spans_of[0].overlaps(spans_of[1]) is expected
    assert spans_of[1].overlaps(spans_of[0]) is expected


def test_a_morning_does_not_overlap_its_afternoon():
    day = date(2026, 11, 9)
    assert not span(day, day, AM, AM).overlaps(span(day, day, PM, PM))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param(span(date(2026, 12, 7), date(2026, 12, 11)), "Mon 7 Dec to Fri 11 Dec 2026", id="whole days"),
        pytest.param(span(date(2026, 12, 7), date(2026, 12, 7)), "Mon 7 Dec 2026", id="one day"),
        pytest.param(span(date(2026, 12, 7), date(2026, 12, 7), AM, AM), "Mon 7 Dec 2026 AM", id="a morning"),
        pytest.param(span(date(2026, 12, 7), date(2026, 12, 7), PM, PM), "Mon 7 Dec 2026 PM", id="an afternoon"),
        pytest.param(
            span(date(2026, 12, 7), date(2026, 12, 8), PM, AM), "Mon 7 Dec PM to Tue 8 Dec 2026 AM", id="half days"
        ),
        pytest.param(
            span(date(2026, 12, 18), date(2027, 1, 4)), "Fri 18 Dec 2026 to Mon 4 Jan 2027", id="over the new year"
        ),
    ],
)
def test_reads_as_few_words(asked, words):
    assert str(asked) == words


def test_runs_join_over_weekends_and_holidays_and_part_at_a_session_in_school():
    places = [
        SessionOn(date(2026, 10, 16), PM),
        SessionOn(date(2026, 11, 3), AM),
        SessionOn(date(2026, 11, 4), AM),
    ]
    assert list(spans.runs(places, CALENDAR)) == [
        span(date(2026, 10, 16), date(2026, 11, 3), PM, AM),
        span(date(2026, 11, 4), date(2026, 11, 4), AM, AM),
    ]


@given(st.sets(st.sampled_from(CALENDAR.sessions[:120])))
def test_runs_cover_each_session_once_and_no_other(places):
    covered = [place for run in spans.runs(places, CALENDAR) for place in spans.sessions(run, CALENDAR)]
    assert covered == sorted(places)


@given(
    st.dates(date(2025, 9, 1), date(2027, 8, 1)), st.integers(0, 30), st.sampled_from(Session), st.sampled_from(Session)
)
def test_sessions_agree_with_asking_the_calendar_session_by_session(first_on, length, first, last):
    asked = span(first_on, first_on + timedelta(days=length), first, last)
    every = [SessionOn(first_on + timedelta(days=day), session) for day in range(length + 1) for session in Session]
    assert list(spans.sessions(asked, CALENDAR)) == [
        place for place in every if asked.first <= place <= asked.last and CALENDAR.is_open(*place)
    ]
