"""What the commands that take files in share: a bar of progress, columns named by hand, the end of a refused file."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from registers.files import FileRefusedError
from registers.management.commands import _at_school
from registers.rules.marks import MarkRefusedError
from registers.services import mark_imports, marks, rolls
from registers.services.import_tables import RowsRefusedError
from registers.services.mark_imports import MarksReport
from registers.services.rolls import RollReport

WIDTH = 30
LINES_SHOWN = 10


def add_arguments(parser: ArgumentParser) -> None:
    """What every such command takes."""
    parser.add_argument("--school", required=True)
    parser.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")
    parser.add_argument("--json", action="store_true", help="report every row, for machines")


def add_columns(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--column",
        dest="columns",
        action="append",
        type=named,
        default=[],
        metavar="HEADING=COLUMN",
        help="which of our columns a heading of the file stands for; nothing after = to leave it out",
    )


def reason(text: str) -> str:
    """Why the particulars change, as the chain of the admission register keeps it."""
    try:
        marks.check_reason(text)
    except MarkRefusedError as refused:
        raise ArgumentTypeError(str(refused)) from None
    return text


def named(text: str) -> tuple[str, str]:
    heading, sign, column = text.rpartition("=")
    if not sign or not heading.strip():
        raise ArgumentTypeError(f"“{text}” names no column. Write it like “Chosen name=legal_forename”.")
    return heading, column.strip()


class Bar:
    """Progress on a terminal as one line that grows; elsewhere a line each time."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._is_terminal = out.isatty()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not self._is_terminal:
            self._out.write(f"{stage}: {done:,} of {total:,}", str)
            return
        full = WIDTH * done // max(total, 1)
        ending = "\n" if done >= total else ""
        bar = "#" * full + "." * (WIDTH - full)
        self._out.write(f"\r{stage:<9} [{bar}] {done:,} of {total:,}{ending}", str, ending="")
        self._out.flush()


def refused(error: FileRefusedError, file: str, out: OutputWrapper, options: Mapping[str, Any]) -> CommandError:
    """The end of a command whose file was refused; with --json the report of every row goes out before it."""
    if options["json"]:
        out.write(_at_school.as_json(_report(error, file) | {"dry_run": options["dry_run"], "written": False}))
    return _at_school.refused(error, file)


def _report(error: FileRefusedError, file: str) -> dict[str, Any]:
    faults = [vars(fault) for fault in error.faults]
    report = error.report if isinstance(error, RowsRefusedError) else None
    plain: dict[str, Any] = {}
    if isinstance(report, RollReport):
        plain = rolls.as_plain(report)
    elif isinstance(report, MarksReport):
        plain = mark_imports.as_plain(report)
    return plain | {"file": error.file_name or file, "counted_in": error.unit, "faults": faults}


def tell_roll(report: RollReport, out: OutputWrapper, *, dry_run: bool) -> None:
    """A roll's report in words."""
    would = "would be " if dry_run else ""
    out.write(
        f"Pupils: {report.pupils_added} {would}added, {report.pupils_changed} {would}changed, "
        f"{report.pupils_unchanged} unchanged; {report.moved_class} {would}given a class."
    )
    out.write(
        f"Contacts: {report.contacts_added} {would}added, {report.contacts_changed} {would}changed, "
        f"{report.contacts_unchanged} unchanged."
    )
    if report.not_in_file:
        out.write(f"{report.not_in_file} pupils on roll are not in the file; they stay as they are.")
    if report.contacts_missing:
        out.write(f"{len(report.contacts_missing)} contacts of pupils are not in the file; they stay as they are.")
    noted = [row for row in (*report.pupil_rows, *report.contact_rows) if row.reason]
    for row in noted[:LINES_SHOWN]:
        out.write(f"  row {row.line}: {row.reason}")
    if more := len(noted) - LINES_SHOWN:
        out.write(f"  … and {more} more; --json names them all.") if more > 0 else None
    tell_file(report.notes, report.ignored_columns, out)


def tell_file(notes: list[str], ignored: list[str], out: OutputWrapper) -> None:
    for note in notes:
        out.write(note)
    if ignored:
        out.write("Columns not used: " + ", ".join(ignored))
