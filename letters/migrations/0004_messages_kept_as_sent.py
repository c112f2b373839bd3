"""The database itself keeps what was sent: no message is deleted, and none that was released changes its words."""

from django.db import migrations

COLUMNS = "school_id, purpose, key, channel, parent_id, subject, body, attachment_id, prepared_at, prepared_by_id"
TRIGGERS = (
    ("no_delete", "DELETE", ""),
    ("no_update_once_released", f"UPDATE OF {COLUMNS}", "OLD.releases > 0"),
)


def add(apps, schema_editor):
    for name, event, condition in TRIGGERS:
        if schema_editor.connection.vendor == "postgresql":
            when = f"WHEN ({condition}) " if condition else ""
            body = f"FOR EACH ROW {when}EXECUTE FUNCTION registers_refuse()"
        else:
            when = f"WHEN {condition} " if condition else ""
            said = f"{event.split()[0]} on letters_message is refused: it is kept as it was sent"
            body = f"{when}BEGIN SELECT RAISE(ABORT, '{said}'); END"
        schema_editor.execute(
            f"CREATE TRIGGER letters_message_{name} BEFORE {event} ON letters_message {body}", params=None
        )


def remove(apps, schema_editor):
    on = " ON letters_message" if schema_editor.connection.vendor == "postgresql" else ""
    for name, _event, _condition in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER letters_message_{name}{on}", params=None)


class Migration(migrations.Migration):
    # The function that refuses on PostgreSQL comes with the registers' own triggers.
    dependencies = [("letters", "0003_messages"), ("registers", "0002_append_only")]
    operations = [migrations.RunPython(add, remove)]
