"""The night's work: one date for each school, one job for each school, and the work of that job."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone

from escalation.queries import policies
from escalation.rules import nights
from escalation.rules.runs import JOB_KIND, OvertakenError
from escalation.rules.simulations import JOB_KIND as SIMULATION
from escalation.services import asking, cases, scan, simulations
from registers import clock
from registers.models import Membership, School
from registers.queries import calendars, people
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from registers.services.jobs import job

log = structlog.get_logger(__name__)


@shared_task
def scan_all() -> int:
    """Ask for the scan of every school with a policy, and say for how many. Harmless to run twice."""
    asked = 0
    for school in School.objects.order_by("pk"):
        try:
            with schools_in_scope([school.pk]):
                asked += _ask(school)
        except Exception:
            # One school that cannot be asked for must not stop the rest.
            log.exception("scan_not_asked", school=school.slug)
    return asked


def _ask(school: School) -> bool:
    moment = clock.read(calendar := calendars.of(school))
    on = nights.day_to_scan(calendar, moment.local)
    if on is None or policies.in_force(school, on) is None:
        log.info("scan_not_due", school=school.slug)
        return False
    asking.ask_tonight(school, on, by=people.nightly(school), at=moment.at)
    return True


@job(JOB_KIND)
def scan_school(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """Scan one school, in the name of whoever asked. A day overtaken by a later scan needs none any more."""
    by = Membership.objects.select_related("user", "school").get(pk=payload["by"], school=school)
    on = date.fromisoformat(payload["on"])
    try:
        scan.scan(school, calendars.of(school), on, by=by, at=at, clock=timezone.now)
    except OvertakenError:
        log.info("scan_overtaken", school=school.slug)
        return
    if by.role == Role.NIGHTLY:
        # What the flags ask for becomes tasks by the morning; a scan somebody asks for by day leaves that to them.
        cases.follow_flags(school, on, by=by, at=at)


@job(SIMULATION)
def simulate(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """Work out what a draft would have done, in the name of whoever asked."""
    by = Membership.objects.select_related("user", "school").get(pk=payload["by"], school=school)
    simulations.work_out(school, calendars.of(school), payload["simulation"], by=by, at=at)
