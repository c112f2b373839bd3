"""Cases, tasks and following flags: the row, the record, the refusal."""

from datetime import date, timedelta

import pytest

from escalation.models import Case, CaseNote, Flag, FlagHold, SavedView, Task
from escalation.queries import holds as hold_queries
from escalation.rules.cases import Barrier, CaseRefusedError
from escalation.rules.holds import HoldKind, HoldRefusedError
from escalation.rules.meetings import MeetingKind
from escalation.services import cases, holds, meetings, policies, scan, tasks
from registers.models import Event
from registers.queries import calendars
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from tests import builders
from tests.escalation import documents

ON = builders.TODAY
AT = builders.AT
FIRST = date(2026, 9, 1)
LIGHT = documents.rule("B", risk=2, stage="Letters", measure={"kind": "attendance_band", "at_least": 90, "below": 99})


@pytest.fixture
def flo(school):
    return builders.member(school, Role.FLO)


@pytest.fixture
def flagged(school, calendar, night, adopt):
    """One pupil persistently absent and so flagged by two rules, one flagged lightly."""
    adopt(documents.rule(stage="Panel"), documents.rule("SA", stage="Officer", risk=4, measure=_absent(20)), LIGHT)
    pupils = {}
    for surname, codes in (("Ash", "O" * 30), ("Birch", "I" * 5)):
        pupils[surname] = builders.pupil(school, surname)
        left = len(calendar.sessions_between(FIRST, ON)) - len(codes)
        builders.marks(pupils[surname], calendar, FIRST, codes + "/" * left)
    scan.scan(school, calendar, ON, by=night, at=AT)
    return pupils


def _absent(percent: int) -> dict[str, object]:
    return {"kind": "absence_at_least", "percent": percent}


@pytest.fixture
def case(school, flagged, flo) -> Case:
    return cases.open_case(school, flagged["Ash"], "He is often away.", on=ON, by=flo, at=AT)


def kinds(**filters: object) -> list[str]:
    return list(Event.objects.filter(**filters).order_by("pk").values_list("kind", flat=True))


class TestOpening:
    def test_at_the_gravest_stage_flagged_and_on_record(self, case, flo, flagged) -> None:
        assert (case.stage, case.owner, case.state) == ("Officer", flo.user, "open")
        assert case.policy_version.version == "1"
        event = Event.objects.get(kind="case opened")
        assert (event.pupil, event.by, event.subject) == (flagged["Ash"], flo.user, f"case:{case.pk}")
        assert "often" not in str(event.facts)

    def test_without_a_flag_at_the_first_stage(self, school, flagged, flo) -> None:
        opened = cases.open_case(school, builders.pupil(school), "A teacher asked.", on=ON, by=flo, at=AT)
        assert opened.stage == "Letters"

    def test_an_open_one_is_given_back(self, case, school, flo, flagged) -> None:
        assert cases.open_case(school, flagged["Ash"], "Again", on=ON, by=flo, at=AT) == case
        assert kinds(kind="case opened") == ["case opened"]

    def test_without_a_reason_nothing_is_opened(self, school, flagged, flo) -> None:
        with pytest.raises(CaseRefusedError, match="Say why"):
            cases.open_case(school, flagged["Birch"], "  ", on=ON, by=flo, at=AT)
        assert not Case.objects.exists()

    def test_without_a_policy_it_says_what_to_do(self, school, flo) -> None:
        with pytest.raises(CaseRefusedError, match="Adopt one"):
            cases.open_case(school, builders.pupil(school), "Why", on=ON, by=flo, at=AT)

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.OFFICE, Role.GOVERNOR, Role.NIGHTLY])
    def test_only_by_those_who_work_on_the_desk(self, role, school, flagged) -> None:
        with pytest.raises(RightRefusedError):
            cases.open_case(school, flagged["Ash"], "Why", on=ON, by=builders.member(school, role), at=AT)


class TestSteps:
    def test_a_stage_back_one_by_one_with_a_note_and_a_record(self, case, flo) -> None:
        with pytest.raises(CaseRefusedError, match="Panel first"):
            cases.move_stage(case, "Letters", "Better", by=flo, at=AT)
        moved = cases.move_stage(case, "Panel", "Better", by=flo, at=AT)
        assert moved.stage == "Panel"
        assert CaseNote.objects.get().text == "From stage Officer to stage Panel: Better"
        assert Event.objects.get(kind="case moved").facts == {"old": "Officer", "new": "Panel"}

    def test_what_is_known_is_described(self, case, flo) -> None:
        cases.describe(case, owner=None, barriers=[Barrier.MONEY], agencies=" Nurse ", plan="A plan", by=flo, at=AT)
        case.refresh_from_db()
        assert (case.owner, case.barriers, case.agencies, case.plan) == (None, ["money"], "Nurse", "A plan")
        cases.describe(case, owner=None, barriers=[Barrier.MONEY], agencies="Nurse", plan="A plan", by=flo, at=AT)
        assert kinds(kind="case described") == ["case described"]

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.OFFICE])
    def test_an_owner_works_on_the_desk(self, role, case, school, flo) -> None:
        other = builders.member(school, role)
        with pytest.raises(CaseRefusedError, match="Choose another"):
            cases.describe(case, owner=other.user, barriers=[], agencies="", plan="", by=flo, at=AT)

    def test_an_owner_of_another_school_is_refused(self, case, other_school, flo) -> None:
        other = builders.member(other_school, Role.FLO)
        with pytest.raises(CaseRefusedError, match="Choose another"):
            cases.describe(case, owner=other.user, barriers=[], agencies="", plan="", by=flo, at=AT)

    def test_a_note_is_kept_and_its_words_are_not_in_the_record(self, case, flo) -> None:
        note = cases.add_note(case, " Told in confidence ", restricted=True, by=flo, at=AT)
        assert (note.text, note.restricted, note.role) == ("Told in confidence", True, Role.FLO)
        assert Event.objects.get(kind="case note written").facts == {"note": note.pk, "restricted": True}
        with pytest.raises(CaseRefusedError):
            cases.add_note(case, "  ", restricted=False, by=flo, at=AT)

    def test_a_later_policy_takes_the_case_only_when_somebody_says_so(self, case, school, flo, adopt) -> None:
        version = adopt(documents.rule(stage="Other"), version="2", applies_from=date(2026, 11, 1))
        assert case.policy_version.version == "1"
        cases.carry_over(case, version, by=flo, at=AT)
        case.refresh_from_db()
        assert case.policy_version == version
        assert cases.move_stage(case, "Other", "Under the new policy", by=flo, at=AT).stage == "Other"


class TestClosing:
    def test_what_is_left_is_set_aside(self, case, flo, calendar) -> None:
        task = tasks.add(case, calendar, "Ring", owner_role=Role.FLO, on=ON, by=flo, at=AT)
        closed = cases.close(case, "All is well.", by=flo, at=AT)
        task.refresh_from_db()
        assert (closed.state, closed.closed_why, task.state) == ("closed", "All is well.", "set aside")
        assert Event.objects.get(kind="case closed").facts == {"set_aside": 1}

    def test_not_with_a_meeting_to_come(self, case, flo, calendar) -> None:
        meetings.plan(case, calendar, MeetingKind.PANEL, date(2026, 11, 25), today=ON, by=flo, at=AT)
        with pytest.raises(CaseRefusedError, match="Review it or call it off"):
            cases.close(case, "Done", by=flo, at=AT)

    def test_and_opened_again_with_its_history(self, case, flo) -> None:
        cases.close(case, "Done", by=flo, at=AT)
        with pytest.raises(CaseRefusedError, match="closed"):
            cases.move_stage(case, "Panel", "No", by=flo, at=AT)
        again = cases.reopen(case, "Away again", by=flo, at=AT)
        assert (again.pk, again.state, again.closed_at) == (case.pk, "open", None)
        assert kinds(subject=f"case:{case.pk}") == ["case opened", "case closed", "case reopened"]

    def test_not_beside_another_open_one(self, case, school, flagged, flo) -> None:
        cases.close(case, "Done", by=flo, at=AT)
        cases.open_case(school, flagged["Ash"], "New", on=ON, by=flo, at=AT)
        with pytest.raises(CaseRefusedError, match="another case open"):
            cases.reopen(case, "Why", by=flo, at=AT)


class TestFollowing:
    def test_each_flag_opens_or_joins_a_case_with_one_task(self, school, flagged, night) -> None:
        followed = cases.follow_flags(school, ON, by=night, at=AT)
        assert (followed.cases, followed.tasks) == (2, 3)
        case = Case.objects.get(pupil=flagged["Ash"])
        assert (case.stage, case.opened_by) == ("Officer", night.user)
        assert case.tasks.count() == 2
        assert {task.due_on for task in case.tasks.all()} == {date(2026, 11, 27)}
        assert kinds(kind__in=["case opened", "task set"]) == ["case opened"] * 2 + ["task set"] * 3

    def test_twice_changes_nothing(self, school, flagged, night) -> None:
        cases.follow_flags(school, ON, by=night, at=AT)
        events = Event.objects.count()
        followed = cases.follow_flags(school, ON + timedelta(days=1), by=night, at=AT)
        assert (followed.cases, followed.tasks, followed.set_aside) == (0, 0, 0)
        assert Event.objects.count() == events

    def test_an_open_case_is_joined(self, school, case, night) -> None:
        followed = cases.follow_flags(school, ON, by=night, at=AT)
        assert followed.cases == 1
        assert case.tasks.count() == 2

    def test_one_flag_by_somebodys_button(self, school, flagged, flo) -> None:
        flag = Flag.objects.get(rule_id="B")
        cases.follow_flags(school, ON, by=flo, at=AT, only=flag)
        assert Task.objects.get().from_flag == flag
        with pytest.raises(RightRefusedError):
            cases.follow_flags(school, ON, by=builders.member(school, Role.OFFICE), at=AT)

    def test_a_closed_case_is_not_opened_again_by_the_same_flag(self, school, flagged, night, flo) -> None:
        cases.follow_flags(school, ON, by=night, at=AT)
        cases.close(Case.objects.get(pupil=flagged["Birch"]), "Known", by=flo, at=AT)
        assert cases.follow_flags(school, ON, by=night, at=AT).cases == 0

    def test_what_has_ended_is_set_aside(self, school, flagged, night) -> None:
        cases.follow_flags(school, ON, by=night, at=AT)
        Flag.objects.filter(rule_id="B").update(ended_on=ON)
        assert cases.follow_flags(school, ON, by=night, at=AT).set_aside == 1
        assert Task.objects.get(from_flag__rule_id="B").settled_words == "The rule no longer holds."

    def test_flags_put_aside_wait(self, school, flagged, night, flo) -> None:
        flag = Flag.objects.get(rule_id="B")
        until = ON + timedelta(days=10)
        holds.hold(flag, HoldKind.SNOOZED, "Hospital", until, today=ON, by=flo, at=AT)
        assert cases.follow_flags(school, until - timedelta(days=1), by=night, at=AT).cases == 1
        assert cases.follow_flags(school, until, by=night, at=AT).cases == 1

    @pytest.mark.parametrize("number", [3, 30])
    def test_the_number_of_queries_is_constant(self, number, school, calendar, night, adopt, django_assert_num_queries):
        adopt()
        for _ in range(number):
            builders.marks(builders.pupil(school), calendar, FIRST, "O" * 20 + "/" * 60)
        scan.scan(school, calendar, ON, by=night, at=AT)
        with django_assert_num_queries(11):
            assert cases.follow_flags(school, ON, by=night, at=AT).tasks == number

    def test_another_schools_flags_are_left_alone(self, school, other_school, flagged, night) -> None:
        with schools_in_scope([school.pk, other_school.pk]):
            theirs = builders.nightly(other_school)
            policies.adopt(other_school, documents.policy(), by=theirs, at=AT)
            pupil = builders.pupil(other_school)
            builders.marks(pupil, calendars.of(other_school), FIRST, "O" * 20 + "/" * 60)
            scan.scan(other_school, calendars.of(other_school), ON, by=theirs, at=AT)
            cases.follow_flags(school, ON, by=night, at=AT)
            assert not Case.objects.filter(school=other_school).exists()


class TestTasks:
    def test_due_in_school_days(self, case, calendar, flo) -> None:
        task = tasks.add(case, calendar, " Ring  home ", owner_role=Role.OFFICE, in_days=1, on=ON, by=flo, at=AT)
        assert (task.title, task.due_on, task.owner_name) == ("Ring home", date(2026, 11, 23), "School office")

    @pytest.mark.parametrize(
        ("title", "role", "days"),
        [("", Role.FLO, 5), ("Ring", Role.FLO, 0), ("Ring", Role.FLO, 61), ("Ring", Role.GOVERNOR, 5)],
        ids=["no-title", "no-days", "too-far", "not-theirs"],
    )
    def test_refused(self, title, role, days, case, calendar, flo) -> None:
        with pytest.raises(CaseRefusedError):
            tasks.add(case, calendar, title, owner_role=role, in_days=days, on=ON, by=flo, at=AT)
        assert not Task.objects.exists()

    def test_past_the_calendars_end_a_day_is_found_all_the_same(self, case, calendar, flo) -> None:
        last = calendar.school_days[-1]
        assert tasks.add(case, calendar, "Ring", owner_role=Role.FLO, on=last, by=flo, at=AT).due_on > last

    def test_done_taken_up_again_and_set_aside(self, case, calendar, flo) -> None:
        task = tasks.add(case, calendar, "Ring", owner_role=Role.FLO, on=ON, by=flo, at=AT)
        done = tasks.finish(task, "Spoke to Mum", by=flo, at=AT)
        assert (done.state, done.settled_words, done.settled_by) == ("done", "Spoke to Mum", flo.user)
        with pytest.raises(CaseRefusedError):
            tasks.finish(task, by=flo, at=AT)
        assert tasks.take_up(task, by=flo, at=AT).settled_at is None
        with pytest.raises(CaseRefusedError, match="Say why"):
            tasks.set_aside(task, " ", by=flo, at=AT)
        assert tasks.set_aside(task, "Not needed", by=flo, at=AT).state == "set aside"
        assert kinds(subject=f"task:{task.pk}") == ["task set", "task done", "task taken up again", "task set aside"]


class TestHolds:
    def test_snoozed_until_its_day_and_its_task_waits_with_it(self, school, flagged, flo, night) -> None:
        flag = Flag.objects.get(rule_id="B")
        cases.follow_flags(school, ON, by=night, at=AT)
        until = date(2026, 12, 7)
        row = holds.hold(flag, HoldKind.SNOOZED, " In  hospital ", until, today=ON, by=flo, at=AT)
        assert (row.reason, row.until_on, row.by) == ("In hospital", until, flo.user)
        assert Task.objects.get(from_flag=flag).due_on == until
        assert list(hold_queries.held_ids(school, until - timedelta(days=1))) == [flag.pk]
        assert list(hold_queries.held_ids(school, until)) == []
        assert Event.objects.get(kind="flag snoozed").facts == {"until_on": "2026-12-07"}

    def test_dismissed_sets_its_task_aside(self, school, flagged, flo, night) -> None:
        flag = Flag.objects.get(rule_id="B")
        cases.follow_flags(school, ON, by=night, at=AT)
        holds.hold(flag, HoldKind.DISMISSED, "Known", None, today=ON, by=flo, at=AT)
        assert Task.objects.get(from_flag=flag).state == "set aside"
        assert list(hold_queries.held_ids(school, date(2027, 7, 1))) == [flag.pk]

    def test_put_aside_anew_ends_the_hold_before(self, flagged, flo) -> None:
        flag = Flag.objects.get(rule_id="B")
        holds.hold(flag, HoldKind.SNOOZED, "One", ON + timedelta(days=3), today=ON, by=flo, at=AT)
        holds.hold(flag, HoldKind.DISMISSED, "Two", None, today=ON, by=flo, at=AT)
        assert [(row.reason, row.ended_at is None) for row in FlagHold.objects.order_by("pk")] == [
            ("One", False),
            ("Two", True),
        ]

    def test_brought_back(self, school, flagged, flo) -> None:
        flag = Flag.objects.get(rule_id="B")
        holds.hold(flag, HoldKind.DISMISSED, "Known", None, today=ON, by=flo, at=AT)
        holds.bring_back(flag, by=flo, at=AT)
        assert list(hold_queries.held_ids(school, ON)) == []
        with pytest.raises(HoldRefusedError, match="on the desk already"):
            holds.bring_back(flag, by=flo, at=AT)
        assert kinds(subject=f"flag:{flag.pk}")[-2:] == ["flag dismissed", "flag brought back"]

    def test_not_once_it_has_ended(self, flagged, flo) -> None:
        flag = Flag.objects.get(rule_id="B")
        Flag.objects.filter(pk=flag.pk).update(ended_on=ON)
        with pytest.raises(HoldRefusedError, match="ended by itself"):
            holds.hold(flag, HoldKind.DISMISSED, "Why", None, today=ON, by=flo, at=AT)

    def test_ones_own_views(self, school, flo) -> None:
        holds.save_view(school, "Today", {"due": "today"}, by=flo, at=AT)
        view = holds.save_view(school, "Today", {"due": "overdue"}, by=flo, at=AT)
        assert SavedView.objects.get().filters == {"due": "overdue"}
        with pytest.raises(HoldRefusedError, match="somebody else"):
            holds.remove_view(view, by=builders.member(school, Role.HEAD), at=AT)
        with pytest.raises(HoldRefusedError, match="name"):
            holds.save_view(school, " ", {}, by=flo, at=AT)
        holds.remove_view(view, by=flo, at=AT)
        assert not SavedView.objects.exists()
