"""The work of mornings and evenings that nobody has to ask for.

In the morning a day's blank sessions get the codes that were arranged or that parents reported for them, and the
register is asked whether leave whose days have passed was taken. In the evening an N whose fifth school day has ended
becomes O, at the schools that chose so, and what was arranged lapses or is over.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

import structlog
from celery import shared_task

from absences.models import LongArrangement
from absences.queries import clocks as queries
from absences.rules.arranged import State
from absences.services import arranged_days, lapses, leave_taken, reported
from absences.services import clocks as services
from registers import clock
from registers.models import School
from registers.queries import calendars, people
from registers.rules.marks import Door
from registers.scope import schools_in_scope
from registers.services import jobs
from registers.services.jobs import job
from registers.tasks import nudge

log = structlog.get_logger(__name__)
JOB_KIND = "give-up"
EVENING = time(18)
"""After the afternoon session of every school, by the school's own clock."""
LAPSE_KIND = "lapse"
FILL_KIND = "fill-reported"
SETTLE_KIND = "settle-leave"
MORNING = time(5)
"""Before the morning register of every school, by the school's own clock."""


@shared_task
def give_up_all() -> int:
    """Ask for the evening's work of every school that chose it, and say for how many. Harmless to run twice."""
    return _ask_all(_ask, JOB_KIND)


@shared_task
def fill_reported_all() -> int:
    """Ask for the morning's work of every school that has school today; say for how many. Harmless to run twice."""
    return _ask_all(_ask_to_fill, FILL_KIND)


@shared_task
def lapse_all() -> int:
    """Ask for the evening's look at what was arranged, where something runs. Harmless to run twice."""
    return _ask_all(_ask_to_lapse, LAPSE_KIND)


@shared_task
def settle_leave_all() -> int:
    """Ask every school whether leave that has passed was taken; say for how many. Harmless to run twice."""
    return _ask_all(_ask_to_settle, SETTLE_KIND)


def _ask_all(ask: Callable[[School], bool], kind: str) -> int:
    asked = 0
    for school in School.objects.order_by("pk"):
        try:
            with schools_in_scope([school.pk]):
                asked += ask(school)
        except Exception:
            # One school that cannot be asked for must not stop the rest.
            log.exception("not_asked", kind=kind, school=school.slug)
    return asked


def _ask(school: School) -> bool:
    moment = clock.read(calendar := calendars.of(school))
    if moment.local.time() < EVENING or not calendar.is_school_day(moment.today):
        return False
    if not queries.rules_of(school).writes_o:
        return False
    on = moment.today.isoformat()
    nudge(jobs.ask(school, kind=JOB_KIND, key=f"{JOB_KIND}:{on}", payload={"on": on}, at=moment.at).pk)
    return True


@job(JOB_KIND)
def give_up_at(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """What is due by the day asked for; nights that were missed are caught up with it."""
    on = date.fromisoformat(payload["on"])
    services.give_up(school, calendars.of(school), on, door=Door.NIGHTLY, today=on, by=people.nightly(school), at=at)


def _ask_to_fill(school: School) -> bool:
    moment = clock.read(calendar := calendars.of(school))
    if moment.local.time() < MORNING or not calendar.is_school_day(moment.today):
        return False
    on = moment.today.isoformat()
    nudge(jobs.ask(school, kind=FILL_KIND, key=f"{FILL_KIND}:{on}", payload={"on": on}, at=moment.at).pk)
    return True


@job(FILL_KIND)
def fill_at(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """The blank sessions of the day asked for; an earlier day that was missed stays blank for the office to see.

    Where a pupil is not due, illness adds nothing; where one is due elsewhere, a reported illness goes first.
    """
    on, calendar, night = date.fromisoformat(payload["on"]), calendars.of(school), people.nightly(school)
    arranged_days.fill(school, calendar, on, arranged_days.NOT_REQUIRED, by=night, at=at)
    reported.fill(school, calendar, on, by=night, at=at)
    arranged_days.fill(school, calendar, on, arranged_days.ATTENDING, by=night, at=at)


def _ask_to_lapse(school: School) -> bool:
    moment = clock.read(calendars.of(school))
    if moment.local.time() < EVENING or not LongArrangement.objects.filter(school=school, state=State.RUNNING).exists():
        return False
    on = moment.today.isoformat()
    nudge(jobs.ask(school, kind=LAPSE_KIND, key=f"{LAPSE_KIND}:{on}", payload={"on": on}, at=moment.at).pk)
    return True


@job(LAPSE_KIND)
def lapse_at(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """What has to lapse or is over by the evening asked for; evenings that were missed are caught up with it."""
    on = date.fromisoformat(payload["on"])
    lapses.look(school, calendars.of(school), on, by=people.nightly(school), at=at)


def _ask_to_settle(school: School) -> bool:
    moment = clock.read(calendars.of(school))
    on = moment.today.isoformat()
    nudge(jobs.ask(school, kind=SETTLE_KIND, key=f"{SETTLE_KIND}:{on}", payload={"on": on}, at=moment.at).pk)
    return True


@job(SETTLE_KIND)
def settle_leave_at(school: School, payload: Mapping[str, Any], at: datetime) -> None:
    """Leave that ended before the day asked for; a night that was missed is caught up with the next."""
    on = date.fromisoformat(payload["on"])
    leave_taken.settle(school, calendars.of(school), on, by=people.nightly(school), at=at)
