"""Reading the marks of a table, whichever shape it has."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from registers.files import Fault, FileRefusedError, Table
from registers.rules import mark_rows
from registers.rules.cells import CellRefusedError
from registers.rules.mark_rows import Blank, MarkRow
from registers.rules.sessions import Session
from registers.services.mark_checks import Progress

_EVERY = 20_000
_NO_STROKES = (
    "The file holds no present mark ({stroke}) in any {session} session, but {blanks:,} blanks. A spreadsheet may have "
    "taken the strokes out. Blanks stay blank: if pupils were present, export the marks again and do not open the file."
)


@dataclass
class Reading:
    """What a table holds: its marks, the totals it states by UPN with their line, and what could not be read."""

    rows: list[MarkRow] = field(default_factory=list)
    stated: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    blank: int = 0
    blank_symbols: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read(table: Table, progress: Progress) -> Reading:
    """Read every row. Raises FileRefusedError if the headings cannot be right."""
    found = Reading()
    has_totals = not set(mark_rows.TOTALS).isdisjoint(table.columns)
    blanks: Counter[tuple[Session, str]] = Counter()
    read_row = _reader(table)
    for count, row in enumerate(table.rows, start=1):
        try:
            for one in read_row(row.line, row.cells):
                if isinstance(one, Blank):
                    blanks[one.session, one.symbol] += 1
                else:
                    found.rows.append(one)
            if has_totals and (totals := mark_rows.read_totals(row.cells)):
                found.stated[row.cells["upn"].upper()] = (row.line, totals)
        except CellRefusedError as refused:
            found.faults.append(Fault(row.line, str(refused)))
        if count % _EVERY == 0:
            progress("Reading", count, len(table.rows))
    progress("Reading", len(table.rows), len(table.rows))
    found.blank = blanks.total()
    for (_, symbol), number in blanks.items():
        if symbol:
            found.blank_symbols[symbol] = found.blank_symbols.get(symbol, 0) + number
    found.notes = _lost_strokes(found.rows, blanks)
    return found


_Reader = Callable[[int, dict[str, str]], Iterator[MarkRow | Blank]]


def _reader(table: Table) -> _Reader:
    """What reads a row of a table of this shape."""
    try:
        wide = mark_rows.wide_columns(table.columns)
    except CellRefusedError as refused:
        raise FileRefusedError([Fault(1, str(refused))], table.name, table.unit) from None
    if wide:
        return lambda line, cells: mark_rows.read_wide(line, cells, wide)
    if not mark_rows.DAY_COLUMNS.keys().isdisjoint(table.columns):
        return mark_rows.read_day
    return lambda line, cells: iter((mark_rows.read_long(line, cells),))


def _lost_strokes(rows: Sequence[MarkRow], blanks: Counter[tuple[Session, str]]) -> list[str]:
    """A warning for each session whose present marks a spreadsheet seems to have taken out."""
    strokes: Counter[Session] = Counter()
    others: Counter[Session] = Counter()
    for row in rows:
        (strokes if row.symbol in ("/", "\\") else others)[row.session] += 1
    found = []
    for session in Session:
        number = sum(count for (one, _), count in blanks.items() if one is session)
        if mark_rows.are_strokes_lost(strokes[session], others[session], number):
            stroke = "/" if session is Session.AM else "\\"
            found.append(_NO_STROKES.format(stroke=stroke, session=session, blanks=number))
    return found
