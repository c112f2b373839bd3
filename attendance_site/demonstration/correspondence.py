"""The letters of the day: one in every state, a batch that is printed and posted, and one that waits to be signed."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import time

from django.db import transaction

from attendance_site.demonstration.stage import Stage
from escalation.models import Flag
from letters.models import Batch, Letter
from letters.pdf import PdfUnavailableError
from letters.queries import batches as queries
from letters.rules.batches import Chosen
from letters.rules.posting import How
from letters.rules.refusals import LetterRefusedError
from letters.services import batch_work, batches, letters, posting
from registers.models import Mark, Membership, Pupil
from registers.rules.marks import Door, MarkRefusedError
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.services import marks

SUMMARY = "register_summary"
TO_SIGN = {"staplehurst": "stage1_medical", "carlton-road": "letter_of_concern"}
"""The letter of each school that the headteacher has to sign."""
WRITTEN, SIGNED, POSTED, AMENDED = time(8, 20), time(8, 40), time(8, 55), time(9, 0)
PRINTED, WAITING = 3, 5


def write(stage: Stage) -> None:
    """Write as an office would on a morning; without the printer's libraries nothing is issued."""
    lead = Membership.objects.filter(school=stage.school, role=Role.ATTENDANCE_LEAD).order_by("pk").first()
    by = lead or stage.office
    with suppress(PdfUnavailableError), transaction.atomic():
        _one_in_every_state(stage, by)
        _printed(stage, by)
    _to_sign(stage, by)


def _one_in_every_state(stage: Stage, by: Membership) -> None:
    """A draft, a checked, an approved, an issued, a posted and a withdrawn summary, and one whose figures changed."""
    kept = [_draft(stage, pupil, SUMMARY, by) for pupil in stage.take(stage.everybody, 7, "letters")]
    drafts = [letter for letter in kept if letter is not None]
    if len(drafts) < 7:
        return
    _, checked, approved, issued, posted, withdrawn, amended = drafts
    letters.check(checked, stage.calendar, today=stage.today, by=by, at=stage.by(WRITTEN))
    letters.approve(approved, stage.calendar, today=stage.today, by=by, at=stage.by(SIGNED))
    for letter in (issued, posted, withdrawn, amended):
        letters.issue(letter, stage.calendar, today=stage.today, by=by, at=stage.by(SIGNED))
    _post(stage, [posted.pk], by)
    letters.withdraw(withdrawn, reason="Addressed to the wrong parent", by=by, at=stage.by(POSTED))
    _amend_behind(stage, amended)


def _draft(stage: Stage, pupil: Pupil, kind: str, by: Membership) -> Letter | None:
    """The letter to a pupil's first household; None where none can be written."""
    with suppress(LetterRefusedError):
        drafted = letters.draft(
            stage.school, stage.calendar, pupil, kind, today=stage.today, by=by, at=stage.by(WRITTEN)
        )
        return drafted[0]
    return None


def _post(stage: Stage, letter_ids: Sequence[int], by: Membership) -> None:
    posting.mark_sent(
        stage.school, letter_ids, how=How.POST, on=stage.today, today=stage.today, by=by, at=stage.by(POSTED)
    )


def _amend_behind(stage: Stage, letter: Letter) -> None:
    """Change a mark that the letter was counted from: the family rang with what nobody knew before."""
    rows = Mark.objects.filter(pupil=letter.pupil_id, on__lt=stage.today, on__gte=letter.sessions[0][0])
    for mark in rows.filter(code__in=["/", "\\"]).order_by("-on", "-session")[:1]:
        entry = marks.Entry(letter.pupil_id, mark.on, Session(mark.session), "I", note="Sent home ill, marked in error")
        with suppress(MarkRefusedError):
            marks.enter(
                stage.school,
                stage.calendar,
                [entry],
                door=Door.OFFICE,
                reason="Marked present in error",
                today=stage.today,
                by=stage.office,
                at=stage.by(AMENDED),
            )


def _printed(stage: Stage, by: Membership) -> None:
    """A small batch from choice to post."""
    batch = _written(stage, SUMMARY, [Chosen(one.pk) for one in stage.take(stage.everybody, PRINTED, "batch")], by)
    batches.approve(batch, by=by, at=stage.by(SIGNED))
    for item in batch.items.order_by("pk"):
        batch_work.issue(item.pk, stage.calendar, today=stage.today, by=by, at=stage.by(SIGNED))
    batch_work.settle(batch.pk, batches.ISSUE, by=by, at=stage.by(SIGNED))
    batch_work.print_all(batch.pk, by=by, at=stage.by(POSTED))
    _post(stage, [letter.pk for letter in queries.printed(batch)], by)


def _to_sign(stage: Stage, by: Membership) -> None:
    """A batch about flagged pupils that is looked through and waits for the headteacher."""
    kind = TO_SIGN[stage.school.slug]
    flags = Flag.objects.filter(school=stage.school, ended_on=None, letter=kind).order_by("-pupil__upn", "pk")
    chosen = {flag.pupil_id: Chosen(flag.pupil_id, f"flag:{flag.pk}") for flag in flags}
    if chosen:
        batch = _written(stage, kind, list(chosen.values())[:WAITING], by)
        with suppress(LetterRefusedError):
            batches.check(batch, by=stage.office, at=stage.by(SIGNED))


def _written(stage: Stage, kind: str, chosen: Sequence[Chosen], by: Membership) -> Batch:
    at = stage.by(WRITTEN)
    batch = batches.start(stage.school, kind, chosen, today=stage.today, by=by, at=at)
    for item in batch.items.order_by("pk"):
        batch_work.write(item.pk, stage.calendar, today=stage.today, by=by, at=at)
    batch_work.settle(batch.pk, batches.WRITE, by=by, at=at)
    return batch
