from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from registers.files import Fault, FileRefusedError, read_table
from registers.management.commands import _at_school
from registers.queries import people
from registers.rules import calendar_files as rules
from registers.rules.calendar_files import Line, Outcome
from registers.scope import schools_in_scope
from registers.services import calendars
from registers.services.calendars import CalendarFileRefusedError


class Command(BaseCommand):
    help = "Take in a school's half-terms and planned closures from CSV: all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("calendar", type=Path)
        parser.add_argument("--school", required=True)
        parser.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        school = _at_school.school(options["school"])
        path: Path = options["calendar"]
        with schools_in_scope([school.pk]):
            try:
                table = read_table(path, required=rules.REQUIRED, known=rules.KNOWN)
                plan = calendars.take_in(
                    school, table.rows, by=people.operator(school), at=timezone.now(), dry_run=options["dry_run"]
                )
            except CalendarFileRefusedError as refused:
                faults = [Fault(line.number, line.why) for line in refused.plan.refused]
                raise _at_school.refused(FileRefusedError(faults), path.name) from None
            except FileRefusedError as refused:
                raise _at_school.refused(refused, path.name) from None
        counts = {str(outcome): number for outcome, number in plan.counts.items() if outcome is not Outcome.REFUSED}
        if options["json"]:
            lines = [_plain(line) for line in plan.lines]
            self.stdout.write(_at_school.as_json({"counts": counts, "lines": lines, "dry_run": options["dry_run"]}))
            return
        for line in plan.written:
            self.stdout.write(f"line {line.number}: {line.outcome}: {_words(line)}")
        would = " Nothing was written." if options["dry_run"] else ""
        self.stdout.write("Calendar: " + ", ".join(f"{number} {name}" for name, number in counts.items()) + f".{would}")
        if table.ignored:
            self.stdout.write("Columns not used: " + ", ".join(table.ignored))


def _words(line: Line) -> str:
    said = rules.in_words(line.entered) if line.entered else ""
    return f"{said} ({line.why})" if line.why else said


def _plain(line: Line) -> dict[str, Any]:
    said = rules.in_words(line.entered) if line.entered else ""
    return {"line": line.number, "what": said, "outcome": line.outcome, "why": line.why}
