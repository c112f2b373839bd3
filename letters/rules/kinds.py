"""A kind of letter, read from its wording: who signs it, who gets it, what it needs, what it says.

A wording is a document of plain values (TOML in the files that come with the product, JSON once a school has adopted
it), checked here with errors that say what is wrong and where.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from letters.rules import blanks, conditions, kind_faults
from letters.rules.kind_parts import Block, Correction, Enclosure, Paragraph, Recipients, Statement, Summary, Table
from letters.rules.refusals import LetterRefusedError
from registers.rules.rights import ROLE_NAMES, Role

__all__ = [
    "KINDS",
    "Block",
    "Correction",
    "Enclosure",
    "IssuerRefusedError",
    "Kind",
    "Paragraph",
    "Recipients",
    "Statement",
    "Summary",
    "Table",
    "WordingRefusedError",
]

PACKAGED = Path(__file__).resolve().parent.parent / "wording"


class WordingRefusedError(LetterRefusedError):
    """A wording that cannot be used; `problems` names each fault and its place."""

    def __init__(self, kind: str, problems: Collection[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"The wording of {kind} cannot be used: " + "; ".join(self.problems))


class IssuerRefusedError(LetterRefusedError):
    """Somebody whose role may not issue letters of this kind."""


@dataclass(frozen=True)
class Kind:
    """All that is known of a kind of letter."""

    slug: str
    title: str
    label: str
    source: str
    subject: tuple[str, ...]
    signatory_role: Role
    signatory_title: str
    issuers: frozenset[Role]
    recipients: Recipients
    enclosures: tuple[Enclosure, ...]
    interval_days: int
    needs: tuple[str, ...]
    corrections: tuple[Correction, ...]
    paragraphs: tuple[Paragraph, ...]
    marking: str = ""
    """A line above the address: Private and confidential."""
    statements: tuple[Statement, ...] = ()
    summary: Summary | None = None
    siblings_share: bool = False
    """Whether one letter may speak of several children of a household: never what warns, or may become evidence."""

    @property
    def encloses_certificate(self) -> bool:
        return Enclosure.CERTIFICATE in self.enclosures

    @property
    def given_blanks(self) -> tuple[str, ...]:
        """The blanks that whoever asks for the letter must fill, each once."""
        return tuple(name for name in self.named_blanks if blanks.BLANKS[name].given)

    @property
    def named_blanks(self) -> tuple[str, ...]:
        """Every blank of the text, each once, by the name it has here."""
        texts = [*self.subject, *(paragraph.text for paragraph in self.paragraphs)]
        texts += [self.summary.text] if self.summary else []
        names = [blanks.canonical(name) for text in texts for name in blanks.named_in(text)]
        return tuple(dict.fromkeys(names))

    @property
    def named_conditions(self) -> frozenset[str]:
        """Every condition that the letter needs or a paragraph depends on."""
        return frozenset({conditions.plain(each.when) for each in self.paragraphs if each.when}.union(self.needs))

    @property
    def issuer_names(self) -> str:
        """Who may issue, in words."""
        return " or ".join(ROLE_NAMES[role] for role in Role if role in self.issuers)


def may_issue(kind: Kind, role: Role) -> bool:
    """Whether a role may issue letters of a kind."""
    return role in kind.issuers


def check_may_issue(kind: Kind, role: Role) -> None:
    """Raise IssuerRefusedError unless the role may issue letters of the kind."""
    if not may_issue(kind, role):
        raise IssuerRefusedError(f"{kind.title}: only {kind.issuer_names} may issue this letter.")


def packaged(slug: str) -> dict[str, Any]:
    """The wording of a kind as it comes with the product."""
    path = PACKAGED / f"{slug}.toml"
    if path.parent != PACKAGED or not path.is_file():
        raise WordingRefusedError(slug, ["no letter of this kind is known"])
    return parse(path.read_text(encoding="utf-8"), slug)


def parse(text: str, slug: str) -> dict[str, Any]:
    """A wording's text as a document, or a refusal with the line of the fault."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WordingRefusedError(slug, [f"this is not TOML: {error}"]) from None


def read(document: Mapping[str, Any]) -> Kind:
    """The kind that a document describes, or WordingRefusedError with every fault in it."""
    problems = list(kind_faults.problems(document))
    if problems:
        raise WordingRefusedError(str(document.get("slug", "a letter")), problems)
    signatory = document["signatory"]
    return Kind(
        slug=document["slug"],
        title=document["title"],
        label=document["label"],
        source=document["source"],
        subject=tuple(document["subject"]),
        signatory_role=Role(signatory["role"]),
        signatory_title=signatory["title"],
        issuers=frozenset(Role(role) for role in document["issuers"]),
        recipients=Recipients(document["recipients"]),
        enclosures=tuple(Enclosure(enclosure) for enclosure in document["enclosures"]),
        interval_days=document["interval_days"],
        needs=tuple(document["needs"]),
        corrections=tuple(Correction(**row) for row in document["corrections"]),
        paragraphs=tuple(_paragraph(row) for row in document["paragraphs"]),
        marking=document.get("marking", ""),
        statements=tuple(_statement(row) for row in document.get("statements", ())),
        summary=Summary(**document["summary"]) if "summary" in document else None,
        siblings_share=document.get("siblings_share", False),
    )


def _statement(row: Mapping[str, Any]) -> Statement:
    return Statement(row["name"], tuple(row["phrases"]), row["source"], row.get("by_law", False))


def _paragraph(row: Mapping[str, Any]) -> Paragraph:
    rows = tuple(tuple(line) for line in row.get("rows", ()))
    return Paragraph(
        text=row.get("text", ""),
        when=row.get("when", ""),
        block=Block(row.get("block", Block.TEXT)),
        run_on=row.get("run_on", False),
        table=Table(row.get("caption", ""), rows) if rows else None,
    )


KINDS: Mapping[str, Kind] = {path.stem: read(packaged(path.stem)) for path in sorted(PACKAGED.glob("*.toml"))}
"""Every kind of letter that comes with the product, by its short name."""
