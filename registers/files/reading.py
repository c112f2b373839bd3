"""Opening a file from outside: hostile until shown otherwise. Nothing here knows what the columns mean.

What a file is, is told by how it begins and never by its name.
"""

from pathlib import Path

from registers.files import text, workbook
from registers.files.tables import MOST_BYTES, Fault, FileRefusedError, Row, Sheet, Table, refuse

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (
        b"\xd0\xcf\x11\xe0",
        "This is an old workbook (.xls) or one with a password. Save it as .xlsx, without a password.",
    ),
    (b"%PDF", "This is a PDF. Export the list as CSV or .xlsx instead."),
    (b"\x89PNG", "This is a picture. Export the list as CSV or .xlsx instead."),
    (b"\xff\xd8\xff", "This is a picture. Export the list as CSV or .xlsx instead."),
    (b"GIF8", "This is a picture. Export the list as CSV or .xlsx instead."),
    (b"{\\rtf", "This is a document. Export the list as CSV or .xlsx instead."),
    (b"\x1f\x8b", "The file is packed. Unpack it first."),
    (b"Rar!", "The file is packed. Unpack it first."),
    (b"7z\xbc\xaf", "The file is packed. Unpack it first."),
)
_MARKUP = (
    "This is a web page or XML, whatever its name says. Open it in your spreadsheet and save it as .xlsx. "
    "A Common Transfer File is taken in as such."
)


def read_bytes(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """A file's content. Raises FileRefusedError if it cannot be read or is too large."""
    try:
        if path.stat().st_size > most_bytes:
            raise refuse(f"The file is larger than {most_bytes // 1024**2} MB. Split it.")
        with path.open("rb") as file:
            raw = file.read(most_bytes + 1)
    except OSError as error:
        raise refuse(f"The file cannot be read: {error.strerror}.") from None
    if len(raw) > most_bytes:
        raise refuse(f"The file is larger than {most_bytes // 1024**2} MB. Split it.")
    return raw


def is_markup(raw: bytes) -> bool:
    """Whether a file is XML or HTML, in UTF-8 or UTF-16."""
    start = raw[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"")
    return start.lstrip().startswith(b"<")


def read_sheet(path: Path, *, name: str = "", most_bytes: int = MOST_BYTES, sheet: str = "") -> Sheet:
    """Read a CSV or XLSX file as rows of text. Raises FileRefusedError naming the line of whatever is wrong."""
    name = name or path.name
    try:
        return _sheet(read_bytes(path, most_bytes), name, sheet)
    except FileRefusedError as refused:
        raise FileRefusedError(refused.faults, name, refused.unit) from None


def _sheet(raw: bytes, name: str, sheet: str) -> Sheet:
    if raw.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return workbook.read(raw, name, sheet)
    for start, advice in _OTHERS:
        if raw.startswith(start):
            raise refuse(advice)
    if is_markup(raw):
        raise refuse(_MARKUP)
    return text.read(raw, name)


def read_table(
    path: Path,
    *,
    required: frozenset[str],
    known: frozenset[str] | None = None,
    most_bytes: int = MOST_BYTES,
    sheet: str = "",
) -> Table:
    """Read a CSV or XLSX file whose headings are the columns' own names, in any case."""
    found = read_sheet(path, most_bytes=most_bytes, sheet=sheet)
    header = [heading.lower() for heading in found.headings]
    try:
        _check_header(header, required, found)
    except FileRefusedError as refused:
        raise FileRefusedError(refused.faults, found.name, found.unit) from None
    rows = [
        Row(line, {name: value for name, value in zip(header, values, strict=True) if name})
        for line, values in found.rows
    ]
    ignored = [name for name in header if known is not None and name and name not in known]
    return Table(header, rows, ignored, found.name, found.unit, found.notes)


def _check_header(header: list[str], required: frozenset[str], found: Sheet) -> None:
    faults = []
    if missing := sorted(required - set(header)):
        faults.append(Fault(found.heading_line, f"The header lacks {', '.join(missing)}."))
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        faults.append(Fault(found.heading_line, f"The header names {', '.join(twice)} more than once."))
    if faults:
        raise FileRefusedError(faults)
