"""The desk: one row for each pupil who needs somebody, by what is due, then by risk.

What sorts and narrows the rows is read for everybody (`lines`); the rest only for the rows on the page (`details`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Q

from escalation.models import Case, Flag, Meeting, Task
from escalation.queries import desk_details, holds
from escalation.queries.desk_details import Detail
from escalation.rules import tasks as task_rules
from escalation.rules.cases import CaseState
from escalation.rules.meetings import AWAITING_REVIEW, MeetingState
from escalation.rules.outlook import Band, band
from escalation.rules.tasks import TaskState
from penalties.rules.threshold import Window
from registers.models import Pupil, School
from registers.queries import classes, figures
from registers.rules.calendar import Calendar
from registers.rules.figures import Figures
from registers.rules.rights import ROLE_NAMES, Role

BUCKETS = ("overdue", "today", "soon", "later")
GROUPS: dict[str, str] = {
    "fsm": "Free school meals",
    "pp": "Pupil premium",
    "sen": "Special educational needs",
    "eal": "English an additional language",
    "lac": "Looked after",
    "social_worker": "Social worker",
}


@dataclass(frozen=True)
class Due:
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
class Line:
    """One pupil on the desk, as far as sorting and narrowing need it. `flags` are open and not put aside."""

    pupil: Pupil
    class_name: str
    year_group: int
    figures: Figures
    flags: tuple[Flag, ...]
    case: Case | None
    due: Due

    @property
    def gravest(self) -> Flag | None:
        return self.flags[0] if self.flags else None

    @property
    def risk(self) -> int:
        return self.flags[0].risk if self.flags else 0

    @property
    def stage(self) -> str:
        """The stage of the case, or the one the policy would put it at."""
        if self.case is not None:
            return self.case.stage
        return self.flags[0].stage if self.flags else ""

    @property
    def stages(self) -> set[str]:
        return {self.stage, *(flag.stage for flag in self.flags)}

    @property
    def since(self) -> date | None:
        return min((flag.opened_on for flag in self.flags), default=None)

    @property
    def letter_flag(self) -> Flag | None:
        """The gravest flag that has a letter to write."""
        return next((flag for flag in self.flags if flag.letter), None)

    @property
    def band(self) -> Band:
        return band(self.figures)


@dataclass(frozen=True)
class Row(Line):
    """A line with everything its row shows."""

    detail: Detail

    @property
    def window(self) -> Window:
        return self.detail.window

    @property
    def lates(self) -> int:
        return self.detail.lates


@dataclass(frozen=True)
class Chosen:
    """Which lines to show; an empty choice shows every one."""

    stage: str = ""
    school_class: str = ""
    group: str = ""
    owner: str = ""
    due: str = ""


@dataclass
class _Read:
    """What was read of everybody, by pupil."""

    flags: dict[int, list[Flag]]
    cases: dict[int, Case]
    tasks: dict[int, list[Task]]
    meetings: dict[int, list[Meeting]]


def lines(school: School, calendar: Calendar, on: date) -> list[Line]:
    """Every pupil on roll with an open flag not put aside, a task or a meeting: what is due first, then risk.

    The number of queries is constant.
    """
    read = _read(school, on)
    pupils = {
        pupil.pk: pupil
        for pupil in Pupil.objects.filter(Q(leaves_on__isnull=True) | Q(leaves_on__gte=on))
        .filter(school=school, pk__in={*read.flags, *read.tasks, *read.meetings}, starts_on__lte=on)
        .defer("address", "future_address", "medical_note", "previous_school_address")
    }
    counted = figures.by_pupil(school, calendar, figures.year_to_date(on, calendar), pupils.values())
    names = classes.class_names(school, on)
    found = [
        Line(
            pupil=pupil,
            class_name=names.get(pk, ""),
            year_group=pupil.year_group(on),
            figures=counted[pk],
            flags=tuple(read.flags.get(pk, ())),
            case=read.cases.get(pk),
            due=_due(read, pk, on),
        )
        for pk, pupil in pupils.items()
    ]
    return sorted(found, key=_place)


def _place(line: Line) -> tuple[int, int, date, Fraction, str, int]:
    attendance = line.figures.attendance
    return (
        BUCKETS.index(line.due.standing),
        -line.risk,
        line.due.on,
        Fraction(1) if attendance is None else attendance,
        line.pupil.sort_name,
        line.pupil.pk,
    )


def _read(school: School, on: date) -> _Read:
    held = set(holds.held_ids(school, on))
    read = _Read({}, {}, {}, {})
    flags = (
        Flag.objects.filter(school=school, ended_on__isnull=True, desk=True)
        .defer("counted", "left_out")
        .order_by("-risk", "opened_on", "pk")
    )
    for flag in flags:
        if flag.pk not in held:
            read.flags.setdefault(flag.pupil_id, []).append(flag)
    for case in Case.objects.filter(school=school, state=CaseState.OPEN).select_related("owner"):
        read.cases[case.pupil_id] = case
    tasks = Task.objects.filter(school=school, state=TaskState.OPEN, case__state=CaseState.OPEN)
    for task in tasks.select_related("owner", "case").order_by("due_on", "pk"):
        if task.from_flag_id not in held:
            read.tasks.setdefault(task.case.pupil_id, []).append(task)
    waiting = Q(state=MeetingState.PLANNED) | Q(state__in=AWAITING_REVIEW, review_on__isnull=False)
    meetings = Meeting.objects.filter(waiting, school=school, case__state=CaseState.OPEN)
    for meeting in meetings.select_related("case"):
        read.meetings.setdefault(meeting.case.pupil_id, []).append(meeting)
    return read


def _due(read: _Read, pupil_id: int, on: date) -> Due:
    """The first thing due for a pupil; a flag nobody has taken up is due today."""
    case = read.cases.get(pupil_id)
    owner = case.owner.name if case and case.owner else ROLE_NAMES[Role.FLO]
    found: list[Due] = []
    for task in read.tasks.get(pupil_id, ()):
        standing = task_rules.standing(task.due_on, on)
        found.append(Due(task.title, task.owner_name, task.due_on, standing, "case", task.case_id, task.pk))
    found += [_due_meeting(meeting, owner, on) for meeting in read.meetings.get(pupil_id, ())]
    taken_up = {task.from_flag_id for task in read.tasks.get(pupil_id, ())}
    new = [flag for flag in read.flags.get(pupil_id, ()) if flag.pk not in taken_up]
    if new and not found:
        if case is None:
            whose = ROLE_NAMES[Role(new[0].follows.get("owner", Role.FLO))]
            return Due(new[0].follow_up, whose, on, "today", "flag", new[0].pk, is_new=True)
        return Due("Set the next step", owner, on, "today", "case", case.pk)
    return min(found, key=lambda due: due.on)


def _due_meeting(meeting: Meeting, owner: str, on: date) -> Due:
    if meeting.state == MeetingState.PLANNED:
        what, day = f"{meeting.kind_name}{'' if meeting.on > on else ': say what came of it'}", meeting.on
    else:
        assert meeting.review_on is not None  # noqa: S101 - only those with a review are read
        what, day = f"Review the {meeting.kind}", meeting.review_on
    return Due(what, owner, day, task_rules.standing(day, on), "meeting", meeting.pk)


def narrowed(found: Iterable[Line], chosen: Chosen) -> list[Line]:
    """The lines of a choice."""
    return [
        line
        for line in found
        if (not chosen.stage or chosen.stage in line.stages)
        and (not chosen.school_class or line.class_name == chosen.school_class)
        and (not chosen.group or _is_of(line.pupil, chosen.group))
        and (not chosen.owner or _is_owned(line, chosen.owner))
        and (not chosen.due or line.due.standing == chosen.due)
    ]


def _is_of(pupil: Pupil, group: str) -> bool:
    if group == "sen":
        return pupil.sen not in ("", "N")
    return group in GROUPS and bool(getattr(pupil, group))


def _is_owned(line: Line, owner: str) -> bool:
    owner_id = line.case.owner_id if line.case else None
    return owner_id is None if owner == "nobody" else str(owner_id) == owner


def details(school: School, calendar: Calendar, on: date, chosen: list[Line]) -> list[Row]:
    """The lines of one page as whole rows; the number of queries is constant."""
    found = desk_details.of(school, calendar, on, {line.pupil.pk: line for line in chosen})
    return [
        Row(
            line.pupil,
            line.class_name,
            line.year_group,
            line.figures,
            line.flags,
            line.case,
            line.due,
            detail=found[line.pupil.pk],
        )
        for line in chosen
    ]


def rows(school: School, calendar: Calendar, on: date) -> list[Row]:
    """Every line as a whole row."""
    return details(school, calendar, on, lines(school, calendar, on))
