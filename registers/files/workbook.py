"""Reading XLSX: a zip of XML from outside, unpacked only so far, and never believed about its own size."""

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import openpyxl

from registers.files.tables import MOST_COLUMNS, MOST_ROWS, FileRefusedError, Sheet, refuse

MOST_PARTS = 2000
MOST_UNPACKED = 160 * 1024 * 1024
MOST_SHARED = 48 * 1024 * 1024
MOST_TAGS = 7_000_000
MOST_ROW_BYTES = 1024 * 1024
MOST_CELLS = 8_000_000
"""Empty ones included: a row that names its last column only is as wide as the sheet."""
MOST_CHARACTERS = 64 * 1024 * 1024
"""In all the cells together: thousands of cells may share one long text."""
MOST_EMPTY_ROWS = 1_048_576
"""As many rows as a sheet can have."""
_CHUNK = 1024 * 1024
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")

_DAMAGED = "The workbook is damaged, or is none. Open it in your spreadsheet, save it anew as .xlsx and try that."
_TOO_LARGE = "Unpacked, the workbook is far larger than any roll or register. It was not opened."


def read(raw: bytes, name: str, sheet: str = "") -> Sheet:
    """One sheet of a workbook, the first unless another is named. Raises FileRefusedError naming its row."""
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            has_formulas = _guard(archive)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of drawings, validations and the like, which nobody reads here
            return _sheet(raw, name, sheet, has_formulas=has_formulas)
    except FileRefusedError:
        raise
    except Exception:
        # A file made to harm breaks a reader of zip and XML in any way there is.
        raise refuse(_DAMAGED, unit="row") from None


def _guard(archive: zipfile.ZipFile) -> bool:
    """Refuse what is no plain workbook or unpacks too large, counting what comes out; say if it may hold formulas."""
    parts = archive.infolist()
    names = {part.filename.lower() for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise refuse("The workbook is locked with a password. Save it without one.", unit="row")
    if "xl/workbook.bin" in names:
        raise refuse("This is a binary workbook (.xlsb). Save it as .xlsx.", unit="row")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise refuse("The workbook holds macros (.xlsm). Save it as .xlsx, without them.", unit="row")
    if "[content_types].xml" not in names or "xl/workbook.xml" not in names:
        raise refuse("This is a zip file but no workbook. Choose the .xlsx or the CSV file itself.", unit="row")
    if any(part.compress_type not in _PACKINGS for part in parts):
        # The others unpack without any limit, and no spreadsheet uses them.
        raise refuse(_DAMAGED, unit="row")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise refuse(_TOO_LARGE, unit="row")
    return _count(archive, parts)


def _count(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> bool:
    """Unpack every part once without keeping it: what its header says of its size may be a lie."""
    unpacked = tags = 0
    has_formulas = False
    for part in parts:
        is_sheet = part.filename.lower().startswith("xl/worksheets/")
        size = since_row = 0
        ends = b""
        with archive.open(part) as source:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                tags += chunk.count(b"<")
                since_row = len(chunk) - chunk.rfind(b"row>") if b"row>" in chunk else since_row + len(chunk)
                has_formulas = has_formulas or (is_sheet and b"<f" in chunk)
                too_large = unpacked + size > MOST_UNPACKED or tags > MOST_TAGS
                if too_large or (is_sheet and since_row > 2 * MOST_ROW_BYTES):
                    raise refuse(_TOO_LARGE, unit="row")
                # Without noughts it reads the same in UTF-16; a word may begin in the chunk before.
                plain = ends + chunk.replace(b"\0", b"")
                if any(word in plain for word in _DECLARATIONS):
                    raise refuse(_DAMAGED, unit="row")
                ends = plain[-8:]
        if "sharedstrings" in part.filename.lower() and size > MOST_SHARED:
            raise refuse(_TOO_LARGE, unit="row")
        unpacked += size
    return has_formulas


def _sheet(raw: bytes, name: str, wanted: str, *, has_formulas: bool) -> Sheet:
    book = openpyxl.load_workbook(BytesIO(raw), read_only=True, data_only=True, keep_links=False)
    try:
        titles = [one.title for one in book.worksheets if one.sheet_state == "visible"]
        if not titles:
            raise refuse("The workbook has no sheet.", unit="row")
        if wanted and wanted not in titles:
            raise refuse(f"The workbook has no sheet “{wanted}”. It has: {', '.join(titles)}.", unit="row")
        title = wanted or titles[0]
        if has_formulas:
            _check_formulas(raw, title)
        rows = _rows(book[title])
        heading_line, headings = next(rows, (1, []))
        while headings and not headings[-1]:
            headings.pop()
        body = [(line, _fitted(line, cells, len(headings))) for line, cells in rows]
    finally:
        book.close()
    notes = [] if len(titles) == 1 else [f"Read from the sheet “{title}” of {len(titles)}."]
    return Sheet(name, headings, heading_line, body, unit="row", notes=notes, sheets=titles)


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows that say anything, with their numbers; what the sheet tells of its own size is not believed."""
    sheet.reset_dimensions()
    count = size = 0
    for line, cells in _checked(sheet):
        if len(cells) > MOST_COLUMNS and any(cell.value is not None for cell in cells[MOST_COLUMNS:]):
            raise refuse(f"The file has more than {MOST_COLUMNS} columns.", line, "row")
        size += sum(len(cell.value) for cell in cells if isinstance(cell.value, str))
        if size > MOST_CHARACTERS:
            raise refuse(_TOO_LARGE, line, "row")
        values = [_text(cell, line) for cell in cells[:MOST_COLUMNS]]
        if not any(values):
            continue
        count += 1
        if count > MOST_ROWS:
            raise refuse(f"The file has more than {MOST_ROWS:,} rows. Split it.", line, "row")
        yield line, values


def _checked(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    """A sheet's rows as they come, until they are more than any roll or register needs."""
    cells = 0
    for line, row in enumerate(sheet.iter_rows(), start=1):
        cells += len(row)
        if line > MOST_EMPTY_ROWS or cells > MOST_CELLS:
            raise refuse(_TOO_LARGE, line, "row")
        yield line, row


def _fitted(line: int, values: list[str], width: int) -> list[str]:
    """A row as wide as the headings: a workbook leaves out empty cells at the end."""
    if any(values[width:]):
        raise refuse("The row has a cell beyond the last heading. Give its column a heading, or clear it.", line, "row")
    return values[:width] + [""] * (width - len(values))


def _text(cell: Any, line: int) -> str:
    """A cell as the sheet shows it: days as 2026-09-01, numbers with the noughts that their format puts before them."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        if cell.data_type == "e":
            raise refuse(f"Column {cell.column_letter} holds {value}, an error of the spreadsheet.", line, "row")
        return value.strip()
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "")
    return _moment(value)


def _number(value: float, shown_as: str) -> str:
    text = str(int(value)) if value == int(value) else repr(value)
    return text.zfill(len(shown_as)) if shown_as.strip("0") == "" and text.isdigit() else text


def _moment(value: date | datetime | time | timedelta) -> str:
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return str(value) if isinstance(value, timedelta) else value.isoformat()


def _check_formulas(raw: bytes, title: str) -> None:
    """Refuse a formula whose result was never kept: read on, it would pass for an empty cell."""
    formulas = openpyxl.load_workbook(BytesIO(raw), read_only=True, data_only=False, keep_links=False)
    results = openpyxl.load_workbook(BytesIO(raw), read_only=True, data_only=True, keep_links=False)
    try:
        for book in (formulas, results):
            book[title].reset_dimensions()
        for (line, asked), (_, answered) in zip(_checked(formulas[title]), _checked(results[title]), strict=True):
            if any(one.data_type == "f" and two.value is None for one, two in zip(asked, answered, strict=True)):
                raise refuse("A formula here has no result. Open the workbook in Excel and save it.", line, "row")
    finally:
        formulas.close()
        results.close()
