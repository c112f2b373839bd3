"""Files from outside: what is read of them as it was meant, and what is refused before it can do harm."""

import io
import struct
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from registers.files import FileRefusedError, read_sheet, workbook
from tests.registers.sheets import Sheet

TEXT = "upn,naïve,date\nA1,Zoë,01/09/2026\n"


def _refused(path: Path, **told: object) -> tuple[int, str]:
    with pytest.raises(FileRefusedError) as caught:
        read_sheet(path, **told)
    return caught.value.faults[0].line, caught.value.faults[0].reason


@pytest.mark.parametrize(
    ("content", "note"),
    [
        pytest.param(TEXT.encode(), "", id="utf-8"),
        pytest.param(TEXT.encode("utf-8-sig"), "", id="utf-8-with-a-mark"),
        pytest.param(TEXT.encode("cp1252"), "read as Windows-1252", id="cp1252"),
        pytest.param(TEXT.replace(",", ";").encode(), "divided by semicolons", id="semicolons"),
        pytest.param(TEXT.replace(",", "\t").encode(), "divided by tabs", id="tabs"),
        pytest.param(("\n\n" + TEXT).encode(), "", id="empty-lines-first"),
        pytest.param(TEXT.replace("\n", "\r\n").encode(), "", id="windows-line-ends"),
        pytest.param(TEXT.replace("2026", "2026,,").encode(), "", id="empty-cells-too-many"),
        pytest.param(TEXT.replace("Zoë", '"Zoë"').encode(), "", id="quoted"),
    ],
)
def test_csv_is_read_however_it_is_written(sheet: Sheet, content: bytes, note: str) -> None:
    found = read_sheet(sheet.raw(content))
    assert found.headings == ["upn", "naïve", "date"]
    assert [values for _, values in found.rows] == [["A1", "Zoë", "01/09/2026"]]
    assert bool(found.notes) == bool(note)
    assert note in " ".join(found.notes)


def test_leading_noughts_stay(sheet: Sheet) -> None:
    assert read_sheet(sheet(("a",), ("000123",))).rows == [(2, ["000123"])]


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"%PDF-1.7\n1 0 obj", "This is a PDF"),
        (b"\x89PNG\r\n\x1a\n", "This is a picture"),
        (b"\xff\xd8\xff\xe0", "This is a picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old workbook (.xls)"),
        (b"MZ\x90\x00\x03\x00", "not a text file"),
        (b"\x7fELF\x02\x01\x01\x00", "not a text file"),
        (b"\x1f\x8b\x08", "The file is packed"),
        (b"<html><table><tr><td>upn", "a web page or XML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><CTfile/>", "a web page or XML"),
        (b"{\\rtf1", "This is a document"),
        (bytes(range(1, 32)) * 20, "not a text file"),
        (b"PK\x03\x04rubbish", "The workbook is damaged"),
    ],
    ids=lambda value: value[:16] if isinstance(value, str) else "",
)
def test_a_file_is_what_it_begins_with_and_not_what_its_name_says(sheet: Sheet, start: bytes, words: str) -> None:
    for name in ("roll.csv", "roll.xlsx"):
        assert words in _refused(sheet.raw(start, name))[1]


def test_a_workbook_named_csv_is_read_as_a_workbook(sheet: Sheet) -> None:
    assert read_sheet(sheet.xlsx(("upn",), ("A1",), name="roll.csv")).rows == [(2, ["A1"])]


def test_a_file_too_large_is_not_opened(sheet: Sheet) -> None:
    path = sheet.raw(b"a,b\n" * 300_000)
    assert _refused(path, most_bytes=1024 * 1024) == (1, "The file is larger than 1 MB. Split it.")


def test_cells_of_a_workbook_are_read_as_it_shows_them(sheet: Sheet) -> None:
    book = openpyxl.Workbook()
    rows = [
        ("text", "number", "padded", "day", "instant", "flag", "fraction", "empty"),
        ("000123", 4, 42, date(2026, 9, 1), datetime(2026, 9, 1, 8, 50), True, 2.5, None),  # noqa: DTZ001 - as a sheet has it
    ]
    for row in rows:
        book.active.append(row)
    book.active["C2"].number_format = "000000"
    book.save(sheet.directory / "book.xlsx")
    found = read_sheet(sheet.directory / "book.xlsx")
    assert found.rows == [(2, ["000123", "4", "000042", "2026-09-01", "2026-09-01T08:50:00", "Y", "2.5", ""])]
    assert found.unit == "row"


def test_rows_keep_their_numbers_and_short_rows_are_filled(sheet: Sheet) -> None:
    found = read_sheet(sheet.xlsx((), ("a", "b", "c"), ("1",), (), ("1", "2", "3")))
    assert (found.heading_line, found.rows) == (2, [(3, ["1", "", ""]), (5, ["1", "2", "3"])])


def test_a_sheet_can_be_chosen(sheet: Sheet) -> None:
    book = openpyxl.Workbook()
    book.active.append(["first"])
    book.create_sheet("Marks").append(["second"])
    hidden = book.create_sheet("Hidden")
    hidden.sheet_state = "hidden"
    path = sheet.directory / "book.xlsx"
    book.save(path)
    assert read_sheet(path).headings == ["first"]
    assert read_sheet(path, sheet="Marks").headings == ["second"]
    assert read_sheet(path).sheets == ["Sheet", "Marks"]
    assert "no sheet “Hidden”. It has: Sheet, Marks" in _refused(path, sheet="Hidden")[1]


def test_a_formula_without_a_result_is_not_a_blank(sheet: Sheet) -> None:
    line, reason = _refused(sheet.xlsx(("a", "b"), ("1", "2"), ("1", "=A2")))
    assert line == 3
    assert "A formula here has no result" in reason


def test_a_formula_gives_its_kept_result(sheet: Sheet) -> None:
    path = sheet.xlsx(("a",), ("=1+1",))
    _rewrite(
        path,
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>"),
    )
    assert read_sheet(path).rows == [(2, ["2"])]


def test_an_error_in_a_cell_is_named(sheet: Sheet) -> None:
    assert _refused(sheet.xlsx(("a", "b"), ("1", "#REF!")))[1] == "Column B holds #REF!, an error of the spreadsheet."


def test_a_cell_beyond_the_headings_is_named(sheet: Sheet) -> None:
    assert _refused(sheet.xlsx(("a",), ("1", "2")))[1].startswith("The row has a cell beyond the last heading")


def test_too_many_columns(sheet: Sheet) -> None:
    assert "more than 1000 columns" in _refused(sheet.xlsx(tuple(f"c{n}" for n in range(1001))))[1]
    assert "more than 1000 columns" in _refused(sheet(tuple(f"c{n}" for n in range(1001))))[1]
    assert len(read_sheet(sheet.xlsx(tuple(f"c{n}" for n in range(1000)))).headings) == 1000


def _rewrite(path: Path, part: str, change, extra: dict[str, bytes] | None = None) -> None:
    """Write a workbook again with one of its parts changed, and others added."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    if part:
        parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in (parts | (extra or {})).items():
            book.writestr(name, content)


SHEET = "xl/worksheets/sheet1.xml"


def test_a_bomb_of_a_workbook_is_not_opened(sheet: Sheet, monkeypatch) -> None:
    """170 MB of spaces in 170 KB: refused by what the directory says, before a byte is unpacked."""
    path = sheet.xlsx(("a",), ("1",))
    _rewrite(path, "", None, {"xl/media/bomb.xml": b" " * (170 * 1024 * 1024)})
    assert path.stat().st_size < 400_000
    monkeypatch.setattr(workbook, "_count", lambda *_: pytest.fail("it was unpacked"))
    assert "far larger than any roll" in _refused(path)[1]


def test_a_lying_header_does_not_hide_a_bomb(sheet: Sheet, monkeypatch) -> None:
    """The directory states one byte: what comes out is counted, or the archive is found damaged."""
    path = sheet.xlsx(("a",), ("1",))
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 1024 * 1024)
    _rewrite(path, "", None, {"xl/media/bomb.xml": b" " * (3 * 1024 * 1024)})
    raw = bytearray(path.read_bytes())
    central = raw.index(b"PK\x01\x02", raw.index(b"xl/media/bomb.xml"))
    while raw[central + 46 : central + 63] != b"xl/media/bomb.xml":
        central = raw.index(b"PK\x01\x02", central + 4)
    raw[central + 24 : central + 28] = struct.pack("<I", 1)
    path.write_bytes(raw)
    with zipfile.ZipFile(path) as book:
        assert book.getinfo("xl/media/bomb.xml").file_size == 1
    reason = _refused(path)[1]
    assert "far larger" in reason or "damaged" in reason


@pytest.mark.parametrize(
    ("part", "words"),
    [
        pytest.param(b"<row r='1'>" + b"<c/>" * 1_000_000 + b"</row>", "far larger", id="one-row-without-end"),
        pytest.param(b"<x/>" * 7_100_000, "far larger", id="elements-without-end"),
        pytest.param(b"<!DOCTYPE x [<!ENTITY a 'b'>]>", "damaged", id="entities"),
        pytest.param(b"<row r='1'><c r='A1'", "damaged", id="broken-off"),
        pytest.param(
            b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
            b"<row r='99999999999'><c r='A1'><v>1</v></c></row></sheetData></worksheet>",
            "far larger",
            id="row-number-without-end",
        ),
        pytest.param(
            b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
            b"<row r='1'><c r='ZZZ1'><v>1</v></c></row></sheetData></worksheet>",
            "more than 1000 columns",
            id="column-beyond-all",
        ),
    ],
)
def test_a_sheet_made_to_harm_is_refused(sheet: Sheet, part: bytes, words: str) -> None:
    path = sheet.xlsx(("a",), ("1",))
    _rewrite(path, SHEET, lambda _: part)
    assert words in _refused(path)[1]


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"xl/vbaProject.bin": b"x"}, "holds macros (.xlsm)"),
        ({"xl/workbook.bin": b"x"}, "binary workbook (.xlsb)"),
        ({f"xl/media/{n}": b"" for n in range(2001)}, "far larger"),
    ],
    ids=["macros", "binary", "parts-without-end"],
)
def test_a_workbook_of_another_kind_is_refused(sheet: Sheet, extra: dict[str, bytes], words: str) -> None:
    path = sheet.xlsx(("a",), ("1",))
    _rewrite(path, "", None, extra)
    assert words in _refused(path)[1]


def test_a_zip_that_is_no_workbook(sheet: Sheet) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("roll.csv", "upn\n")
    assert "a zip file but no workbook" in _refused(sheet.raw(buffer.getvalue(), "roll.xlsx"))[1]
