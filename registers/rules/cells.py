"""What a cell of a file means: dates, yes and no, numbers. Each refuses what it cannot read, in plain words."""

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache

YES = frozenset({"y", "yes", "t", "true", "1"})
NO = frozenset({"", "n", "no", "f", "false", "0"})
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100
LONGEST_QUOTE = 60
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make what follows them read in another direction."""
_MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?$")


class CellRefusedError(Exception):
    """A cell that cannot be read; the message names the column."""


def quoted(text: str) -> str:
    """What a cell holds, as far as a message needs it."""
    return f"“{text}”" if len(text) <= LONGEST_QUOTE else f"“{text[:LONGEST_QUOTE]}…”"


@lru_cache(maxsize=4096)
def read_date(text: str, column: str) -> date:
    """A day as YYYY-MM-DD or DD/MM/YYYY; a database adds midnight to it."""
    day = _MIDNIGHT.sub("", text)
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            found = datetime.strptime(day, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
        if EARLIEST_YEAR <= found.year <= LATEST_YEAR:
            return found
        raise CellRefusedError(f"{column}: {quoted(text)} lies in no year of a register. Correct it, or clear it.")
    raise CellRefusedError(f"{column}: {quoted(text)} is not a date. Write 2026-09-01 or 01/09/2026.")


def read_optional_date(text: str, column: str) -> date | None:
    return read_date(text, column) if text else None


def read_flag(text: str, column: str) -> bool:
    """Yes or no in the ways a spreadsheet says it; blank is no."""
    lowered = text.lower()
    if lowered in YES:
        return True
    if lowered in NO:
        return False
    raise CellRefusedError(f"{column}: {quoted(text)} is neither yes nor no.")


def read_number(text: str, column: str, least: int, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 9 and least <= int(text) <= most:
        return int(text)
    raise CellRefusedError(f"{column}: {quoted(text)} is not a whole number from {least} to {most}.")


def read_text(text: str, column: str, most: int, *, required: bool = False, lines: bool = False) -> str:
    """Text of at most so many characters, without control characters; of several `lines` only where they are meant."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if required and not text:
        raise CellRefusedError(f"{column} is empty.")
    if len(text) > most:
        raise CellRefusedError(f"{column}: longer than {most} characters.")
    if text.isprintable():
        return text
    if "\n" in text and not lines:
        raise CellRefusedError(f"{column} goes over several lines. Look for a quotation mark too many, or too few.")
    if any(_is_control(character) for character in text):
        raise CellRefusedError(f"{column} holds a control character.")
    return text


def _is_control(character: str) -> bool:
    return character in _TURNING or (unicodedata.category(character) in ("Cc", "Zl", "Zp") and character not in "\n\t")


def read_name(text: str, column: str, most: int, *, required: bool = False) -> str:
    """A name as text; a letter that another programme could not write leaves a question mark in its place."""
    if "?" in text or "\ufffd" in text:
        raise CellRefusedError(
            f"{column}: a letter was lost when the file was saved; “?” stands for it. Export it as CSV UTF-8 or .xlsx."
        )
    if any(unicodedata.category(character) == "Cf" for character in text):
        raise CellRefusedError(f"{column} holds a character that cannot be seen. Type the cell again.")
    return read_text(text, column, most, required=required)


def read_one_of(text: str, column: str, allowed: str, words: dict[str, str]) -> str:
    """One letter of those allowed, or a word that stands for one; blank stays blank."""
    value = words.get(text.lower(), text.upper())
    if value and (len(value) != 1 or value not in allowed):
        raise CellRefusedError(f"{column}: {quoted(text)} is none of {', '.join(allowed)}.")
    return value


def has_lost_noughts(text: str, standing: str) -> bool:
    """Whether a number is what stands in the register without the noughts that a spreadsheet takes away."""
    return text.isdigit() and standing != text and standing.startswith("0") and standing.lstrip("0") == text
