"""Texts and e-mails of the last days and of this morning, in every state an office meets; none of them left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from absences.queries import first_day
from absences.rules import first_day_messages as rules
from absences.rules.first_day import AGAIN_MINUTES
from absences.services import contacts, first_day_messages
from absences.services.first_day_messages import Chosen
from attendance_site.demonstration.stage import Stage
from attendance_site.demonstration.stamps import LONDON
from letters import senders
from letters.models import Message
from letters.queries import message_wordings
from letters.rules import message_wordings as wording_rules
from letters.rules.messages import Channel
from letters.senders.notify import NEWS
from letters.senders.parcels import Outcome, Result
from letters.services import messages, sending
from letters.services.messages import Draft
from registers.models import Mark, Pupil
from registers.queries import people
from registers.rules.sessions import Session

WRITTEN, RELEASED, SETTLED = time(9, 42), time(9, 44), time(9, 46)
NOT_RELEASED = ""
BEFORE = ("delivered", "permanent-failure", "sending", NOT_RELEASED, "delivered")
"""What became of the messages about children whose parents then rang; one was written, and the parent was quicker."""
THIS_MORNING = (NOT_RELEASED, "temporary-failure", "delivered")
A_DAY, DAYS_BACK = 3, 15


@dataclass(frozen=True)
class _Morning:
    """When a morning's messages were written, released, and answered by the provider."""

    written: datetime
    released: datetime
    settled: datetime


def send(stage: Stage) -> None:
    """Write to a few families as the office would, and let the provider's answers be what they are."""
    fates = list(BEFORE)
    for day in reversed(stage.calendar.school_days_between(date.min, stage.today)[-DAYS_BACK:-1]):
        if fates:
            del fates[: _earlier(stage, _morning(day), fates[:A_DAY])]
    if stage.has_come(SETTLED):
        _this_morning(stage, _morning(stage.today))


def _morning(on: date) -> _Morning:
    return _Morning(*(datetime.combine(on, at, tzinfo=LONDON) for at in (WRITTEN, RELEASED, SETTLED)))


def _earlier(stage: Stage, morning: _Morning, fates: Sequence[str]) -> int:
    """Write about as many of a day's ill children as there are fates, and return about how many."""
    ill = Mark.objects.filter(school=stage.school, on=morning.written.date(), session=Session.AM, code="I")
    pupils = [mark.pupil for mark in ill.select_related("pupil").order_by("pupil__upn")]
    drafts = [draft for pupil in pupils if (draft := _draft(stage, pupil, morning.written)) is not None]
    drafts = drafts[: len(fates)]
    rows = messages.prepare(stage.school, drafts, by=stage.office, at=morning.written)
    fate_of = dict(zip((row.pk for row in rows), fates, strict=False))
    going = [pk for pk, fate in fate_of.items() if fate != NOT_RELEASED]
    gone = messages.release(stage.school, going, by=stage.office, at=morning.released)
    about = {row.pk: draft.pupils for row, draft in zip(rows, drafts, strict=True)}
    contacts.record_sent(
        stage.school,
        {row: about[row.pk] for row in gone},
        morning.released.date(),
        next_at=morning.released + timedelta(minutes=AGAIN_MINUTES),
        local=morning.released,
        by=stage.office,
        at=morning.released,
    )
    for row in gone:
        _settle(stage, row, fate_of[row.pk], morning.settled)
    return len(rows)


def _draft(stage: Stage, pupil: Pupil, written: datetime) -> Draft | None:
    """What the office would have written about one child, to a mother or father who takes texts."""
    contact = stage.parent_of(pupil)
    if contact is None or messages.address_of(contact.parent, Channel.TEXT) is None:
        return None
    school, on = stage.school, written.date()
    words = message_wordings.current(school, rules.PURPOSE)
    values = rules.values([pupil.forename], contact.parent.name, on, school.name, school.telephone)
    return Draft(
        rules.PURPOSE,
        rules.key(on, Session.AM, rules.Addressed(contact.parent_id, Channel.TEXT, (pupil.pk,))),
        Channel.TEXT,
        contact.parent,
        (pupil,),
        wording_rules.fill(words, values).text,
        not_after=written + rules.good_for(written),
    )


def _this_morning(stage: Stage, morning: _Morning) -> None:
    """Write to as many of the families still to ask as there are fates."""
    at = morning.written
    found = first_day.of(stage.school, stage.calendar, at)
    to_ask = [family for family in found.families if family.needs_asking and not family.attempts]
    chosen = frozenset(child.pupil.pk for family in to_ask[-len(THIS_MORNING) :] for child in family.children)
    rows = first_day_messages.prepare(stage.school, stage.calendar, only=chosen, local=at, by=stage.office, at=at)
    going = [(row, fate) for row, fate in zip(rows, THIS_MORNING, strict=False) if fate != NOT_RELEASED]
    _release(stage, [row for row, _ in going], morning.released)
    for row, fate in going:
        _settle(stage, row, fate, morning.settled)


def _release(stage: Stage, rows: Sequence[Message], at: datetime) -> None:
    chosen = [Chosen(row.pk, row.subject, row.body) for row in rows]
    first_day_messages.release(stage.school, stage.calendar, chosen, local=at, by=stage.office, at=at)


def _settle(stage: Stage, row: Message, fate: str, at: datetime) -> None:
    """Let the provider have taken a message and, but for one on its way, say what became of it."""
    by = people.nightly(stage.school)
    begun = sending.begin(stage.school, row.pk, by=by, at=at)
    if begun is None:
        return
    sending.settle(begun, Outcome(Result.TAKEN, f"demonstration-{row.pk}"), by=by, at=at)
    # Whatever account the machine has, nobody is to be asked about a message that was never given to them.
    Message.objects.filter(pk=row.pk).update(sender=senders.SENDERS["outbox"].name)
    row.refresh_from_db()
    if fate in NEWS:
        sending.hear(row, NEWS[fate], by=by, at=at)
