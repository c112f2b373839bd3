"""The database itself keeps what was sent: no letter or wording is deleted, no wording changed, no issued letter altered."""

from django.db import migrations

FROZEN = "OLD.state IN ('issued', 'withdrawn')"
COLUMNS = (
    "school_id, pupil_id, kind, wording_id, addressees, address, signatory, facts, given, certificate_first_on, "
    "certificate_last_on, because, body, drafted_at, drafted_by_id, issued_on, issued_at, issued_by_id, issued_role, "
    "pdf_path, sha256"
)
TRIGGERS = (
    ("letters_wording", "no_update", "UPDATE", ""),
    ("letters_wording", "no_delete", "DELETE", ""),
    ("letters_letter", "no_delete", "DELETE", ""),
    ("letters_letter", "no_update_once_issued", f"UPDATE OF {COLUMNS}", FROZEN),
)


def add(apps, schema_editor):
    for table, name, event, condition in TRIGGERS:
        if schema_editor.connection.vendor == "postgresql":
            when = f"WHEN ({condition}) " if condition else ""
            body = f"FOR EACH ROW {when}EXECUTE FUNCTION registers_refuse()"
        else:
            when = f"WHEN {condition} " if condition else ""
            said = f"{event.split()[0]} on {table} is refused: it is kept as it was sent"
            body = f"{when}BEGIN SELECT RAISE(ABORT, '{said}'); END"
        schema_editor.execute(f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} {body}", params=None)


def remove(apps, schema_editor):
    for table, name, _event, _condition in TRIGGERS:
        on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {table}_{name}{on}", params=None)


class Migration(migrations.Migration):
    # The function that refuses on PostgreSQL comes with the registers' own triggers.
    dependencies = [("letters", "0001_initial"), ("registers", "0002_append_only")]
    operations = [migrations.RunPython(add, remove)]
