"""Celery's side of background work: nudges that carry ids and nothing else; and the work of the monthly copies."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from registers import clock
from registers.models import Membership, School
from registers.queries import calendars, people
from registers.rules.copies import JOB_KIND as COPY
from registers.scope import schools_in_scope
from registers.services import copies, import_files, jobs

log = structlog.get_logger(__name__)


@shared_task
def run_job(job_id: int) -> bool:
    with schools_in_scope(School.objects.values_list("pk", flat=True)):
        return jobs.run(job_id, timezone.now)


@shared_task
def nudge_waiting_jobs() -> int:
    """Tell the workers of every job that waits or whose worker was lost. Harmless to run twice."""
    with schools_in_scope(School.objects.values_list("pk", flat=True)):
        ids = jobs.waiting(timezone.now())
    return sum(nudge(job_id) for job_id in ids)


def nudge(job_id: int) -> bool:
    """Tell the workers of a job, if there are any; when Redis is away the row waits for the next look."""
    if not settings.CELERY_BROKER_URL:
        return False
    try:
        run_job.delay(job_id)
    except run_job.OperationalError:
        log.warning("nudge_failed", job=job_id)
        return False
    return True


@shared_task
def copy_all() -> int:
    """Ask for this month's copy of every school that names a folder, and say for how many. Harmless to run twice."""
    asked = 0
    for school in School.objects.exclude(copies_folder="").order_by("pk"):
        try:
            with schools_in_scope([school.pk]):
                moment = clock.read(calendars.of(school))
                row = copies.ask_monthly(school, moment.today, by=people.nightly(school), at=moment.at)
            nudge(row.pk)
            asked += 1
        except Exception:
            # One school that cannot be asked for must not stop the rest.
            log.exception("copy_not_asked", school=school.slug)
    return asked


@shared_task
def sweep_imports() -> int:
    """Drop every school's uploaded files that nobody settled, and say how many. Harmless to run twice."""
    dropped = 0
    for school in School.objects.order_by("pk"):
        try:
            with schools_in_scope([school.pk]):
                dropped += import_files.sweep(school, by=people.nightly(school), at=timezone.now())
        except Exception:
            # One school whose files cannot be dropped must not stop the rest.
            log.exception("imports_not_swept", school=school.slug)
    with schools_in_scope(School.objects.values_list("pk", flat=True)):
        import_files.clear(at=timezone.now())
    return dropped


@jobs.job(COPY)
def copy_school(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """Make one school's copy, in the name of whoever asked; the school that names no folder any more needs none."""
    copies.one_snapshot()
    by = Membership.objects.select_related("user", "school").get(pk=payload["by"], school=school)
    if school.copies_folder:
        copies.make(school, on=date.fromisoformat(payload["on"]), by=by, at=at)
