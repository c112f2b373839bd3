"""A request for leave as the office enters it, and the headteacher's answer as the page sends it."""

from collections.abc import Mapping
from datetime import date

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from absences.models import LeaveRequest
from absences.rules.leave import Category
from absences.services import leave
from registers.models import Membership, Pupil
from registers.queries import calendars
from registers.rules.sessions import Session, SessionOn
from tests import builders
from tests.builders import AT, TODAY

MONDAY, FRIDAY = date(2026, 12, 7), date(2026, 12, 11)
"""A school week ahead: ten sessions."""

GRANT = {"decision": "all", "code": "C", "words": "A rare event.", "rare": "yes", "short": "no"}
REFUSE = {"decision": "refuse", "words": "It could wait for the holidays."}


def ask(pupil: Pupil, first_on: date = MONDAY, last_on: date = FRIDAY, received_on: date = TODAY) -> LeaveRequest:
    """A request for whole days, entered by the office."""
    return leave.enter(
        pupil.school,
        calendars.of(pupil.school),
        pupil,
        pupil.contacts.get(),
        received_on,
        SessionOn(first_on, Session.AM),
        SessionOn(last_on, Session.PM),
        "A grandmother’s eightieth birthday",
        Category.HOLIDAY,
        today=TODAY,
        by=builders.member(pupil.school),
        at=AT,
    )


def first(number: int) -> list[str]:
    """The first sessions of the week, as the form ticks them."""
    days = [date(2026, 12, 7 + day) for day in range(5)]
    return [f"{day}{session}" for day in days for session in Session][:number]


def decide(client: Client, head: Membership, row: LeaveRequest, answer: Mapping[str, str | list[str]]) -> HttpResponse:
    client.force_login(head.user)
    return client.post(reverse("leave_decide", args=[row.school.slug, row.pk]), answer)
