"""One step of a request, whoever takes it: the row locked, the step written down beside it."""

from collections.abc import Iterable
from datetime import datetime

from absences.models import LeaveRequest, LeaveStep
from absences.rules import spans
from absences.rules.leave import LeaveState, check_move
from registers.models import Membership, School
from registers.rules.sessions import SessionOn
from registers.services import record as events


def locked(school: School, request_id: int) -> LeaveRequest:
    """A request of the school, locked until the transaction ends."""
    rows = LeaveRequest.objects.select_for_update(of=("self",), no_key=True).select_related("pupil")
    return rows.get(school=school, pk=request_id)


def move(
    row: LeaveRequest,
    new: LeaveState,
    words: str,
    sessions: Iterable[SessionOn] = (),
    *,
    kind: str,
    by: Membership,
    at: datetime,
) -> None:
    """Take a locked request to another state, write the step and the event. Raises LeaveRefusedError."""
    check_move(LeaveState(row.state), new)
    old, row.state = row.state, new
    row.save()
    given = list(sessions)
    write(row, old, words, given, by=by, at=at)
    events.write(kind, by=by, at=at, pupil=row.pupil, subject=subject(row), facts={"sessions": len(given)})


def write(
    row: LeaveRequest, old: str, words: str, sessions: Iterable[SessionOn], *, by: Membership, at: datetime
) -> None:
    LeaveStep.objects.create(
        school_id=row.school_id,
        request=row,
        old=old,
        new=row.state,
        words=words.strip(),
        sessions=[spans.key(place) for place in sessions],
        at=at,
        by_id=by.user_id,
        role=by.role,
    )


def subject(row: LeaveRequest) -> str:
    return f"leave request:{row.pk}"
