"""The parts of a school's file that the registers need, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import ClassVar

from registers.rules.sessions import Session

_NO_OTHER_KEYS: Mapping[str, str] = {"extra": "forbid"}
"""The parts are read from a file: a key nobody knows is a mistake to be told of."""


@dataclass(frozen=True)
class SchoolPart:
    """Who the school is."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _NO_OTHER_KEYS

    slug: str
    name: str
    phase: str
    local_authority: str
    local_authority_code: str
    establishment: str
    proprietor: str
    address: tuple[str, ...]
    telephone: str
    email: str


@dataclass(frozen=True)
class TimesPart:
    """The times of one session for some key stages, from a day on. Minutes are included."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = _NO_OTHER_KEYS

    key_stages: tuple[str, ...]
    session: Session
    applies_from: date
    starts: time
    on_time_until: time
    closes: time
    assumed: bool = False


@dataclass(frozen=True)
class TermPart:
    __pydantic_config__: ClassVar[Mapping[str, str]] = _NO_OTHER_KEYS

    name: str
    number: int
    first_on: date
    last_on: date
    placeholder: bool = False


@dataclass(frozen=True)
class ClosurePart:
    __pydantic_config__: ClassVar[Mapping[str, str]] = _NO_OTHER_KEYS

    first_on: date
    kind: str
    name: str
    last_on: date | None = None
    session: Session | None = None
    placeholder: bool = False
