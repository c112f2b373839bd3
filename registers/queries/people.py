"""Who plays which part where."""

from collections.abc import Sequence
from datetime import date

from allauth.mfa.models import Authenticator
from django.db.models import Q, QuerySet
from django.utils import timezone

from registers.models import Membership, School, User
from registers.rules.rights import Right, Role, holds


def memberships(user: User, slug: str) -> list[Membership]:
    """A person's present parts at a school, none if they have none there, in order of their first day."""
    return list(
        _current(timezone.localdate())
        .filter(user=user, user__is_active=True, school__slug=slug)
        .select_related("school", "user")
        .order_by("starts_on", "pk")
    )


def schools_of(user: User, right: Right | None = None) -> list[School]:
    """The schools a person has a part at now, by name; only those where a part holds the right, if one is named."""
    parts = _current(timezone.localdate()).filter(user=user)
    if right is not None:
        parts = parts.filter(role__in=[role for role in Role if holds(role, right)])
    return list(School.objects.filter(pk__in=parts.values("school")).order_by("name"))


def parts_of(user: User) -> list[Membership]:
    """A person's present parts everywhere, by school."""
    parts = _current(timezone.localdate()).filter(user=user)
    return list(parts.select_related("school").order_by("school__name", "starts_on", "pk"))


def lacks_second_factor(parts: Sequence[Membership]) -> bool:
    """Whether the school asks for a second factor of one of a person's parts there, and the person has none."""
    asked = set(parts[0].school.second_factor_roles)
    return any(part.role in asked for part in parts) and not has_second_factor(parts[0].user_id)


def asking_for_second_factor(user: User) -> list[Membership]:
    """The parts for which a person's schools ask for a second factor."""
    return [part for part in parts_of(user) if part.role in part.school.second_factor_roles]


def has_second_factor(user_id: int) -> bool:
    return bool(Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.TOTP).exists())


def nightly(school: School) -> Membership:
    """The membership in whose name nightly work is recorded at a school."""
    return Membership.objects.select_related("user", "school").get(school=school, role=Role.NIGHTLY)


def operator(school: School) -> Membership:
    """The membership in whose name work from the command line is recorded at a school."""
    return Membership.objects.select_related("user", "school").get(school=school, role=Role.OPERATOR)


def online(school: School) -> Membership:
    """The membership in whose name a school records what a parent sends by a link."""
    return Membership.objects.select_related("user", "school").get(school=school, role=Role.ONLINE)


def _current(today: date) -> QuerySet[Membership]:
    return Membership.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today), starts_on__lte=today)
