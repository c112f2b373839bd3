"""Write every letter a school has adopted as a PDF and, where poppler is there, as pictures to look at."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters import documents, pdf
from letters.models import Wording
from letters.queries import previews, wordings
from letters.rules.refusals import LetterRefusedError
from registers import clock
from registers.models import School
from registers.queries import calendars
from registers.rules.calendar import Calendar
from registers.scope import schools_in_scope


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("school", help="the school's short name")
        parser.add_argument("folder", type=Path, help="where the files go; made if it is not there")
        parser.add_argument("--pupil", type=int, help="the id of a pupil to write about, in place of a sample family")

    def handle(self, *args: Any, school: str, folder: Path, pupil: int | None, **options: Any) -> None:
        found = School.objects.filter(slug=school).first()
        if found is None:
            raise CommandError(f"There is no school with the short name {school}.")
        folder.mkdir(parents=True, exist_ok=True)
        with schools_in_scope([found.pk]):
            calendar = calendars.of(found)
            for wording in wordings.adopted(found):
                self._write(found, calendar, wording, folder, pupil)

    def _write(self, school: School, calendar: Calendar, wording: Wording, folder: Path, pupil: int | None) -> None:
        today = clock.read(calendar).today
        try:
            if pupil is None:
                letter = previews.of_sample(school, wording.document, previews.SAMPLE_HOLDING, today)
            else:
                about = previews.pupils(school, today).get(pk=pupil)
                letter = previews.of_pupil(school, calendar, wording.document, about, (), today)
            document = pdf.render(documents.printed([letter], calendar, today, draft=False))
        except LetterRefusedError as refused:
            self.stdout.write(f"{wording.kind}: {refused}")
            return
        file = folder / f"{school.slug}-{wording.kind}.pdf"
        file.write_bytes(document)
        _draw(file)
        self.stdout.write(f"{wording.kind}: {file.name}")


def _draw(file: Path) -> None:
    """The pages as pictures beside the file, if the program for it is there."""
    program = shutil.which("pdftoppm")
    if program:
        subprocess.run([program, "-png", "-r", "60", file, file.with_suffix("")], check=True)  # noqa: S603
