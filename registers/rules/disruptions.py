"""Unexpected closures: whom they concern and which marks they give. Y4 is the whole site, Y3 a part of the premises.

Source: SI 2024/208 reg 10 Table 3; WTISA 2024 on codes Y3 and Y4. Entered once, never a pupil at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registers.rules import codes
from registers.rules.calendar import Calendar
from registers.rules.codes import StatClass
from registers.rules.sessions import SessionOn

MOST_WITHOUT_COUNTING = 50
"""More marks than these are given only when their number is typed."""
LONGEST = 31
LONGEST_REASON = 160


class DisruptionRefusedError(Exception):
    """A closure that cannot be entered like this; the message says what to do."""


class DisruptionCode(StrEnum):
    """What was closed."""

    WHOLE = "Y4"
    PART = "Y3"


DISRUPTION_NAMES: Mapping[DisruptionCode, str] = {
    DisruptionCode.WHOLE: "The whole school (Y4)",
    DisruptionCode.PART: "Part of the premises, for some classes (Y3)",
}


@dataclass(frozen=True)
class Closing:
    """What somebody enters: from a session to a session, both included, for everybody or for some classes.

    `also_marked` gives the code to those who are marked present or absent as well, and `why` is kept with each of
    these amendments.
    """

    code: DisruptionCode
    first: SessionOn
    last: SessionOn
    reason: str
    class_ids: frozenset[int] = frozenset()
    also_marked: bool = False
    why: str = ""

    def sessions(self, calendar: Calendar) -> tuple[SessionOn, ...]:
        """The open sessions it takes in."""
        found = calendar.sessions_between(self.first.on, self.last.on)
        return tuple(place for place in found if self.first <= place <= self.last)


def check(closing: Closing, calendar: Calendar, today: date) -> None:
    """Refuse a closure that runs backwards, lies ahead, touches no open session or does not say enough."""
    if closing.last < closing.first:
        raise DisruptionRefusedError("The last session comes before the first. Correct one of them.")
    if closing.last.on > today:
        raise DisruptionRefusedError(
            f"An unexpected closure is entered on its day, and {closing.last.on:%d/%m/%Y} has not come. Enter it up to "
            "today, and the rest when it happens; what is planned belongs in the calendar."
        )
    if (closing.last.on - closing.first.on).days >= LONGEST:
        raise DisruptionRefusedError(f"Enter at most {LONGEST} days at once.")
    if not closing.reason.strip():
        raise DisruptionRefusedError("Say why the school was closed: the reason is kept with every mark.")
    if closing.code is DisruptionCode.PART and not closing.class_ids:
        raise DisruptionRefusedError("Choose the classes that could not be taught.")
    if not closing.sessions(calendar):
        why = calendar.why_closed(closing.first.on)
        raise DisruptionRefusedError(f"The calendar has no open session then ({why}), so there is no mark to give.")


def takes(standing: str | None, closing: Closing) -> bool:
    """Whether a session gets the closure's code: a blank or N always; present, absent or ill where that is asked.

    Leave, a visit, another school and every other code that rests on a record stay.
    """
    if standing is None or standing == codes.UNEXPLAINED:
        return True
    if standing == closing.code or not closing.also_marked:
        return False
    row = codes.code(standing)
    return row.stat_class in (StatClass.PRESENT, StatClass.UNAUTHORISED) or row.symbol == "I"


def is_counted(marks: int) -> bool:
    """Whether somebody must type the number of marks before they are given."""
    return marks > MOST_WITHOUT_COUNTING
