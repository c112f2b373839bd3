"""Every school there is gets the part in whose name it records what a parent sends by a link; new ones have it."""

from django.db import migrations

ONLINE = "online"


def add(apps, schema_editor):
    User, Membership, School = (apps.get_model("registers", name) for name in ("User", "Membership", "School"))
    for nightly in Membership.objects.filter(role="nightly", school__in=School.objects.all()).order_by("pk"):
        user, _ = User.objects.get_or_create(
            email=f"{ONLINE}@system.invalid", defaults={"name": "Parent, online", "is_active": False, "password": "!"}
        )
        Membership.objects.get_or_create(
            user=user, school_id=nightly.school_id, role=ONLINE, defaults={"starts_on": nightly.starts_on}
        )


class Migration(migrations.Migration):
    dependencies = [("registers", "0003_an_arrangement_can_end")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
