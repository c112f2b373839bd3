"""Which tables make up a copy of both registers, in the order in which they can be put back."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, TypeAlias

from django.db import models

from registers.models import (
    AdmissionChange,
    Amendment,
    Arrangement,
    ClassPlace,
    ClassTeacher,
    Closure,
    Contact,
    DisruptedClass,
    Disruption,
    Mark,
    Parent,
    Pupil,
    RegisterTaken,
    School,
    SchoolClass,
    SessionTimes,
    Settlement,
    Sighting,
    SiteEvent,
    Term,
    User,
)

TABLES: tuple[tuple[str, type[models.Model]], ...] = (
    ("terms.csv", Term),
    ("closures.csv", Closure),
    ("session_times.csv", SessionTimes),
    ("classes.csv", SchoolClass),
    ("class_teachers.csv", ClassTeacher),
    ("pupils.csv", Pupil),
    ("class_places.csv", ClassPlace),
    ("parents.csv", Parent),
    ("contacts.csv", Contact),
    ("admission_changes.csv", AdmissionChange),
    ("arrangements.csv", Arrangement),
    ("closures_unexpected.csv", Disruption),
    ("closures_unexpected_classes.csv", DisruptedClass),
    ("marks.csv", Mark),
    ("amendments.csv", Amendment),
    ("sightings.csv", Sighting),
    ("settlements.csv", Settlement),
    ("registers_taken.csv", RegisterTaken),
    ("site_events.csv", SiteEvent),
)
SCHOOL_FILE, PEOPLE_FILE = "school.csv", "people.csv"
PEOPLE_COLUMNS = ("id", "email", "name")
SCHOOL_COLUMNS = (
    *("slug", "name", "phase", "proprietor", "local_authority", "local_authority_code", "establishment", "address"),
    *("telephone", "email", "late_from_start"),
)

Field: TypeAlias = "models.Field[Any, Any]"


def fields_of(model: type[models.Model]) -> list[Field]:
    """The columns of a table that a copy keeps: all but the school, which is the copy's own."""
    return [field for field in model._meta.concrete_fields if field.attname != "school_id"]


def people_fields(model: type[models.Model]) -> list[int]:
    """Where among the columns of a table somebody's number stands."""
    return [place for place, field in enumerate(fields_of(model)) if field.related_model is User]


def written(value: Any) -> str:
    """A value as a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    return value.isoformat() if isinstance(value, date | datetime | time) else str(value)


def read(cell: str, field: Field) -> Any:
    """A cell as the value of a column; nothing is nothing only where a column may hold nothing."""
    if cell == "" and field.null:
        return None
    if isinstance(field, models.BooleanField):
        return cell == "Y"
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat(cell)
    if isinstance(field, models.DateField):
        return date.fromisoformat(cell)
    if isinstance(field, models.TimeField):
        return time.fromisoformat(cell)
    if isinstance(field, models.IntegerField | models.ForeignKey | models.OneToOneField):
        return int(cell)
    return cell


def rows_of(model: type[models.Model], school: School) -> Iterator[Sequence[Any]]:
    """Every row of a table of one school, oldest first, its values in the order of `fields_of`."""
    rows = model._default_manager.filter(school=school).order_by("pk")
    return rows.values_list(*(field.attname for field in fields_of(model))).iterator(chunk_size=5000)
