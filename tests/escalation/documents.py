"""Policies for tests: the two schools' own, as their files say, and small ones that say one thing."""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from escalation import policy_file
from escalation.rules.policy import Policy

SCHOOLS = Path(__file__).resolve().parents[2] / "attendance_site" / "schools"
SLUGS = ("staplehurst", "carlton_road")


def school_file(slug: str) -> dict[str, Any]:
    return tomllib.loads((SCHOOLS / f"{slug}.toml").read_text(encoding="utf-8"), parse_float=Decimal)


def of_school(slug: str) -> dict[str, Any]:
    """A school's policy as its file has it."""
    policy: dict[str, Any] = school_file(slug)["policy"]
    return policy


def read(document: dict[str, Any]) -> Policy:
    return policy_file.read({"policy": document})


def rule(rule_id: str = "PA", **fields: Any) -> dict[str, Any]:
    """A rule that flags a tenth or more missed, unless told otherwise."""
    return {
        "id": rule_id,
        "title": f"Title of {rule_id}",
        "paragraph": "Section 1",
        "says": "What the policy says.",
        "stage": f"Stage {rule_id}",
        "follow_up": "Write to the parents.",
        "letter": "letter_of_concern",
        "risk": 3,
        "measure": {"kind": "absence_at_least", "percent": 10},
        **fields,
    }


def policy(*rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "version": "1",
        "title": "A policy for tests",
        "applies_from": date(2024, 9, 1),
        "expected_attendance": 96,
        "rules": list(rules) or [rule()],
        **fields,
    }


LATES = rule("LATE", risk=2, letter="late_l", measure={"kind": "lates_in_half_term", "at_least": 5})
WATCHED = rule("WATCH", desk=False, risk=0, letter="", measure={"kind": "attendance_band", "above": 95})
