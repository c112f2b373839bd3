"""Whose register a person may take: a teacher's own class, and nobody's of another school."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from registers.models import ClassTeacher, Mark, Membership, Pupil, School, SchoolClass
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
from tests.registers import pages

pytestmark = pytest.mark.time_machine(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False)


@pytest.fixture
def roll(school: School, school_class: SchoolClass) -> list[Pupil]:
    return [builders.pupil(school, name, school_class=school_class) for name in ("Ash", "Birch")]


@pytest.fixture
def signed_in(client: Client, teacher: Membership) -> Client:
    client.force_login(teacher.user)
    return client


@pytest.fixture
def address(school: School, school_class: SchoolClass) -> str:
    return reverse("class_register", args=[school.slug, school_class.pk, "AM"])


def _answers(roll: list[Pupil], seen: str, **rest: str) -> dict[str, str]:
    return {"on": "2026-11-20"} | {f"seen-{p.pk}": s for p, s in zip(roll, seen, strict=True) if s != "."} | rest


def test_another_class_of_the_school_is_not_there(
    school: School, roll: list[Pupil], signed_in: Client, teacher: Membership
) -> None:
    other = builders.school_class(school, "4 Other")
    stranger = builders.pupil(school, school_class=other)
    address = reverse("class_register", args=[school.slug, other.pk, "AM"])
    assert signed_in.get(address).status_code == 404
    assert signed_in.post(address, {"on": "2026-11-20", f"seen-{stranger.pk}": "P"}).status_code == 404
    ClassTeacher.objects.create(
        school=school, user=teacher.user, school_class=other, starts_on=date(2026, 9, 1), ends_on=date(2026, 11, 19)
    )
    assert signed_in.get(address).status_code == 404  # until yesterday
    assert not Mark.objects.exists()


@pytest.mark.parametrize("also", [Role.GOVERNOR, Role.FLO])
def test_a_teacher_with_another_part_still_sees_own_classes_only(
    school: School, roll: list[Pupil], signed_in: Client, teacher: Membership, also: Role
) -> None:
    Membership.objects.create(user=teacher.user, school=school, role=also, starts_on=date(2024, 9, 1))
    other = builders.school_class(school, "4 Other")
    builders.pupil(school, school_class=other)
    page = pages.soup(signed_in.get(reverse("classes", args=[school.slug])))
    assert [pages.text(row.th) for row in page.select("tbody tr")] == ["3 Test"]
    assert signed_in.get(reverse("class_register", args=[school.slug, other.pk, "AM"])).status_code == 404


def test_the_office_may_take_any_class(school: School, roll: list[Pupil], client: Client, address: str) -> None:
    client.force_login(builders.member(school, Role.OFFICE).user)
    assert client.post(address, _answers(roll, "PP")).status_code == 302
    assert {mark.recorded_role for mark in Mark.objects.all()} == {"office"}


def test_another_schools_class_is_not_there(
    school: School, other_school: School, roll: list[Pupil], signed_in: Client, teacher: Membership
) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = builders.school_class(other_school, "3 Test")
        builders.pupil(other_school, school_class=theirs)
        ClassTeacher.objects.create(
            school=other_school, user=teacher.user, school_class=theirs, starts_on=date(2024, 9, 1)
        )
    for slug in (school.slug, other_school.slug):
        assert signed_in.get(reverse("class_register", args=[slug, theirs.pk, "AM"])).status_code == 404
    assert signed_in.get(reverse("classes", args=[other_school.slug])).status_code == 404


@pytest.mark.parametrize("session", ["EV", "am", "AM%20", "__class__"])
def test_a_session_nobody_knows_is_not_there(roll: list[Pupil], signed_in: Client, address: str, session: str) -> None:
    assert signed_in.get(address.replace("/AM", f"/{session}")).status_code == 404


def test_no_pupil_is_named_in_an_address(roll: list[Pupil], signed_in: Client, address: str) -> None:
    page = pages.soup(signed_in.get(address))
    for link in page.select("[href], [src], [action]"):
        target = " ".join(str(link.get(name, "")) for name in ("href", "src", "action"))
        assert not any(word in target for pupil in roll for word in ("Ash", "Birch", "Sam", pupil.upn))


def test_a_name_is_text_and_never_markup(
    school: School, school_class: SchoolClass, signed_in: Client, address: str
) -> None:
    builders.pupil(school, "<script>alert(1)</script>", '"><b>', school_class=school_class)
    page = pages.soup(signed_in.get(address))
    assert "<script>alert(1)</script>" in pages.text(page.select_one(".register__name"))
    assert not [script for script in page.select("script") if "alert" in script.get_text()]
