from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from escalation.models import ScanRun
from escalation.queries import runs
from escalation.services import asking, scan
from registers.models import Job
from registers.rules.jobs import JobState
from registers.scope import schools_in_scope
from tests import builders

FRIDAY = builders.TODAY
THURSDAY = FRIDAY - timedelta(days=1)
WEDNESDAY = FRIDAY - timedelta(days=2)
MORNING = datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo("Europe/London"))


def run(school, on: date, state: str = "done", **fields) -> ScanRun:
    done_at = builders.AT if state == "done" else None
    return ScanRun.objects.create(
        school=school, on=on, state=state, **{"started_at": builders.AT, "done_at": done_at, **fields}
    )


@pytest.mark.parametrize(
    ("on", "behind"),
    [
        pytest.param(None, True, id="never-run"),
        pytest.param(WEDNESDAY, True, id="the-day-before-last"),
        pytest.param(THURSDAY, False, id="last-night"),
        pytest.param(FRIDAY, False, id="today-already"),
    ],
)
def test_whether_last_nights_scan_ran(on, behind, school, calendar) -> None:
    if on is not None:
        run(school, on)
    standing = runs.standing(school, calendar, FRIDAY)
    assert standing.is_behind == behind
    assert standing.due_on == THURSDAY
    assert (standing.last and standing.last.on) == on


def test_a_run_that_failed_is_not_the_last_done(school, calendar) -> None:
    run(school, WEDNESDAY)
    run(school, THURSDAY, "failed")
    assert runs.last_done(school).on == WEDNESDAY
    assert runs.standing(school, calendar, FRIDAY).is_behind
    assert [one.on for one in runs.latest(school)] == [THURSDAY, WEDNESDAY]


@pytest.mark.parametrize(
    ("state", "waiting", "failed"),
    [
        pytest.param(JobState.WAITING, True, False, id="waiting"),
        pytest.param(JobState.RUNNING, True, False, id="running"),
        pytest.param(JobState.FAILED, False, True, id="failed"),
        pytest.param(JobState.DONE, False, False, id="done"),
    ],
)
def test_what_is_asked_for_and_not_done(state, waiting, failed, school, calendar, night) -> None:
    asking.ask_now(school, THURSDAY, by=night, at=builders.AT)
    Job.objects.update(state=state)
    standing = runs.standing(school, calendar, FRIDAY)
    assert (standing.waiting is not None, standing.failed is not None) == (waiting, failed)
    if waiting:
        assert standing.waiting.on == THURSDAY


def test_a_failure_before_the_last_good_scan_is_past(school, calendar, night) -> None:
    asking.ask_now(school, THURSDAY, by=night, at=builders.AT)
    Job.objects.update(state=JobState.FAILED)
    run(school, THURSDAY, done_at=builders.AT + timedelta(minutes=1))
    assert runs.standing(school, calendar, FRIDAY).failed is None
    assert len(runs.unfinished(school)) == 1


def test_another_schools_runs_and_jobs_are_not_ours(school, other_school, calendar) -> None:
    with schools_in_scope([school.pk, other_school.pk]):
        run(other_school, THURSDAY)
        asking.ask_now(other_school, THURSDAY, by=builders.nightly(other_school), at=builders.AT)
        standing = runs.standing(school, calendar, FRIDAY)
        assert (standing.last, standing.waiting, runs.latest(school)) == (None, None, [])


@pytest.mark.parametrize(
    ("done", "on"),
    [
        pytest.param(None, THURSDAY, id="the-last-complete-day"),
        pytest.param(WEDNESDAY, THURSDAY, id="after-an-older-scan"),
        pytest.param(FRIDAY, FRIDAY, id="never-before-a-day-scanned"),
    ],
)
def test_the_day_a_scan_now_looks_at(done, on, school, calendar) -> None:
    if done is not None:
        run(school, done)
    assert runs.day_to_scan(school, calendar, MORNING) == on


def test_the_policy_in_force_is_named(school, calendar, night, adopt) -> None:
    assert runs.standing(school, calendar, FRIDAY).policy is None
    version = adopt()
    scan.scan(school, calendar, THURSDAY, by=night, at=builders.AT)
    assert runs.standing(school, calendar, FRIDAY).policy == version
