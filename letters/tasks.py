"""The background work of letters and messages: what was released is sent, what was approved is written and joined."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone

from letters import senders
from letters.models import Letter, Message
from letters.pdf import PdfRefusedError, PdfUnavailableError
from letters.queries import messages as queries
from letters.rules.messages import MessageState
from letters.rules.refusals import LetterRefusedError
from letters.rules.states import LetterState
from letters.senders.parcels import AccountError, PermanentError, SendingError
from letters.services import batch_work, batches, letters, sending, signing
from letters.services.messages import SEND
from registers import clock
from registers.models import Membership, School
from registers.queries import calendars, people
from registers.scope import schools_in_scope
from registers.services import jobs
from registers.tasks import nudge

log = structlog.get_logger(__name__)


@jobs.job(SEND, own_transactions=True)
def send_message(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """Send one message: note that it is being sent, send it, note what came of it, each for good before the next."""
    by = people.nightly(school)
    begun = sending.begin(school, payload["message"], by=by, at=at)
    if begun is None:
        return
    outcome = senders.deliver(begun.parcel, begun.sender, look_first=begun.look_first, is_late=begun.is_late)
    wait = sending.settle(begun, outcome, by=by, at=timezone.now())
    if wait is not None:
        raise jobs.LaterError(wait)


@shared_task
def nudge_messages() -> int:
    """Tell the workers of every message that waits: releasing one tells nobody, so that no page waits for the queue."""
    with schools_in_scope(School.objects.values_list("pk", flat=True)):
        ids = jobs.waiting(timezone.now(), SEND)
    return sum(nudge(job_id) for job_id in ids)


@shared_task
def read_back_all() -> int:
    """Ask the providers what became of what they took, and say of how many there was news. Harmless to run twice."""
    heard = 0
    for school in School.objects.order_by("pk"):
        try:
            with schools_in_scope([school.pk]):
                heard += _read_back(school)
        except Exception:
            # One school of which nothing can be learned must not stop the rest.
            log.exception("not_read_back", school=school.slug)
    return heard


def _read_back(school: School) -> int:
    by = people.nightly(school)
    heard = sending.give_up_lost(school, by=by, at=timezone.now())
    for message in queries.awaiting_news(school, timezone.now()):
        try:
            heard += _news_of(message, by)
        except AccountError:
            break
        except PermanentError:
            continue  # the provider has forgotten this one
        except SendingError:
            break  # it is away; the next round asks again
    return heard


def _news_of(message: Message, by: Membership) -> bool:
    """Ask a message's provider about it, if it can be asked, and note what it says."""
    sender = senders.SENDERS[message.sender]
    if not sender.can_be_asked:
        return False
    if message.state == MessageState.SENT:
        return sending.hear(message, sender.status(message.provider_id), by=by, at=timezone.now())
    found = sender.find(message.reference)
    return found is not None and sending.find_again(message, found, by=by, at=timezone.now())


@jobs.job(batches.WRITE, own_transactions=True)
def write_letters(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """Draft the letters of some pupils of a batch."""
    by, calendar = _by(school, payload), calendars.of(school)
    today = clock.read(calendar).today
    for item_id in payload["items"]:
        batch_work.write(item_id, calendar, today=today, by=by, at=timezone.now())
    batch_work.settle(payload["batch"], batches.WRITE, by=by, at=timezone.now())


@jobs.job(batches.ISSUE, own_transactions=True)
def issue_letters(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """Issue the letters of some pupils of a batch, unless it is cancelled meanwhile."""
    by, calendar = _by(school, payload), calendars.of(school)
    today = clock.read(calendar).today
    for item_id in payload["items"]:
        if not batch_work.issue(item_id, calendar, today=today, by=by, at=timezone.now()):
            break
    batch_work.settle(payload["batch"], batches.ISSUE, by=by, at=timezone.now())


@jobs.job(batches.PRINT, own_transactions=True)
def print_letters(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """Join the issued letters of a batch into one file."""
    batch_work.print_all(payload["batch"], by=_by(school, payload), at=timezone.now())


@jobs.job(signing.ISSUE_SIGNED, own_transactions=True)
def issue_signed(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """Issue letters that were signed together. One that cannot be issued stays approved, for somebody to look at."""
    by, calendar = _by(school, payload), calendars.of(school)
    today = clock.read(calendar).today
    for letter in Letter.objects.filter(pk__in=payload["letters"], state=LetterState.APPROVED).order_by("pk"):
        try:
            letters.issue(letter, calendar, today=today, by=by, at=timezone.now())
        except (LetterRefusedError, PdfRefusedError, PdfUnavailableError) as refused:
            log.warning("letter_not_issued", letter=letter.pk, error=type(refused).__name__)


def _by(school: School, payload: Mapping[str, Any]) -> Membership:
    return Membership.objects.select_related("user", "school").get(pk=payload["by"], school=school)
