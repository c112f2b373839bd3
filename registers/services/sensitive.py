"""Reading the particulars that have a right of their own; that somebody read them is recorded (once a day)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from registers.models import Event, Mark, Membership, Pupil
from registers.rules import codes
from registers.rules.admissions import SENSITIVE
from registers.services import record

READ = "sensitive fields read"


@dataclass(frozen=True)
class SensitiveNotes:
    """What only some may see of a pupil; `marks` are those whose note is restricted, the latest first."""

    social_worker: bool
    lac: bool
    medical_note: str
    marks: tuple[Mark, ...]


@transaction.atomic
def read(pupil: Pupil, *, on: date, by: Membership, at: datetime) -> SensitiveNotes:
    """The sensitive notes of a pupil, and the record that they were read."""
    note_reading(pupil, on=on, by=by, at=at)
    restricted = [row.symbol for row in codes.TABLE if row.restricted]
    marks = Mark.objects.filter(pupil=pupil, code__in=restricted).order_by("-on", "-session")
    return SensitiveNotes(pupil.social_worker, pupil.lac, pupil.medical_note, tuple(marks))


@transaction.atomic
def note_reading(pupil: Pupil, *, on: date, by: Membership, at: datetime) -> None:
    """Record that somebody saw the sensitive particulars; one event a person, pupil and day."""
    subject = f"day:{on.isoformat()}"
    if not Event.objects.filter(pupil=pupil, kind=READ, by=by.user_id, subject=subject).exists():
        record.write(READ, by=by, at=at, pupil=pupil, subject=subject, facts={"fields": list(SENSITIVE)})
