"""Families: a home, the people to ring, and what all children of one family share."""

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.cohorts import Cohorts, Part, Place
from attendance_site.demonstration.heritages import Heritage, Surname
from attendance_site.demonstration.localities import Locality
from attendance_site.demonstration.names import HERITAGES

# fmt: off
STREETS = (
    "Acorn", "Barley", "Blackthorn", "Bramble", "Bridge", "Church", "Clover", "Cuckoo", "Dyke", "Fallow", "Forge",
    "Foxglove", "Granary", "Harrow", "Hop", "Kiln", "Lavender", "Maltings", "Mallard", "Marsh", "Meadow", "Mill",
    "Oast", "Orchard", "Pasture", "Plough", "Quarry", "Saddler's", "Sluice", "Station", "Teasel", "Thistle",
    "Watermill", "Willow", "Windmill",
)
# fmt: on
WAYS = ("Road", "Lane", "Close", "Street", "Way", "Drive", "Gardens", "Row")
ALWAYS_LATE = 0.025
UNEXCUSED, UNEXCUSED_PREMIUM = 0.095, 0.19
NO_DECOMPOSITION = str.maketrans({"ł": "l", "đ": "d", "'": "", " ": "", "-": ""})


@dataclass(frozen=True)
class Home:
    """An address; its postcode belongs to no street."""

    address1: str
    address2: str
    town: str
    postcode: str


@dataclass(frozen=True)
class Contact:
    """One person to ring about the children of a family."""

    contact_id: str
    priority: int
    title: str
    forename: str
    surname: str
    relationship: str
    home: Home
    phones: tuple[str, str, str]
    email: str
    parental_responsibility: bool = True
    lives_with_pupil: bool = True
    emergency: bool = True
    court_order: bool = False


@dataclass(frozen=True)
class Family:
    """What brothers and sisters share; `late` is the share of mornings they come late."""

    key: str
    heritage: Heritage
    surname: Surname
    home: Home
    contacts: tuple[Contact, ...]
    other_language: bool
    free_meals: bool
    pupil_premium: bool
    service: bool
    late: float
    unexcused: bool
    rides_bus: bool


def plain(text: str) -> str:
    """A name in small letters without accents, for an e-mail address."""
    text = text.lower().translate(NO_DECOMPOSITION)
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def family(chances: Chances, area: Locality, cohorts: Cohorts, eldest: Place) -> Family:
    """The family whose eldest child has this place."""

    def even(purpose: str) -> float:
        return chances.even(purpose, eldest.intake, eldest.number, cohorts.size(eldest.intake))

    key, part = str(eldest), cohorts.part(eldest)
    dice = chances.of("family", key)
    kind = picked(area.heritages, even("heritage"))
    if part is Part.TRAVELLING:
        kind = "Traveller"
    heritage = HERITAGES[kind]
    surname = dice.choice(heritage.surnames)
    address = home(dice, area)
    premium = part is Part.LOOKED_AFTER or even("pupil premium") < area.pupil_premium
    return Family(
        key=key,
        heritage=heritage,
        surname=surname,
        home=address,
        contacts=contacts(chances.of("contacts", key), area, key, heritage, surname, address, part),
        other_language=dice.random() < heritage.other_language,
        free_meals=premium and dice.random() < 0.75,
        pupil_premium=premium,
        service=dice.random() < 0.012,
        late=lateness(dice, even("late")),
        unexcused=even("unexcused") < (UNEXCUSED_PREMIUM if premium else UNEXCUSED),
        rides_bus=dice.random() < 0.05,
    )


def picked(weights: Mapping[str, float], throw: float) -> str:
    """The name whose share of the weights a throw from 0 to 1 falls into."""
    names, limits = tuple(weights), tuple(accumulate(weights.values()))
    return names[min(bisect_right(limits, throw * limits[-1]), len(names) - 1)]


def lateness(dice: Random, throw: float) -> float:
    """The share of mornings a family is late: nearly never for most, every other morning for a few."""
    if throw < ALWAYS_LATE:
        return dice.uniform(0.4, 0.55)
    return min(0.3, dice.gammavariate(0.5, 0.033))


def home(dice: Random, area: Locality) -> Home:
    street = f"{dice.choice(STREETS)} {dice.choice(WAYS)}"
    flat = f"Flat {dice.randint(1, 12)}" if dice.random() < 0.08 else ""
    house = f"{dice.randint(1, 96)} {street}"
    postcode = f"{area.outward} {dice.randint(1, 4)}{dice.choice('XYZ')}{dice.choice('XYZ')}"
    return Home(flat or house, house if flat else "", dice.choice(area.towns), postcode)


def contacts(
    dice: Random, area: Locality, key: str, heritage: Heritage, surname: Surname, address: Home, part: Part | None
) -> tuple[Contact, ...]:
    """The people to ring, first to ring first."""
    if part is Part.LOOKED_AFTER:
        return carers(dice, key, address)
    mother = person(dice, key, 1, "Mother", heritage, surname, address)
    father = person(dice, key, 2, "Father", heritage, surname, address)
    roll = 0.9 if part is Part.COURT_ORDER else dice.random()
    if roll < 0.68:
        both = [mother, father]
    elif roll < 0.84:
        both = [mother] if dice.random() < 0.88 else [replace(father, priority=1)]
    else:
        barred = part is Part.COURT_ORDER
        both = [
            mother,
            replace(father, home=home(dice, area), lives_with_pupil=False, court_order=barred, emergency=not barred),
        ]
    if dice.random() < 0.07:
        both.append(grandparent(dice, key, len(both) + 1, heritage, area))
    return tuple(both)


def person(
    dice: Random, key: str, number: int, relationship: str, heritage: Heritage, surname: Surname, address: Home
) -> Contact:
    """One contact, of which number in the family, with telephone numbers from the ranges kept for invented ones."""
    man = relationship.endswith("ather")
    forename = dice.choice(heritage.fathers if man else heritage.mothers)
    family_name = surname.man if man else surname.mother
    if dice.random() < 0.12:
        other = dice.choice(heritage.surnames)
        family_name = other.man if man else other.mother
    title = "Mr" if man else dice.choices(("Mrs", "Ms", "Miss", "Dr"), (12, 4, 3, 1))[0]
    mobile = f"07700 900{dice.randint(0, 999):03d}"
    landline = f"01632 960{dice.randint(0, 999):03d}" if dice.random() < 0.3 else ""
    work = f"01632 960{dice.randint(0, 999):03d}" if landline and dice.random() < 0.3 else ""
    address_at = f"{plain(forename)}.{plain(family_name)}.{plain(key)}@post.example"
    return Contact(
        contact_id=f"C{key.replace('-', '')}{number}",
        priority=number,
        title=title,
        forename=forename,
        surname=family_name,
        relationship=relationship,
        home=address,
        phones=(mobile, landline, work),
        email=address_at if dice.random() < 0.94 else "",
    )


def grandparent(dice: Random, key: str, priority: int, heritage: Heritage, area: Locality) -> Contact:
    kind = dice.choice(("Grandmother", "Grandmother", "Grandfather"))
    found = person(dice, key, 3, kind, heritage, dice.choice(heritage.surnames), home(dice, area))
    return replace(found, priority=priority, parental_responsibility=False, lives_with_pupil=False)


def carers(dice: Random, key: str, address: Home) -> tuple[Contact, ...]:
    """The household of a child in the council's care: the carer has no parental responsibility."""
    british = HERITAGES["British"]
    carer = person(dice, key, 1, "Foster carer", british, dice.choice(british.surnames), address)
    return (replace(carer, parental_responsibility=False),)
