"""The states of a scan of one school for one day."""

from collections.abc import Mapping
from enum import StrEnum

JOB_KIND = "scan"
"""What the background work of a scan is called."""


class ScanRefusedError(Exception):
    """A scan that cannot be made; the message says why and what to do."""


class OvertakenError(ScanRefusedError):
    """A scan for a day before one that is scanned already."""


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


RUN_STATE_NAMES: Mapping[RunState, str] = {
    RunState.RUNNING: "Running",
    RunState.DONE: "Done",
    RunState.FAILED: "Failed",
}

MOVES: Mapping[RunState, frozenset[RunState]] = {
    RunState.RUNNING: frozenset({RunState.DONE, RunState.FAILED}),
    # A day may be scanned again, for marks amended since.
    RunState.DONE: frozenset({RunState.RUNNING}),
    RunState.FAILED: frozenset({RunState.RUNNING}),
}


def check_move(old: RunState, new: RunState) -> None:
    if new not in MOVES[old]:
        raise ScanRefusedError(f"A scan that is {old} cannot become {new}.")
