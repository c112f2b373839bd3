"""The returns a school has made: whatever fell due is answered, but for the latest."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from absences.queries import clocks as queries
from absences.queries.clocks import Due
from absences.rules.clocks import ClockKind
from absences.services import clocks
from attendance_site.demonstration.stage import Stage

STILL_OPEN = timedelta(days=7)
"""What fell due within these days waits for its answer."""
DONE_AFTER = timedelta(days=1)


def make(stage: Stage) -> None:
    """Answer what fell due some time ago; the last of each kind of absence waits."""
    found = queries.due(stage.school, stage.calendar, stage.today)
    for one in _to_answer([row for row in found if row.answer is None], stage):
        clocks.answer(
            stage.school,
            stage.calendar,
            one.pupil,
            one.kind,
            one.since,
            min(one.due_on + DONE_AFTER, stage.today),
            f"Return sent to {stage.school.local_authority} through its secure portal",
            today=stage.today,
            by=stage.office,
            at=stage.now,
        )


def _to_answer(waiting: Sequence[Due], stage: Stage) -> Iterator[Due]:
    latest = {
        kind: max((one for one in waiting if one.kind is kind), key=lambda one: one.due_on, default=None)
        for kind in (ClockKind.ATTENDANCE, ClockKind.SICKNESS, ClockKind.PNAR)
    }
    for one in waiting:
        if one is not latest.get(one.kind) and one.due_on < stage.today - STILL_OPEN:
            yield one
