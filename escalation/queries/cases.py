"""One case with everything its page shows, and the lists the desk draws on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from escalation.models import Case, CaseNote, Flag, FlagHold, Meeting, PolicyVersion, Referral, Task
from escalation.queries import holds, meetings, policies
from escalation.queries.meetings import Result
from escalation.rules import cases as rules
from escalation.rules import tasks as tasks_rules
from escalation.rules.cases import BARRIER_NAMES, Barrier
from escalation.rules.meetings import AWAITING_REVIEW, MeetingState
from registers.models import Membership, School
from registers.queries import classes, figures
from registers.rules.calendar import Calendar
from registers.rules.figures import Figures
from registers.rules.rights import Right


@dataclass(frozen=True)
class DueTask:
    """A task and where its due date stands: overdue, today, soon or later."""

    row: Task
    standing: str


@dataclass(frozen=True)
class Met:
    """A meeting, and what the register says of its target so far."""

    row: Meeting
    result: Result | None
    is_due: bool
    """Whether there is something to say: its day has come, or the day of its review."""


@dataclass(frozen=True)
class Noted:
    """A note as one reader may see it; `text` is empty where it is not theirs to read."""

    row: CaseNote
    text: str


@dataclass(frozen=True)
class CasePage:
    """A case on a day."""

    case: Case
    class_name: str
    figures: Figures
    flags: tuple[Flag, ...]
    held: dict[int, FlagHold]
    tasks: tuple[DueTask, ...]
    settled: tuple[Task, ...]
    meetings: tuple[Met, ...]
    notes: tuple[Noted, ...]
    referrals: tuple[Referral, ...]
    stages: tuple[str, ...]
    """The stages it may move to."""
    suggested: str
    """The stage the policy now puts the pupil at, where the case may move there and stands elsewhere."""
    next_stage: str
    """The next stage up, where there is one."""
    newer_policy: PolicyVersion | None
    earlier: tuple[Case, ...]

    @property
    def due_meetings(self) -> list[Met]:
        return [met for met in self.meetings if met.is_due]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is left to do, so that the case might be closed."""
        return self.case.is_open and not (self.flags or self.tasks or any(_waits(met.row) for met in self.meetings))

    @property
    def barriers(self) -> list[str]:
        return [BARRIER_NAMES[Barrier(one)] for one in self.case.barriers]


def _waits(meeting: Meeting) -> bool:
    """Whether a meeting is still to come, or its target still to be reviewed."""
    if meeting.state in AWAITING_REVIEW:
        return meeting.review_on is not None
    return meeting.state == MeetingState.PLANNED


def of_school(school: School) -> QuerySet[Case, Case]:
    """A school's cases with what every page shows of them."""
    return Case.objects.filter(school=school).select_related(
        "school", "pupil", "owner", "policy_version", "opened_by", "closed_by"
    )


def page(case: Case, calendar: Calendar, on: date, reader: Iterable[Membership]) -> CasePage:
    """One case as somebody may see it on a day; a constant number of queries."""
    parts = list(reader)
    flags = tuple(
        Flag.objects.filter(pupil=case.pupil, ended_on__isnull=True, desk=True)
        .defer("counted", "left_out")
        .order_by("-risk", "opened_on", "pk")
    )
    tasks = list(Task.objects.filter(case=case).select_related("owner", "settled_by", "from_meeting"))
    table = rules.stage_table(policies.read(case.policy_version))
    in_force = policies.in_force(case.school, on)
    allowed = table.moves.get(case.stage, frozenset(table.stages))
    year = figures.year_to_date(on, calendar)
    return CasePage(
        case=case,
        class_name=classes.class_names(case.school, on).get(case.pupil_id, ""),
        figures=figures.by_pupil(case.school, calendar, year, [case.pupil]).get(case.pupil_id, Figures()),
        flags=flags,
        held={hold.flag_id: hold for hold in holds.standing(case.school, on).filter(flag__pupil=case.pupil)},
        tasks=tuple(DueTask(row, tasks_rules.standing(row.due_on, on)) for row in tasks if row.is_open),
        settled=tuple(sorted((row for row in tasks if not row.is_open), key=lambda row: str(row.settled_at))[::-1]),
        meetings=tuple(met(case, on)),
        notes=tuple(_notes(case, parts)),
        referrals=tuple(Referral.objects.filter(case=case).select_related("made_by")),
        stages=tuple(stage for stage in table.stages if stage in allowed),
        suggested=next((flag.stage for flag in flags if flag.stage != case.stage and flag.stage in allowed), ""),
        next_stage=next((one for one in table.stages if table.ranks[one] > table.ranks.get(case.stage, -1)), ""),
        newer_policy=in_force if in_force and in_force.pk != case.policy_version_id else None,
        earlier=tuple(Case.objects.filter(pupil=case.pupil).exclude(pk=case.pk).order_by("-opened_at")),
    )


def met(case: Case, on: date) -> list[Met]:
    """A case's meetings, newest first, each with its result so far or as it was frozen."""
    rows = list(Meeting.objects.filter(case=case).select_related("case__pupil", "school", "letter", "planned_by"))
    waiting = [row for row in rows if row.state in AWAITING_REVIEW]
    results = meetings.results(waiting, on)
    return [Met(row, results.get(row.pk), is_due(row, on)) for row in rows]


def is_due(meeting: Meeting, on: date) -> bool:
    """Whether a meeting asks for something on a day: to say what came of it, or to review it."""
    if meeting.state == MeetingState.PLANNED:
        return meeting.on <= on
    return meeting.state in AWAITING_REVIEW and meeting.review_on is not None and meeting.review_on <= on


def _notes(case: Case, reader: list[Membership]) -> list[Noted]:
    users = {part.user_id for part in reader}
    may = any(part.holds(Right.SEE_RESTRICTED) for part in reader)
    rows = CaseNote.objects.filter(case=case).select_related("by")
    return [Noted(row, row.text if may or not row.restricted or row.by_id in users else "") for row in rows]


def owners(school: School, on: date) -> list[tuple[int, str]]:
    """Id and name of everybody who works through cases, by name."""
    rows = (
        Membership.objects.filter(school=school, role__in=tasks_rules.WORKERS, user__is_active=True)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        .values_list("user_id", "user__name")
        .distinct()
        .order_by("user__name")
    )
    return list(rows)


def open_of(pupil_id: int) -> Case | None:
    """A pupil's open case."""
    return Case.objects.filter(pupil=pupil_id, state=rules.CaseState.OPEN).first()
