"""What a kind of letter is made of: who gets it, what goes with it, its paragraphs, and what stands behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Recipients(StrEnum):
    """Who gets a letter of a kind."""

    HOUSEHOLD = "household"
    """One letter to each address at which parents live."""
    PARENT = "parent"
    """One letter to each parent by name, even at one address: what each answers for alone."""


class Enclosure(StrEnum):
    CERTIFICATE = "certificate"
    """The registration certificate of the school year so far."""


class Block(StrEnum):
    """How a paragraph is set."""

    TEXT = "text"
    HEADING = "heading"
    TABLE = "table"


@dataclass(frozen=True)
class Correction:
    """Where the wording departs from the school's own text, and what the departure rests on."""

    name: str
    says: str
    source: str


@dataclass(frozen=True)
class Statement:
    """Something a letter of this kind must say: any of these phrases, and the source that asks for it.

    One that the law asks for is an error when it is missing; one of the school's policy a warning.
    """

    name: str
    phrases: tuple[str, ...]
    source: str
    by_law: bool = False


@dataclass(frozen=True)
class Summary:
    """What the letter says, in another language, for a page at its end."""

    language: str
    text: str


@dataclass(frozen=True)
class Table:
    """Fixed rows of a table; the first line is its head."""

    caption: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Paragraph:
    """One paragraph, shown when its condition holds; `run_on` continues the paragraph before it."""

    text: str = ""
    when: str = ""
    block: Block = Block.TEXT
    run_on: bool = False
    table: Table | None = None


LANGUAGES: Mapping[str, str] = {
    "ar": "Arabic",
    "bn": "Bengali",
    "bg": "Bulgarian",
    "zh": "Chinese",
    "cs": "Czech",
    "fr": "French",
    "gu": "Gujarati",
    "hu": "Hungarian",
    "lv": "Latvian",
    "lt": "Lithuanian",
    "fa": "Persian",
    "pl": "Polish",
    "pt": "Portuguese",
    "pa": "Punjabi",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "so": "Somali",
    "es": "Spanish",
    "ta": "Tamil",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "cy": "Welsh",
}
"""The languages a letter may be summed up in, by their BCP 47 tag."""
FROM_RIGHT = frozenset({"ar", "fa", "ur"})
"""Those of them that are written from right to left."""
