"""The second step of signing in: set up, asked for, never got round."""

from datetime import date

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from bs4 import BeautifulSoup
from django.urls import reverse

from registers import invitations
from registers.models import Membership
from registers.rules.rights import Role
from tests import builders
from tests.site.test_sign_in import PASSWORD, is_in, sign_in

SET_UP, CODE = "mfa_activate_totp", "mfa_authenticate"


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(builders.AT, tick=False)


@pytest.fixture
def member(school) -> Membership:
    return builders.member(school, Role.HEAD)


def code_now(secret: str, step: int = 0) -> str:
    """The code an authenticator app shows now, or so many half minutes later."""
    _before, counter, _after = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(secret, counter + step))


def page_of(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser").main


def set_up(client, member) -> str:
    """Set the app up as a person does; the secret."""
    sign_in(client, member)
    again = client.get(reverse(SET_UP))
    client.post(again["Location"], {"password": PASSWORD})
    page = page_of(client.get(reverse(SET_UP)))
    secret = page.select_one("code").get_text().replace(" ", "")
    response = client.post(reverse(SET_UP), {"code": code_now(secret)})
    assert response["Location"] == reverse("mfa_view_recovery_codes")
    return secret


def recovery_codes(client) -> list[str]:
    return [each.get_text() for each in page_of(client.get(reverse("mfa_view_recovery_codes"))).select("li code")]


def first_step(client, member, **more: str):
    """The password alone: on to the code, and not in."""
    response = sign_in(client, member, **more)
    assert response["Location"] == reverse(CODE)
    assert not is_in(client)
    return response


def second_step(client, code: str):
    return client.post(reverse(CODE), {"code": code})


@pytest.fixture
def secret(client, member, time_machine) -> str:
    """The secret of a person who has set the app up, has signed out, and looks at the next code."""
    found = set_up(client, member)
    client.post(reverse("sign_out"))
    time_machine.shift(120)
    return found


class TestSettingUp:
    def test_asks_for_the_password_again_first(self, client, member) -> None:
        sign_in(client, member)
        response = client.get(reverse(SET_UP))
        assert response["Location"].startswith(reverse("account_reauthenticate"))
        assert client.post(response["Location"], {"password": "wrong horse"}).status_code == 422
        assert client.get(reverse(SET_UP)).status_code == 302

    def test_shows_the_square_and_the_key_and_keeps_neither(self, client, member) -> None:
        sign_in(client, member)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        response = client.get(reverse(SET_UP))
        page = page_of(response)
        assert page.select_one("img")["src"].startswith("data:image/svg+xml")
        assert len(page.select_one("code").get_text().replace(" ", "")) == 32
        assert "no-store" in response["Cache-Control"]

    def test_a_wrong_code_sets_nothing_up(self, client, member) -> None:
        sign_in(client, member)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        secret = page_of(client.get(reverse(SET_UP))).select_one("code").get_text().replace(" ", "")
        wrong = f"{(int(code_now(secret)) + 1) % 1_000_000:06d}"
        assert client.post(reverse(SET_UP), {"code": wrong}).status_code == 422
        assert not Authenticator.objects.exists()

    def test_leads_to_ten_recovery_codes(self, client, member) -> None:
        set_up(client, member)
        codes = recovery_codes(client)
        assert len(set(codes)) == 10
        assert "10 recovery codes left" in page_of(client.get(reverse("account"))).get_text()

    def test_the_code_that_set_it_up_signs_nobody_in(self, client, member) -> None:
        secret = set_up(client, member)
        client.post(reverse("sign_out"))
        first_step(client, member)
        assert second_step(client, code_now(secret)).status_code == 422
        assert not is_in(client)

    def test_can_be_taken_away_again(self, client, member, secret) -> None:
        first_step(client, member)
        second_step(client, code_now(secret))
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        assert client.get(reverse("mfa_deactivate_totp")).status_code == 200
        client.post(reverse("mfa_deactivate_totp"))
        assert not Authenticator.objects.exists()


class TestSigningIn:
    def test_takes_the_password_and_a_code(self, client, member, school, secret) -> None:
        first_step(client, member)
        assert client.get(reverse("home", args=[school.slug])).status_code == 302
        assert second_step(client, code_now(secret))["Location"] == reverse("start")
        assert is_in(client)

    def test_goes_on_to_the_page_that_was_asked_for(self, client, member, school, secret) -> None:
        url = reverse("pupils", args=[school.slug])
        first_step(client, member, next=url)
        assert second_step(client, code_now(secret))["Location"] == url

    def test_never_leads_to_another_site(self, client, member, secret) -> None:
        first_step(client, member, next="https://evil.example/")
        assert second_step(client, code_now(secret))["Location"] == reverse("start")

    @pytest.mark.parametrize(("step", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_a_clock_may_be_half_a_minute_off(self, client, member, secret, step: int, right: bool) -> None:
        first_step(client, member)
        second_step(client, code_now(secret, step))
        assert is_in(client) is right

    @pytest.mark.parametrize("later", [0, 29, 31, 59])
    def test_a_code_is_good_once(self, client, member, secret, time_machine, later: int) -> None:
        """Even while the clock would still allow it."""
        code = code_now(secret, 1)
        first_step(client, member)
        second_step(client, code)
        assert is_in(client)
        client.post(reverse("sign_out"))
        time_machine.shift(later)
        first_step(client, member)
        assert second_step(client, code).status_code == 422
        assert not is_in(client)

    def test_a_recovery_code_is_good_once(self, client, member, time_machine) -> None:
        set_up(client, member)
        code = recovery_codes(client)[3]
        client.post(reverse("sign_out"))
        first_step(client, member)
        second_step(client, code)
        assert is_in(client)
        client.post(reverse("sign_out"))
        time_machine.shift(24 * 60 * 60)
        first_step(client, member)
        assert second_step(client, code).status_code == 422
        assert not is_in(client)

    def test_another_persons_code_is_no_good(self, client, school, member, secret) -> None:
        other = builders.member(school, Role.OFFICE)
        theirs = set_up(client, other)
        client.post(reverse("sign_out"))
        first_step(client, member)
        second_step(client, code_now(theirs, 1))
        assert not is_in(client)

    def test_somebody_else_can_sign_in_instead(self, client, school, member, secret) -> None:
        first_step(client, member)
        assert client.get(reverse("sign_in"))["Location"] == reverse(CODE)
        client.post(reverse("sign_out"))
        sign_in(client, builders.member(school))
        assert is_in(client)

    def test_codes_cannot_be_guessed(self, client, member, settings, secret, time_machine) -> None:
        settings.AXES_ENABLED = True
        first_step(client, member)
        wrong = [f"{(int(code_now(secret)) + 7 * number) % 1_000_000:06d}" for number in range(11, 16)]
        assert [second_step(client, code).status_code for code in wrong] == [422, 422, 422, 422, 429]
        assert second_step(client, code_now(secret)).status_code == 429
        # Nor from elsewhere, with the password: the person's codes are counted wherever they come from.
        elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
        client.post(reverse("sign_out"))
        client.post(reverse("sign_in"), {"login": member.user.email, "password": PASSWORD}, **elsewhere)
        assert client.post(reverse(CODE), {"code": code_now(secret)}, **elsewhere).status_code == 422
        assert not is_in(client)


class TestAPasswordByLink:
    def test_does_not_get_round_the_second_step(self, client, member, school, secret) -> None:
        member.user.refresh_from_db()  # a sign-in since would have ended the link
        form = client.get(invitations.link(member.user, str))["Location"]
        new = "seven quiet otters"
        assert client.post(form, {"new_password1": new, "new_password2": new})["Location"] == reverse("sign_in")
        assert not is_in(client)
        assert client.get(reverse("home", args=[school.slug])).status_code == 302
        response = sign_in(client, member, new)
        assert response["Location"] == reverse(CODE)
        assert not is_in(client)

    def test_works_once(self, client, member) -> None:
        link = invitations.link(member.user, str)
        new = "seven quiet otters"
        form = client.get(link)["Location"]
        client.post(form, {"new_password1": new, "new_password2": new})
        client.logout()
        page = client.get(link)
        assert not page_of(page).select_one("[name=new_password1]")
        assert "done its work" in page_of(page).get_text()

    @pytest.mark.parametrize(("hours", "good"), [(71, True), (73, False)])
    def test_works_for_three_days(self, client, member, time_machine, hours: int, good: bool) -> None:
        link = invitations.link(member.user, str)
        time_machine.shift(hours * 3600)
        assert (client.get(link).status_code == 302) is good

    @pytest.mark.parametrize("case", ["short", "password1234", "their own address"])
    def test_takes_no_weak_password(self, client, member, case: str) -> None:
        password = member.user.email if case == "their own address" else case
        form = client.get(invitations.link(member.user, str))["Location"]
        assert client.post(form, {"new_password1": password, "new_password2": password}).status_code == 422
        member.user.refresh_from_db()
        assert member.user.check_password(PASSWORD)

    def test_a_sign_in_meanwhile_ends_it(self, client, member) -> None:
        link = invitations.link(member.user, str)
        sign_in(client, member)
        assert client.get(link).status_code == 200


class TestAskedByTheSchool:
    @pytest.fixture(autouse=True)
    def _asked(self, school) -> None:
        school.second_factor_roles = [Role.HEAD]
        school.save()

    def test_whoever_lacks_it_is_led_to_set_it_up_and_opens_nothing(self, client, school, member) -> None:
        client.force_login(member.user)
        for name in ("home", "pupils", "office_day"):
            url = reverse(name, args=[school.slug])
            for response in (client.get(url), client.post(url)):
                assert response["Location"] == reverse("second_factor_asked")
        page = page_of(client.get(reverse("second_factor_asked")))
        assert school.name in page.get_text()
        assert page.select_one(f"a[href='{reverse(SET_UP)}']")

    def test_with_it_the_pages_open(self, client, school, member) -> None:
        set_up(client, member)
        assert client.get(reverse("home", args=[school.slug])).status_code == 200
        assert client.get(reverse("second_factor_asked"))["Location"] == reverse("start")

    def test_another_part_is_not_asked(self, client, school) -> None:
        client.force_login(builders.member(school, Role.OFFICE).user)
        assert client.get(reverse("home", args=[school.slug])).status_code == 200

    def test_one_of_several_parts_is_enough(self, client, school) -> None:
        office = builders.member(school, Role.OFFICE)
        part = Membership.objects.create(user=office.user, school=school, role=Role.HEAD, starts_on=date(2026, 9, 1))
        client.force_login(office.user)
        url = reverse("office_day", args=[school.slug])
        assert client.get(url).status_code == 302
        Membership.objects.filter(pk=part.pk).update(ends_on=date(2026, 11, 19))
        assert client.get(url).status_code == 200

    def test_a_trusts_comparison_asks_as_each_of_its_schools_does(self, client, school) -> None:
        client.force_login(builders.member(school, Role.TRUST).user)
        assert client.get(reverse("trust")).status_code == 200
        school.second_factor_roles = [Role.TRUST]
        school.save()
        assert client.get(reverse("trust"))["Location"] == reverse("second_factor_asked")

    def test_another_school_does_not_ask(self, client, school, other_school, member) -> None:
        Membership.objects.create(user=member.user, school=other_school, role=Role.HEAD, starts_on=date(2026, 9, 1))
        client.force_login(member.user)
        assert client.get(reverse("home", args=[other_school.slug])).status_code == 200


class TestForgotten:
    def test_without_mail_it_says_whom_to_ask(self, client, db, mailoutbox) -> None:
        page = page_of(client.get(reverse("forgotten")))
        assert "Ask your headteacher" in page.get_text()
        assert not page.select("form")
        client.post(reverse("forgotten"), {"email": "head@ashdown.example"})
        assert not mailoutbox

    def test_a_link_goes_to_whoever_has_the_address_and_the_answer_is_the_same(
        self, client, member, settings, mailoutbox
    ) -> None:
        settings.EMAIL_URL = "smtp://localhost"
        said = []
        for address in (member.user.email, "nobody@ashdown.example"):
            response = client.post(reverse("forgotten"), {"email": address}, follow=True)
            said.append(page_of(response).get_text())
        assert said[0] == said[1]
        [mail] = mailoutbox
        assert mail.to == [member.user.email]
        assert "http://testserver/password/" in mail.body


def test_the_password_is_changed_with_the_present_one_and_other_sessions_end(client, member, school) -> None:
    from django.test import Client

    elsewhere, url = Client(), reverse("home", args=[school.slug])
    for each in (client, elsewhere):
        sign_in(each, member)
    new = {"password1": "seven quiet otters", "password2": "seven quiet otters"}
    assert client.post(reverse("password_change"), {"oldpassword": "wrong horse", **new}).status_code == 422
    response = client.post(reverse("password_change"), {"oldpassword": PASSWORD, **new})
    assert response["Location"] == reverse("account")
    assert client.get(url).status_code == 200
    assert elsewhere.get(url).status_code == 302


def test_an_account_page_shows_its_own_sign_ins_alone(client, school, settings, member) -> None:
    settings.AXES_ENABLED = True
    other = builders.member(school)
    sign_in(client, other, "wrong horse")
    sign_in(client, member, "wrong horse")
    sign_in(client, member)
    rows = page_of(client.get(reverse("account"))).select("tbody tr")
    assert sorted(row.select_one(".chip").get_text() for row in rows) == ["Refused", "Signed in"]
