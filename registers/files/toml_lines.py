"""Where in a TOML file a value stands, so that an error in it can name the line."""

import re
from collections import Counter

Path = tuple[str | int, ...]

_TABLE = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?")
_LONG_TEXTS = ('"""', "'''")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-]+)\s*=")


def lines_of(text: str) -> dict[Path, int]:
    """The line of every table and key, counted from 1; arrays of tables by their place."""
    found: dict[Path, int] = {}
    places: Counter[tuple[str, ...]] = Counter()
    table: Path = ()
    open_mark = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if open_mark:
            open_mark = "" if open_mark in line else open_mark
            continue
        open_mark = _left_open(line)
        if match := _TABLE.match(line):
            names = tuple(match[2].split("."))
            if match[1] == "[[":
                places[names] += 1
            table = _placed(names, places)
            found.setdefault(table, number)
        elif match := _KEY.match(line):
            found.setdefault((*table, match[1]), number)
    return found


def _left_open(line: str) -> str:
    """The mark of a text that begins in a line and does not end in it."""
    for mark in _LONG_TEXTS:
        if line.count(mark) % 2:
            return mark
    return ""


def _placed(names: tuple[str, ...], places: Counter[tuple[str, ...]]) -> Path:
    path: Path = ()
    for depth, name in enumerate(names, start=1):
        path = (*path, name)
        if number := places[names[:depth]]:
            path = (*path, number - 1)
    return path


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of a value, or of the nearest thing it stands in."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)
