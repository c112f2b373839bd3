"""The colour tracking of one class for its teacher: attendance and colour, and nothing else of a child."""

from datetime import date

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from registers.queries import calendars
from registers.rules.rights import Role
from tests import builders


@pytest.fixture(autouse=True)
def _morning():
    with time_machine.travel("2026-11-20T10:02:00+00:00", tick=False):
        yield


@pytest.fixture
def teacher(client, school):
    member = builders.member(school, Role.TEACHER)
    client.force_login(member.user)
    return member


@pytest.fixture
def own(school, teacher):
    school_class = builders.school_class(school, "3 Oak", teacher)
    pupil = builders.pupil(school, "Ash", "Robin", school_class=school_class, medical_note="Asthma", social_worker=True)
    builders.marks(pupil, calendars.of(school), date(2026, 9, 1), "OO" + "/" * 94)
    return school_class


def test_a_teacher_sees_the_colours_of_their_class_and_no_more(client, school, own) -> None:
    builders.pupil(school, "Birch", "Sky", school_class=builders.school_class(school, "4 Elm"))
    response = client.get(reverse("class_colours", args=[school.slug, own.pk]))
    page = BeautifulSoup(response.content, "html.parser")
    rows = [" ".join(row.get_text(" ").split()) for row in page.select("tbody tr")]
    assert rows == ["Ash, Robin G 97.1 G 100.0 G 97.9 ▲ 2.9"]
    words = page.get_text(" ")
    for hidden in ("Birch", "Asthma", "Example Street", "Pat", "Case", "O "):
        assert hidden not in words, hidden
    assert page.select_one("main a[href*='/pupils/']") is None


def test_another_class_is_not_found(client, school, other_school, own) -> None:
    for school_class in (builders.school_class(school, "4 Elm"),):
        builders.pupil(school, school_class=school_class)
        assert client.get(reverse("class_colours", args=[school.slug, school_class.pk])).status_code == 404


def test_the_registers_page_leads_there(client, school, own) -> None:
    page = BeautifulSoup(client.get(reverse("classes", args=[school.slug])).content, "html.parser")
    assert page.select_one(f"main a[href='{reverse('class_colours', args=[school.slug, own.pk])}']").string == "3 Oak"
