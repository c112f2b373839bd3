import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from registers import copy_files, copy_tables
from registers.management.commands import _at_school
from registers.models import School
from registers.queries import people
from registers.rules.copies import CopyRefusedError
from registers.rules.school_parts import SchoolPart
from registers.scope import schools_in_scope
from registers.services import restoring, schools


class Command(BaseCommand):
    help = "Put a copy of both registers back into a school that has no pupils or marks yet: all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--school", required=True, help="made from the copy if there is none of this short name")
        parser.add_argument("--check", action="store_true", help="only say whether the copy is whole and unchanged")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"].resolve()
        try:
            made = restoring.check(folder)
            counts = {one.name: one.rows for one in made.files}
            if not options["check"]:
                counts = self._restore(folder, options["school"])
        except CopyRefusedError as refused:
            raise CommandError(f"Nothing was written. {refused}") from None
        if options["json"]:
            self.stdout.write(_at_school.as_json({"school": options["school"], "rows": counts}))
            return
        done = "is whole and unchanged" if options["check"] else f"is restored to {options['school']}"
        self.stdout.write(f"{folder.name} {done}: {sum(counts.values()):,} rows.")
        for name, number in counts.items():
            self.stdout.write(f"  {name:<34}{number:>10,}")

    def _restore(self, folder: Path, slug: str) -> dict[str, int]:
        at = timezone.now()
        with transaction.atomic():
            school = School.objects.filter(slug=slug).first()
            if school is None:
                schools.found(_part(folder, slug), at=at)
                school = School.objects.get(slug=slug)
            with schools_in_scope([school.pk]):
                return restoring.restore(school, folder, by=people.operator(school), at=at)


def _part(folder: Path, slug: str) -> SchoolPart:
    """The school of a copy, under the short name it is to have here."""
    row = next(copy_files.read_table(folder, copy_tables.SCHOOL_FILE))
    if not re.fullmatch(r"[-a-zA-Z0-9_]{1,50}", slug):
        raise CommandError(f"“{slug}” is no short name: use letters, digits and hyphens.")
    return SchoolPart(
        slug=slug,
        name=row["name"],
        phase=row["phase"],
        local_authority=row["local_authority"],
        local_authority_code=row["local_authority_code"],
        establishment=row["establishment"],
        proprietor=row["proprietor"],
        address=tuple(row["address"].splitlines()),
        telephone=row["telephone"],
        email=row["email"],
    )
