"""Children who left without anybody knowing where to: what is missing, the enquiries, the referral, and the end of it.

Source: Education Act 1996 s.436A and the statutory guidance on children missing education: the school makes reasonable
enquiries together with the local authority, then refers. Carlton Road sections 9-10: a leavers' form with gaps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registers.rules import deletion

ENQUIRIES_BEFORE_REFERRAL = 1
"""How many enquiries are recorded at least before a child is reported: reasonable ones are for people to judge."""


class MissingRefusedError(Exception):
    """A step that cannot be taken; the message says what to do. `field` is what to look at."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Search(StrEnum):
    """How far the search for a child has come."""

    ENQUIRING = "enquiring"
    REFERRED = "referred"
    CLOSED = "closed"


MOVES: Mapping[Search, frozenset[Search]] = {
    Search.ENQUIRING: frozenset({Search.REFERRED, Search.CLOSED}),
    Search.REFERRED: frozenset({Search.CLOSED}),
    Search.CLOSED: frozenset(),
}


class Found(StrEnum):
    """How a search ended."""

    AT_SCHOOL = "at school"
    HOME = "home"
    ABROAD = "abroad"
    BACK = "back"
    AUTHORITY = "authority"


FOUND_NAMES: Mapping[Found, str] = {
    Found.AT_SCHOOL: "On roll at another school",
    Found.HOME: "Educated at home, with the parent’s written notice",
    Found.ABROAD: "Moved abroad, address known",
    Found.BACK: "Back at this school",
    Found.AUTHORITY: "The local authority goes on with it",
}


def check_move(old: Search, new: Search) -> None:
    if new not in MOVES[old]:
        raise MissingRefusedError(f"The search is {old}; it cannot become {new}. Look at it again.")


@dataclass(frozen=True)
class Leaver:
    """What the leavers' form says of where a pupil went."""

    ground: str
    next_school: str
    next_school_from: date | None
    future_address: str


def missing_answers(leaver: Leaver) -> tuple[str, ...]:
    """What the school does not know of a leaver's next place; nothing where the ground has no destination."""
    ground = deletion.GROUNDS.get(leaver.ground)
    if ground is not None and not ground.has_destination:
        return ()
    wanted = {
        "the next school": leaver.next_school.strip(),
        "the first day there": leaver.next_school_from,
        "the new address": leaver.future_address.strip() if leaver.ground == "G" else "asked only of who moves away",
    }
    return tuple(words for words, known in wanted.items() if not known)


def check_step(on: date, words: str, today: date, *, field: str = "words") -> None:
    """Refuse a step without a word on it, or of a day to come."""
    if on > today:
        raise MissingRefusedError("The day cannot be after today.", "on")
    if not words.strip():
        raise MissingRefusedError("Say what was asked, of whom, and what came of it.", field)


def check_referral(enquiries: int) -> None:
    """Refuse to report a child whom nobody has asked after."""
    if enquiries < ENQUIRIES_BEFORE_REFERRAL:
        raise MissingRefusedError("Record the enquiries that were made first: the local authority asks for them.")
