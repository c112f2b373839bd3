from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from registers import clock
from registers.files import FileRefusedError
from registers.management.commands import _at_school, _importing
from registers.queries import calendars, people
from registers.scope import schools_in_scope
from registers.services import rolls, transfers
from registers.services.roll_pupils import Newcomers


class Command(BaseCommand):
    help = "Take in the pupils and contacts of a Common Transfer File: all or nothing. Its totals are shown, not kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--starts-on", type=_at_school.day, help="the starting day of pupils not on the roll")
        parser.add_argument("--class", dest="class_name", default="", help="the class of pupils not on the roll")
        parser.add_argument(
            "--reason", type=_importing.reason, default=rolls.IMPORTED, help="kept with each particular that changes"
        )
        _importing.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        school = _at_school.school(options["school"])
        starts_on, class_name = options["starts_on"], options["class_name"]
        with schools_in_scope([school.pk]):
            bar = _importing.Bar(self.stderr)
            try:
                bar("Reading", 0, 2)
                transfer = transfers.read(school, options["file"])
                bar("Checking", 1, 2)
                report = rolls.take_in_tables(
                    school,
                    transfer.pupils,
                    transfer.contacts,
                    on=clock.read(calendars.of(school)).today,
                    by=people.operator(school),
                    at=timezone.now(),
                    reason=options["reason"],
                    dry_run=options["dry_run"],
                    newcomers=Newcomers(starts_on, class_name) if starts_on and class_name else None,
                )
                bar("Done", 2, 2)
            except FileRefusedError as error:
                raise _importing.refused(error, options["file"].name, self.stdout, options) from None
            if options["json"]:
                told = {"dry_run": options["dry_run"], "written": not options["dry_run"]}
                plain = rolls.as_plain(report) | {"totals": transfer.totals, "unknown": transfer.unknown}
                self.stdout.write(_at_school.as_json(plain | told))
                return
            _importing.tell_roll(report, self.stdout, dry_run=options["dry_run"])
            for total in transfer.totals:
                shown = ", ".join(f"{name} {value or '–'}" for name, value in total.items() if name != "upn")
                self.stdout.write(f"  {shown}")
