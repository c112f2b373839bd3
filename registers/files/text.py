"""Reading CSV: UTF-8 or Windows' own letters; commas, semicolons or tabs between cells."""

import csv
from collections.abc import Iterator
from io import StringIO

from registers.files.tables import MOST_COLUMNS, MOST_ROWS, Sheet, refuse
from registers.rules.exports import plain

DELIMITERS = (",", ";", "\t")
_DELIMITER_NAMES = {";": "semicolons", "\t": "tabs"}
_LOOKED_AT = 8192


def read(raw: bytes, name: str) -> Sheet:
    """The sheet that a text file is. Raises FileRefusedError naming the line of whatever is wrong."""
    text, notes = _decoded(raw)
    delimiter = _delimiter(text)
    if delimiter in _DELIMITER_NAMES:
        notes.append(f"The cells are divided by {_DELIMITER_NAMES[delimiter]}.")
    lines = csv.reader(StringIO(text, newline=""), strict=True, delimiter=delimiter)
    headings, heading_line = _headings(lines)
    if len(headings) > MOST_COLUMNS:
        raise refuse(f"The file has more than {MOST_COLUMNS} columns.", heading_line)
    rows = list(_rows(lines, len(headings)))
    return Sheet(name, headings, heading_line, rows, notes=notes)


def _numbered(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line each begins in: a quotation mark that is never closed reads on to the file's end."""
    while True:
        begins = lines.line_num + 1  # type: ignore[attr-defined]
        try:
            row = next(lines, None)
        except csv.Error as error:
            advice = "Look for a quotation mark too many or too few in the row that begins here."
            raise refuse(f"This is not a CSV file: {error}. {advice}", begins) from None
        if row is None:
            return
        yield begins, row


def _decoded(raw: bytes) -> tuple[str, list[str]]:
    if b"\0" in raw:
        line = raw[: raw.index(b"\0")].count(b"\n") + 1
        raise refuse("This is not a text file. Save the sheet as “CSV UTF-8” or as .xlsx.", line)
    start = raw[:_LOOKED_AT]
    if 10 * sum(start.count(bytes([code])) for code in range(32) if code not in (7, 9, 10, 11, 12, 13)) > len(start):
        raise refuse("This is not a text file. Save the sheet as “CSV UTF-8” or as .xlsx.")
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        if not raw[: error.start].isascii():
            raise refuse("The line is not in UTF-8, though those before it are. Export the file again.", line) from None
    try:
        return raw.decode("cp1252"), [
            f"The file is not in UTF-8; it was read as Windows-1252 (first in line {line}). Look at names with accents."
        ]
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
    raise refuse("The file is neither in UTF-8 nor in Windows-1252. Save it as “CSV UTF-8”.", line)


def _delimiter(text: str) -> str:
    """What divides the cells of the first line: whichever gives most of them."""
    counts = {}
    for delimiter in DELIMITERS:
        lines = csv.reader(StringIO(text, newline=""), strict=True, delimiter=delimiter)
        try:
            counts[delimiter] = len(next((line for line in lines if line), []))
        except csv.Error:
            counts[delimiter] = 0
    found = max(DELIMITERS, key=lambda delimiter: counts[delimiter])
    return found if counts[found] > 1 else DELIMITERS[0]


def _headings(lines: Iterator[list[str]]) -> tuple[list[str], int]:
    """The first line that says anything, and where it begins."""
    for begins, line in _numbered(lines):
        if any(cell.strip() for cell in line):
            return [cell.strip() for cell in line], begins
    return [], 1


def _rows(lines: Iterator[list[str]], width: int) -> Iterator[tuple[int, list[str]]]:
    count = 0
    for begins, raw in _numbered(lines):
        values = [plain(value.strip()) for value in raw]
        if not any(values):
            continue
        if len(values) != width:
            if any(values[width:]) or len(values) < width:
                raise refuse(f"The row has {len(values)} cells; the header has {width}.", begins)
            del values[width:]
        count += 1
        if count > MOST_ROWS:
            raise refuse(f"The file has more than {MOST_ROWS:,} rows. Split it.", begins)
        yield begins, values
