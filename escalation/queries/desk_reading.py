"""What is read of everybody on the desk: what sorts and narrows, in plain rows, because there may be hundreds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT

from escalation.models import Case, Flag, Meeting, Task
from escalation.queries import holds
from escalation.rules import tasks as task_rules
from escalation.rules.cases import CaseState
from escalation.rules.meetings import AWAITING_REVIEW, MeetingState
from escalation.rules.tasks import TaskState
from registers.models import School
from registers.rules import figures
from registers.rules.rights import ROLE_NAMES, Role

T = TypeVar("T")
NAMES: Mapping[str, str] = {role.value: name for role, name in ROLE_NAMES.items()}


class Flagged(NamedTuple):
    """An open flag as the desk shows it, with the share of sessions missed that the last scan counted for it."""

    pk: int
    rule_id: str
    title: str
    stage: str
    letter: str
    risk: int
    opened_on: date
    follow_up: str
    whose: str
    missed: Fraction | None


class OpenCase(NamedTuple):
    """A pupil's open case: where it stands and whose it is."""

    pk: int
    stage: str
    owner_id: int | None
    owner_name: str | None


class Due(NamedTuple):
    """The next thing to do for a pupil: what, whose, by when, and where it is done."""

    what: str
    who: str
    on: date
    standing: str
    url_name: str
    key: int
    task_id: int = 0
    is_new: bool = False
    """A flag that nobody has taken up yet."""


@dataclass(frozen=True)
class Read:
    """What was read of everybody, by pupil: flags with the gravest first, the task that is due first, meetings."""

    flags: dict[int, list[Flagged]]
    cases: dict[int, OpenCase]
    tasks: dict[int, Due]
    meetings: dict[int, list[Due]]

    @property
    def pupil_ids(self) -> set[int]:
        return {*self.flags, *self.tasks, *self.meetings}


def of_school(school: School, on: date) -> Read:
    """Every open flag not put aside, open case, task and meeting; a query for each of them."""
    held = set(holds.held_ids(school, on))
    # The one due first comes last, and stays.
    tasks = {row[0]: row[2:] for row in _tasks(school) if row[1] not in held}
    cases = {pupil_id: OpenCase(*case) for pupil_id, *case in _cases(school)}
    return Read(
        flags=_by_pupil((row[0], _flagged(row[1:])) for row in _flags(school) if row[1] not in held),
        cases=cases,
        tasks={pupil_id: _due_task(on, *row) for pupil_id, row in tasks.items()},
        meetings=_by_pupil((row.case.pupil_id, _due_meeting(row, cases, on)) for row in _meetings(school)),
    )


def pupil_ids(school: School, on: date) -> set[int]:
    """The pupils with an open flag not put aside, an open task or a meeting to come or to review."""
    return {
        *_open_flags(school).exclude(pk__in=holds.held_ids(school, on)).values_list("pupil_id", flat=True),
        *_open_tasks(school).exclude(from_flag__in=holds.held_ids(school, on)).values_list("case__pupil", flat=True),
        *_meetings(school).values_list("case__pupil", flat=True),
    }


def _by_pupil(told: Iterable[tuple[int, T]]) -> dict[int, list[T]]:
    found: defaultdict[int, list[T]] = defaultdict(list)
    for pupil_id, one in told:
        found[pupil_id].append(one)
    return dict(found)


def _open_flags(school: School) -> QuerySet[Flag, Flag]:
    return Flag.objects.filter(school=school, ended_on__isnull=True, desk=True)


def _open_tasks(school: School) -> QuerySet[Task, Task]:
    return Task.objects.filter(school=school, state=TaskState.OPEN, case__state=CaseState.OPEN)


def _meetings(school: School) -> QuerySet[Meeting, Meeting]:
    """The meetings to come, and those whose review is to come."""
    waiting = Q(state=MeetingState.PLANNED) | Q(state__in=AWAITING_REVIEW, review_on__isnull=False)
    return Meeting.objects.filter(waiting, school=school, case__state=CaseState.OPEN).select_related("case")


def _flags(school: School) -> Iterator[tuple[Any, ...]]:
    """The gravest first, and of two alike the older."""
    columns = ("pk", "rule_id", "title", "stage", "letter", "risk", "opened_on", "follow_up")
    told = {"whose": KT("follows__owner"), "absent": KT("figures__absent"), "possible": KT("figures__possible")}
    rows = _open_flags(school).annotate(**told).order_by("-risk", "opened_on", "pk")
    return rows.values_list("pupil_id", *columns, *told).iterator()


def _flagged(row: tuple[Any, ...]) -> Flagged:
    *columns, whose, absent, possible = row
    missed = figures.share(int(absent), int(possible)) if absent is not None and possible is not None else None
    return Flagged._make((*columns, NAMES[whose or Role.FLO], missed))


def _cases(school: School) -> Iterator[tuple[Any, ...]]:
    rows = Case.objects.filter(school=school, state=CaseState.OPEN)
    return rows.values_list("pupil_id", "pk", "stage", "owner_id", "owner__name").iterator()


def _tasks(school: School) -> Iterator[tuple[Any, ...]]:
    """The last to be due first."""
    rows = _open_tasks(school).order_by("-due_on", "-pk")
    columns = ("pk", "case_id", "title", "owner_role", "owner__name", "due_on")
    return rows.values_list("case__pupil_id", "from_flag_id", *columns).iterator()


def _due_task(on: date, pk: int, case_id: int, title: str, role: str, owner_name: str | None, due_on: date) -> Due:
    standing = task_rules.standing(due_on, on)
    return Due(title, owner_name or NAMES[role], due_on, standing, "case", case_id, pk)


def _due_meeting(meeting: Meeting, cases: dict[int, OpenCase], on: date) -> Due:
    owner = cases[meeting.case.pupil_id].owner_name or NAMES[Role.FLO]
    if meeting.state == MeetingState.PLANNED:
        what, day = f"{meeting.kind_name}{'' if meeting.on > on else ': say what came of it'}", meeting.on
    else:
        assert meeting.review_on is not None  # noqa: S101 - only those with a review are read
        what, day = f"Review the {meeting.kind}", meeting.review_on
    return Due(what, owner, day, task_rules.standing(day, on), "meeting", meeting.pk)
