"""Reading a school's file: who it is, its times and calendar, its letters and its policy, with errors by line."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from absences.rules.leave_links import LINK_DAYS, MOST_LINK_DAYS
from absences.rules.part_time import REVIEW_DAYS
from absences.services.clocks import FIRST_CONTACT_BY
from attendance_site.rules import school_files
from escalation import policy_file
from registers.files import Fault, FileRefusedError, toml_lines
from registers.rules.school_parts import ClosurePart, SchoolPart, TermPart, TimesPart


@dataclass(frozen=True)
class LettersPart:
    """The kinds of letter the school uses."""

    __pydantic_config__: ClassVar[ConfigDict] = {"extra": "forbid"}

    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class AbsencesPart:
    """What the law or the policy leaves to the school, until it chooses otherwise on screen."""

    __pydantic_config__: ClassVar[ConfigDict] = {"extra": "forbid"}

    writes_o: bool = False
    illness_occasions: Annotated[int, Field(ge=1, le=30)] | None = None
    illness_days: Annotated[int, Field(ge=1, le=30)] | None = None
    first_contact_by: time = FIRST_CONTACT_BY
    review_days: Annotated[int, Field(ge=1, le=60)] = REVIEW_DAYS
    pnar_days: Annotated[int, Field(ge=1, le=60)] | None = None


@dataclass(frozen=True)
class LeavePart:
    """How much notice of leave the school asks for, in days, until it chooses otherwise on screen."""

    __pydantic_config__: ClassVar[ConfigDict] = {"extra": "forbid"}

    religious_notice_days: Annotated[int, Field(ge=0, le=90)] | None = None
    holiday_notice_days: Annotated[int, Field(ge=0, le=90)] | None = None
    link_days: Annotated[int, Field(ge=1, le=MOST_LINK_DAYS)] = LINK_DAYS


@dataclass(frozen=True)
class SchoolFile:
    """A school's file, read and checked."""

    __pydantic_config__: ClassVar[ConfigDict] = {"extra": "forbid"}

    school: SchoolPart
    session_times: tuple[TimesPart, ...]
    terms: tuple[TermPart, ...]
    closures: tuple[ClosurePart, ...]
    letters: LettersPart
    policy: dict[str, Any]
    absences: AbsencesPart = AbsencesPart()
    leave: LeavePart | None = None


_READER = TypeAdapter(SchoolFile)
_PLAIN = {
    "missing": "is missing",
    "unexpected_keyword_argument": "is not known here",
    "extra_forbidden": "is not known here",
}


def read(path: Path, letter_kinds: frozenset[str]) -> SchoolFile:
    """Read and check a school's file. Raises FileRefusedError with every fault found, each with its line."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise FileRefusedError([Fault(1, f"The file cannot be read: {error.strerror}.")]) from None
    except UnicodeDecodeError:
        raise FileRefusedError([Fault(1, "The file is not in UTF-8.")]) from None
    except tomllib.TOMLDecodeError as error:
        raise FileRefusedError([_syntax_fault(str(error), text)]) from None
    lines = toml_lines.lines_of(text)
    faults = [Fault(toml_lines.line_of(lines, place), words) for place, words in _faults(document, letter_kinds)]
    if faults:
        raise FileRefusedError(sorted(faults, key=lambda fault: fault.line))
    return _READER.validate_python(document)


def _faults(document: Mapping[str, Any], letter_kinds: frozenset[str]) -> list[tuple[toml_lines.Path, str]]:
    found: list[tuple[toml_lines.Path, str]] = []
    try:
        file = _READER.validate_python(document)
        found += school_files.faults(file.school, file.session_times, file.terms, file.closures)
    except ValidationError as error:
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"])
            found.append((fault["loc"], f"{name} {_PLAIN.get(fault['type'], 'is wrong: ' + fault['msg'])}."))
    if isinstance(document.get("policy"), dict):
        try:
            policy_file.read(document, letter_kinds)
        except policy_file.PolicyRefusedError as refused:
            found += refused.faults
    letters = document.get("letters")
    kinds = letters.get("kinds") if isinstance(letters, dict) else None
    found += [
        (("letters", "kinds"), f"letters.kinds: no letter of kind “{kind}” is known.")
        for kind in (kinds if isinstance(kinds, list) else ())
        if isinstance(kind, str) and kind not in letter_kinds
    ]
    return found


def _syntax_fault(message: str, text: str) -> Fault:
    """Python says "(at line 3, column 7)", or that the document ended; the line is what the reader wants first."""
    _, _, tail = message.partition("(at line ")
    number = tail.partition(",")[0]
    line = int(number) if number.isdigit() else max(1, len(text.splitlines()))
    return Fault(line, f"This is not TOML: {message}.")
