"""Letters of one kind about many pupils: started, looked through, checked, approved, cancelled.

Nothing here makes a letter or a file: that is background work, asked for in pieces that end well inside their lease.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from letters.models import Batch, BatchItem, Letter
from letters.queries import batches as queries
from letters.queries import wordings
from letters.rules import batches as rules
from letters.rules import kinds, states
from letters.rules.batches import BatchRefusedError, BatchState, Chosen, ItemState
from letters.rules.states import LetterState
from letters.services import sharing, steps
from registers.models import Membership, School
from registers.queries import classes
from registers.rules import rights
from registers.rules.rights import Right, Role
from registers.services import jobs, record
from registers.tasks import nudge

WRITE, ISSUE, PRINT = "letters: write", "letters: issue", "letters: print"
"""The kinds of background work."""


@transaction.atomic
def start(school: School, kind: str, chosen: Sequence[Chosen], *, today: date, by: Membership, at: datetime) -> Batch:
    """Start a batch: a letter of a kind about each pupil chosen will be drafted in the background.

    Raises BatchRefusedError without pupils, with too many or with one who is not at the school, and KindRefusedError
    for a kind the school does not write.
    """
    rights.check(Role(by.role), Right.WRITE_LETTERS)
    wording = wordings.current(school, kind)
    answers = {one.pupil_id: one.because for one in reversed(chosen)}
    if not answers:
        raise BatchRefusedError("Nobody is chosen. Tick the pupils who are to have the letter.")
    if len(answers) > rules.MOST:
        raise BatchRefusedError(f"{len(answers):,} pupils are too many for one batch. Choose at most {rules.MOST:,}.")
    pupils = queries.chosen(school, answers)
    if len(pupils) < len(answers):
        raise BatchRefusedError("Some of these pupils are not at this school. Go back and choose again.")
    batch = Batch.objects.create(
        school=school,
        kind=kind,
        wording=wording,
        written_for=today,
        started_at=at,
        started_by=by.user,
        started_role=by.role,
    )
    in_class = classes.class_names(school, today)
    BatchItem.objects.bulk_create(
        BatchItem(school=school, batch=batch, pupil_id=pk, because=because, class_name=in_class.get(pk, ""))
        for pk, because in answers.items()
    )
    _record("letters begun", batch, by, at, pupils=len(answers))
    ask(batch, WRITE, by=by, at=at)
    return batch


@transaction.atomic
def drop(batch: Batch, item_ids: Collection[int], *, by: Membership, at: datetime) -> int:
    """Leave some pupils out; their drafts are dropped. Returns how many pupils were left out."""
    locked = _locked(batch, by)
    if locked.state not in rules.LOOKED_THROUGH:
        raise BatchRefusedError(f"This batch {rules.STANDS[BatchState(locked.state)]}, so nobody can be left out now.")
    items = list(BatchItem.objects.select_for_update().filter(batch=locked, pk__in=list(item_ids)))
    open_items = [item for item in items if item.state in (ItemState.WAITING, ItemState.WRITTEN)]
    if not open_items:
        raise BatchRefusedError("Nobody is chosen whose letter waits. Tick those who are to be left out.")
    _drop_items(open_items)
    sharing.share(locked, by=by, at=at)
    _record("pupils left out of letters", locked, by, at, items=[item.pk for item in open_items])
    return len(open_items)


@transaction.atomic
def check(batch: Batch, *, by: Membership, at: datetime) -> Batch:
    """Say that the drafts have been read; the batch then waits for whoever may issue the kind."""
    locked = _locked(batch, by)
    rules.check_move(BatchState(locked.state), BatchState.CHECKED, "checked")
    _check_ready(locked)
    _check_letters(locked, by, at)
    locked.state = BatchState.CHECKED
    locked.save()
    _record("letters checked", locked, by, at)
    return locked


@transaction.atomic
def approve(batch: Batch, *, two_sided: bool = False, by: Membership, at: datetime) -> Batch:
    """Sign all letters of a batch at once, and have them issued in the background.

    Raises BatchRefusedError when figures have changed since then, and IssuerRefusedError in the wrong part.
    """
    locked = _locked(batch, by)
    rules.check_move(BatchState(locked.state), BatchState.RUNNING, "approved", only=rules.LOOKED_THROUGH)
    kinds.check_may_issue(locked.wording.read, Role(by.role))
    _check_ready(locked)
    if locked.state == BatchState.OPEN:
        _check_letters(locked, by, at)
    waiting = _letters(locked, LetterState.CHECKED)
    waiting.update(state=LetterState.APPROVED, approved_at=at, approved_by=by.user, approved_role=by.role)
    locked.state, locked.two_sided = BatchState.RUNNING, two_sided
    locked.approved_at, locked.approved_by, locked.approved_role = at, by.user, by.role
    _record(
        "letters approved",
        locked,
        by,
        at,
        letters=list(_letters(locked, LetterState.APPROVED).values_list("pk", flat=True)),
    )
    ask(locked, ISSUE, by=by, at=at)
    return locked


@transaction.atomic
def send_back(batch: Batch, *, by: Membership, at: datetime) -> Batch:
    """Give a checked batch back to be looked through again."""
    locked = _locked(batch, by)
    rules.check_move(BatchState(locked.state), BatchState.OPEN, "given back", only={BatchState.CHECKED})
    _uncheck(_letters(locked, LetterState.CHECKED))
    locked.state = BatchState.OPEN
    locked.checked_at = locked.checked_by = None
    locked.checked_role = ""
    locked.save()
    _record("letters given back", locked, by, at)
    return locked


@transaction.atomic
def write_again(batch: Batch, *, today: date, by: Membership, at: datetime) -> int:
    """Draft anew the letters behind which a mark has been amended; returns of how many pupils."""
    locked = _locked(batch, by)
    rules.check_move(BatchState(locked.state), BatchState.WRITING, "written again")
    items = queries.changed(locked)
    if not items:
        raise BatchRefusedError("No figure has changed: every letter says what the registers say.")
    _uncheck(_letters(locked, LetterState.CHECKED))
    BatchItem.objects.filter(pk__in=items, state=ItemState.WRITTEN).update(state=ItemState.WAITING)
    locked.state, locked.written_for = BatchState.WRITING, today
    locked.checked_at = locked.checked_by = None
    locked.checked_role = ""
    _record("letters written again", locked, by, at, items=items)
    ask(locked, WRITE, by=by, at=at)
    return len(items)


@transaction.atomic
def try_again(batch: Batch, *, by: Membership, at: datetime) -> int:
    """Issue once more what failed, now that the reason is gone; returns of how many pupils."""
    locked = _locked(batch, by)
    rules.check_move(BatchState(locked.state), BatchState.RUNNING, "tried again", only={BatchState.DONE})
    kinds.check_may_issue(locked.wording.read, Role(by.role))
    failed = BatchItem.objects.filter(batch=locked, state=ItemState.FAILED)
    _resign(Letter.objects.filter(item__in=failed, state__in=states.WAITING), by, at)
    number = failed.update(state=ItemState.WRITTEN, why="")
    if not number:
        raise BatchRefusedError("Nothing of this batch failed.")
    locked.state = BatchState.RUNNING
    _record("letters tried again", locked, by, at, pupils=number)
    ask(locked, ISSUE, by=by, at=at)
    return number


@transaction.atomic
def cancel(batch: Batch, *, by: Membership, at: datetime) -> Batch:
    """Stop a batch: what is issued stands, everything else is dropped."""
    locked = _locked(batch, by)
    was_running = locked.state == BatchState.RUNNING
    rules.check_move(BatchState(locked.state), BatchState.CANCELLED, "cancelled")
    open_states = (ItemState.WAITING, ItemState.WRITTEN)
    _drop_items(list(BatchItem.objects.select_for_update().filter(batch=locked, state__in=open_states)))
    locked.state = BatchState.CANCELLED
    locked.cancelled_at, locked.cancelled_by, locked.cancelled_role = at, by.user, by.role
    _record("letters cancelled", locked, by, at)
    if was_running:
        ask(locked, PRINT, by=by, at=at)
    else:
        locked.save()
    return locked


def ask(batch: Batch, work: str, *, by: Membership, at: datetime) -> None:
    """Ask for background work on a batch, and save its new round. A chunk of items is one job; printing is one."""
    batch.round, batch.print_refused = batch.round + 1, ""
    batch.save()
    items: list[list[int]] = [[]]
    if work != PRINT:
        state = ItemState.WAITING if work == WRITE else ItemState.WRITTEN
        pks = list(
            BatchItem.objects.filter(batch=batch, state=state).order_by(*queries.ORDER).values_list("pk", flat=True)
        )
        items = rules.pieces(pks, queries.shared(batch) if work == ISSUE else ())
    for number, chunk in enumerate(items):
        key = f"batch:{batch.pk}:{batch.round}:{number}"
        payload = {"batch": batch.pk, "items": chunk, "by": by.pk}
        row = jobs.ask(batch.school, kind=work, key=key, payload=payload, at=at)
        transaction.on_commit(partial(_nudge, row.pk))


def _nudge(job_id: int) -> None:
    nudge(job_id)


def _locked(batch: Batch, by: Membership) -> Batch:
    rights.check(Role(by.role), Right.WRITE_LETTERS)
    return (
        Batch.objects.select_for_update(of=("self",))
        .select_related("school", "wording")
        .get(pk=batch.pk, school_id=batch.school_id)
    )


def _letters(batch: Batch, *of: LetterState) -> QuerySet[Letter, Letter]:
    return Letter.objects.filter(item__batch=batch, item__state=ItemState.WRITTEN, state__in=of)


def _check_ready(batch: Batch) -> None:
    if not BatchItem.objects.filter(batch=batch, state=ItemState.WRITTEN).exists():
        raise BatchRefusedError("No letter of this batch is left to issue.")
    if number := len(queries.changed(batch)):
        raise BatchRefusedError(
            f"Marks behind the letters of {number} {'pupil' if number == 1 else 'pupils'} have been amended since they "
            "were drafted. Bring those letters up to date first, and look at them again."
        )


def _check_letters(batch: Batch, by: Membership, at: datetime) -> None:
    drafts = _letters(batch, LetterState.DRAFT)
    drafts.update(state=LetterState.CHECKED, checked_at=at, checked_by=by.user, checked_role=by.role)
    batch.checked_at, batch.checked_by, batch.checked_role = at, by.user, by.role


def _uncheck(letters: QuerySet[Letter, Letter]) -> None:
    letters.update(state=LetterState.DRAFT, checked_at=None, checked_by=None, checked_role="")


def _resign(letters: QuerySet[Letter, Letter], by: Membership, at: datetime) -> None:
    """Check and approve letters that fell back when their issue failed; those that did not are approved already."""
    for letter in letters.exclude(state=LetterState.APPROVED).select_related("wording"):
        for _ in steps.take(letter, LetterState.APPROVED, by, at):
            pass
        letter.save()


def _drop_items(items: list[BatchItem]) -> None:
    pks = [item.pk for item in items]
    Letter.objects.filter(item__in=pks, state__in=states.WAITING).update(state=LetterState.DROPPED, shared=None)
    # A letter that was issued in this very moment stands.
    issued = set(Letter.objects.filter(item__in=pks, state__in=states.WENT).values_list("item", flat=True))
    BatchItem.objects.filter(pk__in=issued).update(state=ItemState.ISSUED)
    BatchItem.objects.filter(pk__in=set(pks) - issued).update(state=ItemState.DROPPED)


def _record(kind: str, batch: Batch, by: Membership, at: datetime, **facts: object) -> None:
    record.write(kind, by=by, at=at, subject=f"batch:{batch.pk}", facts={"kind": batch.kind, **facts})
