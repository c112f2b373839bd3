"""The database itself refuses to delete what was arranged, planned or looked for, and to change what was answered."""

from django.db import migrations

# What the migration before remakes on SQLite loses its triggers there.
REMADE = {"absences_return": ("UPDATE", "DELETE")}
TABLES = {
    "absences_longarrangement": ("DELETE",),
    "absences_parttimeterms": ("DELETE",),
    "absences_parttimereview": ("UPDATE", "DELETE"),
    "absences_supportplan": ("DELETE",),
    "absences_supportreview": ("UPDATE", "DELETE"),
    "absences_illnessanswer": ("UPDATE", "DELETE"),
    "absences_missingchild": ("DELETE",),
    "absences_enquiry": ("UPDATE", "DELETE"),
}


def add(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for table, operation in _all(TABLES) + (_all(REMADE) if is_sqlite else []):
        if not is_sqlite:
            body = "FOR EACH ROW EXECUTE FUNCTION registers_refuse()"
        else:
            body = f"BEGIN SELECT RAISE(ABORT, '{operation} on {table} is refused: it is kept for ever'); END"
        name = f"{table}_no_{operation.lower()}"
        if is_sqlite:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)
        schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {operation} ON {table} {body}", params=None)


def remove(apps, schema_editor):
    for table, operation in _all(TABLES):
        on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {table}_no_{operation.lower()}{on}")


def _all(tables):
    return [(table, operation) for table, operations in tables.items() for operation in operations]


class Migration(migrations.Migration):
    dependencies = [("absences", "0006_longer_arrangements"), ("registers", "0002_append_only")]
    operations = [migrations.RunPython(add, remove)]
