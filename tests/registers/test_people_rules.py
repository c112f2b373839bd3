"""Who may be given which part, when it may end, who may help."""

from datetime import date

import pytest

from registers.rules import people
from registers.rules.people import GIVEN, Part, PeopleRefusedError
from registers.rules.rights import Right, Role, holds

MARCH, APRIL, MAY, JUNE = (date(2026, month, 1) for month in (3, 4, 5, 6))
LAST_OF_MARCH, LAST_OF_APRIL = date(2026, 3, 31), date(2026, 4, 30)


def part(role: Role, starts_on: date = MARCH, ends_on: date | None = None, user_id: int = 1) -> Part:
    return Part(user_id, role, starts_on, ends_on)


def test_the_machines_parts_are_nobodys() -> None:
    assert set(Role) - set(GIVEN) == {Role.NIGHTLY, Role.OPERATOR, Role.ONLINE}


@pytest.mark.parametrize("giver", GIVEN)
@pytest.mark.parametrize("role", Role)
def test_who_may_give_what(giver: Role, role: Role) -> None:
    may = role in GIVEN and (role not in (Role.HEAD, Role.ADMINISTRATOR) or giver in (Role.HEAD, Role.ADMINISTRATOR))
    if may:
        people.check_may_give(giver, role)
    else:
        with pytest.raises(PeopleRefusedError):
            people.check_may_give(giver, role)


@pytest.mark.parametrize(
    ("held", "wanted", "may"),
    [
        pytest.param(part(Role.FLO), part(Role.FLO, MAY), False, id="no end"),
        pytest.param(part(Role.FLO), part(Role.OFFICE, MAY), True, id="another role"),
        pytest.param(part(Role.FLO), part(Role.FLO, MAY, user_id=2), True, id="another person"),
        pytest.param(part(Role.FLO, MARCH, LAST_OF_APRIL), part(Role.FLO, LAST_OF_APRIL), False, id="one day of both"),
        pytest.param(part(Role.FLO, MARCH, LAST_OF_APRIL), part(Role.FLO, MAY), True, id="the day after"),
        pytest.param(part(Role.FLO, MAY), part(Role.FLO, MARCH), False, id="before one to come"),
        pytest.param(part(Role.FLO, MAY), part(Role.FLO, MARCH, LAST_OF_APRIL), True, id="over before one to come"),
    ],
)
def test_a_role_is_held_once_at_a_time(held: Part, wanted: Part, may: bool) -> None:
    if may:
        people.check_once([held], wanted)
    else:
        with pytest.raises(PeopleRefusedError, match="already"):
            people.check_once([held], wanted)


def test_classes_are_for_class_teachers() -> None:
    people.check_classes(Role.TEACHER, ["3 Oak"])
    people.check_classes(Role.OFFICE, [])
    with pytest.raises(PeopleRefusedError, match="Only a class teacher"):
        people.check_classes(Role.OFFICE, ["3 Oak"])


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "without_from", "last"),
    [
        pytest.param(MARCH, None, APRIL, LAST_OF_MARCH, id="the day before"),
        pytest.param(MARCH, None, MARCH, None, id="never was"),
        pytest.param(MARCH, LAST_OF_APRIL, APRIL, LAST_OF_MARCH, id="sooner than it would"),
        pytest.param(MARCH, LAST_OF_APRIL, LAST_OF_APRIL, date(2026, 4, 29), id="by one day"),
    ],
)
def test_the_last_day(starts_on: date, ends_on: date | None, without_from: date, last: date | None) -> None:
    assert people.last_day(starts_on, ends_on, without_from) == last


@pytest.mark.parametrize(
    ("ends_on", "without_from"),
    [pytest.param(None, date(2026, 2, 28), id="before it begins"), pytest.param(LAST_OF_APRIL, MAY, id="over by then")],
)
def test_a_day_that_ends_nothing_is_refused(ends_on: date | None, without_from: date) -> None:
    with pytest.raises(PeopleRefusedError, match="Choose"):
        people.last_day(MARCH, ends_on, without_from)


ME, OTHER = 1, 2


@pytest.mark.parametrize(
    ("ended", "after", "refusal"),
    [
        pytest.param(part(Role.HEAD), [], "Ask another", id="my only one"),
        pytest.param(part(Role.HEAD), [part(Role.HEAD, user_id=OTHER)], "Ask another", id="mine, another has one"),
        pytest.param(part(Role.HEAD), [part(Role.ADMINISTRATOR)], "", id="mine, and I keep another"),
        pytest.param(part(Role.HEAD), [part(Role.ADMINISTRATOR, MARCH, MAY)], "Ask another", id="another that ends"),
        pytest.param(part(Role.OFFICE), [], "", id="one that manages nobody"),
        pytest.param(part(Role.HEAD, user_id=OTHER), [part(Role.HEAD)], "", id="another's, and I stay"),
        pytest.param(
            part(Role.HEAD, user_id=OTHER), [part(Role.HEAD, MARCH, MAY)], "Nobody could", id="another's, and I go too"
        ),
        pytest.param(part(Role.HEAD, user_id=OTHER), [part(Role.FLO)], "Nobody could", id="another's, the last"),
    ],
)
def test_somebody_always_manages_people(ended: Part, after: list[Part], refusal: str) -> None:
    if not refusal:
        people.check_managed(after, ME, ended)
        return
    with pytest.raises(PeopleRefusedError, match=refusal):
        people.check_managed(after, ME, ended)


@pytest.mark.parametrize(
    ("person", "theirs", "managed", "refusal"),
    [
        pytest.param(OTHER, {10}, {10}, "", id="works here alone"),
        pytest.param(OTHER, {10, 20}, {10}, "another school", id="works elsewhere too"),
        pytest.param(OTHER, {10, 20}, {10, 20}, "", id="I manage both"),
        pytest.param(OTHER, set(), {10}, "", id="works nowhere now"),
        pytest.param(ME, {10}, {10}, "This is you", id="myself"),
    ],
)
def test_who_may_help_somebody_in(person: int, theirs: set[int], managed: set[int], refusal: str) -> None:
    if not refusal:
        people.check_may_help(ME, person, theirs, managed)
        return
    with pytest.raises(PeopleRefusedError, match=refusal):
        people.check_may_help(ME, person, theirs, managed)


def test_only_parts_of_people_are_asked_for_a_second_step() -> None:
    people.check_roles([str(role) for role in GIVEN])
    for unknown in ("nightly", "janitor"):
        with pytest.raises(PeopleRefusedError, match=unknown):
            people.check_roles([unknown])


def test_whoever_manages_people_may_make_their_own_kind() -> None:
    """So that no school is left with somebody who can end a head but not replace one."""
    for role in GIVEN:
        if holds(role, Right.MANAGE_PEOPLE):
            people.check_may_give(role, role)
