"""The chain of the admission register: one row for each particular that changed, written where the change is made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from registers.models import AdmissionChange, Membership
from registers.rules import admissions as rules

PUPIL, PARENT, CONTACT, CLASS = rules.PUPIL, rules.PARENT, rules.CONTACT, rules.CLASS
as_text = rules.as_text

SCREEN, FILE = "screen", "import"
"""The door through which a change came."""

CLASS_FROM = "class from "

BATCH = 500


@dataclass(frozen=True)
class Change:
    """One particular that changed, as text; `old` is what stood and `new` what stands."""

    pupil_id: int | None
    parent_id: int | None
    subject: str
    field: str
    old: str
    new: str


def write(
    school_id: int, rows: Iterable[Change], *, reason: str, source: str, by: Membership, at: datetime
) -> list[AdmissionChange]:
    """Append the changes to the chain, in the caller's transaction; a change that changes nothing is left out."""
    return AdmissionChange.objects.bulk_create(
        [
            AdmissionChange(
                school_id=school_id,
                pupil_id=row.pupil_id,
                parent_id=row.parent_id,
                subject=row.subject,
                field=row.field,
                old=row.old,
                new=row.new,
                reason=reason,
                source=source,
                at=at,
                by_id=by.user_id,
                role=by.role,
            )
            for row in rows
            if row.old != row.new
        ],
        batch_size=BATCH,
    )


def between(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    subject: str,
    pupil_id: int | None = None,
    parent_id: int | None = None,
) -> list[Change]:
    """What differs between two readings of the same columns, in the order of the second."""
    return [
        Change(pupil_id, parent_id, subject, name, as_text(before.get(name)), as_text(value))
        for name, value in after.items()
        if as_text(before.get(name)) != as_text(value)
    ]


def place(pupil_id: int, on: date, old: str, new: str) -> Change:
    """A change of class from a day; the names of the classes are what stood and what stands."""
    return Change(pupil_id, None, CLASS, f"{CLASS_FROM}{on.isoformat()}", old, new)


def place_from(field: str) -> date:
    """The day that the field of a change of class names."""
    return date.fromisoformat(field.removeprefix(CLASS_FROM))
