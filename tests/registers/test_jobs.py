"""Background work as rows: asked for once, claimed by one, done once, and never lost."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest

from registers import tasks
from registers.models import Job, School, SchoolClass
from registers.rules.jobs import LEASE, MOST_ATTEMPTS, MOVES, JobState
from registers.scope import current_scope, schools_in_scope
from registers.services import jobs
from tests import builders

AT = builders.AT
SECOND = timedelta(seconds=1)
KIND = "tested"
done: list[tuple[int, Mapping[str, Any], datetime]] = []
ways: dict[str, Callable[[School], None]] = {}


@jobs.job(KIND)
def _work(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    done.append((school.pk, payload, at))
    if "way" in payload:
        ways[payload["way"]](school)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    done.clear()
    ways.clear()


def _ask(school: School, key: str = "tested:1", **payload: Any) -> Job:
    return jobs.ask(school, kind=KIND, key=key, payload=payload, at=AT)


def _row(job: Job) -> tuple[str, int, str]:
    found = Job.objects.get(pk=job.pk)
    return found.state, found.attempts, found.error


def _raise(_school: School) -> None:
    raise ValueError("Robin Example is away")


def test_asking_twice_is_asking_once(school: School) -> None:
    first = _ask(school, way_of="one")
    second = jobs.ask(school, kind=KIND, key="tested:1", payload={"other": 1}, at=AT + SECOND)
    assert first == second
    row = Job.objects.get()
    assert (row.school, row.kind, row.payload, row.state) == (school, KIND, {"way_of": "one"}, JobState.WAITING)
    assert (row.asked_at, row.attempts, row.leased_until, row.ended_at) == (AT, 0, None, None)
    jobs.run(first.pk, lambda: AT)
    assert _ask(school).state == JobState.DONE


def test_work_nobody_knows_is_not_asked_for(school: School) -> None:
    with pytest.raises(LookupError, match="nothing-known"):
        jobs.ask(school, kind="nothing-known", key="k", payload={}, at=AT)
    assert not Job.objects.exists()


def test_two_schools_may_ask_by_the_same_key(school: School, other_school: School) -> None:
    _ask(school)
    with schools_in_scope([other_school.pk]):
        _ask(other_school)
    with schools_in_scope([school.pk, other_school.pk]):
        assert Job.objects.count() == 2


def test_a_job_is_claimed_by_one(school: School) -> None:
    job = _ask(school)
    claimed = jobs.claim(job.pk, AT)
    assert claimed is not None
    assert (claimed.state, claimed.attempts, claimed.leased_until) == (JobState.RUNNING, 1, AT + LEASE)
    assert jobs.claim(job.pk, AT) is None
    assert jobs.run(job.pk, lambda: AT) is False
    assert done == []


@pytest.mark.parametrize(
    ("after", "is_free"),
    [(LEASE - SECOND, False), (LEASE, False), (LEASE + SECOND, True)],
    ids=["before-the-lease-ends", "as-it-ends", "after-it-ended"],
)
def test_a_lost_worker_keeps_a_job_only_as_long_as_its_lease(school: School, after: timedelta, is_free: bool) -> None:
    job = _ask(school)
    jobs.claim(job.pk, AT)
    assert jobs.waiting(AT + after) == ([job.pk] if is_free else [])
    assert (jobs.claim(job.pk, AT + after) is not None) is is_free


def test_work_is_done_once_and_the_row_says_when(school: School) -> None:
    job = _ask(school, pupil=7)
    assert jobs.run(job.pk, lambda: AT) is True
    assert jobs.run(job.pk, lambda: AT + LEASE + SECOND) is False
    assert done == [(school.pk, {"pupil": 7}, AT)]
    assert _row(job) == (JobState.DONE, 1, "")
    assert Job.objects.get().ended_at == AT


def test_a_failure_keeps_the_row_undoes_the_work_and_names_only_its_kind(school: School) -> None:
    def half(at: School) -> None:
        builders.school_class(at, "Half done")
        _raise(at)

    ways["half"] = half
    job = _ask(school, way="half")
    assert jobs.run(job.pk, lambda: AT) is False
    assert _row(job) == (JobState.WAITING, 1, "ValueError")
    assert not SchoolClass.objects.exists()
    ways["half"] = lambda _: None
    assert jobs.run(job.pk, lambda: AT + SECOND) is True
    assert _row(job) == (JobState.DONE, 2, "")


def test_the_log_of_a_failure_names_no_child(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the site's own handler writes: an exception's words may quote a row, so they are left out."""
    handler = next(handler for handler in logging.getLogger().handlers if handler.get_name() == "stderr")
    monkeypatch.setattr(handler, "stream", StringIO())
    ways["bad"] = _raise
    jobs.run(_ask(school, way="bad").pk, lambda: AT)
    written = handler.stream.getvalue()
    assert "job_failed" in written
    assert "ValueError" in written
    assert "Robin" not in written


def test_work_that_always_fails_is_given_up_and_kept(school: School) -> None:
    ways["bad"] = _raise
    job = _ask(school, way="bad")
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert jobs.waiting(AT) == [job.pk]
        assert jobs.run(job.pk, lambda: AT) is False
        assert Job.objects.get().attempts == attempt
    assert _row(job) == (JobState.FAILED, MOST_ATTEMPTS, "ValueError")
    assert jobs.waiting(AT + LEASE * 2) == []
    assert jobs.run(job.pk, lambda: AT) is False
    assert len(done) == MOST_ATTEMPTS


def test_work_that_kills_its_worker_every_time_is_given_up(school: School) -> None:
    """A child out of memory raises nothing: the lease runs out, and the next worker dies of the same row."""
    job = _ask(school)
    for attempt in range(MOST_ATTEMPTS):
        assert jobs.claim(job.pk, AT + attempt * (LEASE + SECOND)) is not None
    after = AT + MOST_ATTEMPTS * (LEASE + SECOND)
    assert jobs.run(job.pk, lambda: after) is False
    assert done == []
    assert Job.objects.get().state == JobState.FAILED


def test_a_slow_worker_does_not_settle_what_another_has_taken_over(school: School) -> None:
    job = _ask(school)
    slow = jobs.claim(job.pk, AT)
    later = AT + LEASE + SECOND
    quick = jobs.claim(job.pk, later)
    assert slow is not None
    assert quick is not None
    jobs._settle(slow, JobState.WAITING, later, "ValueError")
    assert _row(job) == (JobState.RUNNING, 2, "")
    jobs._settle(quick, JobState.DONE, later + SECOND)
    jobs._settle(slow, JobState.FAILED, later + 2 * SECOND, "ValueError")
    assert _row(job) == (JobState.DONE, 2, "")
    assert Job.objects.get().ended_at == later + SECOND


def test_one_poisoned_row_does_not_stop_the_rest(school: School, other_school: School) -> None:
    ways["bad"] = _raise
    _ask(school, "tested:bad", way="bad")
    _ask(school, "tested:good")
    with schools_in_scope([other_school.pk]):
        _ask(other_school, "tested:other")
    assert jobs.run_waiting(lambda: AT) == 2
    assert [pk for pk, _, _ in done] == [school.pk, school.pk, other_school.pk]
    with schools_in_scope([school.pk, other_school.pk]):
        assert list(Job.objects.order_by("key").values_list("key", "state")) == [
            ("tested:bad", JobState.WAITING),
            ("tested:good", JobState.DONE),
            ("tested:other", JobState.DONE),
        ]


def test_what_has_failed_least_comes_first(school: School) -> None:
    first, second = _ask(school, "tested:1"), _ask(school, "tested:2")
    Job.objects.filter(pk=first.pk).update(attempts=1)
    assert jobs.waiting(AT) == [second.pk, first.pk]


def test_work_sees_its_own_school_only(school: School, other_school: School) -> None:
    seen: list[frozenset[int]] = []
    ways["look"] = lambda _: seen.append(current_scope())
    _ask(school, way="look")
    jobs.run_waiting(lambda: AT)
    assert seen == [frozenset({school.pk})]


def test_jobs_of_another_school_are_not_waiting_here(school: School, other_school: School) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = _ask(other_school)
    assert jobs.waiting(AT) == []
    assert jobs.claim(theirs.pk, AT) is None


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(JobState)
    assert MOVES[JobState.DONE] == frozenset()
    assert JobState.WAITING not in MOVES[JobState.WAITING]


def test_a_task_does_the_row_it_is_told_of(school: School) -> None:
    job = _ask(school)
    assert tasks.run_job(job.pk) is True
    assert tasks.run_job(job.pk) is False
    assert tasks.run_job(10**9) is False


def test_without_workers_nobody_is_told_and_the_row_waits(school: School, settings: Any) -> None:
    settings.CELERY_BROKER_URL = None
    job = _ask(school)
    assert tasks.nudge(job.pk) is False
    assert tasks.nudge_waiting_jobs() == 0
    assert _row(job) == (JobState.WAITING, 0, "")


def test_workers_are_told_of_every_waiting_row_and_a_lost_message_harms_nothing(
    school: School, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    told: list[int] = []
    monkeypatch.setattr(tasks.run_job, "delay", told.append)
    job = _ask(school)
    assert tasks.nudge_waiting_jobs() == 1
    assert told == [job.pk]

    def lost(_job_id: int) -> None:
        raise tasks.run_job.OperationalError

    monkeypatch.setattr(tasks.run_job, "delay", lost)
    assert tasks.nudge(job.pk) is False
    assert _row(job) == (JobState.WAITING, 0, "")


def _later(_school: School) -> None:
    raise jobs.LaterError(timedelta(minutes=10))


def test_work_put_off_waits_until_its_time_and_is_no_failure(school: School, caplog: pytest.LogCaptureFixture) -> None:
    ways["later"] = _later
    job = _ask(school, way="later")
    with caplog.at_level(logging.ERROR):
        assert jobs.run(job.pk, lambda: AT) is False
    assert _row(job) == (JobState.WAITING, 1, "put off")
    assert caplog.records == []
    until = AT + timedelta(minutes=10)
    assert jobs.waiting(until) == []
    assert jobs.claim(job.pk, until) is None
    ways["later"] = lambda _: None
    assert jobs.waiting(until + SECOND) == [job.pk]
    assert jobs.run(job.pk, lambda: until + SECOND) is True


def test_work_put_off_again_and_again_is_given_up(school: School) -> None:
    ways["later"] = _later
    job = _ask(school, way="later")
    for number in range(MOST_ATTEMPTS + 1):
        jobs.run(job.pk, lambda number=number: AT + number * timedelta(hours=1))
    assert _row(job) == (JobState.FAILED, MOST_ATTEMPTS, "put off")


OWN = "tested-own"


@jobs.job(OWN, own_transactions=True)
def _own(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    builders.school_class(school, "Kept")
    ways[payload["way"]](school)


def test_work_with_transactions_of_its_own_keeps_what_it_did_before_it_failed(school: School) -> None:
    ways["raise"] = _raise
    job = jobs.ask(school, kind=OWN, key="own", payload={"way": "raise"}, at=AT)
    assert jobs.run(job.pk, lambda: AT) is False
    assert _row(job) == (JobState.WAITING, 1, "ValueError")
    assert SchoolClass.objects.get().name == "Kept"


def test_many_are_asked_for_at_once_and_each_once(school: School, django_assert_num_queries: Any) -> None:
    first = _ask(school, "a")
    with django_assert_num_queries(2):
        rows = jobs.ask_all(school, kind=KIND, payloads={key: {"key": key} for key in "abc"}, at=AT)
    assert rows["a"] == first
    assert {key: row.payload.get("key") for key, row in rows.items()} == {"a": None, "b": "b", "c": "c"}
    assert sorted(jobs.waiting(AT, KIND)) == sorted(row.pk for row in rows.values())
    assert jobs.waiting(AT, OWN) == []
    with pytest.raises(LookupError, match="nothing-known"):
        jobs.ask_all(school, kind="nothing-known", payloads={"k": {}}, at=AT)
