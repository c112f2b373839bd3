"""Coming in and going out: the sign-in page, where it leads and where it never leads."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as site
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from registers.models import Membership
from registers.rules.rights import Role
from tests import builders
from tests.builders import TODAY

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(builders.AT, tick=False)


def sign_in(client, member, password: str = PASSWORD, **more: str):
    return client.post(reverse("sign_in"), {"login": member.user.email, "password": password, **more})


def is_in(client) -> bool:
    return SESSION_KEY in client.session


class TestSigningIn:
    def test_the_page_asks_for_an_address_and_a_password(self, client, db) -> None:
        response = client.get(reverse("sign_in"))
        page = BeautifulSoup(response.content, "html.parser")
        assert response.status_code == 200
        assert page.select_one("[name=login]")["autocomplete"] == "username"
        assert page.select_one("[name=password]")["type"] == "password"
        assert page.select_one("[name=csrfmiddlewaretoken]")
        assert all(page.select(f"label[for={field['id']}]") for field in page.select("form input[id]"))

    def test_leads_to_the_persons_own_school(self, client, school) -> None:
        response = sign_in(client, builders.member(school))
        assert response["Location"] == reverse("start")
        assert client.get(response["Location"])["Location"] == reverse("home", args=[school.slug])

    def test_the_case_of_the_address_does_not_matter(self, client, school) -> None:
        member = builders.member(school)
        member.user.email = member.user.email.upper()
        sign_in(client, member)
        assert is_in(client)

    def test_leads_back_to_the_page_that_was_asked_for(self, client, school) -> None:
        url = reverse("pupils", args=[school.slug])
        asked = client.get(url)["Location"]
        page = BeautifulSoup(client.get(asked).content, "html.parser")
        assert page.select_one("[name=next]")["value"] == url
        assert sign_in(client, builders.member(school), next=url)["Location"] == url

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://evil.example/",
            "//evil.example/",
            "///evil.example",
            "https:evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "http://testserver@evil.example/",
        ],
    )
    def test_never_leads_to_another_site(self, client, school, elsewhere: str) -> None:
        member = builders.member(school)
        assert sign_in(client, member, next=elsewhere)["Location"] == reverse("start")
        client.logout()
        response = client.post(
            reverse("sign_in", query={"next": elsewhere}), {"login": member.user.email, "password": PASSWORD}
        )
        assert response["Location"] == reverse("start")

    @pytest.mark.parametrize("case", ["wrong password", "nobody", "left"])
    def test_a_wrong_pair_is_refused_in_the_same_words_each_time(self, client, school, case: str) -> None:
        member = builders.member(school)
        if case == "left":
            member.user.is_active = False
            member.user.save()
        if case == "nobody":
            member.user.email = "nobody@ashdown.example"
        response = sign_in(client, member, "wrong horse" if case == "wrong password" else PASSWORD)
        page = BeautifulSoup(response.content, "html.parser")
        assert not is_in(client)
        assert response.status_code == 422
        assert "do not go together" in page.main.get_text()
        assert not page.select_one("[name=password]").get("value")

    @pytest.mark.parametrize("role", [Role.NIGHTLY, Role.OPERATOR, Role.ONLINE])
    def test_nobody_signs_in_as_the_machine(self, client, school, role: Role) -> None:
        """Even a part of the machine's that could sign in opens no page."""
        sign_in(client, builders.member(school, role))
        assert client.get(reverse("home", args=[school.slug])).status_code == 403

    def test_the_session_is_a_new_one(self, client, school) -> None:
        """A session planted before signing in is worth nothing after it."""
        client.get(reverse("sign_in"))
        session = client.session
        session["planted"] = True
        session.save()
        planted = session.session_key
        sign_in(client, builders.member(school))
        assert client.session.session_key != planted

    def test_a_session_ends_after_an_hour_without_a_page(self, client, school, time_machine) -> None:
        sign_in(client, builders.member(school))
        url = reverse("home", args=[school.slug])
        for _ in range(3):
            time_machine.shift(59 * 60)
            assert client.get(url).status_code == 200
        time_machine.shift(61 * 60)
        assert client.get(url).status_code == 302
        assert not is_in(client)

    def test_a_session_ends_after_twelve_hours_however_busy(self, client, school, time_machine) -> None:
        sign_in(client, builders.member(school))
        url = reverse("home", args=[school.slug])
        client.get(url)
        for _ in range(24):
            time_machine.shift(30 * 60)
            assert client.get(url).status_code == 200
        time_machine.shift(60)
        assert client.get(url).status_code == 302

    def test_whoever_is_in_is_not_asked_again(self, client, school) -> None:
        client.force_login(builders.member(school).user)
        assert client.get(reverse("sign_in"))["Location"] == reverse("start")

    def test_a_form_without_its_token_is_refused(self, school) -> None:
        strict = Client(enforce_csrf_checks=True)
        assert sign_in(strict, builders.member(school)).status_code == 403
        assert not is_in(strict)


class TestSigningOut:
    def test_only_by_post(self, client, school) -> None:
        client.force_login(builders.member(school).user)
        assert client.get(reverse("sign_out")).status_code == 405
        assert is_in(client)
        response = client.post(reverse("sign_out"))
        assert response["Location"] == reverse("sign_in")
        assert not is_in(client)

    def test_every_page_offers_it_as_a_form_with_a_token(self, client, school) -> None:
        client.force_login(builders.member(school).user)
        page = BeautifulSoup(client.get(reverse("home", args=[school.slug])).content, "html.parser")
        form = page.select_one(f"form[action='{reverse('sign_out')}']")
        assert form["method"] == "post"
        assert form.select_one("[name=csrfmiddlewaretoken]")

    def test_never_leads_to_another_site(self, client, school) -> None:
        client.force_login(builders.member(school).user)
        response = client.post(reverse("sign_out"), {"next": "https://evil.example/"})
        assert response["Location"] == reverse("sign_in")


def test_passwords_are_hashed_by_argon2_and_have_twelve_characters() -> None:
    from attendance_site import settings

    assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    assert {"min_length": 12} in [each.get("OPTIONS") for each in site.AUTH_PASSWORD_VALIDATORS]


class TestStart:
    def test_one_school_opens_at_once(self, client, school) -> None:
        client.force_login(builders.member(school).user)
        assert client.get(reverse("start"))["Location"] == reverse("home", args=[school.slug])

    def test_several_are_offered_and_past_parts_are_not(self, client, school, other_school) -> None:
        member = builders.member(school)
        third = builders.school("cedar")
        Membership.objects.create(user=member.user, school=other_school, role=Role.FLO, starts_on=TODAY)
        past = {"starts_on": date(2024, 9, 1), "ends_on": date(2025, 8, 31)}
        Membership.objects.create(user=member.user, school=third, role=Role.FLO, **past)
        client.force_login(member.user)
        page = BeautifulSoup(client.get(reverse("start")).content, "html.parser").main
        assert [link["href"] for link in page.select("a")] == [
            reverse("home", args=[each.slug]) for each in (school, other_school)
        ]

    def test_nobodys_member_is_told_whom_to_ask(self, client, school) -> None:
        member = builders.member(school)
        Membership.objects.filter(pk=member.pk).delete()
        client.force_login(member.user)
        assert "no part at any school" in client.get(reverse("start")).content.decode()
