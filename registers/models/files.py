from django.db import models
from django.db.models import Q

from registers.models.people import User
from registers.rules.import_files import FileKind, FileState
from registers.scope import SchoolOwned


class ImportFile(SchoolOwned):
    """A file somebody uploaded, kept under a random name until it is taken in or dropped; then only this row stays.

    `mapping` says which of the file's columns stands for which of ours; `report` what taking it in did.
    """

    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    stored = models.CharField(max_length=40, unique=True)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default=FileState.UPLOADED)
    report = models.JSONField(default=dict)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_role = models.CharField(max_length=20)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[str(kind) for kind in FileKind]), name="import_file_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in FileState]), name="import_file_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
