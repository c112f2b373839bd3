from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from registers import clock, copy_files
from registers.management.commands import _at_school
from registers.queries import calendars, people
from registers.rules.copies import CopyRefusedError
from registers.scope import schools_in_scope
from registers.services import copies


class Command(BaseCommand):
    help = "Copy a school's admission and attendance registers to the folder it names, as files with their hashes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--school", required=True)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        school = _at_school.school(options["school"])
        try:
            with transaction.atomic(), schools_in_scope([school.pk]):
                copies.one_snapshot()
                today = clock.read(calendars.of(school)).today
                made = copies.make(school, on=today, by=people.operator(school), at=timezone.now())
        except CopyRefusedError as refused:
            raise CommandError(str(refused)) from None
        manifest = copy_files.manifest_of(made)
        if options["json"]:
            self.stdout.write(_at_school.as_json({"folder": str(made), "rows": manifest.rows, "size": manifest.size}))
            return
        self.stdout.write(f"{made}: {manifest.rows:,} rows in {len(manifest.files)} files.")
