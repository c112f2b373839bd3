"""Two wordings side by side: paragraph beside paragraph, with the words that differ."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from letters.rules.conditions import CONDITIONS, NOT, plain
from letters.rules.kinds import Kind, Paragraph


@dataclass(frozen=True)
class Piece:
    """Some words of a line, and whether the other side has them not."""

    text: str
    differs: bool


@dataclass(frozen=True)
class Line:
    """One paragraph on both sides; a side without it has no pieces."""

    old: tuple[Piece, ...]
    new: tuple[Piece, ...]

    @property
    def differs(self) -> bool:
        return any(piece.differs for piece in (*self.old, *self.new))


def lines(old: Kind, new: Kind) -> list[Line]:
    """What two wordings say, beside each other in their order."""
    return compare(_said(old), _said(new))


def compare(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    """Two texts of several lines beside each other."""
    found: list[Line] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        pairs = zip_longest(old[old_from:old_to], new[new_from:new_to], fillvalue="")
        found += [_same(left) if tag == "equal" else _changed(left, right) for left, right in pairs]
    return found


def _same(text: str) -> Line:
    return Line((Piece(text, False),), (Piece(text, False),))


def _changed(old: str, new: str) -> Line:
    if not old or not new:
        return Line(*((Piece(text, True),) if text else () for text in (old, new)))
    left, right = old.split(" "), new.split(" ")
    old_pieces, new_pieces = [], []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        differs = tag != "equal"
        old_pieces.append(Piece(" ".join(left[old_from:old_to]), differs))
        new_pieces.append(Piece(" ".join(right[new_from:new_to]), differs))
    return Line(_there(old_pieces), _there(new_pieces))


def _there(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    return tuple(piece for piece in pieces if piece.text)


def _said(kind: Kind) -> list[str]:
    said = [f"Title: {kind.title}", *(f"Subject: {line}" for line in kind.subject)]
    if kind.marking:
        said.append(f"Marking: {kind.marking}")
    said += [line for paragraph in kind.paragraphs for line in _paragraph(paragraph)]
    said.append(f"Signed: {kind.signatory_title}")
    if kind.summary:
        said.append(f"Summary ({kind.summary.language}): {kind.summary.text}")
    return said


def _paragraph(paragraph: Paragraph) -> list[str]:
    shown = when_in_words(paragraph.when)
    before = f"[{shown}] " if shown else ""
    if paragraph.table:
        return [f"{before}{' | '.join(row)}" for row in paragraph.table.rows]
    # A list is compared item by item.
    items = [line.strip() for line in re.split(r"\n(?=\s*- )", paragraph.text.strip())]
    return [before + " ".join(item.split()) for item in items]


def when_in_words(when: str) -> str:
    """A paragraph's condition as a reader understands it."""
    if not when:
        return ""
    return f"{'Unless' if when.startswith(NOT) else 'When'}: {CONDITIONS[plain(when)].meaning}"
