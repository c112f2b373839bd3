"""A policy's document as a TOML file, out and in again; errors of a file that comes in name the line."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Set
from datetime import date
from decimal import Decimal
from typing import Any

from escalation import policy_file
from escalation.policy_file import PolicyRefusedError
from registers.files import Fault, FileRefusedError, toml_lines

MOST_BYTES = 256 * 1024
"""A policy of sixty rules is some forty kilobytes."""
_DAYS = ("applies_from", "review_on")
_SYNTAX = "(at line "


def write(document: Mapping[str, Any]) -> str:
    """The document under `[policy]`, in the order of the schools' own files."""
    return "\n".join([*_table("policy", document), ""])


def _table(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield f"[{name}]"
    yield from _keys(name, values)


def _keys(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    nested = {key: value for key, value in values.items() if _is_table(value) or _is_tables(value)}
    for key, value in values.items():
        if key not in nested and value is not None:
            yield f"{key} = {_value(key, value)}"
    for key, value in nested.items():
        if _is_table(value):
            yield from _table(f"{name}.{key}", value)
        for row in value if _is_tables(value) else ():
            yield ""
            yield f"[[{name}.{key}]]"
            yield from _keys(f"{name}.{key}", row)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _value(key: str, value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_value(key, one) for one in value)}]"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and key in _DAYS and _is_day(value):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    # What JSON escapes in a text TOML escapes in the same way, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def read(content: bytes, letter_kinds: Set[str]) -> dict[str, Any]:
    """The policy's table of a file, checked. Raises FileRefusedError with every fault found, each with its line."""
    if len(content) > MOST_BYTES:
        raise FileRefusedError([Fault(1, "The file is larger than any policy. Choose the policy's own file.")])
    try:
        text = content.decode("utf-8")
        document = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError:
        raise FileRefusedError([Fault(1, "The file is not in UTF-8.")]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FileRefusedError([Fault(_line_in(str(error)), f"This is not TOML: {error}.")]) from None
    lines = toml_lines.lines_of(text)
    try:
        policy_file.read(document, letter_kinds)
    except PolicyRefusedError as refused:
        found = [Fault(toml_lines.line_of(lines, fault.path), fault.sentence) for fault in refused.faults]
        raise FileRefusedError(sorted(found, key=lambda fault: fault.line)) from None
    return policy_file.kept(document["policy"])


def _line_in(message: str) -> int:
    """Python says "(at line 3, column 7)"."""
    number = message.partition(_SYNTAX)[2].partition(",")[0]
    return int(number) if number.isdigit() else 1
