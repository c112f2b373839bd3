"""Files sent as evidence: taken with what they belong to, and each look at one written down."""

from datetime import datetime

from django.db import transaction

from absences import evidence_store
from absences.models import Evidence, LeaveRequest, Reason, SentRequest
from absences.rules import evidence as rules
from absences.services import guards
from registers.models import Membership, Pupil, School
from registers.rules.rights import Right
from registers.services import record as events


def add_to_leave(row: LeaveRequest, name: str, content: bytes, *, by: Membership, at: datetime) -> Evidence:
    """Take a file that belongs to a leave request. Raises EvidenceRefusedError, and then nothing is kept."""
    guards.check(by, row.school, Right.SEE_EVIDENCE)
    return _add(row.school, row.pupil, name, content, leave=row, by=by, at=at)


def add_to_reason(row: Reason, name: str, content: bytes, *, by: Membership, at: datetime) -> Evidence:
    """Take a file that belongs to a reason for an absence."""
    guards.check(by, row.school, Right.SEE_EVIDENCE)
    return _add(row.school, row.pupil, name, content, reason=row, by=by, at=at)


def add_to_sent(
    sent: SentRequest, leave: LeaveRequest | None, name: str, content: bytes, *, by: Membership, at: datetime
) -> Evidence:
    """Take the file that a parent sent by a link, with the request it became if it did."""
    return _add(sent.school, leave.pupil if leave else None, name, content, leave=leave, sent=sent, by=by, at=at)


def _add(
    school: School,
    pupil: Pupil | None,
    name: str,
    content: bytes,
    *,
    leave: LeaveRequest | None = None,
    reason: Reason | None = None,
    sent: SentRequest | None = None,
    by: Membership,
    at: datetime,
) -> Evidence:
    kept = evidence_store.keep(content)
    try:
        with transaction.atomic():
            row = Evidence.objects.create(
                school=school,
                pupil=pupil,
                leave=leave,
                reason=reason,
                sent=sent,
                name=rules.shown_name(name),
                kind=kept.kind,
                stored=kept.stored,
                size=kept.size,
                sha256=kept.sha256,
                added_at=at,
                added_by_id=by.user_id,
                added_role=by.role,
            )
            facts = {"kind": kept.kind, "size": kept.size, "sha256": kept.sha256}
            events.write("evidence taken", by=by, at=at, pupil=pupil, subject=_subject(row), facts=facts)
    except BaseException:
        evidence_store.forget(kept)
        raise
    return row


@transaction.atomic
def look(row: Evidence, *, by: Membership, at: datetime) -> bytes:
    """The content of a file; that this person looked at it is written down. Raises EvidenceRefusedError."""
    guards.check(by, row.school, Right.SEE_EVIDENCE)
    content = evidence_store.read(row.stored, row.sha256)
    events.write("evidence looked at", by=by, at=at, pupil=row.pupil, subject=_subject(row))
    return content


def _subject(row: Evidence) -> str:
    return f"evidence file:{row.pk}"
