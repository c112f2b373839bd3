from django.db import models
from django.db.models import Q

from absences.rules.evidence import KIND_NAMES, FileKind
from registers.scope import SchoolOwned


class Evidence(SchoolOwned):
    """A file somebody sent about a pupil: with a leave request, with a reason, or alone. Never deleted.

    The file lies outside the web root under a random name; `sha256` says whether it is still the one that was sent.
    What came by a parent's link and is not matched to a child yet has no pupil until the office says whose it is.
    """

    pupil = models.ForeignKey("registers.Pupil", on_delete=models.PROTECT, related_name="evidence", null=True)
    leave = models.ForeignKey(
        "absences.LeaveRequest", on_delete=models.PROTECT, related_name="evidence", null=True, blank=True
    )
    reason = models.ForeignKey(
        "absences.Reason", on_delete=models.PROTECT, related_name="evidence", null=True, blank=True
    )
    sent = models.ForeignKey(
        "absences.SentRequest", on_delete=models.PROTECT, related_name="evidence", null=True, blank=True
    )
    name = models.CharField(max_length=120)
    """What the sender called it, made fit to be shown; never a path."""
    kind = models.CharField(max_length=10)
    stored = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    added_role = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[str(kind) for kind in FileKind]), name="evidence_kind_known"),
            models.CheckConstraint(
                condition=Q(pupil__isnull=False) | Q(sent__isnull=False), name="evidence_of_somebody"
            ),
        ]
        indexes = [models.Index(fields=["pupil", "added_at"], name="evidence_pupil")]

    def __str__(self) -> str:
        return f"Evidence {self.pk}, {self.kind}"

    @property
    def kind_name(self) -> str:
        return KIND_NAMES[FileKind(self.kind)]

    @property
    def file_name(self) -> str:
        """What it is called when it is fetched: the true type's ending, and no name of anybody."""
        return f"evidence-{self.pk}.{self.kind}"


class EvidenceAside(SchoolOwned):
    """A file that lies with the wrong child, or should not have been sent: kept, and no longer shown. Append-only."""

    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, related_name="aside")
    why = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"Evidence {self.evidence_id} put aside"
