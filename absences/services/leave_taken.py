"""Settling from the register whether leave was taken, and confirming what was missed without it."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from absences.models import LeaveRequest
from absences.queries import leave_taken as queries
from absences.rules import leave_outcomes as rules
from absences.rules.leave import LeaveRefusedError
from absences.rules.leave_outcomes import Outcome
from absences.services import guards, leave_steps
from registers.models import Membership, School
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.rights import Right
from registers.rules.sessions import SessionOn
from registers.services import marks
from registers.services import record as events
from registers.services.marks import Entry, MarksRefusedError


@transaction.atomic
def settle(school: School, calendar: Calendar, before: date, *, by: Membership, at: datetime) -> int:
    """Write what leave that ended before a day has come to, and how many changed. Run again, it changes nothing."""
    changed = 0
    for row, outcome in queries.outcomes(school, calendar, before):
        old = Outcome(row.outcome)
        if outcome in (old, Outcome.TO_COME):
            continue
        rules.check_move(old, outcome)
        # Whoever changed it meanwhile is right: the next night looks again.
        if not LeaveRequest.objects.filter(pk=row.pk, outcome=old, state=row.state).update(outcome=outcome):
            continue
        changed += 1
        facts = {"old": old, "new": outcome}
        subject = leave_steps.subject(row)
        events.write("leave settled from the register", by=by, at=at, pupil=row.pupil, subject=subject, facts=facts)
    return changed


@transaction.atomic
def confirm(
    request_id: int,
    school: School,
    calendar: Calendar,
    chosen: Collection[SessionOn],
    code: str,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> int:
    """Give G or O to sessions that were missed without leave, and say to how many. Raises LeaveRefusedError.

    Only what the register still says was missed is changed: a reason found meanwhile stands.
    """
    guards.check(by, school, Right.RECORD_REASON)
    row = leave_steps.locked(school, request_id)
    marks.lock_pupils(school, {row.pupil_id})
    found = queries.missed(school, calendar, today, only=row.pk)
    places = [place for one in found for place in one.places if place in chosen]
    rules.check_confirmed(code, places, today)
    entries = [Entry(row.pupil_id, place.on, place.session, code) for place in places]
    why = "Beyond the leave granted" if row.is_held else "Leave refused"
    reason = f"{why} ({row.reference})"
    try:
        came = marks.enter(school, calendar, entries, door=Door.OFFICE, reason=reason, today=today, by=by, at=at)
    except MarksRefusedError as refused:
        raise LeaveRefusedError(str(refused)) from refused
    facts = {"code": code, "amended": len(came.amended)}
    subject = leave_steps.subject(row)
    events.write("missed without leave", by=by, at=at, pupil=row.pupil, subject=subject, facts=facts)
    return len(came.amended)
