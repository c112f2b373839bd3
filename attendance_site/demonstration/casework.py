"""What the Family Liaison Officer has done so far: cases, meetings past and to come, flags put aside."""

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal

from attendance_site.demonstration.stage import Stage
from attendance_site.demonstration.stamps import LONDON
from escalation.models import Case, Flag, Meeting, Task
from escalation.queries import policies
from escalation.rules import cases as rules
from escalation.rules.cases import Barrier
from escalation.rules.holds import HoldKind
from escalation.rules.meetings import MeetingKind, MeetingState
from escalation.rules.referrals import ReferralKind
from escalation.rules.tasks import TaskState
from escalation.services import cases, holds, meetings, referrals, tasks
from escalation.services.meetings import Action, Outcome
from letters.pdf import PdfUnavailableError
from registers.models import Membership
from registers.queries import people
from registers.rules.rights import Role

LONG_AGO, LATELY = 30, 4
"""School days before today when the first cases were opened, and the later ones."""


def play(stage: Stage) -> None:
    """Work through the flags as a good officer would: gravest first, a few left for today."""
    days = stage.calendar.school_days_between(date.min, stage.today)
    flags = _flags(stage)
    if len(days) < LONG_AGO + 10 or len(flags) < 14:
        return
    flo = Membership.objects.filter(school=stage.school, role=Role.FLO).select_related("user").order_by("pk")[0]
    long_ago, lately = days[-LONG_AGO], days[-LATELY]
    early = list(_follow(stage, flags[:7], long_ago, flo))
    later = list(_follow(stage, flags[7:11], lately, flo))
    _describe(stage, early, flo, long_ago)
    _meet(stage, early, later, days, flo)
    _settle_tasks(stage, early, days[-3], flo)
    _put_aside(stage, flags[11:13], flo)
    holds.save_view(stage.school, "Due today", {"due": "today"}, by=flo, at=stage.now)


def _flags(stage: Stage) -> list[Flag]:
    """The gravest flag of each pupil on the desk, in a mixed order that stays the same."""
    rows = Flag.objects.filter(school=stage.school, ended_on__isnull=True, desk=True).exclude(follow_up="")
    by_pupil: dict[int, Flag] = {}
    for flag in rows.select_related("pupil").defer("counted", "left_out").order_by("-risk", "pk"):
        by_pupil.setdefault(flag.pupil_id, flag)
    found = sorted(by_pupil.values(), key=lambda flag: flag.pupil.upn)
    stage.dice("casework").shuffle(found)
    return found


def _follow(stage: Stage, flags: list[Flag], on: date, flo: Membership) -> Iterator[Case]:
    nightly = people.nightly(stage.school)
    for flag in flags:
        cases.follow_flags(stage.school, on, by=nightly, at=_at(on, 18), only=flag)
        case = Case.objects.select_related("pupil", "school", "policy_version").get(pupil=flag.pupil_id, state="open")
        yield cases.describe(case, owner=flo.user, barriers=[], agencies="", plan="", by=flo, at=_at(on, 19))


def _describe(stage: Stage, early: list[Case], flo: Membership, on: date) -> None:
    """Barriers, a plan, plain and restricted notes, and one case moved on a stage."""
    cases.describe(
        early[0],
        owner=flo.user,
        barriers=[Barrier.ANXIETY, Barrier.ROUTINE],
        agencies="School nurse, since October",
        plan="A soft start at 9.00 with the teaching assistant for two weeks; breakfast club on Mondays.",
        by=flo,
        at=_at(on, 15),
    )
    cases.describe(
        early[1],
        owner=flo.user,
        barriers=[Barrier.TRANSPORT],
        agencies="",
        plan="The older sister walks with them until the bus runs again.",
        by=flo,
        at=_at(on, 15),
    )
    cases.add_note(
        early[0], "Mum says mornings are the hardest; once here, all is well.", restricted=False, by=flo, at=_at(on, 15)
    )
    cases.add_note(
        early[0], "Told in confidence: things at home are difficult just now.", restricted=True, by=flo, at=_at(on, 15)
    )
    table = rules.stage_table(policies.read(early[2].policy_version))
    graver = [one for one in table.stages if table.ranks[one] > table.ranks.get(early[2].stage, 0)]
    if graver:
        cases.move_stage(early[2], graver[0], "Two letters and no answer.", by=flo, at=_at(on, 15))
    try:
        referrals.refer(
            early[0],
            stage.calendar,
            ReferralKind.EARLY_HELP,
            "Early Help hub",
            "The family would like help with mornings and sleep.",
            consent=True,
            today=stage.today,
            by=flo,
            at=stage.now,
        )
    except PdfUnavailableError:
        return  # a machine without the libraries shows everything but the file


def _meet(stage: Stage, early: list[Case], later: list[Case], days: tuple[date, ...], flo: Membership) -> None:
    """One review due today, one done, one meeting nobody came to, one to come."""
    panel = MeetingKind.PANEL if stage.school.slug.startswith("carlton") else MeetingKind.FORMAL_LATE
    agreed = (Action("Ring home each Monday at 8.30", Role.FLO, 5), Action("A place at breakfast club", Role.OFFICE, 3))
    target = Outcome("Mum, the class teacher, the FLO", "All agree on earlier evenings.", Decimal(95))
    _held(stage, early[0], panel, days[-26], target, stage.today, flo, agreed)
    reviewed = _held(stage, early[1], MeetingKind.PANEL, days[-28], target, days[-5], flo, ())
    meetings.review(reviewed, "Ring again in a month.", today=days[-5], by=flo, at=_at(days[-5], 14))
    missed = meetings.plan(
        early[3], stage.calendar, panel, days[-6], time(15, 20), today=days[-9], by=flo, at=_at(days[-9], 15)
    )
    meetings.settle(
        missed,
        stage.calendar,
        MeetingState.NOT_ATTENDED,
        Outcome(minutes="Nobody came and nobody rang."),
        today=days[-6],
        by=flo,
        at=_at(days[-6], 15),
    )
    if stage.days_ahead:
        coming = stage.days_ahead[min(3, len(stage.days_ahead) - 1)]
        meetings.plan(
            later[0],
            stage.calendar,
            panel,
            coming,
            time(9, 10),
            "The Rainbow Room",
            "Both parents\nThe class teacher",
            today=stage.today,
            by=flo,
            at=stage.now,
        )
    cases.close(early[6], "The reason is known, and attendance is rising.", by=flo, at=_at(days[-2], 16))


def _held(
    stage: Stage,
    case: Case,
    kind: MeetingKind,
    on: date,
    outcome: Outcome,
    review_on: date,
    flo: Membership,
    actions: tuple[Action, ...],
) -> Meeting:
    meeting = meetings.plan(case, stage.calendar, kind, on, time(15, 20), today=on, by=flo, at=_at(on, 15))
    whole = Outcome(outcome.attendees, outcome.minutes, outcome.target, review_on, actions)
    return meetings.settle(meeting, stage.calendar, MeetingState.HELD, whole, today=on, by=flo, at=_at(on, 15))


def _settle_tasks(stage: Stage, early: list[Case], on: date, flo: Membership) -> None:
    """Half of the old tasks are done; the rest are overdue, as they would be; one is due today."""
    open_tasks = list(Task.objects.filter(case__in=early, state=TaskState.OPEN).order_by("pk"))
    for task in open_tasks[::2]:
        tasks.finish(task, "Spoke to Dad.", by=flo, at=_at(on, 15))
    tasks.add(
        early[4],
        stage.calendar,
        "Ring before the first lesson",
        owner_role=Role.FLO,
        in_days=2,
        on=on,
        by=flo,
        at=_at(on, 15),
    )


def _put_aside(stage: Stage, flags: list[Flag], flo: Membership) -> None:
    ahead = stage.days_ahead[min(8, len(stage.days_ahead) - 1)] if stage.days_ahead else None
    if ahead is not None:
        holds.hold(
            flags[0],
            HoldKind.SNOOZED,
            "In hospital until then; the ward school teaches them.",
            ahead,
            today=stage.today,
            by=flo,
            at=stage.now,
        )
    holds.hold(
        flags[1],
        HoldKind.DISMISSED,
        "Chicken pox, evidence seen; no concern before it.",
        None,
        today=stage.today,
        by=flo,
        at=stage.now,
    )


def _at(on: date, hour: int) -> datetime:
    return datetime.combine(on, time(hour), tzinfo=LONDON)
