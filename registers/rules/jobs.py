"""The states of background work, and how often it is tried."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


MOVES: Mapping[JobState, frozenset[JobState]] = {
    JobState.WAITING: frozenset({JobState.RUNNING}),
    # A lease that has run out makes a running job claimable again.
    JobState.RUNNING: frozenset({JobState.RUNNING, JobState.DONE, JobState.WAITING, JobState.FAILED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset({JobState.WAITING}),
}

LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 5
