"""Everybody with a part at a school: which, since when, with which classes, and how they sign in."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from allauth.mfa.models import Authenticator
from django.db.models import Q, QuerySet

from registers.models import ClassTeacher, Membership, School, SchoolClass, User
from registers.rules.people import GIVEN, Part
from registers.rules.rights import ROLE_NAMES, Right, Role, holds


@dataclass(frozen=True)
class Person:
    """One person at one school; nothing is said of any other school."""

    user: User
    parts: tuple[Membership, ...]
    classes: tuple[ClassTeacher, ...]
    has_second_factor: bool

    def stands(self, on: date) -> bool:
        """Whether a part of theirs runs on a day or is still to begin."""
        return any(part.ends_on is None or part.ends_on >= on for part in self.parts)


def everybody(school: School) -> list[Person]:
    """Whoever has or had a part, by name; three queries however many."""
    return _read(school, parts(school).order_by("user__name", "user_id", "starts_on", "pk"))


def person(school: School, user_id: int) -> Person | None:
    """One of them, or None if nobody of the school has that number."""
    found = _read(school, parts(school).filter(user__pk=user_id).order_by("starts_on", "pk"))
    return found[0] if found else None


def parts(school: School) -> QuerySet[Membership]:
    """The parts of people at a school, past and to come; the machine's are not among them."""
    return Membership.objects.filter(school=school, role__in=GIVEN).select_related("user", "school")


def as_rules(memberships: Iterable[Membership]) -> list[Part]:
    """The same, as the rules speak of them."""
    return [Part(part.user_id, Role(part.role), part.starts_on, part.ends_on) for part in memberships]


def classes(school: School) -> QuerySet[SchoolClass]:
    """The classes a teacher can be given: those in which somebody has a place that has not ended."""
    return SchoolClass.objects.filter(school=school, places__ends_on__isnull=True, places__isnull=False).distinct()


@dataclass(frozen=True)
class SecondFactors:
    """How many who play a part have a second factor."""

    role_name: str
    people: int
    having: int


def second_factors(school: School, on: date) -> list[SecondFactors]:
    """For each part that somebody plays now or will."""
    held: dict[Role, dict[int, bool]] = {role: {} for role in GIVEN}
    for each in everybody(school):
        for part in each.parts:
            if part.ends_on is None or part.ends_on >= on:
                held[Role(part.role)][each.user.pk] = each.has_second_factor
    return [
        SecondFactors(ROLE_NAMES[role], len(people), sum(people.values())) for role, people in held.items() if people
    ]


def schools_with_part(user: User, on: date) -> set[int]:
    """Wherever a person has a part that runs or is to come."""
    standing = Membership.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), user=user)
    return set(standing.values_list("school_id", flat=True))


def schools_managed(user_id: int, on: date) -> set[int]:
    """Wherever somebody manages people on a day."""
    managing = [role for role in Role if holds(role, Right.MANAGE_PEOPLE)]
    running = Membership.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), user=user_id, starts_on__lte=on)
    return set(running.filter(role__in=managing).values_list("school_id", flat=True))


def _read(school: School, memberships: Iterable[Membership]) -> list[Person]:
    held: dict[User, list[Membership]] = defaultdict(list)
    for part in memberships:
        held[part.user].append(part)
    taught: dict[int, list[ClassTeacher]] = defaultdict(list)
    rows = ClassTeacher.objects.filter(school=school, user__in=held).select_related("school_class")
    for row in rows.order_by("school_class__name", "starts_on"):
        taught[row.user_id].append(row)
    secured = set(
        Authenticator.objects.filter(user__in=held, type=Authenticator.Type.TOTP).values_list("user_id", flat=True)
    )
    return [Person(user, tuple(theirs), tuple(taught[user.pk]), user.pk in secured) for user, theirs in held.items()]
