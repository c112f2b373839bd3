"""Requests about people that no page sends."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from registers.models import Membership, User
from registers.rules.people import PeopleRefusedError
from registers.rules.rights import Role
from registers.services import people
from tests import builders

pytestmark = pytest.mark.time_machine(builders.AT, tick=False)


@pytest.fixture
def head(school, client) -> Membership:
    member = builders.member(school, Role.HEAD)
    client.force_login(member.user)
    return member


@pytest.mark.parametrize("name", ["person", "part_new", "class_give", "second_factor_reset", "password_link"])
def test_a_number_that_no_database_holds_is_nobody(school, head, client, name: str) -> None:
    address = reverse(name, args=[school.slug, 2**63])
    assert client.post(address).status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"email": f"{'a' * 250}@ashdown.example"}, {"name": "Jo\u202enhoJ"}, {"name": "n" * 121}],
    ids=["long address", "reading turned", "long name"],
)
def test_what_cannot_be_kept_is_refused(school, head, client, change: dict[str, str]) -> None:
    given = {"name": "Jo", "email": "jo@ashdown.example", "role": "office", "starts_on": "2026-11-20", **change}
    assert client.post(reverse("person_new", args=[school.slug]), given).status_code == 422
    assert not User.objects.exclude(pk=head.user_id).exists()


@pytest.mark.parametrize(("days", "may"), [(0, True), (1, False)])
def test_whoever_begins_later_manages_nobody_until_then(school, head, days: int, may: bool) -> None:
    begins = builders.TODAY + timedelta(days=days)
    after = User.objects.create_user("next@ashdown.example", "Next")
    Membership.objects.create(user=after, school=school, role=Role.HEAD, starts_on=begins)
    operator = builders.member(school, Role.ADMINISTRATOR)
    Membership.objects.filter(pk=operator.pk).update(ends_on=date(2026, 12, 31))
    if may:
        people.end_part(school, head.pk, builders.TODAY, by=operator, at=builders.AT)
        return
    with pytest.raises(PeopleRefusedError, match="Nobody could manage people then"):
        people.end_part(school, head.pk, builders.TODAY, by=operator, at=builders.AT)
