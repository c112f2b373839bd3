"""A letter that speaks of several children of a household, and the database's promise about it once it is issued."""

import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = (("no_delete", "DELETE", ""), ("no_update_once_issued", "UPDATE OF {columns}", "{frozen}"))
FROZEN = "OLD.state IN ('issued', 'sent', 'withdrawn')"
BEFORE = (
    "school_id, pupil_id, kind, wording_id, addressees, address, signatory, facts, given, certificate_first_on, "
    "certificate_last_on, because, body, drafted_at, drafted_by_id, issued_on, issued_at, issued_by_id, issued_role, "
    "pdf_path, sha256, item_id, counted_on, sessions, repeat_reason, checked_at, checked_by_id, checked_role, "
    "approved_at, approved_by_id, approved_role, pages"
)
NOW = f"{BEFORE}, shared_id"


def _add(schema_editor, columns):
    for name, event, condition in TRIGGERS:
        event, condition = event.format(columns=columns), condition.format(frozen=FROZEN)
        if schema_editor.connection.vendor == "postgresql":
            when = f"WHEN ({condition}) " if condition else ""
            body = f"FOR EACH ROW {when}EXECUTE FUNCTION registers_refuse()"
        else:
            when = f"WHEN {condition} " if condition else ""
            said = f"{event.split()[0]} on letters_letter is refused: it is kept as it was sent"
            body = f"{when}BEGIN SELECT RAISE(ABORT, '{said}'); END"
        schema_editor.execute(f"CREATE TRIGGER letters_letter_{name} BEFORE {event} ON letters_letter {body}", params=None)


def take_off(apps, schema_editor):
    for name, _event, _condition in TRIGGERS:
        on = " ON letters_letter" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS letters_letter_{name}{on}", params=None)


def put_on(apps, schema_editor):
    _add(schema_editor, NOW)


def put_back(apps, schema_editor):
    _add(schema_editor, BEFORE)


class Migration(migrations.Migration):
    dependencies = [("letters", "0008_letterhead"), ("registers", "0002_append_only")]
    operations = [
        # SQLite makes the table anew for a constraint, and its triggers go with the old one.
        migrations.RunPython(take_off, put_back),
        migrations.AddField(
            model_name="letter",
            name="shared",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parts",
                to="letters.letter",
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(("shared__isnull", True))
                | models.Q(("shared", models.F("pk")), _negated=True),
                name="letter_shared_with_another",
            ),
        ),
        migrations.RunPython(put_on, take_off),
    ]
