"""The canonical columns of the import files, and how a child and a contact are written in them."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.children import Child
from attendance_site.demonstration.cohorts import Part
from attendance_site.demonstration.families import Home
from attendance_site.demonstration.localities import GROUPS, Locality
from attendance_site.demonstration.particulars import particulars
from attendance_site.demonstration.rolls import OnRoll
from attendance_site.demonstration.years import SchoolYear

# fmt: off
PUPIL_COLUMNS = (
    "upn", "admission_no", "legal_surname", "legal_forename", "preferred_forename", "dob", "sex", "year_group",
    "class", "start_date", "leave_date", "address1", "address2", "town", "postcode", "fsm", "pp", "sen", "eal",
    "lac", "social_worker", "ethnicity", "service", "mobile_child", "boarder", "entered_on", "middle_names",
    "preferred_surname", "previous_school", "previous_school_address", "medical_note", "leaving_ground",
    "leaving_note", "next_school", "next_school_from",
)
CONTACT_COLUMNS = (
    "upn", "contact_id", "priority", "title", "forename", "surname", "relationship", "parental_responsibility",
    "lives_with_pupil", "emergency", "phone1", "phone2", "phone3", "email", "address1", "address2", "town",
    "postcode", "court_order_flag",
)
MARK_COLUMNS = ("upn", "date", "session", "code", "minutes_late", "comment", "entered_by", "entered_at")
# fmt: on


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write one import file: UTF-8, with a header row."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows(rows)


def flag(value: bool) -> str:
    return "Y" if value else "N"


def _address(home: Home) -> list[str]:
    return [home.address1, home.address2, home.town, home.postcode]


def pupil_row(entry: OnRoll, year: SchoolYear, area: Locality, chances: Chances) -> list[str]:
    """A child's line of the admission register, with year group and class of one school year."""
    child, family = entry.child, entry.child.family
    told = particulars(entry, chances)
    group = child.year_group(year.number)
    return [
        child.upn,
        child.admission_no,
        child.surname,
        child.forename,
        child.preferred,
        child.dob.isoformat(),
        child.sex,
        GROUPS[group],
        area.class_name(group, child.form),
        entry.start_on.isoformat(),
        entry.leave_on.isoformat() if entry.leave_on else "",
        *_address(family.home),
        flag(family.free_meals),
        flag(family.pupil_premium),
        child.sen,
        flag(family.other_language),
        flag(child.part is Part.LOOKED_AFTER),
        flag(child.social_worker),
        child.ethnicity,
        flag(family.service),
        flag(child.part is Part.TRAVELLING),
        flag(False),  # neither school boards
        entry.start_on.isoformat(),
        told.middle_names,
        told.preferred_surname,
        told.previous_school,
        told.previous_school_address,
        told.medical_note,
        told.leaving_ground,
        told.leaving_note,
        told.next_school,
        told.next_school_from.isoformat() if told.next_school_from else "",
    ]


def contact_rows(child: Child) -> Iterator[list[str]]:
    """The people to ring about one child; brothers and sisters name the same ones."""
    for contact in child.family.contacts:
        yield [
            child.upn,
            contact.contact_id,
            str(contact.priority),
            contact.title,
            contact.forename,
            contact.surname,
            contact.relationship,
            flag(contact.parental_responsibility),
            flag(contact.lives_with_pupil),
            flag(contact.emergency),
            *contact.phones,
            contact.email,
            *_address(contact.home),
            flag(contact.court_order),
        ]
