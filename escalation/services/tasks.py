"""Tasks of a case: set, done, set aside, and taken up again."""

from datetime import date, datetime

from django.db import transaction

from absences.services import guards
from escalation.models import Case, Meeting, Task
from escalation.rules import tasks as rules
from escalation.rules.cases import CaseRefusedError
from escalation.rules.tasks import TaskState
from escalation.services import cases, following
from registers.models import Membership, User
from registers.rules.calendar import Calendar
from registers.rules.rights import Right, Role
from registers.services import record

MOST_TITLE = 200


@transaction.atomic
def add(
    case: Case,
    calendar: Calendar,
    title: str,
    *,
    owner_role: Role,
    owner: User | None = None,
    in_days: int = rules.FOLLOW_IN,
    meeting: Meeting | None = None,
    on: date,
    by: Membership,
    at: datetime,
) -> Task:
    """Set a task, due so many school days after a day. Raises CaseRefusedError."""
    locked = cases.lock_open(case, by)
    words = " ".join(title.split())
    if not words:
        raise CaseRefusedError("Say what is to be done.")
    rules.check_days(in_days)
    if owner_role not in rules.OWNER_ROLES:
        raise CaseRefusedError("Choose who is to do it.")
    if owner is not None:
        cases.check_worker(locked.school, owner)
    task = Task.objects.create(
        school=locked.school,
        case=locked,
        title=words[:MOST_TITLE],
        owner_role=owner_role,
        owner=owner,
        due_on=following.due_in(calendar, on, in_days),
        from_meeting=meeting,
        set_at=at,
        set_by=by.user,
    )
    _record("task set", task, by, at, due_on=task.due_on.isoformat())
    return task


def finish(task: Task, words: str = "", *, by: Membership, at: datetime) -> Task:
    """Say that a task is done, with a few words if there is anything to say."""
    return _settle(task, TaskState.DONE, words, by, at)


def set_aside(task: Task, words: str, *, by: Membership, at: datetime) -> Task:
    """Say that a task need not be done, and why."""
    if not words.strip():
        raise CaseRefusedError("Say why this need not be done.")
    return _settle(task, TaskState.SET_ASIDE, words, by, at)


@transaction.atomic
def take_up(task: Task, *, by: Membership, at: datetime) -> Task:
    """Open a settled task again."""
    locked = _locked(task, by)
    if not locked.case.is_open:
        raise CaseRefusedError("This case is closed. Open it again first.")
    rules.check_move(TaskState(locked.state), TaskState.OPEN)
    locked.state, locked.settled_at, locked.settled_by, locked.settled_words = TaskState.OPEN, None, None, ""
    locked.save(update_fields=["state", "settled_at", "settled_by", "settled_words"])
    _record("task taken up again", locked, by, at)
    return locked


@transaction.atomic
def _settle(task: Task, state: TaskState, words: str, by: Membership, at: datetime) -> Task:
    locked = _locked(task, by)
    rules.check_move(TaskState(locked.state), state)
    locked.state, locked.settled_at, locked.settled_by = state, at, by.user
    locked.settled_words = " ".join(words.split())[:MOST_TITLE]
    locked.save(update_fields=["state", "settled_at", "settled_by", "settled_words"])
    _record(f"task {state}", locked, by, at)
    return locked


def _locked(task: Task, by: Membership) -> Task:
    locked = (
        Task.objects.select_for_update(of=("self",))
        .select_related("case__pupil", "school")
        .get(pk=task.pk, school_id=task.school_id)
    )
    guards.check(by, locked.school, Right.SEE_DESK)
    return locked


def _record(kind: str, task: Task, by: Membership, at: datetime, **facts: object) -> None:
    record.write(kind, by=by, at=at, pupil=task.case.pupil, subject=f"task:{task.pk}", facts=facts)
