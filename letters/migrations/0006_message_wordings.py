"""A school's own words for texts and e-mails; the database itself keeps every version as it was adopted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def add(apps, schema_editor):
    for event in ("UPDATE", "DELETE"):
        if schema_editor.connection.vendor == "postgresql":
            body = "FOR EACH ROW EXECUTE FUNCTION registers_refuse()"
        else:
            said = f"{event} on letters_messagewording is refused: it is kept as it was adopted"
            body = f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        name = f"letters_messagewording_no_{event.lower()}"
        schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {event} ON letters_messagewording {body}", params=None)


def remove(apps, schema_editor):
    on = " ON letters_messagewording" if schema_editor.connection.vendor == "postgresql" else ""
    for event in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER letters_messagewording_no_{event}{on}", params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('letters', '0005_steps_and_batches'),
        ('registers', '0002_append_only'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MessageWording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=40)),
                ('version', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('subject', models.CharField(max_length=300)),
                ('body', models.TextField()),
                ('adopted_at', models.DateTimeField()),
                ('adopted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registers.school')),
            ],
            options={
                'ordering': ['purpose', 'version'],
                'constraints': [models.UniqueConstraint(fields=('school', 'purpose', 'version'), name='message_wording_version_once')],
            },
        ),
        migrations.RunPython(add, remove),
    ]
