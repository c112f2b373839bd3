"""A message on its way out: noted before it is given to a provider, settled after, and never given twice unasked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from letters import senders, store
from letters.models import Message
from letters.rules import messages as rules
from letters.rules.messages import Channel, MessageState
from letters.rules.refusals import LetterRefusedError
from letters.rules.states import WENT
from letters.senders.parcels import Delivery, Enclosure, News, Outcome, Parcel, Result
from letters.services import message_events
from letters.store import Kept
from registers.models import Membership, School
from registers.rules.jobs import JobState

BROKE_OFF = "Sending broke off before the message was given to anybody. Try again."
NOT_KNOWN = "Sending broke off, and whether the message went is not known. Ask the family, or send it again."


@dataclass(frozen=True)
class Begun:
    """A try that has been noted and is to be made."""

    message_id: int
    number: int
    sender: str
    parcel: Parcel
    look_first: bool
    is_late: bool


class _StoppedError(Exception):
    """A message that is not to be tried, and the state it is left in."""

    def __init__(self, state: MessageState, words: str) -> None:
        self.state = state
        super().__init__(words)


@transaction.atomic
def begin(school: School, message_id: int, *, by: Membership, at: datetime) -> Begun | None:
    """Note that a message is being sent, before it is; None if it is not to be sent (any more)."""
    row = _locked(school, message_id)
    if row is None or row.state not in (MessageState.RELEASED, MessageState.SENDING):
        return None
    try:
        enclosure = _check(row, at)
    except _StoppedError as stopped:
        _settle(row, stopped.state, str(stopped), by, at)
        return None
    return _begin(row, enclosure, at)


def _check(row: Message, at: datetime) -> Enclosure | None:
    """What goes with a message that may be tried; of one that was being tried already nobody can say that it failed."""
    taken_over = row.state == MessageState.SENDING
    if taken_over and row.tries >= rules.MOST_TRIES:
        raise _StoppedError(MessageState.UNKNOWN, NOT_KNOWN)
    if not taken_over and _is_late(row, at):
        raise _StoppedError(MessageState.FAILED, senders.TOO_LATE)
    try:
        return _enclosure(row)
    except LetterRefusedError as refused:
        raise _StoppedError(MessageState.UNKNOWN if taken_over else MessageState.FAILED, str(refused)) from refused


def _begin(row: Message, enclosure: Enclosure | None, at: datetime) -> Begun:
    taken_over = row.state == MessageState.SENDING
    spoken_to = row.asked_under == row.series
    # Whoever may have it already is the one to ask, whichever way new messages go by now.
    sender = (
        senders.SENDERS[row.sender]
        if spoken_to
        else senders.choose(Channel(row.channel), with_file=enclosure is not None)
    )
    rules.check_move(MessageState(row.state), MessageState.SENDING)
    row.state, row.sender, row.asked_under = MessageState.SENDING, sender.name, row.series
    row.tries, row.tried_at = row.tries + 1, at
    row.save(update_fields=["state", "sender", "asked_under", "tries", "tried_at"])
    return Begun(
        row.pk,
        row.tries,
        sender.name,
        _parcel(row, enclosure),
        look_first=taken_over or (spoken_to and sender.can_be_asked),
        is_late=_is_late(row, at),
    )


@transaction.atomic
def settle(begun: Begun, outcome: Outcome, *, by: Membership, at: datetime) -> timedelta | None:
    """Note what came of a try. Returns how long to wait before the next one, where there is to be one."""
    row = _locked(by.school, begun.message_id)
    # Whoever took a lost worker's message over has the last word on it.
    if row is None or row.state != MessageState.SENDING or row.tries != begun.number:
        return None
    wait = _wait(row, outcome.result)
    if outcome.result is Result.LOST and wait is not None:
        # It stays as it is, so that the next try looks first.
        row.error = outcome.words[:300]
        row.save(update_fields=["error"])
        return wait
    if outcome.result is Result.TAKEN:
        row.provider_id, row.sent_at = outcome.provider_id[:80], at
    state, words = _after(outcome, wait)
    _settle(row, state, words, by, at)
    return wait


def _wait(row: Message, result: Result) -> timedelta | None:
    """How long until the next try, where one can still do something."""
    may_find = result is Result.LOST and senders.SENDERS[row.sender].can_be_asked
    return rules.wait_after(row.tries) if may_find or result is Result.LATER else None


def _after(outcome: Outcome, wait: timedelta | None) -> tuple[MessageState, str]:
    """The state a message is in after a try, and why."""
    if outcome.result is Result.LOST:
        return MessageState.UNKNOWN, f"{outcome.words} {NOT_KNOWN}"
    if outcome.result is Result.LATER and wait is not None:
        return MessageState.RELEASED, outcome.words
    states = {Result.TAKEN: MessageState.SENT, Result.KEPT: MessageState.KEPT}
    return states.get(outcome.result, MessageState.FAILED), outcome.words


@transaction.atomic
def hear(message: Message, news: News, *, by: Membership, at: datetime) -> bool:
    """Note what a provider says became of a message that it took; the same news again is none."""
    row = _locked(message.school, message.pk)
    if row is None or row.state != MessageState.SENT or row.provider_id != message.provider_id:
        return False
    if news.delivery is Delivery.WAITING:
        return False
    state = MessageState.DELIVERED if news.delivery is Delivery.DELIVERED else MessageState.FAILED
    _settle(row, state, news.words, by, at)
    return True


@transaction.atomic
def find_again(message: Message, provider_id: str, *, by: Membership, at: datetime) -> bool:
    """Note that a provider, asked later, has a message of which nobody knew whether it went."""
    row = _locked(message.school, message.pk)
    if row is None or row.state != MessageState.UNKNOWN or row.reference != message.reference:
        return False
    row.provider_id, row.sent_at = provider_id[:80], at
    _settle(row, MessageState.SENT, "", by, at)
    return True


@transaction.atomic
def give_up_lost(school: School, *, by: Membership, at: datetime) -> int:
    """Hand over to a person what no job will send any more, because its workers were lost; say how many."""
    rows = Message.objects.select_for_update(of=("self",)).filter(
        school=school,
        state__in=[MessageState.RELEASED, MessageState.SENDING],
        job__state__in=[JobState.FAILED, JobState.DONE],
    )
    found = list(rows)
    for row in found:
        if row.state == MessageState.SENDING:
            _settle(row, MessageState.UNKNOWN, NOT_KNOWN, by, at)
        else:
            _settle(row, MessageState.FAILED, BROKE_OFF, by, at)
    return len(found)


def _locked(school: School, message_id: int) -> Message | None:
    rows = Message.objects.select_for_update(of=("self",)).select_related("school", "attachment")
    return rows.filter(school=school, pk=message_id).first()


def _is_late(row: Message, at: datetime) -> bool:
    return row.not_after is not None and at > row.not_after


def _settle(row: Message, state: MessageState, words: str, by: Membership, at: datetime) -> None:
    rules.check_move(MessageState(row.state), state)
    row.state, row.settled_at, row.error = state, at, words[:300]
    row.save(update_fields=["state", "settled_at", "error", "provider_id", "sent_at"])
    message_events.write(f"message {_WORDS[state]}", [row], by=by, at=at)


_WORDS = {
    MessageState.RELEASED: "put off",
    MessageState.SENT: "sent",
    MessageState.DELIVERED: "delivered",
    MessageState.FAILED: "failed",
    MessageState.UNKNOWN: "lost sight of",
    MessageState.KEPT: "kept here",
}


def _enclosure(row: Message) -> Enclosure | None:
    letter = row.attachment
    if letter is None:
        return None
    if letter.state not in WENT:
        raise LetterRefusedError("The letter has been withdrawn since, so it is not sent.")
    return Enclosure(f"letter-{letter.pk}.pdf", store.read(Kept(letter.pdf_path, letter.sha256)))


def _parcel(row: Message, enclosure: Enclosure | None) -> Parcel:
    return Parcel(
        row.reference,
        Channel(row.channel),
        row.to_address,
        row.subject,
        row.body,
        row.school.name,
        row.school.email,
        enclosure,
    )
