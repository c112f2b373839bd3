"""What a row of a roll or of its contacts says about a pupil or a parent, in the canonical columns.

A column that the file does not have says nothing: what stands in the register stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from registers.rules import ages, deletion, upn
from registers.rules.admissions import OLDEST, YOUNGEST, Spell
from registers.rules.cells import (
    CellRefusedError,
    read_date,
    read_flag,
    read_name,
    read_number,
    read_one_of,
    read_optional_date,
    read_text,
)

PUPIL_REQUIRED = frozenset({"upn", "legal_surname", "legal_forename", "dob", "start_date", "class"})
CONTACT_REQUIRED = frozenset({"upn", "surname"})

_NAMES = (
    *("legal_surname", "legal_forename", "middle_names"),
    *("preferred_forename", "preferred_surname", "former_surname"),
)
_TEXTS: Mapping[str, int] = {
    "admission_no": 20,
    "ethnicity": 40,
    "postcode": 10,
    "previous_school": 120,
    "previous_school_address": 400,
    "next_school": 120,
    "leaving_note": 200,
    "medical_note": 2000,
}
_SEVERAL_LINES = frozenset({"previous_school_address", "leaving_note", "medical_note"})
_FLAGS = ("fsm", "pp", "eal", "lac", "social_worker", "service", "mobile_child", "boarder")
_DAYS = ("entered_on", "next_school_from")
_LETTERS: Mapping[str, tuple[str, dict[str, str]]] = {
    "sex": ("FM", {"female": "F", "male": "M"}),
    "sen": ("NKE", {"s": "E", "ehcp": "E", "ehc plan": "E", "sen support": "K", "no": "N", "none": "N"}),
    "leaving_ground": ("".join(deletion.GROUNDS), {}),
}
_YEARS = {"N": -1, "NURSERY": -1, "R": 0, "RECEPTION": 0}
_YEAR_WORDS = ("YEAR", "YR", "Y")
_PLACE = ("address1", "address2", "town")
_CONTACT_TEXTS: Mapping[str, int] = {
    "title": 20,
    "phone1": 30,
    "phone2": 30,
    "phone3": 30,
    "postcode": 10,
}
_CONTACT_FLAGS: Mapping[str, str] = {
    "parental_responsibility": "parental_responsibility",
    "lives_with_pupil": "lives_with_pupil",
    "emergency": "emergency",
    "court_order_flag": "court_order",
}


@dataclass(frozen=True)
class PupilRow:
    """A pupil as one row of a roll gives them; `fields` are the admission register's own columns.

    Without a starting day or a class the row is of a pupil on the roll, whose own stay as they are.
    """

    upn: str
    class_name: str
    starts_on: date | None
    leaves_on: date | None
    fields: dict[str, Any]
    former_upn: str = ""


@dataclass(frozen=True)
class ContactRow:
    """A parent of one pupil as one row gives them: what they are, and what they are to this pupil.

    `contact_id` is blank where the file gives its people no numbers; `priority` then is their order in the file.
    """

    upn: str
    contact_id: str
    parent: dict[str, Any]
    contact: dict[str, Any]


def read_pupil(cells: Mapping[str, str], on: date) -> PupilRow:
    """Read one row of a roll as it stands on a day. Raises CellRefusedError or UpnRefusedError."""
    number = upn.check(cells["upn"])
    dob = read_date(cells["dob"], "dob")
    starts_on = read_optional_date(cells["start_date"], "start_date") if "start_date" in cells else None
    if "start_date" in cells and starts_on is None:
        raise CellRefusedError("start_date is empty.")
    leaves_on = read_optional_date(cells.get("leave_date", ""), "leave_date")
    _check_days(dob, starts_on, leaves_on)
    fields: dict[str, Any] = {
        column: read_name(cells[column], column, 80, required=column in PUPIL_REQUIRED)
        for column in _NAMES
        if column in cells
    }
    fields |= {
        column: read_text(cells[column], column, most, lines=column in _SEVERAL_LINES)
        for column, most in _TEXTS.items()
        if column in cells
    }
    fields |= {column: read_flag(cells[column], column) for column in _FLAGS if column in cells}
    fields |= {column: read_optional_date(cells[column], column) for column in _DAYS if cells.get(column)}
    fields |= {
        column: read_one_of(cells[column], column, *allowed) for column, allowed in _LETTERS.items() if column in cells
    }
    if "leave_date" in cells:
        fields["leaves_on"] = leaves_on
        if leaves_on is None and fields.get("leaving_ground"):
            raise CellRefusedError("leaving_ground is given without a leave_date.")
    if "year_group" in cells:
        stated_on = read_optional_date(cells.get("year_on", ""), "year_on") or max(on, starts_on or on)
        fields["year_offset"] = _year_offset(cells["year_group"], dob, stated_on)
    former = upn.check(cells["former_upn"]) if cells.get("former_upn") else ""
    if former:
        fields["former_upn"] = former
    if starts_on is not None:
        fields["starts_on"] = starts_on
    fields |= _address(cells) | {"dob": dob}
    class_name = read_text(cells["class"], "class", 40, required=True) if "class" in cells else ""
    return PupilRow(number, class_name, starts_on, leaves_on, fields, former)


def _check_days(dob: date, starts_on: date | None, leaves_on: date | None) -> None:
    if starts_on is not None and starts_on <= dob:
        raise CellRefusedError("start_date is not after the date of birth.")
    if leaves_on is not None and starts_on is not None and leaves_on < starts_on:
        raise CellRefusedError("leave_date is before start_date.")
    if starts_on is not None and not YOUNGEST <= (age := ages.age_on(dob, starts_on)) <= OLDEST:
        raise CellRefusedError(f"The child would be {age} on the starting day. Check dob and start_date.")


def read_contact(cells: Mapping[str, str]) -> ContactRow:
    """Read one row of the contacts. Raises CellRefusedError or UpnRefusedError."""
    contact_id = read_text(cells["contact_id"], "contact_id", 40, required=True) if "contact_id" in cells else ""
    parent: dict[str, Any] = {
        name: read_name(cells[name], name, 80, required=name == "surname")
        for name in ("forename", "surname")
        if name in cells
    }
    parent |= {name: read_text(cells[name], name, most) for name, most in _CONTACT_TEXTS.items() if name in cells}
    if "email" in cells:
        parent["email"] = _email(cells["email"])
    contact: dict[str, Any] = {}
    if "priority" in cells:
        contact["priority"] = read_number(cells["priority"], "priority", 1, 99)
    if "relationship" in cells:
        contact["relationship"] = read_text(cells["relationship"], "relationship", 40)
    contact |= {name: read_flag(cells[column], column) for column, name in _CONTACT_FLAGS.items() if column in cells}
    return ContactRow(upn.check(cells["upn"]), contact_id, parent | _address(cells), contact)


def _address(cells: Mapping[str, str]) -> dict[str, str]:
    """The address, if the file has any column of it."""
    given = [
        read_text(cells[name], name, 200 if name == "address1" else 80, lines=True) for name in _PLACE if name in cells
    ]
    return {"address": "\n".join(part for part in given if part)} if given else {}


def _email(text: str) -> str:
    read_text(text, "email", 254)
    if text and (text.count("@") != 1 or any(character.isspace() for character in text)):
        raise CellRefusedError("email is not an e-mail address.")
    return text


def _year_offset(text: str, dob: date, on: date) -> int:
    """How far the year group given stands from the cohort of the date of birth; more than two years is a mistake."""
    if not text:
        return 0
    shown = text.upper()
    for word in _YEAR_WORDS:
        shown = shown.removeprefix(word).strip()
    number = _YEARS[shown] if shown in _YEARS else read_number(shown, "year_group", 1, 14)
    offset = number - ages.year_group(dob, on)
    if abs(offset) > 2:
        raise CellRefusedError(f"year_group: {text} does not fit the date of birth.")
    return offset


def spell_meant(spells: Sequence[Spell], starts_on: date | None, leaves_on: date | None) -> int | None:
    """Which of a UPN's enrolments a row speaks of, by its place, earliest first; None if it is a new one.

    The one that begins on the row's day; else the open one, unless the row ended before it; else the last, unless
    it ended before the row begins. A row without a starting day speaks of the last.
    """
    if not spells:
        return None
    if starts_on is None:
        return len(spells) - 1
    same = next((place for place, spell in enumerate(spells) if spell.starts_on == starts_on), None)
    if same is not None:
        return same
    last = spells[-1]
    if last.leaves_on is not None:
        sharing = [place for place, spell in enumerate(spells) if _shares(spell, starts_on, leaves_on)]
        return sharing[-1] if sharing else None
    return None if leaves_on is not None and leaves_on < last.starts_on else len(spells) - 1


def _shares(spell: Spell, starts_on: date, leaves_on: date | None) -> bool:
    ends = spell.leaves_on or date.max
    return starts_on <= ends and spell.starts_on <= (leaves_on or date.max)


def overlap(spells: Sequence[Spell]) -> bool:
    """Whether two enrolments of one UPN share a day."""
    ordered = sorted(spells, key=lambda spell: spell.starts_on)
    return any(
        earlier.leaves_on is None or earlier.leaves_on >= later.starts_on for earlier, later in pairwise(ordered)
    )


def entered_on(starts_on: date, on: date) -> date:
    """The day a new pupil counts as entered: the starting day, or the day of the roll for one still to come."""
    return min(starts_on, on)


def mended_phone(text: str) -> str:
    """A telephone number with the leading 0 that a spreadsheet takes away from ten figures of it."""
    plain = text.replace(" ", "")
    return f"0{plain}" if len(plain) == 10 and plain.isascii() and plain.isdigit() and plain[0] != "0" else text
