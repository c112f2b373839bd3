"""Many letters of one kind at once: how far the batch has come, and each pupil in it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from letters.rules.refusals import LetterRefusedError

MOST = 2_000
"""More pupils than that are no batch that anybody looks through."""
CHUNK = 5
"""Pupils of one piece of background work: it ends well inside its lease, and no worker is left alone with many."""


class BatchState(StrEnum):
    WRITING = "writing"
    """Its letters are being drafted."""
    OPEN = "open"
    """Everybody's letter is drafted or refused; somebody looks through them."""
    CHECKED = "checked"
    """It waits for whoever may issue the kind."""
    RUNNING = "running"
    """Its letters are being issued."""
    DONE = "done"
    CANCELLED = "cancelled"


class ItemState(StrEnum):
    WAITING = "waiting"
    WRITTEN = "written"
    REFUSED = "refused"
    DROPPED = "dropped"
    ISSUED = "issued"
    FAILED = "failed"


MOVES: Mapping[BatchState, frozenset[BatchState]] = {
    BatchState.WRITING: frozenset({BatchState.OPEN, BatchState.CANCELLED}),
    # Back to writing: figures have changed, and the letters concerned are written anew.
    BatchState.OPEN: frozenset({BatchState.WRITING, BatchState.CHECKED, BatchState.RUNNING, BatchState.CANCELLED}),
    BatchState.CHECKED: frozenset({BatchState.WRITING, BatchState.OPEN, BatchState.RUNNING, BatchState.CANCELLED}),
    BatchState.RUNNING: frozenset({BatchState.DONE, BatchState.CANCELLED}),
    # Again: those that failed are tried once more.
    BatchState.DONE: frozenset({BatchState.RUNNING}),
    BatchState.CANCELLED: frozenset(),
}
ITEM_MOVES: Mapping[ItemState, frozenset[ItemState]] = {
    ItemState.WAITING: frozenset({ItemState.WRITTEN, ItemState.REFUSED, ItemState.DROPPED}),
    ItemState.WRITTEN: frozenset({ItemState.WAITING, ItemState.ISSUED, ItemState.FAILED, ItemState.DROPPED}),
    ItemState.FAILED: frozenset({ItemState.WRITTEN}),
    ItemState.REFUSED: frozenset(),
    ItemState.DROPPED: frozenset(),
    ItemState.ISSUED: frozenset(),
}
LOOKED_THROUGH = frozenset({BatchState.OPEN, BatchState.CHECKED})
"""The states in which letters can be read, dropped and approved."""
UNDER_WAY = frozenset({BatchState.WRITING, BatchState.RUNNING})
"""The states in which background work goes on."""
STANDS: Mapping[BatchState, str] = {
    BatchState.WRITING: "is still being written",
    BatchState.OPEN: "is being looked through",
    BatchState.CHECKED: "waits to be approved",
    BatchState.RUNNING: "is being issued",
    BatchState.DONE: "has been issued",
    BatchState.CANCELLED: "was cancelled",
}


class BatchRefusedError(LetterRefusedError):
    """A step that a batch cannot take; the message says why and what to do."""


@dataclass(frozen=True)
class Chosen:
    """A pupil who is to have a letter, and what it answers: flag:12."""

    pupil_id: int
    because: str = ""


@dataclass(frozen=True)
class Progress:
    """How many pupils of a batch are in each state."""

    counts: Mapping[ItemState, int]

    def number(self, *states: ItemState) -> int:
        return sum(self.counts.get(state, 0) for state in states)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def to_issue(self) -> int:
        """Pupils whose letters were to be issued, however that ended."""
        return self.number(ItemState.WRITTEN, ItemState.ISSUED, ItemState.FAILED)

    @property
    def issued(self) -> int:
        return self.number(ItemState.ISSUED)

    @property
    def settled(self) -> int:
        """Pupils with whom the issuing is done."""
        return self.number(ItemState.ISSUED, ItemState.FAILED)


def pieces(items: Sequence[int], linked: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Items cut into pieces of work in their order; those that are linked are never parted, so that no two workers
    are at one letter."""
    piles = {item: [item] for item in items}
    for one, other in linked:
        ours, theirs = piles.get(one), piles.get(other)
        if ours is None or theirs is None or ours is theirs:
            continue
        ours.extend(theirs)
        piles |= dict.fromkeys(theirs, ours)
    found: list[list[int]] = [[]]
    for pile in {id(pile): pile for pile in piles.values()}.values():
        if found[-1] and len(found[-1]) + len(pile) > CHUNK:
            found.append([])
        found[-1].extend(pile)
    return found


def may_move(old: BatchState, new: BatchState) -> bool:
    return new in MOVES[old]


def check_move(
    old: BatchState, new: BatchState, doing: str, *, only: Collection[BatchState] = frozenset(BatchState)
) -> None:
    """Raise BatchRefusedError unless a batch may go from one state to the other; `doing` ends the sentence.

    `only` are the states in which this way of getting there is open.
    """
    if not may_move(old, new) or old not in only:
        raise BatchRefusedError(f"This batch {STANDS[old]}, so it cannot be {doing}.")


def check_item_move(old: ItemState, new: ItemState) -> None:
    """Raise BatchRefusedError unless a pupil of a batch may go from one state to the other."""
    if new not in ITEM_MOVES[old]:
        raise BatchRefusedError(f"This pupil's letter is {old}, so it cannot be {new}.")
