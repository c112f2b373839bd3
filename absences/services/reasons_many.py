"""Settling many unexplained absences at once: each line stands or falls alone, by the service of a single reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from absences.rules import reasons as rules
from absences.rules import spans
from absences.rules.reasons import Channel, ReasonRefusedError, Told
from absences.services import reasons
from registers.models import Membership, Pupil, School
from registers.rules.calendar import Calendar
from registers.rules.sessions import SessionOn


@dataclass(frozen=True)
class Line:
    """What was typed beside one pupil's day: the code and what was said. `key` names the line on the page."""

    key: str
    pupil: Pupil
    places: tuple[SessionOn, ...]
    code: str
    text: str


@dataclass
class Settled:
    """How many sessions were recoded, and why lines were refused, by key."""

    sessions: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def settle(
    school: School,
    calendar: Calendar,
    lines: Iterable[Line],
    told_by: str,
    channel: Channel,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> Settled:
    """Record a reason for each line; days of one pupil that were told alike are one reason for each stretch."""
    alike: dict[tuple[int, str, str], list[Line]] = {}
    for line in lines:
        alike.setdefault((line.pupil.pk, line.code, line.text), []).append(line)
    settled = Settled()
    for group in alike.values():
        _settle_alike(school, calendar, group, told_by, channel, settled, today=today, by=by, at=at)
    return settled


def _settle_alike(
    school: School,
    calendar: Calendar,
    group: Sequence[Line],
    told_by: str,
    channel: Channel,
    settled: Settled,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> None:
    first = group[0]
    for span in spans.runs((place for line in group for place in line.places), calendar):
        try:
            recorded = reasons.record(
                school,
                calendar,
                first.pupil,
                span,
                Told(first.text, told_by, channel),
                rules.outcome_of(first.code),
                first.code,
                today=today,
                by=by,
                at=at,
            )
        except ReasonRefusedError as refused:
            keys = [line.key for line in group if any(place in span for place in line.places)]
            settled.refused |= dict.fromkeys(keys, str(refused))
        else:
            settled.sessions += len(recorded.recoded)
