"""Background work as rows: asked for in the asker's transaction, claimed with a lease, done once.

Celery, where there is any, is only told that a row is waiting. Losing every message loses nothing.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q

from registers.models import Job, School
from registers.rules.jobs import LEASE, MOST_ATTEMPTS, JobState
from registers.scope import schools_in_scope

log = structlog.get_logger(__name__)

Work = Callable[[School, Mapping[str, Any], datetime], None]


@dataclass(frozen=True)
class _Kind:
    work: Work
    own_transactions: bool


_works: dict[str, _Kind] = {}


class LaterError(Exception):
    """Raised by work that cannot be finished now and wants to be looked at again after a while; no failure."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"again in {wait}")


def job(kind: str, *, own_transactions: bool = False) -> Callable[[Work], Work]:
    """Register the function that does one kind of work; it must be safe to run twice.

    It runs in one transaction with the settling of its row, unless it has `own_transactions`: work that speaks with
    the world outside must keep what it is about to do before it does it.
    """

    def register(work: Work) -> Work:
        _works[kind] = _Kind(work, own_transactions)
        return work

    return register


def ask(school: School, *, kind: str, key: str, payload: Mapping[str, Any], at: datetime) -> Job:
    """Ask for work once: the same key again is the same row, however far it has come."""
    if kind not in _works:
        raise LookupError(f"No work of kind {kind!r} is registered.")
    row, _ = Job.objects.get_or_create(
        school=school, key=key, defaults={"kind": kind, "payload": dict(payload), "asked_at": at}
    )
    return row


def ask_all(school: School, *, kind: str, payloads: Mapping[str, Mapping[str, Any]], at: datetime) -> Mapping[str, Job]:
    """Ask for work of one kind under several keys, in a few queries however many; returns the rows by key."""
    if kind not in _works:
        raise LookupError(f"No work of kind {kind!r} is registered.")
    rows = {row.key: row for row in Job.objects.filter(school=school, key__in=payloads)}
    new = Job.objects.bulk_create(
        Job(school=school, key=key, kind=kind, payload=dict(payload), asked_at=at)
        for key, payload in payloads.items()
        if key not in rows
    )
    return rows | {row.key: row for row in new}


def claim(job_id: int, at: datetime) -> Job | None:
    """Take a job if it waits or its last taker's lease has run out; None if somebody else has it.

    A job whose takers were lost again and again, without a word, is given up.
    """
    Job.objects.filter(pk=job_id, state=JobState.RUNNING, leased_until__lt=at, attempts__gte=MOST_ATTEMPTS).update(
        state=JobState.FAILED, ended_at=at, error="worker lost"
    )
    taken = (
        Job.objects.filter(pk=job_id)
        .filter(_free(at))
        .update(state=JobState.RUNNING, leased_until=at + LEASE, attempts=F("attempts") + 1)
    )
    return Job.objects.select_related("school").get(pk=job_id) if taken else None


def run(job_id: int, clock: Callable[[], datetime]) -> bool:
    """Claim a job and do it. True if this call did it; a failure is kept on the row and tried again later."""
    row = claim(job_id, clock())
    if row is None:
        return False
    kind = _works[row.kind]
    together: AbstractContextManager[None] = nullcontext() if kind.own_transactions else transaction.atomic()
    try:
        with together:
            with schools_in_scope([row.school_id]):
                kind.work(row.school, row.payload, clock())
            _settle(row, JobState.DONE, clock())
    except LaterError as later:
        state = JobState.FAILED if row.attempts >= MOST_ATTEMPTS else JobState.WAITING
        _settle(row, state, clock(), "put off", clock() + later.wait)
        return False
    except Exception as error:
        # One poisoned row must not stop the rest: the row says what happened, the log says where.
        log.exception("job_failed", job=row.pk, kind=row.kind)
        state = JobState.FAILED if row.attempts >= MOST_ATTEMPTS else JobState.WAITING
        _settle(row, state, clock(), type(error).__name__)
        return False
    return True


def waiting(at: datetime, kind: str = "") -> list[int]:
    """The ids of jobs that nobody is doing, oldest first, of the schools in scope; of one kind, if it is named."""
    rows = Job.objects.filter(_free(at), **({"kind": kind} if kind else {}))
    return list(rows.order_by("attempts", "asked_at", "pk").values_list("pk", flat=True))


def _free(at: datetime) -> Q:
    """Nobody is doing it: it waits and has not been put off, or its taker's lease has run out."""
    not_put_off = Q(leased_until__isnull=True) | Q(leased_until__lt=at)
    return Q(state=JobState.WAITING) & not_put_off | Q(state=JobState.RUNNING, leased_until__lt=at)


def run_waiting(clock: Callable[[], datetime]) -> int:
    """Do every waiting job of every school once, and say how many were done. The embedded default works like this."""
    done = 0
    with schools_in_scope(School.objects.values_list("pk", flat=True)):
        ids = waiting(clock())
    for job_id in ids:
        with schools_in_scope(School.objects.values_list("pk", flat=True)):
            done += run(job_id, clock)
    return done


def _settle(row: Job, state: JobState, at: datetime, error: str = "", not_before: datetime | None = None) -> None:
    # Only the holder of the lease may settle the row: a slow worker whose lease was taken over changes nothing.
    Job.objects.filter(pk=row.pk, state=JobState.RUNNING, attempts=row.attempts).update(
        state=state, ended_at=at, error=error, leased_until=not_before
    )
