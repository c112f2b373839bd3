"""The record: one event for each change, written in the transaction of the change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from registers.models import Event, Membership, Pupil


def write(
    kind: str,
    *,
    by: Membership,
    at: datetime,
    pupil: Pupil | None = None,
    subject: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Event:
    """Write one event. `facts` holds ids, codes and figures, never a name."""
    return Event.objects.create(
        school_id=by.school_id,
        kind=kind,
        at=at,
        by_id=by.user_id,
        role=by.role,
        pupil=pupil,
        subject=subject,
        facts=dict(facts or {}),
    )


@dataclass(frozen=True)
class Line:
    """One event among several of a kind."""

    pupil: Pupil | None
    subject: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def write_all(kind: str, lines: Iterable[Line], *, by: Membership, at: datetime) -> None:
    """Write an event for each line, all by one person at one moment, in one query."""
    Event.objects.bulk_create(
        Event(
            school_id=by.school_id,
            kind=kind,
            at=at,
            by_id=by.user_id,
            role=by.role,
            pupil=line.pupil,
            subject=line.subject,
            facts=dict(line.facts),
        )
        for line in lines
    )
