"""The pages on which reasons are recorded."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from absences.models import Reason
from registers.models import Mark
from registers.queries import calendars
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT, TODAY

MONDAY = date(2026, 11, 16)
TYPED = {
    "first_on": "2026-11-16",
    "first_session": "AM",
    "last_on": "2026-11-16",
    "last_session": "PM",
    "text": "Sick in the night, high temperature",
    "told_by": "Mum",
    "channel": "phone",
    "outcome": "accepted",
    "code": "I",
}


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def office(school, client):
    membership = builders.member(school)
    client.force_login(membership.user)
    return membership


@pytest.fixture
def pupil(school):
    return builders.pupil(school, "Ash", "Kim", school_class=builders.school_class(school))


def address(pupil, query=""):
    return reverse("reason_new", args=[pupil.school.slug, pupil.pk]) + query


def page(response):
    return BeautifulSoup(response.content, "html.parser")


def codes_of(pupil):
    return "".join(Mark.objects.filter(pupil=pupil).order_by("on", "session").values_list("code", flat=True))


class TestUnexplained:
    def test_shows_who_when_how_old_and_where_to_record_it(self, client, school, office, pupil):
        builders.marks(pupil, calendars.of(school), date(2026, 11, 12), "NN")
        found = page(client.get(reverse("unexplained", args=[school.slug])))
        [row] = found.select("tbody tr")
        cells = [cell.get_text(" ", strip=True) for cell in row.select("th, td")]
        assert cells[:6] == ["Ash, Kim", "3 Test", "Thu 12 Nov 2026", "AM and PM", "6", "Overdue since 19 Nov"]
        assert row.select_one("td a")["href"] == address(pupil, "?on=2026-11-12&back=list")
        assert "2 sessions marked N" in found.main.get_text()
        assert found.select_one(".page-head .chip").get_text() == "2 overdue"

    def test_says_so_when_nothing_is_open(self, client, school, office):
        found = page(client.get(reverse("unexplained", args=[school.slug])))
        assert "Every absence has a reason" in found.select_one(".empty").get_text()

    def test_stays_at_a_few_queries_however_many_rows(self, client, school, office, django_assert_max_num_queries):
        for number in range(15):
            builders.mark(builders.pupil(school, f"Ash{number}"), MONDAY, Session.AM, "N")
        with django_assert_max_num_queries(9):
            found = page(client.get(reverse("unexplained", args=[school.slug])))
        assert len(found.select("tbody tr")) == 15

    def test_is_not_for_teachers(self, client, school):
        client.force_login(builders.member(school, Role.TEACHER).user)
        assert client.get(reverse("unexplained", args=[school.slug])).status_code == 403


class TestTheForm:
    def test_is_filled_with_the_stretch_around_the_day(self, client, school, office, pupil):
        builders.marks(pupil, calendars.of(school), MONDAY, "/NNN/")
        found = page(client.get(address(pupil, "?on=2026-11-17")))
        assert found.select_one("[name=first_on]")["value"] == "2026-11-16"
        assert found.select_one("[name=first_session] [selected]")["value"] == "PM"
        assert found.select_one("[name=last_on]")["value"] == "2026-11-17"
        assert found.select_one("[name=last_session] [selected]")["value"] == "PM"

    @pytest.mark.parametrize("query", ["", "?on=yesterday", "?on=2026-11-20"])
    def test_is_filled_with_today_where_no_day_is_given(self, client, school, office, pupil, query):
        builders.marks(pupil, calendars.of(school), MONDAY, "N")
        found = page(client.get(address(pupil, query)))
        assert [found.select_one(f"[name={name}]")["value"] for name in ("first_on", "last_on")] == ["2026-11-20"] * 2

    def test_offers_the_unexplained_stretches(self, client, school, office, pupil):
        builders.marks(pupil, calendars.of(school), MONDAY, "NN/N")
        found = page(client.get(address(pupil)))
        choices = [(link.get_text(), link["href"]) for link in found.select("[aria-labelledby=open] a")]
        assert choices == [
            ("Mon 16 Nov 2026", "?on=2026-11-16"),
            ("Tue 17 Nov 2026 PM", "?on=2026-11-17"),
        ]

    def test_groups_the_codes_by_what_the_school_decides(self, client, office, pupil):
        groups = page(client.get(address(pupil))).select("[name=code] optgroup")
        values = {group["label"]: [option["value"] for option in group.select("option")] for group in groups}
        assert values["If it is not accepted"] == ["O", "G"]
        assert values["While evidence is wanted"] == ["N"]
        assert "I" in values["If it is accepted"]
        assert "C" not in values["If it is accepted"]

    def test_changes_nothing_when_looked_at(self, client, school, office, pupil):
        builders.marks(pupil, calendars.of(school), MONDAY, "NN")
        client.get(address(pupil, "?on=2026-11-16"))
        assert codes_of(pupil) == "NN"


class TestRecording:
    def test_recodes_and_goes_back_to_the_pupil(self, client, school, office, pupil):
        builders.marks(pupil, calendars.of(school), MONDAY, "N/")
        response = client.post(address(pupil), TYPED)
        assert response.status_code == 302
        assert response["Location"] == reverse("pupil", args=[school.slug, pupil.pk])
        assert codes_of(pupil) == "I\\"
        assert Reason.objects.get().recorded_by == office.user

    def test_goes_back_to_the_list_and_says_what_came_of_it(self, client, school, office, pupil):
        builders.marks(pupil, calendars.of(school), MONDAY, "N/")
        response = client.post(address(pupil, "?on=2026-11-16&back=list"), TYPED, follow=True)
        assert response.redirect_chain == [(reverse("unexplained", args=[school.slug]), 302)]
        said = page(response).select_one(".notice--good").get_text()
        assert said == (
            "Reason recorded. 1 session now I. Left as they are: 1 session marked \\, present in the afternoon."
        )

    def test_shows_what_was_recorded_before(self, client, school, office, pupil):
        client.post(address(pupil), TYPED)
        found = page(client.get(address(pupil)))
        assert "Sick in the night, high temperature" in found.select_one("[aria-labelledby=recorded]").get_text()

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            pytest.param({"text": "ill"}, "does not say what is wrong", id="ill alone"),
            pytest.param({"text": ""}, "This field is required", id="nothing said"),
            pytest.param({"code": ""}, "Choose the code", id="no code"),
            pytest.param({"outcome": "not accepted"}, "Choose O, or G", id="code against outcome"),
            pytest.param({"last_on": "2026-11-13"}, "comes before", id="backwards"),
            pytest.param({"first_on": "2026-11-14", "last_on": "2026-11-15"}, "no school session", id="weekend"),
            pytest.param({"code": "C"}, "not one of the available choices", id="leave is not offered"),
        ],
    )
    def test_a_refusal_says_why_and_keeps_what_was_typed(self, client, school, office, pupil, changes, message):
        builders.marks(pupil, calendars.of(school), MONDAY, "NN")
        response = client.post(address(pupil), TYPED | changes)
        assert response.status_code == 422
        found = page(response)
        assert message in found.main.get_text()
        assert found.select_one("[name=told_by]")["value"] == "Mum"
        assert codes_of(pupil) == "NN"
        assert not Reason.objects.exists()

    def test_another_schools_pupil_is_not_found(self, client, school, office, other_school):
        with schools_in_scope([other_school.pk]):
            stranger = builders.pupil(other_school)
        url = reverse("reason_new", args=[school.slug, stranger.pk])
        assert client.get(url).status_code == 404
        assert client.post(url, TYPED).status_code == 404
        with schools_in_scope([other_school.pk]):
            assert not Mark.objects.exists()

    def test_is_not_for_teachers(self, client, school, pupil):
        client.force_login(builders.member(school, Role.TEACHER).user)
        assert client.post(address(pupil), TYPED).status_code == 403
        assert not Reason.objects.exists()

    def test_the_family_liaison_officer_may(self, client, school, pupil):
        client.force_login(builders.member(school, Role.FLO).user)
        assert client.post(address(pupil), TYPED | {"first_on": str(TODAY), "last_on": str(TODAY)}).status_code == 302
        assert codes_of(pupil) == "II"
