"""Asking for a scan in the background. The row of the job is the promise; workers are only told of it."""

from datetime import date, datetime

from django.db import transaction

from escalation.rules.runs import JOB_KIND
from registers.models import Job, Membership, School
from registers.services import jobs, record
from registers.tasks import nudge


def ask_tonight(school: School, on: date, *, by: Membership, at: datetime) -> Job:
    """Ask for the night's scan of a day: once, however often it is asked for."""
    return _ask(school, on, f"scan:{school.slug}:{on.isoformat()}", by, at)


def ask_now(school: School, on: date, *, by: Membership, at: datetime) -> Job:
    """Ask for a scan at once, of a day that may have been scanned before: once a minute."""
    return _ask(school, on, f"scan:{school.slug}:{on.isoformat()}:{at:%Y-%m-%dT%H:%M}", by, at)


@transaction.atomic
def _ask(school: School, on: date, key: str, by: Membership, at: datetime) -> Job:
    is_new = not Job.objects.filter(key=key).exists()
    row = jobs.ask(school, kind=JOB_KIND, key=key, payload={"on": on.isoformat(), "by": by.pk}, at=at)
    if is_new:
        record.write("scan asked for", by=by, at=at, subject=f"job:{row.pk}", facts={"on": on.isoformat()})
        transaction.on_commit(lambda: _nudge(row.pk))
    return row


def _nudge(job_id: int) -> None:
    nudge(job_id)
