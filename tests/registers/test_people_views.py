"""The pages of a school's people: what they show, what they change, what they never tell."""

from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessFailureLog, AccessLog
from bs4 import BeautifulSoup
from django.urls import reverse

from registers.models import ClassTeacher, Event, Membership, User
from registers.queries import sign_ins, staff
from registers.rules.rights import Role
from tests import builders
from tests.builders import AT, TODAY

NEW = {"name": "Jo New", "email": "jo.new@ashdown.example", "role": "office", "starts_on": "2026-11-20"}


@pytest.fixture(autouse=True)
def _at_work(time_machine) -> None:
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def head(school, client) -> Membership:
    member = builders.member(school, Role.HEAD, "Hilda Head")
    client.force_login(member.user)
    return member


@pytest.fixture
def at(school):
    return lambda name, *rest: reverse(name, args=[school.slug, *rest])


def main(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser").main


def logged(user, *, failed: bool = False, locked: bool = False, at=AT):
    base = {"username": user.email, "ip_address": "192.0.2.1", "user_agent": "", "path_info": "/sign-in"}
    log = AccessFailureLog.objects.create(**base, locked_out=locked) if failed else AccessLog.objects.create(**base)
    type(log).objects.filter(pk=log.pk).update(attempt_time=at)


class TestTheList:
    def test_shows_who_is_here_with_what_they_do(self, school, head, client, at) -> None:
        teacher = builders.member(school, Role.TEACHER, "Tom Teacher")
        builders.school_class(school, "3 Oak", teacher)
        Authenticator.objects.create(user=teacher.user, type=Authenticator.Type.TOTP, data={})
        builders.nightly(school)
        rows = main(client.get(at("people"))).select("tbody tr")
        told = [[" ".join(cell.get_text(" ", strip=True).split()) for cell in row.select("th, td")] for row in rows]
        assert told == [
            [f"Hilda Head {head.user.email}", "Headteacher", "", "Fri 20 Nov, 09:05", "No"],
            [f"Tom Teacher {teacher.user.email}", "Class teacher", "3 Oak", "Never", "Yes"],
        ]

    def test_sets_apart_who_has_left(self, school, head, client, at) -> None:
        gone = builders.member(school, Role.OFFICE, "Gil Gone")
        Membership.objects.filter(pk=gone.pk).update(ends_on=TODAY - timedelta(days=1))
        page = main(client.get(at("people")))
        assert "Gil Gone" not in page.select_one("table").get_text()
        assert "Gil Gone, School office to 19 Nov 2026" in page.details.get_text()

    def test_knows_nobody_of_another_school(self, school, other_school, head, client, at) -> None:
        stranger = builders.member(other_school, Role.OFFICE, "Sue Stranger")
        assert "Sue Stranger" not in client.get(at("people")).content.decode()
        assert client.get(at("person", stranger.user_id)).status_code == 404

    def test_says_nothing_of_a_part_elsewhere(self, school, other_school, head, client, at) -> None:
        both = builders.member(school, Role.OFFICE)
        Membership.objects.create(user=both.user, school=other_school, role=Role.GOVERNOR, starts_on=TODAY)
        for url in (at("people"), at("person", both.user_id)):
            text = client.get(url).content.decode()
            assert other_school.name not in text
            assert "Governor" not in main(client.get(url)).get_text()

    def test_asks_as_often_for_many_as_for_one(self, school, head, django_assert_num_queries) -> None:
        for number in range(3):
            builders.school_class(school, f"{number} Elm", builders.member(school, Role.TEACHER))
        with django_assert_num_queries(3):
            people = staff.everybody(school)
            assert len([row.school_class.name for person in people for row in person.classes]) == 3


class TestInviting:
    def test_shows_a_link_once_by_which_the_person_chooses_a_password(self, school, head, client, at) -> None:
        response = client.post(at("person_new"), NEW)
        link = main(response).select_one("#link")["value"]
        assert link.startswith("http://testserver/password/")
        assert "no-store" in response["Cache-Control"]
        user = User.objects.get(email=NEW["email"])
        assert link.rpartition("/")[2] not in client.get(at("person", user.pk)).content.decode()
        client.logout()
        form = client.get(link)["Location"]
        client.post(form, {"new_password1": "seven quiet otters", "new_password2": "seven quiet otters"})
        client.post(reverse("sign_in"), {"login": NEW["email"], "password": "seven quiet otters"})
        assert client.get(at("office_day")).status_code == 200

    def test_sends_it_where_mail_is_set_up(self, school, head, client, at, settings, mailoutbox) -> None:
        client.post(at("person_new"), NEW)
        assert not mailoutbox
        settings.EMAIL_URL = "smtp://localhost"
        response = client.post(at("person_new"), {**NEW, "email": "two@ashdown.example"})
        [mail] = mailoutbox
        assert mail.to == ["two@ashdown.example"]
        assert main(response).select_one("#link")["value"] in mail.body

    def test_mail_that_breaks_leaves_the_link(self, school, head, client, at, settings, monkeypatch) -> None:
        settings.EMAIL_URL = "smtp://localhost"

        def broken(*_args: object) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr("registers.invitations.send_mail", broken)
        page = main(client.post(at("person_new"), NEW))
        assert page.select_one("#link")
        assert not page.select_one(".notice--good")

    def test_gives_a_teacher_their_classes(self, school, head, client, at) -> None:
        oak, elm = builders.school_class(school, "3 Oak"), builders.school_class(school, "4 Elm")
        for each in (oak, elm):
            builders.pupil(school, school_class=each)
        client.post(at("person_new"), {**NEW, "role": "teacher", "classes": [oak.pk]})
        assert ClassTeacher.objects.get().school_class == oak

    def test_somebody_of_another_school_gets_the_part_and_nobody_a_link(
        self, school, other_school, head, client, at
    ) -> None:
        known = builders.member(other_school, Role.HEAD).user
        response = client.post(at("person_new"), {**NEW, "email": known.email}, follow=True)
        page = main(response)
        assert not page.select("#link")
        assert other_school.name not in response.content.decode()
        # Nor by the other way: the link would open the other school as well.
        response = client.post(at("password_link", known.pk), follow=True)
        assert not main(response).select("#link")
        assert "another school" in main(response).get_text()

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"email": "nobody"}, "valid email"),
            ({"name": ""}, "required"),
            ({"role": "nightly"}, "valid choice"),
            ({"starts_on": "soon"}, "valid date"),
            ({"classes": ["999"], "role": "teacher"}, "valid choice"),
        ],
    )
    def test_what_cannot_be_is_said_and_changes_nothing(self, school, head, client, at, change, told) -> None:
        builders.pupil(school, school_class=builders.school_class(school))
        users = User.objects.count()
        response = client.post(at("person_new"), {**NEW, **change})
        assert response.status_code == 422
        assert told in main(response).get_text()
        assert User.objects.count() == users

    def test_another_schools_class_is_no_choice(self, school, other_school, head, client, at) -> None:
        from registers.scope import schools_in_scope

        with schools_in_scope([other_school.pk]):
            theirs = builders.school_class(other_school, "9 Far")
            builders.pupil(other_school, school_class=theirs)
        response = client.post(at("person_new"), {**NEW, "role": "teacher", "classes": [theirs.pk]})
        assert response.status_code == 422

    def test_a_refusal_keeps_what_was_typed(self, school, head, client, at) -> None:
        client.post(at("person_new"), NEW)
        response = client.post(at("person_new"), NEW)
        assert response.status_code == 422
        assert "already" in main(response).get_text()
        assert main(response).select_one("[name=email]")["value"] == NEW["email"]


class TestChanging:
    @pytest.fixture
    def office(self, school, head) -> Membership:
        return builders.member(school, Role.OFFICE, "Olive Office")

    @pytest.mark.parametrize(
        ("name", "data", "kind"),
        [
            ("part_new", {"role": "flo", "starts_on": "2026-11-20"}, "part given"),
            ("part_move", {"role": "flo", "starts_on": "2026-11-23"}, "part moved"),
            ("part_end", {"from_on": "2026-11-20"}, "part ended"),
        ],
    )
    def test_a_part(self, school, client, at, office, name, data, kind) -> None:
        url = at(name, office.user_id if name == "part_new" else office.pk)
        assert main(client.get(url)).select_one("form")
        response = client.post(url, data)
        assert response["Location"] == at("person", office.user_id)
        assert Event.objects.get().kind == kind

    @pytest.mark.parametrize("name", ["part_new", "part_move", "part_end"])
    def test_a_refusal_is_said_on_the_form(self, school, client, at, office, name) -> None:
        data = {"role": "office", "starts_on": "2026-11-20", "from_on": "2020-01-01"}
        response = client.post(at(name, office.user_id if name == "part_new" else office.pk), data)
        assert response.status_code == 422
        assert main(response).select_one(".alert, .invalid-feedback, .errorlist")
        assert not Event.objects.exists()

    def test_a_part_taken_back_leads_to_the_list(self, school, head, client, at) -> None:
        client.post(at("person_new"), NEW)
        part = Membership.objects.get(user__email=NEW["email"])
        assert client.post(at("part_end", part.pk), {"from_on": "2026-11-20"})["Location"] == at("people")

    def test_the_own_last_part_is_kept(self, school, head, client, at) -> None:
        response = client.post(at("part_end", head.pk), {"from_on": "2026-11-20"})
        assert response.status_code == 422
        assert "Ask another headteacher" in main(response).get_text()

    def test_the_machines_part_is_not_found(self, school, head, client, at) -> None:
        nightly = builders.nightly(school)
        assert client.get(at("part_end", nightly.pk)).status_code == 404
        assert client.get(at("person", nightly.user_id)).status_code == 404

    def test_a_class_given_and_taken(self, school, head, client, at) -> None:
        teacher, oak = builders.member(school, Role.TEACHER), builders.school_class(school, "3 Oak")
        builders.pupil(school, school_class=oak)
        url = reverse("class_register", args=[school.slug, oak.pk, "AM"])
        client.post(at("class_give", teacher.user_id), {"school_class": oak.pk, "starts_on": "2026-11-20"})
        client.force_login(teacher.user)
        assert client.get(url).status_code == 200
        client.force_login(head.user)
        client.post(at("class_take", ClassTeacher.objects.get().pk), {"from_on": "2026-11-20"})
        client.force_login(teacher.user)
        assert client.get(url).status_code != 200

    def test_a_lost_phone(self, school, client, at, office) -> None:
        Authenticator.objects.create(user=office.user, type=Authenticator.Type.TOTP, data={})
        url = at("second_factor_reset", office.user_id)
        assert "speak to them" in main(client.get(url)).get_text()
        assert Authenticator.objects.exists()
        assert client.post(url)["Location"] == at("person", office.user_id)
        assert not Authenticator.objects.exists()
        assert client.post(url).status_code == 422

    def test_a_new_link(self, school, client, at, office) -> None:
        assert main(client.post(at("password_link", office.user_id))).select_one("#link")
        assert Event.objects.get().kind == "password link made"


class TestSignIns:
    def test_of_this_schools_people_newest_first(self, school, other_school, head, client, at) -> None:
        office, stranger = builders.member(school, Role.OFFICE, "Olive Office"), builders.member(other_school)
        hour = timedelta(hours=1)
        logged(office.user, at=AT - 3 * hour)
        logged(office.user, failed=True, at=AT - 2 * hour)
        logged(head.user, failed=True, locked=True, at=AT - hour)
        logged(stranger.user)
        AccessFailureLog.objects.create(username="nobody@ashdown.example", ip_address="192.0.2.1")
        rows = main(client.get(at("sign_ins"))).select("tbody tr")
        told = [(row.select_one(".chip").get_text(), row.td.get_text().split("@")[0].split()[0]) for row in rows]
        assert told == [("Refused, and locked", "Hilda"), ("Refused", "Olive"), ("Signed in", "Olive")]

    def test_only_of_the_days_on_which_they_had_a_part(self, school, head) -> None:
        office = builders.member(school, Role.OFFICE)
        Membership.objects.filter(pk=office.pk).update(
            starts_on=TODAY - timedelta(days=2), ends_on=TODAY - timedelta(days=1)
        )
        for days in range(4):
            logged(office.user, at=AT - timedelta(days=days))
        rows, _page = sign_ins.of_school(school, 1)
        assert [row.at for row in rows] == [AT - timedelta(days=1), AT - timedelta(days=2)]

    def test_the_day_is_the_schools(self, school, head) -> None:
        """Half past midnight in summer is the day before in UTC."""
        office = builders.member(school, Role.OFFICE)
        Membership.objects.filter(pk=office.pk).update(starts_on="2026-07-02")
        logged(office.user, at=datetime(2026, 7, 1, 22, 59, tzinfo=UTC))
        logged(office.user, at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
        rows, _page = sign_ins.of_school(school, 1)
        assert [row.at.hour for row in rows] == [23]

    def test_by_pages_and_with_as_many_queries(self, school, head, client, at, django_assert_num_queries) -> None:
        for number in range(60):
            logged(head.user, failed=number % 2 == 0, at=AT - timedelta(minutes=number))
        with django_assert_num_queries(3):
            first, page = sign_ins.of_school(school, 1)
        assert (len(first), page.paginator.num_pages) == (50, 2)
        second = main(client.get(at("sign_ins"), {"page": "2"}))
        assert len(second.select("tbody tr")) == 10
        assert main(client.get(at("sign_ins"), {"page": "nonsense"})).select("tbody tr")

    def test_nothing_yet_is_said(self, school, head, client, at) -> None:
        assert "No sign-in is recorded yet" in main(client.get(at("sign_ins"))).get_text()


class TestSecurity:
    def test_the_parts_are_chosen_and_shown(self, school, head, client, at) -> None:
        builders.member(school, Role.OFFICE)
        page = main(client.get(at("security")))
        assert not page.select("input[checked]")
        told = [[cell.get_text() for cell in row.select("th, td")] for row in page.select("tbody tr")]
        assert told == [["School office", "1", "0"], ["Headteacher", "1", "0"]]
        assert client.post(at("security"), {"roles": ["office", "flo"]})["Location"] == at("security")
        school.refresh_from_db()
        assert school.second_factor_roles == ["flo", "office"]
        checked = main(client.get(at("security"))).select("input[checked]")
        assert {box["value"] for box in checked} == {"flo", "office"}
        client.post(at("security"), {})
        school.refresh_from_db()
        assert school.second_factor_roles == []

    def test_the_machines_part_is_no_choice(self, school, head, client, at) -> None:
        assert client.post(at("security"), {"roles": ["nightly"]}).status_code == 422
        assert not Event.objects.exists()
