"""Brothers and sisters on one page, decided alike or apart; and what the office writes down of a request."""

from datetime import date
from functools import partial

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from absences.models import LeaveRequest
from absences.rules.leave import Category, LeaveState
from absences.rules.spans import Span
from absences.services import leave
from letters.models import Letter
from letters.services import wordings
from registers.models import Mark
from registers.queries import calendars
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT, TODAY
from tests.site import leave_answers
from tests.site.leave_answers import FRIDAY, GRANT, MONDAY, REFUSE


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def head(school):
    return builders.member(school, Role.HEAD, "Hera Head")


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def decide(client, head):
    return partial(leave_answers.decide, client, head)


@pytest.fixture
def family(school, head, office):
    """A request for two children who live with one parent."""
    wordings.adopt(school, ["leave_refused"], by=head, at=AT)
    elder = builders.pupil(school, "Quill", "Robin", dob=date(2016, 1, 1))
    younger = builders.pupil(school, "Quill", "Wren")
    younger.contacts.update(parent=elder.contacts.get().parent)
    return leave.enter_family(
        school,
        calendars.of(school),
        [elder, younger],
        elder.contacts.get(),
        TODAY,
        Span(SessionOn(MONDAY, Session.AM), SessionOn(FRIDAY, Session.PM)),
        "A cousin’s wedding",
        Category.FUNERAL_OR_WEDDING,
        today=TODAY,
        by=office,
        at=AT,
    )


def page(response):
    return BeautifulSoup(response.content, "html.parser").main


class TestDecidingTogether:
    def test_the_sibling_stands_beside_with_figures_and_a_tick(self, client, school, family, head):
        builders.marks(family[1].pupil, calendars.of(school), date(2026, 9, 1), "////I/////O/")
        client.force_login(head.user)
        found = page(client.get(reverse("leave_request", args=[school.slug, family[0].pk])))
        [row] = found.select("[aria-label='Brothers and sisters who ask as well'] tbody tr")
        assert [cell.get_text(strip=True) for cell in row.select("th, td")] == [
            "Wren Quill",
            "Mon 7 Dec to Fri 11 Dec 2026",
            "10",
            "83.3 %",
            "1",
        ]
        assert found.select_one("[name=same_for]")["value"] == str(family[1].pk)

    def test_both_are_decided_alike_each_with_a_letter(self, family, decide):
        decide(family[0], REFUSE | {"same_for": str(family[1].pk)})
        assert set(LeaveRequest.objects.values_list("state", flat=True)) == {LeaveState.REFUSED}
        assert Letter.objects.count() == 2

    def test_a_part_is_the_same_sessions_for_both(self, family, decide):
        answer = GRANT | {"decision": "part", "granted": leave_answers.first(4), "same_for": str(family[1].pk)}
        decide(family[0], answer)
        assert set(LeaveRequest.objects.values_list("state", "granted_sessions")) == {("partly granted", 4)}
        assert Mark.objects.filter(code="C").count() == 8

    def test_without_the_tick_the_other_waits(self, family, decide):
        decide(family[0], GRANT)
        assert LeaveRequest.objects.get(pk=family[1].pk).state == LeaveState.RECEIVED

    def test_if_one_cannot_be_decided_so_neither_is(self, family, decide):
        LeaveRequest.objects.filter(pk=family[1].pk).update(received_on=MONDAY)
        response = decide(family[0], GRANT | {"same_for": str(family[1].pk)})
        assert response.status_code == 422
        assert "whoever asks" in page(response).get_text()
        assert set(LeaveRequest.objects.values_list("state", flat=True)) == {LeaveState.RECEIVED}
        assert not Mark.objects.exists()

    @pytest.mark.parametrize("whose", ["a stranger's", "another school's"])
    def test_no_other_request_is_decided_along_with_it(self, school, other_school, family, decide, whose):
        of = school if whose == "a stranger's" else other_school
        with schools_in_scope([of.pk]):
            other = leave_answers.ask(builders.pupil(of))
        response = decide(family[0], GRANT | {"same_for": str(other.pk)})
        assert response.status_code == 422
        with schools_in_scope([of.pk]):
            assert LeaveRequest.objects.get(pk=other.pk).state == LeaveState.RECEIVED


class TestEnteringForSeveral:
    def test_the_form_offers_brothers_and_sisters_on_roll(self, client, school, family, office):
        elder, younger = (row.pupil for row in family)
        gone = builders.pupil(school, "Quill", "Gone", leaves_on=date(2026, 7, 1))
        gone.contacts.update(parent=elder.contacts.get().parent)
        client.force_login(office.user)
        url = reverse("leave_request_new", args=[school.slug, elder.pk])
        assert [box["value"] for box in page(client.get(url)).select("[name=siblings]")] == [str(younger.pk)]
        sent = {
            "applicant": elder.contacts.get().pk,
            "siblings": [younger.pk],
            "received_on": "2026-11-20",
            "first_on": "2027-01-11",
            "first_session": "AM",
            "last_on": "2027-01-12",
            "last_session": "PM",
            "category": "other",
            "reason": "A move",
        }
        response = client.post(url, sent, follow=True)
        assert "4 sessions for each of 2 children" in page(response).get_text()
        assert LeaveRequest.objects.filter(first_on=date(2027, 1, 11)).count() == 2


class TestWritingDown:
    def post(self, client, row, step, **sent):
        return client.post(reverse(f"leave_{step}", args=[row.school.slug, row.pk]), sent)

    @pytest.fixture(autouse=True)
    def _signed_in(self, client, office):
        client.force_login(office.user)

    def test_more_is_asked_and_answered(self, client, school, family):
        row = family[0]
        assert self.post(client, row, "ask", **{"ask-words": "Which day?"}).status_code == 302
        shown = page(client.get(reverse("leave_request", args=[school.slug, row.pk])))
        assert "More information asked" in shown.get_text()
        assert "Which day?" in shown.select_one("[aria-labelledby=leave-steps]").get_text()
        self.post(client, row, "answer", **{"answer-words": "Tuesday."})
        row.refresh_from_db()
        assert row.state == LeaveState.RECEIVED

    @pytest.mark.parametrize("step", ["ask", "withdraw"])
    def test_a_step_without_words_is_refused_and_its_form_stays_open(self, client, family, step):
        response = self.post(client, family[0], step)
        assert response.status_code == 422
        assert page(response).select_one("details.leave-change[open] .invalid-feedback")

    def test_a_step_that_does_not_fit_is_refused_with_why(self, client, family):
        response = self.post(client, family[0], "answer", **{"answer-words": "Tuesday."})
        assert response.status_code == 422
        assert "cannot become" in page(response).get_text()

    def test_a_grant_is_shortened_on_the_page(self, client, family, decide, office):
        decide(family[0], GRANT)
        client.force_login(office.user)
        sent = {"shorten-keep": leave_answers.first(4), "shorten-words": "Back on Wednesday."}
        response = client.post(reverse("leave_shorten", args=[family[0].school.slug, family[0].pk]), sent, follow=True)
        assert "4 of 10 sessions remain" in page(response).get_text()
        codes = Mark.objects.filter(pupil=family[0].pupil).order_by("on", "session").values_list("code", flat=True)
        assert " ".join(codes) == "C C C C N N N N N N"

    def test_a_grant_is_withdrawn_on_the_page(self, client, school, family, decide, office):
        decide(family[0], GRANT)
        client.force_login(office.user)
        self.post(client, family[0], "withdraw", **{"withdraw-words": "They stay."})
        shown = page(client.get(reverse("leave_request", args=[school.slug, family[0].pk])))
        assert "Withdrawn after it had been granted" in " ".join(shown.get_text().split())
        assert not shown.select("details.leave-change")

    def test_particulars_are_kept_on_the_page(self, client, school, office):
        pupil = builders.pupil(school)
        row = leave_answers.ask(pupil)
        LeaveRequest.objects.filter(pk=row.pk).update(category=Category.RELIGIOUS)
        shown = page(client.get(reverse("leave_request", args=[school.slug, row.pk])))
        assert "Without what is marked" in shown.get_text()
        self.post(client, row, "details", festival="Diwali")
        row.refresh_from_db()
        assert row.details == {"festival": "Diwali"}

    def test_the_latest_like_decisions_are_linked_with_their_reasons(self, client, school, family, decide):
        earlier = leave_answers.ask(builders.pupil(school, "Other"))
        LeaveRequest.objects.filter(pk=earlier.pk).update(category=Category.FUNERAL_OR_WEDDING)
        decide(earlier, GRANT | {"words": "An only sister."})
        shown = page(client.get(reverse("leave_request", args=[school.slug, family[0].pk])))
        [line] = shown.select(".leave-like li")
        assert line.a["href"] == reverse("leave_request", args=[school.slug, earlier.pk])
        assert "granted, 10 of 10 sessions, C" in line.get_text()
        assert "An only sister." in line.get_text()

    def test_the_page_stays_at_a_few_queries(self, client, school, family, django_assert_max_num_queries):
        for _ in range(6):
            leave_answers.ask(builders.pupil(school))
        with django_assert_max_num_queries(45):
            client.get(reverse("leave_request", args=[school.slug, family[0].pk]))
