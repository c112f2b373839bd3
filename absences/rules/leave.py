"""Leave of absence: who may ask, what may be granted, and what a decision makes of a request.

Source: SI 2024/208 reg 11 (asked for in advance by a parent the pupil normally lives with, decided by the person the
proprietor authorised); both policies: only in exceptional circumstances, never afterwards, and the headteacher decides.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registers.rules import codes
from registers.rules.codes import Age, Ground
from registers.rules.sessions import SessionOn


class LeaveRefusedError(Exception):
    """A request or a decision that cannot be made; the message says why and what can be done."""


class LeaveState(StrEnum):
    """How far a request has come."""

    RECEIVED = "received"
    ASKED = "information asked"
    GRANTED = "granted"
    PARTLY_GRANTED = "partly granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STATE_NAMES: Mapping[LeaveState, str] = {
    LeaveState.RECEIVED: "Waiting for a decision",
    LeaveState.ASKED: "More information asked",
    LeaveState.GRANTED: "Granted",
    LeaveState.PARTLY_GRANTED: "Partly granted",
    LeaveState.REFUSED: "Refused",
    LeaveState.WITHDRAWN: "Withdrawn",
}
_DECISIONS = frozenset({LeaveState.GRANTED, LeaveState.PARTLY_GRANTED, LeaveState.REFUSED})

MOVES: Mapping[LeaveState, frozenset[LeaveState]] = {
    LeaveState.RECEIVED: _DECISIONS | {LeaveState.ASKED, LeaveState.WITHDRAWN},
    LeaveState.ASKED: _DECISIONS | {LeaveState.RECEIVED, LeaveState.WITHDRAWN},
    LeaveState.GRANTED: frozenset({LeaveState.PARTLY_GRANTED, LeaveState.WITHDRAWN}),
    LeaveState.PARTLY_GRANTED: frozenset({LeaveState.PARTLY_GRANTED, LeaveState.WITHDRAWN}),
    LeaveState.REFUSED: frozenset(),
    LeaveState.WITHDRAWN: frozenset(),
}
"""A grant may be given back in part or whole. A refusal stands and is kept for ever: another try is another request."""

OPEN = (LeaveState.RECEIVED, LeaveState.ASKED)
"""What still waits for a decision."""
HELD = (LeaveState.GRANTED, LeaveState.PARTLY_GRANTED)
"""What stands in the registers."""
DECIDED = (*HELD, LeaveState.REFUSED)
"""Decisions that stand."""


def check_move(old: LeaveState, new: LeaveState) -> None:
    if old not in OPEN and new in DECIDED and new not in MOVES[old]:
        check_undecided(old)
    if new not in MOVES[old]:
        raise LeaveRefusedError(f"A request that is {STATE_NAMES[old].lower()} cannot become {new}.")


def check_undecided(state: LeaveState) -> None:
    """Refuse to decide a request that is not open any more."""
    if state not in OPEN:
        raise LeaveRefusedError(
            f"This request is already decided: {STATE_NAMES[state].lower()}. The decision stands; "
            "if the family has something new to say, enter a new request."
        )


def check_held(state: LeaveState) -> None:
    """Refuse to give back sessions of leave that nobody granted."""
    if state not in HELD:
        raise LeaveRefusedError(f"Only leave that was granted can be shortened; this is {STATE_NAMES[state].lower()}.")


class Category(StrEnum):
    """What the leave is for."""

    HOLIDAY = "holiday"
    FUNERAL_OR_WEDDING = "funeral or wedding"
    RELIGIOUS = "religious observance"
    PERFORMANCE = "performance"
    INTERVIEW = "interview"
    EXAMINATION = "examination study"
    MEDICAL = "medical appointment"
    TRAVELLER = "travelling for work"
    OTHER = "other"


CATEGORY_NAMES: Mapping[Category, str] = {
    Category.HOLIDAY: "Holiday",
    Category.FUNERAL_OR_WEDDING: "Funeral or wedding",
    Category.RELIGIOUS: "Religious observance",
    Category.PERFORMANCE: "Performance or employment abroad",
    Category.INTERVIEW: "Interview",
    Category.EXAMINATION: "Study for a public examination",
    Category.MEDICAL: "Medical or dental appointment",
    Category.TRAVELLER: "Parent travelling for work",
    Category.OTHER: "Another reason",
}

CATEGORY_WORDS: Mapping[Category, str] = {
    Category.HOLIDAY: "a family holiday",
    Category.FUNERAL_OR_WEDDING: "a funeral or wedding",
    Category.RELIGIOUS: "a religious observance",
    Category.PERFORMANCE: "a performance",
    Category.INTERVIEW: "an interview",
    Category.EXAMINATION: "study for a public examination",
    Category.MEDICAL: "a medical or dental appointment",
    Category.TRAVELLER: "travelling with a parent for work",
    Category.OTHER: "the reason you gave",
}
"""The category as it reads in a letter after “leave for”."""

CODES_FOR: Mapping[Category, tuple[str, ...]] = {
    Category.HOLIDAY: ("C",),
    Category.FUNERAL_OR_WEDDING: ("C",),
    Category.RELIGIOUS: ("R", "C"),
    Category.PERFORMANCE: ("C1", "C"),
    Category.INTERVIEW: ("J1", "C"),
    Category.EXAMINATION: ("S", "C"),
    Category.MEDICAL: ("M", "C"),
    Category.TRAVELLER: ("T", "C"),
    Category.OTHER: ("C",),
}
"""Which codes a grant may carry, the fitting one first. A custom that is not a set-apart day is C, never R."""


class Decision(StrEnum):
    """What the headteacher decides."""

    ALL = "all"
    PART = "part"
    REFUSE = "refuse"


DECISION_NAMES: Mapping[Decision, str] = {
    Decision.ALL: "Grant all",
    Decision.PART: "Grant part",
    Decision.REFUSE: "Refuse",
}


@dataclass(frozen=True)
class FourTests:
    """The four tests of an exceptional circumstance; None where the headteacher has not judged."""

    rare: bool | None = None
    significant: bool | None = None
    unavoidable: bool | None = None
    short: bool | None = None


TEST_NAMES: Mapping[str, str] = {
    "rare": "Rare",
    "significant": "Significant",
    "unavoidable": "Unavoidable",
    "short": "Short",
}


def is_retrospective(received_on: date, first_on: date) -> bool:
    """Whether a request came on or after the first day of leave, so that it cannot be granted."""
    return received_on >= first_on


def like_since(today: date) -> date:
    """The first day of the two years whose decisions a new one is compared with."""
    leap_day = (today.month, today.day) == (2, 29)
    return date(today.year - 2, 3, 1) if leap_day else today.replace(year=today.year - 2)


def check_applicant(lives_with_pupil: bool) -> None:
    """Only a parent the pupil normally lives with may apply (reg 11)."""
    if not lives_with_pupil:
        raise LeaveRefusedError(
            "Only a parent the pupil normally lives with may ask for leave. Choose that parent, or correct the contact "
            "if the pupil does live there."
        )


def check_request(asked: Sequence[SessionOn], received_on: date, reason: str, today: date) -> None:
    """Refuse a request for no school session, from the future, or without the family's reason."""
    if not asked:
        raise LeaveRefusedError(
            "The pupil has no school session in the days asked for, so no leave is needed. Check the dates."
        )
    if received_on > today:
        raise LeaveRefusedError(f"The request cannot be received after today, {today:%d/%m/%Y}. Correct the date.")
    if not reason.strip():
        raise LeaveRefusedError("Write down the reason the family gives.")


@dataclass(frozen=True)
class Settled:
    """What a decision comes to: the new state, and the sessions it grants."""

    state: LeaveState
    granted: tuple[SessionOn, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class Asked:
    """What the rules must know of a request to settle it."""

    state: LeaveState
    category: Category
    received_on: date
    sessions: tuple[SessionOn, ...]

    @property
    def is_retrospective(self) -> bool:
        """Judged by the first school session: a weekend before it is still in advance."""
        return bool(self.sessions) and is_retrospective(self.received_on, self.sessions[0].on)


def settle(asked: Asked, decision: Decision, granted: Collection[SessionOn], code: str, words: str) -> Settled:
    """What a decision makes of a request, or LeaveRefusedError. `granted` are the sessions ticked for a part."""
    check_undecided(asked.state)
    if not words.strip():
        raise LeaveRefusedError("Write down the reasons for the decision; they are kept with the request.")
    settled = _settled(asked, decision, granted, code)
    check_move(asked.state, settled.state)
    return settled


def _settled(asked: Asked, decision: Decision, granted: Collection[SessionOn], code: str) -> Settled:
    if decision is Decision.REFUSE:
        return Settled(LeaveState.REFUSED)
    _check_in_advance(asked)
    chosen = asked.sessions if decision is Decision.ALL else tuple(sorted(set(granted)))
    if not chosen:
        raise LeaveRefusedError(f"Tick the sessions that are granted, from 1 to {len(asked.sessions)}, or refuse.")
    if not set(chosen) <= set(asked.sessions):
        raise LeaveRefusedError("A session was ticked that was not asked for. Look at the page again and tick anew.")
    check_code(asked.category, code)
    state = LeaveState.GRANTED if len(chosen) == len(asked.sessions) else LeaveState.PARTLY_GRANTED
    return Settled(state, chosen, code)


def kept(granted: Collection[SessionOn], wanted: Collection[SessionOn], words: str) -> tuple[SessionOn, ...]:
    """The sessions of a grant that remain when it is shortened, at least one and not all."""
    if not words.strip():
        raise LeaveRefusedError("Say why the leave is shortened; it is kept with the request.")
    remaining = tuple(sorted(set(granted) & set(wanted)))
    if not remaining:
        raise LeaveRefusedError("No session would remain. Withdraw the leave instead.")
    if len(remaining) == len(set(granted)):
        raise LeaveRefusedError("Every session of the leave is still ticked. Take out those that are given back.")
    return remaining


def _check_in_advance(asked: Asked) -> None:
    if not asked.sessions:
        raise LeaveRefusedError("The school is closed on all the days asked for, so there is no session to grant.")
    if asked.is_retrospective:
        raise LeaveRefusedError(
            f"The request came on {asked.received_on:%d/%m/%Y}, on or after the first day of leave "
            f"({asked.sessions[0].on:%d/%m/%Y}). Leave cannot be granted afterwards, whoever asks: it can only be "
            "refused."
        )


def check_code(category: Category, symbol: str) -> None:
    """Refuse a code that does not fit what the leave is for."""
    if symbol not in CODES_FOR[category]:
        fitting = " or ".join(CODES_FOR[category])
        raise LeaveRefusedError(
            f"{symbol or 'No code'} does not fit leave for {CATEGORY_WORDS[category]}. Choose {fitting}."
        )


REPLACED = frozenset({codes.UNEXPLAINED, "O", "G"})
"""Marks of a session missed without leave; a grant, which was asked for in advance, explains them."""


def takes(standing: str | None, place: SessionOn, today: date) -> bool:
    """Whether a granted session gets the code of the leave: a blank, an unexplained absence, or a plan it supersedes.

    What has been seen to happen stays, and so does a plan with a record of its own (a suspension, a dual
    registration) or one by which the pupil is not required at all.
    """
    if standing is None or standing in REPLACED:
        return True
    code = codes.code(standing)
    is_own_plan = code.ground in {Ground.NONE, Ground.LEAVE} and code.is_possible and code.age is Age.ANY
    return place.on > today and code.planned and is_own_plan
