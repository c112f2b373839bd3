"""Answering illness of which evidence is wanted: asked, seen, or decided without it."""

from datetime import date, datetime

from django.db import transaction

from absences.models import EvidenceWanted, IllnessAnswer
from absences.queries import illness as queries
from absences.rules import illness as rules
from absences.rules import spans
from absences.rules.illness import DECIDED, ILLNESS, NOT_SHOWN, IllnessRefusedError, Step
from absences.services import guards
from registers.models import Membership, School
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.rights import Right
from registers.services import marks
from registers.services import record as events
from registers.services.marks import Entry

REASON = "Evidence of illness was wanted and not given"


@transaction.atomic
def answer(
    wanted: EvidenceWanted,
    school: School,
    calendar: Calendar,
    key: str,
    step: Step,
    words: str,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> IllnessAnswer:
    """Answer the stretch a key names; what is not accepted becomes O. Raises IllnessRefusedError."""
    guards.check(by, school, Right.WANT_EVIDENCE if step in DECIDED else Right.RECORD_REASON)
    rules.check_words(step, words)
    locked = marks.lock_pupils(school, {wanted.pupil_id})
    found = next((one for one in queries.waiting(school, calendar, today, wanted) if one.key == key), None)
    if found is None:
        raise IllnessRefusedError("This no longer waits: the register has changed, or somebody answered it.")
    rules.check_move(Step(found.last.step) if found.last else None, step)
    row = IllnessAnswer.objects.create(
        school=school,
        pupil=wanted.pupil,
        wanted=wanted,
        first_on=found.span.first.on,
        first_session=found.span.first.session,
        last_on=found.span.last.on,
        last_session=found.span.last.session,
        step=step,
        words=words.strip()[:200],
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    amended = 0
    if step is Step.REFUSED:
        places = spans.sessions(found.span, calendar)
        standing = marks.standing_marks(locked, {place.on for place in places})
        entries = [
            Entry(wanted.pupil_id, place.on, place.session, NOT_SHOWN)
            for place in places
            if (mark := standing.get((wanted.pupil_id, place))) is not None and mark.code == ILLNESS
        ]
        came = marks.enter(school, calendar, entries, door=Door.OFFICE, reason=REASON, today=today, by=by, at=at)
        amended = len(came.amended)
    facts = {"step": step, "first": str(found.span.first), "last": str(found.span.last), "amended": amended}
    subject = f"illness answer:{row.pk}"
    events.write(
        "illness with evidence wanted answered", by=by, at=at, pupil=wanted.pupil, subject=subject, facts=facts
    )
    return row
