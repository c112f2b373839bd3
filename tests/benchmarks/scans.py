"""The nightly scan of many schools beside one bare count of the same marks, and how much memory a worker takes.

The first scan, the next night's with a day more, and the same day again with nothing changed, each by one worker; and
on PostgreSQL a night by as many workers as there are cores, a school each at a time, as they take their tasks.

python -m tests.benchmarks.scans NAME [SCHOOLS [PUPILS_A_SCHOOL]]: 50 and 1000 make a trust of 19 million marks a year.
"""

import io
import multiprocessing
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import date
from itertools import islice

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attendance_site.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from attendance_site import celery, school_file  # noqa: E402
from attendance_site.demonstration import build  # noqa: E402
from attendance_site.services import school_set_up  # noqa: E402
from escalation.models import Flag  # noqa: E402
from escalation.queries import policies, verdicts  # noqa: E402
from escalation.services import scan  # noqa: E402
from letters.rules import kinds  # noqa: E402
from registers.models import Mark, Pupil, School, User  # noqa: E402
from registers.queries import calendars, people  # noqa: E402
from registers.rules.calendar import Calendar  # noqa: E402
from registers.scope import schools_in_scope  # noqa: E402

DAY = date(2026, 7, 17)
"""Near the end of the school year 2025/26, so that a year of marks is counted."""
DAY_BEFORE = date(2026, 7, 16)
FIRST_DAY = date(2026, 7, 15)
YEAR_BEGAN = date(2025, 9, 1)
FILES = ("staplehurst.toml", "carlton_road.toml")
CODES = ("I", "O", "M", "G", "U", "C", "N")
CHANCES = (55, 14, 10, 8, 5, 5, 3)
COLUMNS = ("school_id", "pupil_id", "on", "session", "code", "note", "seen", "source")
COLUMNS += ("recorded_at", "recorded_by_id", "recorded_role", "recorded_as", "version")
WORKER_MEMORY = 300
WORKERS = len(os.sched_getaffinity(0))


def main(name: str, schools: int, pupils: int) -> int:
    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    made: list[School] = []
    for number in range(schools):
        made.append(_school(number, pupils, made[number % len(FILES)] if number >= len(FILES) else None))
    _analyse()
    number = _count_marks(made)
    print(f"{name}: {schools} schools x {pupils} pupils, {number:,} marks, made in {time.perf_counter() - began:.0f} s")
    celery.set_code_aside()
    floor = min(_timed(_floor) for _ in range(3))
    judged = sum(_timed(lambda school=school: _judge(school)) for school in made)
    first = _scan_all(made, FIRST_DAY)
    nightly = _scan_all(made, DAY_BEFORE)
    together = _scan_together(made, DAY)
    again = _scan_all(made, DAY)
    flags = sum(_flags(school) for school in made)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name}: one bare GROUP BY of every mark by pupil {floor:.2f} s")
    for what, seconds in (
        ("every measure and rule of every school, nothing written", judged),
        ("the first scan, every flag opened", first),
        ("the next night's scan, a day more, every flag counted and worded anew", nightly),
        *((f"another night's by {WORKERS} workers", one) for one in together),
        ("the same day again, nothing changed, nothing written", again),
    ):
        print(f"{name}: {what}: {seconds:.2f} s, ratio {seconds / floor:.1f}")
    print(f"{name}: {flags:,} flags in all")
    print(f"{name}: peak memory {peak:.0f} MB of {WORKER_MEMORY}")
    return int(peak > WORKER_MEMORY)


def _school(number: int, pupils: int, like: School | None) -> School:
    """A school with a policy of one of the two, its roll and a year of marks; those of another where one is given."""
    file = school_file.read(build.FOLDER / FILES[number % len(FILES)], frozenset(kinds.KINDS))
    slug = f"school-{number}"
    part = type(file.school)(**{**vars(file.school), "slug": slug, "name": f"School {number}"})
    school = school_set_up.set_up(type(file)(**{**vars(file), "school": part}), at=timezone.now())
    with schools_in_scope([school.pk]):
        author = people.nightly(school).user
        Pupil.objects.bulk_create([_pupil(school, place) for place in range(pupils)], batch_size=500)
        ids = list(Pupil.objects.filter(school=school).order_by("pk").values_list("pk", flat=True))
        if like is not None:
            _copy(school, like, ids[0])
            return school
        _load(_rows(school, author, calendars.of(school), ids, random.Random(number)))  # noqa: S311 - invented marks
    return school


def _pupil(school: School, place: int) -> Pupil:
    return Pupil(
        school=school,
        upn=f"X{school.pk:05d}{place:07d}",
        legal_surname=f"Surname {place}",
        legal_forename="Sam",
        dob=date(2015 + place % 6, 3, 4),
        sex="F",
        starts_on=date(2021, 9, 1),
        address="1 Example Street",
        postcode="EX4 0XX",
    )


def _rows(school: School, author: User, calendar: Calendar, ids: list[int], chances: random.Random) -> Iterator[tuple]:
    """A mark for every session of the year, each pupil with a way of being absent of their own."""
    places = calendar.sessions_between(YEAR_BEGAN, DAY)
    at = timezone.now().isoformat()
    for pupil_id in ids:
        absent = min(0.6, chances.expovariate(1 / 0.055))
        late = 0.01 if chances.random() < 0.9 else 0.08
        code = ""
        for on, session in places:
            drawn = chances.random()
            if code and drawn < 0.6:
                pass  # absence comes in spells
            elif drawn < absent * 0.4:
                code = chances.choices(CODES, CHANCES)[0]
            else:
                code = ""
            mark = code or ("L" if drawn > 1 - late else "/" if session == "AM" else "\\")
            yield (school.pk, pupil_id, on, str(session), mark, "", "", "import", at, author.pk, "office", "", 1)


def _load(rows: Iterator[tuple]) -> None:
    if connection.vendor != "postgresql":
        _insert(rows)
        return
    # In parts, so that the peak of memory is the scan's and not the generator's.
    while part := list(islice(rows, 20_000)):
        text = io.StringIO()
        for row in part:
            text.write("\t".join(str(value).replace("\\", "\\\\") for value in row) + "\n")
        text.seek(0)
        with connection.cursor() as cursor:
            columns = ", ".join(f'"{name}"' for name in COLUMNS)
            cursor.cursor.copy_expert(f"COPY registers_mark ({columns}) FROM STDIN", text)


def _copy(school: School, like: School, first_id: int) -> None:
    """The marks of one school for the pupils of another, who were made in the same order."""
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    rest = ", ".join(f'"{name}"' for name in COLUMNS[2:])
    with connection.cursor() as cursor:
        cursor.execute("SELECT MIN(id) FROM registers_pupil WHERE school_id = %s", [like.pk])
        (other_id,) = cursor.fetchone()
        cursor.execute(
            f"INSERT INTO registers_mark ({columns}) SELECT %s, pupil_id + %s, {rest} FROM registers_mark"  # noqa: S608
            " WHERE school_id = %s",
            [school.pk, first_id - other_id, like.pk],
        )


def _insert(rows: Iterator[tuple]) -> None:
    fields = [name.removesuffix("_id") + ("_id" if name.endswith("_id") else "") for name in COLUMNS]
    with transaction.atomic():
        while part := list(islice(rows, 20_000)):
            Mark.objects.bulk_create((Mark(**dict(zip(fields, row, strict=True))) for row in part), batch_size=2000)


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE registers_mark" if connection.vendor == "postgresql" else "ANALYZE")


def _count_marks(schools: list[School]) -> int:
    with schools_in_scope([school.pk for school in schools]):
        return Mark.objects.count()


def _floor() -> None:
    """What any scan must do at the least: every mark of the year read once and counted by pupil and code."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT pupil_id, code, COUNT(*) FROM registers_mark WHERE "on" >= %s AND "on" <= %s GROUP BY 1, 2',
            [YEAR_BEGAN, DAY],
        )
        cursor.fetchall()


def _judge(school: School) -> None:
    with schools_in_scope([school.pk]):
        version = policies.in_force(school, DAY)
        assert version is not None
        verdicts.of_school(school, calendars.of(school), DAY, policies.read(version))


def _scan_all(schools: list[School], on: date) -> float:
    return sum(_timed(lambda school=school: _scan(school, on)) for school in schools)


def _scan(school: School, on: date) -> None:
    with schools_in_scope([school.pk]):
        scan.scan(school, calendars.of(school), on, by=people.nightly(school), at=timezone.now())


def _scan_together(schools: list[School], on: date) -> list[float]:
    """The seconds it took; none where the database takes one writer at a time, and one worker scans them."""
    if connection.vendor != "postgresql":
        _scan_all(schools, on)
        return []
    connection.close()
    with multiprocessing.get_context("fork").Pool(WORKERS) as workers:
        workers.map(_warm, range(WORKERS), chunksize=1)
        return [_timed(lambda: workers.starmap(_scan, [(school, on) for school in schools], chunksize=1))]


def _warm(_: int) -> None:
    connection.ensure_connection()
    time.sleep(0.2)  # so that each worker takes one


def _flags(school: School) -> int:
    with schools_in_scope([school.pk]):
        return Flag.objects.filter(school=school).count()


def _timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *(int(word) for word in (sys.argv[2:] + ["2", "420"][len(sys.argv[2:]) :]))))
