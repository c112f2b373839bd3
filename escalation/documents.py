"""What this app prints: a referral, from the facts frozen with it."""

from django.template.loader import render_to_string

from escalation.models import Referral
from escalation.rules.referrals import REFERRAL_KIND_NAMES, ReferralKind


def referral(row: Referral) -> str:
    """A referral as one HTML document."""
    return render_to_string(
        "escalation/referral_print.html",
        {"referral": row, "facts": row.facts, "kind_name": REFERRAL_KIND_NAMES[ReferralKind(row.kind)]},
    )
