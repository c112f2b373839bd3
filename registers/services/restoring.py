"""Putting a copy of both registers back into a school that has none yet: who, in what role and when as they were."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast

from django.db import DataError, IntegrityError, models, transaction

from registers import bulk, copy_files, copy_tables
from registers.copy_files import Manifest
from registers.copy_tables import Field
from registers.models import Mark, Membership, School, User
from registers.rules.copies import CopyRefusedError
from registers.services import record

_BATCH = 5000
_SET_UP = frozenset({"terms.csv", "closures.csv", "session_times.csv"})
"""What a school set up from its file has already; the copy's own take its place."""

Numbers = dict[type[models.Model], dict[int, int]]
"""For each table, the number a row had in the copy and the one it has now."""


def check(folder: Path) -> Manifest:
    """What a copy holds, if it is whole and unchanged; CopyRefusedError otherwise."""
    made = copy_files.manifest_of(folder)
    wanted = {copy_tables.SCHOOL_FILE, copy_tables.PEOPLE_FILE, *(name for name, _ in copy_tables.TABLES)}
    if missing := sorted(wanted - {one.name for one in made.files}):
        raise CopyRefusedError(f"{folder.name} lacks {', '.join(missing)}. Choose another copy.")
    copy_files.check_whole(folder, made)
    for name, model in copy_tables.TABLES:
        known = {field.attname for field in copy_tables.fields_of(model)}
        if strange := sorted(set(copy_files.columns_of(folder, name)) - known):
            raise CopyRefusedError(
                f"{name} has columns that this version does not keep: {', '.join(strange)}. The copy is of a newer "
                "version: bring this site up to date first."
            )
    return made


def restore(school: School, folder: Path, *, by: Membership, at: datetime) -> dict[str, int]:
    """Put a copy back, all or nothing, and say how many rows of each table it was.

    Raises CopyRefusedError if the copy is not whole or the school has pupils, classes or marks already.
    """
    made = check(folder)
    try:
        return _restore(school, folder, made, by, at)
    except (ValueError, TypeError, LookupError, AttributeError, csv.Error, DataError, IntegrityError) as error:
        # Whole by its hashes, and yet no copy of ours: somebody wrote a manifest to suit.
        raise CopyRefusedError(f"{folder.name} holds what no register does. Choose another copy.") from error


@transaction.atomic
def _restore(school: School, folder: Path, made: Manifest, by: Membership, at: datetime) -> dict[str, int]:
    School.objects.select_for_update().get(pk=school.pk)
    _check_empty(school)
    numbers: Numbers = {User: _people(folder)}
    _school(school, folder)
    counts = {}
    for name, model in copy_tables.TABLES:
        if name in _SET_UP:
            model._default_manager.filter(school=school).delete()
        counts[name] = _table(school, folder, name, model, numbers)
        wanted = next(one.rows for one in made.files if one.name == name)
        if counts[name] != wanted:
            raise CopyRefusedError(f"{name} has {counts[name]} rows; the manifest says {wanted}. Choose another copy.")
    record.write("registers restored", by=by, at=at, facts={"copy": folder.name, "rows": sum(counts.values())})
    return counts


def _check_empty(school: School) -> None:
    for name, model in copy_tables.TABLES:
        if name not in _SET_UP and model._default_manager.filter(school=school).exists():
            raise CopyRefusedError(
                f"{school.name} has {model._meta.verbose_name_plural} already. A copy is restored into a school "
                "without pupils, classes or marks: make one with another short name, or use an empty database."
            )


def _people(folder: Path) -> dict[int, int]:
    """Everybody the registers name, found by e-mail address or made without a way to sign in."""
    found: dict[int, int] = {}
    for row in copy_files.read_table(folder, copy_tables.PEOPLE_FILE):
        user = User.objects.filter(email__iexact=row["email"]).first()
        if user is None:
            user = User.objects.create_user(email=row["email"], name=row["name"])
            User.objects.filter(pk=user.pk).update(is_active=False)
        found[int(row["id"])] = user.pk
    return found


def _school(school: School, folder: Path) -> None:
    """The school's own particulars as the copy has them, but for the short name it is restored under."""
    row = next(copy_files.read_table(folder, copy_tables.SCHOOL_FILE))
    values = {
        name: copy_tables.read(row[name], cast(Field, School._meta.get_field(name)))
        for name in copy_tables.SCHOOL_COLUMNS
        if name != "slug"
    }
    School.objects.filter(pk=school.pk).update(**values)


def _table(school: School, folder: Path, name: str, model: type[models.Model], numbers: Numbers) -> int:
    fields = [field for field in copy_tables.fields_of(model) if not field.primary_key]
    rows = ((int(row["id"]), _values(row, fields, numbers, model)) for row in copy_files.read_table(folder, name))
    if model is Mark:
        return _marks(school, fields, rows, numbers)
    known = numbers.setdefault(model, {})
    number = 0
    for batch in _batches(rows):
        number += len(batch)
        waiting = batch
        while waiting:
            # A row that points at another of its own table waits until that one is in.
            ready = [(old, values) for old, values in waiting if not _waits(model, values, known)]
            if not ready:
                raise CopyRefusedError(f"A row of {name} points at one that is not there. Choose another copy.")
            made = model._default_manager.bulk_create(
                [model(school=school, **_linked(model, values, known)) for _, values in ready], batch_size=200
            )
            known.update({old: row.pk for (old, _), row in zip(ready, made, strict=True)})
            done = {old for old, _ in ready}
            waiting = [(old, values) for old, values in waiting if old not in done]
    return number


def _values(
    row: Mapping[str, str], fields: Iterable[Field], numbers: Numbers, model: type[models.Model]
) -> dict[str, Any]:
    """A row's values by column, with the numbers its links have now; a link to its own table is left as it was."""
    found = {}
    for field in fields:
        if field.attname not in row:
            continue  # a column that came after the copy was made keeps its default
        value = copy_tables.read(row[field.attname], field)
        target = field.related_model
        if value is not None and isinstance(target, type) and target is not model:
            try:
                value = numbers[target][value]
            except KeyError:
                raise CopyRefusedError("The copy’s tables do not belong together. Choose another copy.") from None
        found[field.attname] = value
    return found


def _own_links(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.related_model is model]


def _waits(model: type[models.Model], values: Mapping[str, Any], known: Mapping[int, int]) -> bool:
    return any(values[name] is not None and values[name] not in known for name in _own_links(model))


def _linked(model: type[models.Model], values: dict[str, Any], known: Mapping[int, int]) -> dict[str, Any]:
    own = {name: known[values[name]] for name in _own_links(model) if values[name] is not None}
    return values | own


def _marks(school: School, fields: list[Field], rows: Iterator[tuple[int, dict[str, Any]]], numbers: Numbers) -> int:
    """The attendance register, many times quicker than a row at a time, and then where each mark stands now."""
    places: dict[tuple[int, Any, str], int] = {}
    number = 0
    for batch in _batches(rows):
        names = list(batch[0][1])
        bulk.insert(Mark, school.pk, names, ([values[name] for name in names] for _, values in batch))
        for old, values in batch:
            places[(values["pupil_id"], values["on"], values["session"])] = old
        number += len(batch)
    standing = Mark.objects.filter(school=school).values_list("pk", "pupil_id", "on", "session")
    numbers[Mark] = {
        places[(pupil_id, on, session)]: pk for pk, pupil_id, on, session in standing.iterator(chunk_size=_BATCH)
    }
    return number


def _batches(rows: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch
