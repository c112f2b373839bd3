from django.db import models
from django.db.models import Q

from letters.models.wordings import Wording
from letters.rules.batches import BatchState, ItemState
from registers.models import Pupil, User
from registers.scope import SchoolOwned


class Batch(SchoolOwned):
    """Letters of one kind about many pupils: drafted together, approved together, printed in one file."""

    kind = models.CharField(max_length=40)
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="batches")
    state = models.CharField(max_length=10, default=BatchState.WRITING)
    written_for = models.DateField()
    """The day its letters were counted for."""
    round = models.PositiveSmallIntegerField(default=0)
    """How often background work was asked for: each time is another piece of work."""
    two_sided = models.BooleanField(default=False)
    """Whether each letter begins on a sheet of its own when both sides are printed."""
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    started_role = models.CharField(max_length=20)
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    checked_role = models.CharField(max_length=20, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_role = models.CharField(max_length=20, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    cancelled_role = models.CharField(max_length=20, blank=True)
    print_path = models.CharField(max_length=200, blank=True)
    """Where the one file for the printer lies, inside the directory of letters."""
    print_sha256 = models.CharField(max_length=64, blank=True)
    print_pages = models.PositiveIntegerField(null=True, blank=True)
    print_round = models.PositiveSmallIntegerField(default=0)
    """The round whose letters the file holds."""
    print_refused = models.CharField(max_length=300, blank=True)
    """Why the file could not be made."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in BatchState]), name="batch_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "done"])
                | (Q(approved_at__isnull=False, approved_by__isnull=False) & ~Q(approved_role="")),
                name="batch_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["checked", "running", "done"])
                | (Q(checked_at__isnull=False, checked_by__isnull=False) & ~Q(checked_role="")),
                name="batch_checked_by_somebody",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="cancelled", cancelled_at__isnull=False, cancelled_by__isnull=False) & ~Q(cancelled_role="")
                )
                | (~Q(state="cancelled") & Q(cancelled_at__isnull=True, cancelled_by__isnull=True, cancelled_role="")),
                name="batch_cancelled_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["school", "state"], name="batch_by_state")]

    def __str__(self) -> str:
        return f"Batch {self.pk}, {self.kind}, {self.state}"

    @property
    def title(self) -> str:
        return str(self.wording.document["title"])


class BatchItem(SchoolOwned):
    """One pupil of a batch, with the class whose pile the letters lie in and, where there is none, why."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="items")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+")
    class_name = models.CharField(max_length=40, blank=True)
    because = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, default=ItemState.WAITING)
    why = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "pupil"], name="batch_pupil_once"),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in ItemState]), name="batch_item_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "failed"]) | ~Q(why=""), name="batch_item_says_why"
            ),
        ]
        indexes = [models.Index(fields=["batch", "state"], name="batch_item_by_state")]

    def __str__(self) -> str:
        return f"Batch {self.batch_id}, pupil {self.pupil_id}, {self.state}"
