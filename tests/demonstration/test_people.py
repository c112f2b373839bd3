"""The staff of the demonstration's schools."""

import pytest

from attendance_site.demonstration import people

CLASSES = ("R Wren", "3 Kestrel")
ROLES = {"head", "deputy", "flo", "office", "governor", "attendance_lead", "administrator", "teacher"}


@pytest.mark.parametrize("slug", ["staplehurst", "carlton-road", "elsewhere"])
def test_one_person_for_each_role_and_each_class(slug: str) -> None:
    staff = people.staff(slug, CLASSES)
    assert {person.role for person in staff} == ROLES
    assert [person.class_name for person in staff if person.role == "teacher"] == list(CLASSES)
    assert len({person.name for person in staff}) == len({person.email for person in staff}) == len(staff)
    assert all(person.email.endswith(f"@{slug}.example") for person in staff)


def test_addresses_say_the_post() -> None:
    found = {person.email for person in people.staff("staplehurst", CLASSES)}
    assert {"head@staplehurst.example", "flo@staplehurst.example", "teacher.3kestrel@staplehurst.example"} <= found


def test_staff_are_the_same_with_more_classes() -> None:
    alone = people.staff("staplehurst")
    assert set(alone) == {one for one in people.staff("staplehurst", CLASSES) if one.role != "teacher"}


def test_the_trust_has_one_officer_of_its_own() -> None:
    officer = people.trust_officer()
    assert officer == people.trust_officer()
    assert (officer.role, officer.class_name) == ("trust", None)
    assert officer.email not in {
        person.email for slug in ("staplehurst", "carlton-road") for person in people.staff(slug)
    }
