"""What leave does to the registers: codes entered ahead when it is granted, and put right when it is given back."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from absences.models import LeaveRequest, LeaveSession
from absences.rules import leave as rules
from absences.rules import spans
from absences.rules.leave import LeaveRefusedError, Settled
from registers.models import Arrangement, Mark, Membership, School
from registers.rules import codes
from registers.rules.calendar import Calendar
from registers.rules.codes import Ground
from registers.rules.marks import Door
from registers.rules.sessions import SessionOn
from registers.services import arrangements, marks
from registers.services.marks import MOST_REASON, Entry, MarksRefusedError, Outcome


def put(
    row: LeaveRequest,
    school: School,
    calendar: Calendar,
    settled: Settled,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> Outcome:
    """Record what the code rests on, then give it to every granted session that takes it."""
    if not settled.granted:
        return Outcome()
    LeaveSession.objects.bulk_create(
        LeaveSession(school=school, request=row, on=place.on, session=place.session) for place in settled.granted
    )
    rest(row, school, calendar, settled.granted, by=by, at=at)
    locked = marks.lock_pupils(school, {row.pupil_id})
    standing = marks.standing_marks(locked, {place.on for place in settled.granted})
    by_place = {place: mark.code for (_, place), mark in standing.items()}
    entries = [
        Entry(row.pupil_id, place.on, place.session, settled.code)
        for place in settled.granted
        if rules.takes(by_place.get(place), place, today)
    ]
    try:
        return marks.enter(
            school, calendar, entries, door=Door.LEAVE, reason="Leave granted", today=today, by=by, at=at
        )
    except MarksRefusedError as refused:
        raise LeaveRefusedError(str(refused)) from refused


def rest(
    row: LeaveRequest,
    school: School,
    calendar: Calendar,
    places: Iterable[SessionOn],
    *,
    by: Membership,
    at: datetime,
) -> None:
    """Record what the code of the leave rests on, one record for each stretch of sessions."""
    # A day of religious observance or an appointment needs no leave to rest on; the other codes of a grant do.
    if codes.code(row.code).ground is not Ground.LEAVE:
        return
    for run in spans.runs(places, calendar):
        arrangements.record(school, row.pupil, row.code, run.first, run.last, row.reference, by=by, at=at)


def take_back(
    row: LeaveRequest,
    school: School,
    calendar: Calendar,
    back: Collection[SessionOn],
    remaining: Collection[SessionOn],
    reason: str,
    *,
    by: Membership,
    at: datetime,
) -> list[Mark]:
    """Put the registers right for sessions of leave that are given back, and let the rest of it stand.

    Their marks become N: of a day to come the class register will tell, of a day that has passed the office.
    What rested on the leave is ended, and what remains of it recorded anew.
    """
    for arrangement in Arrangement.objects.filter(
        school=school, pupil=row.pupil_id, reference=row.reference, ended_at__isnull=True
    ).select_related("pupil"):
        arrangements.end(arrangement, by=by, at=at)
    rest(row, school, calendar, remaining, by=by, at=at)
    for granted in LeaveSession.objects.filter(request=row, given_back_at__isnull=True):
        if granted.place in back:
            granted.given_back_at = at
            granted.save(update_fields=["given_back_at"])
    locked = marks.lock_pupils(school, {row.pupil_id})
    standing = marks.standing_marks(locked, {place.on for place in back})
    fallen = [mark for (_, place), mark in standing.items() if place in back and mark.code == row.code]
    return marks.lapse(
        sorted(fallen, key=lambda mark: (mark.on, mark.session)), reason=reason[:MOST_REASON], by=by, at=at
    )
