from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from attendance_site import school_file
from attendance_site.services import school_set_up
from escalation.policy_file import PolicyRefusedError
from letters.rules import kinds
from registers.files import FileRefusedError
from registers.management.commands import _at_school
from registers.rules.calendar import CalendarRefusedError
from registers.services.schools import SchoolRefusedError


class Command(BaseCommand):
    help = "Set a school up, or renew it, from a TOML file: names, session times, terms, closures, letters, policy."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            file = school_file.read(path, frozenset(kinds.KINDS))
            school = school_set_up.set_up(file, at=timezone.now())
        except FileRefusedError as error:
            raise _at_school.refused(error, path.name) from None
        except (CalendarRefusedError, SchoolRefusedError, PolicyRefusedError) as error:
            raise CommandError(f"Nothing was written.\n{path.name}: {error}") from None
        self.stdout.write(f"{school.name} is set up ({len(file.terms)} half-terms, policy {file.policy['version']}).")
