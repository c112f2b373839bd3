"""The office grid of a whole school for two weeks, served, beside the bare reading of the same marks as JSON."""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attendance_site.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from attendance_site import school_file  # noqa: E402
from attendance_site.demonstration import build, generate  # noqa: E402
from attendance_site.services import school_set_up  # noqa: E402
from letters.rules import kinds  # noqa: E402
from registers.models import Mark, Membership, School, User  # noqa: E402
from registers.queries import calendars, people  # noqa: E402
from registers.rules import grid as rules  # noqa: E402
from registers.rules.calendar import Calendar  # noqa: E402
from registers.rules.grid import Span  # noqa: E402
from registers.rules.rights import Role  # noqa: E402
from registers.scope import schools_in_scope  # noqa: E402
from registers.services import mark_imports, rolls  # noqa: E402

TODAY = date(2026, 11, 20)
ROUNDS = 15
PLAIN = {
    "ALLOWED_HOSTS": ["testserver"],
    "SECURE_SSL_REDIRECT": False,
    "STORAGES": settings.STORAGES
    | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
}


def main(name: str) -> None:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    file = school_file.read(build.FOLDER / "staplehurst.toml", frozenset(kinds.KINDS))
    school = school_set_up.set_up(file, at=timezone.now())
    with schools_in_scope([school.pk]):
        calendar = calendars.of(school)
        _fill(school, calendar)
        columns = rules.columns(*rules.bounds(Span.FORTNIGHT, TODAY, calendar), calendar)
        floor, _ = _middle(lambda: _floor(columns))
    with override_settings(**PLAIN):
        client = _clerk(school)
        address = f"{reverse('office_day', args=[school.slug])}?from={TODAY}&span=fortnight"
        took, size = _middle(lambda: len(client.get(address).content))
    print(
        f"{name}: the office grid of a whole school x {len(columns)} sessions served in {took * 1000:.0f} ms "
        f"({size / 1000:.0f} kB); the bare rows as JSON {floor * 1000:.0f} ms; ratio {took / floor:.1f}"
    )


def _clerk(school: School) -> Client:
    user = User.objects.create_user(email="clerk@school.example", name="A Clerk", password="correct horse battery")
    Membership.objects.create(user=user, school=school, role=Role.OFFICE, starts_on=date(2024, 9, 1))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _fill(school: School, calendar: Calendar) -> None:
    """The demonstration's pupils and this year's marks."""
    operator = people.operator(school)
    plan = generate.Plan(school.slug, school.name, school.local_authority_code, school.establishment, calendar, TODAY)
    files = generate.write(plan, Path(settings.DATA_DIR) / "files")
    for roll in files.rolls:
        rolls.take_in(school, roll.pupils, roll.contacts, on=roll.on, by=operator, at=timezone.now())
    for marks in files.marks:
        mark_imports.take_in(school, calendar, marks, reason="benchmark", today=TODAY, by=operator, at=timezone.now())


def _floor(columns: tuple[rules.Column, ...]) -> int:
    marks = Mark.objects.filter(on__gte=columns[0].place.on, on__lte=columns[-1].place.on)
    rows = marks.values_list("pupil_id", "on", "session", "code", "minutes_late", "version")
    return len(json.dumps(list(rows), default=str))


def _middle(work: Callable[[], int]) -> tuple[float, int]:
    """The median time of some rounds, and how much the work made."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        made = work()
        times.append(time.perf_counter() - began)
    return statistics.median(times), made


if __name__ == "__main__":
    main(sys.argv[1])
