"""The small markup of a wording: paragraphs, **bold**, lists of lines that begin with “- ”, and «blanks».

Whatever comes from outside is escaped last and never read as markup, so a pupil called <script> or **x** is shown so.
A value stands in an element of its own direction: a name written from right to left turns nothing else round.
"""

import re
from collections.abc import Callable
from html import escape

from letters.rules import blanks
from letters.rules.refusals import LetterRefusedError

Fill = Callable[[str], str]
"""Gives the value of a blank by its name, or refuses."""

MOST_IN_ONE_COLUMN, SHORT = 4, 34
"""A longer list of lines no longer than so many letters, such as days, is set in columns."""
UNBROKEN = 20
"""A value of several words no longer than this, such as a day or a telephone number, stays on one line."""
BOLD = "**"
ITEM = "- "
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Turning text round is the reader's script's business; a control character in a name could turn the rest of the line.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


class MarkupRefusedError(LetterRefusedError):
    """A text whose markup is not closed; the message shows where."""


def safe(text: str) -> str:
    """Text from outside as HTML that shows exactly that text, without characters that no page can hold."""
    return escape(_UNPRINTABLE.sub("", text))


def value(text: str) -> str:
    """A filled-in value, in a direction of its own; several lines of it are parted by semicolons."""
    lines = _lines(text)
    said = "; ".join(lines) if len(lines) > 1 else text
    together = ' class="letter__unbroken"' if " " in said and len(said) <= UNBROKEN else ""
    return f"<bdi{together}>{safe(_DIRECTIONS.sub('', said))}</bdi>"


def check(text: str) -> None:
    """Raise MarkupRefusedError for bold that is not closed or a blank that is not."""
    for chunk in _chunks(text):
        for line in _items(chunk) or [" ".join(chunk)]:
            if line.count(BOLD) % 2:
                raise MarkupRefusedError(f"** is opened and not closed in “{line}”.")
            rest = blanks.BLANK.sub("", line)
            if "«" in rest or "»" in rest:
                raise MarkupRefusedError(f"« and » must stand in pairs around a name in “{line}”.")


def to_html(text: str, fill: Fill) -> str:
    """A text as paragraphs and lists."""
    return "".join(_block(chunk, fill) for chunk in _chunks(text))


def inline(text: str, fill: Fill) -> str:
    """One line of a text: bold and blanks, nothing else."""
    parts = text.split(BOLD)
    return "".join(
        f"<strong>{_filled(part, fill)}</strong>" if number % 2 else _filled(part, fill)
        for number, part in enumerate(parts)
    )


def _filled(text: str, fill: Fill) -> str:
    """Literal text escaped, each blank replaced: the pieces at odd places are names of blanks."""
    pieces = blanks.BLANK.split(text)
    return "".join(value(fill(piece)) if number % 2 else safe(piece) for number, piece in enumerate(pieces))


def _chunks(text: str) -> list[list[str]]:
    chunks = (chunk.strip().splitlines() for chunk in re.split(r"\n\s*\n", text.strip()))
    return [[line.strip() for line in chunk] for chunk in chunks if chunk]


def _items(chunk: list[str]) -> list[str]:
    """The items of a chunk that is a list, none of any other chunk."""
    if not all(line.startswith(ITEM) for line in chunk):
        return []
    return [line.removeprefix(ITEM) for line in chunk]


def _block(chunk: list[str], fill: Fill) -> str:
    alone = blanks.BLANK.fullmatch(" ".join(chunk))
    if alone:
        return _value_alone(fill(alone[1]))
    items = _items(chunk)
    if items:
        return "<ul>" + "".join(f"<li>{inline(item, fill)}</li>" for item in items) + "</ul>"
    return f"<p>{inline(' '.join(chunk), fill)}</p>"


def _value_alone(text: str) -> str:
    """A value with a paragraph to itself: a list, if it has several lines."""
    lines = _lines(text)
    if len(lines) < 2:
        return f"<p>{value(text)}</p>"
    is_columns = len(lines) > MOST_IN_ONE_COLUMN and all(len(line) <= SHORT for line in lines)
    return (
        ('<ul class="letter__lines">' if is_columns else "<ul>")
        + "".join(f"<li>{value(line)}</li>" for line in lines)
        + "</ul>"
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
