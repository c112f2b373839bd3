"""A file somebody uploaded, from its first look to the register or the bin; and what comes of each of its rows."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """What an uploaded file holds."""

    PUPILS = "pupils"
    CONTACTS = "contacts"
    MARKS = "marks"
    CTF = "ctf"


class FileState(StrEnum):
    """How far an uploaded file has come."""

    UPLOADED = "uploaded"
    TAKEN = "taken"
    DROPPED = "dropped"


MOVES: Mapping[FileState, frozenset[FileState]] = {
    FileState.UPLOADED: frozenset({FileState.TAKEN, FileState.DROPPED}),
    FileState.TAKEN: frozenset(),
    FileState.DROPPED: frozenset(),
}

KIND_NAMES: Mapping[FileKind, str] = {
    FileKind.PUPILS: "Roll: pupils",
    FileKind.CONTACTS: "Roll: contacts",
    FileKind.MARKS: "Marks",
    FileKind.CTF: "Common Transfer File",
}
STATE_NAMES: Mapping[FileState, str] = {
    FileState.UPLOADED: "Waiting for you",
    FileState.TAKEN: "Taken in",
    FileState.DROPPED: "Dropped",
}


class ImportRefusedError(Exception):
    """An uploaded file that cannot be dealt with like this; the message says what to do."""


def check_move(old: FileState, new: FileState) -> None:
    if new not in MOVES[old]:
        raise ImportRefusedError(
            f"The file is settled already ({STATE_NAMES[old].lower()}). Upload it again if need be."
        )


class Result(StrEnum):
    """What comes of one row."""

    REFUSED = "refused"
    NOTED = "noted"
    CHANGED = "changed"
    ADDED = "added"
    SKIPPED = "skipped"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Difference:
    """One particular that a row changes."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What comes of one row, or of one mark in it. `who` and `what` are only for those who may see pupils."""

    line: int
    result: Result
    reason: str = ""
    who: str = ""
    what: tuple[Difference, ...] = ()

    def as_plain(self) -> dict[str, object]:
        return {
            "line": self.line,
            "result": str(self.result),
            "reason": self.reason,
            "who": self.who,
            "what": [{"field": one.field, "old": one.old, "new": one.new} for one in self.what],
        }


LONGEST_NAME = 120


def shown_name(name: str) -> str:
    """An uploader's file name as it may be shown: its last part, without characters that change how it reads."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(character for character in last if unicodedata.category(character)[0] != "C").strip()
    return plain[-LONGEST_NAME:] or "a file without a name"


_QUOTED = re.compile(r"“.*”", re.DOTALL)


def without_quotes(reason: str) -> str:
    """A reason without what it quotes of the file, its quotation marks included, for those who see no pupils."""
    return _QUOTED.sub("“…”", reason)
