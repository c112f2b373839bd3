"""A trust officer's page: several schools, each only if their part there says so."""

from datetime import date

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from registers.models import Membership
from registers.queries import calendars
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders

pytestmark = pytest.mark.usefixtures("school")


@pytest.fixture(autouse=True)
def _on_the_friday():
    with time_machine.travel(builders.AT, tick=False):
        yield


def fill(school, marks: str) -> None:
    with schools_in_scope([school.pk]):
        builders.marks(builders.pupil(school), calendars.of(school), date(2026, 11, 3), marks)


def rows(client) -> dict[str, str]:
    response = client.get(reverse("trust"))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    body = BeautifulSoup(response.content, "html.parser").tbody
    return {row.th.a.get_text(): row.get_text(" ", strip=True) for row in body.find_all("tr")}


def test_the_schools_stand_side_by_side(client, school, other_school) -> None:
    fill(school, "/" * 12)
    fill(other_school, "O" * 3 + "/" * 9)
    officer = builders.member(school, Role.TRUST)
    Membership.objects.create(user=officer.user, school=other_school, role=Role.TRUST, starts_on=date(2024, 9, 1))
    client.force_login(officer.user)
    found = rows(client)
    assert set(found) == {"Ashdown School", "Birchwood School"}
    assert "100.00 (100.00)" in found["Ashdown School"]
    assert "75.00 (75.00)" in found["Birchwood School"]


def test_a_part_without_the_right_adds_no_school(client, school, other_school) -> None:
    officer = builders.member(school, Role.TRUST)
    Membership.objects.create(user=officer.user, school=other_school, role=Role.HEAD, starts_on=date(2024, 9, 1))
    client.force_login(officer.user)
    assert set(rows(client)) == {"Ashdown School"}


@pytest.mark.parametrize("role", [Role.HEAD, Role.GOVERNOR, Role.ADMINISTRATOR])
def test_nobody_else_compares(client, school, role) -> None:
    client.force_login(builders.member(school, role).user)
    assert client.get(reverse("trust")).status_code == 403


def test_a_part_that_has_ended_compares_nothing(client, school) -> None:
    officer = builders.member(school, Role.TRUST)
    Membership.objects.filter(pk=officer.pk).update(ends_on=date(2026, 11, 19))
    client.force_login(officer.user)
    assert client.get(reverse("trust")).status_code == 403


def test_strangers_sign_in_first(client) -> None:
    assert client.get(reverse("trust")).status_code == 302


@pytest.mark.parametrize(("role", "is_shown"), [(Role.TRUST, True), (Role.HEAD, False)])
def test_the_page_is_found_from_the_choice_of_schools(client, school, other_school, role, is_shown) -> None:
    officer = builders.member(school, role)
    Membership.objects.create(user=officer.user, school=other_school, role=role, starts_on=date(2024, 9, 1))
    client.force_login(officer.user)
    page = BeautifulSoup(client.get(reverse("start")).content, "html.parser")
    assert bool(page.find("a", href=reverse("trust"))) is is_shown
