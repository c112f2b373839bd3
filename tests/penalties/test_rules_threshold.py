from datetime import date, timedelta
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penalties.rules import threshold
from penalties.rules.threshold import FROM_WEEK, Counted, Window
from registers.rules.calendar import Calendar, Closure, Term, monday_of
from registers.rules.codes import TABLE
from registers.rules.sessions import Session, SessionOn

DOB = date(2015, 1, 1)
YEARS = Calendar(
    terms=(
        Term("Term 1", 1, date(2024, 9, 2), date(2024, 10, 25)),
        Term("Term 2", 2, date(2024, 11, 4), date(2024, 12, 20)),
        Term("Term 3", 3, date(2025, 1, 6), date(2025, 2, 14)),
        Term("Term 4", 4, date(2025, 2, 24), date(2025, 4, 4)),
        Term("Term 5", 5, date(2025, 4, 22), date(2025, 5, 23)),
        Term("Term 6", 6, date(2025, 6, 2), date(2025, 7, 22)),
        Term("Term 1", 1, date(2025, 9, 1), date(2025, 10, 17)),
        Term("Term 2", 2, date(2025, 10, 27), date(2025, 12, 19)),
    ),
    closures=(Closure(date(2025, 5, 5), date(2025, 5, 5), "bank holiday", "Early May bank holiday"),),
)


def am(on: date, code: str = "O") -> Counted:
    return Counted(SessionOn(on, Session.AM), code)


def pm(on: date, code: str = "O") -> Counted:
    return Counted(SessionOn(on, Session.PM), code)


def days(first_on: date, number: int, code: str = "O") -> list[Counted]:
    """Both sessions of a number of days running on from a Monday to Friday."""
    found = [first_on + timedelta(days=offset) for offset in range(number)]
    return [session for on in found for session in (am(on, code), pm(on, code))]


def judge(sessions: list[Counted], on: date, calendar: Calendar = YEARS) -> Window:
    return threshold.judge(calendar.school_weeks, sessions, on)


NINE_IN_JULY = [*days(date(2025, 7, 7), 4), am(date(2025, 7, 11))]


@pytest.mark.parametrize(
    ("last", "count", "met"),
    [
        # The week of 7 July is the third last of the year (7, 14, 21 July); the tenth from it begins on 13 October.
        pytest.param(pm(date(2025, 9, 3), "U"), 10, True, id="in-the-first-week-of-september"),
        pytest.param(pm(date(2025, 10, 17), "U"), 10, True, id="in-the-tenth-school-week"),
        pytest.param(pm(date(2025, 10, 27), "U"), 1, False, id="in-the-eleventh-school-week"),
    ],
)
def test_nine_sessions_in_july_and_one_after_the_summer(last: Counted, count: int, met: bool) -> None:
    window = judge([*NINE_IN_JULY, last], last.place.on)
    assert (window.count, window.met) == (count, met)
    assert window.met_on == (last.place if met else None)


def test_a_week_with_one_day_off_and_a_week_of_one_day_are_each_one_week() -> None:
    # The week of 5 May has a bank holiday on its Monday, the week of 21 July ends on the Tuesday.
    first = am(date(2025, 5, 6))
    assert judge([first], date(2025, 7, 18)).first_week == date(2025, 5, 5)
    assert judge([first], date(2025, 7, 18)).count == 1
    assert judge([first], date(2025, 7, 21)).first_week == date(2025, 5, 12)
    assert judge([first], date(2025, 7, 21)).count == 0


def test_the_window_is_ten_weeks_and_not_a_hundred_sessions() -> None:
    """In a year of three-day weeks the last hundred sessions reach back sixteen weeks; the window does not."""
    mondays = [date(2025, 1, 6) + timedelta(weeks=place) for place in range(16)]
    calendar = Calendar(
        tuple(Term(f"Week {place}", 1, monday, monday + timedelta(days=2)) for place, monday in enumerate(mondays))
    )
    sessions = [am(monday) for monday in mondays]
    assert len(calendar.sessions) < 100
    window = judge(sessions, mondays[-1], calendar)
    assert (window.count, window.first_week, window.met) == (10, mondays[6], True)


def test_ten_sessions_over_eleven_school_weeks_do_not_meet_it() -> None:
    mondays = YEARS.school_weeks[:11]
    sessions = [am(monday + timedelta(days=1)) for monday in (mondays[0], *mondays[2:])]
    assert len(sessions) == 10
    window = judge(sessions, sessions[-1].place.on)
    assert (window.count, window.met, window.left_before_threshold) == (9, False, 1)


@pytest.mark.parametrize(
    ("number", "met", "left"),
    [pytest.param(9, False, 1, id="nine"), pytest.param(10, True, 0, id="ten"), pytest.param(11, True, 0, id="eleven")],
)
def test_ten_sessions_meet_it(number: int, met: bool, left: int) -> None:
    sessions = days(date(2024, 9, 9), 5)[:number] + days(date(2024, 9, 16), 1)[: max(0, number - 10)]
    window = judge(sessions, date(2024, 9, 20))
    assert (window.count, window.met, window.left_before_threshold) == (number, met, left)
    assert window.met_on == (sessions[9].place if met else None)


def test_a_holiday_week_is_no_school_week() -> None:
    """On a day of the half-term the window is that of the last school week before it."""
    at_half_term = judge(days(date(2024, 10, 21), 5), date(2024, 10, 30))
    assert (at_half_term.last_week, at_half_term.count) == (date(2024, 10, 21), 10)


def test_before_the_first_school_week_there_is_no_window() -> None:
    window = judge([], date(2024, 8, 30))
    assert (window.first_week, window.last_week, window.count, window.met_on) == (None, None, 0, None)


def test_a_window_is_shorter_than_ten_weeks_at_the_start() -> None:
    window = judge([], date(2024, 9, 20))
    assert (window.first_week, window.last_week) == (date(2024, 9, 2), date(2024, 9, 16))


def test_sessions_after_the_day_are_left_alone() -> None:
    sessions = days(date(2024, 9, 9), 5)
    assert judge(sessions, date(2024, 9, 12)).count == 8


def test_n_is_counted_and_named_provisional() -> None:
    window = judge(
        [am(date(2024, 9, 9), "N"), pm(date(2024, 9, 9), "N"), am(date(2024, 9, 10), "G")], date(2024, 9, 10)
    )
    assert (window.count, window.provisional) == (3, 2)


def test_sessions_drop_out_on_the_monday_of_the_tenth_school_week_after_theirs() -> None:
    window = judge([*days(date(2024, 9, 9), 1), am(date(2024, 9, 16))], date(2024, 9, 20))
    # Weeks from 9 September: 9, 16, 23, 30 Sep, 7, 14, 21 Oct, 4, 11, 18 Nov; the eleventh begins on 25 November.
    assert [(drop.week, drop.on, drop.number) for drop in window.drop_outs] == [
        (date(2024, 9, 9), date(2024, 11, 25), 2),
        (date(2024, 9, 16), date(2024, 12, 2), 1),
    ]
    assert window.oldest_drop_out == window.drop_outs[0]
    assert judge([*window.sessions], date(2024, 11, 24)).count == 3
    assert judge([*window.sessions], date(2024, 11, 25)).count == 1


def test_where_the_calendar_ends_the_drop_out_is_not_known() -> None:
    assert [drop.on for drop in judge(days(date(2025, 12, 15), 1), date(2025, 12, 19)).drop_outs] == [None]


def test_met_on_is_the_start_of_the_present_spell() -> None:
    """Ten in September, two dropped out and two more: met without a break, so since September."""
    september = days(date(2024, 9, 9), 5)
    dropped = date(2024, 11, 25)
    topped_up = [*september, *days(date(2024, 11, 18), 5)]
    assert judge(topped_up, dropped).met_on == september[9].place
    # Without anything in the meantime the count falls to nothing, and a new spell begins with its own tenth session.
    anew = [*september, *days(dropped, 5)]
    assert judge(anew, date(2024, 11, 29)).met_on == anew[-1].place
    assert judge(september, dropped).met_on is None


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.symbol)
def test_only_g_n_o_and_u_count(row) -> None:
    counted = threshold.counted(DOB, [am(date(2025, 3, 3), row.symbol)])
    assert bool(counted) == (row.symbol in {"G", "N", "O", "U"})


@pytest.mark.parametrize(
    ("on", "counts"),
    [
        pytest.param(date(2024, 8, 18), False, id="the-day-before-the-framework"),
        pytest.param(date(2024, 8, 19), True, id="the-first-day-of-the-framework"),
    ],
)
def test_absence_before_19_august_2024_does_not_count(on: date, counts: bool) -> None:
    assert bool(threshold.counted(DOB, [am(on)])) == counts
    calendar = Calendar((Term("Term 6", 6, date(2024, 8, 5), date(2024, 8, 23)),))
    assert judge([am(on)], date(2024, 8, 23), calendar).count == counts
    assert judge([am(on)], date(2024, 8, 23), calendar).first_week == FROM_WEEK


@pytest.mark.parametrize(
    ("on", "counts"),
    [
        pytest.param(date(2025, 3, 28), False, id="before-the-prescribed-day"),
        pytest.param(date(2025, 3, 31), True, id="on-the-prescribed-day"),
    ],
)
def test_only_sessions_of_compulsory_school_age_count(on: date, counts: bool) -> None:
    """A child born on 1 January 2020 is of compulsory school age from 31 March 2025."""
    assert bool(threshold.counted(date(2020, 1, 1), [am(on)])) == counts


def test_counted_sessions_come_in_order() -> None:
    later, earlier = am(date(2025, 3, 4)), pm(date(2025, 3, 3), "U")
    assert threshold.counted(DOB, [later, earlier]) == (earlier, later)


# A recount that shares nothing with the module but its definition --------------------------------------------------


@st.composite
def calendars(draw) -> Calendar:
    """Terms of any length with holidays of any length between, and closures anywhere."""
    day = draw(st.dates(date(2024, 6, 1), date(2024, 9, 20)))
    terms = []
    for number in range(draw(st.integers(1, 7))):
        last = day + timedelta(days=draw(st.integers(0, 45)))
        terms.append(Term(f"Term {number + 1}", 1, day, last))
        day = last + timedelta(days=draw(st.integers(1, 45)))
    closures = []
    for _ in range(draw(st.integers(0, 5))):
        first = draw(st.dates(terms[0].first_on, terms[-1].last_on))
        last = first + timedelta(days=draw(st.integers(0, 9)))
        closures.append(Closure(first, last, "inset", "Closed", draw(st.sampled_from([None, *Session]))))
    return Calendar(tuple(terms), tuple(closures))


@st.composite
def registers(draw) -> tuple[Calendar, list[Counted], date]:
    calendar = draw(calendars().filter(lambda made: made.sessions))
    chances = draw(st.randoms(use_true_random=False))
    share = draw(st.sampled_from([0.02, 0.1, 0.3]))
    sessions = [Counted(place, chances.choice("GNOU")) for place in calendar.sessions if chances.random() < share]
    on = draw(st.dates(calendar.sessions[0].on - timedelta(days=3), calendar.sessions[-1].on + timedelta(days=20)))
    return calendar, sessions, on


@lru_cache(maxsize=4096)
def brute_window(calendar: Calendar, on: date) -> list[date]:
    """Walk back day by day and note each week in which a session is found, until there are ten."""
    open_days = calendar.school_days
    found: list[date] = []
    day = on + timedelta(days=6 - on.weekday())
    while day >= FROM_WEEK and len(found) < 10:
        week = day - timedelta(days=day.weekday())
        if day in open_days and week not in found:
            found.append(week)
        day -= timedelta(days=1)
    return found


def brute_count(calendar: Calendar, sessions: list[Counted], on: date, until: SessionOn | None = None) -> int:
    weeks = brute_window(calendar, on)
    return sum(
        1
        for place, _ in sessions
        if place.on <= on and (until is None or place <= until) and monday_of(place.on) in weeks
    )


def brute_met_on(calendar: Calendar, sessions: list[Counted], on: date) -> SessionOn | None:
    """The earliest session from which the count never stands below ten, after any session or at any day's start."""
    ticks: list[tuple[SessionOn | None, int]] = []
    day = FROM_WEEK
    while day <= on:
        yesterday = SessionOn(day - timedelta(days=1), Session.PM)
        ticks.append((None, brute_count(calendar, sessions, day, yesterday)))
        for place, _ in sessions:
            if place.on == day:
                ticks.append((place, brute_count(calendar, sessions, day, place)))
        day += timedelta(days=1)
    met_on = None
    for place, count in reversed(ticks):
        if count < 10:
            break
        met_on = place or met_on
    return met_on


@settings(deadline=None, max_examples=50)
@given(registers())
def test_the_window_equals_a_recount_from_nothing(drawn: tuple[Calendar, list[Counted], date]) -> None:
    calendar, sessions, on = drawn
    window = judge(sessions, on, calendar)
    weeks = brute_window(calendar, on)
    assert window.count == brute_count(calendar, sessions, on)
    assert (window.first_week, window.last_week) == ((weeks[-1], weeks[0]) if weeks else (None, None))
    assert window.provisional == sum(
        code == "N" for place, code in sessions if place.on <= on and monday_of(place.on) in weeks
    )
    assert sum(drop.number for drop in window.drop_outs) == window.count


@settings(deadline=None, max_examples=30)
@given(registers())
def test_met_on_equals_a_recount_from_nothing(drawn: tuple[Calendar, list[Counted], date]) -> None:
    calendar, sessions, on = drawn
    expected = brute_met_on(calendar, sessions, on) if brute_count(calendar, sessions, on) >= 10 else None
    assert judge(sessions, on, calendar).met_on == expected


@settings(deadline=None, max_examples=30)
@given(registers())
def test_drop_outs_are_when_the_count_falls(drawn: tuple[Calendar, list[Counted], date]) -> None:
    """Look at the window on every later day of the calendar: what has gone by then is what was said to go."""
    calendar, sessions, on = drawn
    window = judge(sessions, on, calendar)
    known = [session for session in sessions if session.place.on <= on]
    day = on
    while day <= calendar.sessions[-1].on:
        gone = sum(drop.number for drop in window.drop_outs if drop.on is not None and drop.on <= day)
        assert brute_count(calendar, known, day) == window.count - gone
        day += timedelta(days=1)
