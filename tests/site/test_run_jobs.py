"""Background work without Redis: `manage.py run_jobs` does what waits, and with --loop the night's work as well."""

import os
import signal
from io import StringIO

import pytest
from celery.schedules import crontab
from django.core.management import call_command

from attendance_site.celery import app
from attendance_site.celery_schedule import BEAT_SCHEDULE
from attendance_site.management.commands import run_jobs
from escalation.models import ScanRun
from escalation.services import asking, policies
from registers.models import Job
from registers.rules.jobs import JobState
from registers.rules.rights import Role
from tests import builders, whole_school
from tests.builders import AT, TODAY


@pytest.fixture
def nightly(school, time_machine):
    time_machine.move_to(AT, tick=False)
    policies.adopt(school, whole_school.POLICY, by=builders.member(school, Role.HEAD), at=AT)
    return builders.nightly(school)


def run(*options: str) -> str:
    out = StringIO()
    call_command("run_jobs", *options, stdout=out)
    return out.getvalue()


def test_does_what_waits_and_says_how_much(school, nightly) -> None:
    asking.ask_now(school, TODAY, by=nightly, at=AT)
    assert run() == "1 done.\n"
    assert ScanRun.objects.get().on == TODAY
    assert Job.objects.get().state == JobState.DONE
    assert run() == "0 done.\n"


def test_with_nothing_to_do_does_nothing(school, nightly) -> None:
    assert run() == "0 done.\n"
    assert not ScanRun.objects.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_loop_does_the_nights_work_once_and_stops_when_told(school, nightly, monkeypatch, number: int) -> None:
    """Told to stop in its third pause; by then the scan was asked for once and done once."""
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(run_jobs.time, "sleep", pause)
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        run("--loop")
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert pauses == [run_jobs.PAUSE_SECONDS] * 3
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["fill-reported", "scan"]
    assert {job.state for job in Job.objects.all()} == {JobState.DONE}
    assert ScanRun.objects.count() == 1


def test_every_task_of_the_timetable_is_there() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_no_nightly_work_begins_in_the_hour_in_which_a_summer_night_has_another_date() -> None:
    for entry in BEAT_SCHEDULE.values():
        schedule = entry["schedule"]
        assert isinstance(schedule, crontab)
        assert schedule.hour == set(range(24)) or 23 not in schedule.hour
    assert app.conf.timezone == "UTC"
