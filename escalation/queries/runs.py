"""How far the scan has come: its runs, and what is asked for and not done."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q

from escalation.models import Flag, GroupFlag, PolicyVersion, ScanRun
from escalation.queries import policies
from escalation.rules import nights
from escalation.rules.runs import JOB_KIND
from registers.models import Event, Job, School
from registers.rules.calendar import Calendar
from registers.rules.jobs import JobState

SHOWN = 60
"""How many runs the page shows: a term of nights."""


class Asked(NamedTuple):
    """A scan of a day that was asked for, and the job that is to do it."""

    on: date
    job: Job


@dataclass(frozen=True)
class Standing:
    """What the desk must say of the scan. `last` is the latest day that was scanned unharmed."""

    policy: PolicyVersion | None
    last: ScanRun | None
    due_on: date | None
    waiting: Asked | None
    failed: Asked | None

    @property
    def is_behind(self) -> bool:
        """Whether last night's scan did not reach the day it should have."""
        return self.due_on is not None and (self.last is None or self.last.on < self.due_on)


def standing(school: School, calendar: Calendar, today: date) -> Standing:
    last = last_done(school)
    asked = unfinished(school, since=last.done_at if last else None)
    return Standing(
        policy=policies.in_force(school, today),
        last=last,
        due_on=nights.day_due(calendar, today),
        waiting=next((one for one in asked if one.job.state != JobState.FAILED), None),
        failed=next((one for one in asked if one.job.state == JobState.FAILED), None),
    )


def last_done(school: School) -> ScanRun | None:
    return ScanRun.objects.filter(school=school, done_at__isnull=False).order_by("-on").first()


def latest(school: School) -> list[ScanRun]:
    return list(ScanRun.objects.filter(school=school).order_by("-on")[:SHOWN])


def unfinished(school: School, since: datetime | None = None) -> list[Asked]:
    """Scans asked for that wait, run or failed for good, latest first; of the failed, those asked for since then."""
    found = Job.objects.filter(school=school, kind=JOB_KIND).exclude(state=JobState.DONE)
    if since is not None:
        found = found.exclude(Q(state=JobState.FAILED) & Q(asked_at__lt=since))
    return [Asked(date.fromisoformat(row.payload["on"]), row) for row in found.order_by("-asked_at", "-pk")[:SHOWN]]


def day_to_scan(school: School, calendar: Calendar, local: datetime) -> date | None:
    """The day that a scan asked for now looks at: never one before the last that was scanned."""
    on, last = nights.day_to_scan(calendar, local), last_done(school)
    return max(on, last.on) if on is not None and last is not None else on


@dataclass(frozen=True)
class Changes:
    """What a day's runs changed since the day before."""

    opened: list[Flag]
    changed: list[Flag]
    ended: list[Flag]
    groups: list[GroupFlag]


def changes(school: School, run: ScanRun) -> Changes:
    """The flags that a day's runs opened, changed and ended, by name; four queries."""
    flags = Flag.objects.filter(school=school).select_related("pupil").defer("counted", "left_out")
    ordered = flags.order_by("pupil__legal_surname", "pupil__legal_forename", "pk")
    told = Event.objects.filter(school=school, kind="flag changed", facts__on=run.on.isoformat())
    ids = [int(subject.partition(":")[2]) for subject in told.values_list("subject", flat=True)]
    return Changes(
        opened=list(ordered.filter(opened_on=run.on)),
        changed=list(ordered.filter(pk__in=ids, opened_on__lt=run.on)),
        ended=list(ordered.filter(ended_on=run.on)),
        groups=list(GroupFlag.objects.filter(school=school, opened_on=run.on).select_related("school_class")),
    )
