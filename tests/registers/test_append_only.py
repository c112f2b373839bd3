"""The database itself keeps the record: amendments and events neither change nor go, and a mark never goes."""

import contextlib
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from registers.models import Amendment, Event, Mark, Membership, School
from registers.queries import calendars
from registers.rules.marks import Door
from registers.rules.sessions import Session
from registers.services import marks, record
from registers.services.marks import Entry
from tests import builders

STATEMENTS = {
    "amendment-update": "UPDATE registers_amendment SET reason = 'nothing'",
    "amendment-update-one-column-of-one": "UPDATE registers_amendment SET new_code = '/' WHERE version = 2",
    "amendment-delete": "DELETE FROM registers_amendment",
    "event-update": "UPDATE registers_event SET kind = 'nothing'",
    "event-delete": "DELETE FROM registers_event WHERE kind = 'tested'",
    "mark-delete": "DELETE FROM registers_mark",
}


@pytest.fixture
def amended(school: School, office: Membership) -> Mark:
    """A mark with one amendment, and an event."""
    pupil = builders.pupil(school)
    mark = builders.mark(pupil, builders.TODAY, Session.AM, "N")
    marks.enter(
        school,
        calendars.of(school),
        [Entry(pupil.pk, builders.TODAY, Session.AM, "I")],
        door=Door.OFFICE,
        reason="Rang",
        today=builders.TODAY,
        by=office,
        at=builders.AT,
    )
    record.write("tested", by=office, at=builders.AT)
    return mark


def _standing() -> tuple[list[object], ...]:
    return tuple(list(model.objects.order_by("pk").values()) for model in (Mark, Amendment, Event))


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_is_refused_and_changes_nothing(amended: Mark, statement: str) -> None:
    before = _standing()
    with (
        pytest.raises(DatabaseError, match="refused: the record is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert _standing() == before


def test_the_programs_own_ways_are_refused_too(amended: Mark) -> None:
    before = _standing()
    amendment, event = amended.amendments.get(), Event.objects.get(kind="tested")
    for attempt in (
        lambda: Amendment.objects.update(reason="nothing"),
        lambda: Amendment.objects.bulk_update([amendment], ["reason"]),
        amendment.save,
        amendment.delete,
        lambda: Event.objects.all().delete(),
        event.save,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    with pytest.raises(DatabaseError), transaction.atomic():
        Mark.objects.filter(pk__in=[builders.mark(amended.pupil, builders.TODAY, Session.PM, "N").pk]).delete()
    assert _standing() == before


@pytest.mark.parametrize("model", [Amendment, Mark, Event])
@pytest.mark.parametrize("told", ["with-its-id", "without-an-id"])
def test_replacing_a_row_is_refused(amended: Mark, model: type[Model], told: str) -> None:
    """SQLite's REPLACE deletes whatever row is in its way, by id or by another key, without asking every trigger."""
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite knows REPLACE")
    before = _standing()
    table = model._meta.db_table
    columns = [field.column for field in model._meta.fields if told == "with-its-id" or field.column != "id"]
    names = ", ".join(f'"{name}"' for name in columns)
    with contextlib.suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'REPLACE INTO "{table}" ({names}) SELECT {names} FROM "{table}" LIMIT 1')  # noqa: S608
    after = _standing()
    assert [rows[: len(kept)] for rows, kept in zip(after, before, strict=True)] == list(before)


def test_the_triggers_go_and_come_back_with_their_migration(db: None) -> None:
    migration = import_module("registers.migrations.0002_append_only")
    before = _triggers()
    assert len(before) >= 5
    editor = SimpleNamespace(connection=connection, execute=_execute)
    migration.remove(None, editor)
    assert _triggers() == []
    migration.add(None, editor)
    assert _triggers() == before


def _triggers() -> list[str]:
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'registers%' ORDER BY name",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'registers%' ORDER BY tgname",
    }
    with connection.cursor() as cursor:
        cursor.execute(catalogue[connection.vendor])
        return [name for (name,) in cursor.fetchall()]


def _execute(statement: str, params: None = None) -> None:
    """Run a migration's statement, but leave the function that the triggers of later apps call as well."""
    if statement.startswith(("CREATE FUNCTION", "DROP FUNCTION")):
        return
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def test_a_mark_and_its_pupil_are_kept_while_the_record_speaks_of_them(amended: Mark) -> None:
    for row in (amended.pupil, amended.school, amended.recorded_by):
        with pytest.raises(DatabaseError), transaction.atomic():
            _delete_unasked(row)


def _delete_unasked(row: Model) -> None:
    """Delete a row behind the program's back; PostgreSQL looks at what refers to it when it is asked to."""
    type(row)._base_manager.filter(pk=row.pk)._raw_delete("default")
    connection.check_constraints()


def test_an_amendment_of_the_same_version_is_not_written_twice(amended: Mark) -> None:
    amendment = amended.amendments.get()
    amendment.pk = None
    with pytest.raises(DatabaseError), transaction.atomic():
        amendment.save()


def test_a_second_mark_for_the_same_session_is_refused(amended: Mark) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        builders.mark(amended.pupil, amended.on, Session.AM, "/")


@pytest.mark.parametrize("change", [{"code": "A"}, {"code": ""}, {"session": "EV"}, {"session": ""}], ids=str)
def test_what_no_register_knows_is_refused(amended: Mark, change: dict[str, str]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Mark.objects.filter(pk=amended.pk).update(**change)
