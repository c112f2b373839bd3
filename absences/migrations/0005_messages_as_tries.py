"""A text or e-mail that was released is a try to reach a family, and says itself what became of it."""

import django.db.models.deletion
from django.db import migrations, models


def keep_nothing(apps, schema_editor):
    """On the way forward a column is added, and every trigger stays."""


def put_triggers_back(apps, schema_editor):
    """On the way back SQLite makes the table anew, and would lose what keeps its rows."""
    if schema_editor.connection.vendor != "sqlite":
        return
    for operation in ("UPDATE", "DELETE"):
        body = f"BEGIN SELECT RAISE(ABORT, '{operation} on absences_contactattempt is refused: it is kept for ever'); END"
        name = f"absences_contactattempt_no_{operation.lower()}"
        schema_editor.execute(
            f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {operation} ON absences_contactattempt {body}", params=None
        )


class Migration(migrations.Migration):

    dependencies = [
        ('absences', '0004_leave_kept_for_ever'),
        ('letters', '0006_message_wordings'),
    ]

    operations = [
        # First, so that on the way back it comes last.
        migrations.RunPython(keep_nothing, put_triggers_back),
        migrations.AddField(
            model_name='contactattempt',
            name='message',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='letters.message'),
        ),
    ]
