"""Two people and one pupil's case, in real transactions: one case, one outcome, and the other is told."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from escalation.models import Case, Flag, FlagHold, Meeting, ScanRun, Task
from escalation.rules.cases import CaseRefusedError, CaseState
from escalation.rules.holds import HoldKind
from escalation.rules.meetings import MeetingKind, MeetingState
from escalation.rules.tasks import TaskState
from escalation.services import cases, following, holds, meetings, policies, scan, tasks
from escalation.services.meetings import Action, Outcome
from registers.models import Event, Membership, School
from registers.queries import calendars, people
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
from tests.escalation import documents
from tests.services.test_concurrency import at_once

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
REPEATS = pytest.mark.parametrize("repeat", range(3))
ON, AT, FIRST = builders.TODAY, builders.AT, date(2026, 9, 1)


@pytest.fixture
def school(transactional_db) -> Iterator[School]:
    made = builders.school("ashdown")
    with schools_in_scope([made.pk]):
        builders.calendar(made)
        calendar = calendars.of(made)
        night = builders.nightly(made)
        policies.adopt(made, documents.policy(documents.rule(stage="Panel")), by=night, at=AT)
        pupil = builders.pupil(made, "Ash")
        builders.marks(pupil, calendar, FIRST, "O" * 30 + "/" * (len(calendar.sessions_between(FIRST, ON)) - 30))
        scan.scan(made, calendar, ON, by=night, at=AT)
        yield made


@pytest.fixture
def two(school: School) -> tuple[Membership, Membership]:
    return builders.member(school, Role.FLO), builders.member(school, Role.FLO)


@pytest.fixture
def case(school: School, two: tuple[Membership, Membership]) -> Case:
    return cases.open_case(school, Flag.objects.get().pupil, "He is often away.", on=ON, by=two[0], at=AT)


def told(work: Callable[[], object]) -> Callable[[], object]:
    """The work's result, or the refusal that whoever asked for it reads."""

    def tried() -> object:
        try:
            return work()
        except CaseRefusedError as refusal:
            return refusal

    return tried


def refusals(outcomes: list[object]) -> int:
    return sum(isinstance(one, Exception) for one in outcomes)


def kinds(start: str) -> list[str]:
    return list(Event.objects.filter(kind__startswith=start).values_list("kind", flat=True))


@REPEATS
def test_two_who_open_a_case_share_one(school, two, repeat) -> None:
    pupil = Flag.objects.get().pupil
    works = [lambda by=by: cases.open_case(school, pupil, "Often away.", on=ON, by=by, at=AT) for by in two]
    first, second = at_once(school, *works)
    assert first == second == Case.objects.get()
    assert kinds("case opened") == ["case opened"]


@REPEATS
def test_the_night_and_a_person_open_one_case_and_set_its_task_once(school, two, repeat) -> None:
    pupil, night = Flag.objects.get().pupil, people.nightly(school)
    at_once(
        school,
        lambda: following.follow_flags(school, ON, by=night, at=AT),
        lambda: cases.open_case(school, pupil, "Often away.", on=ON, by=two[0], at=AT),
        lambda: following.follow_flags(school, ON, by=two[1], at=AT),
    )
    assert Case.objects.get().state == CaseState.OPEN
    assert Task.objects.filter(from_flag__isnull=False).count() == 1


@REPEATS
def test_a_task_is_settled_once(school, two, case, repeat) -> None:
    task = tasks.add(case, calendars.of(school), "Ring home", owner_role=Role.FLO, on=ON, by=two[0], at=AT)
    outcomes = at_once(
        school,
        told(lambda: tasks.finish(task, "They rang.", by=two[0], at=AT)),
        told(lambda: tasks.set_aside(task, "No need.", by=two[1], at=AT)),
    )
    assert refusals(outcomes) == 1
    task.refresh_from_db()
    words = {TaskState.DONE: "They rang.", TaskState.SET_ASIDE: "No need."}
    assert task.settled_words == words[TaskState(task.state)]


@REPEATS
def test_two_who_put_a_flag_aside_leave_one_hold(school, two, repeat) -> None:
    flag = Flag.objects.get()
    snooze = lambda by, days: holds.hold(  # noqa: E731
        flag, HoldKind.SNOOZED, "A week.", ON + timedelta(days=days), today=ON, by=by, at=AT
    )
    at_once(school, lambda: snooze(two[0], 5), lambda: snooze(two[1], 7))
    assert FlagHold.objects.filter(ended_at__isnull=True).count() == 1
    assert FlagHold.objects.count() == 2


@REPEATS
def test_a_case_is_not_closed_over_a_meeting_that_is_being_planned(school, two, case, repeat) -> None:
    """Whoever comes second is told: a closed case has no meeting to come."""
    calendar = calendars.of(school)
    outcomes = at_once(
        school,
        told(lambda: cases.close(case, "Settled.", by=two[0], at=AT)),
        told(
            lambda: meetings.plan(case, calendar, MeetingKind.PANEL, ON + timedelta(days=3), today=ON, by=two[1], at=AT)
        ),
    )
    assert refusals(outcomes) == 1
    case.refresh_from_db()
    assert case.is_open == Meeting.objects.exists()


@REPEATS
def test_one_outcome_of_a_meeting_is_kept_with_its_own_actions(school, two, case, repeat) -> None:
    calendar = calendars.of(school)
    meeting = meetings.plan(case, calendar, MeetingKind.PANEL, ON, today=ON, by=two[0], at=AT)

    def said(by: Membership, words: str) -> Callable[[], object]:
        outcome = Outcome(minutes=words, actions=[Action(words, Role.FLO, 5)])
        return told(lambda: meetings.settle(meeting, calendar, MeetingState.HELD, outcome, today=ON, by=by, at=AT))

    assert refusals(at_once(school, said(two[0], "One"), said(two[1], "Two"))) == 1
    meeting.refresh_from_db()
    assert [task.title for task in Task.objects.filter(from_meeting=meeting)] == [meeting.minutes]


@REPEATS
def test_a_scan_by_day_beside_one_who_puts_a_flag_aside(school, two, repeat) -> None:
    """The scan words the flag anew and the hold stands; neither waits for ever or undoes the other."""
    calendar, flag, later = calendars.of(school), Flag.objects.get(), ON + timedelta(days=3)
    at_once(
        school,
        lambda: scan.scan(school, calendar, later, by=two[0], at=AT),
        lambda: holds.hold(flag, HoldKind.DISMISSED, "Known.", None, today=ON, by=two[1], at=AT),
    )
    flag.refresh_from_db()
    assert (flag.last_seen_on, ScanRun.objects.count()) == (later, 2)
    assert FlagHold.objects.get().ended_at is None
