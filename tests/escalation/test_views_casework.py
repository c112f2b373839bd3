"""The pages of casework through the client: the page, the step, the refusal."""

from datetime import date

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from escalation.models import Case, Flag, Meeting, Referral, SavedView, Task
from escalation.services import cases, scan
from letters import pdf
from letters.services import wordings
from registers.rules.rights import Role
from tests import builders
from tests.escalation import documents

FIRST, ON, AT = date(2026, 9, 1), builders.TODAY, builders.AT


@pytest.fixture(autouse=True)
def _morning():
    with time_machine.travel("2026-11-20T10:02:00+00:00", tick=False):
        yield


@pytest.fixture
def flo(client, school):
    member = builders.member(school, Role.FLO, "Flo Example")
    client.force_login(member.user)
    return member


@pytest.fixture
def pupil(school, calendar, night, adopt):
    made = builders.pupil(school, "Ash", "Robin", school_class=builders.school_class(school, "3 Oak"))
    left = len(calendar.sessions_between(FIRST, ON)) - 20
    builders.marks(made, calendar, FIRST, "O" * 20 + "/" * left)
    adopt(documents.rule(), documents.rule("SA", stage="Officer", risk=4, measure=SEVERE))
    scan.scan(school, calendar, ON, by=night, at=AT)
    return made


SEVERE = {"kind": "absence_at_least", "percent": 50}


@pytest.fixture
def case(school, pupil, flo) -> Case:
    return cases.open_case(school, pupil, "Why", on=ON, by=flo, at=AT)


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def text(found) -> str:
    return " ".join(found.get_text(" ").split())


def get(client, name, school, *arguments, **query) -> BeautifulSoup:
    response = client.get(reverse(name, args=[school.slug, *arguments]), query)
    assert response.status_code == 200
    return soup(response)


def post(client, url_name, school, *arguments, **typed):
    return client.post(reverse(url_name, args=[school.slug, *arguments]), typed)


def test_from_the_flag_to_the_case(client, school, flo, pupil) -> None:
    flag = Flag.objects.get()
    response = post(client, "flag_follow", school, flag.pk)
    case = Case.objects.get()
    assert response["Location"] == reverse("case", args=[school.slug, case.pk])
    page = get(client, "case", school, case.pk)
    assert "Write to the parents. Family Liaison Officer 27 Nov 2026" in text(page.select_one("[aria-labelledby=now]"))
    assert page.find("a", string="Plan a meeting")["href"] == reverse("meeting_new", args=[school.slug, case.pk])


def test_a_case_without_a_flag(client, school, flo, pupil) -> None:
    post(client, "case_open", school, pupil.pk)
    assert Case.objects.get().why == "Opened by the school’s own judgement."


def test_without_a_policy_opening_says_what_to_do(client, school, flo) -> None:
    child = builders.pupil(school)
    response = client.post(reverse("case_open", args=[school.slug, child.pk]), follow=True)
    assert "Adopt one, then open the case." in text(soup(response))
    assert not Case.objects.exists()


def test_a_task_is_set_and_done(client, school, case) -> None:
    post(client, "case_task", school, case.pk, title="Ring home", owner_role="flo", in_days=2)
    task = Task.objects.get()
    assert task.due_on == date(2026, 11, 24)
    post(client, "task_settle", school, task.pk, what="done", words="Spoke to Mum")
    page = get(client, "case", school, case.pk)
    assert "Done 20 Nov 2026: Spoke to Mum" in text(page.select_one("details.panel"))


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        pytest.param("case_task", {"title": "", "owner_role": "flo", "in_days": 2}, "required", id="no-title"),
        pytest.param("case_task", {"title": "x", "owner_role": "flo", "in_days": 99}, "less than or equal", id="far"),
        pytest.param("case_task", {"title": "x", "owner_role": "governor", "in_days": 2}, "Select a valid", id="who"),
        pytest.param("case_note", {"text": " "}, "required", id="no-note"),
        pytest.param("case_stage", {"stage": "Stage PA", "why": "x"}, "at stage Stage PA already", id="same-stage"),
        pytest.param("case_stage", {"stage": "Moon", "why": "x"}, "Select a valid choice", id="no-such-stage"),
        pytest.param("case_close", {"why": ""}, "required", id="closed-without-a-reason"),
        pytest.param("case_reopen", {"why": "x"}, "is open already", id="open-already"),
    ],
)
def test_a_step_refused_says_why_and_changes_nothing(name, typed, says, client, school, case) -> None:
    response = post(client, name, school, case.pk, **typed)
    assert response.status_code == 422
    assert says in text(soup(response))
    case.refresh_from_db()
    assert (case.state, case.stage, Task.objects.count(), case.notes.count()) == ("open", "Stage PA", 0, 0)


@pytest.mark.parametrize(("what", "says"), [("aside", "Say why"), ("again", "cannot be open"), ("", "Choose what")])
def test_a_tasks_step_refused(what, says, client, school, case, calendar, flo) -> None:
    post(client, "case_task", school, case.pk, title="Ring", owner_role="flo", in_days=2)
    response = post(client, "task_settle", school, Task.objects.get().pk, what=what)
    assert response.status_code == 422
    assert says in text(soup(response))


def test_described_moved_closed_and_opened_again(client, school, case, flo) -> None:
    post(client, "case_describe", school, case.pk, owner=flo.user_id, barriers=["money"], agencies="Nurse", plan="Plan")
    post(client, "case_stage", school, case.pk, stage="Officer", why="No answer")
    post(client, "case_close", school, case.pk, why="All is well")
    case.refresh_from_db()
    assert (case.barriers, case.stage, case.state) == (["money"], "Officer", "closed")
    page = get(client, "case", school, case.pk)
    assert "Closed on 20 November 2026 by Flo Example: All is well" in text(page)
    assert page.find("a", string="Plan a meeting") is None
    post(client, "case_reopen", school, case.pk, why="Away again")
    case.refresh_from_db()
    assert case.is_open


def test_an_owner_from_another_school_is_no_choice(client, school, other_school, case) -> None:
    outsider = builders.member(other_school, Role.FLO)
    response = post(client, "case_describe", school, case.pk, owner=outsider.user_id)
    assert response.status_code == 422
    assert "Select a valid choice" in text(soup(response))


def test_a_restricted_note_is_not_in_the_page_of_another_officer(client, school, case, flo) -> None:
    post(client, "case_note", school, case.pk, text="Told in confidence", restricted="on")
    assert "Told in confidence" in text(get(client, "case", school, case.pk))
    for role, reads in ((Role.FLO, False), (Role.ATTENDANCE_LEAD, True), (Role.HEAD, True)):
        client.force_login(builders.member(school, role).user)
        assert ("Told in confidence" in text(get(client, "case", school, case.pk))) is reads, role


@pytest.mark.parametrize("role", [Role.TEACHER, Role.OFFICE, Role.GOVERNOR, Role.ADMINISTRATOR, Role.TRUST])
def test_whoever_does_not_work_on_the_desk_sees_no_case(role, client, school, case, pupil) -> None:
    post(client, "case_note", school, case.pk, text="A word of the case")
    client.force_login(builders.member(school, role).user)
    for name, key in (("case", [case.pk]), ("desk", []), ("pupil_year", [pupil.pk]), ("week_list", [])):
        assert client.get(reverse(name, args=[school.slug, *key])).status_code == 403
    response = client.get(reverse("pupil", args=[school.slug, pupil.pk]))
    if response.status_code == 200:
        words = text(soup(response))
        assert "A word of the case" not in words
        assert "Case opened" not in words
        assert "Flagged:" not in words


def test_the_timeline_tells_of_the_case_to_those_on_the_desk(client, school, case, pupil) -> None:
    words = text(get(client, "pupil", school, pupil.pk))
    assert "Case opened" in words
    assert "Flagged: Title of PA" in words
    assert "Absent 01/09/2026 to 14/09/2026: O, 20 sessions." in words


class TestMeetings:
    @pytest.fixture
    def meeting(self, client, school, case) -> Meeting:
        typed = {"kind": "attendance panel", "on": "2026-11-20", "time": "15:20", "place": "Room 1", "invited": "Mum"}
        post(client, "meeting_new", school, case.pk, **typed)
        return Meeting.objects.get()

    def outcome(self, **fields) -> dict[str, str]:
        return {
            "state": "held",
            "attendees": "Mum",
            "minutes": "Agreed.",
            "target": "95",
            "review_on": "2026-12-04",
            "actions-TOTAL_FORMS": "2",
            "actions-INITIAL_FORMS": "0",
            "actions-0-title": "Breakfast club",
            "actions-0-owner_role": "office",
            "actions-0-in_days": "3",
            "actions-1-title": "",
            "actions-1-owner_role": "flo",
            "actions-1-in_days": "5",
            **fields,
        }

    def test_from_plan_to_review(self, client, school, meeting, case, flo) -> None:
        post(client, "meeting_outcome", school, meeting.pk, **self.outcome())
        page = text(get(client, "meeting", school, meeting.pk))
        assert "Breakfast club: School office, by 25 November 2026" in page
        assert "The review is due on Friday 4 December 2026 and comes back to the desk that day." in page
        with time_machine.travel("2026-12-04T10:02:00+00:00", tick=False):
            client.force_login(flo.user)
            due = text(get(client, "case", school, case.pk).select_one("[aria-labelledby=now]"))
            assert "Review the attendance panel" in due
            response = post(client, "meeting_review", school, meeting.pk, words="Another in spring")
        assert response["Location"] == reverse("case", args=[school.slug, case.pk])
        meeting.refresh_from_db()
        assert (meeting.state, meeting.reviewed_on) == ("reviewed", date(2026, 12, 4))

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            pytest.param({"review_on": ""}, "belong together", id="target-without-review"),
            pytest.param({"review_on": "2026-11-20"}, "after the meeting", id="review-on-the-day"),
            pytest.param({"target": "101"}, "less than or equal", id="target-over-100"),
            pytest.param({"state": "reviewed"}, "Select a valid choice", id="no-such-outcome"),
            pytest.param({"actions-0-in_days": "99"}, "less than or equal", id="an-action-too-far-ahead"),
        ],
    )
    def test_an_outcome_refused_keeps_nothing(self, fields, says, client, school, meeting) -> None:
        response = post(client, "meeting_outcome", school, meeting.pk, **self.outcome(**fields))
        assert response.status_code == 422
        assert says in text(soup(response))
        meeting.refresh_from_db()
        assert (meeting.state, Task.objects.count()) == ("planned", 0)

    def test_a_day_without_school_is_refused(self, client, school, case) -> None:
        response = post(client, "meeting_new", school, case.pk, kind="attendance panel", on="2026-11-21")
        assert response.status_code == 422
        assert "There is no school on 21/11/2026 (a weekend)" in text(soup(response))

    def test_called_off(self, client, school, meeting) -> None:
        assert post(client, "meeting_cancel", school, meeting.pk, why="").status_code == 422
        post(client, "meeting_cancel", school, meeting.pk, why="Snow")
        assert "Called off: Snow" in text(get(client, "meeting", school, meeting.pk))

    def test_the_invitation(self, client, school, meeting) -> None:
        assert post(client, "meeting_letter", school, meeting.pk).status_code == 422
        wordings.adopt(school, ["panel_invitation"], by=builders.member(school, Role.HEAD), at=AT)
        response = post(client, "meeting_letter", school, meeting.pk)
        letter = reverse("letter", args=[school.slug, Meeting.objects.get().letter_id])
        assert response["Location"] == letter
        assert get(client, "meeting", school, meeting.pk).select_one(f"main a[href='{letter}']") is not None


def test_a_referral_and_its_file(client, school, case, monkeypatch) -> None:
    monkeypatch.setattr(pdf, "render", lambda page: b"%PDF-stand-in")
    typed = {"kind": "early help", "to": "Hub", "reason": "Mornings"}
    refused = post(client, "referral_new", school, case.pk, **typed)
    assert refused.status_code == 422
    assert "Ask the parents first" in text(soup(refused))
    post(client, "referral_new", school, case.pk, **typed, consent="on")
    row = Referral.objects.get()
    file = client.get(reverse("referral_pdf", args=[school.slug, row.pk]))
    assert (file.content, file["Content-Type"]) == (b"%PDF-stand-in", "application/pdf")


def test_a_flag_is_snoozed_and_brought_back(client, school, flo, pupil) -> None:
    flag = Flag.objects.get()
    refused = post(client, "flag_hold", school, flag.pk, kind="snoozed", reason="Hospital")
    assert refused.status_code == 422
    assert "Choose the day on which the flag comes back." in text(soup(refused))
    post(client, "flag_hold", school, flag.pk, kind="snoozed", reason="Hospital", until_on="2026-12-07")
    desk = get(client, "desk", school)
    assert "Ash, Robin" not in text(desk)
    assert desk.find("a", string="Put aside: 1") is not None
    aside = get(client, "put_aside", school)
    assert "Ash, Robin Title of PA 7 Dec 2026 Hospital Flo Example" in text(aside)
    post(client, "flag_back", school, flag.pk)
    assert "Ash, Robin" in text(get(client, "desk", school))
    assert post(client, "flag_back", school, flag.pk).status_code == 422


def test_ones_own_views(client, school, flo, pupil) -> None:
    post(client, "view_save", school, name="Oak today", school_class="3 Oak", due="today", page="7")
    view = SavedView.objects.get()
    assert view.filters == {"school_class": "3 Oak", "due": "today"}
    link = get(client, "desk", school).find("a", string="Oak today")
    assert link["href"].endswith("?school_class=3+Oak&due=today")
    client.force_login(builders.member(school, Role.HEAD).user)
    assert get(client, "desk", school).find("a", string="Oak today") is None
    assert post(client, "view_remove", school, view.pk).status_code == 404
    client.force_login(flo.user)
    post(client, "view_remove", school, view.pk)
    assert not SavedView.objects.exists()


def test_several_pupils_are_ticked_for_letters(client, school, flo, pupil) -> None:
    wordings.adopt(school, ["letter_of_concern"], by=builders.member(school, Role.HEAD), at=AT)
    page = get(client, "desk", school)
    form = page.select_one("form#bulk")
    assert form["action"] == reverse("batch_new", args=[school.slug])
    assert [option["value"] for option in form.select("option")] == ["letter_of_concern"]
    ticked = {one["name"]: one["value"] for one in page.select("[form=bulk]")}
    assert ticked == {"pupil": str(pupil.pk), f"because_{pupil.pk}": f"flag:{Flag.objects.get().pk}"}
    response = client.post(form["action"], {"kind": "letter_of_concern", **ticked})
    assert response.status_code == 302


def test_the_list_to_print(client, school, flo, pupil) -> None:
    row = text(get(client, "week_list", school).select_one("tbody tr"))
    assert row.startswith("Ash, Robin 3 Oak 79.2 % 20 of 96 20 20 of 10 Stage PA Title of PA")
    assert "Nobody is on the desk" in text(get(client, "week_list", school, due="overdue"))


def test_the_improved(client, school, flo, pupil) -> None:
    page = text(get(client, "improved", school))
    assert "Nobody in these seven days" in page


def test_the_year_and_the_family(client, school, flo, pupil, calendar) -> None:
    sibling = builders.pupil(school, "Ash", "Sky")
    sibling.contacts.update(parent=pupil.contacts.get().parent)
    builders.marks(sibling, calendar, FIRST, "OO" + "/" * 90)
    page = get(client, "pupil_year", school, pupil.pk)
    family = [text(row) for row in page.select("[aria-label='The family side by side'] tbody tr")]
    assert family[0].startswith("Robin Ash 3 Oak 79.2 % 20 of 96")
    assert family[1].startswith("Sky Ash no class 97.8 % 2 of 92")
    assert family[1].endswith(" 1")
    weeks = page.select(".pupil-year table")
    assert len(weeks) == 2
    assert "O" in text(weeks[0].select_one("tbody tr"))
    assert "Pat Ash , Mother" in text(page.select_one("[aria-labelledby=ring]"))
