"""The ways a message leaves: GOV.UK Notify, a mail server, or, where there is neither, this site's own outbox."""

from collections.abc import Mapping

from django.conf import settings

from letters.rules.messages import Channel
from letters.senders.notify import Notify
from letters.senders.outbox import Outbox
from letters.senders.parcels import Enclosure, Outcome, Parcel, Result, Sender, SendingError
from letters.senders.smtp import Smtp

__all__ = ["SENDERS", "TOO_LATE", "Enclosure", "Outcome", "Parcel", "Result", "choose", "deliver", "without_account"]

SENDERS: Mapping[str, Sender] = {sender.name: sender for sender in (Notify(), Smtp(), Outbox())}
TOO_LATE = "The day it speaks of was over before it could be sent."


def choose(channel: Channel, *, with_file: bool = False) -> Sender:
    """The sender of a channel as the site is set up. A demonstration sends nothing to anybody."""
    if settings.LAST_SCHOOL_DAY_AS_TODAY:
        return SENDERS["outbox"]
    if Notify.serves(channel, with_file=with_file):
        return SENDERS["notify"]
    if channel is Channel.EMAIL and settings.EMAIL_URL:
        return SENDERS["smtp"]
    return SENDERS["outbox"]


def without_account() -> list[Channel]:
    """The channels by which nothing can leave this site."""
    return [channel for channel in Channel if choose(channel).name == "outbox"]


def deliver(parcel: Parcel, name: str, *, look_first: bool, is_late: bool = False) -> Outcome:
    """Send one message, unless the sender is found to have it already; nothing is raised, the outcome says it all."""
    sender = SENDERS[name]
    if look_first:
        try:
            found = sender.find(parcel.reference)
        except SendingError as error:
            # What cannot be looked up may have gone, whatever keeps it from being looked up.
            return Outcome(Result.LOST, words=str(error))
        if found is not None:
            return Outcome(Result.TAKEN, found)
    if is_late:
        return Outcome(Result.NEVER, words=TOO_LATE)
    try:
        return sender.send(parcel)
    except SendingError as error:
        return Outcome(error.result, words=str(error))
