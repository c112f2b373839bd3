"""Makers of rows for the tests of absences."""

from collections.abc import Sequence
from datetime import date

from absences.models import LeaveRequest
from absences.rules import leave_details
from absences.rules.leave import Category, Decision, FourTests
from absences.services import leave, leave_changes
from registers.models import Contact, Membership, Pupil
from registers.queries import calendars
from registers.rules.sessions import Session, SessionOn
from tests.builders import AT, TODAY

FAR = (date(2026, 12, 7), date(2026, 12, 11))
"""A school week in front of `TODAY`: ten sessions."""


def am(on: date) -> SessionOn:
    return SessionOn(on, Session.AM)


def pm(on: date) -> SessionOn:
    return SessionOn(on, Session.PM)


def request(
    pupil: Pupil,
    by: Membership,
    *,
    first: SessionOn | None = None,
    last: SessionOn | None = None,
    received_on: date = TODAY,
    category: Category = Category.HOLIDAY,
    applicant: Contact | None = None,
    today: date = TODAY,
) -> LeaveRequest:
    """A request entered through the service, with what its kind wants; the week of `FAR` unless told otherwise."""
    row = leave.enter(
        pupil.school,
        calendars.of(pupil.school),
        pupil,
        applicant or pupil.contacts.all()[0],
        received_on,
        first or am(FAR[0]),
        last or pm(FAR[1]),
        "Grandmother’s eightieth birthday abroad",
        category,
        today=today,
        by=by,
        at=AT,
    )
    typed = {one.name: "2026-12-07" if one.is_date else "As told" for one in leave_details.of(category)}
    return leave_changes.keep_details(row.pk, row.school, typed, by=by, at=AT) if typed else row


def decide(
    row: LeaveRequest,
    by: Membership,
    decision: Decision = Decision.ALL,
    *,
    granted: int | Sequence[SessionOn] | None = None,
    code: str = "C",
    today: date = TODAY,
    tests: FourTests | None = None,
) -> LeaveRequest:
    """A decision made through the service; a number grants so many sessions from the first."""
    calendar = calendars.of(row.school)
    places = granted if isinstance(granted, Sequence) else leave.sessions_of(row.pupil, calendar, row.span)[:granted]
    return leave.decide(
        row.pk,
        row.school,
        calendar,
        decision=decision,
        granted=places if decision is Decision.PART else (),
        code="" if decision is Decision.REFUSE else code,
        words="A rare event that cannot be moved.",
        tests=tests or FourTests(),
        today=today,
        by=by,
        at=AT,
    )
