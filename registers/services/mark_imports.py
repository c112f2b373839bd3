"""Taking marks in from a file: all or nothing, and the same file twice changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from registers import bulk
from registers.files import Fault, Table
from registers.models import Mark, Membership, Pupil, School
from registers.rules.calendar import Calendar
from registers.rules.import_files import Difference, FileKind, Result, RowOutcome
from registers.rules.marks import Door, MarkRefusedError
from registers.services import import_tables, mark_checks, mark_reading, marks, record
from registers.services.import_tables import RowsRefusedError
from registers.services.mark_checks import Checked, Progress, quiet
from registers.services.marks import Entry

__all__ = ["MarkRefusedError", "MarksReport", "as_plain", "look", "take_in", "take_in_table"]

_BATCH = 20_000
_MOST_FAULTS = 1000


@dataclass
class MarksReport:
    """What an import of marks did, or in a dry run would do."""

    added: int = 0
    amended: int = 0
    unchanged: int = 0
    refused: int = 0
    blank: int = 0
    blank_symbols: dict[str, int] = field(default_factory=dict)
    """What the file wrote where it holds no mark, other than nothing: - ! @ or *."""
    closed: int = 0
    """Rows of # for sessions that the calendar has closed; there is nothing to enter."""
    put_right: list[Fault] = field(default_factory=list)
    """Rows whose slash belonged to the other session; taken in with the right one."""
    without_record: int = 0
    """Marks whose code should rest on a record (leave, suspension, dual registration) that is not held."""
    disagreements: list[Fault] = field(default_factory=list)
    """Totals that the file states and its own marks do not bear out; the marks are taken and the totals are not."""
    ignored_columns: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    new: list[Checked] = field(default_factory=list)
    changed: list[tuple[Checked, str, int | None]] = field(default_factory=list)
    """Marks that another takes the place of, with the code and minutes that stood."""
    same: list[Checked] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return {name: value for name, value in vars(self).items() if isinstance(value, int)}

    def rows(self) -> Iterator[RowOutcome]:
        """What comes of each row, problems first."""
        yield from (RowOutcome(fault.line, Result.REFUSED, fault.reason) for fault in self.faults)
        yield from (RowOutcome(fault.line, Result.NOTED, fault.reason) for fault in self.disagreements)
        yield from (RowOutcome(fault.line, Result.NOTED, fault.reason) for fault in self.put_right)
        for item, code, minutes in self.changed:
            yield _outcome(item, Result.CHANGED, code, minutes)
        yield from (_outcome(item, Result.ADDED) for item in self.new)
        yield from (_outcome(item, Result.UNCHANGED) for item in self.same)


def take_in(
    school: School,
    calendar: Calendar,
    path: Path,
    *,
    reason: str,
    today: date,
    by: Membership,
    at: datetime,
    dry_run: bool = False,
    named: Mapping[str, str] | None = None,
    progress: Progress = quiet,
) -> MarksReport:
    """Take in marks from a CSV or XLSX file, long or wide. Raises FileRefusedError with every fault.

    `reason` is kept with the amendment of each mark that the file changes; raises MarkRefusedError without one.
    `named` says what a heading stands for that would be guessed wrong or not at all.
    """
    marks.check_reason(reason)
    table = import_tables.open_table(path, FileKind.MARKS, named=named)
    return take_in_table(
        school,
        calendar,
        table,
        reason=reason,
        today=today,
        by=by,
        at=at,
        dry_run=dry_run,
        progress=progress,
    )


@transaction.atomic
def take_in_table(
    school: School,
    calendar: Calendar,
    table: Table,
    *,
    reason: str,
    today: date,
    by: Membership,
    at: datetime,
    dry_run: bool = False,
    progress: Progress = quiet,
) -> MarksReport:
    """Take in marks that have been read. Raises RowsRefusedError with every fault, and then nothing is written."""
    marks.check_reason(reason)
    pupils = Pupil.objects.select_for_update(no_key=True).filter(school=school).order_by("pk")
    report = _plan(school, calendar, table, list(pupils), today, at, progress)
    if report.faults:
        raise RowsRefusedError(report.faults[:_MOST_FAULTS], table, report)
    if dry_run:
        return report
    _write(school, report, reason, by, at, progress)
    if report.added or report.amended:
        facts = {"added": report.added, "amended": report.amended, "unchanged": report.unchanged}
        record.write("marks imported", by=by, at=at, facts=facts)
    return report


def look(school: School, calendar: Calendar, table: Table, *, today: date, at: datetime) -> MarksReport:
    """What taking the marks in would do, refused rows included. Writes nothing."""
    return _plan(school, calendar, table, list(Pupil.objects.filter(school=school)), today, at, quiet)


def _plan(
    school: School,
    calendar: Calendar,
    table: Table,
    pupils: Sequence[Pupil],
    today: date,
    at: datetime,
    progress: Progress,
) -> MarksReport:
    report = MarksReport(ignored_columns=table.ignored, notes=list(table.notes))
    reading = mark_reading.read(table, progress)
    checks = mark_checks.check(reading.rows, pupils, calendar, today, at, progress)
    report.blank, report.blank_symbols = reading.blank, reading.blank_symbols
    report.notes += reading.notes
    report.faults = sorted([*reading.faults, *checks.faults], key=lambda fault: fault.line)
    report.refused = len(report.faults)
    report.put_right, report.closed, report.without_record = checks.put_right, checks.closed, checks.without_record
    report.disagreements = mark_checks.disagreements(checks.checked, reading.stated)
    _compare(school, checks.checked, report)
    return report


def _compare(school: School, checked: Sequence[Checked], report: MarksReport) -> None:
    """Tell the marks that are new from those that stand and those that would change."""
    if not checked:
        return
    first_on, last_on = min(item.row.on for item in checked), max(item.row.on for item in checked)
    standing = {
        (pupil_id, on, session): (code, minutes)
        for pupil_id, on, session, code, minutes in Mark.objects.filter(
            school=school, on__gte=first_on, on__lte=last_on
        ).values_list("pupil_id", "on", "session", "code", "minutes_late")
    }
    for item in checked:
        known = standing.get((item.pupil.pk, item.row.on, item.row.session))
        if known is None:
            report.new.append(item)
        elif _says_the_same(item, *known):
            report.same.append(item)
        else:
            report.changed.append((item, *known))
    report.added, report.amended, report.unchanged = len(report.new), len(report.changed), len(report.same)


def _says_the_same(item: Checked, code: str, minutes: int | None) -> bool:
    """Whether a row agrees with the mark that stands; a file that tells no minutes does not contradict any."""
    return item.code.symbol == code and item.row.minutes_late in (None, minutes)


def _write(school: School, report: MarksReport, reason: str, by: Membership, at: datetime, progress: Progress) -> None:
    for start in range(0, len(report.new), _BATCH):
        batch = report.new[start : start + _BATCH]
        bulk.insert(Mark, school.pk, _COLUMNS, (_values(item, by, at) for item in batch))
        progress("Writing", start + len(batch), len(report.new))
    if report.new:
        bulk.take_stock(Mark)
    _amend([item for item, _, _ in report.changed], reason, by, at)


def _amend(changed: Sequence[Checked], reason: str, by: Membership, at: datetime) -> None:
    if not changed:
        return
    pupils = {item.pupil.pk: item.pupil for item in changed}
    standing = marks.standing_marks(pupils, {item.row.on for item in changed})
    changes = []
    for item in changed:
        row = item.row
        entry = Entry(item.pupil.pk, row.on, row.session, item.code.symbol, row.minutes_late, row.comment)
        changes.append((standing[(item.pupil.pk, entry.place)], item.code, entry))
    marks.amend(changes, door=Door.IMPORT, reason=reason, by=by, at=at)


_COLUMNS = (
    *("pupil_id", "on", "session", "code", "minutes_late", "note", "seen", "source"),
    *("recorded_at", "recorded_by_id", "recorded_role", "recorded_as", "version"),
)


def _values(item: Checked, by: Membership, at: datetime) -> tuple[bulk.Value, ...]:
    """A new mark's values in the order of the columns."""
    row = item.row
    return (
        *(
            item.pupil.pk,
            row.on,
            str(row.session),
            item.code.symbol,
            row.minutes_late,
            row.comment,
            "",
            str(Door.IMPORT),
        ),
        *(row.entered_at or at, by.user_id, by.role, row.entered_by, 1),
    )


def _outcome(item: Checked, result: Result, code: str = "", minutes: int | None = None) -> RowOutcome:
    row = item.row
    old, new = _told(code, minutes), _told(item.code.symbol, row.minutes_late)
    difference = Difference(f"{row.on:%d/%m/%Y} {row.session}", old, new)
    return RowOutcome(row.line, result, who=item.pupil.sort_name, what=(difference,))


def _told(code: str, minutes: int | None) -> str:
    return code if minutes is None else f"{code}, {minutes} minutes late"


def as_plain(report: MarksReport) -> dict[str, Any]:
    """A report for machines: every row, with what stood and what stands."""

    def mark(item: Checked, result: Result, old: str = "") -> dict[str, Any]:
        row = item.row
        return {
            "line": row.line,
            "result": str(result),
            "upn": row.upn,
            "date": row.on,
            "session": str(row.session),
            "code": item.code.symbol,
            "old": old,
        }

    return report.counts | {
        "blank_symbols": report.blank_symbols,
        "put_right": [vars(fault) for fault in report.put_right],
        "disagreements": [vars(fault) for fault in report.disagreements],
        "ignored_columns": report.ignored_columns,
        "notes": report.notes,
        "rows": [
            *({"line": fault.line, "result": "refused", "reason": fault.reason} for fault in report.faults),
            *(mark(item, Result.CHANGED, code) for item, code, _ in report.changed),
            *(mark(item, Result.ADDED) for item in report.new),
            *(mark(item, Result.UNCHANGED) for item in report.same),
        ],
    }
