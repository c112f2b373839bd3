from itertools import product

import pytest

from escalation.rules.runs import MOVES, RunState, ScanRefusedError, check_move

ALLOWED = {("running", "done"), ("running", "failed"), ("done", "running"), ("failed", "running")}


@pytest.mark.parametrize(("old", "new"), list(product(RunState, repeat=2)), ids=str)
def test_every_move(old: RunState, new: RunState) -> None:
    if (str(old), str(new)) in ALLOWED:
        check_move(old, new)
    else:
        with pytest.raises(ScanRefusedError):
            check_move(old, new)


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(RunState)
