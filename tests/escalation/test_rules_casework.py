"""The rules of cases, tasks, meetings, holds and referrals: every move, and both sides of every boundary."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from escalation.rules import cases, holds, meetings, referrals, tasks
from escalation.rules.cases import CaseRefusedError, CaseState, StageTable, stage_table
from escalation.rules.holds import HoldKind, HoldRefusedError
from escalation.rules.meetings import MeetingKind, MeetingState
from escalation.rules.referrals import ReferralKind
from escalation.rules.tasks import TaskState
from registers.rules.figures import Figures
from registers.rules.rights import Role
from tests.escalation import documents

TODAY = date(2026, 11, 20)
TOMORROW = TODAY + timedelta(days=1)

MACHINES = [
    (cases, CaseState, {("open", "closed"), ("closed", "open")}),
    (
        tasks,
        TaskState,
        {("open", "done"), ("open", "set aside"), ("done", "open"), ("set aside", "open")},
    ),
    (
        meetings,
        MeetingState,
        {
            ("planned", "held"),
            ("planned", "not attended"),
            ("planned", "cancelled"),
            ("held", "reviewed"),
            ("not attended", "reviewed"),
        },
    ),
]
PAIRS = [
    pytest.param(machine, old, new, (str(old), str(new)) in allowed, id=f"{states.__name__}-{old}-{new}")
    for machine, states, allowed in MACHINES
    for old in states
    for new in states
]


@pytest.mark.parametrize(("machine", "old", "new", "may"), PAIRS)
def test_every_pair_of_states(machine, old, new, may) -> None:
    if may:
        machine.check_move(old, new)
    else:
        with pytest.raises(CaseRefusedError):
            machine.check_move(old, new)


TABLE = StageTable({"Watch": 0, "Letters": 1, "Late": 1, "Panel": 2, "Officer": 3})


@pytest.mark.parametrize(
    ("old", "new", "may"),
    [
        pytest.param("Watch", "Letters", True, id="one-up"),
        pytest.param("Watch", "Officer", True, id="straight-to-the-gravest"),
        pytest.param("Letters", "Late", True, id="sideways"),
        pytest.param("Officer", "Panel", True, id="one-back"),
        pytest.param("Panel", "Late", True, id="one-back-to-either"),
        pytest.param("Officer", "Letters", False, id="two-back"),
        pytest.param("Panel", "Watch", False, id="two-back-to-watching"),
        pytest.param("Panel", "Panel", False, id="nowhere"),
        pytest.param("Panel", "Moon", False, id="no-such-stage"),
        pytest.param("Of another policy", "Panel", True, id="from-a-stage-unknown"),
    ],
)
def test_moves_between_stages(old, new, may) -> None:
    if may:
        TABLE.check_move(old, new)
        return
    with pytest.raises(CaseRefusedError):
        TABLE.check_move(old, new)


def test_two_steps_back_are_told_the_first() -> None:
    with pytest.raises(CaseRefusedError, match="one stage at a time: to Letters or Late first"):
        TABLE.check_move("Panel", "Watch")


@pytest.mark.parametrize("slug", documents.SLUGS)
def test_both_schools_stages_stand_in_the_order_of_their_risk(slug) -> None:
    policy = documents.read(documents.of_school(slug))
    table = stage_table(policy)
    risks = {stage: min(rule.risk for rule in policy.rules if rule.stage == stage) for stage in table.stages}
    assert set(table.stages) == {rule.stage for rule in policy.rules}
    assert list(table.stages) == sorted(table.stages, key=lambda stage: (risks[stage], table.stages.index(stage)))
    assert all(new != old for old, moves in table.moves.items() for new in moves)


def test_a_stage_of_several_rules_has_the_lightest_rank() -> None:
    policy = documents.read(
        documents.policy(
            documents.rule("A", stage="Letters", risk=1),
            documents.rule("B", stage="Letters", risk=3),
            documents.rule("C", stage="Officer", risk=2),
        )
    )
    assert stage_table(policy).ranks == {"Letters": 0, "Officer": 1}


@pytest.mark.parametrize(
    ("due_on", "standing"),
    [
        pytest.param(TODAY - timedelta(days=1), "overdue", id="yesterday"),
        pytest.param(TODAY, "today", id="today"),
        pytest.param(TOMORROW, "soon", id="tomorrow"),
        pytest.param(TODAY + timedelta(days=7), "soon", id="in-a-week"),
        pytest.param(TODAY + timedelta(days=8), "later", id="in-eight-days"),
    ],
)
def test_where_a_due_date_stands(due_on, standing) -> None:
    assert tasks.standing(due_on, TODAY) == standing


@pytest.mark.parametrize(("days", "may"), [(0, False), (1, True), (60, True), (61, False)])
def test_how_far_ahead_a_task_may_be_put(days, may) -> None:
    if may:
        tasks.check_days(days)
    else:
        with pytest.raises(CaseRefusedError):
            tasks.check_days(days)


def test_whoever_works_on_the_desk_may_own_a_case() -> None:
    assert {Role.FLO, Role.ATTENDANCE_LEAD, Role.HEAD, Role.DEPUTY} == tasks.WORKERS


SNOOZED, DISMISSED = HoldKind.SNOOZED, HoldKind.DISMISSED


@pytest.mark.parametrize(
    ("kind", "reason", "until_on", "may"),
    [
        pytest.param(SNOOZED, "Away", TOMORROW, True, id="until-tomorrow"),
        pytest.param(SNOOZED, "Away", TODAY, False, id="until-today"),
        pytest.param(SNOOZED, "Away", None, False, id="without-a-day"),
        pytest.param(SNOOZED, "  ", TOMORROW, False, id="without-a-reason"),
        pytest.param(SNOOZED, "Away", TODAY + holds.LONGEST, True, id="as-long-as-may-be"),
        pytest.param(SNOOZED, "Away", TODAY + holds.LONGEST + timedelta(days=1), False, id="too-long"),
        pytest.param(DISMISSED, "Known", None, True, id="dismissed"),
        pytest.param(DISMISSED, "Known", TOMORROW, False, id="dismissed-with-a-day"),
        pytest.param(DISMISSED, "", None, False, id="dismissed-without-a-reason"),
    ],
)
def test_how_a_flag_may_be_put_aside(kind, reason, until_on, may) -> None:
    if may:
        holds.check(kind, reason, until_on, TODAY)
    else:
        with pytest.raises(HoldRefusedError):
            holds.check(kind, reason, until_on, TODAY)


@pytest.mark.parametrize(
    ("percent", "review_on", "may"),
    [
        pytest.param(None, None, True, id="neither"),
        pytest.param(Decimal(95), TOMORROW, True, id="both"),
        pytest.param(Decimal(95), None, False, id="no-review"),
        pytest.param(None, TOMORROW, False, id="no-target"),
        pytest.param(Decimal(95), TODAY, False, id="review-on-the-day-itself"),
        pytest.param(Decimal(0), TOMORROW, False, id="nought"),
        pytest.param(Decimal(100), TOMORROW, True, id="a-hundred"),
        pytest.param(Decimal("100.1"), TOMORROW, False, id="over-a-hundred"),
    ],
)
def test_a_target_and_its_review(percent, review_on, may) -> None:
    if may:
        meetings.check_target(percent, review_on, TODAY)
    else:
        with pytest.raises(CaseRefusedError):
            meetings.check_target(percent, review_on, TODAY)


@pytest.mark.parametrize(
    ("attended", "absent", "reached"),
    [
        pytest.param(19, 1, True, id="exactly-95"),
        pytest.param(18, 1, False, id="just-below"),
        pytest.param(20, 1, True, id="just-above"),
        pytest.param(0, 0, None, id="no-session-possible"),
    ],
)
def test_whether_a_target_was_reached(attended, absent, reached) -> None:
    figures = Figures({"/": attended, "O": absent})
    assert meetings.is_reached(Decimal(95), figures) is reached
    words = meetings.result_words(Decimal(95), figures)
    assert ("not reached" in words) == (reached is False)
    assert ("was reached" in words) == (reached is True)


@pytest.mark.parametrize(("on", "may"), [(TODAY, True), (TOMORROW, True), (TODAY - timedelta(days=1), False)])
def test_a_meeting_is_planned_ahead(on, may) -> None:
    if may:
        meetings.check_plan(on, TODAY)
    else:
        with pytest.raises(CaseRefusedError):
            meetings.check_plan(on, TODAY)


@pytest.mark.parametrize(("on", "may"), [(TODAY, True), (TOMORROW, False)])
def test_what_came_of_a_meeting_is_said_from_its_day(on, may) -> None:
    if may:
        meetings.check_outcome(on, TODAY)
    else:
        with pytest.raises(CaseRefusedError):
            meetings.check_outcome(on, TODAY)


def test_every_kind_of_meeting_has_a_name_and_its_letters() -> None:
    assert set(meetings.MEETING_KIND_NAMES) == set(MeetingKind) == set(meetings.INVITATIONS)


@pytest.mark.parametrize(
    ("kind", "to", "reason", "consent", "may"),
    [
        pytest.param(ReferralKind.EARLY_HELP, "Hub", "Why", True, True, id="early-help-agreed"),
        pytest.param(ReferralKind.EARLY_HELP, "Hub", "Why", False, False, id="early-help-not-agreed"),
        pytest.param(ReferralKind.EWO, "Officer", "Why", False, True, id="officer-without-agreement"),
        pytest.param(ReferralKind.EWO, " ", "Why", True, False, id="to-nobody"),
        pytest.param(ReferralKind.EWO, "Officer", "", True, False, id="for-no-reason"),
    ],
)
def test_what_a_referral_needs(kind, to, reason, consent, may) -> None:
    if may:
        referrals.check(kind, to, reason, consent)
    else:
        with pytest.raises(CaseRefusedError):
            referrals.check(kind, to, reason, consent)
