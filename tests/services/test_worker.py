"""The background work on real workers: asked for in rows, done by whoever is told of it, done once."""

import os
import signal

import pytest
from django.utils import timezone

from escalation import tasks
from escalation.models import Flag, ScanRun
from registers import tasks as register_tasks
from registers.models import Job, School
from registers.queries import people
from registers.rules.jobs import JobState
from registers.scope import schools_in_scope
from registers.services import jobs
from tests import builders, whole_school
from tests.services.conftest import until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def two_schools(transactional_db) -> list[School]:
    made = []
    for slug in ("ashdown", "birchwood"):
        school = builders.school(slug)
        with schools_in_scope([school.pk]):
            builders.calendar(school)
            whole_school.fill(school)
            Flag.objects.all().delete()
            Job.objects.all().delete()
            ScanRun.objects.all().delete()
        made.append(school)
    return made


def test_the_nightly_scan_runs_on_a_worker_for_every_school(worker, two_schools) -> None:
    tasks.scan_all()
    with schools_in_scope([school.pk for school in two_schools]):
        until(lambda: ScanRun.objects.filter(done_at__isnull=False).count() == 2, "both scans")
        assert Flag.objects.filter(ended_on__isnull=True).count() == 2
        assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}


def test_two_beats_at_once_scan_once(worker, two_schools) -> None:
    tasks.scan_all()
    tasks.scan_all()
    with schools_in_scope([school.pk for school in two_schools]):
        until(lambda: ScanRun.objects.filter(done_at__isnull=False).count() == 2, "both scans")
        assert Job.objects.count() == 2
        assert Flag.objects.count() == 2


def test_a_queue_that_was_lost_is_rebuilt_from_the_rows(worker, two_schools, monkeypatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(register_tasks.run_job, "delay", lambda *_: None)
        tasks.scan_all()
    with schools_in_scope([school.pk for school in two_schools]):
        assert set(Job.objects.values_list("state", flat=True)) == {JobState.WAITING}
        assert register_tasks.nudge_waiting_jobs() == 2
        until(lambda: not Job.objects.exclude(state=JobState.DONE).exists(), "the jobs")


def test_a_job_whose_worker_was_killed_is_taken_over(worker, two_schools) -> None:
    """The row of a worker that died keeps its lease until it runs out; then the next look takes it over."""
    os.kill(worker.pid, signal.SIGKILL)
    school = two_schools[0]
    with schools_in_scope([school.pk]):
        asked = jobs.ask(
            school,
            kind="scan",
            key="scan:test",
            payload={"on": builders.TODAY.isoformat(), "by": people.nightly(school).pk},
            at=timezone.now(),
        )
        taken = jobs.claim(asked.pk, timezone.now())
        assert taken is not None
        assert jobs.waiting(timezone.now()) == []
        later = timezone.now() + jobs.LEASE * 2
        assert jobs.waiting(later) == [asked.pk]
        assert jobs.run(asked.pk, lambda: later)
        assert ScanRun.objects.filter(done_at__isnull=False).exists()


def test_redis_away_keeps_the_row_and_tells_nobody(two_schools, settings, monkeypatch) -> None:
    def away(*_: object) -> None:
        raise register_tasks.run_job.OperationalError

    monkeypatch.setattr(register_tasks.run_job, "delay", away)
    tasks.scan_all()
    with schools_in_scope([school.pk for school in two_schools]):
        assert Job.objects.filter(state=JobState.WAITING).count() == 2
        assert jobs.run_waiting(timezone.now) == 2
