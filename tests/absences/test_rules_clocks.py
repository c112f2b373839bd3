"""The clocks on marks, over real calendars: both sides of every limit, and what neither breaks nor adds."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from absences.rules import clocks
from absences.rules.clocks import CLOCKS, ClockKind, Enrolled
from registers.rules.calendar import Calendar, Closure, Term
from registers.rules.sessions import Session, SessionOn
from tests import builders

CALENDAR = Calendar(
    tuple(Term(f"Term {number}", number, first_on, last_on) for number, first_on, last_on in builders.TERMS),
    (
        Closure(date(2026, 11, 2), date(2026, 11, 2), "inset", "In-service day"),
        Closure(date(2026, 12, 18), date(2026, 12, 18), "early", "Early close", Session.PM),
    ),
)
YEAR = date(2026, 9, 1)
BY_KIND = {clock.kind: clock for clock in CLOCKS}


def marked(first_on: date, codes: str) -> tuple[dict[SessionOn, str], tuple[SessionOn, ...]]:
    """One code a session from a day on; a dot is no mark, a # the whole school closed."""
    places = CALENDAR.sessions_between(first_on, date(2027, 7, 31))[: len(codes)]
    told = {place: {"#": "Y4"}.get(code, code) for place, code in zip(places, codes, strict=True) if code != "."}
    return told, places


def reached(kind: ClockKind, first_on: date, codes: str):
    marks, places = marked(first_on, codes)
    return clocks.reached(BY_KIND[kind], marks, places, YEAR)


@pytest.mark.parametrize(
    ("kind", "code", "limit"),
    [
        (ClockKind.ATTENDANCE, "O", 10),
        (ClockKind.ATTENDANCE, "G", 10),
        (ClockKind.ATTENDANCE, "N", 10),
        (ClockKind.ATTENDANCE, "U", 10),
        (ClockKind.SICKNESS, "I", 15),
        (ClockKind.EXCLUSION, "E", 6),
        (ClockKind.WHEREABOUTS, "N", 20),
    ],
)
def test_a_clock_is_reached_on_its_day_and_not_the_day_before(kind: ClockKind, code: str, limit: int) -> None:
    first_on = date(2026, 9, 7)
    assert reached(kind, first_on, code * (2 * limit - 1) + "/") is None
    assert reached(kind, first_on, code * 2 * (limit - 1)) is None
    found = reached(kind, first_on, code * 2 * limit)
    days = CALENDAR.school_days_between(first_on, date(2027, 7, 31))
    assert (found.since, found.reached_on, found.days) == (first_on, days[limit - 1], limit)


def test_a_holiday_and_an_in_service_day_neither_break_nor_add() -> None:
    """From Monday 12 October: five days, the half-term, the in-service day, then Tuesday 3 November and on."""
    found = reached(ClockKind.ATTENDANCE, date(2026, 10, 12), "O" * 20)
    assert found.reached_on == date(2026, 11, 9)


def test_a_summer_neither_breaks_nor_adds() -> None:
    places = CALENDAR.sessions_between(date(2026, 7, 15), date(2026, 9, 7))[:20]
    found = clocks.reached(BY_KIND[ClockKind.ATTENDANCE], dict.fromkeys(places, "O"), places, YEAR)
    assert (found.since, found.reached_on) == (date(2026, 7, 15), date(2026, 9, 7))


@pytest.mark.parametrize(
    ("codes", "is_reached"),
    [
        pytest.param("OO" * 10, True, id="ten"),
        pytest.param("OO" * 9 + "O/", False, id="half-a-day-present"),
        pytest.param("OO" * 5 + "II" + "OO" * 5, False, id="a-day-of-illness-between"),
        pytest.param("OO" * 5 + "##" + "OO" * 5, True, id="the-school-shut-between"),
        pytest.param("OO" * 5 + "##" + "OO" * 4, False, id="the-shut-day-does-not-count"),
        pytest.param("OO" * 5 + ".." + "OO" * 5, True, id="an-unmarked-day-between"),
        pytest.param("OO" * 5 + "O." + "OO" * 4, True, id="the-marked-half-of-a-day"),
        pytest.param("GNOU" * 5, True, id="any-mix"),
        pytest.param("L" + "OO" * 10, True, id="after-a-half-day-present"),
    ],
)
def test_what_breaks_a_run(codes: str, is_reached: bool) -> None:
    assert (reached(ClockKind.ATTENDANCE, date(2026, 9, 7), codes) is not None) is is_reached


def test_a_day_with_one_session_counts_whole() -> None:
    """Friday 18 December has a morning only: ten days end with it."""
    places = CALENDAR.sessions_between(date(2026, 12, 7), date(2026, 12, 18))
    assert len(places) == 19
    found = clocks.reached(BY_KIND[ClockKind.ATTENDANCE], dict.fromkeys(places, "N"), places, YEAR)
    assert found.reached_on == date(2026, 12, 18)


@pytest.mark.parametrize("code", ["U", "T", "I"])
def test_a_late_arrival_or_illness_breaks_the_twenty_days(code: str) -> None:
    codes = "O" * 20 + code + "O" * 30
    assert reached(ClockKind.WHEREABOUTS, date(2026, 9, 7), codes) is None
    assert reached(ClockKind.WHEREABOUTS, date(2026, 9, 7), "O" * 51) is not None


def test_illness_counts_in_all_as_well() -> None:
    assert reached(ClockKind.SICKNESS, date(2026, 9, 7), "I/" * 29) is None
    found = reached(ClockKind.SICKNESS, date(2026, 9, 7), "I/" * 30)
    assert found.is_total
    assert (found.days, found.reached_on) == (15, date(2026, 10, 16))
    assert "15 school days in all since 7 September 2026" in found.words


def test_the_total_begins_again_with_the_year() -> None:
    places = CALENDAR.sessions_between(date(2026, 6, 15), date(2026, 9, 30))
    marks = {place: "I" if place.session is Session.AM else "/" for place in places}
    assert len([place for place in places if marks[place] == "I"]) > 30
    assert clocks.reached(BY_KIND[ClockKind.SICKNESS], marks, places, YEAR) is None


def test_unauthorised_days_do_not_add_up() -> None:
    assert reached(ClockKind.ATTENDANCE, date(2026, 9, 7), "OO//" * 15) is None


@pytest.mark.parametrize(
    ("codes", "number"),
    [
        ("//////", 0),
        ("II////", 1),
        ("I/I///", 2),
        ("II//I/II", 3),
        ("II##II", 1),
        ("I..I", 1),
        ("IMI", 2),
    ],
)
def test_occasions_of_illness(codes: str, number: int) -> None:
    assert clocks.occasions(*marked(date(2026, 9, 7), codes)) == number


@given(st.text(alphabet="/OIN.#", min_size=0, max_size=60))
def test_runs_against_a_count_by_hand(codes: str) -> None:
    marks, places = marked(date(2026, 9, 7), codes)
    best = run = 0
    for first in range(0, len(codes), 2):
        day = codes[first : first + 2].replace(".", "").replace("#", "")
        if not day:
            continue
        run = run + 1 if set(day) <= {"O", "N"} else 0
        best = max(best, run)
    found = clocks.runs(marks, places, frozenset("ON"))
    assert max((len(one.days) for one in found), default=0) == best


@pytest.mark.parametrize(
    ("entered_on", "starts_on", "year_group", "due_on"),
    [
        pytest.param(date(2026, 11, 20), date(2026, 11, 23), 4, date(2026, 11, 25), id="five-plain-days"),
        pytest.param(date(2026, 8, 1), date(2026, 9, 1), 0, None, id="the-youngest-on-day-one"),
        pytest.param(date(2026, 8, 1), date(2026, 9, 2), 0, date(2026, 8, 6), id="the-youngest-on-day-two"),
        pytest.param(date(2026, 8, 1), date(2026, 9, 1), 1, date(2026, 8, 6), id="an-older-child-on-day-one"),
        pytest.param(None, date(2026, 9, 2), 1, None, id="entry-not-known"),
        pytest.param(date(2021, 9, 1), date(2021, 9, 1), 0, date(2021, 9, 6), id="a-year-the-calendar-does-not-know"),
    ],
)
def test_the_return_of_a_new_pupil(
    entered_on: date | None, starts_on: date, year_group: int, due_on: date | None
) -> None:
    pupil = Enrolled(entered_on, starts_on, None, year_group)
    assert clocks.new_pupil_due(pupil, CALENDAR, youngest=0) == due_on


@pytest.mark.parametrize(
    ("leaves_on", "year_group", "due_on"),
    [
        (None, 6, None),
        (date(2026, 11, 27), 3, date(2026, 11, 27)),
        (date(2027, 7, 22), 6, None),
        (date(2027, 8, 31), 6, None),
        (date(2027, 7, 21), 6, date(2027, 7, 21)),
        (date(2027, 7, 22), 5, date(2027, 7, 22)),
    ],
)
def test_the_return_of_a_deletion(leaves_on: date | None, year_group: int, due_on: date | None) -> None:
    pupil = Enrolled(None, date(2021, 9, 1), leaves_on, year_group)
    assert clocks.deletion_due(pupil, CALENDAR, oldest=6) == due_on


BY_KIND |= {ClockKind.TRAVELLING: clocks.TRAVELLING, ClockKind.PNAR: clocks.pnar(10)}


@pytest.mark.parametrize(
    ("kind", "codes", "is_reached"),
    [
        pytest.param(ClockKind.PNAR, "OO" * 10, True, id="notice-ten-days"),
        pytest.param(ClockKind.PNAR, "OO" * 9, False, id="notice-nine-days"),
        pytest.param(ClockKind.PNAR, "II" * 20, False, id="illness-has-its-own-list"),
        pytest.param(ClockKind.PNAR, "CC" * 20, False, id="leave-was-given"),
        pytest.param(ClockKind.TRAVELLING, "TT" * 10, True, id="travelling-ten-days"),
        pytest.param(ClockKind.TRAVELLING, "TT" * 9, False, id="travelling-nine-days"),
        pytest.param(ClockKind.TRAVELLING, "TT" * 5 + "//" + "TT" * 5, False, id="back-for-a-day"),
        pytest.param(ClockKind.WHEREABOUTS, "TT" * 30, False, id="travelling-never-meets-ground-i"),
    ],
)
def test_the_schools_own_clocks(kind: ClockKind, codes: str, is_reached: bool) -> None:
    assert (reached(kind, date(2026, 9, 7), codes) is not None) is is_reached


@pytest.mark.parametrize(
    ("pnar_days", "kinds"),
    [(None, [ClockKind.TRAVELLING]), (10, [ClockKind.TRAVELLING, ClockKind.PNAR])],
    ids=["no-such-notice", "ten-days"],
)
def test_which_clocks_run_at_a_school(pnar_days: int | None, kinds: list[ClockKind]) -> None:
    assert clocks.clocks_of(pnar_days)[: len(CLOCKS)] == CLOCKS
    assert [clock.kind for clock in clocks.clocks_of(pnar_days)[len(CLOCKS) :]] == kinds


@pytest.mark.parametrize(
    ("first_on", "reached_on"),
    [
        pytest.param(date(2026, 10, 12), date(2026, 11, 9), id="clocks-back-in-half-term"),
        pytest.param(date(2027, 3, 15), date(2027, 4, 12), id="clocks-forward-in-the-easter-holiday"),
        pytest.param(date(2026, 7, 15), date(2026, 9, 7), id="a-summer-between"),
    ],
)
def test_ten_school_days_over_holidays_and_clock_changes(first_on: date, reached_on: date) -> None:
    places = CALENDAR.sessions_between(first_on, reached_on)
    long_ago = date(2025, 9, 1)
    found = clocks.reached(BY_KIND[ClockKind.PNAR], dict.fromkeys(places, "O"), places, long_ago)
    assert found.reached_on == reached_on
    fewer = clocks.reached(BY_KIND[ClockKind.PNAR], dict.fromkeys(places[:-2], "O"), places[:-2], long_ago)
    assert fewer is None


@pytest.mark.parametrize(
    ("codes", "days"),
    [
        pytest.param("OX" * 10, None, id="x-is-a-mark-of-the-day-and-breaks-it"),
        pytest.param("OC" * 10, None, id="half-the-day-on-leave"),
        pytest.param("O." * 10, 10, id="the-afternoon-without-a-mark"),
    ],
)
def test_pupils_with_half_days(codes: str, days: int | None) -> None:
    """A day counts when every marked session of it does; a part-time pupil's free afternoon has a mark of its own."""
    found = reached(ClockKind.ATTENDANCE, date(2026, 9, 7), codes)
    assert (found.days if found else None) == days
