"""What somebody has to do in a case, and until when."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from escalation.rules.cases import CaseRefusedError
from registers.rules.rights import ROLE_NAMES, Right, Role, holds

FOLLOW_IN = 5
"""School days within which a flag is followed up where its policy says nothing else."""
MOST_DAYS = 60
"""The longest a task may be put ahead, in school days."""


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    SET_ASIDE = "set aside"


TASK_STATE_NAMES: Mapping[TaskState, str] = {
    TaskState.OPEN: "To do",
    TaskState.DONE: "Done",
    TaskState.SET_ASIDE: "Set aside",
}

MOVES: Mapping[TaskState, frozenset[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.DONE, TaskState.SET_ASIDE}),
    # A step taken by mistake is taken back.
    TaskState.DONE: frozenset({TaskState.OPEN}),
    TaskState.SET_ASIDE: frozenset({TaskState.OPEN}),
}

OWNER_ROLES: tuple[Role, ...] = (Role.FLO, Role.ATTENDANCE_LEAD, Role.HEAD, Role.OFFICE, Role.TEACHER)
"""The parts that may be asked to do something for a child."""
OWNER_ROLE_CHOICES: tuple[tuple[str, str], ...] = tuple((role.value, ROLE_NAMES[role]) for role in OWNER_ROLES)
WORKERS: frozenset[Role] = frozenset(role for role in Role if holds(role, Right.SEE_DESK))
"""The parts that work through cases and may own one."""


def check_move(old: TaskState, new: TaskState) -> None:
    if new not in MOVES[old]:
        raise CaseRefusedError(f"This task is {TASK_STATE_NAMES[old].lower()}, so it cannot be {new}.")


def check_days(days: int) -> None:
    """Refuse a due date that is not ahead, or too far."""
    if not 1 <= days <= MOST_DAYS:
        raise CaseRefusedError(f"Give the task 1 to {MOST_DAYS} school days.")


def standing(due_on: date, today: date) -> str:
    """Where a due date stands: overdue, today, soon (within a week) or later."""
    if due_on < today:
        return "overdue"
    if due_on == today:
        return "today"
    return "soon" if (due_on - today).days <= 7 else "later"
