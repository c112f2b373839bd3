from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registers import clock
from registers.files import FileRefusedError
from registers.management.commands import _at_school, _importing
from registers.queries import calendars, people
from registers.scope import schools_in_scope
from registers.services import rolls


class Command(BaseCommand):
    help = "Take in a school's roll, its parents with --contacts, from CSV or XLSX: all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("pupils", type=Path, nargs="?", help="left out, --contacts is taken in alone")
        parser.add_argument("--contacts", type=Path)
        parser.add_argument("--on", type=_at_school.day, help="the day the roll stands for; today unless given")
        parser.add_argument(
            "--reason", type=_importing.reason, default=rolls.IMPORTED, help="kept with each particular that changes"
        )
        _importing.add_arguments(parser)
        _importing.add_columns(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        school = _at_school.school(options["school"])
        if options["pupils"] is None and options["contacts"] is None:
            raise CommandError("Name a file of pupils, or one of contacts with --contacts.")
        with schools_in_scope([school.pk]):
            moment = clock.read(calendars.of(school))
            try:
                report = rolls.take_in(
                    school,
                    options["pupils"],
                    options["contacts"],
                    on=options["on"] or moment.today,
                    by=people.operator(school),
                    at=timezone.now(),
                    reason=options["reason"],
                    dry_run=options["dry_run"],
                    named=dict(options["columns"]),
                    progress=_importing.Bar(self.stderr),
                )
            except FileRefusedError as error:
                name = (options["pupils"] or options["contacts"]).name
                raise _importing.refused(error, name, self.stdout, options) from None
            if options["json"]:
                told = {"dry_run": options["dry_run"], "written": not options["dry_run"]}
                self.stdout.write(_at_school.as_json(rolls.as_plain(report) | told))
            else:
                _importing.tell_roll(report, self.stdout, dry_run=options["dry_run"])
