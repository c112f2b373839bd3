"""A school of 420 and a year of its marks, imported as a school would, beside the bare writing of the same rows."""

import os
import sys
import time
from datetime import date
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attendance_site.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from attendance_site import school_file  # noqa: E402
from attendance_site.demonstration import build, generate  # noqa: E402
from attendance_site.services import school_set_up  # noqa: E402
from escalation.services import scan  # noqa: E402
from letters.rules import kinds  # noqa: E402
from registers import bulk  # noqa: E402
from registers.models import Mark  # noqa: E402
from registers.queries import calendars, figures, people  # noqa: E402
from registers.scope import schools_in_scope  # noqa: E402
from registers.services import mark_imports, rolls  # noqa: E402

TODAY = date(2026, 11, 20)
COLUMNS = (
    *("pupil_id", "on", "session", "code", "minutes_late", "note", "seen", "source"),
    *("recorded_at", "recorded_by_id", "recorded_role", "recorded_as", "version"),
)


def main(name: str) -> None:
    call_command("migrate", verbosity=0)
    file = school_file.read(build.FOLDER / "staplehurst.toml", frozenset(kinds.KINDS))
    school = school_set_up.set_up(file, at=timezone.now())
    with schools_in_scope([school.pk]):
        calendar, operator = calendars.of(school), people.operator(school)
        plan = generate.Plan(
            school.slug, school.name, school.local_authority_code, school.establishment, calendar, TODAY
        )
        files = generate.write(plan, Path(settings.DATA_DIR) / "files")
        for roll in files.rolls:
            rolls.take_in(school, roll.pupils, roll.contacts, on=roll.on, by=operator, at=timezone.now())
        facts = {"reason": "benchmark", "today": TODAY, "by": operator, "at": timezone.now()}
        began = time.perf_counter()
        report = mark_imports.take_in(school, calendar, files.marks[0], **facts)
        took = time.perf_counter() - began
        floor = _floor(school.pk)
        print(
            f"{name}: {report.added:,} marks imported in {took:.1f} s ({report.added / took:,.0f}/s); "
            f"writing the same rows and nothing else {floor:.1f} s; ratio {took / floor:.1f}"
        )
        mark_imports.take_in(school, calendar, files.marks[1], **facts)
        _scan(name, school, calendar)


def _floor(school_id: int) -> float:
    """Seconds to write the rows that were just imported once more, in the bulk way, with the same indexes."""
    rows = list(Mark.objects.values_list(*COLUMNS))
    with transaction.atomic(), connection.cursor() as cursor:
        for trigger in ("registers_mark_no_delete",):
            on = " ON registers_mark" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {trigger}{on}")
        cursor.execute("DELETE FROM registers_mark")
        began = time.perf_counter()
        bulk.insert(Mark, school_id, COLUMNS, rows)
        took = time.perf_counter() - began
        transaction.set_rollback(True)
    return took


def _scan(name: str, school, calendar) -> None:
    began = time.perf_counter()
    figures.by_pupil(school, calendar, figures.year_to_date(TODAY, calendar))
    floor = time.perf_counter() - began
    began = time.perf_counter()
    result = scan.scan(school, calendar, TODAY, by=people.nightly(school), at=timezone.now(), dry_run=True)
    took = time.perf_counter() - began
    print(
        f"{name}: one school scanned in {took:.2f} s ({result.opened} flags); "
        f"counting its year's marks by pupil and code {floor:.2f} s; ratio {took / floor:.1f}"
    )


if __name__ == "__main__":
    main(sys.argv[1])
