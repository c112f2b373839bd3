"""Everything that can be wrong with a roll, each named with its line and nothing written."""

import re
from pathlib import Path

import pytest

from registers.files import FileRefusedError
from registers.models import Contact, Event, Membership, Parent, Pupil, School, SchoolClass
from registers.services import rolls
from tests import builders
from tests.registers.sheets import Sheet, number
from tests.registers.test_roll_import import ASH, BIRCH, CONTACTS, HEADER, ON

MOTHER = (number(1), "C1", "1", "Ash", "Y", "Y", "ash@family.example")


def _refused(school: School, by: Membership, pupils: Path, contacts: Path | None = None) -> list[tuple[int, str]]:
    with pytest.raises(FileRefusedError) as caught:
        rolls.take_in(school, pupils, contacts, on=ON, by=by, at=builders.AT)
    assert not any(model.objects.exists() for model in (Pupil, SchoolClass, Parent, Contact, Event))
    return [(fault.line, fault.reason) for fault in caught.value.faults]


def _with(row: tuple[str, ...], header: tuple[str, ...], **cells: str) -> tuple[str, ...]:
    return tuple(cells.get(name, value) for name, value in zip(header, row, strict=True))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        pytest.param({"upn": "X" + number(2)[1:]}, "check letter is X but its digits call for", id="check-letter"),
        pytest.param({"upn": number(2)[:-1]}, "A UPN has 13 characters; this one has 12", id="short-upn"),
        pytest.param({"upn": ""}, "this one has 0", id="no-upn"),
        pytest.param({"upn": number(1)}, "The same UPN stands in line 2 already", id="duplicate"),
        pytest.param({"upn": number(1).lower()}, "The same UPN stands in line 2 already", id="duplicate-small"),
        pytest.param({"dob": "31/02/2018"}, "dob: “31/02/2018” is not a date", id="no-such-day"),
        pytest.param({"dob": "2018-13-01"}, "dob: .* is not a date. Write 2026-09-01", id="no-such-month"),
        pytest.param({"dob": "43221"}, "is not a date", id="spreadsheet-number"),
        pytest.param({"dob": ""}, "dob: “” is not a date", id="no-date-of-birth"),
        pytest.param({"start_date": "2018-06-04"}, "start_date is not after the date of birth", id="born-that-day"),
        pytest.param({"leave_date": "2022-08-31"}, "leave_date is before start_date", id="left-before-starting"),
        pytest.param({"legal_surname": ""}, "legal_surname is empty", id="no-surname"),
        pytest.param({"legal_forename": "B" * 81}, "legal_forename: longer than 80", id="long-forename"),
        pytest.param({"legal_surname": "B\x07ch"}, "control character", id="bell"),
        pytest.param({"legal_surname": "B\x85ch"}, "control character", id="control-of-the-second-set"),
        pytest.param({"legal_surname": "B\u202ehc"}, "cannot be seen", id="read-backwards"),
        pytest.param({"legal_surname": "Birch,Eve\nx"}, "goes over several lines", id="a-quotation-swallowed-a-line"),
        pytest.param({"dob": "1917-05-04"}, "would be 10[0-9] on the starting day", id="a-century-old"),
        pytest.param({"dob": "0017-05-04"}, "lies in no year of a register", id="year-17"),
        pytest.param({"leave_date": "9999-12-31"}, "lies in no year of a register", id="never-leaves"),
        pytest.param({"dob": "x" * 50_000}, "^dob: “x{60}…” is not a date", id="quoted-in-part"),
        pytest.param({"class": ""}, "class is empty", id="no-class"),
        pytest.param({"class": "C" * 41}, "class: longer than 40", id="long-class"),
    ],
)
def test_a_pupil_that_cannot_be_right(
    school: School, operator: Membership, sheet: Sheet, cells: dict[str, str], words: str
) -> None:
    faults = _refused(school, operator, sheet(HEADER, ASH, _with(BIRCH, HEADER, **cells)))
    assert [line for line, _ in faults] == [3]
    assert re.search(words, faults[0][1])


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("sex", "X", "sex: “X” is none of F, M"),
        ("sen", "KE", "sen: “KE” is none of N, K, E"),
        ("fsm", "maybe", "fsm: “maybe” is neither yes nor no"),
        ("year_group", "Year 9", "year_group: Year 9 does not fit the date of birth"),
        ("year_group", "15", "not a whole number from 1 to 14"),
        ("year_group", "9" * 5000, "not a whole number from 1 to 14"),
        ("admission_no", "1" * 21, "admission_no: longer than 20"),
        ("address1", "1" * 201, "address1: longer than 200"),
        ("postcode", "ME12 0XX XX", "postcode: longer than 10"),
    ],
)
def test_a_column_that_cannot_be_right(
    school: School, operator: Membership, sheet: Sheet, column: str, value: str, words: str
) -> None:
    faults = _refused(school, operator, sheet((*HEADER, column), (*ASH, value), (*BIRCH, "")))
    assert [line for line, _ in faults] == [2]
    assert words in faults[0][1]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        pytest.param({"upn": number(2)}, "No pupil with this UPN is on the roll", id="pupil-not-on-roll"),
        pytest.param({"upn": "X" + number(1)[1:]}, "check letter", id="check-letter"),
        pytest.param({"contact_id": ""}, "contact_id is empty", id="no-id"),
        pytest.param({"surname": ""}, "surname is empty", id="no-surname"),
        pytest.param({"priority": ""}, "priority: “” is not a whole number from 1 to 99", id="no-priority"),
        pytest.param({"priority": "0"}, "from 1 to 99", id="priority-nought"),
        pytest.param({"priority": "100"}, "from 1 to 99", id="priority-hundred"),
        pytest.param({"priority": "١"}, "from 1 to 99", id="priority-in-other-digits"),
        pytest.param({"priority": "9" * 5000}, "from 1 to 99", id="priority-of-5000-digits"),
        pytest.param({"parental_responsibility": "?"}, "neither yes nor no", id="neither"),
        pytest.param({"email": "ash at family.example"}, "email is not an e-mail address", id="email"),
        pytest.param({"email": "a@b@c"}, "email is not an e-mail address", id="two-ats"),
    ],
)
def test_a_contact_that_cannot_be_right(
    school: School, operator: Membership, sheet: Sheet, cells: dict[str, str], words: str
) -> None:
    pupils = sheet(HEADER, ASH, name="pupils.csv")
    contacts = sheet(CONTACTS, _with(MOTHER, CONTACTS, **cells), name="contacts.csv")
    faults = _refused(school, operator, pupils, contacts)
    assert [line for line, _ in faults] == [2]
    assert words in faults[0][1]


def test_one_contact_cannot_be_two_people(school: School, operator: Membership, sheet: Sheet) -> None:
    pupils = sheet(HEADER, ASH, BIRCH, name="pupils.csv")
    sibling = (number(2), *MOTHER[1:])
    contacts = sheet(CONTACTS, MOTHER, _with(sibling, CONTACTS, surname="Birch"), MOTHER, name="contacts.csv")
    assert _refused(school, operator, pupils, contacts) == [
        (3, "The same contact_id stands in line 2 with other particulars."),
        (4, "The same contact of the same pupil stands in line 2 already."),
    ]


def test_every_fault_is_named_not_only_the_first(school: School, operator: Membership, sheet: Sheet) -> None:
    rows = (_with(ASH, HEADER, dob="?"), BIRCH, _with(BIRCH, HEADER, upn=number(3), **{"class": ""}))
    assert [line for line, _ in _refused(school, operator, sheet(HEADER, *rows))] == [2, 4]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        pytest.param(b"", 1, "The header lacks class, dob, legal_forename", id="empty"),
        pytest.param(b"upn,dob\n", 1, "The header lacks class, legal_forename", id="columns-missing"),
        pytest.param(",".join((*HEADER, "dob")).encode(), 1, "The header names dob more than once", id="column-twice"),
        pytest.param(",".join(HEADER).encode() + b"\na,b\n", 2, "has 2 cells; the header has 7", id="ragged"),
        pytest.param(",".join(HEADER).encode() + b"\n\n\na,b\n", 4, "has 2 cells", id="ragged-after-empty-lines"),
        pytest.param(",".join(HEADER).encode() + b"\n\x81\xff\n", 2, "neither in UTF-8 nor", id="neither-set"),
        pytest.param("Müller".encode("cp1252"), 1, "The header lacks class", id="cp1252-but-no-header"),
        pytest.param("upn".encode("utf-16"), 1, "not a text file", id="utf-16"),
        pytest.param(b"PK\x03\x04\x00\x00", 1, "The workbook is damaged", id="spreadsheet"),
        pytest.param(",".join(HEADER).encode() + b"\na\n\x00\n", 3, "not a text file", id="nul"),
        pytest.param(b'upn,"dob\n', 1, "not a CSV file", id="quote-never-closed"),
        pytest.param(b"upn," + b"x" * 200_000, 1, "not a CSV file: field larger", id="huge-field"),
        pytest.param(b"a," * 1001, 1, "more than 1000 columns", id="too-many-columns"),
    ],
)
def test_a_file_that_cannot_be_read(
    school: School, operator: Membership, sheet: Sheet, content: bytes, line: int, words: str
) -> None:
    faults = _refused(school, operator, sheet.raw(content))
    assert line in {place for place, _ in faults}
    assert any(words in reason for _, reason in faults)


def test_a_file_that_is_not_there(school: School, operator: Membership, tmp_path: Path) -> None:
    assert _refused(school, operator, tmp_path / "none.csv")[0] == (
        1,
        "The file cannot be read: No such file or directory.",
    )
    assert "cannot be read" in _refused(school, operator, tmp_path)[0][1]


def test_empty_columns_at_the_end_of_a_sheet_are_no_columns(school: School, operator: Membership, sheet: Sheet) -> None:
    rolls.take_in(school, sheet((*HEADER, "", ""), (*ASH, "", "")), None, on=ON, by=operator, at=builders.AT)
    assert Pupil.objects.count() == 1


def test_what_people_are_called_is_kept_as_written(school: School, operator: Membership, sheet: Sheet) -> None:
    rows = (
        (number(1), "O'Neill-Ōkami", "=cmd|' /C calc'!A0", "2017-05-04", "2021-09-01", 'The "Oaks"', ""),
        (number(2), "Ash Birch, Jr", "<script>alert(1)</script>", "2017-05-04", "2021-09-01", "+1", ""),
    )
    path = sheet(HEADER, *rows, encoding="utf-8-sig")
    rolls.take_in(school, path, None, on=ON, by=operator, at=builders.AT)
    names = Pupil.objects.order_by("upn").values_list("upn", "legal_surname", "legal_forename")
    assert sorted(names) == sorted(row[:3] for row in rows)
    assert set(SchoolClass.objects.values_list("name", flat=True)) == {'The "Oaks"', "+1"}


def test_lines_are_counted_as_an_editor_counts_them(school: School, operator: Membership, sheet: Sheet) -> None:
    header, over_two_lines = (*HEADER, "address1"), (*ASH, "1 Ash Lane\nAshby")
    path = sheet(header, over_two_lines, (*_with(BIRCH, HEADER, dob="?"), ""))
    assert _refused(school, operator, path)[0][0] == 4
    assert _refused(school, operator, sheet((*HEADER, "a\nb"), (*_with(ASH, HEADER, dob="?"), "")))[0][0] == 3


def test_other_line_ends_are_read(school: School, operator: Membership, sheet: Sheet) -> None:
    for number_of_rows, end in ((1, "\r\n"), (2, "\r")):
        rows = [",".join(row) for row in (HEADER, ASH, BIRCH)[: number_of_rows + 1]]
        path = sheet.raw((end.join(rows) + end).encode())
        rolls.take_in(school, path, None, on=ON, by=operator, at=builders.AT)
        assert Pupil.objects.count() == number_of_rows
