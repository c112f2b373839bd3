"""Who a letter goes to: one to each address of the pupil's parents, and never to anybody under a court order."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from letters.rules.refusals import LetterRefusedError

PAIRED_TITLES = ({"Mr", "Mrs"}, {"Mr", "Ms"})
"""Titles said in this order when both bear one surname: Mr and Mrs Example."""


class AddresseeRefusedError(LetterRefusedError):
    """A pupil whose parents cannot be written to; the message says what is missing."""


@dataclass(frozen=True)
class Contact:
    """One contact of a pupil, as far as writing to them goes."""

    parent_id: int
    title: str
    forename: str
    surname: str
    address: str
    postcode: str
    parental_responsibility: bool
    lives_with_pupil: bool
    court_order: bool = False
    decided_to_write: bool = False
    """Somebody has decided, and it is on record, that they are written to in spite of the order."""

    @property
    def has_name(self) -> bool:
        return bool(self.surname.strip() and (self.title.strip() or self.forename.strip()))

    @property
    def full_name(self) -> str:
        """As on the envelope: Ms Pat Example."""
        return _spaced(self.title, self.forename, self.surname)

    @property
    def formal_name(self) -> str:
        """As after “Dear” for one person: Ms Example; Pat Example without a title."""
        return _spaced(self.title or self.forename, self.surname)

    @property
    def initialled_name(self) -> str:
        """As after “Dear” beside another surname: Ms P Example; Pat Example without a title."""
        if not self.title.strip():
            return self.formal_name
        return _spaced(self.title, self.forename.strip()[:1], self.surname)


@dataclass(frozen=True)
class Household:
    """The people at one address who get one letter together."""

    parent_ids: frozenset[int]
    names: tuple[str, ...]
    salutation: str
    address: tuple[str, ...]

    @property
    def blanks(self) -> dict[str, str]:
        """What a letter's text may say of whom it is to."""
        return {
            "salutation": self.salutation,
            "addressee": ", ".join(self.names),
            "address_block": ", ".join(self.address),
        }


@dataclass(frozen=True)
class Addressing:
    """Everybody a letter goes to, and why anybody else is left out."""

    households: tuple[Household, ...]
    left_out: tuple[str, ...]


def households(
    contacts: Sequence[Contact], pupil_address: str, pupil_postcode: str, *, apart: bool = False
) -> Addressing:
    """One household for each address, in the order of the contacts; AddresseeRefusedError when there is none.

    `apart` makes one of each parent, whoever lives at the same address.

    Written to: whoever has parental responsibility or lives with the pupil. A contact who lives with the pupil and has
    no address of their own is written to at the pupil's.
    """
    grouped: dict[str, list[Contact]] = {}
    addresses: dict[str, tuple[str, ...]] = {}
    left_out: list[str] = []
    for contact in contacts:
        why_not = _why_not(contact)
        address = _address(contact, pupil_address, pupil_postcode)
        if why_not or not address:
            left_out.append(why_not or "A parent is left out: there is no address for them.")
            continue
        # Whoever is written to in spite of an order shares no envelope.
        place = _place(address) + (f" {contact.parent_id}" if apart or contact.court_order else "")
        grouped.setdefault(place, []).append(contact)
        addresses.setdefault(place, address)
    if not grouped:
        raise AddresseeRefusedError(_nobody(contacts, left_out))
    return Addressing(tuple(_household(people, addresses[place]) for place, people in grouped.items()), tuple(left_out))


def salutation(people: Sequence[Contact]) -> str:
    """What follows “Dear”: Mr and Mrs Example; Ms A Example and Mr B Other."""
    if len(people) == 1:
        return people[0].formal_name
    if len(people) == 2 and _one_surname(people) and people[0].title != people[1].title and _all_titled(people):
        first, second = (person.title for person in people)
        if {first, second} in PAIRED_TITLES:
            first, second = "Mr", ({first, second} - {"Mr"}).pop()
        return f"{first} and {second} {people[0].surname}"
    return _listed([person.initialled_name for person in people])


def _household(people: list[Contact], address: tuple[str, ...]) -> Household:
    return Household(
        parent_ids=frozenset(person.parent_id for person in people),
        names=tuple(person.full_name for person in people),
        salutation=salutation(people),
        address=address,
    )


def _why_not(contact: Contact) -> str:
    if not (contact.parental_responsibility or contact.lives_with_pupil):
        return "A contact is left out: they neither have parental responsibility nor live with the pupil."
    if contact.court_order and not contact.decided_to_write:
        return "A contact is left out: a court order is on record. Decide by hand whether to write to them."
    if not contact.has_name:
        return "A parent is left out: their name is not complete."
    return ""


def _address(contact: Contact, pupil_address: str, pupil_postcode: str) -> tuple[str, ...]:
    if contact.address.strip():
        return _lines(contact.address, contact.postcode)
    if contact.lives_with_pupil and pupil_address.strip():
        return _lines(pupil_address, pupil_postcode)
    return ()


def _lines(address: str, postcode: str) -> tuple[str, ...]:
    lines = [line.strip() for line in address.splitlines() if line.strip()]
    if postcode.strip() and _bare(postcode) != _bare(lines[-1]):
        lines.append(postcode.strip().upper())
    return tuple(lines)


def _place(address: Collection[str]) -> str:
    """An address without its capitals, commas and spaces, so that two ways of typing it are one place."""
    return _bare("".join(address))


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _one_surname(people: Sequence[Contact]) -> bool:
    return len({person.surname for person in people}) == 1


def _all_titled(people: Sequence[Contact]) -> bool:
    return all(person.title.strip() for person in people)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _spaced(*parts: str) -> str:
    return " ".join(part.strip() for part in parts if part.strip())


def _nobody(contacts: Collection[Contact], left_out: Collection[str]) -> str:
    if not contacts:
        return "The pupil has no contact on record, so there is nobody to write to. Enter a parent first."
    reasons = " ".join(dict.fromkeys(left_out))
    return f"There is nobody to write to. {reasons} Complete the contacts first."
