"""Session times, and what an arrival at a minute means: present, L or U."""

import re
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from registers.rules import codes
from registers.rules.marks import MarkRefusedError
from registers.rules.sessions import Session


@dataclass(frozen=True)
class Times:
    """When a register opens, until when an arrival is on time, and when it closes; each minute is included."""

    starts: time
    on_time_until: time
    closes: time
    assumed: bool = False


@dataclass(frozen=True)
class Arrival:
    """The code an arrival gets, the minutes after the register opened, and why."""

    code: str
    minutes_late: int | None
    why: str


def judge(arrived: time, session: Session, times: Times) -> Arrival:
    """The mark of a pupil who arrives at a minute: 09:20 is L and 09:21 is U where the register closes at 9.20."""
    minute = arrived.replace(second=0, microsecond=0)
    if minute <= times.on_time_until:
        stroke = codes.PRESENT_STROKE[session]
        return Arrival(stroke, None, f"{minute:%H:%M} is in time for {times.on_time_until:%H:%M}, so {stroke}.")
    late = _minutes(minute) - _minutes(times.starts)
    if minute <= times.closes:
        after = f"{minute:%H:%M} is after {times.on_time_until:%H:%M}"
        return Arrival("L", late, f"{after} and before the register closed at {times.closes:%H:%M}, so L.")
    return Arrival("U", late, f"{minute:%H:%M} is after the register closed at {times.closes:%H:%M}, so U.")


class Effect(StrEnum):
    """What an arrival does to the mark that stands."""

    WRITE = "write"
    KEEP = "keep"
    ASK = "ask"


def effect(standing: str, arrived: str) -> Effect:
    """What an arrival with a code does where another code stands; blank is no mark at all.

    N must give way to what is now known (WTISA: an N who comes after the register closed is U or a better code). A
    present stroke is the teacher's word. U is only for an arrival that no other code fits, so a reason that stands
    outlasts it; within the open register a pupil who is here is present, and somebody has to choose.
    """
    if not standing or standing == codes.UNEXPLAINED or standing in codes.LATE_CODES:
        return Effect.WRITE
    if standing in codes.PRESENT_STROKE.values():
        return Effect.KEEP
    if standing in GIVEN_UP_FOR_U:
        return Effect.ASK
    return Effect.KEEP if arrived == "U" else Effect.ASK


GIVEN_UP_FOR_U = frozenset({"G", "O"})
"""Unauthorised absences the office gave on purpose: a late arrival may be the better code, and somebody has to say."""

MORNING_ENDS = time(12)
"""When a morning is over, if its register has closed: schools state when registers close, not when sessions end."""


def session_at(minute: time, afternoon: Times | None) -> Session:
    """The session a minute of the day belongs to: the afternoon begins when its register opens."""
    return Session.PM if minute >= (afternoon.starts if afternoon else MORNING_ENDS) else Session.AM


def is_between(minute: time, session: Session, times: Times) -> bool:
    """Whether somebody who comes at a minute comes too late for the morning and before the afternoon register."""
    return session is Session.AM and minute >= max(MORNING_ENDS, times.closes)


def outside_registers(minute: time, session: Session, times: Times) -> str:
    """Why an arrival makes no mark: its register is still to be taken. Blank while the session runs."""
    if minute < times.starts:
        return f"The register opens at {times.starts:%H:%M}; being here before it is no mark yet."
    if is_between(minute, session, times):
        return f"{minute:%H:%M} is between the two registers: the morning’s mark stands, the afternoon’s comes later."
    return ""


@dataclass(frozen=True)
class Lateness:
    """How a register that is not in stands to the clock; minutes since it opened, below nought before that."""

    times: Times
    minutes: int
    is_closed: bool
    """Whether the minute in which it closes has passed."""

    @property
    def is_early(self) -> bool:
        return self.minutes < 0

    @property
    def since_close(self) -> int:
        return self.minutes - (_minutes(self.times.closes) - _minutes(self.times.starts))


def lateness(now: time, times: Times) -> Lateness:
    """How late a register is at a minute of the day."""
    return Lateness(times, _minutes(now) - _minutes(times.starts), _minutes(now) > _minutes(times.closes))


class MinuteRefusedError(Exception):
    """A time of day that cannot be read; the message shows how to write one."""


_CLOCK = re.compile(r"(\d{1,2})[:.]?([0-5]\d)", re.ASCII)


def read_minute(text: str) -> time:
    """A time as somebody types it at the door: 0921, 921, 9:21 or 9.21."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None or int(match[1]) > 23:
        raise MinuteRefusedError(f"“{text.strip()}” is not a time. Type 0921 or 9:21.")
    return time(int(match[1]), int(match[2]))


def check_minutes(symbol: str, minutes: int | None, times: Times | None) -> None:
    """Refuse minutes that contradict their code: only L and U have any, L within the open register and U past it."""
    if minutes is None:
        return
    if symbol not in codes.LATE_CODES:
        raise MarkRefusedError(f"Minutes go with L or U, not with {symbol}.")
    if times is None:
        return
    open_for = _minutes(times.closes) - _minutes(times.starts)
    if symbol == "L" and minutes > open_for:
        raise MarkRefusedError(f"{minutes} minutes is after the register closed ({times.closes:%H:%M}): that is U.")
    if symbol == "U" and minutes <= open_for:
        raise MarkRefusedError(f"{minutes} minutes is before the register closed ({times.closes:%H:%M}): that is L.")


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
