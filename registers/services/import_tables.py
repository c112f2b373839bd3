"""Opening a file as one of our tables: its rows by our own columns, whatever its headings call them."""

from collections.abc import Mapping
from pathlib import Path

from registers.files import MOST_BYTES, Fault, FileRefusedError, Row, Sheet, Table, read_sheet
from registers.models import Parent, Pupil, School
from registers.rules import columns, mark_rows, rolls
from registers.rules.columns import Choice
from registers.rules.import_files import FileKind, Result, RowOutcome

_REQUIRED: Mapping[FileKind, frozenset[str]] = {
    FileKind.PUPILS: rolls.PUPIL_REQUIRED,
    FileKind.CONTACTS: rolls.CONTACT_REQUIRED,
}


class RowsRefusedError(FileRefusedError):
    """A file some of whose rows cannot be taken in. `report` says of every row what would come of it."""

    def __init__(self, faults: list[Fault], table: Table, report: object) -> None:
        super().__init__(faults, table.name, table.unit)
        self.report = report


def open_table(
    path: Path,
    kind: FileKind,
    *,
    named: Mapping[str, str] | None = None,
    sheet: str = "",
    most_bytes: int = MOST_BYTES,
) -> Table:
    """Read a file by our columns. `named` says of some headings what they stand for. Raises FileRefusedError."""
    found = read_sheet(path, most_bytes=most_bytes, sheet=sheet)
    said = columns.places(found.headings, named or {})
    return by_column(found, kind, columns.choose(kind, found.headings, said))


def by_column(found: Sheet, kind: FileKind, choice: Choice) -> Table:
    """The rows of a sheet by the columns that were chosen. Raises FileRefusedError if the choice will not do."""
    if wrong := columns.faults(choice, required(kind, choice)):
        if kind is FileKind.MARKS and not any(mark_rows.wide_place(name) for name in choice.named):
            wrong[0] += " A wide file names its columns like “2026-09-03 AM”."
        raise FileRefusedError([Fault(found.heading_line, reason) for reason in wrong], found.name, found.unit)
    used = [(place, name) for place, name in enumerate(choice.columns) if name]
    rows = [Row(line, {name: values[place] for place, name in used}) for line, values in found.rows]
    return Table(
        [name for _, name in used],
        rows,
        columns.unused(choice, found.headings),
        found.name,
        found.unit,
        found.notes,
    )


def required(kind: FileKind, choice: Choice) -> frozenset[str]:
    """The columns without which a file says nothing; of marks it depends on the file's shape."""
    if kind is not FileKind.MARKS:
        return _REQUIRED[kind]
    if any(mark_rows.wide_place(name) for name in choice.named):
        return frozenset({"upn"})
    if choice.named & mark_rows.DAY_COLUMNS.keys():
        return frozenset({"upn", "date"})
    return mark_rows.LONG_REQUIRED


def lock(school: School) -> None:
    """Let one person at a time enter or renumber pupils of a school, and nobody change those who stand."""
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    for model in (Pupil, Parent):
        rows = model.objects.select_for_update(no_key=True).filter(school=school)
        list(rows.order_by("pk").values_list("pk"))


def refusals(faults: list[Fault], who: Mapping[int, str]) -> list[RowOutcome]:
    """Faults as outcomes of their rows."""
    return [RowOutcome(fault.line, Result.REFUSED, fault.reason, who.get(fault.line, "")) for fault in faults]
