"""The admission register: what an entry must be, what regulation 8 still asks for, and what stood when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from registers.rules import ages

PUPIL, PARENT, CONTACT, CLASS = "pupil", "parent", "contact", "class"
"""What an entry of the chain is about: the pupil's own particulars, a parent's, what a parent is to a pupil, a place
in a class."""

SENSITIVE = ("social_worker", "lac", "medical_note")
"""The particulars that are shown only to those with a right of their own."""

PARTICULARS: Mapping[str, str] = {
    "legal_surname": "Legal surname",
    "legal_forename": "Legal forename",
    "middle_names": "Middle names",
    "preferred_forename": "Known as (forename)",
    "preferred_surname": "Known as (surname)",
    "former_surname": "Former surname",
    "sex": "Sex",
    "dob": "Date of birth",
    "upn": "UPN",
    "former_upn": "Former UPN",
    "admission_no": "Admission number",
    "starts_on": "Starting day",
    "entered_on": "Entered in the register",
    "leaves_on": "Last day on roll",
    "leaving_ground": "Ground of deletion",
    "leaving_note": "Note on leaving",
    "next_school": "Next school",
    "next_school_from": "First day at the next school",
    "previous_school": "Last school attended",
    "previous_school_address": "Address of the last school",
    "boarder": "Boarder",
    "year_offset": "Taught out of cohort",
    "address": "Address",
    "postcode": "Postcode",
    "future_address": "Address to come",
    "future_address_from": "Lives there from",
    "future_address_with": "Will live there with",
    "ethnicity": "Ethnicity",
    "sen": "Special educational needs",
    "fsm": "Free school meals",
    "pp": "Pupil premium",
    "eal": "English as an additional language",
    "service": "Service child",
    "mobile_child": "Mobile child",
    "social_worker": "Social worker",
    "lac": "Looked after",
    "medical_note": "Medical note",
}
"""Every particular of an entry, by column, in the order of the page."""

PARENT_PARTICULARS: Mapping[str, str] = {
    "title": "Title",
    "forename": "Forename",
    "surname": "Surname",
    "phone1": "First telephone",
    "phone2": "Second telephone",
    "phone3": "Third telephone",
    "email": "E-mail",
    "address": "Address",
    "postcode": "Postcode",
}
CONTACT_PARTICULARS: Mapping[str, str] = {
    "relationship": "What they are to the pupil",
    "priority": "Place in the order to ring",
    "parental_responsibility": "Parental responsibility",
    "lives_with_pupil": "Lives with the pupil",
    "emergency": "Emergency contact",
    "court_order": "Court order",
}
ENROLLED, LISTED = "enrolled", "listed"
"""Marks in the chain that are no column: that the pupil was enrolled, and that somebody is among the contacts."""

SEN_NAMES: Mapping[str, str] = {"N": "No special educational need", "K": "SEN support", "E": "EHC plan"}
SEX_NAMES: Mapping[str, str] = {"F": "Female", "M": "Male"}
MOST_OUT_OF_COHORT = 2
OFFSET_NAMES: Mapping[int, str] = {
    0: "With the year of the date of birth",
    -1: "One year below",
    1: "One year above",
    -2: "Two years below",
    2: "Two years above",
}
YOUNGEST, OLDEST = 2, 19
RETURN_DAYS = 5


class AdmissionRefusedError(Exception):
    """An entry to the admission register that may not be made; `field` is the particular to look at."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Spell:
    """One enrolment of a child, from its starting day to its last, if that is known."""

    starts_on: date
    leaves_on: date | None


def check_days(dob: date, starts_on: date) -> None:
    """Refuse a starting day that does not fit the date of birth."""
    if starts_on <= dob:
        raise AdmissionRefusedError("The starting day is not after the date of birth.", "starts_on")
    if not YOUNGEST <= ages.age_on(dob, starts_on) <= OLDEST:
        raise AdmissionRefusedError(
            f"The child would be {ages.age_on(dob, starts_on)} on the starting day. Check the date of birth.", "dob"
        )


def check_apart(spell: Spell, others: Iterable[Spell]) -> None:
    """Refuse an enrolment that shares a day with another of the same UPN."""
    for other in others:
        if other.leaves_on is None and (spell.leaves_on is None or spell.leaves_on >= other.starts_on):
            raise AdmissionRefusedError(
                f"A pupil with this UPN is on roll since {other.starts_on:%d/%m/%Y}. Open that pupil’s page instead.",
                "upn",
            )
        if other.leaves_on is not None and _share_a_day(spell, other):
            raise AdmissionRefusedError(
                f"The pupil with this UPN was on roll from {other.starts_on:%d/%m/%Y} to "
                f"{other.leaves_on:%d/%m/%Y}. A new starting day must be after that.",
                "starts_on",
            )


def _share_a_day(spell: Spell, other: Spell) -> bool:
    return (other.leaves_on is None or spell.starts_on <= other.leaves_on) and (
        spell.leaves_on is None or other.starts_on <= spell.leaves_on
    )


def check_reason(reason: str) -> str:
    """The reason for a later entry, trimmed; it must be given."""
    if not reason.strip():
        raise AdmissionRefusedError("Say why: the reason is kept with the change.", "reason")
    return reason.strip()


def return_due(entered_on: date) -> date:
    """The last day for the new pupil return: the fifth day after the entry, plain days (reg 13)."""
    return entered_on + timedelta(days=RETURN_DAYS)


@dataclass(frozen=True)
class ParentHeld:
    """What the register holds of one contact, as far as regulation 8 asks for it."""

    has_responsibility: bool
    lives_with: bool
    is_emergency: bool
    has_phone: bool
    has_address: bool


def missing(
    held: Mapping[str, str], parents: Sequence[ParentHeld], *, began_in_reception: bool = False
) -> tuple[str, ...]:
    """What regulation 8 asks for and the entry does not hold, in words."""
    wanted = {"sex": "sex", "address": "address"}
    if not began_in_reception:
        wanted["previous_school"] = "the last school attended"
    found = [words for field, words in wanted.items() if not held.get(field)]
    if not any(parent.has_responsibility for parent in parents):
        found.append("a parent with parental responsibility")
    if not any(parent.lives_with for parent in parents):
        found.append("whom the pupil lives with")
    if any(parent.lives_with and not parent.has_phone for parent in parents):
        found.append("a telephone for every parent the pupil lives with")
    if any(parent.has_responsibility and not parent.has_address for parent in parents):
        found.append("the address of every parent")
    if sum(parent.is_emergency and parent.has_phone for parent in parents) < 2:
        found.append("two emergency contacts with a telephone")
    return tuple(found)


def as_text(value: Any) -> str:
    """A value as the chain keeps it: days as 2026-09-01, yes and no in words, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(frozen=True)
class Step:
    """One change of one field, as far as telling what stood before needs it."""

    on: date
    field: str
    old: str


def as_stood(now: Mapping[str, str], steps: Sequence[Step], on: date) -> dict[str, str]:
    """The values at the end of a day: what stands now, with every later step taken back. Steps in their order."""
    values = dict(now)
    for step in reversed(steps):
        if step.on > on and step.field in values:
            values[step.field] = step.old
    return values


def as_first_entered(now: Mapping[str, str], steps: Sequence[Step]) -> dict[str, str]:
    """The values of the first entry: every step taken back."""
    return as_stood(now, steps, date.min)
