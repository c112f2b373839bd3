"""Texts and e-mails to families, from being prepared to being released; what is released is sent in the background."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from letters.models import Letter, Message
from letters.rules import messages as rules
from letters.rules import numbers
from letters.rules.messages import CHANNEL_NAMES, Channel, MessageRefusedError, MessageState
from letters.rules.states import WENT
from letters.services import message_events
from registers.models import Contact, Membership, Parent, Pupil, School
from registers.rules import rights
from registers.rules.rights import Right, RightRefusedError, Role
from registers.services import jobs

SEND = "send-message"
"""The kind of job that sends one message."""


@dataclass(frozen=True)
class Draft:
    """A message to prepare: what for, to whom, about whom, and its words.

    `key` names what it is for within the school, and the same key again is the same message. It goes to the parent's
    first mobile number or to their e-mail address. A subject is for e-mails only. An attachment is an issued letter.
    """

    purpose: str
    key: str
    channel: Channel
    parent: Parent
    pupils: tuple[Pupil, ...]
    body: str
    subject: str = ""
    attachment: Letter | None = None
    not_after: datetime | None = None


@transaction.atomic
def prepare(school: School, drafts: Sequence[Draft], *, by: Membership, at: datetime) -> list[Message]:
    """Write messages down for somebody to release; nothing leaves. One whose key is known is returned as it stands.

    Raises MessageRefusedError for somebody who must not be written to or cannot be reached, and writes nothing then.
    """
    _check_right(by, school)
    # Whoever prepares the same message at the same time waits here, and then finds it.
    list(Parent.objects.select_for_update().filter(pk__in={draft.parent.pk for draft in drafts}).order_by("pk"))
    known = {row.key: row for row in Message.objects.filter(school=school, key__in=[draft.key for draft in drafts])}
    new = {draft.key: draft for draft in drafts if draft.key not in known}
    _check_people(school, new.values())
    rows = Message.objects.bulk_create(_row(school, draft, by, at) for draft in new.values())
    Message.about.through.objects.bulk_create(
        Message.about.through(message_id=row.pk, pupil_id=pupil.pk) for row in rows for pupil in new[row.key].pupils
    )
    message_events.write("message prepared", rows, by=by, at=at, about={row.pk: new[row.key].pupils for row in rows})
    known |= {row.key: row for row in rows}
    return [known[draft.key] for draft in drafts]


@transaction.atomic
def edit(message: Message, *, subject: str = "", body: str, by: Membership, at: datetime) -> Message:
    """Change the words of a message that has not been released."""
    [locked] = _locked(message.school, [message.pk], by)
    if locked.state != MessageState.PREPARED:
        raise MessageRefusedError(f"This message {rules.STANDS[MessageState(locked.state)]}, so its words stand.")
    words = _words(Channel(locked.channel), subject, body)
    if words != (locked.subject, locked.body):
        locked.subject, locked.body = words
        locked.save(update_fields=["subject", "body"])
        message_events.write("message changed", [locked], by=by, at=at)
    return locked


@transaction.atomic
def release(school: School, ids: Collection[int], *, by: Membership, at: datetime) -> list[Message]:
    """Let prepared messages go, and return those that this call released; one released before is left alone.

    Each is sent by a job of its own. Nothing is published here: a queue that is away holds nobody up.
    """
    rows = [row for row in _locked(school, ids, by) if row.state == MessageState.PREPARED]
    _let_go(school, rows, by, at, "message released")
    return rows


@transaction.atomic
def retry(message: Message, *, by: Membership, at: datetime) -> Message:
    """Send again what failed, was kept here, or may never have gone; the last is looked up first where it can be.

    What surely reached nobody goes to the number or address that is on record now.
    """
    [locked] = _locked(message.school, [message.pk], by)
    if locked.state not in (MessageState.FAILED, MessageState.UNKNOWN, MessageState.KEPT):
        raise MessageRefusedError(f"This message {rules.STANDS[MessageState(locked.state)]}; it is not sent again.")
    if locked.state != MessageState.UNKNOWN:
        locked.series, locked.to_address = locked.series + 1, _address(locked.parent, Channel(locked.channel))
    _let_go(locked.school, [locked], by, at, "message released again")
    return locked


@transaction.atomic
def retry_failed(school: School, *, by: Membership, at: datetime) -> int:
    """Send again everything that failed and still matters, and say how many; who has no number any more is left."""
    failed = Message.objects.filter(school=school, state=MessageState.FAILED).values_list("pk", flat=True)
    rows = []
    for row in _locked(school, failed, by):
        address = address_of(row.parent, Channel(row.channel))
        if row.state == MessageState.FAILED and address and (row.not_after is None or at <= row.not_after):
            row.series, row.to_address = row.series + 1, address
            rows.append(row)
    _let_go(school, rows, by, at, "message released again")
    return len(rows)


@transaction.atomic
def withdraw(message: Message, *, by: Membership, at: datetime) -> Message:
    """Drop a message that is not on its way: one prepared, one that waits, one that failed."""
    [locked] = _locked(message.school, [message.pk], by)
    _move(locked, MessageState.WITHDRAWN, at)
    message_events.write("message withdrawn", [locked], by=by, at=at)
    return locked


@transaction.atomic
def put_back(message: Message, *, by: Membership, at: datetime) -> Message:
    """Undo the dropping of a message that had never been released; it goes to the address that is on record now."""
    [locked] = _locked(message.school, [message.pk], by)
    if locked.releases:
        raise MessageRefusedError("This message had been released before it was withdrawn. Write a new one.")
    locked.to_address = _address(locked.parent, Channel(locked.channel))
    locked.save(update_fields=["to_address"])
    _move(locked, MessageState.PREPARED, at)
    message_events.write("message put back", [locked], by=by, at=at)
    return locked


@transaction.atomic
def say_it_arrived(message: Message, *, by: Membership, at: datetime) -> Message:
    """Somebody's word that a message whose sending was interrupted has reached the family."""
    [locked] = _locked(message.school, [message.pk], by)
    if locked.state != MessageState.UNKNOWN:
        raise MessageRefusedError(
            f"This message {rules.STANDS[MessageState(locked.state)]}; there is nothing to settle."
        )
    _move(locked, MessageState.DELIVERED, at)
    message_events.write("message said to have arrived", [locked], by=by, at=at)
    return locked


def address_of(parent: Parent, channel: Channel) -> str | None:
    """Where a parent is reached: a mobile number, or an e-mail address."""
    if channel is Channel.TEXT:
        return numbers.first_mobile((parent.phone1, parent.phone2, parent.phone3))
    return parent.email.strip() or None


def _check_right(by: Membership, school: School) -> None:
    rights.check(Role(by.role), Right.SEND_MESSAGES)
    if by.school_id != school.pk:
        raise RightRefusedError("This part is played at another school.")


def _check_people(school: School, drafts: Collection[Draft]) -> None:
    """Refuse a parent who is not a contact of every child written about, or about whom there is a court order."""
    pupils = {pupil.pk for draft in drafts for pupil in draft.pupils}
    rows = Contact.objects.filter(school=school, pupil__in=pupils)
    orders = {(row.pupil_id, row.parent_id): row.court_order for row in rows}
    for draft in drafts:
        pairs = [(pupil.pk, draft.parent.pk) for pupil in draft.pupils]
        if not pairs or any(pair not in orders for pair in pairs):
            raise MessageRefusedError(
                f"{draft.parent.name} is not a contact of every child this message is about. Choose somebody who is."
            )
        if any(orders[pair] for pair in pairs):
            raise MessageRefusedError(
                f"There is a court order about {draft.parent.name}. Decide by hand whether to write to them."
            )


def _row(school: School, draft: Draft, by: Membership, at: datetime) -> Message:
    subject, body = _words(draft.channel, draft.subject, draft.body)
    return Message(
        school=school,
        purpose=draft.purpose,
        key=draft.key,
        channel=draft.channel,
        parent=draft.parent,
        to_address=_address(draft.parent, draft.channel),
        subject=subject,
        body=body,
        attachment=_enclosed(school, draft),
        not_after=draft.not_after,
        prepared_at=at,
        prepared_by_id=by.user_id,
    )


def _address(parent: Parent, channel: Channel) -> str:
    address = address_of(parent, channel)
    if address is None:
        wanted = "mobile number" if channel is Channel.TEXT else "e-mail address"
        raise MessageRefusedError(f"{parent.name} has no {wanted} on record. Enter it, or choose another way.")
    return address


def _enclosed(school: School, draft: Draft) -> Letter | None:
    letter = draft.attachment
    if letter is None:
        return None
    if draft.channel is not Channel.EMAIL:
        raise MessageRefusedError(f"A {CHANNEL_NAMES[draft.channel].lower()} cannot carry a letter. Send an e-mail.")
    if letter.school_id != school.pk or letter.state not in WENT:
        raise MessageRefusedError("Only a letter that has been issued, and stands, can be sent. Issue it first.")
    return letter


def _words(channel: Channel, subject: str, body: str) -> tuple[str, str]:
    """Subject and body as they are kept: ends trimmed, one way of ending a line."""
    words = (subject.strip() if channel is Channel.EMAIL else "", "\n".join(body.strip().splitlines()))
    rules.check_words(channel, *words)
    return words


def _locked(school: School, ids: Collection[int], by: Membership) -> list[Message]:
    """The messages, locked, if this person may do something about them."""
    _check_right(by, school)
    rows = Message.objects.select_for_update(of=("self",)).select_related("school", "parent")
    return list(rows.filter(school=school, pk__in=ids).order_by("pk"))


def _let_go(school: School, rows: Sequence[Message], by: Membership, at: datetime, kind: str) -> None:
    for row in rows:
        rules.check_in_time(row.not_after, at)
        _check_still_reached(row)
        rules.check_move(MessageState(row.state), MessageState.RELEASED)
        row.state, row.settled_at, row.error = MessageState.RELEASED, at, ""
        row.releases, row.tries = row.releases + 1, 0
        row.released_at, row.released_by_id = at, by.user_id
    keys = {row.pk: f"{SEND}:{row.pk}:{row.releases}" for row in rows}
    asked = jobs.ask_all(school, kind=SEND, payloads={keys[row.pk]: {"message": row.pk} for row in rows}, at=at)
    for row in rows:
        row.job = asked[keys[row.pk]]
    fields = ["state", "settled_at", "error", "releases", "tries", "series", "to_address", "released_at"]
    fields += ["released_by", "job"]
    Message.objects.bulk_update(rows, fields)
    message_events.write(kind, rows, by=by, at=at)


def _check_still_reached(row: Message) -> None:
    """Refuse to send to a number or address that the record has lost since: the family may have asked for that."""
    now = address_of(row.parent, Channel(row.channel))
    if now != row.to_address:
        raise MessageRefusedError(
            f"The {'number' if row.channel == Channel.TEXT else 'address'} of {row.parent.name} has changed since this "
            "message was prepared. Drop it and put it back: it then goes to the new one."
        )


def _move(row: Message, state: MessageState, at: datetime) -> None:
    rules.check_move(MessageState(row.state), state)
    row.state, row.settled_at = state, at
    row.save(update_fields=["state", "settled_at"])
