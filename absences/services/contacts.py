"""Recording a try to find out why pupils of one family are away."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from absences.models import ContactAttempt
from absences.rules import contacts as rules
from absences.rules.contacts import Channel, ContactRefusedError, Outcome
from absences.services import guards
from letters.models import Message
from registers.models import Contact, Membership, Pupil, School
from registers.queries import families
from registers.rules.rights import Right
from registers.services import marks
from registers.services import record as events
from registers.services.record import Line

MOST_WORDS = 300


@dataclass(frozen=True)
class Try:
    """One try: how, with whom (None is nobody in particular), what came of it, when, and when the next is due."""

    channel: Channel
    parent_id: int | None
    outcome: Outcome
    tried_at: datetime
    next_at: datetime | None = None
    words: str = ""


@transaction.atomic
def record(
    school: School,
    pupil: Pupil,
    siblings: Sequence[int],
    tried: Try,
    about_on: date,
    *,
    local: datetime,
    by: Membership,
    at: datetime,
) -> list[ContactAttempt]:
    """Record one try for a pupil and for the brothers and sisters named; sent twice, it is recorded once.

    `local` is what the school's clock shows. Raises ContactRefusedError, or Pupil.DoesNotExist.
    """
    guards.check(by, school, Right.RECORD_REASON)
    rules.check_times(tried.tried_at, tried.next_at, local)
    rules.check_next(tried.outcome, tried.next_at)
    chosen = {pupil.pk, *siblings}
    locked = marks.lock_pupils(school, chosen)
    _check_family(pupil, chosen)
    rules.check_person(tried.parent_id, _contacts_of(chosen))
    before = {row.pupil_id: row for row in _same(chosen, tried, about_on)}
    return [before.get(one.pk) or _write(school, one, tried, about_on, by, at) for one in locked.values()]


@transaction.atomic
def record_sent(
    school: School,
    sent: Mapping[Message, Sequence[Pupil]],
    about_on: date,
    *,
    next_at: datetime,
    local: datetime,
    by: Membership,
    at: datetime,
) -> None:
    """Record released messages as tries to reach the families of the children they are about."""
    guards.check(by, school, Right.SEND_MESSAGES)
    rows = ContactAttempt.objects.bulk_create(
        ContactAttempt(
            school=school,
            pupil=pupil,
            parent_id=message.parent_id,
            about_on=about_on,
            tried_at=local,
            channel=Channel(message.channel),
            outcome=Outcome.SENT,
            next_at=next_at,
            message=message,
            recorded_at=at,
            recorded_by_id=by.user_id,
            recorded_role=by.role,
        )
        for message, pupils in sent.items()
        for pupil in pupils
    )
    lines = [Line(row.pupil, f"contact_attempt:{row.pk}", _facts(row)) for row in rows]
    events.write_all("contact attempt recorded", lines, by=by, at=at)


def _check_family(pupil: Pupil, chosen: set[int]) -> None:
    family = set(families.siblings(pupil).values_list("pk", flat=True)) | {pupil.pk}
    if chosen - family:
        raise ContactRefusedError("One of the children ticked is not of this family. Log the try for each on its own.")


def _contacts_of(pupil_ids: set[int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for pupil_id, parent_id in Contact.objects.filter(pupil__in=pupil_ids).values_list("pupil_id", "parent_id"):
        found[pupil_id].add(parent_id)
    return {pupil_id: frozenset(found[pupil_id]) for pupil_id in pupil_ids}


def _same(pupil_ids: set[int], tried: Try, about_on: date) -> list[ContactAttempt]:
    rows = ContactAttempt.objects.filter(
        pupil__in=pupil_ids,
        about_on=about_on,
        tried_at=tried.tried_at,
        channel=tried.channel,
        outcome=tried.outcome,
        words=_words(tried),
    )
    return [row for row in rows if row.parent_id == tried.parent_id]


def _words(tried: Try) -> str:
    return " ".join(tried.words.split())[:MOST_WORDS]


def _write(school: School, pupil: Pupil, tried: Try, about_on: date, by: Membership, at: datetime) -> ContactAttempt:
    row = ContactAttempt.objects.create(
        school=school,
        pupil=pupil,
        parent_id=tried.parent_id,
        about_on=about_on,
        tried_at=tried.tried_at,
        channel=tried.channel,
        outcome=tried.outcome,
        words=_words(tried),
        next_at=tried.next_at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    events.write(
        "contact attempt recorded", by=by, at=at, pupil=pupil, subject=f"contact_attempt:{row.pk}", facts=_facts(row)
    )
    return row


def _facts(row: ContactAttempt) -> dict[str, object]:
    return {
        "on": row.about_on.isoformat(),
        "channel": row.channel,
        "outcome": row.outcome,
        "parent": row.parent_id,
    }
