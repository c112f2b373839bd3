"""Ways round the sign-in that somebody might try."""

from datetime import timedelta

import pytest
from axes.models import AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from attendance_site.tasks import forget_sign_ins
from registers.models import User
from registers.rules.rights import Role
from tests import builders
from tests.site.test_second_factor import set_up
from tests.site.test_sign_in import PASSWORD, is_in, sign_in


@pytest.fixture(autouse=True)
def _at_work(time_machine) -> None:
    time_machine.move_to(builders.AT, tick=False)


@pytest.fixture
def kiss(school) -> User:
    return User.objects.create_user("kiss@ashdown.example", "Kim Iss", PASSWORD)


@pytest.mark.parametrize("address", ["kiſs@ashdown.example", "kıss@ashdown.example", "kiss@aſhdown.example"])
def test_another_letter_that_a_database_folds_opens_nothing(client, kiss, address: str) -> None:
    """PostgreSQL takes ſ for s: each such spelling had five guesses of its own."""
    client.post(reverse("sign_in"), {"login": address, "password": PASSWORD})
    assert not is_in(client)


def test_every_way_to_write_an_address_counts_towards_its_lock(client, kiss, settings) -> None:
    settings.AXES_ENABLED = True
    ways = ("KISS@ashdown.example", " kiss@ashdown.example ", "\u212aiss@ashdown.example", "Kiss@Ashdown.Example")
    for address in (*ways, "kiss@ashdown.example"):
        response = client.post(reverse("sign_in"), {"login": address, "password": "wrong horse"})
    assert response.status_code == 429
    assert set(AccessFailureLog.objects.values_list("username", flat=True)) == {"kiss@ashdown.example"}


def test_an_address_longer_than_the_log_holds_is_refused(client, db, settings) -> None:
    settings.AXES_ENABLED = True
    data = {"login": f"{'a' * 250}@ashdown.example", "password": PASSWORD}
    assert client.post(reverse("sign_in"), data).status_code == 422
    assert not AccessFailureLog.objects.exists()


def test_setting_up_the_second_step_ends_sessions_that_had_the_password_alone(client, school) -> None:
    school.second_factor_roles = [Role.HEAD]
    school.save()
    member, other = builders.member(school, Role.HEAD), builders.member(school, Role.OFFICE)
    thief, colleague = Client(), Client()
    sign_in(thief, member)
    sign_in(colleague, other)
    set_up(client, member)
    home = reverse("home", args=[school.slug])
    assert thief.get(home)["Location"].startswith(reverse("sign_in"))
    assert (client.get(home).status_code, colleague.get(home).status_code) == (200, 200)


def test_somebody_invited_whose_link_ran_out_can_ask_for_another(client, school, settings, mailoutbox) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    User.objects.create_user("new@ashdown.example", "Newcomer")
    User.objects.create_user("machine@ashdown.example", "Machine")
    User.objects.filter(email="machine@ashdown.example").update(is_active=False)
    for address in ("New@ashdown.example", "machine@ashdown.example"):
        client.post(reverse("forgotten"), {"email": address})
    assert [mail.to for mail in mailoutbox] == [["new@ashdown.example"]]


def test_a_password_like_the_own_name_is_refused(client, kiss) -> None:
    from registers import invitations

    User.objects.filter(pk=kiss.pk).update(name="Bartholomew Crumb")
    form = client.get(invitations.link(kiss, str))["Location"]
    password = "bartholomewcrumb"
    assert client.post(form, {"new_password1": password, "new_password2": password}).status_code == 422


def test_what_is_kept_of_sign_ins_has_an_end(client, kiss, settings) -> None:
    settings.AXES_ENABLED = True
    now = timezone.now()
    for address, days in ((kiss.email, 10), (kiss.email, 800), ("nobody@x.example", 2), ("nobody@x.example", 0)):
        AccessFailureLog.objects.create(username=address, attempt_time=now)
        AccessLog.objects.create(username=kiss.email, attempt_time=now)
        for log in (AccessFailureLog, AccessLog):
            log.objects.filter(pk=log.objects.latest("pk").pk).update(attempt_time=now - timedelta(days=days))
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(minutes=1))
    forget_sign_ins()
    assert sorted(AccessFailureLog.objects.values_list("username", flat=True)) == [kiss.email, "nobody@x.example"]
    assert AccessLog.objects.count() == 3
    assert not Session.objects.exists()
