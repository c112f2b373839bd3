"""Every hard rule for a mark (domain 1.4): door, code, day and age, both sides, with what the clerk is told."""

from dataclasses import replace
from datetime import date

import pytest

from registers.rules import codes, marks
from registers.rules.calendar import Calendar, Closure, Term
from registers.rules.codes import CodeRefusedError
from registers.rules.marks import Door, Enrolment, MarkRefusedError, Proposed
from registers.rules.sessions import Session, SessionOn
from tests import builders

CALENDAR = Calendar(
    tuple(Term(f"Term {number}", number, first_on, last_on) for number, first_on, last_on in builders.TERMS),
    (
        Closure(date(2026, 11, 2), date(2026, 11, 2), "inset", "In-service day"),
        Closure(date(2026, 12, 18), date(2026, 12, 18), "early", "Early close", Session.PM),
    ),
)
TODAY = builders.TODAY
TOMORROW_IN_TERM = date(2026, 11, 23)
COMPULSORY = Enrolment(date(2017, 5, 4), date(2021, 9, 1), None)
MOBILE = replace(COMPULSORY, mobile_child=True)
UNDER = Enrolment(date(2022, 3, 1), date(2026, 9, 1), None)
JOINED_AND_LEFT = Enrolment(date(2017, 5, 4), date(2026, 10, 5), date(2026, 11, 13))
TURNS_IN_TERM = Enrolment(date(2021, 2, 1), date(2025, 9, 1), None)
"""Of compulsory age from 31 March 2026, two school days before that half-term ends."""
TURNS_IN_HOLIDAY = Enrolment(date(2021, 11, 10), date(2026, 9, 1), None)
"""Of compulsory age from 31 December 2026, between two half-terms."""


def _check(
    symbol: str,
    *,
    door: Door = Door.OFFICE,
    on: date = TODAY,
    session: Session = Session.AM,
    pupil: Enrolment = COMPULSORY,
    ground: bool = True,
    note: str = "as it was told",
) -> None:
    proposed = Proposed(codes.code(symbol), SessionOn(on, session), pupil, door, has_ground=ground, note=note)
    marks.check(proposed, CALENDAR, TODAY)


def _refused(words: str, symbol: str, **mark: object) -> None:
    with pytest.raises(MarkRefusedError, match=words):
        _check(symbol, **mark)


@pytest.mark.parametrize("symbol", ["/", "L", "N"])
def test_a_teacher_takes_present_absent_and_late(symbol: str) -> None:
    _check(symbol, door=Door.TEACHER)


@pytest.mark.parametrize("symbol", sorted(set(codes.CODES) - codes.TEACHER_CODES))
def test_a_teacher_gives_no_other_code(symbol: str) -> None:
    _refused("The office gives every other code", symbol, door=Door.TEACHER)


@pytest.mark.parametrize("door", [Door.OFFICE, Door.LEAVE, Door.IMPORT, Door.NIGHTLY])
@pytest.mark.parametrize("symbol", ["M", "I", "O", "U", "G", "V"])
def test_the_other_doors_give_the_offices_codes(door: Door, symbol: str) -> None:
    _check(symbol, door=door)


@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize(
    ("on", "session", "why"),
    [
        pytest.param(date(2026, 11, 21), Session.AM, "a weekend", id="saturday"),
        pytest.param(date(2026, 11, 2), Session.PM, "In-service day", id="in-service"),
        pytest.param(date(2026, 10, 20), Session.AM, "outside the school's terms", id="half-term"),
        pytest.param(date(2026, 12, 18), Session.PM, "Early close", id="half-day"),
    ],
)
def test_no_mark_while_the_school_is_closed(door: Door, on: date, session: Session, why: str) -> None:
    _refused(f"closed on {on:%d/%m/%Y} {session} .{why}.*correct the calendar", "N", door=door, on=on, session=session)


def test_the_open_half_of_a_half_day_takes_marks() -> None:
    _check("X", on=date(2026, 12, 18), pupil=UNDER)


@pytest.mark.parametrize("door", [Door.TEACHER, Door.OFFICE, Door.IMPORT])
@pytest.mark.parametrize(
    ("on", "words"),
    [
        pytest.param(date(2026, 10, 2), "starting day is 05/10/2026; there is no mark before", id="friday-before"),
        pytest.param(date(2026, 10, 5), None, id="starting-day"),
        pytest.param(date(2026, 11, 13), None, id="last-day"),
        pytest.param(date(2026, 11, 16), "left on 13/11/2026; there is no mark after", id="monday-after"),
    ],
)
def test_marks_stand_between_the_starting_day_and_the_last(door: Door, on: date, words: str | None) -> None:
    if words is None:
        _check("/", door=door, on=on, pupil=JOINED_AND_LEFT)
    else:
        _refused(words, "/", door=door, on=on, pupil=JOINED_AND_LEFT)


@pytest.mark.parametrize("door", [Door.OFFICE, Door.LEAVE, Door.NIGHTLY])
@pytest.mark.parametrize("symbol", ["H", "F", "J", "Y"])
def test_nobody_types_an_old_code(door: Door, symbol: str) -> None:
    _refused(f"{symbol} is not in use for 20/11/2026", symbol, door=door)


@pytest.mark.parametrize("symbol", ["H", "F", "J", "Y"])
def test_a_file_keeps_an_old_code(symbol: str) -> None:
    _check(symbol, door=Door.IMPORT)


@pytest.mark.parametrize(
    ("symbol", "session", "is_right"),
    [
        ("/", Session.AM, True),
        ("/", Session.PM, False),
        ("\\", Session.PM, True),
        ("\\", Session.AM, False),
        ("L", Session.AM, True),
        ("L", Session.PM, True),
    ],
)
def test_each_stroke_has_its_session(symbol: str, session: Session, is_right: bool) -> None:
    if is_right:
        _check(symbol, session=session)
    else:
        _refused("belongs to the", symbol, session=session)


@pytest.mark.parametrize(
    "code",
    [code for code in codes.TABLE if code.until_on is None],
    ids=[c.symbol for c in codes.TABLE if not c.until_on],
)
def test_only_planned_codes_stand_before_their_day(code: codes.Code) -> None:
    pupil = UNDER if code.age is codes.Age.NOT_COMPULSORY else MOBILE
    session = code.session or Session.AM
    if not code.planned:
        _refused("before the day", code.symbol, on=TOMORROW_IN_TERM, session=session, pupil=pupil)
    elif code.symbol != "#":
        _check(code.symbol, on=TOMORROW_IN_TERM, session=session, pupil=pupil)


def test_today_is_not_before_its_day() -> None:
    _check("I", on=TODAY)


@pytest.mark.parametrize("door", [Door.OFFICE, Door.IMPORT])
@pytest.mark.parametrize(
    ("pupil", "on", "words"),
    [
        pytest.param(COMPULSORY, TODAY, "reached it on 31/08/2022. Use C2", id="compulsory"),
        pytest.param(UNDER, TODAY, None, id="under"),
        pytest.param(TURNS_IN_TERM, date(2026, 3, 30), None, id="day-before-31-march"),
        pytest.param(TURNS_IN_TERM, date(2026, 3, 31), None, id="31-march-in-term"),
        pytest.param(TURNS_IN_TERM, date(2026, 4, 2), None, id="end-of-that-half-term"),
        pytest.param(TURNS_IN_TERM, date(2026, 4, 20), "reached it on 31/03/2026", id="next-half-term"),
        pytest.param(TURNS_IN_HOLIDAY, date(2026, 11, 20), None, id="before-the-holiday"),
        pytest.param(TURNS_IN_HOLIDAY, date(2027, 1, 4), "reached it on 31/12/2026", id="after-the-holiday"),
    ],
)
def test_x_is_for_children_under_compulsory_age(door: Door, pupil: Enrolment, on: date, words: str | None) -> None:
    if words is None:
        _check("X", door=door, on=on, pupil=pupil)
    else:
        _refused(words, "X", door=door, on=on, pupil=pupil)


@pytest.mark.parametrize("symbol", ["C2", "T"])
@pytest.mark.parametrize(
    ("pupil", "on", "words"),
    [
        pytest.param(COMPULSORY, TODAY, None, id="compulsory"),
        pytest.param(UNDER, TODAY, "reaches it on 31/03/2027. Use X", id="under"),
        pytest.param(TURNS_IN_TERM, date(2026, 3, 30), "reaches it on 31/03/2026", id="day-before-31-march"),
        pytest.param(TURNS_IN_TERM, date(2026, 3, 31), None, id="31-march"),
    ],
)
def test_part_time_and_travelling_are_for_compulsory_age(
    symbol: str, pupil: Enrolment, on: date, words: str | None
) -> None:
    pupil = replace(pupil, mobile_child=True)
    if words is None:
        _check(symbol, on=on, pupil=pupil)
    else:
        _refused(words, symbol, on=on, pupil=pupil)


@pytest.mark.parametrize(
    ("dob", "until"),
    [
        pytest.param(date(2021, 2, 1), date(2026, 4, 2), id="begins-in-term"),
        pytest.param(date(2021, 11, 10), date(2026, 12, 30), id="begins-in-a-holiday"),
        pytest.param(date(2022, 3, 1), date(2027, 3, 30), id="begins-after-the-half-term-has-ended"),
        pytest.param(date(2021, 5, 1), date(2026, 8, 30), id="begins-in-summer"),
    ],
)
def test_the_last_day_of_part_time(dob: date, until: date) -> None:
    assert marks.part_time_until(dob, CALENDAR) == until


@pytest.mark.parametrize("door", [Door.OFFICE, Door.IMPORT, Door.LEAVE, Door.NIGHTLY])
def test_z_is_not_for_a_child_on_roll(door: Door) -> None:
    _refused("not yet on roll", "Z", door=door)


@pytest.mark.parametrize(
    ("symbol", "door", "words"),
    [
        ("#", Door.OFFICE, "Enter the closure in the calendar"),
        ("#", Door.IMPORT, "Enter the closure in the calendar"),
        ("#", Door.CLOSURE, "Enter the closure in the calendar"),
        ("Y3", Door.OFFICE, "Enter the unexpected closure once"),
        ("Y3", Door.LEAVE, "Enter the unexpected closure once"),
        ("Y3", Door.IMPORT, None),
        ("Y3", Door.CLOSURE, None),
        ("Y4", Door.OFFICE, "Enter the unexpected closure once"),
        ("Y4", Door.IMPORT, None),
        ("Y4", Door.CLOSURE, None),
        ("Y1", Door.OFFICE, None),
    ],
)
def test_a_closure_is_not_one_pupils(symbol: str, door: Door, words: str | None) -> None:
    if words is None:
        _check(symbol, door=door)
    else:
        _refused(words, symbol, door=door)


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        ("C", "a leave of absence granted by the headteacher on record"),
        ("C1", "a leave of absence"),
        ("C2", "a leave of absence"),
        ("J1", "a leave of absence"),
        ("S", "a leave of absence"),
        ("D", "a dual registration on record"),
        ("E", "a suspension or exclusion on record"),
    ],
)
def test_some_codes_rest_on_a_record(symbol: str, words: str) -> None:
    _refused(words, symbol, ground=False)
    _check(symbol, ground=True)
    for door in (Door.IMPORT, Door.LEAVE, Door.NIGHTLY):
        _check(symbol, door=door, ground=False)


@pytest.mark.parametrize("symbol", ["M", "R", "I", "B", "K"])
def test_other_codes_need_no_record_here(symbol: str) -> None:
    _check(symbol, ground=False)


def test_travelling_is_for_a_mobile_child() -> None:
    _refused("T is for a mobile child", "T", ground=False)
    _check("T", ground=False, pupil=MOBILE)
    _check("T", ground=False, door=Door.IMPORT)


@pytest.mark.parametrize("symbol", ["K", "B", "Q", "Y7"])
def test_the_regulations_want_some_codes_explained(symbol: str) -> None:
    _refused(f"{symbol} needs a note: the", symbol, note="  ")
    _check(symbol, note="at the art college")
    _check(symbol, note="", door=Door.IMPORT)


@pytest.mark.parametrize("symbol", ["I", "M", "R", "V", "Y1", "O"])
def test_others_may_be_explained_later(symbol: str) -> None:
    _check(symbol, note="")


@pytest.mark.parametrize(
    ("text", "session", "symbol"),
    [
        ("/", Session.PM, "\\"),
        ("\\", Session.AM, "/"),
        ("/", Session.AM, "/"),
        (" i ", Session.AM, "I"),
        ("c1", Session.PM, "C1"),
    ],
)
def test_what_is_typed_is_read_as_a_code(text: str, session: Session, symbol: str) -> None:
    assert marks.read_symbol(text, session).symbol == symbol


@pytest.mark.parametrize("text", ["", "Q1", "present", "-"])
def test_what_is_no_code_is_not_guessed(text: str) -> None:
    with pytest.raises(CodeRefusedError):
        marks.read_symbol(text, Session.AM)
