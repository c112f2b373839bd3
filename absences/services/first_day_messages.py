"""Writing to the families of the first-day list: prepared from the school's wording, released by the office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from absences.queries import first_day_messages as queries
from absences.queries.first_day_messages import Wanted, Written
from absences.rules import first_day_messages as rules
from absences.rules.first_day import AGAIN_MINUTES
from absences.services import contacts, guards
from letters.models import Message
from letters.queries import message_wordings
from letters.rules import message_wordings as wording_rules
from letters.rules.message_wordings import Words
from letters.rules.messages import Channel, MessageRefusedError
from letters.services import messages
from letters.services.messages import Draft
from registers.models import Membership, Parent, School
from registers.rules.calendar import Calendar
from registers.rules.rights import Right
from registers.rules.sessions import Session


@dataclass(frozen=True)
class Chosen:
    """A prepared message to release, with its words as they stand on the page."""

    message_id: int
    subject: str
    body: str


@dataclass(frozen=True)
class Released:
    """What went, and how many were left because a child needs no asking any more."""

    messages: tuple[Message, ...]
    left: int


@transaction.atomic
def prepare(
    school: School,
    calendar: Calendar,
    *,
    only: frozenset[int] | None = None,
    local: datetime,
    by: Membership,
    at: datetime,
) -> list[Message]:
    """Write to every family still to ask that has no message this session, or to those of some pupils; nothing leaves.

    `local` is what the school's clock shows. Raises MessageRefusedError on a day without school.
    """
    guards.check(by, school, Right.SEND_MESSAGES)
    if not calendar.is_school_day(local.date()):
        raise MessageRefusedError("There is no school today, so there is no first-day list to write from.")
    found = queries.of(school, calendar, local, at)
    words = message_wordings.current(school, rules.PURPOSE)
    wanted = [one for one in found.wanted if only is None or not only.isdisjoint(one.addressed.pupil_ids)]
    drafts = [_draft(school, one, words, found.session, local, at) for one in wanted]
    return messages.prepare(school, drafts, by=by, at=at)


@transaction.atomic
def release(
    school: School, calendar: Calendar, chosen: Sequence[Chosen], *, local: datetime, by: Membership, at: datetime
) -> Released:
    """Let the chosen messages go, each a try to reach its family; sent twice, they go once.

    One whose child has come in or been explained since is left. Raises MessageRefusedError, and then nothing goes.
    """
    guards.check(by, school, Right.SEND_MESSAGES)
    prepared = {one.line.row.pk: one for one in queries.of(school, calendar, local, at).prepared}
    picked = [(prepared[one.message_id], one) for one in chosen if one.message_id in prepared]
    going = [(row, typed) for row, typed in picked if not row.why_not]
    for row, typed in going:
        _change(row, typed, by, at)
    gone = messages.release(school, [row.line.row.pk for row, _ in going], by=by, at=at)
    about = {row.line.row.pk: row.line.pupils for row, _ in going}
    contacts.record_sent(
        school,
        {message: about[message.pk] for message in gone},
        local.date(),
        next_at=local + timedelta(minutes=AGAIN_MINUTES),
        local=local,
        by=by,
        at=at,
    )
    return Released(tuple(gone), len(picked) - len(going))


def _change(row: Written, typed: Chosen, by: Membership, at: datetime) -> None:
    standing = row.line.row
    if (typed.subject.strip(), typed.body.strip().splitlines()) == (standing.subject, standing.body.splitlines()):
        return
    try:
        messages.edit(standing, subject=typed.subject, body=typed.body, by=by, at=at)
    except MessageRefusedError as refused:
        raise MessageRefusedError(f"The message to {standing.parent.name}: {refused} Nothing was sent.") from refused


def _draft(school: School, one: Wanted, words: Words, session: Session, local: datetime, at: datetime) -> Draft:
    on, pupils = local.date(), tuple(child.pupil for child in one.children)
    values = rules.values(
        [pupil.forename for pupil in pupils], _dear(one.person.parent), on, school.name, school.telephone
    )
    filled = wording_rules.fill(words, values)
    channel = one.addressed.channel
    return Draft(
        purpose=rules.PURPOSE,
        key=rules.key(on, session, one.addressed),
        channel=channel,
        parent=one.person.parent,
        pupils=pupils,
        subject=filled.subject if channel is Channel.EMAIL else "",
        body=filled.body if channel is Channel.EMAIL else filled.text,
        not_after=at + rules.good_for(local),
    )


def _dear(parent: Parent) -> str:
    """As after “Dear”: Ms Example; Pat Example without a title."""
    return " ".join(part for part in (parent.title or parent.forename, parent.surname) if part)
