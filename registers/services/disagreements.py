"""Settling disagreements: the office says that its code stands, or takes what the teacher saw."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from registers.models import Mark, Membership, School, Settlement
from registers.queries import disagreements as queries
from registers.queries import layers
from registers.rules import disagreements as rules
from registers.rules.calendar import Calendar
from registers.rules.disagreements import DisagreementRefusedError
from registers.rules.marks import Door, MarkRefusedError
from registers.rules.sessions import Session
from registers.services import marks, record
from registers.services.marks import Entry, MarksRefusedError


@dataclass(frozen=True)
class LookedAt:
    """The mark somebody settles, as they saw it: its version, and what the teacher had seen."""

    mark_id: int
    version: int
    seen: str


@transaction.atomic
def settle(school: School, looked_at: LookedAt, reason: str, *, by: Membership, at: datetime) -> Mark:
    """The code stands though the teacher saw otherwise. A new code or a new sighting opens the question again.

    Raises DisagreementRefusedError, or Mark.DoesNotExist at another school; sent twice, it is written once.
    """
    mark = _locked(school, looked_at)
    _check_reason(reason)
    if not queries.open_marks(school, mark.on, mark.on).filter(pk=mark.pk).exists():
        return mark
    Settlement.objects.create(
        school=school,
        mark=mark,
        version=mark.version,
        seen=mark.seen,
        reason=reason.strip(),
        at=at,
        by_id=by.user_id,
        role=by.role,
    )
    facts = {"code": mark.code, "seen": mark.seen, "version": mark.version}
    record.write("code stands", by=by, at=at, pupil=mark.pupil, subject=f"mark:{mark.pk}", facts=facts)
    return mark


@transaction.atomic
def take_teachers(
    school: School,
    calendar: Calendar,
    looked_at: LookedAt,
    reason: str,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> Mark:
    """The code becomes what the teacher saw. Raises DisagreementRefusedError, or Mark.DoesNotExist."""
    mark = _locked(school, looked_at)
    _check_reason(reason)
    entry = Entry(
        mark.pupil_id,
        mark.on,
        Session(mark.session),
        rules.teachers_code(mark.seen, mark.session),
        _minutes(mark),
        version=looked_at.version,
    )
    before = mark.code
    try:
        marks.enter(school, calendar, [entry], door=Door.OFFICE, reason=reason.strip(), today=today, by=by, at=at)
    except MarksRefusedError as refused:
        raise DisagreementRefusedError(f"{refused} Give the code in the office grid.") from None
    mark.refresh_from_db()
    facts = {"from": before, "to": mark.code, "seen": mark.seen, "version": mark.version}
    record.write("teacher's word taken", by=by, at=at, pupil=mark.pupil, subject=f"mark:{mark.pk}", facts=facts)
    return mark


def _locked(school: School, looked_at: LookedAt) -> Mark:
    """The mark as it stands, its pupil locked, if it is still what somebody looked at."""
    mark = Mark.objects.filter(school=school).get(pk=looked_at.mark_id)
    marks.lock_pupils(school, {mark.pupil_id})
    mark = Mark.objects.select_related("pupil").get(pk=mark.pk)
    if (mark.version, mark.seen) != (looked_at.version, looked_at.seen):
        raise DisagreementRefusedError(
            f"Somebody changed this meanwhile: the code is {mark.code} now. Look at it again before you settle it."
        )
    rules.check_still_open(mark.seen, mark.code)
    return mark


def _minutes(mark: Mark) -> int | None:
    """How late the teacher said the pupil was, in a sighting or by giving the code itself."""
    told = layers.of([mark])[mark.pupil_id].told
    return told.said.minutes_late if told and told.said.seen == mark.seen else None


def _check_reason(reason: str) -> None:
    try:
        marks.check_reason(reason)
    except MarkRefusedError as refused:
        raise DisagreementRefusedError(str(refused)) from None
