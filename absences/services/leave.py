"""Leave requests: entered by the office, decided by the headteacher, and written into the registers when granted."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from absences.models import LeaveRequest
from absences.models.leave import PAPER
from absences.rules import leave as rules
from absences.rules import leave_details, spans
from absences.rules.leave import OPEN, Asked, Category, Decision, FourTests, LeaveRefusedError, LeaveState, Settled
from absences.rules.spans import Span, SpanRefusedError
from absences.services import guards, leave_registers, leave_steps
from registers.models import Contact, Membership, Pupil, School
from registers.rules.calendar import Calendar
from registers.rules.rights import Right
from registers.rules.sessions import SessionOn
from registers.services import marks
from registers.services import record as events

EVENT_KINDS = {
    LeaveState.GRANTED: "leave granted",
    LeaveState.PARTLY_GRANTED: "leave partly granted",
    LeaveState.REFUSED: "leave refused",
}


@transaction.atomic
def enter(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    applicant: Contact,
    received_on: date,
    first: SessionOn,
    last: SessionOn,
    reason: str,
    category: Category,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> LeaveRequest:
    """Enter a request for one child as it came on paper; a late one is entered too, to be refused."""
    [row] = enter_family(
        school,
        calendar,
        [pupil],
        applicant,
        received_on,
        Span(first, last),
        reason,
        category,
        today=today,
        by=by,
        at=at,
    )
    return row


@transaction.atomic
def enter_family(
    school: School,
    calendar: Calendar,
    pupils: Sequence[Pupil],
    applicant: Contact,
    received_on: date,
    span: Span,
    reason: str,
    category: Category,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> list[LeaveRequest]:
    """Enter one request for a child, or for brothers and sisters together: a row for each, all of them or none."""
    guards.check(by, school, Right.ENTER_LEAVE)
    return record_requests(
        school, calendar, pupils, applicant, received_on, span, reason, category, today=today, by=by, at=at
    )


@transaction.atomic
def record_requests(
    school: School,
    calendar: Calendar,
    pupils: Sequence[Pupil],
    applicant: Contact,
    received_on: date,
    span: Span,
    reason: str,
    category: Category,
    *,
    source: str = PAPER,
    today: date,
    by: Membership,
    at: datetime,
) -> list[LeaveRequest]:
    """Record a request that came by any way; whoever calls has asked whether it may. Raises LeaveRefusedError."""
    check_applicant(school, pupils, applicant)
    locked = marks.lock_pupils(school, {pupil.pk for pupil in pupils})
    together = uuid4() if len(pupils) > 1 else None
    return [
        _record(
            locked[pupil.pk],
            calendar,
            applicant,
            received_on,
            span,
            reason,
            category,
            source,
            together,
            today=today,
            by=by,
            at=at,
        )
        for pupil in pupils
    ]


def check_applicant(school: School, pupils: Sequence[Pupil], applicant: Contact) -> None:
    """The applicant is a parent with whom every child of the request normally lives (reg 11)."""
    if not pupils:
        raise LeaveRefusedError("Choose the child, or the children, for whom leave is asked.")
    lives = {
        row.pupil_id: row.lives_with_pupil
        for row in Contact.objects.filter(school=school, parent=applicant.parent_id, pupil__in=pupils)
    }
    if applicant.school_id != school.pk or any(pupil.pk not in lives for pupil in pupils):
        who = "this pupil’s contacts" if len(pupils) == 1 else "the contacts of every child ticked"
        raise LeaveRefusedError(f"The applicant is not among {who}. Choose one who is.")
    rules.check_applicant(all(lives.values()))


def _record(
    pupil: Pupil,
    calendar: Calendar,
    applicant: Contact,
    received_on: date,
    span: Span,
    reason: str,
    category: Category,
    source: str,
    together: UUID | None,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> LeaveRequest:
    asked = sessions_of(pupil, calendar, span)
    rules.check_request(asked, received_on, reason, today)
    _check_none_waiting(pupil, span)
    row = LeaveRequest.objects.create(
        school_id=pupil.school_id,
        pupil=pupil,
        applicant_id=applicant.parent_id,
        received_on=received_on,
        source=source,
        together=together,
        first_on=span.first.on,
        first_session=span.first.session,
        last_on=span.last.on,
        last_session=span.last.session,
        reason=reason.strip(),
        category=category,
        asked_sessions=len(asked),
        entered_at=at,
        entered_by_id=by.user_id,
        entered_role=by.role,
    )
    facts = {"category": category, "first": str(span.first), "last": str(span.last), "asked": len(asked)}
    events.write("leave request entered", by=by, at=at, pupil=pupil, subject=leave_steps.subject(row), facts=facts)
    return row


@transaction.atomic
def decide(
    request_id: int,
    school: School,
    calendar: Calendar,
    *,
    decision: Decision,
    granted: Collection[SessionOn] = (),
    code: str,
    words: str,
    tests: FourTests,
    today: date,
    by: Membership,
    at: datetime,
) -> LeaveRequest:
    """Decide a request once; what is granted goes into the registers. Raises LeaveRefusedError and changes nothing.

    `granted` are the sessions of a part; they are asked for only when part is granted.
    """
    guards.check(by, school, Right.DECIDE_LEAVE)
    row = leave_steps.locked(school, request_id)
    asked = _asked(row, calendar)
    settled = rules.settle(asked, Decision(decision), granted, code, words)
    if settled.granted:
        leave_details.check_complete(asked.category, row.details, settled.code, row.pupil.mobile_child)
    old = row.state
    _write_decision(row, asked, settled, words, tests, by, at)
    leave_steps.write(row, old, words, settled.granted, by=by, at=at)
    came = leave_registers.put(row, school, calendar, settled, today=today, by=by, at=at)
    facts = {"asked": len(asked.sessions), "granted": len(settled.granted), "code": settled.code}
    counts = {"entered": len(came.entered), "amended": len(came.amended)}
    kind = EVENT_KINDS[settled.state]
    subject = leave_steps.subject(row)
    events.write(kind, by=by, at=at, pupil=row.pupil, subject=subject, facts=facts | counts | asdict(tests))
    return row


def sessions_of(pupil: Pupil, calendar: Calendar, span: Span) -> tuple[SessionOn, ...]:
    """The pupil's sessions in a span, or LeaveRefusedError where the calendar does not reach."""
    try:
        spans.check(span, calendar)
    except SpanRefusedError as refused:
        raise LeaveRefusedError(str(refused)) from refused
    return spans.sessions(span, calendar, pupil.starts_on, pupil.leaves_on)


def _asked(row: LeaveRequest, calendar: Calendar) -> Asked:
    places = sessions_of(row.pupil, calendar, row.span)
    return Asked(LeaveState(row.state), Category(row.category), row.received_on, places)


def _check_none_waiting(pupil: Pupil, span: Span) -> None:
    """A form sent twice is one request, and two requests for one day are decided one after the other."""
    for waiting in LeaveRequest.objects.filter(
        pupil=pupil, state__in=OPEN, first_on__lte=span.last.on, last_on__gte=span.first.on
    ):
        if waiting.span.overlaps(span):
            raise LeaveRefusedError(
                f"A request for {waiting.span} is already waiting for a decision. Let that be decided first."
            )


def _write_decision(
    row: LeaveRequest, asked: Asked, settled: Settled, words: str, tests: FourTests, by: Membership, at: datetime
) -> None:
    row.state = settled.state
    row.asked_sessions = len(asked.sessions)
    row.granted_sessions = len(settled.granted)
    row.code = settled.code
    row.decision_words = words.strip()
    row.rare, row.significant = tests.rare, tests.significant
    row.unavoidable, row.short = tests.unavoidable, tests.short
    row.decided_at, row.decided_by_id, row.decided_role = at, by.user_id, by.role
    row.save()
