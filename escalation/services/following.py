"""Following flags up: each flag that asks for something opens its pupil's case, or joins it, with one task."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from absences.services import guards
from escalation.models import Case, Flag, Task
from escalation.queries import holds
from escalation.rules import tasks as rules
from escalation.rules.cases import CaseState
from escalation.rules.tasks import TaskState
from registers.models import Event, Membership, School
from registers.queries import calendars
from registers.rules.calendar import Calendar, CalendarRefusedError
from registers.rules.rights import Right, Role

AT_MOST = 200
OPENED_BY_FLAG = "Flagged: {title}"
ENDED = "The rule no longer holds."


@dataclass(frozen=True)
class Followed:
    """What following came to: cases opened, tasks set, and tasks set aside because their flag has ended."""

    cases: int = 0
    tasks: int = 0
    set_aside: int = 0


@transaction.atomic
def follow_flags(school: School, on: date, *, by: Membership, at: datetime, only: Flag | None = None) -> Followed:
    """Follow every open flag of the desk that asks for something and has not been followed; twice changes nothing.

    `only` follows one flag, as somebody's button does. A constant number of queries however many flags. Flags put
    aside wait until they come back.
    """
    if by.role != Role.NIGHTLY:
        guards.check(by, school, Right.SEE_DESK)
    take_turn(school.pk)
    flags = _to_follow(school, on, only)
    cases = {case.pupil_id: case for case in Case.objects.filter(school=school, state=CaseState.OPEN)}
    opened = _open_cases(school, flags, cases, on, by, at)
    tasks = _set_tasks(school, calendars.of(school), flags, cases, on, by, at)
    ended = _ended(school, by, at) if only is None else []
    Event.objects.bulk_create(
        [
            *(_event("case opened", by, at, case.pupil_id, f"case:{case.pk}", stage=case.stage) for case in opened),
            *(
                _event("task set", by, at, flag.pupil_id, f"task:{task.pk}", flag=flag.pk)
                for flag, task in zip(flags, tasks, strict=True)
            ),
            *(_event("task set aside", by, at, task.case.pupil_id, f"task:{task.pk}") for task in ended),
        ]
    )
    return Followed(len(opened), len(tasks), len(ended))


def take_turn(school_id: int) -> None:
    """Wait for whoever else opens cases at the school now, so that the later one finds the work done."""
    School.objects.select_for_update(no_key=True).get(pk=school_id)


def _to_follow(school: School, on: date, only: Flag | None) -> list[Flag]:
    flags = (
        Flag.objects.filter(school=school, ended_on__isnull=True, desk=True, tasks__isnull=True)
        .exclude(follow_up="")
        .exclude(pk__in=holds.held_ids(school, on))
        .defer("counted", "left_out")
        .order_by("-risk", "opened_on", "pk")
    )
    return list(flags if only is None else flags.filter(pk=only.pk))


def _open_cases(
    school: School, flags: Iterable[Flag], cases: dict[int, Case], on: date, by: Membership, at: datetime
) -> list[Case]:
    """One case for each pupil without, at the stage of the gravest flag, which comes first."""
    new: dict[int, Case] = {}
    for flag in flags:
        if flag.pupil_id in cases or flag.pupil_id in new:
            continue
        new[flag.pupil_id] = Case(
            school=school,
            pupil_id=flag.pupil_id,
            policy_version_id=flag.policy_version_id,
            stage=flag.stage,
            why=OPENED_BY_FLAG.format(title=flag.title)[:AT_MOST],
            opened_on=on,
            opened_at=at,
            opened_by_id=by.user_id,
            opened_role=by.role,
        )
    opened = Case.objects.bulk_create(new.values(), batch_size=AT_MOST)
    cases.update({case.pupil_id: case for case in opened})
    return opened


def _set_tasks(
    school: School,
    calendar: Calendar,
    flags: Iterable[Flag],
    cases: dict[int, Case],
    on: date,
    by: Membership,
    at: datetime,
) -> list[Task]:
    rows = [
        Task(
            school=school,
            case=cases[flag.pupil_id],
            title=flag.follow_up,
            owner_role=_owner_role(flag),
            owner_id=cases[flag.pupil_id].owner_id if _owner_role(flag) == Role.FLO else None,
            due_on=due_in(calendar, on, int(flag.follows.get("due_in", rules.FOLLOW_IN))),
            from_flag=flag,
            set_at=at,
            set_by_id=by.user_id,
        )
        for flag in flags
    ]
    return Task.objects.bulk_create(rows, batch_size=AT_MOST)


def _owner_role(flag: Flag) -> str:
    """Whose the task is, as the policy says it."""
    return str(flag.follows.get("owner", Role.FLO))


def due_in(calendar: Calendar, on: date, days: int) -> date:
    """The day so many school days on, itself for none; past the end of the calendar, as many weekdays as make it."""
    try:
        return calendar.add_school_days(on, days) if days else on
    except CalendarRefusedError:
        return on + timedelta(days=days + 2 * (days // 5 + 1))


def _ended(school: School, by: Membership, at: datetime) -> list[Task]:
    """Set aside what was to be done about flags that have ended, where nobody has begun."""
    tasks = list(
        Task.objects.filter(school=school, state=TaskState.OPEN, from_flag__ended_on__isnull=False).select_related(
            "case"
        )
    )
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(
        state=TaskState.SET_ASIDE, settled_at=at, settled_by_id=by.user_id, settled_words=ENDED
    )
    return tasks


def _event(kind: str, by: Membership, at: datetime, pupil_id: int, subject: str, **facts: object) -> Event:
    """One event for `bulk_create`; `record.write` would ask the database once for each."""
    return Event(
        school_id=by.school_id,
        kind=kind,
        at=at,
        by_id=by.user_id,
        role=by.role,
        pupil_id=pupil_id,
        subject=subject,
        facts=facts,
    )
