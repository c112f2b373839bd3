from datetime import date

import pytest
import time_machine
from django.utils import timezone

from attendance_site.celery_schedule import BEAT_SCHEDULE
from escalation import tasks
from escalation.models import Flag, ScanRun, Task
from escalation.queries import verdicts
from escalation.rules.runs import RunState
from escalation.services import asking, policies, scan
from registers.models import Event, Job, Membership
from registers.queries import calendars
from registers.rules.jobs import JobState
from registers.scope import schools_in_scope
from registers.services import jobs
from tests import builders
from tests.escalation import documents

NIGHT = "2026-11-20T02:15:00+00:00"
THURSDAY = date(2026, 11, 19)


@pytest.fixture
def both(school, other_school, adopt):
    """Both schools with a policy, somebody for the night and a pupil to flag; both in scope."""
    adopt()
    with schools_in_scope([school.pk, other_school.pk]):
        policies.adopt(other_school, documents.policy(), by=builders.nightly(other_school), at=builders.AT)
        for one in (school, other_school):
            builders.marks(builders.pupil(one), calendars.of(one), date(2026, 9, 1), "O" * 20 + "/" * 80)
        yield school, other_school


def test_the_task_has_the_name_that_the_schedule_calls() -> None:
    scheduled = {entry["task"] for entry in BEAT_SCHEDULE.values()}
    assert tasks.scan_all.name == "escalation.tasks.scan_all"
    assert tasks.scan_all.name in scheduled


@time_machine.travel(NIGHT, tick=False)
def test_the_night_asks_for_each_school_once(both) -> None:
    assert tasks.scan_all() == 2
    assert tasks.scan_all() == 2
    assert set(Job.objects.values_list("key", "kind", "state")) == {
        (f"scan:{one.slug}:2026-11-19", "scan", JobState.WAITING) for one in both
    }
    assert Job.objects.get(school=both[0]).payload == {
        "on": "2026-11-19",
        "by": Membership.objects.get(school=both[0], role="nightly").pk,
    }
    assert Event.objects.filter(kind="scan asked for").count() == 2


@time_machine.travel(NIGHT, tick=False)
def test_the_jobs_scan_both_schools_in_the_name_of_the_night(both) -> None:
    tasks.scan_all()
    assert jobs.run_waiting(timezone.now) == 2
    assert {(run.school, run.on, run.state) for run in ScanRun.objects.all()} == {
        (one, THURSDAY, RunState.DONE) for one in both
    }
    assert Flag.objects.count() == 2
    assert {event.role for event in Event.objects.filter(kind="flag opened")} == {"nightly"}
    assert {(task.from_flag_id, task.case.pupil_id) for task in Task.objects.select_related("case")} == {
        (flag.pk, flag.pupil_id) for flag in Flag.objects.all()
    }
    tasks.scan_all()
    assert jobs.run_waiting(timezone.now) == 0


@time_machine.travel(NIGHT, tick=False)
def test_the_same_job_run_twice_opens_nothing_twice(both) -> None:
    tasks.scan_all()
    jobs.run_waiting(timezone.now)
    Job.objects.update(state=JobState.WAITING)
    before = list(Flag.objects.order_by("pk").values())
    assert jobs.run_waiting(timezone.now) == 2
    assert list(Flag.objects.order_by("pk").values()) == before
    assert Task.objects.count() == len(before)


@time_machine.travel(NIGHT, tick=False)
def test_a_school_that_fails_does_not_stop_the_other(both, monkeypatch) -> None:
    tasks.scan_all()
    ours, theirs = both
    measured = verdicts.of_school

    def fails_for_one(school, *arguments):
        if school == ours:
            raise RuntimeError("a name that must not be kept")
        return measured(school, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(verdicts, "of_school", fails_for_one)
        assert jobs.run_waiting(timezone.now) == 1
    job = Job.objects.get(school=ours)
    assert (job.state, job.error) == (JobState.WAITING, "RuntimeError")
    assert not Flag.objects.filter(school=ours).exists()
    assert Flag.objects.filter(school=theirs).count() == 1
    assert jobs.run_waiting(timezone.now) == 1
    assert Flag.objects.filter(school=ours).count() == 1


@time_machine.travel(NIGHT, tick=False)
def test_a_school_that_cannot_be_asked_for_does_not_stop_the_other(both, school, other_school) -> None:
    Membership.objects.filter(school=school, role="nightly").update(role="teacher")
    assert tasks.scan_all() == 1
    assert [job.school for job in Job.objects.all()] == [other_school]


@time_machine.travel(NIGHT, tick=False)
def test_a_school_without_a_policy_is_not_asked_for(school, night) -> None:
    assert tasks.scan_all() == 0
    assert not Job.objects.exists()


@time_machine.travel("2026-11-20T18:30:00+00:00", tick=False)
def test_in_the_evening_today_is_scanned(both) -> None:
    tasks.scan_all()
    assert {job.payload["on"] for job in Job.objects.all()} == {"2026-11-20"}


@time_machine.travel(NIGHT, tick=False)
def test_a_job_overtaken_by_a_later_scan_ends_quietly(both) -> None:
    tasks.scan_all()
    for one in both:
        by = Membership.objects.get(school=one, role="nightly")
        scan.scan(one, calendars.of(one), date(2026, 11, 20), by=by, at=builders.AT)
    assert jobs.run_waiting(timezone.now) == 2
    assert not ScanRun.objects.filter(on=THURSDAY).exists()


@time_machine.travel(NIGHT, tick=False)
def test_a_job_in_the_name_of_another_schools_member_refuses(both, school, other_school) -> None:
    outsider = Membership.objects.get(school=other_school, role="nightly")
    jobs.ask(school, kind="scan", key="forged", payload={"on": "2026-11-19", "by": outsider.pk}, at=builders.AT)
    assert jobs.run_waiting(timezone.now) == 0
    assert Job.objects.get().error == "DoesNotExist"
    assert not Flag.objects.exists()


def test_asking_now_is_asking_once_a_minute(school, night) -> None:
    first = asking.ask_now(school, THURSDAY, by=night, at=builders.AT)
    again = asking.ask_now(school, THURSDAY, by=night, at=builders.AT.replace(second=59))
    later = asking.ask_now(school, THURSDAY, by=night, at=builders.AT.replace(minute=6))
    assert first.pk == again.pk
    assert later.pk != first.pk
    assert Event.objects.filter(kind="scan asked for").count() == 2


def test_workers_are_told_only_after_the_commit(school, night, monkeypatch, django_capture_on_commit_callbacks) -> None:
    told = []
    monkeypatch.setattr(asking, "nudge", lambda job_id: told.append(job_id) or True)
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        row = asking.ask_tonight(school, THURSDAY, by=night, at=builders.AT)
        asking.ask_tonight(school, THURSDAY, by=night, at=builders.AT.replace(hour=12))
    assert told == []
    for callback in callbacks:
        callback()
    assert told == [row.pk]
