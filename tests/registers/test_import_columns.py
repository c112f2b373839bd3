"""Which column of a file stands for which of ours."""

import pytest

from registers.rules import columns
from registers.rules.columns import choose, faults
from registers.rules.import_files import FileKind


@pytest.mark.parametrize(
    ("kind", "heading", "name"),
    [
        (FileKind.PUPILS, "UPN", "upn"),
        (FileKind.PUPILS, "Adno", "admission_no"),
        (FileKind.PUPILS, "Admission No.", "admission_no"),
        (FileKind.PUPILS, "Legal Surname", "legal_surname"),
        (FileKind.PUPILS, "Surname", "legal_surname"),
        (FileKind.PUPILS, "Forename", "legal_forename"),
        (FileKind.PUPILS, "Chosen name", "preferred_forename"),
        (FileKind.PUPILS, "DoB", "dob"),
        (FileKind.PUPILS, "Date of Birth", "dob"),
        (FileKind.PUPILS, "Reg", "class"),
        (FileKind.PUPILS, "reg_group", "class"),
        (FileKind.PUPILS, "Registration Form", "class"),
        (FileKind.PUPILS, "Year taught in", "year_group"),
        (FileKind.PUPILS, "NCyearActual", "year_group"),
        (FileKind.PUPILS, "EntryDate", "start_date"),
        (FileKind.PUPILS, "Gender", "sex"),
        (FileKind.PUPILS, "House", ""),
        (FileKind.PUPILS, "Mark", ""),
        (FileKind.CONTACTS, "Emergency contact", "priority"),
        (FileKind.CONTACTS, "Legal guardian", "parental_responsibility"),
        (FileKind.CONTACTS, "Parent ID", "contact_id"),
        (FileKind.CONTACTS, "Lives with Pupil", "lives_with_pupil"),
        (FileKind.CONTACTS, "Main Telephone", "phone1"),
        (FileKind.CONTACTS, "Surname", "surname"),
        (FileKind.MARKS, "recordDate", "date"),
        (FileKind.MARKS, "minutesLate", "minutes_late"),
        (FileKind.MARKS, "AM/PM", "session"),
        (FileKind.MARKS, "AM", "am"),
        (FileKind.MARKS, "TermlySessionsPossible", "possible"),
        (FileKind.MARKS, "authorised_absence_sessions", "authorised"),
        (FileKind.MARKS, "03/09/2026 AM", "03/09/2026 am"),
    ],
)
def test_a_heading_is_known(kind: FileKind, heading: str, name: str) -> None:
    assert choose(kind, [heading]).columns == (name,)


@pytest.mark.parametrize("kind", columns.TABLES)
def test_no_name_stands_for_two_columns(kind: FileKind) -> None:
    """An alias in two rows of a table would be decided by chance."""
    names = [
        name
        for row, aliases in columns.TABLES[kind].items()
        for name in {columns.normalised(one) for one in (row, *aliases)}
    ]
    assert sorted(set(names)) == sorted(names)


def test_the_very_name_goes_before_a_guess() -> None:
    found = choose(FileKind.PUPILS, ["Surname", "legal_surname", "upn"])
    assert (found.columns, found.doubled) == (("", "legal_surname", "upn"), {})


def test_two_guesses_ask_and_an_answer_settles_it() -> None:
    headings = ["Home Email", "Primary Email", "upn", "surname"]
    found = choose(FileKind.CONTACTS, headings)
    assert faults(found, frozenset({"upn", "surname"})) == [
        "The columns “Home Email” and “Primary Email” could each be email. Say which one is."
    ]
    assert choose(FileKind.CONTACTS, headings, {"1": ""}).doubled == {}
    assert choose(FileKind.CONTACTS, headings, {"1": ""}).columns[0] == "email"
    assert choose(FileKind.CONTACTS, headings, {"1": "email"}).columns[:2] == ("", "email")


@pytest.mark.parametrize("said", ["school_id", "pk", "leaves_on"])
def test_what_is_no_column_of_ours_is_not_taken(said: str) -> None:
    assert choose(FileKind.PUPILS, ["anything"], {"0": said}).columns == ("",)


def test_what_is_missing_is_named() -> None:
    found = choose(FileKind.PUPILS, ["upn", "upn", "House"])
    assert faults(found, frozenset({"upn", "dob"})) == ["The header lacks dob.", "The header names upn more than once."]
    assert columns.unused(found, ["upn", "upn", "House"]) == ["House"]
