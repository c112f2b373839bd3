"""Who may be given which part, when a part may end, and who may help somebody who cannot sign in."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from registers.rules.rights import MACHINE, ROLE_NAMES, Right, Role, holds

GIVEN: tuple[Role, ...] = tuple(role for role in Role if role not in MACHINE)
"""The parts that people play; the others are the machine's."""

_LEADING = frozenset({Role.HEAD, Role.ADMINISTRATOR})
"""Parts that only their own kind give."""

DAY = timedelta(days=1)
MOST_ADDRESS, MOST_NAME = 254, 120


class PeopleRefusedError(Exception):
    """A change of people that cannot stand; the message says what to do."""


@dataclass(frozen=True)
class Part:
    """A person's part at a school, from a day to a day, both included."""

    user_id: int
    role: Role
    starts_on: date
    ends_on: date | None = None

    def overlaps(self, other: "Part") -> bool:
        return (self.ends_on is None or self.ends_on >= other.starts_on) and (
            other.ends_on is None or other.ends_on >= self.starts_on
        )


def check_may_give(giver: Role, role: Role) -> None:
    """Refuse the machine's parts, and a headteacher or administrator made by anybody else."""
    if role not in GIVEN:
        raise PeopleRefusedError("This part is the system's own. Choose another.")
    if role in _LEADING and giver not in _LEADING:
        raise PeopleRefusedError(f"Only a headteacher or a system administrator can make a {ROLE_NAMES[role].lower()}.")


def check_once(held: Iterable[Part], wanted: Part) -> None:
    """Refuse a part that its person has already in the same days."""
    for part in held:
        if (part.user_id, part.role) == (wanted.user_id, wanted.role) and part.overlaps(wanted):
            until = f"to {_day(part.ends_on)}" if part.ends_on else "with no end"
            raise PeopleRefusedError(
                f"They are {ROLE_NAMES[part.role].lower()} already, from {_day(part.starts_on)} {until}."
            )


def check_classes(role: Role, classes: Collection[object]) -> None:
    """Refuse classes for anybody but a class teacher."""
    if classes and role is not Role.TEACHER:
        raise PeopleRefusedError("Only a class teacher is given classes. Choose none, or make the part class teacher.")


def last_day(starts_on: date, ends_on: date | None, without_from: date) -> date | None:
    """The last day of something that is no more from a day on; None if it then never was."""
    if without_from < starts_on:
        raise PeopleRefusedError(f"It begins on {_day(starts_on)}. Choose that day or a later one.")
    if ends_on is not None and without_from > ends_on:
        raise PeopleRefusedError(f"It ends on {_day(ends_on)} as it is. Choose an earlier day.")
    return None if without_from == starts_on else without_from - DAY


def check_managed(after: Iterable[Part], actor_id: int, ended: Part) -> None:
    """Refuse an end after which nobody could manage people, or with which somebody shuts themselves out."""
    if not holds(ended.role, Right.MANAGE_PEOPLE):
        return
    managing = {part.user_id for part in after if part.ends_on is None and holds(part.role, Right.MANAGE_PEOPLE)}
    if ended.user_id == actor_id and actor_id not in managing:
        raise PeopleRefusedError(
            "This is the part by which you manage people. Ask another headteacher or administrator to end it."
        )
    if not managing:
        raise PeopleRefusedError("Nobody could manage people then. Give somebody else a part that does, first.")


def check_may_help(actor_id: int, person_id: int, their_schools: Iterable[int], managed: Collection[int]) -> None:
    """Refuse a new link or the loss of a second factor to whoever does not manage people wherever the person works.

    Whoever holds such a link signs in as the person, at every school.
    """
    if actor_id == person_id:
        raise PeopleRefusedError("This is you. Change your own password and second step on your account page.")
    if set(their_schools) - set(managed):
        raise PeopleRefusedError(
            "This person works at another school as well, so it takes somebody who manages people at both. "
            "They can ask for a link themselves with “Forgotten your password?” where the site sends e-mail."
        )


def check_roles(roles: Iterable[str]) -> None:
    """Refuse a role nobody signs in with."""
    if unknown := sorted(set(roles) - {str(role) for role in GIVEN}):
        raise PeopleRefusedError(f"There is no such part: {', '.join(unknown)}.")


def _day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"
