"""Sessions granted before they had rows of their own get them, and the database keeps what is evidence for ever."""

from django.db import migrations

TABLES = {
    # Its table was made anew on SQLite, which forgets what watched over it.
    "absences_leaverequest": ("DELETE",),
    "absences_leavesession": ("DELETE",),
    "absences_leavestep": ("UPDATE", "DELETE"),
    "absences_leavelink": ("DELETE",),
    "absences_sentrequest": ("DELETE",),
    "absences_evidence": ("DELETE",),
}
BEFORE = {"absences_leaverequest"}


def give_rows(apps, schema_editor):
    Request, Session, Mark = (
        apps.get_model(*name)
        for name in (("absences", "LeaveRequest"), ("absences", "LeaveSession"), ("registers", "Mark"))
    )
    for row in Request.objects.filter(state__in=["granted", "partly granted"]):
        marks = Mark.objects.filter(pupil=row.pupil_id, on__range=(row.first_on, row.last_on), code=row.code)
        places = [
            place
            for place in marks.order_by("on", "session").values_list("on", "session")
            if (row.first_on, row.first_session) <= place <= (row.last_on, row.last_session)
        ]
        Session.objects.bulk_create(
            Session(school_id=row.school_id, request=row, on=on, session=session)
            for on, session in places[: row.granted_sessions]
        )


def watch(apps, schema_editor):
    for table, operation in _all():
        name = f"{table}_no_{operation.lower()}"
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}", params=None)
            body = "FOR EACH ROW EXECUTE FUNCTION registers_refuse()"
        else:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)
            body = f"BEGIN SELECT RAISE(ABORT, '{operation} on {table} is refused: it is kept for ever'); END"
        schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {operation} ON {table} {body}", params=None)


def unwatch(apps, schema_editor):
    for table, operation in _all():
        if table in BEFORE:
            continue
        on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {table}_no_{operation.lower()}{on}")


def _all():
    return [(table, operation) for table, operations in TABLES.items() for operation in operations]


class Migration(migrations.Migration):
    dependencies = [("absences", "0003_leave_decided_by_session"), ("registers", "0004_parents_online")]
    operations = [
        migrations.RunPython(give_rows, migrations.RunPython.noop),
        migrations.RunPython(watch, unwatch),
    ]
