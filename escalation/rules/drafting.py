"""What a draft of a policy begins with, and from which day it may be adopted."""

from collections.abc import Mapping
from datetime import date
from typing import Any


class DraftRefusedError(Exception):
    """A change of a draft that cannot be made; the message says what to do."""


def blank(today: date) -> dict[str, Any]:
    """A policy without a rule, for a school that begins."""
    return {
        "version": f"{today:%Y-%m}",
        "title": "Attendance policy",
        "applies_from": today.isoformat(),
        "expected_attendance": 95.0,
        "expected_attendance_assumed": True,
        "rules": [],
    }


def from_version(document: Mapping[str, Any]) -> dict[str, Any]:
    """A version's document to be changed; it needs a name of its own before it is adopted."""
    return {**document, "version": ""}


def to_try(document: Mapping[str, Any]) -> dict[str, Any]:
    """A draft as a simulation takes it: it may still lack the name it is to be adopted under."""
    return {**document, "version": document.get("version") or "draft"}


def check_from(applies_from: date, today: date) -> None:
    """Refuse a day that is past: what was flagged then was flagged by what applied then."""
    if applies_from < today:
        raise DraftRefusedError(
            f"{applies_from:%d/%m/%Y} is past. A policy is adopted from today or from a day to come; a simulation "
            "shows what it would have done earlier."
        )
