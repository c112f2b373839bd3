"""The desk of a school of 1,500 late in the year, served, beside one bare count of the same pupils' marks."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attendance_site.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from attendance_site import school_file  # noqa: E402
from attendance_site.demonstration import build  # noqa: E402
from attendance_site.services import school_set_up  # noqa: E402
from escalation.queries import desk  # noqa: E402
from escalation.services import cases, scan  # noqa: E402
from letters.rules import kinds  # noqa: E402
from registers import bulk, clock  # noqa: E402
from registers.models import ClassPlace, Contact, Mark, Membership, Parent, Pupil, School, SchoolClass, User  # noqa: E402
from registers.queries import calendars, figures, people  # noqa: E402
from registers.rules.calendar import Calendar  # noqa: E402
from registers.rules.rights import Role  # noqa: E402
from registers.scope import schools_in_scope  # noqa: E402

PUPILS, CLASSES = 1500, 50
TODAY = date(2027, 7, 15)
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
        night = people.nightly(school)
        scan.scan(school, calendar, TODAY, by=night, at=timezone.now())
        cases.follow_flags(school, TODAY, by=night, at=timezone.now())
        pupils = [line.pupil.pk for line in desk.lines(school, TODAY)]
        _gather_statistics()
        floor, _ = _middle(lambda: _floor(school, calendar, pupils))
    with override_settings(**PLAIN), StandingStill(calendar):
        client = _officer(school)
        took = {page: _served(client, address) for page, address in _addresses(school, pupils[0]).items()}
    first, size = took.pop("the desk")
    print(
        f"{name}: the desk of a school of {PUPILS} with {len(pupils)} pupils on it served in {first * 1000:.0f} ms "
        f"({size / 1000:.0f} kB); one bare count of their marks {floor * 1000:.0f} ms; "
        f"ratio {first / floor:.1f}"
    )
    print(f"{name}: {'; '.join(f'{page} {seconds * 1000:.0f} ms' for page, (seconds, _) in took.items())}")


def _addresses(school: School, pupil_id: int) -> dict[str, str]:
    desk_url = reverse("desk", args=[school.slug])
    return {
        "the desk": desk_url,
        "its last page": f"{desk_url}?page=99",
        "its list to print": reverse("week_list", args=[school.slug]),
        "a pupil’s page": reverse("pupil", args=[school.slug, pupil_id]),
    }


def _served(client: Client, address: str) -> tuple[float, int]:
    client.get(address)  # the first of a day works out the school's weekday rates, which are kept
    return _middle(lambda: len(client.get(address).content))


def _gather_statistics() -> None:
    """What a database does by itself within minutes of so many new rows; without it, it reads whole tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class StandingStill:
    """The site's clock stands on the day of the benchmark."""

    def __init__(self, calendar: Calendar) -> None:
        at = timezone.now()
        local = timezone.localtime(at).replace(year=TODAY.year, month=TODAY.month, day=TODAY.day)
        self._moment = clock.Moment(at, local)

    def __enter__(self) -> None:
        self._read = clock.read
        clock.read = lambda calendar: self._moment

    def __exit__(self, *_: object) -> None:
        clock.read = self._read


def _officer(school: School) -> Client:
    user = User.objects.create_user(email="flo@school.example", name="An Officer", password="correct horse battery")
    Membership.objects.create(user=user, school=school, role=Role.FLO, starts_on=date(2024, 9, 1))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _fill(school: School, calendar: Calendar) -> None:
    """Invented pupils with a parent and a class each, and a year of marks: most rarely away, some often."""
    rooms = SchoolClass.objects.bulk_create(SchoolClass(school=school, name=f"Class {n}") for n in range(CLASSES))
    pupils = Pupil.objects.bulk_create(_pupils(school), batch_size=500)
    parents = Parent.objects.bulk_create(
        (Parent(school=school, contact_id=f"B{n}", surname="Example", forename=f"P{n}") for n in range(PUPILS)),
        batch_size=500,
    )
    Contact.objects.bulk_create(
        (
            Contact(school=school, pupil=pupil, parent=parent, priority=1, parental_responsibility=True)
            for pupil, parent in zip(pupils, parents, strict=True)
        ),
        batch_size=500,
    )
    ClassPlace.objects.bulk_create(
        (
            ClassPlace(school=school, pupil=pupil, school_class=rooms[n % CLASSES], starts_on=pupil.starts_on)
            for n, pupil in enumerate(pupils)
        ),
        batch_size=500,
    )
    columns = (
        *("pupil_id", "on", "session", "code", "note", "seen", "source"),
        *("recorded_at", "recorded_by_id", "recorded_role", "recorded_as", "version"),
    )
    bulk.insert(Mark, school.pk, columns, _marks(pupils, calendar, people.operator(school)))


def _pupils(school: School) -> Iterator[Pupil]:
    for number in range(PUPILS):
        yield Pupil(
            school=school,
            upn=f"X8862999{number:05d}",
            legal_surname=f"Example{number:04d}",
            legal_forename="Sam",
            dob=date(2012 + number % 7, 3, 4),
            sex="F",
            starts_on=date(2024, 9, 2),
        )


def _marks(pupils: list[Pupil], calendar: Calendar, by: Membership) -> Iterator[tuple[object, ...]]:
    at = timezone.now()
    first_on = figures.year_to_date(TODAY, calendar).first_on
    places = calendar.sessions_between(first_on, TODAY)
    for pupil in pupils:
        dice = Random(pupil.pk)  # noqa: S311
        rate = 0.02 if dice.random() < 0.75 else dice.uniform(0.06, 0.3)
        code = ""
        for place in places:
            if place.session == "AM":
                code = dice.choice("IIIIOMUL") if dice.random() < rate else ""
            present = "/" if place.session == "AM" else "\\"
            symbol = code if code and not (code in "UL" and place.session == "PM") else present
            yield (pupil.pk, place.on, str(place.session), symbol, "", "", "import", at, by.user_id, by.role, "", 1)


def _floor(school: School, calendar: Calendar, pupils: list[int]) -> int:
    year = figures.year_to_date(TODAY, calendar)
    marks = Mark.objects.filter(school=school, pupil__in=pupils, on__gte=year.first_on, on__lte=year.last_on)
    return len(marks.values_list("pupil_id", "code").annotate(number=Count("pk")).order_by())


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
