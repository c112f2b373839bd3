"""The invented staff of a demonstration's school."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.names import HERITAGES

STAFF_SEED = 2026
ROLES = ("head", "attendance_lead", "flo", "office", "governor", "administrator", "deputy")
TRUST = "bridgewell-trust"
"""The trust that looks after the demonstration's schools together."""


@dataclass(frozen=True)
class Person:
    """Someone who signs in; only a class teacher has a class."""

    name: str
    email: str
    role: str
    class_name: str | None


def staff(slug: str, classes: Sequence[str] = ()) -> tuple[Person, ...]:
    """One person for each role, and one teacher for each class."""
    dice = Chances(STAFF_SEED, slug).of("staff")
    posts: list[tuple[str, str, str | None]] = [(role, role.replace("_", "."), None) for role in ROLES]
    posts += [("teacher", f"teacher.{_short(name)}", name) for name in classes]
    names = _names(dice, len(posts))
    return tuple(
        Person(name, f"{mailbox}@{slug}.example", role, class_name)
        for name, (role, mailbox, class_name) in zip(names, posts, strict=True)
    )


def trust_officer() -> Person:
    """The one person with a part at every school of the demonstration."""
    [name] = _names(Chances(STAFF_SEED, TRUST).of("staff"), 1)
    return Person(name, f"trust.officer@{TRUST}.example", "trust", None)


def _short(class_name: str) -> str:
    return "".join(letter for letter in class_name.lower() if letter.isalnum())


def _names(dice: Random, number: int) -> list[str]:
    """So many full names, no two with the same surname."""
    heritages = [HERITAGES[kind] for kind in ("British", "British", "British", "Indian", "Polish", "Nigerian")]
    found: dict[str, str] = {}
    while len(found) < number:
        heritage = dice.choice(heritages)
        surname = dice.choice(heritage.surnames)
        if dice.random() < 0.75:
            found.setdefault(surname.mother, f"{dice.choice(heritage.mothers)} {surname.mother}")
        else:
            found.setdefault(surname.man, f"{dice.choice(heritage.fathers)} {surname.man}")
    return list(found.values())
