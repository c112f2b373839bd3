"""What an arrival at a minute means, and what a teacher's answer makes of a mark."""

import re
from datetime import date, datetime, time

import pytest

from registers.rules import arrivals, codes, taking
from registers.rules.arrivals import Arrival, Times
from registers.rules.marks import Door, MarkRefusedError
from registers.rules.sessions import Session
from registers.rules.taking import Said, Seen, Verdict

STAPLEHURST_AM = Times(time(8, 50), time(8, 50), time(9, 20))
STAPLEHURST_PM = Times(time(13, 30), time(13, 30), time(13, 45))
CARLTON_ROAD_AM = Times(time(8, 50), time(9, 0), time(9, 30))
CARLTON_ROAD_PM_KS1 = Times(time(12, 45), time(12, 45), time(13, 15), assumed=True)
CARLTON_ROAD_PM_KS2 = Times(time(13, 5), time(13, 5), time(13, 35), assumed=True)


@pytest.mark.parametrize(
    ("times", "session", "arrived", "code", "minutes"),
    [
        pytest.param(STAPLEHURST_AM, Session.AM, time(8, 35), "/", None, id="gate-opens"),
        pytest.param(STAPLEHURST_AM, Session.AM, time(8, 50, 59), "/", None, id="08:50-the-whole-minute"),
        pytest.param(STAPLEHURST_AM, Session.AM, time(8, 51), "L", 1, id="08:51"),
        pytest.param(STAPLEHURST_AM, Session.AM, time(9, 20), "L", 30, id="09:20"),
        pytest.param(STAPLEHURST_AM, Session.AM, time(9, 20, 59), "L", 30, id="09:20-the-whole-minute"),
        pytest.param(STAPLEHURST_AM, Session.AM, time(9, 21), "U", 31, id="09:21"),
        pytest.param(STAPLEHURST_PM, Session.PM, time(13, 30), "\\", None, id="13:30"),
        pytest.param(STAPLEHURST_PM, Session.PM, time(13, 45), "L", 15, id="13:45"),
        pytest.param(STAPLEHURST_PM, Session.PM, time(13, 46), "U", 16, id="13:46"),
        pytest.param(CARLTON_ROAD_AM, Session.AM, time(9, 0), "/", None, id="carlton-09:00"),
        pytest.param(CARLTON_ROAD_AM, Session.AM, time(9, 1), "L", 11, id="carlton-09:01"),
        pytest.param(CARLTON_ROAD_AM, Session.AM, time(9, 30), "L", 40, id="carlton-09:30"),
        pytest.param(CARLTON_ROAD_AM, Session.AM, time(9, 31), "U", 41, id="carlton-09:31"),
        pytest.param(CARLTON_ROAD_PM_KS1, Session.PM, time(13, 15), "L", 30, id="carlton-ks1-13:15"),
        pytest.param(CARLTON_ROAD_PM_KS1, Session.PM, time(13, 16), "U", 31, id="carlton-ks1-13:16"),
        pytest.param(CARLTON_ROAD_PM_KS2, Session.PM, time(13, 5), "\\", None, id="carlton-ks2-13:05"),
        pytest.param(CARLTON_ROAD_PM_KS2, Session.PM, time(13, 16), "L", 11, id="carlton-ks2-13:16"),
        pytest.param(CARLTON_ROAD_PM_KS2, Session.PM, time(13, 36), "U", 31, id="carlton-ks2-13:36"),
    ],
)
def test_an_arrival(times: Times, session: Session, arrived: time, code: str, minutes: int | None) -> None:
    judged = arrivals.judge(arrived, session, times)
    assert (judged.code, judged.minutes_late) == (code, minutes)


def test_an_arrival_says_why() -> None:
    judge = [
        arrivals.judge(time(*minute), Session.AM, CARLTON_ROAD_AM) for minute in ((9, 0), (9, 1), (9, 31))
    ]  # fmt: skip
    assert judge == [
        Arrival("/", None, "09:00 is in time for 09:00, so /."),
        Arrival("L", 11, "09:01 is after 09:00 and before the register closed at 09:30, so L."),
        Arrival("U", 41, "09:31 is after the register closed at 09:30, so U."),
    ]


@pytest.mark.parametrize(
    ("seen", "session", "symbol"),
    [
        (Seen.PRESENT, Session.AM, "/"),
        (Seen.PRESENT, Session.PM, "\\"),
        (Seen.ABSENT, Session.AM, "N"),
        (Seen.ABSENT, Session.PM, "N"),
        (Seen.LATE, Session.AM, "L"),
        (Seen.LATE, Session.PM, "L"),
    ],
)
def test_an_answer_makes_a_mark_and_is_read_back_from_it(seen: Seen, session: Session, symbol: str) -> None:
    assert taking.symbol_for(seen, session) == symbol
    assert taking.seen_of(symbol) is seen
    assert symbol in codes.TEACHER_CODES


def test_no_answer_is_read_from_a_code_teachers_do_not_give() -> None:
    assert {symbol for symbol in codes.CODES if taking.seen_of(symbol)} == codes.TEACHER_CODES


@pytest.mark.parametrize("door", Door)
def test_only_a_mark_from_the_classroom_or_for_a_plan_that_fell_away_is_the_teachers(door: Door) -> None:
    assert taking.is_teachers(door) is (door in (Door.TEACHER, Door.LAPSED))


IN_SCHOOL = {"/", "\\", "L"}
OUT = sorted(set(codes.CODES) - IN_SCHOOL - {"U"})


def test_saying_nothing_contradicts_nothing() -> None:
    assert not [symbol for symbol in codes.CODES if taking.disagrees("", symbol)]


@pytest.mark.parametrize("seen", [Seen.PRESENT, Seen.LATE])
def test_a_pupil_in_the_room_contradicts_every_code_of_one_who_is_not_in_school(seen: Seen) -> None:
    assert len(OUT) == 34
    assert [symbol for symbol in OUT if taking.disagrees(seen, symbol)] == OUT


def test_a_pupil_not_in_the_room_contradicts_none_of_them() -> None:
    assert not [symbol for symbol in OUT if taking.disagrees(Seen.ABSENT, symbol)]


@pytest.mark.parametrize(
    ("seen", "symbol", "disagrees"),
    [
        pytest.param(Seen.PRESENT, "/", False, id="present-and-present"),
        pytest.param(Seen.PRESENT, "\\", False, id="present-in-the-afternoon"),
        pytest.param(Seen.PRESENT, "L", False, id="present-and-late"),
        pytest.param(Seen.LATE, "/", False, id="late-and-present"),
        pytest.param(Seen.LATE, "L", False, id="late-and-late"),
        pytest.param(Seen.LATE, "U", False, id="late-and-after-the-close"),
        pytest.param(Seen.ABSENT, "/", True, id="absent-but-present"),
        pytest.param(Seen.ABSENT, "\\", True, id="absent-but-present-in-the-afternoon"),
        pytest.param(Seen.ABSENT, "L", False, id="absent-then-arrived-before-the-close"),
        pytest.param(Seen.ABSENT, "U", False, id="absent-then-arrived-after-the-close"),
    ],
)
def test_a_code_of_a_pupil_who_came(seen: Seen, symbol: str, disagrees: bool) -> None:
    """A pupil away when the register was taken who then comes in is every day's L and U, and no contradiction."""
    assert taking.disagrees(seen, symbol) is disagrees


@pytest.mark.parametrize(
    ("symbol", "times", "minutes", "words"),
    [
        pytest.param("L", STAPLEHURST_AM, 30, "", id="late-at-the-closing-minute"),
        pytest.param("L", STAPLEHURST_AM, 31, "after the register closed (09:20): that is U", id="late-a-minute-past"),
        pytest.param("U", STAPLEHURST_AM, 31, "", id="after-close-a-minute-past"),
        pytest.param("U", STAPLEHURST_AM, 30, "before the register closed (09:20): that is L", id="after-close-early"),
        pytest.param("L", STAPLEHURST_PM, 15, "", id="afternoon-closing-minute"),
        pytest.param("L", STAPLEHURST_PM, 16, "closed (13:45)", id="afternoon-a-minute-past"),
        pytest.param("L", CARLTON_ROAD_AM, 40, "", id="carlton-closing-minute"),
        pytest.param("L", CARLTON_ROAD_AM, 41, "closed (09:30)", id="carlton-a-minute-past"),
        pytest.param("I", STAPLEHURST_AM, 5, "Minutes go with L or U, not with I", id="minutes-of-an-illness"),
        pytest.param("/", None, 0, "Minutes go with L or U, not with /", id="minutes-of-a-present-mark"),
        pytest.param("L", None, 500, "", id="no-times-stated"),
        pytest.param("U", STAPLEHURST_AM, None, "", id="not-said"),
        pytest.param("I", STAPLEHURST_AM, None, "", id="not-said-of-an-illness"),
    ],
)
def test_minutes_agree_with_their_code(symbol: str, times: Times | None, minutes: int | None, words: str) -> None:
    if not words:
        arrivals.check_minutes(symbol, minutes, times)
        return
    with pytest.raises(MarkRefusedError, match=re.escape(words)):
        arrivals.check_minutes(symbol, minutes, times)


@pytest.mark.parametrize(
    ("clock", "times", "is_too_early"),
    [
        pytest.param((13, 14, 59), STAPLEHURST_PM, True, id="more-than-a-quarter-of-an-hour-before"),
        pytest.param((13, 15, 0), STAPLEHURST_PM, False, id="a-quarter-of-an-hour-before"),
        pytest.param((9, 0, 0), STAPLEHURST_PM, True, id="the-afternoon-in-the-morning"),
        pytest.param((16, 0, 0), STAPLEHURST_PM, False, id="long-after"),
        pytest.param((0, 0, 0), None, False, id="no-times-stated"),
    ],
)
def test_a_register_is_not_taken_before_its_time(
    clock: tuple[int, int, int], times: Times | None, is_too_early: bool
) -> None:
    assert taking.is_too_early(datetime(2026, 11, 20, *clock).astimezone(), times) is is_too_early


@pytest.mark.parametrize(
    ("clock", "times", "is_closed"),
    [
        pytest.param((9, 20, 59), STAPLEHURST_AM, False, id="the-closing-minute-to-its-end"),
        pytest.param((9, 21, 0), STAPLEHURST_AM, True, id="the-minute-after"),
        pytest.param((8, 0, 0), STAPLEHURST_AM, False, id="before-it-opens"),
        pytest.param((23, 59, 0), None, False, id="no-times-stated"),
    ],
)
def test_when_a_register_has_closed(clock: tuple[int, int, int], times: Times | None, is_closed: bool) -> None:
    local = datetime(2026, 11, 20, *clock).astimezone()
    assert taking.is_closed(local, times) is is_closed


@pytest.mark.parametrize(
    ("clock", "starts", "session"),
    [
        pytest.param((13, 29), time(13, 30), Session.AM, id="before-the-afternoon"),
        pytest.param((13, 30), time(13, 30), Session.PM, id="the-afternoon"),
        pytest.param((11, 59), None, Session.AM, id="no-times-before-noon"),
        pytest.param((12, 0), None, Session.PM, id="no-times-from-noon"),
    ],
)
def test_which_register_it_is_time_for(clock: tuple[int, int], starts: time | None, session: Session) -> None:
    assert taking.session_now(datetime(2026, 11, 20, *clock).astimezone(), starts) is session


PRESENT, ABSENT, SICK = Said(Seen.PRESENT), Said(Seen.ABSENT), Said(Seen.ABSENT, note="feels sick")


@pytest.mark.parametrize(
    ("said", "stands", "shown", "is_stale", "verdict"),
    [
        pytest.param(PRESENT, None, None, False, Verdict.NEWS, id="first-answer"),
        pytest.param(PRESENT, None, None, True, Verdict.NEWS, id="first-answer-beside-a-new-code"),
        pytest.param(PRESENT, PRESENT, PRESENT, False, Verdict.SAME, id="nothing-new"),
        pytest.param(PRESENT, PRESENT, None, True, Verdict.SAME, id="two-teachers-agree"),
        pytest.param(ABSENT, SICK, SICK, False, Verdict.SAME, id="no-note-leaves-the-note"),
        pytest.param(SICK, ABSENT, ABSENT, False, Verdict.NEWS, id="a-note-is-news"),
        pytest.param(Said(Seen.LATE, 5), Said(Seen.LATE), None, False, Verdict.NEWS, id="minutes-are-news"),
        pytest.param(ABSENT, PRESENT, PRESENT, False, Verdict.NEWS, id="a-correction"),
        pytest.param(ABSENT, PRESENT, None, True, Verdict.CLASH, id="answered-a-blank-that-is-answered"),
        pytest.param(ABSENT, PRESENT, ABSENT, True, Verdict.SAME, id="left-as-it-was-shown"),
        pytest.param(SICK, PRESENT, ABSENT, True, Verdict.CLASH, id="a-note-added-to-what-has-changed"),
    ],
)
def test_what_becomes_of_an_answer(
    said: Said, stands: Said | None, shown: Said | None, is_stale: bool, verdict: Verdict
) -> None:
    assert taking.weigh(said, stands, shown, is_stale=is_stale) is verdict


@pytest.mark.parametrize(
    ("starts", "leaves", "flag"),
    [
        pytest.param(date(2026, 11, 20), None, "First day today", id="first-day"),
        pytest.param(date(2026, 11, 19), None, "New this week", id="second-day"),
        pytest.param(date(2026, 11, 14), None, "New this week", id="seventh-day"),
        pytest.param(date(2026, 11, 13), None, "", id="eighth-day"),
        pytest.param(date(2021, 9, 1), date(2026, 11, 20), "Last day today", id="last-day"),
        pytest.param(date(2021, 9, 1), date(2026, 11, 21), "", id="leaves-tomorrow"),
    ],
)
def test_a_place_on_roll_worth_a_word(starts: date, leaves: date | None, flag: str) -> None:
    assert taking.roll_flag(starts, leaves, date(2026, 11, 20)) == flag


def test_only_restricted_codes_are_hidden_from_teachers() -> None:
    hidden = {symbol for symbol in codes.CODES if taking.shown_to_teachers(symbol)[0] != symbol}
    assert hidden == {code.symbol for code in codes.TABLE if code.restricted} == {"Y5"}
    assert taking.shown_to_teachers("M") == ("M", "Medical or dental appointment")
    assert taking.shown_to_teachers("") == ("", "No mark")


@pytest.mark.parametrize(
    ("clock", "times", "overdue"),
    [
        pytest.param((9, 20, 59), STAPLEHURST_AM, 0, id="closing-minute"),
        pytest.param((9, 21, 0), STAPLEHURST_AM, 1, id="a-minute-past"),
        pytest.param((8, 0, 0), STAPLEHURST_AM, 0, id="before"),
        pytest.param((23, 59, 0), None, 0, id="no-times-stated"),
    ],
)
def test_how_late_a_register_is(clock: tuple[int, int, int], times: Times | None, overdue: int) -> None:
    assert taking.minutes_overdue(datetime(2026, 11, 20, *clock).astimezone(), times) == overdue
