"""What a row of a marks file says: long, a mark a row, or wide, a pupil a row and a session a column.

A third shape stands between: a pupil and a day a row, with a column for the morning's code and one for the afternoon's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from registers.rules.cells import CellRefusedError, quoted, read_date, read_number, read_text
from registers.rules.codes import LATE_CODES, StatClass
from registers.rules.sessions import Session

LONG_REQUIRED = frozenset({"upn", "date", "session", "code"})
DAY_COLUMNS: Mapping[str, Session] = {"am": Session.AM, "pm": Session.PM}
BLANK_SYMBOLS = frozenset({"", "-", "!", "@", "*"})
"""What files write where there is no mark. A blank is never read as N or as present."""

EARLIEST_YEAR = 2000
TOTALS = ("possible", "attended", "late", "authorised", "unauthorised")
"""The totals some systems write beside the marks; they are compared and never believed."""

_DAY = r"(?P<on>\d{4}-\d{2}-\d{2}|\d{2}/\d{2}/\d{4})"
_WIDE = re.compile(
    rf"^(?:(?:mon|tue|wed|thu|fri)[a-z]*,? )?(?:{_DAY}[ _:(-]*(?P<after>am|pm)\)?|(?P<before>am|pm)[ _:-]*"
    + _DAY.replace("<on>", "<day>")
    + ")$"
)
_SESSIONS = {"am": Session.AM, "pm": Session.PM, "morning": Session.AM, "afternoon": Session.PM}


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One mark as a file gives it, before any rule has looked at it."""

    line: int
    upn: str
    on: date
    session: Session
    symbol: str
    minutes_late: int | None = None
    comment: str = ""
    entered_by: str = ""
    entered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Blank:
    """A session for which a file holds no mark: what it wrote in its place."""

    session: Session
    symbol: str


@lru_cache(maxsize=4096)
def wide_place(heading: str) -> tuple[str, Session] | None:
    """The day, as written, and session of a heading such as "2026-09-03 AM"; None if it is no session."""
    match = _WIDE.match(heading.lower())
    return (match["on"] or match["day"], Session((match["after"] or match["before"]).upper())) if match else None


def wide_columns(columns: Sequence[str]) -> dict[str, tuple[date, Session]]:
    """The columns of a wide file that are sessions, such as "2026-09-03 AM". Raises CellRefusedError."""
    found: dict[str, tuple[date, Session]] = {}
    for column in columns:
        if written := wide_place(column):
            place = (read_date(written[0], "header"), written[1])
            if column in found or place in found.values():
                raise CellRefusedError(f"header: {place[0]:%d/%m/%Y} {place[1]} has more than one column.")
            found[column] = place
    return found


def read_long(line: int, cells: Mapping[str, str]) -> MarkRow | Blank:
    """Read one row of a long file. Raises CellRefusedError."""
    session = _SESSIONS.get(cells["session"].lower())
    if session is None:
        raise CellRefusedError(f"session: {quoted(cells['session'])} is neither AM nor PM.")
    on = read_date(cells["date"], "date")
    return _mark(line, cells, on, session, cells["code"])


def read_day(line: int, cells: Mapping[str, str]) -> Iterator[MarkRow | Blank]:
    """Read one row of a file with a row a day as its morning and its afternoon. Raises CellRefusedError."""
    on = read_date(cells["date"], "date")
    for column, session in DAY_COLUMNS.items():
        if column in cells:
            is_late = cells[column].upper() in LATE_CODES
            # The minutes of the row belong to the session that was late.
            yield _mark(line, cells if is_late else {**cells, "minutes_late": ""}, on, session, cells[column])


def read_wide(
    line: int, cells: Mapping[str, str], columns: Mapping[str, tuple[date, Session]]
) -> Iterator[MarkRow | Blank]:
    """Read one row of a wide file as its marks."""
    upn = cells["upn"].upper()
    for column, (on, session) in columns.items():
        symbol = cells[column]
        yield Blank(session, symbol) if symbol in BLANK_SYMBOLS else MarkRow(line, upn, on, session, symbol)


def read_totals(cells: Mapping[str, str]) -> dict[str, int]:
    """The totals that a row states. Raises CellRefusedError."""
    return {name: read_number(cells[name], name, 0, 9999) for name in TOTALS if cells.get(name)}


_COUNTED: Mapping[str, frozenset[StatClass]] = {
    "possible": frozenset({StatClass.PRESENT, StatClass.ELSEWHERE, StatClass.AUTHORISED, StatClass.UNAUTHORISED}),
    "attended": frozenset({StatClass.PRESENT, StatClass.ELSEWHERE}),
    "authorised": frozenset({StatClass.AUTHORISED}),
    "unauthorised": frozenset({StatClass.UNAUTHORISED}),
}


def totals_that_disagree(
    stated: Mapping[str, int], by_class: Mapping[StatClass, int], late: int, late_after_close: int
) -> dict[str, tuple[int, int]]:
    """The totals a file states that its own marks do not bear out: what it states, and what they come to.

    Some systems count U among the lates and some do not; either is right.
    """
    counted = {name: sum(by_class.get(one, 0) for one in classes) for name, classes in _COUNTED.items()}
    counted["late"] = late + late_after_close if stated.get("late") != late else late
    return {name: (said, counted[name]) for name, said in stated.items() if said != counted[name]}


FEWEST_BLANKS = 20
"""With fewer blanks than this a file without a present mark is no sign of a spreadsheet."""


def are_strokes_lost(strokes: int, others: int, blanks: int) -> bool:
    """Whether a session's present marks look as if a spreadsheet had taken them out: none, and blanks in plenty."""
    return strokes == 0 and blanks >= FEWEST_BLANKS and blanks > others


def _mark(line: int, cells: Mapping[str, str], on: date, session: Session, symbol: str) -> MarkRow | Blank:
    if symbol in BLANK_SYMBOLS:
        return Blank(session, symbol)
    minutes = cells.get("minutes_late", "")
    comment, author, entered = cells.get("comment", ""), cells.get("entered_by", ""), cells.get("entered_at", "")
    return MarkRow(
        line,
        cells["upn"].upper(),
        on,
        session,
        symbol,
        read_number(minutes, "minutes_late", 0, 600) if minutes else None,
        read_text(comment, "comment", 200, lines=True) if comment else "",
        read_text(author, "entered_by", 60, lines=True) if author else "",
        _instant(entered) if entered else None,
    )


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise CellRefusedError(f"entered_at: {quoted(text)} is not a date and time.") from None
    if instant.tzinfo is None:
        raise CellRefusedError(f"entered_at: {quoted(text)} lacks its offset, such as +00:00.")
    if instant.year < EARLIEST_YEAR:
        raise CellRefusedError(f"entered_at: {quoted(text)} is no time at which a register was taken.")
    return instant
