"""What reading a file from outside gives: rows of text, or every fault with its place."""

from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_BYTES = 64 * 1024 * 1024
"""How large a file may be on the command line."""
MOST_BYTES_UPLOADED = 20 * 1024 * 1024
"""How large a file may be that comes through a page."""
MOST_COLUMNS = 1000
MOST_ROWS = 400_000
"""Two school years of marks, a mark a row, of a school of five hundred."""
MOST_FAULTS_SHOWN = 50


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file: the line it stands in, as an editor counts them, and what to do about it."""

    line: int
    reason: str


class FileRefusedError(Exception):
    """A file that cannot be taken as it is; nothing of it was written. `unit` says what is counted: lines or rows."""

    def __init__(self, faults: Sequence[Fault], file_name: str = "", unit: str = "line") -> None:
        super().__init__(f"{unit} {faults[0].line}: {faults[0].reason}")
        self.faults = list(faults)
        self.file_name = file_name
        self.unit = unit


@dataclass(frozen=True, slots=True)
class Row:
    """One data row by column name, with the line it begins in."""

    line: int
    cells: dict[str, str]


@dataclass
class Table:
    """A file's columns and rows; `ignored` names columns nobody asked for."""

    columns: list[str]
    rows: list[Row]
    ignored: list[str] = field(default_factory=list)
    name: str = ""
    unit: str = "line"
    notes: list[str] = field(default_factory=list)
    is_part: bool = False
    """Whether it is meant to name only some of those in the register, so that nobody is missing from it."""


@dataclass
class Sheet:
    """A file as it stands: its headings, and below them rows of text as wide as the headings.

    `notes` are what whoever takes it in should know, such as that it was not in UTF-8.
    """

    name: str
    headings: list[str]
    heading_line: int
    rows: list[tuple[int, list[str]]]
    unit: str = "line"
    notes: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    """The names of a workbook's sheets, of which this is one."""


def refuse(reason: str, line: int = 1, unit: str = "line") -> FileRefusedError:
    return FileRefusedError([Fault(line, reason)], unit=unit)
