"""People invited, moved and ended; classes given and taken; help for whoever cannot sign in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import transaction
from django.db.models import Q

from registers.models import ClassTeacher, Membership, School, SchoolClass, User
from registers.queries import staff
from registers.rules import people as rules
from registers.rules import rights
from registers.rules.people import Part, PeopleRefusedError
from registers.rules.rights import Right, Role
from registers.services import record


@dataclass(frozen=True)
class Invited:
    """The part that was given, and whether its person is new and waits for a link."""

    part: Membership
    is_new: bool


@transaction.atomic
def invite(
    school: School,
    email: str,
    name: str,
    role: Role,
    starts_on: date,
    classes: Sequence[SchoolClass] = (),
    *,
    by: Membership,
    at: datetime,
) -> Invited:
    """Give a part to whoever has an address; somebody new is made, without a password. A known name stays."""
    _open(school, by)
    user, is_new = _take_in(email, name)
    part = _give(school, user, role, starts_on, classes, by)
    facts = {**_facts(part), "classes": [each.pk for each in classes], "new": is_new}
    record.write("person invited", by=by, at=at, subject=_subject(user), facts=facts)
    return Invited(part, is_new)


@transaction.atomic
def appoint(
    school: School, email: str, name: str, role: Role, starts_on: date, *, by: Membership, at: datetime
) -> Invited:
    """Make somebody who manages people, from the command line: the first, or one when nobody else is left."""
    if by.role != Role.OPERATOR or not rights.holds(role, Right.MANAGE_PEOPLE):
        raise PeopleRefusedError("From the command line only a headteacher or a system administrator is made.")
    user, is_new = _take_in(email, name)
    part = _hold(school, user, role, starts_on)
    record.write("person invited", by=by, at=at, subject=_subject(user), facts={**_facts(part), "new": is_new})
    return Invited(part, is_new)


@transaction.atomic
def give_part(
    school: School,
    user: User,
    role: Role,
    starts_on: date,
    classes: Sequence[SchoolClass] = (),
    *,
    by: Membership,
    at: datetime,
) -> Membership:
    """Give somebody who is at the school another part."""
    _open(school, by)
    _check_here(school, user)
    part = _give(school, user, role, starts_on, classes, by)
    facts = {**_facts(part), "classes": [each.pk for each in classes]}
    record.write("part given", by=by, at=at, subject=_subject(user), facts=facts)
    return part


@transaction.atomic
def move_part(
    school: School,
    part_id: int,
    role: Role,
    from_on: date,
    classes: Sequence[SchoolClass] = (),
    *,
    by: Membership,
    at: datetime,
) -> Membership:
    """End one part and begin another with the same day."""
    _open(school, by)
    old = staff.parts(school).get(pk=part_id)
    if role == old.role:
        raise PeopleRefusedError(f"They are {old.role_name.lower()} as it is. Choose another part.")
    facts: dict[str, object] = {"from": _facts(old)}
    wanted = Part(old.user_id, role, from_on)
    _end(school, old, from_on, by, besides=wanted)
    new = _give(school, old.user, role, from_on, classes, by)
    facts |= {"to": _facts(new), "classes": [each.pk for each in classes]}
    record.write("part moved", by=by, at=at, subject=_subject(old.user), facts=facts)
    return new


@transaction.atomic
def end_part(school: School, part_id: int, from_on: date, *, by: Membership, at: datetime) -> None:
    """End a part: from that day on it opens nothing. One that never was is taken back; the record keeps it."""
    _open(school, by)
    part = staff.parts(school).get(pk=part_id)
    facts = _facts(part)
    last = _end(school, part, from_on, by)
    kind = "part ended" if last else "part taken back"
    record.write(kind, by=by, at=at, subject=_subject(part.user), facts=facts | {"ends_on": str(last or "")})


@transaction.atomic
def give_class(
    school: School, user: User, school_class: SchoolClass, starts_on: date, *, by: Membership, at: datetime
) -> None:
    """Let a class teacher take a class's register from a day on."""
    _open(school, by)
    _check_here(school, user)
    parts = staff.parts(school).filter(user=user, role=Role.TEACHER)
    if not parts.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on)).exists():
        raise PeopleRefusedError("They are not a class teacher then. Give them that part first.")
    _teach(school, user, [school_class], starts_on)
    facts = {"class": school_class.pk, "starts_on": str(starts_on)}
    record.write("class given", by=by, at=at, subject=_subject(user), facts=facts)


@transaction.atomic
def take_class(school: School, row_id: int, from_on: date, *, by: Membership, at: datetime) -> None:
    """Take a class from a teacher from a day on."""
    _open(school, by)
    row = ClassTeacher.objects.select_related("user").get(school=school, pk=row_id)
    _end_class(row, from_on)
    facts = {"class": row.school_class_id, "from": str(from_on)}
    record.write("class taken", by=by, at=at, subject=_subject(row.user), facts=facts)


@transaction.atomic
def reset_second_factor(school: School, user: User, today: date, *, by: Membership, at: datetime) -> None:
    """Remove a second factor that its person has lost; they sign in by password and set up another."""
    _open(school, by)
    _check_may_help(school, user, today, by)
    lost = Authenticator.objects.filter(user=user)
    if not lost.exists():
        raise PeopleRefusedError("They have set up no second step.")
    lost.delete()
    record.write("second factor reset", by=by, at=at, subject=_subject(user))


@transaction.atomic
def allow_link(school: School, user: User, today: date, *, by: Membership, at: datetime) -> None:
    """Write down that somebody is given a new link to choose a password, if they may be."""
    _open(school, by)
    _check_may_help(school, user, today, by)
    record.write("password link made", by=by, at=at, subject=_subject(user))


@transaction.atomic
def require_second_factor(school: School, roles: Sequence[str], *, by: Membership, at: datetime) -> None:
    """Say which roles must sign in with a second factor."""
    rights.check(Role(by.role), Right.SET_UP)
    rules.check_roles(roles)
    locked = School.objects.select_for_update().get(pk=school.pk)
    before, after = locked.second_factor_roles, sorted(roles)
    if sorted(before) == after:
        return
    locked.second_factor_roles = after
    locked.save(update_fields=["second_factor_roles"])
    record.write("second factor roles set", by=by, at=at, facts={"before": before, "after": after})


def _open(school: School, by: Membership) -> None:
    """One change of a school's people at a time, by somebody who may."""
    rights.check(Role(by.role), Right.MANAGE_PEOPLE)
    School.objects.select_for_update().get(pk=school.pk)


def _take_in(email: str, name: str) -> tuple[User, bool]:
    """Whoever has an address, made if nobody has, and whether they were; a known name stays."""
    address, name = _address(email), " ".join(name.split())
    if not name:
        raise PeopleRefusedError("Give the person's name.")
    if len(name) > rules.MOST_NAME or not name.isprintable():
        raise PeopleRefusedError("This name cannot be kept. Type it again.")
    user = User.objects.filter(email=address).first()
    if user is None:
        return User.objects.create_user(address, name), True
    if not user.is_active:
        raise PeopleRefusedError("Nobody signs in with this address any more. Use another.")
    return user, False


def _address(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
        MaxLengthValidator(rules.MOST_ADDRESS)(address)
    except ValidationError as fault:
        raise PeopleRefusedError("This is no email address. Look for a slip.") from fault
    return address


def _check_here(school: School, user: User) -> None:
    if not staff.parts(school).filter(user=user).exists():
        raise PeopleRefusedError("They have no part at this school. Invite them first.")


def _check_may_help(school: School, user: User, today: date, by: Membership) -> None:
    _check_here(school, user)
    theirs = staff.schools_with_part(user, today)
    rules.check_may_help(by.user_id, user.pk, theirs, staff.schools_managed(by.user_id, today))


def _give(
    school: School, user: User, role: Role, starts_on: date, classes: Sequence[SchoolClass], by: Membership
) -> Membership:
    rules.check_may_give(Role(by.role), role)
    rules.check_classes(role, classes)
    part = _hold(school, user, role, starts_on)
    _teach(school, user, classes, starts_on)
    return part


def _hold(school: School, user: User, role: Role, starts_on: date) -> Membership:
    held = staff.as_rules(staff.parts(school).filter(user=user))
    rules.check_once(held, Part(user.pk, role, starts_on))
    return Membership.objects.create(user=user, school=school, role=role, starts_on=starts_on)


def _end(school: School, part: Membership, from_on: date, by: Membership, besides: Part | None = None) -> date | None:
    """End a part, and with a class teacher's the classes; the last day, or None if it is taken back."""
    last = rules.last_day(part.starts_on, part.ends_on, from_on)
    # Whoever only begins later manages nobody until then.
    others = staff.as_rules(staff.parts(school).exclude(pk=part.pk).filter(starts_on__lte=from_on))
    rules.check_managed([*others, *([besides] if besides else [])], by.user_id, staff.as_rules([part])[0])
    if last is None:
        part.delete()
    else:
        part.ends_on = last
        part.save(update_fields=["ends_on"])
    if part.role == Role.TEACHER:
        for row in ClassTeacher.objects.filter(school=school, user=part.user_id):
            if row.ends_on is None or row.ends_on >= from_on:
                _end_class(row, max(from_on, row.starts_on))
    return last


def _teach(school: School, user: User, classes: Sequence[SchoolClass], starts_on: date) -> None:
    taught = ClassTeacher.objects.filter(school=school, user=user, school_class__in=classes)
    if taught.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on)).exists():
        raise PeopleRefusedError("They have this class already.")
    ClassTeacher.objects.bulk_create(
        ClassTeacher(school=school, user=user, school_class=each, starts_on=starts_on) for each in classes
    )


def _end_class(row: ClassTeacher, from_on: date) -> None:
    last = rules.last_day(row.starts_on, row.ends_on, from_on)
    if last is None:
        row.delete()
    else:
        row.ends_on = last
        row.save(update_fields=["ends_on"])


def _subject(user: User) -> str:
    return f"user:{user.pk}"


def _facts(part: Membership) -> dict[str, str]:
    return {"role": part.role, "starts_on": str(part.starts_on), "ends_on": str(part.ends_on or "")}
