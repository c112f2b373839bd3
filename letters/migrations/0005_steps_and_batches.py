"""The steps of a letter from draft to post, with who took each and when, and letters of many pupils at once."""

import datetime
import django.db.models.deletion
import letters.rules.batches
from django.conf import settings
from django.db import migrations, models


TRIGGERS = (("no_delete", "DELETE", ""), ("no_update_once_issued", "UPDATE OF {columns}", "{frozen}"))
BEFORE = (
    "school_id, pupil_id, kind, wording_id, addressees, address, signatory, facts, given, certificate_first_on, "
    "certificate_last_on, because, body, drafted_at, drafted_by_id, issued_on, issued_at, issued_by_id, issued_role, "
    "pdf_path, sha256"
)
NOW = (
    f"{BEFORE}, item_id, counted_on, sessions, repeat_reason, checked_at, checked_by_id, checked_role, approved_at, "
    "approved_by_id, approved_role, pages"
)


def _add(schema_editor, columns, states):
    for name, event, condition in TRIGGERS:
        event, condition = event.format(columns=columns), condition.format(frozen=f"OLD.state IN ({states})")
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
    _add(schema_editor, NOW, "'issued', 'sent', 'withdrawn'")


def put_back(apps, schema_editor):
    _add(schema_editor, BEFORE, "'issued', 'withdrawn'")


def fill(apps, schema_editor):
    """A letter of before was checked and approved by whoever issued it; what it was counted from was not kept."""
    schema_editor.execute(
        "UPDATE letters_letter SET checked_at = issued_at, checked_by_id = issued_by_id, checked_role = issued_role, "
        "approved_at = issued_at, approved_by_id = issued_by_id, approved_role = issued_role "
        "WHERE issued_at IS NOT NULL"
    )
    schema_editor.execute(
        "UPDATE letters_letter SET counted_on = COALESCE(certificate_last_on, issued_on, DATE(drafted_at))"
    )
    _settle_constraints(schema_editor)


def _settle_constraints(schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # What a deferred constraint has still to look at would stop the next change of the table.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def unsay(apps, schema_editor):
    """Back: what was checked or approved is a draft again, and what was sent counts as issued."""
    nobody = "{0}_at = NULL, {0}_by_id = NULL, {0}_role = ''"
    schema_editor.execute(
        f"UPDATE letters_letter SET state = 'draft', {nobody.format('checked')}, {nobody.format('approved')} "
        "WHERE state IN ('checked', 'approved')"
    )
    schema_editor.execute(
        f"UPDATE letters_letter SET state = CASE state WHEN 'sent' THEN 'issued' ELSE state END, sent_on = NULL, "
        f"sent_how = '', {nobody.format('sent')} WHERE sent_at IS NOT NULL"
    )
    _settle_constraints(schema_editor)


class Migration(migrations.Migration):

    dependencies = [
        ('letters', '0004_messages_kept_as_sent'),
        ('registers', '0002_append_only'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # SQLite makes a changed table anew and forgets its triggers: they are taken off, and put on at the end.
        migrations.RunPython(take_off, put_back),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('state', models.CharField(default=letters.rules.batches.BatchState['WRITING'], max_length=10)),
                ('written_for', models.DateField()),
                ('round', models.PositiveSmallIntegerField(default=0)),
                ('two_sided', models.BooleanField(default=False)),
                ('started_at', models.DateTimeField()),
                ('started_role', models.CharField(max_length=20)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('checked_role', models.CharField(blank=True, max_length=20)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('approved_role', models.CharField(blank=True, max_length=20)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_role', models.CharField(blank=True, max_length=20)),
                ('print_path', models.CharField(blank=True, max_length=200)),
                ('print_sha256', models.CharField(blank=True, max_length=64)),
                ('print_pages', models.PositiveIntegerField(blank=True, null=True)),
                ('print_round', models.PositiveSmallIntegerField(default=0)),
                ('print_refused', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='BatchItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('class_name', models.CharField(blank=True, max_length=40)),
                ('because', models.CharField(blank=True, max_length=60)),
                ('state', models.CharField(default=letters.rules.batches.ItemState['WAITING'], max_length=10)),
                ('why', models.CharField(blank=True, max_length=600)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='letter',
            name='letter_state_known',
        ),
        migrations.RemoveConstraint(
            model_name='letter',
            name='letter_issued_by_somebody',
        ),
        migrations.AddField(
            model_name='letter',
            name='approved_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='letter',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='letter',
            name='approved_role',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='letter',
            name='checked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='letter',
            name='checked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='letter',
            name='checked_role',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='letter',
            name='counted_on',
            field=models.DateField(default=datetime.date(2000, 1, 1)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='letter',
            name='pages',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='letter',
            name='repeat_reason',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='letter',
            name='sent_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='letter',
            name='sent_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='letter',
            name='sent_how',
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name='letter',
            name='sent_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='letter',
            name='sent_role',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='letter',
            name='sessions',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='batch',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='batch',
            name='cancelled_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='batch',
            name='checked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='batch',
            name='school',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registers.school'),
        ),
        migrations.AddField(
            model_name='batch',
            name='started_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='batch',
            name='wording',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='letters.wording'),
        ),
        migrations.AddField(
            model_name='batchitem',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='letters.batch'),
        ),
        migrations.AddField(
            model_name='batchitem',
            name='pupil',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registers.pupil'),
        ),
        migrations.AddField(
            model_name='batchitem',
            name='school',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registers.school'),
        ),
        migrations.AddField(
            model_name='letter',
            name='item',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='letters.batchitem'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'checked', 'approved', 'issued', 'sent', 'dropped', 'withdrawn'])), name='letter_state_known'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('issued_at__isnull', False), ('issued_by__isnull', False), ('issued_on__isnull', False), ('state__in', ['issued', 'sent', 'withdrawn']), models.Q(('issued_role', ''), _negated=True), models.Q(('pdf_path', ''), _negated=True), models.Q(('sha256', ''), _negated=True)), models.Q(models.Q(('state__in', ['issued', 'sent', 'withdrawn']), _negated=True), ('issued_at__isnull', True), ('issued_by__isnull', True), ('issued_on__isnull', True), ('issued_role', ''), ('pdf_path', ''), ('sha256', '')), _connector='OR'), name='letter_issued_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('checked_at__isnull', False), ('checked_by__isnull', False), models.Q(('checked_role', ''), _negated=True), models.Q(('state__in', ['draft']), _negated=True)), models.Q(('checked_at__isnull', True), ('checked_by__isnull', True), ('checked_role', ''), models.Q(('state__in', ['approved', 'checked', 'issued', 'sent', 'withdrawn']), _negated=True)), _connector='OR'), name='letter_checked_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('approved_role', ''), _negated=True), models.Q(('state__in', ['checked', 'draft']), _negated=True)), models.Q(('approved_at__isnull', True), ('approved_by__isnull', True), ('approved_role', ''), models.Q(('state__in', ['approved', 'issued', 'sent', 'withdrawn']), _negated=True)), _connector='OR'), name='letter_approved_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('sent_by__isnull', False), models.Q(('sent_role', ''), _negated=True), models.Q(('state__in', ['approved', 'checked', 'draft', 'dropped', 'issued']), _negated=True)), models.Q(('sent_at__isnull', True), ('sent_by__isnull', True), ('sent_role', ''), models.Q(('state__in', ['sent']), _negated=True)), _connector='OR'), name='letter_sent_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', True), ('sent_how', ''), ('sent_on__isnull', True)), models.Q(('sent_at__isnull', False), ('sent_on__isnull', False), models.Q(('sent_how', ''), _negated=True)), _connector='OR'), name='letter_sent_somehow'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(fields=['school', 'state'], name='batch_by_state'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['writing', 'open', 'checked', 'running', 'done', 'cancelled'])), name='batch_state_known'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['running', 'done']), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('approved_role', ''), _negated=True)), _connector='OR'), name='batch_approved_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['checked', 'running', 'done']), _negated=True), models.Q(('checked_at__isnull', False), ('checked_by__isnull', False), models.Q(('checked_role', ''), _negated=True)), _connector='OR'), name='batch_checked_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at__isnull', False), ('cancelled_by__isnull', False), ('state', 'cancelled'), models.Q(('cancelled_role', ''), _negated=True)), models.Q(models.Q(('state', 'cancelled'), _negated=True), ('cancelled_at__isnull', True), ('cancelled_by__isnull', True), ('cancelled_role', '')), _connector='OR'), name='batch_cancelled_by_somebody'),
        ),
        migrations.AddIndex(
            model_name='batchitem',
            index=models.Index(fields=['batch', 'state'], name='batch_item_by_state'),
        ),
        migrations.AddConstraint(
            model_name='batchitem',
            constraint=models.UniqueConstraint(fields=('batch', 'pupil'), name='batch_pupil_once'),
        ),
        migrations.AddConstraint(
            model_name='batchitem',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'written', 'refused', 'dropped', 'issued', 'failed'])), name='batch_item_state_known'),
        ),
        migrations.AddConstraint(
            model_name='batchitem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['refused', 'failed']), _negated=True), models.Q(('why', ''), _negated=True), _connector='OR'), name='batch_item_says_why'),
        ),
        # Undone first, before the constraints of the states of before stand again.
        migrations.RunPython(put_on, take_off),
        migrations.RunPython(migrations.RunPython.noop, unsay),
    ]
