"""Referring a family on: to early help, which is voluntary, or to the Education Welfare Officer."""

from collections.abc import Mapping
from enum import StrEnum

from escalation.rules.cases import CaseRefusedError


class ReferralKind(StrEnum):
    EARLY_HELP = "early help"
    EWO = "education welfare officer"


REFERRAL_KIND_NAMES: Mapping[ReferralKind, str] = {
    ReferralKind.EARLY_HELP: "Early help",
    ReferralKind.EWO: "Education Welfare Officer",
}


def check(kind: ReferralKind, to: str, reason: str, consent: bool) -> None:
    """Refuse a referral that says too little; early help rests on the parents' agreement (WTISA ch. 5)."""
    if not to.strip():
        raise CaseRefusedError("Say to whom the referral goes.")
    if not reason.strip():
        raise CaseRefusedError("Say why the family is referred: whoever receives it reads that first.")
    if kind is ReferralKind.EARLY_HELP and not consent:
        raise CaseRefusedError("Early help is voluntary. Ask the parents first, then tick that they agree.")
