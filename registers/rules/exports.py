"""What an exported file may hold: kinds of column, and text that no spreadsheet takes for a formula (domain 7.3)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet begins a formula or a command with, the wide letters of East Asian keyboards included."""

Value = str | int | bool | date | datetime | None


class ExportRefusedError(Exception):
    """An export that cannot be made as asked; the message says what to choose instead."""


class Kind(StrEnum):
    """What a column holds. A code is never escaped, or \\ and - would no longer be what they are."""

    TEXT = "text"
    CODE = "code"
    NUMBER = "number"
    DATE = "date"


class Form(StrEnum):
    """The forms in which a list can be taken away."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind = Kind.TEXT


def texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def escaped(text: str) -> str:
    """Text as a CSV cell that is not a formula: an apostrophe before what would begin one. `plain` undoes it."""
    return f"'{text}" if _would_run(text) else text


def plain(text: str) -> str:
    """The text of a cell that `escaped` wrote, or another system that does the same."""
    return text[1:] if text.startswith("'") and _would_run(text[1:]) else text


def _would_run(text: str) -> bool:
    """Whether a spreadsheet might run a cell; also one that begins so behind apostrophes, to be told apart again."""
    begins = text.lstrip("'").lstrip(" \u00a0")[:1]
    return text != "-" and begins in FORMULA_STARTS and begins != ""


def written(value: Value, kind: Kind) -> str:
    """A value as a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    return value if kind is Kind.CODE else escaped(value)
