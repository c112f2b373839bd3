"""Files too large for a page: looked at and taken in by a background job, whose row says how far it is."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from registers.files import FileRefusedError
from registers.models import ImportFile, Job, Membership, School
from registers.queries import calendars
from registers.rules.import_files import FileState, ImportRefusedError
from registers.rules.jobs import JobState
from registers.rules.marks import MarkRefusedError
from registers.services import import_files, import_reports, jobs, record
from registers.services.jobs import job
from registers.tasks import nudge

KIND = "import"
LOOK, TAKE = "look", "take"


@transaction.atomic
def ask(row: ImportFile, what: str, *, seen: str = "", today: date, by: Membership, at: datetime) -> Job:
    """Ask for a file to be looked at or taken in; while one such wish waits, asking again is the same wish."""
    ImportFile.objects.select_for_update(no_key=True).get(pk=row.pk)
    waiting = latest(row)
    if waiting is not None and waiting.state in (JobState.WAITING, JobState.RUNNING):
        return waiting
    count = Job.objects.filter(school=row.school, key__startswith=_key(row)).count()
    payload = {"file": row.pk, "do": what, "by": by.pk, "today": today.isoformat(), "seen": seen}
    asked = jobs.ask(row.school, kind=KIND, key=f"{_key(row)}{what}:{count}", payload=payload, at=at)
    record.write(f"file to be {_WORDS[what]}", by=by, at=at, subject=f"file:{row.pk}")
    transaction.on_commit(lambda: _nudge(asked.pk))
    return asked


_WORDS = {LOOK: "looked at", TAKE: "taken in"}


def _key(row: ImportFile) -> str:
    return f"import:{row.pk}:"


def _nudge(job_id: int) -> None:
    nudge(job_id)


def latest(row: ImportFile) -> Job | None:
    """The last thing asked for with a file."""
    return Job.objects.filter(school=row.school, key__startswith=_key(row)).order_by("-pk").first()


@job(KIND)
def work(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """Look at a file or take it in. What is refused is told on its page, and the job is done."""
    row = ImportFile.objects.select_related("school").get(pk=payload["file"], school=school)
    if row.state != FileState.UPLOADED:
        return
    by = Membership.objects.select_related("user", "school").get(pk=payload["by"], school=school)
    calendar, today = calendars.of(school), date.fromisoformat(payload["today"])
    words = {}
    if payload["do"] == TAKE:
        try:
            import_files.take_in(row, calendar, seen=payload["seen"], today=today, by=by, at=at)
            return
        except (FileRefusedError, ImportRefusedError, MarkRefusedError) as refused:
            words = {"refused": str(refused)}
    try:
        told = import_reports.shown(import_files.look(row, calendar, today=today, at=at)) | words
    except ImportRefusedError as gone:
        told = {"refused": str(gone), "refused_rows": 1}
    # Whoever settled the file while it was looked at had what is told of it taken away.
    waiting = ImportFile.objects.filter(pk=row.pk, state=FileState.UPLOADED)
    waiting.update(report=told | {"looked_at": at.isoformat()})
