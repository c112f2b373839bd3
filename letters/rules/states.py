"""How far a letter has come: drafted, checked, approved, issued, sent; dropped on the way, or withdrawn afterwards."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise

from letters.rules.refusals import LetterRefusedError


class LetterState(StrEnum):
    DRAFT = "draft"
    CHECKED = "checked"
    """Somebody has read it and says it can be signed."""
    APPROVED = "approved"
    """Somebody whose role may issue the kind has signed it."""
    ISSUED = "issued"
    SENT = "sent"
    DROPPED = "dropped"
    WITHDRAWN = "withdrawn"


MOVES: Mapping[LetterState, frozenset[LetterState]] = {
    # Back to the draft: sent back by whoever was to sign it, or because what it says has changed.
    LetterState.DRAFT: frozenset({LetterState.CHECKED, LetterState.DROPPED}),
    LetterState.CHECKED: frozenset({LetterState.APPROVED, LetterState.DRAFT, LetterState.DROPPED}),
    LetterState.APPROVED: frozenset({LetterState.ISSUED, LetterState.DRAFT, LetterState.DROPPED}),
    LetterState.ISSUED: frozenset({LetterState.SENT, LetterState.WITHDRAWN}),
    LetterState.SENT: frozenset({LetterState.WITHDRAWN}),
    LetterState.DROPPED: frozenset(),
    LetterState.WITHDRAWN: frozenset(),
}

FORWARD = (LetterState.DRAFT, LetterState.CHECKED, LetterState.APPROVED, LetterState.ISSUED, LetterState.SENT)
"""The way of a letter that nothing stops."""
WAITING = frozenset({LetterState.DRAFT, LetterState.CHECKED, LetterState.APPROVED})
"""The states in which somebody has still to do something before it is a letter."""
WENT = frozenset({LetterState.ISSUED, LetterState.SENT})
"""The states of a letter that stands."""
FROZEN = frozenset({*WENT, LetterState.WITHDRAWN})
"""The states in which text, figures and file stand for ever."""

STANDS: Mapping[LetterState, str] = {
    LetterState.DRAFT: "is still a draft",
    LetterState.CHECKED: "has been checked and waits to be approved",
    LetterState.APPROVED: "has been approved",
    LetterState.ISSUED: "has been issued and stands as it was sent",
    LetterState.SENT: "has been sent and stands as it was sent",
    LetterState.DROPPED: "was dropped",
    LetterState.WITHDRAWN: "has been withdrawn",
}


class StateRefusedError(LetterRefusedError):
    """A step that a letter in its state cannot take."""


def may_move(old: LetterState, new: LetterState) -> bool:
    return new in MOVES[old]


def check_move(old: LetterState, new: LetterState) -> None:
    """Raise StateRefusedError unless a letter may go from one state to the other."""
    if not may_move(old, new):
        raise StateRefusedError(f"This letter {STANDS[old]}, so it cannot be {new}.")


def may_reach(old: LetterState, new: LetterState) -> bool:
    """Whether a letter may go to a state by the steps on its way, one after the other."""
    return old in FORWARD and new in FORWARD and FORWARD.index(old) < FORWARD.index(new)


def steps(old: LetterState, new: LetterState) -> Iterator[LetterState]:
    """The states a letter passes on its way to another, that one included; StateRefusedError if there is no way."""
    if not may_reach(old, new):
        raise StateRefusedError(f"This letter {STANDS[old]}, so it cannot be {new}.")
    for before, after in pairwise(FORWARD):
        if FORWARD.index(old) <= FORWARD.index(before) < FORWARD.index(new):
            check_move(before, after)
            yield after
