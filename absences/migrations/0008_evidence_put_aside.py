"""A file that lies with the wrong child is put aside; the database itself keeps that it was, as it was said."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "absences_evidenceaside"
OPERATIONS = ("UPDATE", "DELETE")


def add(apps, schema_editor):
    for operation in OPERATIONS:
        if schema_editor.connection.vendor == "postgresql":
            body = "FOR EACH ROW EXECUTE FUNCTION registers_refuse()"
        else:
            body = f"BEGIN SELECT RAISE(ABORT, '{operation} on {TABLE} is refused: it is kept for ever'); END"
        name = f"{TABLE}_no_{operation.lower()}"
        schema_editor.execute(f"CREATE TRIGGER {name} BEFORE {operation} ON {TABLE} {body}", params=None)


def remove(apps, schema_editor):
    for operation in OPERATIONS:
        on = f" ON {TABLE}" if schema_editor.connection.vendor == "postgresql" else ""
        schema_editor.execute(f"DROP TRIGGER {TABLE}_no_{operation.lower()}{on}")


class Migration(migrations.Migration):
    dependencies = [
        ("absences", "0007_longer_arrangements_kept"),
        ("registers", "0005_arrangement_held_until"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="EvidenceAside",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("why", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("role", models.CharField(max_length=20)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "evidence",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="aside", to="absences.evidence"
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="registers.school"
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunPython(add, remove),
    ]
