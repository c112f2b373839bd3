"""Signing several letters at once: each is approved on its own, and those that were are issued in the background."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.db import transaction

from letters.models import Letter
from letters.rules.batches import CHUNK
from letters.rules.refusals import LetterRefusedError
from letters.services import letters
from registers.models import Membership, School
from registers.rules.calendar import Calendar
from registers.services import jobs
from registers.tasks import nudge

ISSUE_SIGNED = "letters: issue signed"


@dataclass(frozen=True)
class Signed:
    """What was signed, and what was not, with why."""

    letters: tuple[Letter, ...]
    refused: tuple[tuple[Letter, str], ...]


def sign(
    school: School, calendar: Calendar, chosen: Iterable[Letter], *, today: date, by: Membership, at: datetime
) -> Signed:
    """Approve letters; one whose figures have changed or that went lately is left, with why, and the rest go on."""
    signed, refused = [], []
    for letter in chosen:
        try:
            signed.append(letters.approve(letter, calendar, today=today, by=by, at=at))
        except LetterRefusedError as why:
            refused.append((letter, str(why)))
    ask_to_issue(school, [letter.pk for letter in signed], by=by, at=at)
    return Signed(tuple(signed), tuple(refused))


@transaction.atomic
def ask_to_issue(school: School, letter_ids: list[int], *, by: Membership, at: datetime) -> None:
    """Have approved letters issued in the background."""
    for start in range(0, len(letter_ids), CHUNK):
        chunk = letter_ids[start : start + CHUNK]
        key = f"signed:{chunk[0]}:{chunk[-1]}:{at.isoformat()}"
        row = jobs.ask(school, kind=ISSUE_SIGNED, key=key, payload={"letters": chunk, "by": by.pk}, at=at)
        transaction.on_commit(partial(_nudge, row.pk))


def _nudge(job_id: int) -> None:
    nudge(job_id)
