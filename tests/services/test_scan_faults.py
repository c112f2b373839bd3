"""A scan that is cut off at any step: nothing half-written, nothing lost, nothing doubled. Real processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from escalation import tasks
from escalation.models import Flag, ScanRun
from escalation.rules.runs import JOB_KIND
from registers.models import Event, Job, School
from registers.queries import people
from registers.rules.jobs import LEASE, JobState
from registers.scope import schools_in_scope
from registers.services import jobs
from tests import builders, whole_school
from tests.services.conftest import ROOT, environment, until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

STEPS = {
    "claimed": ("escalation.services.scan", "scan", "before"),
    "run begun": ("escalation.services.scan", "_begin", "after"),
    "marks counted": ("escalation.queries.measures", "count", "after"),
    "sessions fetched": ("escalation.queries.measures", "_with_sessions", "after"),
    "compared": ("escalation.queries.comparing", "compare", "after"),
    "flags written": ("escalation.services.scan", "_write_flags", "after"),
    "run ended": ("escalation.services.scan", "_end", "after"),
    "all but committed": ("registers.services.jobs", "_settle", "after"),
}
_CHILD = """
import os, signal, sys, time
import django
django.setup()
import escalation.tasks
from importlib import import_module
from django.utils import timezone
from registers.scope import schools_in_scope
from registers.services import jobs
school, job, module, name, moment, how = sys.argv[1:]
place = import_module(module)
true = getattr(place, name)
def cut_off():
    print("reached", flush=True)
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(20)
def patched(*arguments, **named):
    if moment == "before":
        cut_off()
    result = true(*arguments, **named)
    cut_off()
    return result
setattr(place, name, patched)
with schools_in_scope([int(school)]):
    jobs.run(int(job), timezone.now)
"""


@pytest.fixture
def ashdown(transactional_db) -> Iterator[School]:
    """A school with somebody to flag, and no flag yet."""
    school = builders.school("ashdown")
    with schools_in_scope([school.pk]):
        builders.calendar(school)
        whole_school.fill(school)
        Job.objects.all().delete()
        Flag.objects.all().delete()
        ScanRun.objects.all().delete()
        yield school


def ask(school: School) -> Job:
    payload = {"on": builders.TODAY.isoformat(), "by": people.nightly(school).pk}
    return jobs.ask(school, kind=JOB_KIND, key="scan:test", payload=payload, at=timezone.now())


def child(school: School, job: Job, step: str, how: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _CHILD, str(school.pk), str(job.pk), *STEPS[step], how]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)


def nothing_is_written(before: int) -> bool:
    return (Flag.objects.count(), ScanRun.objects.count(), Event.objects.count()) == (0, 0, before)


def finish_after_the_lease(job: Job) -> None:
    later = timezone.now() + LEASE * 2
    assert jobs.waiting(later) == [job.pk]
    assert jobs.run(job.pk, lambda: later)
    assert not jobs.run(job.pk, lambda: later + LEASE * 2), "done once"
    assert ScanRun.objects.get().state == "done"
    assert Flag.objects.count() == 1
    assert Event.objects.filter(kind="flag opened", subject=f"flag:{Flag.objects.get().pk}").count() == 1


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_leaves_nothing_behind_and_the_next_run_completes(ashdown, step: str) -> None:
    job, before = ask(ashdown), Event.objects.count()
    process = child(ashdown, job, step, "killed")
    told, _ = process.communicate(timeout=60)
    assert (told.strip(), process.returncode) == ("reached", -signal.SIGKILL)
    assert nothing_is_written(before)
    finish_after_the_lease(job)


def test_a_connection_that_the_server_ends_leaves_nothing_behind(ashdown) -> None:
    """What a restart of PostgreSQL does to a scan that is running."""
    job, before = ask(ashdown), Event.objects.count()
    process = child(ashdown, job, "flags written", "held")
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "reached"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%%'"
        )
        assert cursor.fetchone() == (1,)
    process.communicate(timeout=60)
    assert Job.objects.get().error == "OperationalError", "a new connection kept what became of the old one"
    assert nothing_is_written(before)
    finish_after_the_lease(job)


def test_two_workers_with_one_job_do_it_once(ashdown) -> None:
    job = ask(ashdown)
    both = [child(ashdown, job, "compared", "held") for _ in range(2)]
    first = [process for process in both if process.stdout and process.stdout.readline().strip() == "reached"]
    assert len(first) == 1, "the other was refused the job"
    for process in both:
        process.kill()
        process.communicate(timeout=60)
    finish_after_the_lease(job)


@pytest.fixture
def own_redis() -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A Redis of this test's own, on a port of its own, so that it can be stopped."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = _redis(port)
    yield f"redis://127.0.0.1:{port}/0", server
    server.kill()
    server.wait()


def _redis(port: int) -> "subprocess.Popen[bytes]":
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp"]  # noqa: S108
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    until(lambda: _answers(port), "Redis to answer")
    return server


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _worker(url: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "celery", "-A", "attendance_site", "worker", "--concurrency", "1", "-l", "error"]
    return subprocess.Popen(
        [*command, "-n", "own@localhost"], cwd=ROOT, env=environment() | {"REDIS_URL": url}, start_new_session=True
    )


def _call(url: str, code: str) -> None:
    program = f"import django; django.setup(); {code}"
    subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment() | {"REDIS_URL": url}, check=True, timeout=60
    )


def test_redis_stopped_in_the_middle_of_the_night_loses_nothing(ashdown, own_redis) -> None:
    url, server = own_redis
    worker = _worker(url)
    try:
        server.kill()
        server.wait()
        began = time.monotonic()
        _call(url, "from escalation.tasks import scan_all; scan_all()")
        assert time.monotonic() - began < 30
        assert list(Job.objects.values_list("state", flat=True)) == [JobState.WAITING]
        assert not Flag.objects.exists()
        again = _redis(int(url.split(":")[2].partition("/")[0]))
        try:
            _call(url, "from registers.tasks import nudge_waiting_jobs; nudge_waiting_jobs()")
            until(lambda: Job.objects.get().state == JobState.DONE, "the worker to come back and scan")
        finally:
            again.kill()
            again.wait()
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert Flag.objects.count() == 1
    assert ScanRun.objects.get().state == "done"


def test_the_night_the_clocks_change_is_scanned_once(ashdown, monkeypatch) -> None:
    """02:00 comes twice on 25 October 2026: beat's two calls an hour apart ask for the same day."""
    clock_goes_back = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for moment in (clock_goes_back, clock_goes_back + timedelta(hours=1)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        tasks.scan_all()
    assert [job.payload["on"] for job in Job.objects.filter(kind=JOB_KIND)] == ["2026-10-16"]
