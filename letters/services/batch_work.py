"""The background work of a batch, one pupil at a time: each is safe to do again, and one that fails stops no other."""

from datetime import date, datetime

import structlog
from django.db import transaction
from pypdf.errors import PyPdfError

from letters import pdf, printing, store
from letters.models import Batch, BatchItem, Letter
from letters.queries import batches as queries
from letters.queries import letters as letter_queries
from letters.rules import batches as rules
from letters.rules.batches import BatchState, ItemState
from letters.rules.refusals import LetterRefusedError
from letters.rules.states import WAITING, WENT
from letters.services import batches, letters, sharing
from registers.models import Membership
from registers.rules.calendar import Calendar
from registers.services import marks, record

log = structlog.get_logger(__name__)
MOST_WORDS = 600


def write(item_id: int, calendar: Calendar, *, today: date, by: Membership, at: datetime) -> None:
    """Draft the letters about one pupil of a batch, or keep why there can be none."""
    item = _item(item_id, by)
    if item.state != ItemState.WAITING or item.batch.state != BatchState.WRITING:
        return
    try:
        _write(item, calendar, today=today, by=by, at=at)
    except LetterRefusedError as refused:
        _settle(item, ItemState.WAITING, ItemState.REFUSED, str(refused))
    except Exception as error:
        # One poisoned row must not stop the rest: the row says so, the log says where.
        log.exception("letter_not_written", item=item.pk)
        _settle(item, ItemState.WAITING, ItemState.REFUSED, _unexpected(error))


def issue(item_id: int, calendar: Calendar, *, today: date, by: Membership, at: datetime) -> bool:
    """Issue the letters about one pupil of a batch; False when the batch goes on no more."""
    item = _item(item_id, by)
    if item.batch.state != BatchState.RUNNING:
        return False
    if item.state != ItemState.WRITTEN:
        return True
    for letter in Letter.objects.filter(item=item, state__in=WAITING).select_related("wording").order_by("pk"):
        letter.school = item.school
        if why := _not_issued(letter, calendar, today=today, by=by, at=at):
            _fail(letter, why)
            return True
    went = Letter.objects.filter(item=item, state__in=WENT).exists()
    _settle(item, ItemState.WRITTEN, ItemState.ISSUED if went else ItemState.DROPPED, "")
    return True


@transaction.atomic
def settle(batch_id: int, work: str, *, by: Membership, at: datetime) -> bool:
    """Take a batch on when the last piece of some work is done; True for whoever did."""
    batch = Batch.objects.select_for_update(of=("self",)).select_related("school", "wording").get(pk=batch_id)
    progress = queries.progress(batch)
    if work == batches.WRITE:
        if batch.state != BatchState.WRITING or progress.number(ItemState.WAITING):
            return False
        sharing.share(batch, by=by, at=at)
        batch.state = BatchState.OPEN
        batch.save()
        record.write("letters drafted", by=by, at=at, subject=f"batch:{batch.pk}", facts=_facts(progress))
        return True
    if batch.state != BatchState.RUNNING or progress.number(ItemState.WRITTEN):
        return False
    batch.state = BatchState.DONE
    record.write("letters issued", by=by, at=at, subject=f"batch:{batch.pk}", facts=_facts(progress))
    batches.ask(batch, batches.PRINT, by=by, at=at)
    return True


def print_all(batch_id: int, *, by: Membership, at: datetime) -> None:
    """Make the one file for the printer of what has been issued of a batch. A file once made is not changed."""
    batch = Batch.objects.select_related("school").get(pk=batch_id)
    if batch.state not in (BatchState.DONE, BatchState.CANCELLED) or batch.print_round == batch.round:
        return
    printed = queries.printed(batch)
    if not printed:
        return
    try:
        joined, pages = printing.joined(printed, two_sided=batch.two_sided)
        kept = store.keep(batch.school.slug, f"batch-{batch.pk}", joined)
    except (LetterRefusedError, PyPdfError) as refused:
        Batch.objects.filter(pk=batch.pk).update(print_refused=str(refused)[:300])
        return
    _keep_print(batch, kept, pages, by=by, at=at)


@transaction.atomic
def _keep_print(batch: Batch, kept: store.Kept, pages: int, *, by: Membership, at: datetime) -> None:
    made = Batch.objects.filter(pk=batch.pk, round=batch.round).update(
        print_path=kept.path, print_sha256=kept.sha256, print_pages=pages, print_round=batch.round, print_refused=""
    )
    if made:
        record.write(
            "letters joined for printing",
            by=by,
            at=at,
            subject=f"batch:{batch.pk}",
            facts={"pages": pages, "sha256": kept.sha256},
        )


@transaction.atomic
def _write(item: BatchItem, calendar: Calendar, *, today: date, by: Membership, at: datetime) -> None:
    marks.lock_pupils(item.school, {item.pupil_id})
    kind = item.batch.wording.read
    if why := queries.already(item, kind.slug, kind.interval_days, today):
        raise rules.BatchRefusedError(why)
    letters.draft(
        item.school, calendar, item.pupil, kind.slug, because=item.because, item=item, today=today, by=by, at=at
    )
    if not _settle(item, ItemState.WAITING, ItemState.WRITTEN, ""):
        raise rules.BatchRefusedError("The batch was cancelled.")


def _not_issued(letter: Letter, calendar: Calendar, *, today: date, by: Membership, at: datetime) -> str:
    """Issue a letter, or say why it cannot be."""
    try:
        letters.issue(letter, calendar, today=today, by=by, at=at)
    except (LetterRefusedError, pdf.PdfRefusedError, pdf.PdfUnavailableError) as refused:
        return str(refused)
    except Exception as error:
        log.exception("letter_not_issued", item=letter.item_id)
        return _unexpected(error)
    return ""


def _fail(letter: Letter, why: str) -> None:
    """Say of every pupil of whom a letter speaks that it was not issued: none of them is gone on with unlooked at."""
    rows = letter_queries.together(letter)
    for item in BatchItem.objects.filter(letters__in=[one.pk for one in rows]):
        _settle(item, ItemState.WRITTEN, ItemState.FAILED, why)


def _item(item_id: int, by: Membership) -> BatchItem:
    return BatchItem.objects.select_related("school", "batch__wording", "pupil").get(pk=item_id, school_id=by.school_id)


def _settle(item: BatchItem, old: ItemState, new: ItemState, why: str) -> bool:
    """Move a pupil on, unless somebody has meanwhile moved them elsewhere."""
    rules.check_item_move(old, new)
    return bool(BatchItem.objects.filter(pk=item.pk, state=old).update(state=new, why=why[:MOST_WORDS]))


def _unexpected(error: Exception) -> str:
    return (
        f"Something unexpected happened ({type(error).__name__}). Try again; if it fails once more, tell whoever looks "
        "after the system."
    )


def _facts(progress: rules.Progress) -> dict[str, int]:
    return {str(state): number for state, number in progress.counts.items() if number}
