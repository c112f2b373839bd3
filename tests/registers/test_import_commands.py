"""The commands that take files in: what they say, for people and for machines."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper

from registers.management.commands._importing import Bar
from registers.models import Contact, Mark, Membership, Parent, Pupil, School
from tests import builders
from tests.registers.sheets import Sheet, number

pytestmark = pytest.mark.time_machine(builders.AT)
HEADER = ("UPN", "Surname", "Forename", "DOB", "Entry date", "Form")
ASH = (number(1), "Ash", "Ada", "2017-05-04", "2021-09-01", "4 Oak")


def _run(school: School, command: str, *arguments: object) -> str:
    out = StringIO()
    words = [str(argument) for argument in arguments]
    call_command(command, *words, "--school", school.slug, stdout=out, stderr=StringIO())
    return out.getvalue()


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_on_a_terminal_and_plain_lines_elsewhere() -> None:
    for out, wanted in (
        (_Terminal(), "\rReading   [###############...............] 1 of 2\rReading   [" + "#" * 30 + "] 2 of 2\n"),
        (StringIO(), "Reading: 1 of 2\nReading: 2 of 2\n"),
    ):
        bar = Bar(OutputWrapper(out))
        bar("Reading", 1, 2)
        bar("Reading", 2, 2)
        assert out.getvalue() == wanted


def test_a_workbook_is_taken_in(school: School, operator: Membership, sheet: Sheet) -> None:
    assert "Pupils: 1 added" in _run(school, "import_roll", sheet.xlsx(HEADER, ASH))
    path = sheet.xlsx(("UPN", "Date", "AM", "PM"), (number(1), "19/11/2026", "/", "I"))
    assert "Marks: 2 added" in _run(school, "import_marks", path)
    assert Mark.objects.count() == 2


def test_contacts_come_alone(school: School, operator: Membership, sheet: Sheet) -> None:
    child = builders.pupil(school)
    path = sheet(("upn", "Parent ID", "Priority", "Surname"), (child.upn, "C77", "2", "Elm"))
    assert "Contacts: 1 added" in _run(school, "import_roll", "--contacts", path)
    assert (Contact.objects.count(), Parent.objects.filter(contact_id="C77").count()) == (2, 1)
    with pytest.raises(CommandError, match="Name a file of pupils"):
        _run(school, "import_roll")


def test_a_column_is_named_by_hand(school: School, operator: Membership, sheet: Sheet) -> None:
    path = sheet(("UPN", "Nachname", *HEADER[2:]), ASH)
    with pytest.raises(CommandError, match="The header lacks legal_surname"):
        _run(school, "import_roll", path)
    _run(school, "import_roll", path, "--column", "Nachname=legal_surname")
    assert Pupil.objects.get().legal_surname == "Ash"
    with pytest.raises(CommandError, match="names no column"):
        _run(school, "import_roll", path, "--column", "Nachname")


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["for-real", "dry"])
def test_a_refused_file_is_reported_row_by_row(
    school: School, operator: Membership, sheet: Sheet, dry: tuple[str, ...]
) -> None:
    path = sheet(HEADER, ASH, (number(2), "Birch", "Ben", "?", "2022-09-01", "3 Elm"), name="roll.csv")
    out = StringIO()
    with pytest.raises(CommandError, match=r"Nothing was written\.\nroll\.csv: line 3: dob"):
        call_command("import_roll", str(path), "--school", school.slug, "--json", *dry, stdout=out, stderr=StringIO())
    report = json.loads(out.getvalue())
    assert (report["written"], report["dry_run"], report["file"]) == (False, bool(dry), "roll.csv")
    assert [(row["line"], row["result"]) for row in report["pupils"]] == [(3, "refused"), (2, "added")]
    assert not Pupil.objects.exists()


def test_marks_are_reported_row_by_row(school: School, operator: Membership, sheet: Sheet) -> None:
    child = builders.pupil(school)
    header = ("upn", "date", "session", "code")
    good = (child.upn, "2026-11-19", "AM", "/")
    report = json.loads(_run(school, "import_marks", sheet(header, good), "--json"))
    assert report["rows"] == [
        {"line": 2, "result": "added", "upn": child.upn, "date": "2026-11-19", "session": "AM", "code": "/", "old": ""}
    ]
    out = StringIO()
    path: Path = sheet(header, good, (child.upn, "2026-11-19", "PM", "?"))
    with pytest.raises(CommandError):
        call_command("import_marks", str(path), "--school", school.slug, "--json", stdout=out, stderr=StringIO())
    assert [(row["line"], row["result"]) for row in json.loads(out.getvalue())["rows"]] == [
        (3, "refused"), (2, "unchanged")
    ]  # fmt: skip
