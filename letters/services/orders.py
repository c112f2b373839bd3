"""Deciding whether a contact about whom there is a court order is written to. Without a decision they never are."""

from datetime import datetime

from django.db import transaction

from letters.models import OrderDecision
from letters.rules.refusals import LetterRefusedError
from registers.models import Contact, Membership
from registers.rules import rights
from registers.rules.rights import Right, Role
from registers.services import record


class OrderRefusedError(LetterRefusedError):
    """A decision that cannot be kept."""


@transaction.atomic
def decide(contact: Contact, *, may_write: bool, reason: str, by: Membership, at: datetime) -> OrderDecision:
    """Keep whether a contact is written to, and why. Raises OrderRefusedError without a court order or a reason."""
    rights.check(Role(by.role), Right.DECIDE_ORDERS)
    locked = (
        Contact.objects.select_for_update(of=("self",))
        .select_related("pupil")
        .get(pk=contact.pk, school_id=by.school_id)
    )
    if not locked.court_order:
        raise OrderRefusedError("There is no court order about this contact: letters go to them as to anybody.")
    if not reason.strip():
        raise OrderRefusedError("Say why: who was asked, and what the order allows. The reason is kept.")
    made = OrderDecision.objects.create(
        school_id=locked.school_id,
        contact=locked,
        may_write=may_write,
        reason=reason.strip(),
        decided_at=at,
        decided_by=by.user,
        decided_role=by.role,
    )
    facts = {"may_write": may_write}
    record.write(
        "court order decided on", by=by, at=at, pupil=locked.pupil, subject=f"contact:{locked.pk}", facts=facts
    )
    return made
