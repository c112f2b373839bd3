"""What is wrong with a wording, each fault with its place. What has the wrong shape is looked into no further."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from letters.rules import blanks, conditions, markup
from letters.rules.kind_parts import LANGUAGES, Block, Enclosure, Recipients
from letters.rules.refusals import LetterRefusedError
from registers.rules.rights import Role

_SHAPE: Mapping[str, type] = {
    "slug": str,
    "title": str,
    "label": str,
    "source": str,
    "subject": list,
    "signatory": dict,
    "issuers": list,
    "recipients": str,
    "enclosures": list,
    "interval_days": int,
    "needs": list,
    "corrections": list,
    "paragraphs": list,
}
_MAY: Mapping[str, type] = {"marking": str, "statements": list, "summary": dict, "siblings_share": bool}
_WORDS: Mapping[type, str] = {str: "text", list: "a list", dict: "a table", int: "a number", bool: "true or false"}
_PARAGRAPH: Mapping[str, type] = {
    "text": str,
    "when": str,
    "block": str,
    "run_on": bool,
    "caption": str,
    "rows": list,
}
_CORRECTION: Mapping[str, type] = {"name": str, "says": str, "source": str}
_SIGNATORY: Mapping[str, type] = {"role": str, "title": str}
_STATEMENT: Mapping[str, type] = {"name": str, "phrases": list, "source": str, "by_law": bool}
_SUMMARY: Mapping[str, type] = {"language": str, "text": str}


def problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Every fault of a document."""
    shape = [*_shape(document, {**_SHAPE, **_MAY}, "", needed=frozenset(_SHAPE))]
    yield from shape
    if shape:
        return
    yield from _shape(document["signatory"], _SIGNATORY, "signatory: ", needed=frozenset(_SIGNATORY))
    yield from _among(document["signatory"].get("role"), Role, "signatory: role")
    for role in document["issuers"]:
        yield from _among(role, Role, "issuers")
    yield from _recipient_problems(document)
    for enclosure in document["enclosures"]:
        yield from _among(enclosure, Enclosure, "enclosures")
    for name in document["needs"]:
        yield from _refusal("needs", conditions.check_known, name)
    for number, row in enumerate(document["corrections"], start=1):
        yield from _shape(row, _CORRECTION, f"correction {number}: ", needed=frozenset(_CORRECTION))
    for line in document["subject"]:
        yield from _text_problems("subject", line)
    yield from (f"{name} is empty" for name in ("issuers", "subject", "paragraphs") if not document[name])
    for number, row in enumerate(document["paragraphs"], start=1):
        yield from _paragraph_problems(f"paragraph {number}", row)
    for number, row in enumerate(document.get("statements", ()), start=1):
        yield from _shape(row, _STATEMENT, f"statement {number}: ", needed=frozenset({"name", "phrases", "source"}))
    if "summary" in document:
        yield from _summary_problems(document["summary"])


def _recipient_problems(document: Mapping[str, Any]) -> Iterator[str]:
    yield from _among(document["recipients"], Recipients, "recipients")
    if document.get("siblings_share") and document["recipients"] != Recipients.HOUSEHOLD:
        yield "siblings_share: only a letter to a household can speak of several of its children"


def _summary_problems(row: Mapping[str, Any]) -> Iterator[str]:
    shape = [*_shape(row, _SUMMARY, "summary: ", needed=frozenset(_SUMMARY))]
    yield from shape
    if shape:
        return
    if row["language"] not in LANGUAGES:
        yield f"summary: “{row['language']}” is none of {', '.join(LANGUAGES)}"
    if not row["text"].strip():
        yield "summary: there is no text"
    yield from _text_problems("summary", row["text"])


def _paragraph_problems(place: str, row: Any) -> Iterator[str]:
    shape = [*_shape(row, _PARAGRAPH, f"{place}: ", needed=frozenset())]
    yield from shape
    if shape:
        return
    yield from _among(row.get("block", Block.TEXT), Block, f"{place}: block")
    if row.get("when"):
        yield from _refusal(place, conditions.check_known, conditions.plain(row["when"]))
    if row.get("block") == Block.TABLE:
        yield from _table_problems(place, row)
    elif "rows" in row:
        yield f"{place}: rows stand only in a table"
    elif not row.get("text", "").strip():
        yield f"{place}: there is no text"
    yield from _text_problems(place, row.get("text", ""))


def _table_problems(place: str, row: Mapping[str, Any]) -> Iterator[str]:
    rows = row.get("rows", [])
    if len(rows) < 2 or any(not isinstance(line, list) or len(line) != len(rows[0]) for line in rows):
        yield f"{place}: a table needs a head and rows of the same length"
    elif not all(isinstance(cell, str) for line in rows for cell in line):
        yield f"{place}: each cell of a table is text"


def _text_problems(place: str, text: str) -> Iterator[str]:
    yield from _refusal(place, markup.check, text)
    for name in blanks.named_in(text):
        yield from _refusal(place, blanks.check_known, name)


def _shape(row: Any, shape: Mapping[str, type], place: str, *, needed: frozenset[str]) -> Iterator[str]:
    """What is missing, of the wrong type or unknown."""
    if not isinstance(row, Mapping):
        yield f"{place}this must be a table"
        return
    for name in sorted(needed - row.keys()):
        yield f"{place}{name} is missing"
    for name in row:
        if name not in shape:
            yield f"{place}{name} is unknown"
        elif type(row[name]) is not shape[name]:
            yield f"{place}{name} must be {_WORDS[shape[name]]}"


def _among(value: Any, choices: type[StrEnum], place: str) -> Iterator[str]:
    known = [str(choice) for choice in choices]
    if value not in known:
        yield f"{place} “{value}” is none of {', '.join(known)}"


def _refusal(place: str, check: Any, *values: Any) -> Iterator[str]:
    try:
        check(*values)
    except LetterRefusedError as refused:
        yield f"{place}: {refused}"
