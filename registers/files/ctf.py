"""Reading a Common Transfer File: XML from outside, without DTDs, entities or anything fetched, a pupil at a time."""

from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from registers.files.reading import is_markup, read_bytes
from registers.files.tables import MOST_BYTES, Fault, FileRefusedError, Row, Table, refuse
from registers.rules import ctf
from registers.rules.ctf import Header, Node

MOST_ELEMENTS = 2_000_000
MOST_DEPTH = 40
MOST_TEXT = 100_000
MOST_PUPILS = 5000
MOST_NOTES = 50
UNIT = "pupil"

_UNSAFE = "The file defines entities or refers to other files, which no Common Transfer File does. It was not opened."
_TOO_DEEP = "The file’s elements stand deeper in one another than any Common Transfer File’s. It was not read."
_TOO_MANY = "The file holds far more than any Common Transfer File. It was not read."
_NONE = "This is no Common Transfer File: it does not begin with a CTfile element. Export it again as CTF (XML)."


@dataclass
class Transfer:
    """A file's pupils and contacts as tables, the totals it states by UPN, and what in it is not known."""

    header: Header
    pupils: Table
    contacts: Table
    totals: list[dict[str, str]] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)


def read_ctf(path: Path, *, own_number: str = "", name: str = "", most_bytes: int = MOST_BYTES) -> Transfer:
    """Read a Common Transfer File. Raises FileRefusedError; `own_number` is this school's, such as 8862999."""
    name = name or path.name
    try:
        return _transfer(read_bytes(path, most_bytes), own_number, name)
    except FileRefusedError as refused:
        raise FileRefusedError(refused.faults, name, refused.unit) from None


def _transfer(raw: bytes, own_number: str, name: str) -> Transfer:
    if not is_markup(raw):
        raise refuse(_NONE)
    reader = _Reader(own_number, name)
    try:
        for event, element in iterparse(BytesIO(raw), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                reader.begin(element)
            else:
                reader.end(element)
    except DefusedXmlException:
        raise refuse(_UNSAFE) from None
    except ParseError as error:
        raise refuse(f"The XML is not well formed ({error.msg}). Export the file again.", error.position[0]) from None
    except (LookupError, ValueError):
        raise refuse("The file says it is in a character set that is not known. Export it as UTF-8.") from None
    return reader.finished()


class _Reader:
    """Takes the elements one by one, and keeps of each pupil only what the rules read of it."""

    def __init__(self, own_number: str, name: str) -> None:
        self._own_number, self._name = own_number, name
        self._open: list[Element] = []
        self._elements = self._pupils = 0
        self._unknown: Counter[str] = Counter()
        self._header = Header("", "", "")
        self._totals: list[dict[str, str]] = []
        self._pupil_rows: list[Row] = []
        self._contact_rows: list[Row] = []

    def begin(self, element: Element) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise refuse(_TOO_MANY)
        if not self._open and _local(element) != "CTfile":
            raise refuse(_NONE)
        self._open.append(element)
        if len(self._open) > MOST_DEPTH:
            raise refuse(_TOO_DEEP)

    def end(self, element: Element) -> None:
        self._open.pop()
        if len(element.text or "") > MOST_TEXT:
            raise refuse(f"The element {_local(element)[:40]} holds more text than any of its kind.")
        depth, name = len(self._open), _local(element)
        if depth == 1 and name == "Header":
            self._header = ctf.header(_node(element))
        elif depth == 2 and name == "Pupil":
            self._take(_node(element))
        elif depth <= 2 and name not in ("CTfile", "CTFpupilData", "Header") and not _is_of_the_header(self._open):
            self._unknown[name] += 1
        if depth <= 2 and self._open and not _is_of_the_header(self._open):
            self._open[-1].remove(element)

    def _take(self, pupil: Node) -> None:
        self._pupils += 1
        if self._pupils > MOST_PUPILS:
            raise refuse(f"The file holds more than {MOST_PUPILS:,} pupils. Split it.", self._pupils, UNIT)
        sent_by = self._header.sender if self._header.sender_number != self._own_number else ""
        cells = ctf.pupil_cells(pupil, sent_by, self._header.made_on)
        place: dict[str, str] = {
            column: cells[column] for column in ("address1", "address2", "town", "postcode") if column in cells
        }
        self._pupil_rows.append(Row(self._pupils, cells))
        self._contact_rows += [Row(self._pupils, contact) for contact in ctf.contact_cells(pupil, place)]
        self._totals += [{"pupil": str(self._pupils), "upn": cells["upn"]} | year for year in ctf.totals(pupil)]
        self._unknown.update(ctf.unknown(pupil))

    def finished(self) -> Transfer:
        if not self._pupil_rows:
            raise FileRefusedError([Fault(1, "The file holds no pupil.")])
        notes = [note] if (note := ctf.version_note(self._header.version)) else []
        for name, number in sorted(self._unknown.items())[:MOST_NOTES]:
            notes.append(f"{number} × {name[:80]}: an element that is not known here; it was passed over.")
        if more := len(self._unknown) - MOST_NOTES:
            notes += [f"{more:,} further elements are not known here either."] if more > 0 else []
        columns = sorted({column for row in self._pupil_rows for column in row.cells})
        contact_columns = sorted({column for row in self._contact_rows for column in row.cells})
        return Transfer(
            self._header,
            Table(columns, self._pupil_rows, [], self._name, UNIT, notes, is_part=True),
            Table(contact_columns, self._contact_rows, [], self._name, UNIT, is_part=True),
            self._totals,
            dict(self._unknown),
        )


def _is_of_the_header(open_elements: list[Element]) -> bool:
    return len(open_elements) > 1 and _local(open_elements[1]) == "Header"


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _node(element: Element) -> Node:
    return Node(_local(element), (element.text or "").strip(), tuple(_node(child) for child in element))
