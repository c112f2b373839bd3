"""The pages on which leave requests are listed and entered, and the facts as the decision's page shows them."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from absences.models import LeaveRequest
from absences.rules.leave import Decision
from registers.queries import calendars
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
from tests.absences.builders import FAR, am, decide, pm, request
from tests.builders import AT, TODAY

MONDAY, FRIDAY = FAR


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def office(school, client):
    membership = builders.member(school)
    client.force_login(membership.user)
    return membership


@pytest.fixture
def head(school):
    return builders.member(school, Role.HEAD)


@pytest.fixture
def pupil(school):
    return builders.pupil(school, "Ash", "Kim")


def page(response):
    return BeautifulSoup(response.content, "html.parser")


def new(pupil):
    return reverse("leave_request_new", args=[pupil.school.slug, pupil.pk])


def typed(pupil, **changes):
    return {
        "applicant": pupil.contacts.all()[0].pk,
        "received_on": "2026-11-20",
        "first_on": "2026-12-07",
        "first_session": "AM",
        "last_on": "2026-12-11",
        "last_session": "AM",
        "category": "holiday",
        "reason": "A grandparent’s golden wedding abroad",
    } | changes


class TestTheList:
    def test_shows_each_request_with_its_state_in_words(self, client, school, office, head):
        refused = decide(request(builders.pupil(school, "Birch"), office), head, Decision.REFUSE)
        part = decide(request(builders.pupil(school, "Cedar"), office), head, Decision.PART, granted=4)
        waiting = request(builders.pupil(school, "Ash"), office)
        found = page(client.get(reverse("leave_requests", args=[school.slug])))
        rows = found.select("tbody tr")
        assert [row.select_one(".chip").get_text() for row in rows] == [
            "Waiting for a decision",
            "Refused",
            "Partly granted",
        ]
        assert [row.select("a")[-1]["href"] for row in rows] == [
            reverse("leave_request", args=[school.slug, row.pk]) for row in (waiting, refused, part)
        ]
        assert "4 of 10" in rows[2].get_text()
        assert "1 waiting for the headteacher" in found.main.get_text()

    def test_says_decide_to_the_head_alone(self, client, school, office, head):
        request(builders.pupil(school), office)
        url = reverse("leave_requests", args=[school.slug])
        assert page(client.get(url)).select("tbody a")[-1].get_text().startswith("Open")
        client.force_login(head.user)
        assert page(client.get(url)).select("tbody a")[-1].get_text().startswith("Decide")

    def test_says_what_to_do_when_none_has_come(self, client, school, office):
        found = page(client.get(reverse("leave_requests", args=[school.slug])))
        assert "Open a pupil’s page to enter one" in found.select_one(".empty").get_text()

    def test_stays_at_a_few_queries_however_many_rows(self, client, school, office, django_assert_max_num_queries):
        for _ in range(12):
            request(builders.pupil(school), office)
        with django_assert_max_num_queries(9):
            found = page(client.get(reverse("leave_requests", args=[school.slug])))
        assert len(found.select("tbody tr")) == 12

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR])
    def test_is_not_for_teachers_or_governors(self, client, school, role):
        client.force_login(builders.member(school, role).user)
        assert client.get(reverse("leave_requests", args=[school.slug])).status_code == 403


class TestEntering:
    def test_offers_only_the_pupils_own_contacts_and_says_who_lives_elsewhere(self, client, school, office, pupil):
        builders.parent_of(pupil, lives_with_pupil=False, relationship="Father", priority=2)
        builders.pupil(school, "Other")
        options = page(client.get(new(pupil))).select("[name=applicant] option")
        assert [option.get_text() for option in options] == [
            "Choose a parent",
            "Ms Pat Ash (Mother)",
            "Ms Pat Ash (Father), does not live with the pupil",
        ]

    def test_warns_where_nobody_may_ask(self, client, office, pupil):
        pupil.contacts.update(lives_with_pupil=False)
        assert "No contact of this pupil" in page(client.get(new(pupil))).select_one(".notice--warn").get_text()

    def test_enters_the_request_and_opens_it(self, client, school, office, pupil):
        response = client.post(new(pupil), typed(pupil))
        row = LeaveRequest.objects.get()
        assert response.status_code == 302
        assert response["Location"] == reverse("leave_request", args=[school.slug, row.pk])
        assert (row.pupil, row.span.first, row.span.last) == (pupil, am(MONDAY), am(FRIDAY))
        assert (row.asked_sessions, row.received_on, row.entered_by) == (9, TODAY, office.user)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            pytest.param({"first_on": "2026-12-05", "last_on": "2026-12-06"}, "no school session", id="weekend"),
            pytest.param({"last_on": "2026-12-04"}, "comes before", id="backwards"),
            pytest.param({"received_on": "2026-11-21"}, "after today", id="received tomorrow"),
            pytest.param({"applicant": ""}, "This field is required", id="nobody asks"),
            pytest.param({"reason": ""}, "This field is required", id="no reason"),
        ],
    )
    def test_a_refusal_says_why_and_keeps_what_was_typed(self, client, office, pupil, changes, message):
        response = client.post(new(pupil), typed(pupil) | changes)
        assert response.status_code == 422
        found = page(response)
        assert message in found.main.get_text()
        assert found.select_one("[name=first_on]")["value"] == changes.get("first_on", "2026-12-07")
        assert not LeaveRequest.objects.exists()

    def test_a_parent_the_pupil_does_not_live_with_is_refused(self, client, office, pupil):
        father = builders.parent_of(pupil, lives_with_pupil=False, priority=2)
        response = client.post(new(pupil), typed(pupil, applicant=father.pk))
        assert response.status_code == 422
        assert "Only a parent the pupil normally lives with" in page(response).main.get_text()
        assert not LeaveRequest.objects.exists()

    def test_another_pupils_and_another_schools_parents_are_no_choice(
        self, client, school, office, pupil, other_school
    ):
        neighbour = builders.pupil(school).contacts.get()
        with schools_in_scope([other_school.pk]):
            stranger = builders.pupil(other_school).contacts.get()
        for contact in (neighbour, stranger):
            response = client.post(new(pupil), typed(pupil, applicant=contact.pk))
            assert response.status_code == 422
        assert not LeaveRequest.objects.exists()

    def test_another_schools_pupil_is_not_found(self, client, school, office, other_school):
        with schools_in_scope([other_school.pk]):
            stranger = builders.pupil(other_school)
            sent = typed(stranger)
        url = reverse("leave_request_new", args=[school.slug, stranger.pk])
        assert client.get(url).status_code == 404
        assert client.post(url, sent).status_code == 404
        with schools_in_scope([school.pk, other_school.pk]):
            assert not LeaveRequest.objects.exists()

    def test_an_empty_form_is_sent_back_with_what_is_missing(self, client, office, pupil):
        response = client.post(new(pupil), {})
        assert response.status_code == 422
        assert "This field is required" in page(response).main.get_text()

    def test_is_not_for_teachers(self, client, school, pupil):
        client.force_login(builders.member(school, Role.TEACHER).user)
        assert client.post(new(pupil), typed(pupil)).status_code == 403
        assert not LeaveRequest.objects.exists()


class TestTheFacts:
    """The partial that the decision's page shows."""

    def facts(self, client, row):
        response = client.get(reverse("leave_request", args=[row.school.slug, row.pk]))
        assert response.status_code == 200
        return page(response)

    def rows(self, found):
        table = found.select_one("[aria-label='Attendance this school year'] tbody")
        return [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in table.select("tr")]

    def test_the_figures_now_if_granted_and_if_refused(self, client, school, office, pupil):
        builders.marks(pupil, calendars.of(school), date(2026, 9, 1), "/" * 85 + "IIIOO")
        found = self.facts(client, request(pupil, office))
        assert self.rows(found) == [
            ["Now", "94.4 %", "3", "2"],
            ["If granted and taken Persistent absence", "85.0 %", "13", "2"],
            ["If refused and taken Persistent absence", "85.0 %", "3", "12"],
        ]

    def test_a_late_request_is_said_to_be_one_and_shows_no_grant(self, client, office, pupil):
        found = self.facts(client, request(pupil, office, first=am(TODAY), last=pm(TODAY)))
        assert "cannot be granted afterwards" in found.select_one(".notice--warn").get_text()
        assert [row[:2] for row in self.rows(found)] == [
            ["Now", "–"],
            ["If refused and taken Persistent absence", "0.0 %"],
        ]

    def test_a_decision_is_shown_with_its_words(self, client, office, head, pupil):
        found = self.facts(client, decide(request(pupil, office), head, Decision.PART, granted=4))
        shown = " ".join(found.select_one("[aria-labelledby=leave-decision]").get_text(" ").split())
        assert "4 of 10 sessions granted, code C (Leave: exceptional circumstances), by A head" in shown
        assert "A rare event that cannot be moved." in shown
        assert [row[0] for row in self.rows(found)] == ["Now"]

    def test_the_familys_other_requests_are_linked(self, client, school, office, head, pupil):
        earlier = decide(request(pupil, office), head, Decision.REFUSE)
        found = self.facts(client, request(pupil, office))
        [row] = found.select("[aria-label='The family’s other requests'] tbody tr")
        assert row.a["href"] == reverse("leave_request", args=[school.slug, earlier.pk])
        assert row.select_one(".chip").get_text() == "Refused"
        assert "Refused" in found.select_one("[aria-labelledby=leave-like]").get_text()
