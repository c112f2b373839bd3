"""Who plays which part where, and on which days."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from registers.models import Membership, School, User
from registers.queries import people
from registers.rules import rights
from registers.rules.rights import RIGHTS, ROLE_NAMES, Right, RightRefusedError, Role
from tests import builders

TODAY = date(2026, 11, 20)
pytestmark = pytest.mark.time_machine(datetime(2026, 11, 20, 10, tzinfo=UTC), tick=False)


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "is_current"),
    [
        pytest.param(date(2026, 11, 20), None, True, id="from-today"),
        pytest.param(date(2026, 11, 21), None, False, id="from-tomorrow"),
        pytest.param(date(2024, 9, 1), date(2026, 11, 20), True, id="until-today"),
        pytest.param(date(2024, 9, 1), date(2026, 11, 19), False, id="until-yesterday"),
    ],
)
def test_a_part_is_played_from_a_day_to_a_day(
    school: School, client: Client, starts_on: date, ends_on: date | None, is_current: bool
) -> None:
    membership = builders.member(school)
    Membership.objects.update(starts_on=starts_on, ends_on=ends_on)
    assert people.memberships(membership.user, school.slug) == ([membership] if is_current else [])
    assert people.schools_of(membership.user) == ([school] if is_current else [])
    client.force_login(membership.user)
    response = client.get(reverse("office_day", args=[school.slug]))
    assert response.status_code == (200 if is_current else 404)


def test_the_day_is_the_schools_own(school: School, time_machine: object) -> None:
    """At half past eleven at night in London in summer it is still the day before in UTC."""
    membership = builders.member(school)
    Membership.objects.update(starts_on=date(2026, 7, 2))
    time_machine.move_to(datetime(2026, 7, 1, 22, 59, tzinfo=UTC))
    assert people.memberships(membership.user, school.slug) == []
    time_machine.move_to(datetime(2026, 7, 1, 23, 0, tzinfo=UTC))
    assert people.memberships(membership.user, school.slug) == [membership]


def test_parts_come_in_the_order_of_their_first_day(school: School) -> None:
    teacher = builders.member(school, Role.TEACHER)
    office = Membership.objects.create(user=teacher.user, school=school, role=Role.OFFICE, starts_on=date(2023, 9, 1))
    assert people.memberships(teacher.user, school.slug) == [office, teacher]


def test_a_part_at_one_school_is_none_at_another(school: School, other_school: School) -> None:
    membership = builders.member(school)
    assert people.memberships(membership.user, other_school.slug) == []
    assert people.schools_of(membership.user) == [school]
    builders.member(other_school)
    Membership.objects.create(user=membership.user, school=other_school, role=Role.HEAD, starts_on=date(2024, 9, 1))
    assert people.schools_of(membership.user) == [school, other_school]


def test_somebody_made_inactive_is_out_at_once(school: School, client: Client) -> None:
    membership = builders.member(school)
    client.force_login(membership.user)
    address = reverse("office_day", args=[school.slug])
    assert client.get(address).status_code == 200
    User.objects.filter(pk=membership.user_id).update(is_active=False)
    assert people.memberships(membership.user, school.slug) == []
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("sign_in"))
    assert authenticate(username=membership.user.email, password="correct horse") is None


def test_an_address_is_one_person_however_it_is_written(school: School) -> None:
    made = User.objects.create_user("Jo.Smith@School.Example", "Jo Smith", "correct horse")
    assert made.email == "jo.smith@school.example"
    assert authenticate(username="JO.SMITH@school.example", password="correct horse") == made
    assert authenticate(username="jo.smith@school.example", password="wrong horse") is None
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("jo.smith@SCHOOL.example", "Another", "correct horse")


def test_the_machines_parts_are_found(school: School, other_school: School) -> None:
    nightly, operator = builders.nightly(school), builders.member(school, Role.OPERATOR)
    builders.nightly(other_school)
    assert (people.nightly(school), people.operator(school)) == (nightly, operator)


@pytest.mark.parametrize(
    "change",
    [{"role": "janitor"}, {"ends_on": date(2024, 8, 31)}, {"role": ""}],
    ids=["role-nobody-knows", "ends-before-it-starts", "no-role"],
)
def test_a_part_that_cannot_be_is_refused_by_the_database(school: School, change: dict[str, object]) -> None:
    membership = builders.member(school)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(pk=membership.pk).update(**change)


def test_a_part_is_given_once(school: School) -> None:
    membership = builders.member(school)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=membership.user, school=school, role=membership.role, starts_on=date(2025, 9, 1))


EVERYBODY = "teacher office flo attendance_lead head governor trust administrator"
HOLDERS = {
    Right.HOME: EVERYBODY,
    Right.TAKE_REGISTER: "teacher office attendance_lead head",
    Right.RECODE: "office attendance_lead head",
    Right.SEE_PUPILS: "office flo attendance_lead head",
    Right.SEE_FAMILY: "office flo attendance_lead head",
    Right.SEE_SENSITIVE: "flo attendance_lead head",
    Right.EDIT_PUPILS: "office attendance_lead head",
    Right.SEE_ON_SITE: "office flo attendance_lead head",
    Right.SEE_STATISTICS: "office flo attendance_lead head",
    Right.EXPORT: "office flo attendance_lead head",
    Right.IMPORT: "office attendance_lead head administrator",
    Right.CLOSE_SCHOOL: "office attendance_lead head",
    Right.SET_UP: "attendance_lead head administrator",
    Right.MANAGE_PEOPLE: "head administrator",
    Right.COMPARE_SCHOOLS: "trust",
    Right.RECORD_REASON: "office flo attendance_lead head",
    Right.ENTER_LEAVE: "office flo attendance_lead head",
    Right.WANT_EVIDENCE: "head",
    Right.ARRANGE: "office flo attendance_lead head",
    Right.SUPPORT: "flo attendance_lead head",
    Right.DECIDE_LEAVE: "head",
    Right.SEE_DESK: "flo attendance_lead head",
    Right.SCAN: "flo attendance_lead head",
    Right.WRITE_LETTERS: "office flo attendance_lead head",
    Right.SEE_REPORT: "flo attendance_lead head governor trust",
    Right.SEE_EVIDENCE: "office flo attendance_lead head",
    Right.SEND_MESSAGES: "office flo attendance_lead head",
    Right.SEE_RESTRICTED: "attendance_lead head",
    Right.DECIDE_ORDERS: "attendance_lead head",
    Right.EDIT_WORDING: "attendance_lead head",
    Right.SET_POLICY: "head",
}
BESIDES = (Right.HOME, Right.DECIDE_LEAVE, Right.SEE_RESTRICTED, Right.DECIDE_ORDERS)
# A deputy does the work of the office and of the FLO, and decides leave besides.
HOLDERS = {
    right: f"{roles} deputy" if right in BESIDES or {"office", "flo"} & set(roles.split()) else roles
    for right, roles in HOLDERS.items()
}


@pytest.mark.parametrize("right", Right)
def test_who_holds_a_right(right: Right) -> None:
    holders = HOLDERS[right].split()
    for role in Role:
        assert rights.holds(role, right) is (role in holders)
        if role in holders:
            rights.check(role, right)
        else:
            with pytest.raises(RightRefusedError, match=f"{ROLE_NAMES[role]}: not allowed to {right.value}"):
                rights.check(role, right)


def test_every_role_has_a_name_and_its_rights() -> None:
    assert set(ROLE_NAMES) == set(RIGHTS) == set(Role)
