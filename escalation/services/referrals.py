"""Referring a family on, with facts and file frozen on the day."""

from datetime import date, datetime

from django.db import transaction

from escalation import documents
from escalation.models import Case, Referral
from escalation.queries import referrals as queries
from escalation.rules import referrals as rules
from escalation.rules.referrals import ReferralKind
from escalation.services import cases
from letters import pdf, store
from registers.models import Membership
from registers.rules.calendar import Calendar
from registers.services import record


def refer(
    case: Case,
    calendar: Calendar,
    kind: ReferralKind,
    to: str,
    reason: str,
    *,
    consent: bool,
    today: date,
    by: Membership,
    at: datetime,
) -> Referral:
    """Make a referral: gather the facts, print them, keep the file and its hash, and record it.

    Raises CaseRefusedError for one that says too little; PdfUnavailableError and NotKeptError leave nothing behind.
    """
    rules.check(kind, to, reason, consent)
    referral = Referral(
        school_id=case.school_id,
        case=case,
        kind=kind,
        to=to.strip()[:120],
        reason=reason.strip(),
        consent=consent,
        facts=queries.facts(case, calendar, today),
        made_on=today,
        made_at=at,
        made_by=by.user,
        made_role=by.role,
    )
    # The file takes most of a second, so it is made before anything is locked.
    document = pdf.render(documents.referral(referral))
    return _keep(referral, document, by, at)


@transaction.atomic
def _keep(referral: Referral, document: bytes, by: Membership, at: datetime) -> Referral:
    locked = cases.lock_open(referral.case, by)
    kept = store.keep(f"{locked.school.slug}/referrals", locked.pk, document)
    referral.pdf_path, referral.sha256 = kept.path, kept.sha256
    referral.save()
    record.write(
        "case referred",
        by=by,
        at=at,
        pupil=locked.pupil,
        subject=f"referral:{referral.pk}",
        facts={"kind": referral.kind, "sha256": kept.sha256},
    )
    return referral
