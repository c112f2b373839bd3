"""Lists and registers as files to take away: what can be had under which name, and how CSV and XLSX are written.

An app adds a list of its own by decorating the function that makes it: `@exports.listed("on-site")`.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import TextIOWrapper
from typing import IO

import xlsxwriter
from django.utils import timezone
from xlsxwriter.format import Format as Style

from registers.models import Pupil, School
from registers.queries import history
from registers.queries.figures import Period
from registers.rules.calendar import Calendar
from registers.rules.exports import Column, ExportRefusedError, Form, Kind, Value, escaped, written
from registers.rules.history import AsOf, Show
from registers.rules.rights import Right

LONGEST_DAYS = 7 * 366
"""Registers are kept for six years."""
MOST_XLSX_ROWS = 2**20 - 1
"""What one sheet of a workbook holds below its head."""
TYPES: Mapping[Form, str] = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Asked:
    """Who asks for what: the school, its day, what they may see, and the choices of the page they stand on."""

    school: School
    calendar: Calendar
    today: date
    at: datetime
    rights: frozenset[Right]
    choices: Mapping[str, str] = field(default_factory=dict)

    def may(self, right: Right) -> bool:
        return right in self.rights

    def day(self, name: str) -> date | None:
        text = self.choices.get(name, "")
        if not text:
            return None
        try:
            found = date.fromisoformat(text)
        except ValueError:
            found = date.max
        if not 2000 <= found.year <= 2100:
            raise ExportRefusedError(f"“{text}” is not a day of any register. Choose the days again.")
        return found

    def period(self, usual: Period) -> Period:
        """The period chosen, or the usual one where none is."""
        first_on, last_on = self.day("first_on") or usual.first_on, self.day("last_on") or usual.last_on
        if last_on < first_on:
            raise ExportRefusedError("The last day is before the first. Choose the days again.")
        if (last_on - first_on).days > LONGEST_DAYS:
            raise ExportRefusedError("Choose at most seven years: registers are kept for six.")
        return Period(first_on, last_on)

    def as_of(self) -> AsOf:
        """The state of the register chosen: now unless another is."""
        show = self.choices.get("show") or Show.NOW
        if show not in set(Show):
            raise ExportRefusedError("Choose the register as it stands now, as first taken, or as it stood on a day.")
        if show != Show.STOOD:
            return AsOf(Show(show))
        on = self.day("stood_on")
        if on is None:
            raise ExportRefusedError("Say on which day the register stood as you want to see it.")
        if on > timezone.localdate(self.at):
            raise ExportRefusedError("This day has not come yet. Choose one that has.")
        return AsOf(Show.STOOD, history.end_of_minute(on, self._time("stood_at")))

    def pupil(self) -> Pupil:
        """The pupil chosen, of this school; Pupil.DoesNotExist where there is none."""
        return Pupil.objects.get(school=self.school, pk=number_of(self.choices.get("pupil", "")) or 0)

    def _time(self, name: str) -> time:
        text = self.choices.get(name, "")
        if text and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", text):
            raise ExportRefusedError(f"“{text}” is not a time. Write 10:15.")
        return time.fromisoformat(text) if text else time(23, 59)


def number_of(text: str) -> int | None:
    """The number of a row, as an address gives it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@dataclass(frozen=True)
class Export:
    """A list to take away. `name` is the file's, without a child's; `about` says in words what it shows."""

    title: str
    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    about: Sequence[str] = ()


Make = Callable[[Asked], Export]


@dataclass(frozen=True)
class Listed:
    """A list under its name, with the right it asks for besides that of taking lists away.

    One with a title stands on the page of lists; what it holds beyond that, `says`.
    """

    make: Make
    right: Right
    title: str = ""
    says: str = ""


LISTS: dict[str, Listed] = {}


def listed(what: str, *, right: Right = Right.EXPORT, title: str = "", says: str = "") -> Callable[[Make], Make]:
    """Offer a list under a name of the address `exports/…`."""

    def offer(make: Make) -> Make:
        if what in LISTS:
            raise ValueError(f"Two lists are called {what}.")
        LISTS[what] = Listed(make, right, title, says)
        return make

    return offer


def write(export: Export, form: Form, out: IO[bytes], *, at: datetime) -> int:
    """Write a list to an open binary file, row by row, and say how many rows it has."""
    return _write_csv(export, out) if form is Form.CSV else _write_xlsx(export, out, at)


def _write_csv(export: Export, out: IO[bytes]) -> int:
    """UTF-8 with the mark that makes a spreadsheet read it as such."""
    text = TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in export.columns])
    kinds = [column.kind for column in export.columns]
    number = 0
    for number, row in enumerate(export.rows, start=1):  # noqa: B007 - the last is the count
        writer.writerow([written(value, kind) for value, kind in zip(row, kinds, strict=True)])
    text.flush()
    text.detach()
    return number


def _write_xlsx(export: Export, out: IO[bytes], at: datetime) -> int:
    """One sheet of rows and one that says what they are. Text stays text: nothing becomes a formula or a link."""
    made_at = timezone.make_naive(at)
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": export.title, "created": made_at})
        # The apostrophe that Excel keeps beside a cell: whoever edits or re-saves it still has text.
        quoted, bold = book.add_format({"quote_prefix": True}), book.add_format({"bold": True})
        number = _write_list(book, export, quoted, bold)
        about = book.add_worksheet("About")
        about.set_column(0, 0, 80)
        about.write_string(0, 0, export.title, bold)
        words = (*export.about, f"Taken on {made_at:%d/%m/%Y %H:%M}", f"Rows: {number}")
        for place, line in enumerate(words, start=1):
            about.write_string(place, 0, line, quoted if escaped(line) != line else None)
    return number


def _write_list(book: xlsxwriter.Workbook, export: Export, quoted: Style, bold: Style) -> int:
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("List")
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(export.columns):
        sheet.set_column(place, place, max(10, min(30, len(column.name) + 2)))
        sheet.write_string(0, place, column.name, bold)
    number = 0
    for number, row in enumerate(export.rows, start=1):
        if number > MOST_XLSX_ROWS:
            raise ExportRefusedError(f"A workbook holds {MOST_XLSX_ROWS:,} rows. Take CSV, or choose fewer days.")
        for place, (value, column) in enumerate(zip(row, export.columns, strict=True)):
            if value is None or value == "":
                continue
            if isinstance(value, int) and not isinstance(value, bool):
                sheet.write_number(number, place, value)
            elif isinstance(value, date) and not isinstance(value, datetime):
                sheet.write_datetime(number, place, datetime.combine(value, time.min), day)
            else:
                shown = written(value, Kind.CODE)
                would_run = column.kind is not Kind.CODE and escaped(shown) != shown
                sheet.write_string(number, place, shown, quoted if would_run else None)
    return number
