"""Guessing passwords: an account is locked for the address that guesses, and for nobody else."""

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from tests import builders
from tests.site.test_sign_in import PASSWORD, is_in, sign_in

WRONG = "wrong horse"


@pytest.fixture(autouse=True)
def _counting(settings, time_machine):
    settings.AXES_ENABLED = True
    time_machine.move_to(builders.AT, tick=False)


def guess(client, member, times: int = 5, **headers: str) -> list[int]:
    data = {"login": member.user.email, "password": WRONG}
    return [client.post(reverse("sign_in"), data, headers=headers).status_code for _ in range(times)]


def test_the_fifth_wrong_password_locks(client, school) -> None:
    member = builders.member(school)
    assert guess(client, member) == [422, 422, 422, 422, 429]


def test_four_do_not(client, school) -> None:
    member = builders.member(school)
    guess(client, member, 4)
    sign_in(client, member)
    assert is_in(client)


def test_the_right_password_does_not_open_while_it_is_locked(client, school, time_machine) -> None:
    member = builders.member(school)
    guess(client, member)
    time_machine.shift(14 * 60 + 59)
    response = sign_in(client, member)
    assert response.status_code == 429
    assert not is_in(client)
    assert "15 minutes" in BeautifulSoup(response.content, "html.parser").main.get_text()
    # Trying meanwhile does not make it longer.
    time_machine.shift(2)
    sign_in(client, member)
    assert is_in(client)


def test_the_case_of_the_address_is_no_way_round(client, school) -> None:
    member = builders.member(school)
    guess(client, member, 4)
    member.user.email = member.user.email.upper()
    assert guess(client, member, 1) == [429]


def test_another_account_is_untouched(client, school) -> None:
    guess(client, builders.member(school))
    sign_in(client, builders.member(school))
    assert is_in(client)


def test_the_person_at_another_address_is_untouched(client, school) -> None:
    member = builders.member(school)
    guess(client, member)
    data = {"login": member.user.email, "password": PASSWORD}
    client.post(reverse("sign_in"), data, REMOTE_ADDR="192.0.2.9")
    assert is_in(client)


def test_a_forged_header_is_no_way_round(client, school) -> None:
    member = builders.member(school)
    found = [guess(client, member, 1, x_forwarded_for=f"192.0.2.{number}") for number in range(5)]
    assert found == [[422], [422], [422], [422], [429]]


def test_behind_our_proxy_the_address_that_it_wrote_counts(client, school, settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    member = builders.member(school)
    forged = [guess(client, member, 1, x_forwarded_for=f"192.0.2.{number}, 198.51.100.7") for number in range(5)]
    assert forged[-1] == [429]
    assert set(AccessFailureLog.objects.values_list("ip_address", flat=True)) == {"198.51.100.7"}
    assert guess(client, member, 1, x_forwarded_for="198.51.100.8") == [422]


def test_nobodys_address_is_locked_in_the_same_words(client, school) -> None:
    member, nobody = builders.member(school), builders.member(school)
    nobody.user.email = "nobody@ashdown.example"
    pages = []
    for each in (member, nobody):
        assert guess(client, each) == [422, 422, 422, 422, 429]
        pages.append(BeautifulSoup(sign_in(client, each).content, "html.parser").main.get_text())
    assert pages[0] == pages[1]


def test_it_is_written_down_without_what_was_typed(client, school) -> None:
    member = builders.member(school)
    guess(client, member, 2)
    sign_in(client, member)
    assert AccessLog.objects.get().username == member.user.email
    assert AccessFailureLog.objects.filter(username=member.user.email).count() == 2
    for attempt in AccessAttempt.objects.all():
        assert WRONG not in attempt.post_data
        assert member.user.email not in attempt.post_data


def test_script_requests_are_answered_with_the_same_page(client, school) -> None:
    member = builders.member(school)
    guess(client, member)
    data = {"login": member.user.email, "password": PASSWORD}
    response = client.post(reverse("sign_in"), data, headers={"x-requested-with": "XMLHttpRequest"})
    assert response.status_code == 429
    assert "Access-Control-Allow-Origin" not in response
    assert response["Content-Type"].startswith("text/html")


def test_migrating_makes_the_table_that_all_processes_count_in(db) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE site_cache")
    call_command("migrate", verbosity=0)
    assert "site_cache" in connection.introspection.table_names()
