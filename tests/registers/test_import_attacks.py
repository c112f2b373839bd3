"""Files and people that mean harm to the imports, or do it without meaning to."""

import errno
import io
import os
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from registers import tasks
from registers.files import FileRefusedError, ctf, read_sheet, workbook
from registers.models import Event, ImportFile, Mark, Membership, Pupil, School
from registers.queries import calendars
from registers.rules import rolls as rules
from registers.rules.import_files import FileKind, FileState, ImportRefusedError
from registers.rules.rights import Role
from registers.services import import_files, import_jobs, import_reports, jobs, mark_imports, rolls
from registers.services.import_tables import RowsRefusedError
from tests import builders
from tests.registers.pages import soup, text
from tests.registers.sheets import ROLL, Keep, Sheet, number
from tests.registers.test_ctf import _file, _pupil
from tests.registers.test_import_files import WHEN, _kept

NOW = {"today": builders.TODAY, "at": builders.AT}
HEADER = ("upn", "former_upn", "legal_surname", "legal_forename", "dob", "start_date", "class")
ASH = (number(1), "", "Ash", "Ada", "2017-05-04", "2021-09-01", "1")
ELM = (number(2), "", "Elm", "Eve", "2017-05-05", "2022-09-01", "1")
NAMESPACE = b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def roll(school: School, operator: Membership, sheet: Sheet) -> Callable[..., rolls.RollReport]:
    def take(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> rolls.RollReport:
        path = sheet(header, *rows)
        return rolls.take_in(school, path, None, on=date(2026, 9, 1), by=operator, at=builders.AT)

    return take


# --- Files that nobody settles ---


def test_files_that_nobody_settles_are_dropped_by_night(
    keep: Keep,
    school: School,
    other_school: School,
    office: Membership,
    django_capture_on_commit_callbacks,
    time_machine,
) -> None:
    """The other school has no nightly user, which keeps nobody from the rest."""
    old, young, taken = keep(), keep(), keep()
    ImportFile.objects.filter(pk=old.pk).update(report={"groups": ["Ada Ash"]})
    ImportFile.objects.filter(pk=young.pk).update(uploaded_at=builders.AT + timedelta(seconds=1))
    ImportFile.objects.filter(pk=taken.pk).update(state=FileState.TAKEN, report={"counts": {"added": 1}})
    nightly = builders.nightly(school)
    time_machine.move_to(builders.AT + import_files.KEPT, tick=False)
    assert tasks.sweep_imports() == 0, "they are kept fourteen days"
    time_machine.move_to(builders.AT + import_files.KEPT + timedelta(seconds=1), tick=False)
    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.sweep_imports() == 1
    old.refresh_from_db()
    assert (old.state, old.report, old.options, old.mapping) == ("dropped", {"counts": {}}, {}, {})
    assert young.stored in {path.name for path in _kept()}
    assert old.stored not in {path.name for path in _kept()}
    assert Event.objects.get(kind="file dropped").by_id == nightly.user_id
    assert list(ImportFile.objects.order_by("pk").values_list("state", flat=True)) == ["dropped", "uploaded", "taken"]
    assert tasks.sweep_imports() == 0


def test_what_a_crash_left_in_the_folder_is_deleted(keep: Keep) -> None:
    row = keep()
    lost = import_files.folder() / "0123"
    lost.write_text("Ash,Ada")
    before = (builders.AT - import_files.KEPT - timedelta(days=1)).timestamp()
    for path in _kept():
        os.utime(path, (before, before))
    (import_files.folder() / "4567").write_text("being written")
    assert import_files.clear(at=builders.AT) == 1
    assert {path.name for path in _kept()} == {row.stored, "4567"}


# --- Files made to harm ---


def _packed(parts: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook with some of its parts replaced."""
    raw, found = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(raw)
    with zipfile.ZipFile(raw) as book, zipfile.ZipFile(found, "w", packing) as changed:
        for name, content in ({one: book.read(one) for one in book.namelist()} | parts).items():
            changed.writestr(name, content)
    return found.getvalue()


def _strings(content: bytes, cells: bytes) -> dict[str, bytes]:
    """The parts of a workbook whose cells share their texts."""
    kinds = b"application/vnd.openxmlformats-officedocument.spreadsheetml."
    return {
        "xl/sharedStrings.xml": content,
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        b'<Override PartName="/xl/workbook.xml" ContentType="' + kinds + b'sheet.main+xml"/>'
        b'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="' + kinds + b'worksheet+xml"/>'
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kinds + b'sharedStrings+xml"/></Types>',
        SHEET: NAMESPACE + cells + b"</sheetData></worksheet>",
    }


SST = b"<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>%s</t></si></sst>"


def _reason(raw: bytes, directory: Path, name: str = "book.xlsx") -> tuple[int, str]:
    (directory / name).write_bytes(raw)
    with pytest.raises(FileRefusedError) as caught:
        read_sheet(directory / name)
    return caught.value.faults[0].line, caught.value.faults[0].reason


def test_a_workbook_packed_in_a_way_that_unpacks_at_once_is_not_unpacked(tmp_path: Path, monkeypatch) -> None:
    """6 KB of bzip2 become 1.5 GB in one read, whatever the size of a chunk."""
    monkeypatch.setattr(workbook, "_count", lambda *_: pytest.fail("it was unpacked"))
    for packing in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert "damaged" in _reason(_packed({}, packing), tmp_path)[1]


def test_rows_as_wide_as_the_sheet_are_counted(tmp_path: Path) -> None:
    """A row with nothing but a last column is 16,384 cells; a million of them took a quarter of an hour."""
    rows = b"".join(b"<row r='%d'><c r='XFD%d'/></row>" % (line, line) for line in range(1, 600))
    line, reason = _reason(_packed({SHEET: NAMESPACE + rows + b"</sheetData></worksheet>"}), tmp_path)
    assert (line, "far larger" in reason) == (489, True)


def test_one_long_text_in_many_cells_is_counted_in_each(tmp_path: Path, monkeypatch) -> None:
    """Each cell made a copy without the space at its ends: 44 KB became as much memory as there was."""
    monkeypatch.setattr(workbook, "MOST_CHARACTERS", 1000)
    cells = b"".join(b"<row r='%d'><c r='A%d' t='s'><v>0</v></c></row>" % (line, line) for line in range(1, 12))
    line, reason = _reason(_packed(_strings(SST % (b" " + b"x" * 99), cells)), tmp_path)
    assert (line, "far larger" in reason) == (11, True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("before", [0, workbook._CHUNK - 5])
def test_entities_are_found_in_any_encoding_and_between_chunks(
    tmp_path: Path, monkeypatch, encoding: str, before: int
) -> None:
    monkeypatch.setattr(workbook, "_sheet", lambda *_, **__: pytest.fail("it was opened"))
    words = "<?xml version='1.0'?>" + " " * before + "<!DOCTYPE x [<!ELEMENT x ANY>]><x/>"
    assert "damaged" in _reason(_packed({"xl/sharedStrings.xml": words.encode(encoding)}), tmp_path)[1]


def test_a_line_in_other_letters_than_those_before_it_is_named(tmp_path: Path) -> None:
    """Read as Windows-1252 throughout, every name with an accent would become another."""
    raw = "upn,name\nA1,Zoë\n".encode() + "A2,Chloë\n".encode("cp1252")
    line, reason = _reason(raw, tmp_path, "roll.csv")
    assert (line, "not in UTF-8, though those before it are" in reason) == (3, True)


def test_a_quotation_that_is_never_closed_is_found_where_it_begins(tmp_path: Path) -> None:
    raw = b'upn,name\nA1,Ash\nA2,"Elm\n' + b"A3,Fir\n" * 50
    line, reason = _reason(raw, tmp_path, "roll.csv")
    assert (line, "quotation mark too many" in reason) == (3, True)


def test_a_transfer_file_in_utf_16_is_read(sheet: Sheet) -> None:
    raw = _file(_pupil()).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert ctf.read_ctf(sheet.raw(raw, "ctf.xml")).pupils.rows[0].cells["upn"] == number(1)
    with pytest.raises(FileRefusedError, match="web page or XML"):
        read_sheet(sheet.raw(raw, "roll.csv"))


def test_elements_without_end_are_counted_and_not_listed(sheet: Sheet) -> None:
    raw = _file(_pupil(more="".join(f"<X{n}/>" for n in range(60))))
    notes = ctf.read_ctf(sheet.raw(raw, "ctf.xml")).pupils.notes
    assert (len(notes), notes[-1]) == (51, "10 further elements are not known here either.")


@pytest.mark.parametrize(
    ("made", "read_on", "offset"),
    [
        pytest.param("2026-07-20T10:00:00", date(2026, 9, 10), -1, id="of-the-year-it-was-made-in"),
        pytest.param("2026-09-02T10:00:00", date(2026, 9, 10), -2, id="made-this-year"),
        pytest.param("2026-08-20T10:00:00", date(2026, 9, 10), None, id="august-may-mean-either"),
        pytest.param("", date(2026, 7, 20), -1, id="not-told"),
    ],
)
def test_a_year_group_is_of_the_day_the_transfer_was_made(
    sheet: Sheet, made: str, read_on: date, offset: int | None
) -> None:
    """A child of Year 4 whose file says 3. Sent in July and read in September, nobody is out of cohort by it."""
    raw = _file(_pupil().replace("<NCyearActual>4", "<NCyearActual>3"))
    raw = raw.replace(b"<CTFversion>", f"<DateTime>{made}</DateTime><CTFversion>".encode())
    cells = ctf.read_ctf(sheet.raw(raw, "ctf.xml")).pupils.rows[0].cells
    assert rules.read_pupil(cells, read_on).fields.get("year_offset") == offset


# --- Rows that would do harm ---


def test_two_children_cannot_be_given_one_upn(roll: Callable[..., rolls.RollReport]) -> None:
    roll(ASH, ELM)
    with pytest.raises(RowsRefusedError, match="The same UPN stands in line 2 already"):
        roll((number(3), number(1), *ASH[2:]), (number(3), number(2), *ELM[2:]))


def test_a_sister_is_not_overwritten_by_a_brother(roll: Callable[..., rolls.RollReport]) -> None:
    roll(ASH)
    with pytest.raises(RowsRefusedError, match="a child of another forename and another date of birth"):
        roll((*ASH[:3], "Abel", "2019-02-03", *ASH[5:]))
    assert roll((*ASH[:4], "2017-04-05", *ASH[5:])).pupils_changed == 1, "a date of birth can be put right"


def test_line_ends_are_those_of_the_register(roll: Callable[..., rolls.RollReport]) -> None:
    """A page writes one kind of line end: the next file would change every address back."""
    roll((*ASH, "1 High Street\r\nAshby"), header=(*HEADER, "address1"))
    assert Pupil.objects.get().address == "1 High Street\nAshby"


def test_a_code_without_end_is_quoted_in_part(school: School, office: Membership, sheet: Sheet) -> None:
    path = sheet(("upn", "date", "session", "code"), (builders.pupil(school).upn, "2026-11-19", "AM", "Q" * 50_000))
    with pytest.raises(RowsRefusedError) as caught:
        mark_imports.take_in(school, calendars.of(school), path, reason="x", by=office, **NOW)
    assert len(caught.value.faults[0].reason) < 200


def test_a_reason_too_long_is_refused_on_the_command_line(school: School, operator: Membership, sheet: Sheet) -> None:
    with pytest.raises(CommandError, match="at most 200 characters"):
        call_command("import_roll", str(sheet(HEADER, ASH)), "--school", school.slug, "--reason", "x" * 201)


# --- Uploads ---


def test_a_first_line_that_is_a_pupil_is_no_heading(keep: Keep) -> None:
    """The names of columns are shown to whoever may import; the first pupil would be lost as well."""
    with pytest.raises(FileRefusedError, match="The first line holds a pupil"):
        keep(ROLL.split("\n", 1)[1])
    assert not _kept()


def test_a_full_disk_is_said_so_and_leaves_nothing(keep: Keep, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    keep()
    monkeypatch.setattr(import_files.os, "fdopen", full)
    with pytest.raises(FileRefusedError, match="cannot keep the file"):
        keep()
    assert (len(_kept()), ImportFile.objects.count()) == (1, 1)


def _large(keep: Keep, school: School, monkeypatch) -> ImportFile:
    monkeypatch.setattr(import_files, "MOST_AT_ONCE", 0)
    return keep(f"upn,date,session,mark\n{builders.pupil(school).upn},2026-11-19,AM,/\n", FileKind.MARKS)


def test_a_file_dropped_while_it_is_looked_at_keeps_no_names(
    keep: Keep, school: School, office: Membership, monkeypatch
) -> None:
    row = _large(keep, school, monkeypatch)
    asked = import_jobs.ask(row, import_jobs.LOOK, by=office, **NOW)
    shown = import_reports.shown

    def meanwhile(look: import_files.Look) -> dict[str, object]:
        import_files.drop(row, by=office, at=builders.AT)
        return shown(look)

    monkeypatch.setattr(import_reports, "shown", meanwhile)
    assert jobs.run(asked.pk, lambda: builders.AT)
    row.refresh_from_db()
    assert (row.state, row.report) == ("dropped", {"counts": {}})


@pytest.mark.parametrize("what", [import_jobs.LOOK, import_jobs.TAKE])
def test_a_job_whose_file_is_gone_says_so(
    keep: Keep, school: School, office: Membership, monkeypatch, what: str
) -> None:
    row = _large(keep, school, monkeypatch)
    _kept()[0].unlink()
    assert jobs.run(import_jobs.ask(row, what, by=office, **NOW).pk, lambda: builders.AT)
    row.refresh_from_db()
    assert "no longer kept" in row.report["refused"]
    assert row.state == "uploaded"


def test_a_job_that_is_run_again_after_all_was_written_writes_nothing(
    keep: Keep, school: School, office: Membership, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    row = _large(keep, school, monkeypatch)
    seen = import_files.look(row, calendars.of(school), **WHEN).digest
    asked = import_jobs.ask(row, import_jobs.TAKE, seen=seen, by=office, **NOW)
    with django_capture_on_commit_callbacks(execute=True):
        import_jobs.work(school, asked.payload, builders.AT)
    import_jobs.work(school, asked.payload, builders.AT)
    assert (Mark.objects.count(), Event.objects.filter(kind="file taken in").count()) == (1, 1)


@pytest.mark.parametrize("state", ["taken", "dropped"])
def test_what_is_settled_stays_so(keep: Keep, school: School, office: Membership, state: str) -> None:
    row, calendar = keep(), calendars.of(school)
    seen = import_files.look(row, calendar, **WHEN).digest
    stale = ImportFile.objects.get(pk=row.pk)
    if state == "taken":
        import_files.take_in(row, calendar, seen=seen, by=office, **WHEN)
    else:
        import_files.drop(row, by=office, at=builders.AT)
    for again in (
        lambda: import_files.take_in(stale, calendar, seen=seen, by=office, **WHEN),
        lambda: import_files.drop(stale, by=office, at=builders.AT),
        lambda: import_files.settle_columns(stale, {}, {}, by=office, at=builders.AT),
    ):
        with pytest.raises(ImportRefusedError, match="settled already"):
            again()


# --- Pages ---

pages = pytest.mark.time_machine(builders.AT)


def _address(school: School, row: ImportFile, name: str = "import_file") -> str:
    return reverse(name, args=[school.slug, row.pk])


@pages
def test_a_reason_over_two_lines_is_refused_on_the_page(
    client: Client, keep: Keep, school: School, office: Membership
) -> None:
    """The register does not keep it, so that taking the file in would break."""
    row = keep()
    client.force_login(office.user)
    response = client.post(_address(school, row), {"reason": "two\nlines"})
    assert response.status_code == 422
    assert "character" in text(soup(response).find(class_="invalid-feedback"))


@pages
def test_a_digest_that_is_none_is_a_stale_one(
    client: Client, keep: Keep, school: School, office: Membership, monkeypatch
) -> None:
    """PostgreSQL keeps no \\0 in the payload of a job."""
    row = _large(keep, school, monkeypatch)
    client.force_login(office.user)
    assert client.post(_address(school, row, "import_take"), {"seen": "a\0b"}).status_code == 302
    assert import_jobs.latest(row).payload["seen"] == ""


@pages
def test_a_sample_of_a_sensitive_column_is_for_those_with_the_right(
    client: Client, keep: Keep, school: School, office: Membership
) -> None:
    row = keep(ROLL.replace("form\n", "form,medical note\n").replace("4 Oak\n", "4 Oak,Asthma\n"))
    for part, sees in ((office, False), (builders.member(school, Role.HEAD), True)):
        client.force_login(part.user)
        assert ("for example Asthma" in text(soup(client.get(_address(school, row))))) is sees


SECRET = "Zqxwv"


@pages
@pytest.mark.parametrize("place", range(len(HEADER) + 2))
@pytest.mark.parametrize("value", [SECRET, f"x” {SECRET}", SECRET * 30])
def test_no_cell_reaches_an_administrator(client: Client, keep: Keep, school: School, place: int, value: str) -> None:
    """Whatever stands in whichever cell, and whatever is wrong with it."""
    cells = [*ASH, "F", "4"]
    cells[place] = value
    client.force_login(builders.member(school, Role.ADMINISTRATOR).user)
    row = keep(",".join((*HEADER, "sex", "year_group")) + "\n" + ",".join(cells) + "\n")
    response = client.get(_address(school, row))
    assert response.status_code == 200
    assert SECRET not in response.content.decode()
