from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand

from penalties.queries import threshold as queries
from penalties.rules import threshold as rules
from penalties.rules.threshold import Window
from registers import clock
from registers.management.commands import _at_school
from registers.models import Pupil, School
from registers.queries import calendars
from registers.scope import schools_in_scope


class Command(BaseCommand):
    help = "Print who has sessions of G, N, O or U in the last ten school weeks, most first, and when they drop out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--school", required=True)
        parser.add_argument("--on", type=_at_school.day, help="the day to count up to; today unless given")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        school = _at_school.school(options["school"])
        with schools_in_scope([school.pk]):
            calendar = calendars.of(school)
            on = options["on"] or clock.read(calendar).today
            windows = queries.of_school(school, calendar, on)
            pupils = Pupil.objects.in_bulk([pupil_id for pupil_id, window in windows.items() if window.count])
        rows = sorted(
            ((pupil, windows[pupil_id]) for pupil_id, pupil in pupils.items()),
            key=lambda row: (-row[1].count, row[0].sort_name, row[0].pk),
        )
        if options["json"]:
            self.stdout.write(_at_school.as_json(_document(school, on, rows)))
        else:
            self._write_table(school, on, rows)

    def _write_table(self, school: School, on: date, rows: list[tuple[Pupil, Window]]) -> None:
        self.stdout.write(
            f"{school.name}: sessions of G, N, O or U in the {rules.WEEKS} school weeks to {on:%d/%m/%Y}; "
            f"the threshold is {rules.SESSIONS}"
        )
        if not rows:
            self.stdout.write("Nobody has any.")
            return
        self.stdout.write(f"{'pupil':<10}{'name':<34}{'count':>6}{'N':>4}  {'met on':<18}{'oldest drops out'}")
        for pupil, window in rows:
            oldest = window.oldest_drop_out
            leaves = f"{oldest.number} on {oldest.on:%d/%m/%Y}" if oldest and oldest.on else "not in the calendar yet"
            self.stdout.write(
                f"{pupil.admission_no or pupil.pk!s:<10}{pupil.sort_name:<34}{window.count:>6}{window.provisional:>4}"
                f"  {window.met_on or '–'!s:<18}{leaves}"
            )


def _document(school: School, on: date, rows: list[tuple[Pupil, Window]]) -> dict[str, Any]:
    """Ids and numbers only; a name stays on the terminal."""
    return {
        "school": school.slug,
        "on": on,
        "threshold": rules.SESSIONS,
        "school_weeks": rules.WEEKS,
        "pupils": [_row(pupil, window) for pupil, window in rows],
    }


def _row(pupil: Pupil, window: Window) -> dict[str, Any]:
    return {
        "pupil": pupil.pk,
        "upn": pupil.upn,
        "admission_no": pupil.admission_no,
        "count": window.count,
        "provisional": window.provisional,
        "met": window.met,
        "left_before_threshold": window.left_before_threshold,
        "window": {"first_week": window.first_week, "last_week": window.last_week},
        "met_on": window.met_on and {"on": window.met_on.on, "session": window.met_on.session},
        "drop_outs": [{"week": drop.week, "on": drop.on, "number": drop.number} for drop in window.drop_outs],
        "sessions": [{"on": at.place.on, "session": at.place.session, "code": at.code} for at in window.sessions],
    }
