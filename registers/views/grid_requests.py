"""What the office grid sends, as JSON, read with suspicion: anything that its page would not send is unreadable."""

import json
import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from registers.rules.grid import Filling, GridRefusedError
from registers.rules.sessions import Session, SessionOn
from registers.services.grid import Fill, Key, Typed
from registers.services.marks import MOST_REASON, Entry

MOST_CELLS = 40_000
"""A half-term of a whole school."""
_MOST_ID = 2**63 - 1
_PLACE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(AM|PM)")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_UNFIT = re.compile(r"[\x00-\x1f\ud800-\udfff]")
"""Control characters, and halves of a character, which no database takes."""


class UnreadableError(Exception):
    """A request that no page of ours has sent."""


def read(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableError from None
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise UnreadableError
    if len(found["cells"]) > MOST_CELLS:
        raise GridRefusedError(f"{len(found['cells']):,} sessions are too many at once. Choose at most {MOST_CELLS:,}.")
    return found


def typed(sent: Mapping[str, Any]) -> list[Typed]:
    """The cells of a save."""
    return [_typed(cell) for cell in sent["cells"]]


def fill(sent: Mapping[str, Any]) -> Fill:
    """A fill: each cell is [pupil, session, version]."""
    try:
        filling = Filling(text(sent, "filling", 20))
    except ValueError:
        raise UnreadableError from None
    cells: dict[Key, int] = {}
    for cell in sent["cells"]:
        if not isinstance(cell, list) or len(cell) != 3:
            raise UnreadableError
        cells[(_whole(cell[0], _MOST_ID), place(cell[1]))] = _whole(cell[2], _MOST_ID)
    return Fill(cells, text(sent, "code", 2), filling, text(sent, "note", MOST_REASON))


def reason(sent: Mapping[str, Any]) -> str:
    return text(sent, "reason", MOST_REASON).strip()


def count(sent: Mapping[str, Any]) -> int | None:
    """The number of marks that somebody typed, if they did."""
    found = sent.get("count")
    return None if found is None else _whole(found, MOST_CELLS)


def place(sent: object) -> SessionOn:
    """A session as the grid names it: 2026-11-20AM."""
    found = _PLACE.fullmatch(sent) if isinstance(sent, str) else None
    if found is None:
        raise UnreadableError
    try:
        return SessionOn(date.fromisoformat(found[1]), Session(found[2]))
    except ValueError:
        raise UnreadableError from None


def name(at: SessionOn) -> str:
    return f"{at.on.isoformat()}{at.session}"


def _typed(cell: object) -> Typed:
    if not isinstance(cell, dict):
        raise UnreadableError
    at, minutes = place(cell.get("place")), cell.get("minutes")
    entry = Entry(
        _whole(cell.get("pupil"), _MOST_ID),
        at.on,
        at.session,
        text(cell, "code", 2),
        None if minutes is None else _whole(minutes, 600),
        text(cell, "note", MOST_REASON).strip(),
        _whole(cell.get("version"), _MOST_ID),
    )
    return Typed(entry, _time(text(cell, "arrived", 5)), cell.get("undoes") is True)


def _time(sent: str) -> time | None:
    if not sent:
        return None
    if not _TIME.fullmatch(sent):
        raise UnreadableError
    return time.fromisoformat(sent)


def _whole(sent: object, most: int) -> int:
    # True is an int to Python.
    if not isinstance(sent, int) or isinstance(sent, bool) or not 0 <= sent <= most:
        raise UnreadableError
    return sent


def text(sent: Mapping[str, Any], key: str, most: int) -> str:
    """A text of at most so many characters, without control characters; nothing where there is none."""
    found = sent.get(key, "")
    if not isinstance(found, str) or len(found) > most or _UNFIT.search(found):
        raise UnreadableError
    return found
