"""The database itself refuses to change or delete what is append-only, and to delete a mark."""

from django.db import migrations

TABLES = {
    "registers_amendment": ("UPDATE", "DELETE"),
    "registers_admissionchange": ("UPDATE", "DELETE"),
    "registers_event": ("UPDATE", "DELETE"),
    "registers_mark": ("DELETE",),
    "registers_settlement": ("UPDATE", "DELETE"),
    "registers_sighting": ("UPDATE", "DELETE"),
    "registers_siteevent": ("UPDATE", "DELETE"),
}

# What a row of each table may be told from another by: SQLite's REPLACE deletes whatever meets one of these.
KEYS = {
    "registers_amendment": ("id = NEW.id", "mark_id = NEW.mark_id AND version = NEW.version"),
    "registers_admissionchange": ("id = NEW.id",),
    "registers_event": ("id = NEW.id",),
    "registers_settlement": ("id = NEW.id", "mark_id = NEW.mark_id AND version = NEW.version AND seen = NEW.seen AND at = NEW.at"),
    "registers_sighting": ("id = NEW.id",),
    "registers_siteevent": ("id = NEW.id", "cancels_id = NEW.cancels_id"),
    "registers_mark": ("id = NEW.id", 'pupil_id = NEW.pupil_id AND "on" = NEW."on" AND session = NEW.session'),
}


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION registers_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% on % is refused: the record is append-only', TG_OP, TG_TABLE_NAME; END $$",
            params=None,
        )
    for table, operations in TABLES.items():
        for operation in operations:
            name = f"{table}_no_{operation.lower()}"
            if schema_editor.connection.vendor == "postgresql":
                body = "FOR EACH ROW EXECUTE FUNCTION registers_refuse()"
            else:
                body = f"BEGIN SELECT RAISE(ABORT, '{operation} on {table} is refused: the record is append-only'); END"
            schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {operation} ON {table} {body}", params=None)
        if schema_editor.connection.vendor == "sqlite":
            # REPLACE deletes the old row without asking the triggers above.
            stands = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in KEYS[table])
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {stands} "
                f"BEGIN SELECT RAISE(ABORT, 'UNIQUE: a row on {table} stands already and is append-only'); END",
                params=None,
            )


def remove(apps, schema_editor):
    for table, operations in TABLES.items():
        for operation in operations:
            on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
            schema_editor.execute(f"DROP TRIGGER {table}_no_{operation.lower()}{on}")
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER {table}_no_replace")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION registers_refuse()")


class Migration(migrations.Migration):
    dependencies = [("registers", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
