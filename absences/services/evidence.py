"""Files sent as evidence: taken with what they belong to, and each look at one written down."""

from datetime import datetime

from django.db import transaction

from absences import evidence_store
from absences.models import Evidence, EvidenceAside, LeaveRequest, Reason, SentRequest
from absences.rules import evidence as rules
from absences.rules.evidence import EvidenceRefusedError
from absences.services import guards
from registers.models import Membership, Pupil, School
from registers.rules.rights import Right, Role, holds
from registers.services import record as events

MOST_WHY = 200


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
    """The content of a file; that this person looked at it is written down. Raises EvidenceRefusedError.

    What was put aside is opened only by those who decide leave.
    """
    guards.check(by, row.school, Right.SEE_EVIDENCE)
    if EvidenceAside.objects.filter(evidence=row).exists() and not holds(Role(by.role), Right.DECIDE_LEAVE):
        raise EvidenceRefusedError("This file was put aside. Ask the headteacher if you must see it.")
    content = evidence_store.read(row.stored, row.sha256)
    events.write("evidence looked at", by=by, at=at, pupil=row.pupil, subject=_subject(row))
    return content


@transaction.atomic
def put_aside(row: Evidence, why: str, *, by: Membership, at: datetime) -> EvidenceAside:
    """Take a file out of a child's papers because it belongs to another, or was sent by mistake. It is never deleted.

    Raises EvidenceRefusedError without a reason, and for one that was put aside already.
    """
    guards.check(by, row.school, Right.SEE_EVIDENCE)
    locked = Evidence.objects.select_for_update(of=("self",), no_key=True).select_related("pupil").get(pk=row.pk)
    words = " ".join(why.split())[:MOST_WHY]
    if not words:
        raise EvidenceRefusedError("Say why the file is put aside, such as “belongs to another child”.")
    if EvidenceAside.objects.filter(evidence=locked).exists():
        raise EvidenceRefusedError("This file was put aside already.")
    made = EvidenceAside.objects.create(
        school=row.school, evidence=locked, why=words, at=at, by_id=by.user_id, role=by.role
    )
    events.write("evidence put aside", by=by, at=at, pupil=locked.pupil, subject=_subject(locked))
    return made


def _subject(row: Evidence) -> str:
    return f"evidence file:{row.pk}"
