"""Finding out why a pupil is away: the ways to ask, what came of it, and who is asked about first."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from absences.rules import reasons


class Channel(StrEnum):
    """How a family was asked (Staplehurst: telephone or text; Carlton Road: also its app, messenger and visits)."""

    PHONE = "phone"
    TEXT = "text"
    EMAIL = "email"
    APP = "app"
    MESSENGER = "messenger"
    LETTER = "letter"
    IN_PERSON = "in person"
    HOME_VISIT = "home visit"
    CALLING_CARD = "calling card"


CHANNEL_NAMES: Mapping[Channel, str] = {
    Channel.PHONE: "Telephone",
    Channel.TEXT: "Text",
    Channel.EMAIL: "E-mail",
    Channel.APP: "Parents’ app",
    Channel.MESSENGER: "Messenger",
    Channel.LETTER: "Letter",
    Channel.IN_PERSON: "In person",
    Channel.HOME_VISIT: "Home visit",
    Channel.CALLING_CARD: "Calling card left",
}


TOLD_THROUGH: Mapping[Channel, reasons.Channel] = {
    Channel.PHONE: reasons.Channel.PHONE,
    Channel.TEXT: reasons.Channel.MESSAGE,
    Channel.EMAIL: reasons.Channel.EMAIL,
    Channel.APP: reasons.Channel.MESSAGE,
    Channel.MESSENGER: reasons.Channel.MESSAGE,
    Channel.LETTER: reasons.Channel.LETTER,
    Channel.IN_PERSON: reasons.Channel.IN_PERSON,
    Channel.HOME_VISIT: reasons.Channel.IN_PERSON,
    Channel.CALLING_CARD: reasons.Channel.OTHER,
}
"""How a reason reached the school that was given when the family was asked in this way."""


class Outcome(StrEnum):
    """What came of it."""

    REASON_GIVEN = "reason given"
    NO_ANSWER = "no answer"
    MESSAGE_LEFT = "message left"
    SENT = "sent"
    WRONG_NUMBER = "wrong number"
    SPOKE = "spoke, no reason"


OUTCOME_NAMES: Mapping[Outcome, str] = {
    Outcome.REASON_GIVEN: "A reason was given",
    Outcome.NO_ANSWER: "No answer",
    Outcome.MESSAGE_LEFT: "Message left",
    Outcome.SENT: "Sent",
    Outcome.WRONG_NUMBER: "Wrong number",
    Outcome.SPOKE: "Spoke, but no reason",
}


class ContactRefusedError(Exception):
    """A try that cannot be recorded as it stands; the message says what to correct."""


def check_times(tried_at: datetime, next_at: datetime | None, now: datetime) -> None:
    """Refuse a try that has not happened yet, and a next one that is not still to come."""
    if tried_at > now:
        raise ContactRefusedError(f"{tried_at:%H:%M} is still to come. Give the time at which you tried.")
    if next_at is not None and next_at <= now:
        raise ContactRefusedError(f"{next_at:%H:%M} is past already. Give a later time for the next try, or none.")


def check_next(outcome: Outcome, next_at: datetime | None) -> None:
    """Refuse a next try where a reason was given: there is nothing left to ask."""
    if outcome is Outcome.REASON_GIVEN and next_at is not None:
        raise ContactRefusedError("A reason was given, so no next try is needed. Leave its time empty.")


def check_person(parent_id: int | None, contacts_of: Mapping[int, frozenset[int]]) -> None:
    """Refuse somebody who is not a contact of every child the try is recorded for."""
    if parent_id is None or all(parent_id in contacts for contacts in contacts_of.values()):
        return
    if len(contacts_of) == 1:
        raise ContactRefusedError("This person is not a contact of the pupil. Choose one of the pupil’s contacts.")
    raise ContactRefusedError(
        "This person is not a contact of every child ticked. Untick the others, and log the try for them on their own."
    )
