"""Who gave the grid's marks what they say: the latest entry of each, and a line about what is out of the ordinary."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F

from registers.models import Amendment, Mark, School
from registers.rules import codes, taking
from registers.rules.history import is_restricted
from registers.rules.taking import SEEN_NAMES, Seen


@dataclass(frozen=True)
class LastEntry:
    """Who gave a mark what it now says, when, and why."""

    name: str
    at: datetime
    reason: str


def last_entries(marks: Collection[Mark], *, shows_restricted: bool) -> dict[int, LastEntry]:
    """The latest entry of each mark, by mark; two queries.

    A reason for giving a restricted code or taking it away is for those who may see sensitive fields.
    """
    found = {
        mark.pk: LastEntry(mark.recorded_as or mark.recorded_by.name, mark.recorded_at, "")
        for mark in Mark.objects.filter(pk__in=[mark.pk for mark in marks]).select_related("recorded_by")
    }
    for row in Amendment.objects.filter(mark__in=list(found), version=F("mark__version")).select_related("by"):
        is_hidden = not shows_restricted and is_restricted(row.old_code, row.new_code)
        found[row.mark_id] = LastEntry(row.by.name, row.at, "" if is_hidden else row.reason)
    return found


@dataclass(frozen=True)
class Remark:
    """What is known of one session that is not plainly present."""

    session: str
    code: str
    note: str
    saw: str
    last: LastEntry


def remarks(school: School, on: date, *, shows_restricted: bool) -> dict[int, list[Remark]]:
    """Everything a day's marks say beyond being present, by pupil; three queries.

    A restricted code's note is for those who may see sensitive fields.
    """
    marks = [
        mark
        for mark in Mark.objects.filter(school=school, on=on).order_by("session")
        if mark.note or mark.version > 1 or mark.code not in codes.PRESENT_STROKE.values()
    ]
    last = last_entries(marks, shows_restricted=shows_restricted)
    found: dict[int, list[Remark]] = defaultdict(list)
    for mark in marks:
        note = "" if is_restricted(mark.code) and not shows_restricted else mark.note
        saw = SEEN_NAMES[Seen(mark.seen)] if taking.disagrees(mark.seen, mark.code) else ""
        found[mark.pupil_id].append(Remark(mark.session, mark.code, note, saw, last[mark.pk]))
    return found
