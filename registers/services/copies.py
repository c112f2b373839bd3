"""Making a copy of both registers in the folder the school names: monthly, or when somebody wants one."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction

from registers import copy_files, copy_tables
from registers.copy_files import Manifest, Writing
from registers.models import Job, Membership, School, User
from registers.rules import copies as rules
from registers.rules.copies import JOB_KIND, CopyRefusedError
from registers.services import jobs, record

READ_ME = """A copy of the admission register and the attendance register of {name}.

Made on {made_at} by {made_by}.

Each .csv file is one table: UTF-8, commas, the first row names the columns. A cell that a spreadsheet might run as
a formula begins with an apostrophe that is not part of it. The attendance register is marks.csv (what stands now) with
amendments.csv (every later entry: what stood, what stands, why, who, in what role, when). People are named by their
number in people.csv. manifest.json holds the SHA-256 and the number of rows of every file.

To put it back into a school that has no pupils yet:

    manage.py restore_registers THIS_FOLDER --school {slug}

It checks every file first, and refuses a copy of which anything was changed.
Keep each copy for six years (regulation 7).
"""


def one_snapshot() -> None:
    """Read everything as of one moment, whoever writes meanwhile; the first statement of a transaction only."""
    if connection.vendor == "postgresql" and connection.in_atomic_block and not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


@transaction.atomic
def make(school: School, *, on: date, by: Membership, at: datetime) -> Path:
    """Write a copy for the month of a day. If the month's last copy says the same already, that one is returned."""
    if not school.copies_folder:
        raise CopyRefusedError("Name a folder for the copies first.")
    folder, month = copy_files.root(school.copies_folder), rules.month_of(on)
    with copy_files.writing(folder, at) as copy:
        rows = _write(copy, school)
        made = Manifest(school.slug, school.name, at.isoformat(), _named(by), tuple(copy.files))
        same = _last_of_month(folder, school.slug, month)
        if same is not None and same[1].says_the_same(made):
            return same[0]
        _read_me(copy, school, made)
        copy.manifest(made)
        kept = copy_files.keep(copy, folder, school.slug, month)
    facts = {"copy": kept.name, "rows": rows, "manifest": copy_files.manifest_hash(kept)}
    record.write("registers copied", by=by, at=at, subject=f"copy:{month}", facts=facts)
    return kept


def _named(by: Membership) -> str:
    return by.role_name if by.user.name == by.role_name else f"{by.user.name}, {by.role_name}"


def _write(copy: Writing, school: School) -> int:
    """Every table of both registers, then those whom they name."""
    people: set[int] = set()
    copy.table(copy_tables.SCHOOL_FILE, copy_tables.SCHOOL_COLUMNS, [_school_row(school)])
    rows = sum(
        copy.table(name, [field.attname for field in copy_tables.fields_of(model)], _rows(model, school, people))
        for name, model in copy_tables.TABLES
    )
    named = User.objects.filter(pk__in=people).order_by("pk").values_list(*copy_tables.PEOPLE_COLUMNS)
    copy.table(copy_tables.PEOPLE_FILE, copy_tables.PEOPLE_COLUMNS, ([str(cell) for cell in row] for row in named))
    return rows


def _rows(model: type[models.Model], school: School, people: set[int]) -> Iterator[list[str]]:
    places = copy_tables.people_fields(model)
    for row in copy_tables.rows_of(model, school):
        people.update(row[place] for place in places if row[place] is not None)
        yield [copy_tables.written(value) for value in row]


def _school_row(school: School) -> Sequence[str]:
    return [copy_tables.written(getattr(school, name)) for name in copy_tables.SCHOOL_COLUMNS]


def _read_me(copy: Writing, school: School, made: Manifest) -> None:
    copy.read_me(READ_ME.format(name=school.name, made_at=made.made_at, made_by=made.made_by, slug=school.slug))


def _last_of_month(folder: Path, slug: str, month: str) -> tuple[Path, Manifest] | None:
    """The month's copy with the highest number, if it is whole."""
    found = [
        (named[1], path)
        for path in folder.iterdir()
        if path.is_dir() and (named := rules.read_name(slug, path.name)) is not None and named[0] == month
    ]
    if not found:
        return None
    path = max(found)[1]
    try:
        made = copy_files.manifest_of(path)
        copy_files.check_whole(path, made)
    except CopyRefusedError:
        return None
    return path, made


def ask_monthly(school: School, on: date, *, by: Membership, at: datetime) -> Job:
    """Ask for the copy of a day's month: once, however often it is asked for."""
    return _ask(school, on, rules.monthly_key(rules.month_of(on)), by=by, at=at)


def ask_now(school: School, on: date, *, by: Membership, at: datetime) -> Job:
    """Ask for a copy at once, whatever the month has already."""
    if not school.copies_folder:
        raise CopyRefusedError("Name a folder for the copies first.")
    return _ask(school, on, rules.now_key(at), by=by, at=at)


@transaction.atomic
def _ask(school: School, on: date, key: str, *, by: Membership, at: datetime) -> Job:
    is_new = not Job.objects.filter(school=school, key=key).exists()
    payload: dict[str, Any] = {"on": on.isoformat(), "by": by.pk}
    row = jobs.ask(school, kind=JOB_KIND, key=key, payload=payload, at=at)
    if is_new:
        record.write("copy asked for", by=by, at=at, subject=f"job:{row.pk}", facts={"on": on.isoformat()})
    return row
