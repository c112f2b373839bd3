"""How far a letter may go, every pair of states tried."""

from itertools import product

import pytest

from letters.rules import batches, states
from letters.rules.batches import BatchRefusedError, BatchState, ItemState
from letters.rules.states import FROZEN, MOVES, WAITING, WENT, LetterState, StateRefusedError

ALLOWED = {
    (LetterState.DRAFT, LetterState.CHECKED),
    (LetterState.DRAFT, LetterState.DROPPED),
    (LetterState.CHECKED, LetterState.APPROVED),
    (LetterState.CHECKED, LetterState.DRAFT),
    (LetterState.CHECKED, LetterState.DROPPED),
    (LetterState.APPROVED, LetterState.ISSUED),
    (LetterState.APPROVED, LetterState.DRAFT),
    (LetterState.APPROVED, LetterState.DROPPED),
    (LetterState.ISSUED, LetterState.SENT),
    (LetterState.ISSUED, LetterState.WITHDRAWN),
    (LetterState.SENT, LetterState.WITHDRAWN),
}
BATCH_ALLOWED = {
    (BatchState.WRITING, BatchState.OPEN),
    (BatchState.WRITING, BatchState.CANCELLED),
    (BatchState.OPEN, BatchState.WRITING),
    (BatchState.OPEN, BatchState.CHECKED),
    (BatchState.OPEN, BatchState.RUNNING),
    (BatchState.OPEN, BatchState.CANCELLED),
    (BatchState.CHECKED, BatchState.WRITING),
    (BatchState.CHECKED, BatchState.OPEN),
    (BatchState.CHECKED, BatchState.RUNNING),
    (BatchState.CHECKED, BatchState.CANCELLED),
    (BatchState.RUNNING, BatchState.DONE),
    (BatchState.RUNNING, BatchState.CANCELLED),
    (BatchState.DONE, BatchState.RUNNING),
}
ITEM_ALLOWED = {
    (ItemState.WAITING, ItemState.WRITTEN),
    (ItemState.WAITING, ItemState.REFUSED),
    (ItemState.WAITING, ItemState.DROPPED),
    (ItemState.WRITTEN, ItemState.WAITING),
    (ItemState.WRITTEN, ItemState.ISSUED),
    (ItemState.WRITTEN, ItemState.FAILED),
    (ItemState.WRITTEN, ItemState.DROPPED),
    (ItemState.FAILED, ItemState.WRITTEN),
}
REACHED = {
    ("draft", "checked"): ["checked"],
    ("draft", "approved"): ["checked", "approved"],
    ("draft", "issued"): ["checked", "approved", "issued"],
    ("draft", "sent"): ["checked", "approved", "issued", "sent"],
    ("checked", "approved"): ["approved"],
    ("checked", "issued"): ["approved", "issued"],
    ("checked", "sent"): ["approved", "issued", "sent"],
    ("approved", "issued"): ["issued"],
    ("approved", "sent"): ["issued", "sent"],
    ("issued", "sent"): ["sent"],
}


@pytest.mark.parametrize(("old", "new"), list(product(LetterState, LetterState)), ids=str)
def test_every_pair_of_states(old, new):
    assert states.may_move(old, new) is ((old, new) in ALLOWED)
    if (old, new) in ALLOWED:
        states.check_move(old, new)
    else:
        with pytest.raises(StateRefusedError, match=f"cannot be {new}"):
            states.check_move(old, new)


def test_every_state_has_its_moves_and_words():
    assert set(MOVES) == set(LetterState) == set(states.STANDS)


@pytest.mark.parametrize(("old", "new"), list(product(LetterState, LetterState)), ids=str)
def test_the_way_from_every_state_to_every_other(old, new):
    way = REACHED.get((str(old), str(new)))
    assert states.may_reach(old, new) is (way is not None)
    if way is not None:
        assert list(states.steps(old, new)) == way
    else:
        with pytest.raises(StateRefusedError, match=f"cannot be {new}"):
            list(states.steps(old, new))


def test_nothing_leads_back_out_of_the_frozen_states():
    assert {new for state in FROZEN for new in MOVES[state]} == {LetterState.SENT, LetterState.WITHDRAWN}
    assert not FROZEN & WAITING
    assert WENT < FROZEN


@pytest.mark.parametrize(("old", "new"), list(product(BatchState, BatchState)), ids=str)
def test_every_pair_of_states_of_a_batch(old, new):
    assert batches.may_move(old, new) is ((old, new) in BATCH_ALLOWED)
    if (old, new) in BATCH_ALLOWED:
        batches.check_move(old, new, "moved")
    else:
        with pytest.raises(BatchRefusedError, match="so it cannot be moved"):
            batches.check_move(old, new, "moved")


@pytest.mark.parametrize(("old", "new"), list(product(ItemState, ItemState)), ids=str)
def test_every_pair_of_states_of_a_pupil_in_a_batch(old, new):
    if (old, new) in ITEM_ALLOWED:
        batches.check_item_move(old, new)
    else:
        with pytest.raises(BatchRefusedError, match=f"cannot be {new}"):
            batches.check_item_move(old, new)


def test_every_state_of_a_batch_has_its_moves_and_words():
    assert set(batches.MOVES) == set(BatchState) == set(batches.STANDS)
    assert set(batches.ITEM_MOVES) == set(ItemState)
