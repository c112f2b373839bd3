"""What an arrival does to the mark that stands, how a time is typed, and how late a register is."""

from datetime import time

import pytest

from registers.rules import arrivals, codes, on_site
from registers.rules.arrivals import Effect, MinuteRefusedError, Times
from registers.rules.on_site import Expected
from registers.rules.sessions import Session

AM = Times(time(8, 50), time(8, 50), time(9, 20))
PM = Times(time(13, 30), time(13, 30), time(13, 45))


@pytest.mark.parametrize(
    ("standing", "in_time", "late", "closed"),
    [
        ("", Effect.WRITE, Effect.WRITE, Effect.WRITE),
        ("N", Effect.WRITE, Effect.WRITE, Effect.WRITE),
        ("L", Effect.WRITE, Effect.WRITE, Effect.WRITE),
        ("U", Effect.WRITE, Effect.WRITE, Effect.WRITE),
        ("/", Effect.KEEP, Effect.KEEP, Effect.KEEP),
        ("G", Effect.ASK, Effect.ASK, Effect.ASK),
        ("O", Effect.ASK, Effect.ASK, Effect.ASK),
        ("M", Effect.ASK, Effect.ASK, Effect.KEEP),
        ("I", Effect.ASK, Effect.ASK, Effect.KEEP),
        ("V", Effect.ASK, Effect.ASK, Effect.KEEP),
    ],
)
def test_what_an_arrival_does_to_a_mark(standing: str, in_time: Effect, late: Effect, closed: Effect) -> None:
    assert [arrivals.effect(standing, code) for code in ("/", "L", "U")] == [in_time, late, closed]


def test_only_a_blank_an_n_or_another_arrival_gives_way_unasked() -> None:
    written = {symbol for symbol in codes.CODES if arrivals.effect(symbol, "U") is Effect.WRITE}
    assert written == {"N", "L", "U"}


@pytest.mark.parametrize(
    ("minute", "afternoon", "session"),
    [
        (time(13, 29), PM, Session.AM),
        (time(13, 30), PM, Session.PM),
        (time(11, 59), None, Session.AM),
        (time(12, 0), None, Session.PM),
    ],
)
def test_the_session_of_a_minute(minute: time, afternoon: Times | None, session: Session) -> None:
    assert arrivals.session_at(minute, afternoon) is session


@pytest.mark.parametrize(
    ("minute", "session", "times", "between"),
    [
        pytest.param(time(11, 59), Session.AM, AM, False, id="still-morning"),
        pytest.param(time(12, 0), Session.AM, AM, True, id="noon"),
        pytest.param(time(13, 30), Session.PM, PM, False, id="afternoon"),
        pytest.param(
            time(12, 0), Session.AM, Times(time(11, 50), time(11, 50), time(12, 10)), False, id="open-at-noon"
        ),
        pytest.param(time(12, 10), Session.AM, Times(time(11, 50), time(11, 50), time(12, 10)), True, id="past-it"),
    ],
)
def test_between_two_registers(minute: time, session: Session, times: Times, between: bool) -> None:
    assert arrivals.is_between(minute, session, times) is between


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("0921", time(9, 21)),
        ("921", time(9, 21)),
        ("9:21", time(9, 21)),
        ("09.21", time(9, 21)),
        (" 1345 ", time(13, 45)),
        ("0000", time(0, 0)),
        ("23:59", time(23, 59)),
    ],
)
def test_a_time_as_it_is_typed(text: str, minute: time) -> None:
    assert arrivals.read_minute(text) == minute


@pytest.mark.parametrize("text", ["", "9", "24:00", "2460", "9:60", "nine", "09:21:30", "٠٩٢١", "12345", "-921"])
def test_what_is_no_time_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(MinuteRefusedError, match="is not a time"):
        arrivals.read_minute(text)


@pytest.mark.parametrize(
    ("now", "minutes", "early", "closed", "since_close"),
    [
        (time(8, 49), -1, True, False, -31),
        (time(8, 50), 0, False, False, -30),
        (time(9, 15), 25, False, False, -5),
        (time(9, 20, 59), 30, False, False, 0),
        (time(9, 21), 31, False, True, 1),
    ],
)
def test_how_late_a_register_is(now: time, minutes: int, early: bool, closed: bool, since_close: int) -> None:
    found = arrivals.lateness(now, AM)
    assert (found.minutes, found.is_early, found.is_closed, found.since_close) == (minutes, early, closed, since_close)


BOTH = (Session.AM, Session.PM)


@pytest.mark.parametrize(
    ("planned", "sessions", "kind"),
    [
        ({}, BOTH, None),
        ({Session.AM: "M"}, BOTH, Expected.LATER),
        ({Session.PM: "M"}, BOTH, Expected.LEAVING),
        ({Session.AM: "C", Session.PM: "C"}, BOTH, Expected.AWAY),
        ({Session.AM: "M"}, (Session.AM,), Expected.AWAY),
    ],
)
def test_what_codes_entered_beforehand_lead_one_to_expect(
    planned: dict[Session, str], sessions: tuple[Session, ...], kind: Expected | None
) -> None:
    assert on_site.expected(planned, sessions) is kind
