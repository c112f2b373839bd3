"""Texts and e-mails to families: how far one has come, what may stand in it, and when it is tried again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from letters.rules.refusals import LetterRefusedError


class Channel(StrEnum):
    TEXT = "text"
    EMAIL = "email"


CHANNEL_NAMES: Mapping[Channel, str] = {Channel.TEXT: "Text", Channel.EMAIL: "E-mail"}


class MessageState(StrEnum):
    PREPARED = "prepared"
    """Written, and shown to whoever may release it; nothing leaves."""
    RELEASED = "released"
    """Waits for its turn to be sent."""
    SENDING = "sending"
    """A sender may have it already: it is looked up before it is ever sent again."""
    SENT = "sent"
    """The provider has taken it."""
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Nobody can say whether the provider took it; a person decides."""
    KEPT = "kept"
    """There is no account to send with: it stays here, to be read, and went to nobody."""
    WITHDRAWN = "withdrawn"


STATE_NAMES: Mapping[MessageState, str] = {
    MessageState.PREPARED: "Prepared",
    MessageState.RELEASED: "Waiting to go",
    MessageState.SENDING: "Being sent",
    MessageState.SENT: "Sent",
    MessageState.DELIVERED: "Delivered",
    MessageState.FAILED: "Failed",
    MessageState.UNKNOWN: "Not known whether it went",
    MessageState.KEPT: "Kept here, not sent",
    MessageState.WITHDRAWN: "Withdrawn",
}

MOVES: Mapping[MessageState, frozenset[MessageState]] = {
    MessageState.PREPARED: frozenset({MessageState.RELEASED, MessageState.WITHDRAWN}),
    MessageState.RELEASED: frozenset({MessageState.SENDING, MessageState.FAILED, MessageState.WITHDRAWN}),
    MessageState.SENDING: frozenset(
        {
            # Taken over from a worker that was lost.
            MessageState.SENDING,
            # Surely not taken by the provider, and tried again later.
            MessageState.RELEASED,
            MessageState.SENT,
            MessageState.FAILED,
            MessageState.UNKNOWN,
            MessageState.KEPT,
        }
    ),
    MessageState.SENT: frozenset({MessageState.DELIVERED, MessageState.FAILED}),
    MessageState.DELIVERED: frozenset(),
    MessageState.FAILED: frozenset({MessageState.RELEASED, MessageState.WITHDRAWN}),
    MessageState.UNKNOWN: frozenset(
        {
            MessageState.RELEASED,
            # The provider, asked later, has it after all.
            MessageState.SENT,
            MessageState.DELIVERED,
            MessageState.WITHDRAWN,
        }
    ),
    MessageState.KEPT: frozenset({MessageState.RELEASED}),
    # What was dropped by a slip is put back.
    MessageState.WITHDRAWN: frozenset({MessageState.PREPARED}),
}

NOT_RELEASED = frozenset({MessageState.PREPARED, MessageState.WITHDRAWN})
REACHED_NOBODY = frozenset({MessageState.FAILED, MessageState.UNKNOWN, MessageState.KEPT, MessageState.WITHDRAWN})
"""The states of a released message after which a family cannot be said to have been asked."""
TO_LOOK_AT = frozenset({MessageState.FAILED, MessageState.UNKNOWN})
"""The states in which a message waits for somebody to decide."""

STANDS: Mapping[MessageState, str] = {
    MessageState.PREPARED: "has not been released",
    MessageState.RELEASED: "has been released and waits to go",
    MessageState.SENDING: "is being sent",
    MessageState.SENT: "has been sent",
    MessageState.DELIVERED: "has been delivered",
    MessageState.FAILED: "could not be sent",
    MessageState.UNKNOWN: "may or may not have been sent",
    MessageState.KEPT: "is kept here, because there is no account to send with",
    MessageState.WITHDRAWN: "was withdrawn",
}

MOST_TRIES = 4
"""How often a released message is tried by itself: fewer times than a job, so that the message has the last word."""
WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20))
"""How long to wait after the first, second and third try."""
MOST_IN_TEXT = 918
"""Characters of a text: six parts, the most GOV.UK Notify takes."""
ONE_PART, EACH_PART = 160, 153
MOST_IN_SUBJECT = 150
MOST_IN_EMAIL = 20_000


class MessageRefusedError(LetterRefusedError):
    """Something about a message that cannot be done; the message says why and what to do."""


def may_move(old: MessageState, new: MessageState) -> bool:
    return new in MOVES[old]


def check_move(old: MessageState, new: MessageState) -> None:
    """Raise MessageRefusedError unless a message may go from one state to the other."""
    if not may_move(old, new):
        raise MessageRefusedError(f"This message {STANDS[old]}, so it cannot be {new}. Look at the list again.")


def wait_after(tries: int) -> timedelta | None:
    """How long to wait before the next try, or None when there is none."""
    return WAITS[tries - 1] if tries < MOST_TRIES else None


def check_in_time(not_after: datetime | None, at: datetime) -> None:
    """Refuse to release what would arrive when it is no longer true."""
    if not_after is not None and at > not_after:
        raise MessageRefusedError(
            "The day this message speaks of is over, so it is not sent any more. Write a new one."
        )


def check_words(channel: Channel, subject: str, body: str) -> None:
    """Refuse a message that is empty or longer than its channel takes."""
    if not body.strip():
        raise MessageRefusedError("The message says nothing. Write what the family should read, or drop it.")
    if channel is Channel.TEXT:
        if len(body) > MOST_IN_TEXT:
            raise MessageRefusedError(
                f"A text holds at most {MOST_IN_TEXT} characters, and this one has {len(body)}. Shorten it."
            )
        return
    if not subject.strip():
        raise MessageRefusedError("An e-mail needs a subject.")
    if len(subject) > MOST_IN_SUBJECT or len(subject.splitlines()) > 1:
        raise MessageRefusedError(f"A subject is one line of at most {MOST_IN_SUBJECT} characters. Shorten it.")
    if len(body) > MOST_IN_EMAIL:
        raise MessageRefusedError(f"An e-mail holds at most {MOST_IN_EMAIL} characters. Shorten it.")


def parts(text: str) -> int:
    """How many texts a body is billed as."""
    return 1 if len(text) <= ONE_PART else -(-len(text) // EACH_PART)
