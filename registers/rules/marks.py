"""What may stand in the register: every hard rule for a mark, in one place for every door it comes through.

Source: SI 2024/208 regs 10 and 11; WTISA 2024. A refusal tells the clerk what to do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registers.rules import ages, codes
from registers.rules.calendar import Calendar
from registers.rules.codes import Age, Code, Ground
from registers.rules.sessions import Session, SessionOn


class MarkRefusedError(Exception):
    """A mark that may not be made; the message says why and what to do instead."""


class Door(StrEnum):
    """Where a mark comes from."""

    TEACHER = "teacher"
    OFFICE = "office"
    LEAVE = "leave"
    IMPORT = "import"
    CLOSURE = "closure"
    NIGHTLY = "nightly"
    LAPSED = "lapsed"
    """What a planned code rested on fell away before the day; a class register writes over the N as over a blank."""


SCREENS = frozenset({Door.TEACHER, Door.OFFICE})
"""The doors at which a code must rest on a record; imported history carries codes without one."""


@dataclass(frozen=True)
class Enrolment:
    """What the rules must know of a pupil."""

    dob: date
    starts_on: date
    leaves_on: date | None
    mobile_child: bool = False


@dataclass(frozen=True)
class Proposed:
    """A mark somebody wants to make, with what it would rest on and what is noted beside it."""

    code: Code
    place: SessionOn
    pupil: Enrolment
    door: Door
    has_ground: bool = False
    note: str = ""


def is_plain(text: str) -> bool:
    """Whether a text holds only what one sees: no control character, nothing that turns the direction of reading."""
    return text.replace("\xa0", " ").isprintable()


def stroke(symbol: str, session: Session) -> str:
    """The symbol with the present stroke that belongs to the session; anything else as it is."""
    return codes.PRESENT_STROKE[session] if symbol in codes.PRESENT_STROKE.values() else symbol


def read_symbol(text: str, session: Session) -> Code:
    """What somebody typed or a file holds, as a code: capitals, trimmed, with the right stroke."""
    return codes.code(stroke(text.strip().upper(), session))


def part_time_until(dob: date, calendar: Calendar) -> date:
    """The last day X may be given: the day before compulsory age, or the end of a term it begins in."""
    begins = ages.compulsory_from(dob)
    for term in calendar.terms:
        if term.first_on <= begins <= term.last_on:
            return term.last_on
    return date.fromordinal(begins.toordinal() - 1)


def check(proposed: Proposed, calendar: Calendar, today: date) -> None:
    """Raise MarkRefusedError with the first rule a mark breaks."""
    for rule in RULES:
        rule(proposed, calendar, today)


def _known_to_teachers(proposed: Proposed, _calendar: Calendar, _today: date) -> None:
    if proposed.door is Door.TEACHER and proposed.code.symbol not in codes.TEACHER_CODES:
        raise MarkRefusedError("A class register takes present, absent or late. The office gives every other code.")


def _school_is_open(proposed: Proposed, calendar: Calendar, _today: date) -> None:
    on, session = proposed.place
    if not calendar.is_open(on, session):
        raise MarkRefusedError(
            f"The school is closed on {on:%d/%m/%Y} {session} ({calendar.why_closed(on)}). "
            "If that is wrong, correct the calendar first."
        )


def _on_roll(proposed: Proposed, _calendar: Calendar, _today: date) -> None:
    pupil, on = proposed.pupil, proposed.place.on
    if on < pupil.starts_on:
        raise MarkRefusedError(f"The pupil's starting day is {pupil.starts_on:%d/%m/%Y}; there is no mark before it.")
    if pupil.leaves_on is not None and on > pupil.leaves_on:
        raise MarkRefusedError(f"The pupil left on {pupil.leaves_on:%d/%m/%Y}; there is no mark after it.")


def _not_in_the_future(proposed: Proposed, _calendar: Calendar, today: date) -> None:
    if proposed.place.on > today and not proposed.code.planned:
        raise MarkRefusedError(f"{proposed.code.symbol} cannot be entered before the day. Only planned codes can.")


def _in_use(proposed: Proposed, _calendar: Calendar, _today: date) -> None:
    code, on = proposed.code, proposed.place.on
    # Live data still carry H and J years after they ended, so an import keeps them; nobody may type them.
    if code.until_on is not None and proposed.door is Door.IMPORT:
        return
    if not code.may_be_entered(on):
        raise MarkRefusedError(f"{code.symbol} is not in use for {on:%d/%m/%Y}. Choose a code of the 2024 Regulations.")


def _right_session(proposed: Proposed, _calendar: Calendar, _today: date) -> None:
    code = proposed.code
    if code.session is not None and code.session is not proposed.place.session:
        raise MarkRefusedError(f"{code.symbol} belongs to the {code.session} register.")


def _right_age(proposed: Proposed, calendar: Calendar, _today: date) -> None:
    code, pupil, on = proposed.code, proposed.pupil, proposed.place.on
    if code.age is Age.NOT_COMPULSORY and on > part_time_until(pupil.dob, calendar):
        raise MarkRefusedError(
            f"{code.symbol} is only for a child under compulsory school age; this child reached it on "
            f"{ages.compulsory_from(pupil.dob):%d/%m/%Y}. Use C2 for an agreed part-time timetable."
        )
    if code.age is Age.COMPULSORY and not ages.is_compulsory_age(pupil.dob, on):
        raise MarkRefusedError(
            f"{code.symbol} is only for a child of compulsory school age; this child reaches it on "
            f"{ages.compulsory_from(pupil.dob):%d/%m/%Y}. Use X for a session the child is not required."
        )


def _not_for_one_pupil(proposed: Proposed, _calendar: Calendar, _today: date) -> None:
    code = proposed.code
    if code.symbol == "Z":
        raise MarkRefusedError("Z is only for a child not yet on roll. From the starting day on, give another code.")
    if code.ground is not Ground.CALENDAR or (code.symbol != "#" and proposed.door in (Door.IMPORT, Door.CLOSURE)):
        return
    if code.symbol != "#":
        raise MarkRefusedError(f"{code.symbol} is for all whom a closure concerns. Enter the unexpected closure once.")
    raise MarkRefusedError(f"{code.symbol} is for a whole school or group. Enter the closure in the calendar.")


def _rests_on_a_record(proposed: Proposed, _calendar: Calendar, _today: date) -> None:
    code = proposed.code
    if proposed.door not in SCREENS or code.ground is Ground.NONE:
        return
    if code.ground is Ground.MOBILE_CHILD:
        if not proposed.pupil.mobile_child:
            raise MarkRefusedError(f"{code.symbol} is for a mobile child. Say so in the admission register first.")
    elif not proposed.has_ground:
        raise MarkRefusedError(f"{code.symbol} needs {code.ground} on record for this session. Record that first.")


def _noted(proposed: Proposed, _calendar: Calendar, _today: date) -> None:
    code = proposed.code
    if proposed.door in SCREENS and code.must_detail and not proposed.note.strip():
        raise MarkRefusedError(f"{code.symbol} needs a note: {code.detail}. Write it beside the code.")


RULES: tuple[Callable[[Proposed, Calendar, date], None], ...] = (
    _known_to_teachers,
    _school_is_open,
    _on_roll,
    _in_use,
    _right_session,
    _not_in_the_future,
    _right_age,
    _not_for_one_pupil,
    _rests_on_a_record,
    _noted,
)
