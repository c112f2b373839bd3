"""Reading a policy's document: its shape against the rules' own dataclasses, then what no type can say.

Every fault is a path through the document and a plain sentence, so that a reader of files can name the line.
"""

import json
from collections.abc import Iterator, Mapping, Set
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from escalation.rules import measuring, policy_faults
from escalation.rules.policy import Fault, Policy

# The document is read as JSON, the form it is kept in, and strictly: no text for a number, no number for a day.
_READER = TypeAdapter(dict[Literal["policy"], Policy], config=ConfigDict(extra="forbid", strict=True))
_KINDS: Mapping[str, str] = {
    get_args(get_type_hints(measure)["kind"])[0]: measure.__name__ for measure in measuring.MEASURES
}
_CLASSES = frozenset(_KINDS.values())
_SENTENCES: Mapping[str, str] = {
    "missing": "{name} is missing.",
    "unexpected_keyword_argument": "{name} is not known here.",
    "string_type": "{name} must be text in quotes.",
    "bool_type": "{name} must be true or false.",
    "int_type": "{name} must be a whole number.",
    "int_from_float": "{name} must be a whole number.",
    "decimal_type": "{name} must be a number.",
    "decimal_parsing": "{name} must be a number.",
    "finite_number": "{name} must be a number.",
    "date_type": "{name} must be a day such as 2026-09-01.",
    "date_parsing": "{name} must be a day such as 2026-09-01.",
    "date_from_datetime_inexact": "{name} must be a day such as 2026-09-01.",
    "tuple_type": "{name} must be a list.",
    "dataclass_type": "{name} must be a table.",
}


class PolicyRefusedError(Exception):
    """A policy that cannot be adopted; `faults` pairs the way to each fault with a plain sentence."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults[0].sentence)
        self.faults = faults


def read(document: Mapping[str, Any], letter_kinds: Set[str] | None = None) -> Policy:
    """The policy under a document's key "policy". Raises PolicyRefusedError with every fault found.

    Without letter kinds the letters named are not checked: a version already adopted stays readable.
    """
    if not isinstance(document.get("policy"), Mapping):
        raise PolicyRefusedError([Fault(("policy",), "The policy is missing, or is not a table.")])
    try:
        policy = _READER.validate_json(json.dumps({"policy": document["policy"]}, default=_plain))["policy"]
    except ValidationError as error:
        raise PolicyRefusedError(list(_faults(document, error.errors(include_url=False)))) from None
    if found := policy_faults.faults(policy, letter_kinds):
        raise PolicyRefusedError([Fault(("policy", *fault.path), fault.sentence) for fault in found])
    return policy


def faults_of(document: Mapping[str, Any], letter_kinds: Set[str]) -> list[Fault]:
    """Everything wrong with a policy's own table; nothing where it could be adopted."""
    try:
        read({"policy": document}, letter_kinds)
    except PolicyRefusedError as refused:
        return refused.faults
    return []


def schema() -> dict[str, Any]:
    """The published shape of a policy's document, as JSON Schema; what no schema can say stands in `policy_faults`."""
    found = _READER.json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "An attendance policy", **found}


def kept(document: Mapping[str, Any]) -> dict[str, Any]:
    """A policy's own table as it is kept: numbers, texts, lists and tables, with days as text."""
    plain: dict[str, Any] = json.loads(json.dumps(document, default=_plain))
    return plain


def _plain(value: object) -> float | str:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    raise TypeError(f"A policy does not hold a {type(value).__name__}.")


def _faults(document: Mapping[str, Any], errors: list[ErrorDetails]) -> Iterator[Fault]:
    seen: set[tuple[str | int, ...]] = set()
    for error in errors:
        path = tuple(step for step in error["loc"] if step not in _CLASSES)
        if path in seen or not _speaks_of_its_kind(document, error["loc"]):
            continue
        seen.add(path)
        yield Fault(path, _sentence(path, error))


def _speaks_of_its_kind(document: Mapping[str, Any], loc: tuple[str | int, ...]) -> bool:
    """Whether an error is about the kind of measure that the document names; the reader tries every kind in turn."""
    place = next((place for place, step in enumerate(loc) if step in _CLASSES), None)
    if place is None:
        return True
    measure = _at(document, loc[:place])
    if not isinstance(measure, Mapping):
        return True
    kind = measure.get("kind")
    if isinstance(kind, str) and kind in _KINDS:
        return loc[place] == _KINDS[kind]
    return loc[-1] == "kind"


def _at(document: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def _sentence(path: tuple[str | int, ...], error: ErrorDetails) -> str:
    name = next((step for step in reversed(path) if isinstance(step, str)), "policy")
    if name == "kind" and error["type"] == "literal_error":
        return f"No measure of this kind is known. Known kinds: {', '.join(_KINDS)}."
    return _SENTENCES.get(error["type"], "{name} is wrong: " + error["msg"] + ".").format(name=name)
