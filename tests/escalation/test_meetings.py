"""Meetings and referrals: from the plan to the result that the register gives."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from escalation.models import Case, Meeting, Referral, Task
from escalation.queries import meetings as queries
from escalation.rules.cases import CaseRefusedError
from escalation.rules.meetings import MeetingKind, MeetingState
from escalation.rules.referrals import ReferralKind
from escalation.services import cases, meetings, referrals
from escalation.services.meetings import Action, Outcome
from letters import pdf, store
from letters.models import Letter
from letters.services import wordings
from registers.models import Event
from registers.rules.rights import RightRefusedError, Role
from tests import builders
from tests.escalation import documents

ON = builders.TODAY
AT = builders.AT
FIRST = date(2026, 9, 1)
HELD_ON, REVIEW_ON = date(2026, 11, 9), date(2026, 11, 20)


@pytest.fixture
def flo(school):
    return builders.member(school, Role.FLO, "Flo Example")


@pytest.fixture
def pupil(school, calendar):
    """Away on the two days after the meeting, and there on every other day."""
    made = builders.pupil(school, "Ash", "Robin")
    before = len(calendar.sessions_between(FIRST, HELD_ON))
    left = len(calendar.sessions_between(FIRST, ON)) - before - 4
    builders.marks(made, calendar, FIRST, "/" * before + "OOOO" + "/" * left)
    return made


@pytest.fixture
def case(school, pupil, flo, adopt) -> Case:
    adopt(documents.rule())
    return cases.open_case(school, pupil, "Why", on=FIRST, by=flo, at=AT)


@pytest.fixture
def planned(case, calendar, flo) -> Meeting:
    return meetings.plan(
        case, calendar, MeetingKind.PANEL, HELD_ON, time(15, 20), "Room 1", "Mum", today=HELD_ON, by=flo, at=AT
    )


@pytest.fixture
def held(planned, calendar, flo) -> Meeting:
    outcome = Outcome("Mum", "We agreed.", Decimal("90.0"), REVIEW_ON, [Action("Breakfast club", Role.OFFICE, 3)])
    return meetings.settle(planned, calendar, MeetingState.HELD, outcome, today=HELD_ON, by=flo, at=AT)


def kinds(meeting: Meeting) -> list[str]:
    return list(Event.objects.filter(subject=f"meeting:{meeting.pk}").order_by("pk").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("on", "says"),
    [
        pytest.param(ON - timedelta(days=1), "past", id="yesterday"),
        pytest.param(date(2026, 11, 21), "weekend", id="a-saturday"),
        pytest.param(date(2026, 12, 24), "outside the school", id="in-the-holidays"),
    ],
)
def test_a_meeting_is_on_a_school_day_to_come(on, says, case, calendar, flo) -> None:
    with pytest.raises(CaseRefusedError, match=says):
        meetings.plan(case, calendar, MeetingKind.PANEL, on, today=ON, by=flo, at=AT)
    assert not Meeting.objects.exists()


def test_only_for_those_who_work_on_the_desk(case, calendar, school) -> None:
    with pytest.raises(RightRefusedError):
        meetings.plan(case, calendar, MeetingKind.PANEL, ON, today=ON, by=builders.member(school, Role.TEACHER), at=AT)


def test_held_with_minutes_target_and_actions(held, case) -> None:
    assert (held.state, held.attendees, held.target_percent, held.review_on) == (
        "held",
        "Mum",
        Decimal("90.0"),
        REVIEW_ON,
    )
    task = Task.objects.get(from_meeting=held)
    assert (task.title, task.owner_role, task.due_on) == ("Breakfast club", Role.OFFICE, date(2026, 11, 12))
    assert kinds(held) == ["meeting planned", "meeting held"]


def test_nothing_is_kept_of_an_outcome_that_is_refused(planned, calendar, flo) -> None:
    outcome = Outcome("Mum", "We agreed.", None, None, [Action("Ring", Role.FLO, 5), Action("Too far", Role.FLO, 99)])
    with pytest.raises(CaseRefusedError):
        meetings.settle(planned, calendar, MeetingState.HELD, outcome, today=HELD_ON, by=flo, at=AT)
    planned.refresh_from_db()
    assert (planned.state, Task.objects.count()) == ("planned", 0)


def test_nothing_is_said_of_it_before_its_day(case, calendar, flo) -> None:
    coming = meetings.plan(case, calendar, MeetingKind.PANEL, date(2026, 11, 25), today=ON, by=flo, at=AT)
    with pytest.raises(CaseRefusedError, match="from that day on"):
        meetings.settle(coming, calendar, MeetingState.HELD, Outcome(), today=ON, by=flo, at=AT)


@pytest.mark.parametrize(
    ("today", "attended", "possible", "reached"),
    [
        pytest.param(HELD_ON, 0, 0, None, id="on-the-day-itself"),
        pytest.param(date(2026, 11, 13), 4, 8, False, id="at-the-end-of-the-week"),
        pytest.param(REVIEW_ON, 14, 18, False, id="on-the-day-of-the-review"),
        pytest.param(date(2026, 12, 1), 14, 18, False, id="later-it-stays-the-review-days"),
    ],
)
def test_the_result_is_counted_from_the_register(today, attended, possible, reached, held) -> None:
    found = queries.result(held, today)
    assert found is not None
    assert (found.figures.attended, found.figures.possible, found.is_reached) == (attended, possible, reached)


def test_reviewed_and_frozen_as_the_register_stood(held, calendar, flo, pupil) -> None:
    reviewed = meetings.review(held, "Another panel.", today=REVIEW_ON, by=flo, at=AT)
    assert (reviewed.state, reviewed.reached, reviewed.result["attended"], reviewed.result["possible"]) == (
        "reviewed",
        False,
        14,
        18,
    )
    assert "14 of 18 sessions attended, 77.8 %: the target of 90 % was not reached." in reviewed.result["words"]
    pupil.marks.filter(code="O").update(code="I")
    reviewed.refresh_from_db()
    assert reviewed.result["unauthorised"] == 4
    assert kinds(held)[-1] == "meeting reviewed"
    with pytest.raises(CaseRefusedError):
        meetings.review(held, "Again", today=REVIEW_ON, by=flo, at=AT)


def test_a_review_says_what_follows(held, flo) -> None:
    with pytest.raises(CaseRefusedError, match="what follows"):
        meetings.review(held, " ", today=REVIEW_ON, by=flo, at=AT)


def test_a_meeting_nobody_came_to_may_set_its_target(planned, calendar, flo) -> None:
    outcome = Outcome("", "Nobody came.", Decimal(95), REVIEW_ON)
    missed = meetings.settle(planned, calendar, MeetingState.NOT_ATTENDED, outcome, today=HELD_ON, by=flo, at=AT)
    assert (missed.state, missed.review_on) == ("not attended", REVIEW_ON)
    assert meetings.review(missed, "A letter.", today=REVIEW_ON, by=flo, at=AT).state == "reviewed"


def test_called_off_with_a_reason(planned, flo, calendar) -> None:
    with pytest.raises(CaseRefusedError, match="Say why"):
        meetings.cancel(planned, " ", by=flo, at=AT)
    assert meetings.cancel(planned, "Snow", by=flo, at=AT).cancelled_why == "Snow"
    with pytest.raises(CaseRefusedError):
        meetings.settle(planned, calendar, MeetingState.HELD, Outcome(), today=HELD_ON, by=flo, at=AT)


def test_the_results_of_many_meetings_take_one_query(held, school, calendar, flo, django_assert_num_queries) -> None:
    others = [held]
    for days in range(1, 6):
        child = builders.pupil(school, f"Other {days}")
        builders.marks(child, calendar, FIRST, "/" * 100)
        other = cases.open_case(school, child, "Why", on=FIRST, by=flo, at=AT)
        on = HELD_ON + timedelta(days=days % 4)
        meeting = meetings.plan(other, calendar, MeetingKind.PANEL, on, today=HELD_ON, by=flo, at=AT)
        outcome = Outcome("Mum", "", Decimal(95), ON)
        others.append(meetings.settle(meeting, calendar, MeetingState.HELD, outcome, today=ON, by=flo, at=AT))
    with django_assert_num_queries(1):
        found = queries.results(others, ON)
    assert found[held.pk].figures.absent == 4
    assert all(found[other.pk].figures.absent == 0 for other in others[1:])


class TestInvitations:
    def test_the_letter_the_school_has(self, planned, school, calendar, flo) -> None:
        wordings.adopt(school, ["letter_of_concern"], by=builders.member(school, Role.HEAD), at=AT)
        letter = meetings.write_letter(planned, calendar, today=ON, by=flo, at=AT)
        assert (letter.kind, letter.because, letter.state) == ("letter_of_concern", f"meeting:{planned.pk}", "draft")
        planned.refresh_from_db()
        assert planned.letter == letter

    def test_twice_it_is_one_letter(self, planned, school, calendar, flo) -> None:
        wordings.adopt(school, ["letter_of_concern"], by=builders.member(school, Role.HEAD), at=AT)
        for _ in range(2):
            meetings.write_letter(planned, calendar, today=ON, by=flo, at=AT)
        assert Letter.objects.count() == 1

    def test_the_panels_own_letter_states_day_time_and_place(self, planned, school, calendar, flo) -> None:
        head = builders.member(school, Role.HEAD)
        wordings.adopt(school, ["letter_of_concern", "panel_invitation"], by=head, at=AT)
        letter = meetings.write_letter(planned, calendar, today=ON, by=flo, at=AT)
        assert letter.kind == "panel_invitation"
        assert (letter.values["panel_on"], letter.values["panel_time"], letter.values["panel_place"]) == (
            "9 November 2026",
            "3.20pm",
            "Room 1",
        )

    def test_the_plan_states_what_was_agreed(self, held, school, calendar, flo) -> None:
        wordings.adopt(school, ["panel_action_plan"], by=builders.member(school, Role.HEAD), at=AT)
        letter = meetings.write_letter(held, calendar, today=ON, by=flo, at=AT)
        assert letter.kind == "panel_action_plan"
        assert letter.values["plan_actions"] == "Breakfast club: School office"
        assert (letter.values["target_attendance"], letter.values["review_on"]) == ("90", "20 November 2026")
        assert queries.letters_of(held) == [letter]

    def test_without_one_it_says_what_to_do(self, planned, calendar, flo) -> None:
        with pytest.raises(CaseRefusedError, match="Invite the parents another way"):
            meetings.write_letter(planned, calendar, today=ON, by=flo, at=AT)


class TestReferrals:
    @pytest.fixture(autouse=True)
    def _plain_pdf(self, monkeypatch) -> None:
        monkeypatch.setattr(pdf, "render", lambda page: page.encode())

    def refer(self, case, calendar, flo, **fields) -> Referral:
        wanted = {"kind": ReferralKind.EARLY_HELP, "to": "Early Help hub", "reason": "Mornings.", "consent": True}
        wanted |= fields
        consent = wanted.pop("consent")
        return referrals.refer(case, calendar, **wanted, consent=consent, today=ON, by=flo, at=AT)

    def test_facts_and_file_stand_as_they_were(self, case, held, calendar, flo, pupil) -> None:
        row = self.refer(case, calendar, flo)
        pupil.marks.filter(code="O").update(code="I")
        row.refresh_from_db()
        assert (row.facts["figures"]["unauthorised"], row.facts["unauthorised_in_ten_weeks"]) == (4, 4)
        assert [step["what"] for step in row.facts["done"]] == ["Attendance panel: held"]
        page = store.read(store.Kept(row.pdf_path, row.sha256)).decode()
        assert "4 of" in page
        assert "Mornings." in page
        assert "Robin Ash" in page
        assert Event.objects.get(kind="case referred").facts["sha256"] == row.sha256

    def test_somebody_under_a_court_order_is_not_named(self, case, calendar, flo, pupil) -> None:
        builders.parent_of(pupil, court_order=True, relationship="Father")
        names = [parent["relationship"] for parent in self.refer(case, calendar, flo).facts["parents"]]
        assert names == ["Mother"]

    def test_without_the_parents_agreement_no_early_help(self, case, calendar, flo) -> None:
        with pytest.raises(CaseRefusedError, match="voluntary"):
            self.refer(case, calendar, flo, consent=False)
        assert not Referral.objects.exists()

    def test_a_machine_without_pdfs_leaves_nothing_behind(self, case, calendar, flo, monkeypatch) -> None:
        def unavailable(page: str) -> bytes:
            raise pdf.PdfUnavailableError(["libpango-1.0-0"])

        monkeypatch.setattr(pdf, "render", unavailable)
        with pytest.raises(pdf.PdfUnavailableError):
            self.refer(case, calendar, flo)
        assert not Referral.objects.exists()

    def test_a_name_cannot_change_the_page(self, case, calendar, flo) -> None:
        row = self.refer(case, calendar, flo, reason="<script>alert(1)</script>{{ 7 }}")
        page = store.read(store.Kept(row.pdf_path, row.sha256)).decode()
        assert "<script>" not in page
        assert "{{ 7 }}" in page


def test_a_real_referral_reads_back(case, held, calendar, flo) -> None:
    from io import BytesIO

    from pypdf import PdfReader

    row = referrals.refer(
        case, calendar, ReferralKind.EWO, "The officer", "Mornings.", consent=False, today=ON, by=flo, at=AT
    )
    document = store.read(store.Kept(row.pdf_path, row.sha256))
    words = " ".join(page.extract_text() for page in PdfReader(BytesIO(document)).pages)
    assert "Referral: Education Welfare Officer" in words
    assert "Robin Ash" in words
