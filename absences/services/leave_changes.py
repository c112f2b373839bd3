"""What happens to a request beside its decision: more is asked, it is withdrawn, a grant is shortened."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from absences.models import LeaveRequest, LeaveSession
from absences.rules import leave as rules
from absences.rules import leave_details
from absences.rules.leave import Category, LeaveRefusedError, LeaveState
from absences.services import guards, leave_registers, leave_steps
from registers.models import Membership, School
from registers.rules.calendar import Calendar
from registers.rules.rights import Right
from registers.rules.sessions import SessionOn
from registers.services import record as events


@transaction.atomic
def ask_more(request_id: int, school: School, words: str, *, by: Membership, at: datetime) -> LeaveRequest:
    """Ask the family for more before deciding; what is asked is kept."""
    guards.check(by, school, Right.ENTER_LEAVE)
    row = leave_steps.locked(school, request_id)
    _check_words(words, "Write down what the family is asked.")
    leave_steps.move(row, LeaveState.ASKED, words, kind="leave request: more asked", by=by, at=at)
    return row


@transaction.atomic
def take_answer(request_id: int, school: School, words: str, *, by: Membership, at: datetime) -> LeaveRequest:
    """Write down what the family answered; the request waits for its decision again."""
    guards.check(by, school, Right.ENTER_LEAVE)
    row = leave_steps.locked(school, request_id)
    _check_words(words, "Write down what the family answered.")
    leave_steps.move(row, LeaveState.RECEIVED, words, kind="leave request: answer taken", by=by, at=at)
    return row


@transaction.atomic
def keep_details(
    request_id: int, school: School, typed: Mapping[str, str], *, by: Membership, at: datetime
) -> LeaveRequest:
    """Keep the particulars that this kind of leave wants. They stay as they are once it is decided."""
    guards.check(by, school, Right.ENTER_LEAVE)
    row = leave_steps.locked(school, request_id)
    rules.check_undecided(LeaveState(row.state))
    details = leave_details.read(Category(row.category), typed)
    if details == row.details:
        return row
    row.details = details
    row.save(update_fields=["details"])
    facts = {"kept": sorted(details)}
    subject = leave_steps.subject(row)
    events.write("leave request: particulars kept", by=by, at=at, pupil=row.pupil, subject=subject, facts=facts)
    return row


@transaction.atomic
def shorten(
    request_id: int,
    school: School,
    calendar: Calendar,
    keep: Collection[SessionOn],
    words: str,
    *,
    by: Membership,
    at: datetime,
) -> LeaveRequest:
    """Give back all sessions of a grant but those that are kept; their marks are put right with amendments."""
    guards.check(by, school, Right.ENTER_LEAVE)
    row = leave_steps.locked(school, request_id)
    rules.check_held(LeaveState(row.state))
    granted = granted_of(row)
    remaining = rules.kept(granted, keep, words)
    back = [place for place in granted if place not in remaining]
    reason = f"Leave shortened ({row.reference})"
    leave_registers.take_back(row, school, calendar, back, remaining, reason, by=by, at=at)
    row.granted_sessions = len(remaining)
    leave_steps.move(row, LeaveState.PARTLY_GRANTED, words, back, kind="leave shortened", by=by, at=at)
    return row


@transaction.atomic
def withdraw(
    request_id: int, school: School, calendar: Calendar, words: str, *, by: Membership, at: datetime
) -> LeaveRequest:
    """Withdraw a request before its decision, or a grant with all that it put into the registers."""
    guards.check(by, school, Right.ENTER_LEAVE)
    row = leave_steps.locked(school, request_id)
    _check_words(words, "Say why it is withdrawn, and who said so; it is kept with the request.")
    rules.check_move(LeaveState(row.state), LeaveState.WITHDRAWN)
    back = granted_of(row)
    if back:
        reason = f"Leave withdrawn ({row.reference})"
        leave_registers.take_back(row, school, calendar, back, (), reason, by=by, at=at)
        row.granted_sessions = 0
    leave_steps.move(row, LeaveState.WITHDRAWN, words, back, kind="leave withdrawn", by=by, at=at)
    return row


def granted_of(row: LeaveRequest) -> list[SessionOn]:
    """The sessions of a grant that were not given back, in order."""
    return [granted.place for granted in LeaveSession.objects.filter(request=row, given_back_at__isnull=True)]


def _check_words(words: str, message: str) -> None:
    if not words.strip():
        raise LeaveRefusedError(message)
