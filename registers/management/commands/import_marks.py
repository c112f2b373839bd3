from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registers import clock
from registers.files import FileRefusedError
from registers.management.commands import _at_school, _importing
from registers.queries import calendars, people
from registers.rules.marks import MarkRefusedError
from registers.scope import schools_in_scope
from registers.services import mark_imports
from registers.services.mark_imports import MarksReport


class Command(BaseCommand):
    help = "Take in a school's marks from CSV or XLSX, long or wide: all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("marks", type=Path)
        parser.add_argument("--reason", default="Corrected by an imported file", help="kept with each amended mark")
        _importing.add_arguments(parser)
        _importing.add_columns(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        school = _at_school.school(options["school"])
        with schools_in_scope([school.pk]):
            calendar = calendars.of(school)
            try:
                report = mark_imports.take_in(
                    school,
                    calendar,
                    options["marks"],
                    reason=options["reason"],
                    today=clock.read(calendar).today,
                    by=people.operator(school),
                    at=timezone.now(),
                    dry_run=options["dry_run"],
                    named=dict(options["columns"]),
                    progress=_importing.Bar(self.stderr),
                )
            except MarkRefusedError as error:
                raise CommandError(f"--reason: {error}") from None
            except FileRefusedError as error:
                raise _importing.refused(error, options["marks"].name, self.stdout, options) from None
        if options["json"]:
            told = {"dry_run": options["dry_run"], "written": not options["dry_run"]}
            self.stdout.write(_at_school.as_json(mark_imports.as_plain(report) | told))
        else:
            self._tell(report, dry_run=options["dry_run"])

    def _tell(self, report: MarksReport, *, dry_run: bool) -> None:
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"Marks: {report.added} {would}added, {report.amended} {would}amended, {report.unchanged} unchanged."
        )
        if report.put_right:
            self.stdout.write(f"{len(report.put_right)} marks had the other session's slash and were put right:")
            for fault in report.put_right[: _importing.LINES_SHOWN]:
                self.stdout.write(f"  line {fault.line}: {fault.reason}")
        if report.blank:
            self.stdout.write(f"{report.blank} sessions in the file carry no mark; they stay blank.")
        for symbol, number in report.blank_symbols.items():
            self.stdout.write(f"  {number} of them carry {symbol}, which is no code.")
        if report.closed:
            self.stdout.write(f"{report.closed} sessions marked # are closed in the calendar; nothing was entered.")
        if report.without_record:
            self.stdout.write(f"{report.without_record} marks carry a code whose record is not held here.")
        for fault in report.disagreements[: _importing.LINES_SHOWN]:
            self.stdout.write(f"  line {fault.line}: {fault.reason}")
        _importing.tell_file(report.notes, report.ignored_columns, self.stdout)
