"""The database itself refuses to delete what is evidence for six years, and to change a return that was answered."""

from django.db import migrations

TABLES = {
    "absences_contactattempt": ("UPDATE", "DELETE"),
    "absences_evidencewanted": ("DELETE",),
    "absences_leaverequest": ("DELETE",),
    "absences_reason": ("DELETE",),
    "absences_return": ("UPDATE", "DELETE"),
}


def add(apps, schema_editor):
    for table, operation in _all():
        if schema_editor.connection.vendor == "postgresql":
            body = "FOR EACH ROW EXECUTE FUNCTION registers_refuse()"
        else:
            body = f"BEGIN SELECT RAISE(ABORT, '{operation} on {table} is refused: it is kept for ever'); END"
        name = f"{table}_no_{operation.lower()}"
        schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {operation} ON {table} {body}", params=None)


def remove(apps, schema_editor):
    for table, operation in _all():
        on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {table}_no_{operation.lower()}{on}")


def _all():
    return [(table, operation) for table, operations in TABLES.items() for operation in operations]


class Migration(migrations.Migration):
    # The function that refuses on PostgreSQL comes with the registers' own triggers.
    dependencies = [("absences", "0001_initial"), ("registers", "0002_append_only")]
    operations = [migrations.RunPython(add, remove)]
