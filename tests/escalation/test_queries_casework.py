"""The desk beyond flags, a case as somebody may see it, and who has improved."""

from datetime import date, timedelta

import pytest

from escalation.models import Flag
from escalation.queries import cases as queries
from escalation.queries import desk, holds, improvement
from escalation.queries.desk import Chosen
from escalation.rules.holds import HoldKind
from escalation.rules.meetings import MeetingKind, MeetingState
from escalation.services import cases, meetings, scan, tasks
from escalation.services import holds as hold_services
from escalation.services.meetings import Outcome
from registers.models import Pupil
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
from tests.escalation import documents

ON = builders.TODAY
AT = builders.AT
FIRST = date(2026, 9, 1)


@pytest.fixture
def flo(school):
    return builders.member(school, Role.FLO, "Flo Example")


@pytest.fixture
def away(school, calendar):
    """Makes a pupil who was away at the start of the year and there ever since."""

    def made(surname: str, missed: int = 20, **fields: object) -> Pupil:
        pupil = builders.pupil(school, surname, "Robin", **fields)
        left = len(calendar.sessions_between(FIRST, ON)) - missed
        builders.marks(pupil, calendar, FIRST, "O" * missed + "/" * left)
        return pupil

    return made


@pytest.fixture
def scanned(school, calendar, night, adopt):
    def made() -> None:
        adopt(documents.rule())
        scan.scan(school, calendar, ON, by=night, at=AT)

    return made


def surnames(found) -> list[str]:
    return [line.pupil.legal_surname for line in found]


def test_what_is_due_comes_before_what_is_grave(school, calendar, away, scanned, flo) -> None:
    later, today, overdue, soon = (away(name) for name in ("Later", "Today", "Overdue", "Soon"))
    away("Worse", 60)
    scanned()
    for pupil, days, on in ((later, 20, ON), (soon, 3, ON), (overdue, 1, ON - timedelta(days=7))):
        case = cases.open_case(school, pupil, "Why", on=ON, by=flo, at=AT)
        tasks.add(case, calendar, "Ring", owner_role=Role.FLO, in_days=days, on=on, by=flo, at=AT)
    found = desk.lines(school, ON)
    assert surnames(found) == ["Overdue", "Worse", "Today", "Soon", "Later"]
    assert [line.due.standing for line in found] == ["overdue", "today", "today", "soon", "later"]
    assert [line.due.is_new for line in found] == [False, True, True, False, False]
    assert today.pk == found[2].pupil.pk


def test_a_task_keeps_a_pupil_on_the_desk_without_a_flag(school, calendar, away, scanned, flo) -> None:
    pupil = away("Ash", 0)
    scanned()
    case = cases.open_case(school, pupil, "Why", on=ON, by=flo, at=AT)
    assert desk.lines(school, ON) == []
    task = tasks.add(case, calendar, "Ring", owner_role=Role.OFFICE, on=ON, by=flo, at=AT)
    (line,) = desk.lines(school, ON)
    assert (line.due.what, line.due.who, line.flags, line.gravest) == ("Ring", "School office", (), None)
    tasks.finish(task, by=flo, at=AT)
    assert desk.lines(school, ON) == []


def test_a_flag_put_aside_is_gone_until_its_day(school, calendar, away, scanned, flo, night) -> None:
    away("Ash")
    scanned()
    cases.follow_flags(school, ON, by=night, at=AT)
    until = ON + timedelta(days=14)
    hold_services.hold(Flag.objects.get(), HoldKind.SNOOZED, "Hospital", until, today=ON, by=flo, at=AT)
    assert desk.lines(school, until - timedelta(days=1)) == []
    assert [row.reason for row in holds.put_aside(school, ON)] == ["Hospital"]
    assert surnames(desk.lines(school, until)) == ["Ash"]
    assert holds.put_aside(school, until) == []


def test_a_review_comes_back_by_itself(school, calendar, away, scanned, flo) -> None:
    pupil = away("Ash", 0)
    scanned()
    case = cases.open_case(school, pupil, "Why", on=ON, by=flo, at=AT)
    meeting = meetings.plan(case, calendar, MeetingKind.PANEL, ON, today=ON, by=flo, at=AT)
    (line,) = desk.lines(school, ON)
    assert (line.due.what, line.due.on) == ("Attendance panel: say what came of it", ON)
    review_on = date(2026, 12, 4)
    meetings.settle(meeting, calendar, MeetingState.HELD, Outcome("Mum", "", 95, review_on), today=ON, by=flo, at=AT)
    (line,) = desk.lines(school, ON)
    assert (line.due.what, line.due.standing) == ("Review the attendance panel", "later")
    (line,) = desk.lines(school, review_on)
    assert line.due.standing == "today"
    page = queries.page(case, calendar, review_on, [flo])
    assert [met.is_due for met in page.meetings] == [True]
    meetings.review(meeting, "Well done.", today=review_on, by=flo, at=AT)
    assert desk.lines(school, review_on) == []


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        pytest.param(Chosen(), ["Ash", "Birch", "Cedar"], id="everybody"),
        pytest.param(Chosen(stage="Stage PA"), ["Ash", "Birch", "Cedar"], id="stage"),
        pytest.param(Chosen(stage="Other"), [], id="no-such-stage"),
        pytest.param(Chosen(school_class="3 Oak"), ["Ash"], id="class"),
        pytest.param(Chosen(group="fsm"), ["Birch"], id="free-school-meals"),
        pytest.param(Chosen(group="sen"), ["Cedar"], id="special-needs"),
        pytest.param(Chosen(owner="nobody"), ["Birch", "Cedar"], id="owned-by-nobody"),
        pytest.param(Chosen(owner="flo"), ["Ash"], id="owned-by-the-officer"),
        pytest.param(Chosen(due="today"), ["Ash", "Birch", "Cedar"], id="due-today"),
        pytest.param(Chosen(due="overdue"), [], id="overdue"),
    ],
)
def test_narrowed(chosen, left, school, calendar, away, scanned, flo) -> None:
    ash = away("Ash", school_class=builders.school_class(school, "3 Oak"))
    away("Birch", fsm=True, sen="N")
    away("Cedar", sen="K")
    scanned()
    cases.open_case(school, ash, "Why", on=ON, by=flo, at=AT)
    if chosen.owner == "flo":
        chosen = Chosen(owner=str(flo.user_id))
    assert surnames(desk.narrowed(desk.lines(school, ON), chosen)) == left


def test_the_rest_of_a_row(school, calendar, away, scanned, flo) -> None:
    pupil = builders.pupil(school, "Ash", "Robin")
    sibling = builders.pupil(school, "Ash", "Sky")
    sibling.contacts.update(parent=pupil.contacts.get().parent)
    fridays = "".join(
        "II" if place.on.weekday() == 4 and place.session == "AM" else "" if place.on.weekday() == 4 else "/"
        for place in calendar.sessions_between(FIRST, ON)
    )
    builders.marks(pupil, calendar, FIRST, fridays)
    for number in range(10):
        away(f"Other {number}", 10)  # a week on end, so that the school's weekdays are alike
    scanned()
    row = next(row for row in desk.rows(school, calendar, ON) if row.pupil == pupil)
    detail = row.detail
    assert detail.pattern is not None
    assert detail.pattern.words.startswith("Fridays: 10 of 10 days away")
    assert [other.forename for other in detail.siblings] == ["Sky"]
    assert (detail.illnesses, detail.longest_illness) == (10, 1)
    assert detail.last_contact is None
    assert detail.outlook.is_persistent


class TestACase:
    @pytest.fixture
    def case(self, school, away, scanned, flo):
        pupil = away("Ash")
        scanned()
        case = cases.open_case(school, pupil, "Why", on=ON, by=flo, at=AT)
        cases.add_note(case, "Plain words", restricted=False, by=flo, at=AT)
        cases.add_note(case, "Told in confidence", restricted=True, by=flo, at=AT)
        return case

    @pytest.mark.parametrize(
        ("role", "reads"),
        [(Role.FLO, False), (Role.ATTENDANCE_LEAD, True), (Role.HEAD, True)],
    )
    def test_who_reads_a_restricted_note(self, role, reads, case, school, calendar) -> None:
        page = queries.page(case, calendar, ON, [builders.member(school, role)])
        assert [note.text for note in page.notes] == ["Told in confidence" if reads else "", "Plain words"]

    def test_its_author_reads_it(self, case, calendar, flo) -> None:
        assert all(note.text for note in queries.page(case, calendar, ON, [flo]).notes)

    def test_the_stage_the_policy_now_asks_for(self, case, calendar, flo) -> None:
        assert queries.page(case, calendar, ON, [flo]).suggested == ""
        type(case).objects.filter(pk=case.pk).update(stage="Elsewhere")
        case.refresh_from_db()
        assert queries.page(case, calendar, ON, [flo]).suggested == "Stage PA"

    def test_nothing_left_to_do(self, case, calendar, flo) -> None:
        assert not queries.page(case, calendar, ON, [flo]).is_quiet
        Flag.objects.update(ended_on=ON)
        assert queries.page(case, calendar, ON, [flo]).is_quiet

    def test_the_number_of_queries_is_constant(self, case, calendar, flo, django_assert_max_num_queries) -> None:
        for number in range(10):
            cases.add_note(case, f"Note {number}", restricted=False, by=flo, at=AT)
            tasks.add(case, calendar, f"Task {number}", owner_role=Role.FLO, on=ON, by=flo, at=AT)
            meetings.plan(case, calendar, MeetingKind.PANEL, ON, today=ON, by=flo, at=AT)
        with django_assert_max_num_queries(13):
            queries.page(case, calendar, ON, [flo])


class TestImprovement:
    def test_out_of_persistent_absence_this_week(self, school, calendar, away, scanned, night) -> None:
        pupil = away("Ash", 9)
        still = away("Birch", 20)
        builders.marks(builders.pupil(school, "Late"), calendar, FIRST, "/" * 96)
        scanned()
        Flag.objects.filter(pupil=still).update(ended_on=ON)
        ended = Flag.objects.get(pupil=still)
        Flag.objects.create(
            **{
                field.attname: getattr(ended, field.attname)
                for field in Flag._meta.concrete_fields
                if field.attname not in ("id", "pupil_id")
            },
            pupil=pupil,
        )
        found = improvement.left_persistent(school, calendar, ON)
        assert [one.pupil for one in found] == [pupil]
        assert improvement.left_persistent(school, calendar, ON + timedelta(days=8)) == []

    def test_a_rise_of_five_points_to_95(self, school, calendar, other_school) -> None:
        days = calendar.school_days_between(FIRST, ON)
        sessions = len(calendar.sessions_between(FIRST, ON))
        early = sessions - 40 * 2
        risen = builders.pupil(school, "Risen")
        builders.marks(risen, calendar, FIRST, "/" * early + "O" * 6 + "/" * 74)
        steady = builders.pupil(school, "Steady")
        builders.marks(steady, calendar, FIRST, "/" * sessions)
        with schools_in_scope([school.pk, other_school.pk]):
            theirs = builders.pupil(other_school, "Theirs")
            builders.marks(theirs, calendar, FIRST, "/" * early + "O" * 6 + "/" * 74)
        (found,) = improvement.improved(school, calendar, ON)
        assert (found.pupil, float(found.rise)) == (risen, pytest.approx(0.15))
        assert len(days) >= 40
        assert improvement.improved(school, calendar, date(2026, 9, 20)) == []
