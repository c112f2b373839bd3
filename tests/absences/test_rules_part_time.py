"""Part-time timetables and other longer arrangements as rules: reviews, lapses, ages, and who goes before whom."""

from datetime import date, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from absences.rules import arranged, part_time
from absences.rules.arranged import MOVES, TABLE, ArrangedRefusedError, Holding, Kind, Particulars, State
from absences.rules.part_time import Proposal
from absences.rules.spans import Span
from registers.rules.calendar import Calendar, Closure, Term
from registers.rules.sessions import Session, SessionOn
from tests import builders
from tests.absences.builders import am, pm

CALENDAR = Calendar(
    tuple(Term(f"Term {number}", number, first_on, last_on) for number, first_on, last_on in builders.TERMS),
    (Closure(date(2026, 11, 2), date(2026, 11, 2), "inset", "In-service day"),),
)
FIRST, LAST = date(2026, 9, 14), date(2026, 12, 18)


def proposal(**changes: object) -> Proposal:
    said = {
        "first_on": FIRST,
        "last_on": LAST,
        "weekdays": "1PM 3PM",
        "why": "A staged return after surgery",
        "review_on": FIRST + timedelta(days=28),
        "is_no_sanction": True,
    }
    return Proposal(**said | changes)


@pytest.mark.parametrize(("old", "new"), list(product(State, State)), ids=str)
def test_every_move_there_may_be(old: State, new: State) -> None:
    allowed = {("being agreed", "running"), ("being agreed", "ended")}
    allowed |= {("running", "lapsed"), ("running", "ended"), ("lapsed", "ended")}
    assert (new in MOVES[old]) is ((old.value, new.value) in allowed)
    if new not in MOVES[old]:
        with pytest.raises(ArrangedRefusedError, match="cannot become"):
            arranged.check_move(old, new)
    else:
        arranged.check_move(old, new)


@pytest.mark.parametrize(
    ("changes", "most_days", "words"),
    [
        pytest.param({}, 28, "", id="the-28th-day"),
        pytest.param({"review_on": FIRST + timedelta(days=29)}, 28, "within 28 days", id="the-29th-day"),
        pytest.param({"review_on": FIRST + timedelta(days=29)}, 42, "", id="the-29th-of-a-school-with-42"),
        pytest.param({"review_on": FIRST + timedelta(days=1)}, 28, "", id="the-next-day"),
        pytest.param({"review_on": FIRST}, 28, "within 28 days", id="the-first-day-itself"),
        pytest.param({"last_on": FIRST + timedelta(days=9)}, 28, "no later than the end", id="past-the-end"),
        pytest.param(
            {"last_on": FIRST + timedelta(days=9), "review_on": FIRST + timedelta(days=9)}, 28, "", id="on-the-last-day"
        ),
        pytest.param({"last_on": FIRST, "review_on": FIRST}, 28, "", id="one-day-reviewed-on-it"),
        pytest.param({"last_on": None}, 28, "has an end", id="no-end"),
        pytest.param({"weekdays": ""}, 28, "Tick the sessions", id="no-session-or-every-one"),
        pytest.param({"why": "  "}, 28, "exceptional", id="no-reason"),
        pytest.param({"is_no_sanction": False}, 28, "manage behaviour", id="a-sanction"),
    ],
)
def test_what_may_be_proposed(changes: dict[str, object], most_days: int, words: str) -> None:
    if words:
        with pytest.raises(ArrangedRefusedError, match=words):
            part_time.check(proposal(**changes), most_days)
    else:
        part_time.check(proposal(**changes), most_days)


@pytest.mark.parametrize(
    ("review_on", "still", "lapses"),
    [
        pytest.param(date(2026, 9, 21), date(2026, 9, 25), date(2026, 9, 28), id="a-plain-week"),
        pytest.param(date(2026, 9, 19), date(2026, 9, 24), date(2026, 9, 25), id="due-on-a-saturday"),
        pytest.param(date(2026, 10, 13), date(2026, 11, 3), date(2026, 11, 4), id="half-term-and-an-in-service-day"),
        pytest.param(date(2026, 10, 16), date(2026, 11, 6), date(2026, 11, 9), id="due-on-the-last-day-of-a-half-term"),
        pytest.param(date(2026, 11, 2), date(2026, 11, 6), date(2026, 11, 9), id="due-on-an-in-service-day"),
        pytest.param(date(2026, 10, 23), date(2026, 11, 6), date(2026, 11, 9), id="due-in-the-half-term-holiday"),
        pytest.param(date(2026, 12, 17), date(2026, 12, 17), date(2026, 12, 18), id="the-end-comes-first"),
    ],
)
def test_a_review_overdue_by_five_school_days_lapses_that_evening(review_on: date, still: date, lapses: date) -> None:
    """The day before, it still gives its code; on the fifth school day it does for the last time."""
    assert part_time.why_lapsed(LAST, review_on, CALENDAR, still) == ""
    assert part_time.why_lapsed(LAST, review_on, CALENDAR, lapses) != ""
    assert part_time.gives_until(LAST, review_on, CALENDAR) == lapses


@pytest.mark.parametrize("on", [date(2026, 10, 25), date(2027, 3, 28)], ids=["clocks-back", "clocks-forward"])
def test_the_clock_changes_move_no_day(on: date) -> None:
    """28 days from the Monday before the clocks change are 28 days."""
    first_on = on - timedelta(days=on.weekday())
    assert part_time.first_review(first_on, date(2027, 7, 22), 28) == first_on + timedelta(days=28)
    assert part_time.first_review(first_on, date(2027, 7, 22), 28).weekday() == first_on.weekday()


def test_over_a_summer_five_school_days_reach_into_september() -> None:
    last_on = date(2026, 10, 2)
    assert part_time.gives_until(last_on, date(2026, 7, 17), CALENDAR) == date(2026, 9, 3)
    assert part_time.why_lapsed(last_on, date(2026, 7, 17), CALENDAR, date(2026, 8, 20)) == ""


@pytest.mark.parametrize(
    ("last_on", "on", "words"),
    [
        pytest.param(date(2026, 11, 13), date(2026, 11, 12), "", id="the-day-before-its-last"),
        pytest.param(date(2026, 11, 13), date(2026, 11, 13), "last day was 13 November", id="its-last-day"),
        pytest.param(date(2026, 11, 13), date(2026, 11, 20), "last day was 13 November", id="evenings-missed"),
    ],
)
def test_its_last_day_ends_it(last_on: date, on: date, words: str) -> None:
    why = part_time.why_lapsed(last_on, last_on, CALENDAR, on)
    assert (words in why) if words else why == ""


@given(st.dates(FIRST, LAST), st.dates(FIRST, LAST))
def test_a_lapse_stands_once_it_has_come(review_on: date, on: date) -> None:
    """Whatever the calendar: it lapses from one evening on, and on no earlier one."""
    until = part_time.gives_until(LAST, review_on, CALENDAR)
    assert (part_time.why_lapsed(LAST, review_on, CALENDAR, on) != "") is (on >= until)
    assert until <= LAST


@pytest.mark.parametrize(
    ("dob", "on", "code"),
    [
        pytest.param(date(2021, 10, 2), date(2026, 12, 18), "X", id="five-but-not-yet-of-age"),
        pytest.param(date(2021, 10, 2), date(2026, 12, 31), "C2", id="the-prescribed-day"),
        pytest.param(date(2021, 10, 2), date(2027, 1, 4), "C2", id="the-term-after"),
        pytest.param(date(2022, 1, 5), date(2027, 3, 30), "X", id="the-day-before-31-march"),
        pytest.param(date(2022, 1, 5), date(2027, 3, 31), "C2", id="31-march"),
        pytest.param(date(2017, 5, 4), date(2026, 11, 20), "C2", id="of-age-all-along"),
    ],
)
def test_x_becomes_c2_with_compulsory_school_age(dob: date, on: date, code: str) -> None:
    assert arranged.code_on(Kind.PART_TIME, dob, on) == code
    assert arranged.code_on(Kind.DUAL, dob, on) == "D"


def holding(number: int, kind: Kind, weekdays: str = "", until: date = LAST) -> Holding:
    return Holding(number, kind, Span(am(FIRST), pm(LAST)), weekdays, until)


MONDAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("held", "place", "number"),
    [
        pytest.param([holding(1, Kind.DUAL, "1AM")], am(MONDAY), 1, id="its-session"),
        pytest.param([holding(1, Kind.DUAL, "1AM")], pm(MONDAY), None, id="another-session"),
        pytest.param([holding(1, Kind.DUAL, until=MONDAY)], pm(MONDAY), 1, id="its-last-day"),
        pytest.param([holding(1, Kind.DUAL, until=MONDAY)], am(date(2026, 11, 17)), None, id="the-day-after"),
        pytest.param([holding(1, Kind.SUSPENSION), holding(2, Kind.PROVISION)], am(MONDAY), 2, id="k-before-e"),
        pytest.param([holding(1, Kind.ACTIVITY), holding(2, Kind.SUSPENSION)], am(MONDAY), 1, id="b-before-e"),
        pytest.param([holding(1, Kind.PART_TIME), holding(2, Kind.SUSPENSION)], am(MONDAY), 2, id="e-before-c2"),
        pytest.param([holding(1, Kind.APPOINTMENTS), holding(2, Kind.PART_TIME)], am(MONDAY), 2, id="c2-before-m"),
        pytest.param([holding(1, Kind.APPOINTMENTS), holding(2, Kind.APPOINTMENTS)], am(MONDAY), 2, id="the-later"),
    ],
)
def test_which_arrangement_gives_the_code(held: list[Holding], place: SessionOn, number: int | None) -> None:
    found = arranged.giving(held, place)
    assert (found.number if found else None) == number


FULL = Particulars("Hillside", "8862345", "Home tuition", "Ms Kay", "Letter 4", True, FIRST, time(9, 30))


@pytest.mark.parametrize(("kind", "missing"), [(rule.kind, name) for rule in TABLE for name in rule.wants], ids=str)
def test_a_record_holds_what_its_kind_wants(kind: Kind, missing: str) -> None:
    held = {name: getattr(FULL, name) for name in FULL.__dataclass_fields__}
    arranged.check(kind, FULL, "", LAST)
    held[missing] = "" if isinstance(held[missing], str) else None
    with pytest.raises(ArrangedRefusedError) as refused:
        arranged.check(kind, Particulars(**held), "", LAST)
    assert refused.value.field == missing


def test_nothing_wanted_is_missing_its_message() -> None:
    assert {name for rule in TABLE for name in rule.wants} == set(arranged.WANTED)


def test_a_suspension_keeps_to_no_sessions_of_the_week() -> None:
    with pytest.raises(ArrangedRefusedError, match="every session"):
        arranged.check(Kind.SUSPENSION, FULL, "1AM", LAST)


def test_a_notice_of_tomorrow_is_refused() -> None:
    with pytest.raises(ArrangedRefusedError, match="not come yet"):
        arranged.check(Kind.SUSPENSION, FULL, "", FIRST - timedelta(days=1))


@pytest.mark.parametrize(
    ("first_on", "last_on", "days"),
    [
        pytest.param(date(2026, 11, 9), date(2026, 11, 10), [9, 10], id="a-shorter-one-has-all-its-days"),
        pytest.param(date(2026, 11, 9), date(2026, 11, 20), [9, 10, 11, 12, 13], id="the-first-five"),
        pytest.param(date(2026, 11, 12), date(2026, 11, 20), [12, 13, 16, 17, 18], id="over-a-weekend"),
    ],
)
def test_the_days_on_which_a_public_place_is_closed_to_the_child(
    first_on: date, last_on: date, days: list[int]
) -> None:
    assert [day.day for day in arranged.public_place_days(CALENDAR, first_on, last_on)] == days


@pytest.mark.parametrize(
    ("last_on", "sixth"),
    [(date(2026, 11, 13), None), (date(2026, 11, 16), date(2026, 11, 16)), (date(2026, 12, 4), date(2026, 11, 16))],
    ids=["five-days", "six-days", "longer"],
)
def test_the_sixth_day_brings_teaching(last_on: date, sixth: date | None) -> None:
    span = Span(SessionOn(date(2026, 11, 9), Session.AM), pm(last_on))
    assert arranged.teaching_from(CALENDAR, span, 6) == sixth
