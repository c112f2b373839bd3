"""What a sender is given, and what it can answer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from letters.rules.messages import Channel


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with an e-mail."""

    name: str
    document: bytes


@dataclass(frozen=True)
class Parcel:
    """One message as a sender needs it. The reference is the same however often the same message is tried."""

    reference: str
    channel: Channel
    to: str
    subject: str
    body: str
    school_name: str
    reply_to: str
    enclosure: Enclosure | None = None


class Result(StrEnum):
    """What came of a try."""

    TAKEN = "taken"
    KEPT = "kept"
    """Nobody was given it."""
    LATER = "later"
    """Surely not taken, and worth another try."""
    NEVER = "never"
    """Surely not taken, and no better for trying again as it stands."""
    LOST = "lost"
    """Given, but the answer was lost: it may have been taken."""


@dataclass(frozen=True)
class Outcome:
    result: Result
    provider_id: str = ""
    words: str = ""
    """What the office reads where it was not taken."""


class SendingError(Exception):
    """A try that did not end with the message taken; the message says why, in words for the office."""

    result: ClassVar[Result] = Result.LOST


class TemporaryError(SendingError):
    """Surely not taken, for a reason that passes."""

    result = Result.LATER


class PermanentError(SendingError):
    """Surely not taken, for a reason that stays until somebody changes something."""

    result = Result.NEVER


class AccountError(PermanentError):
    """The account itself was refused, so that no message can go."""


class LostAnswerError(SendingError):
    """Whether it was taken is not known."""


class Delivery(StrEnum):
    """What a provider knows of a message it has taken."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class News:
    delivery: Delivery
    words: str = ""


class Sender(Protocol):
    """A way out of the house. Every method raises a SendingError that says whether the message was taken."""

    @property
    def name(self) -> str: ...

    @property
    def can_be_asked(self) -> bool:
        """Whether it can say afterwards what it has taken."""

    def send(self, parcel: Parcel) -> Outcome: ...

    def find(self, reference: str) -> str | None:
        """What it knows a message by that it has taken under this reference; None if it has taken none."""

    def status(self, provider_id: str) -> News:
        """What became of a message it has taken."""
