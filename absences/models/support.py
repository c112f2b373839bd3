from django.db import models
from django.db.models import Q

from absences.rules.support import CONCERN_NAMES, Concern, PlanState
from registers.scope import SchoolOwned


class SupportPlan(SchoolOwned):
    """What the school does for a pupil for whom coming to school is hard. Seen only by those with the right."""

    pupil = models.ForeignKey("registers.Pupil", on_delete=models.PROTECT, related_name="support_plans")
    state = models.CharField(max_length=10, default=PlanState.OPEN.value)
    concern = models.CharField(max_length=20)
    worry = models.TextField()
    adjustments = models.TextField()
    agencies = models.TextField(blank=True)
    opened_on = models.DateField()
    review_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)
    closed_on = models.DateField(null=True, blank=True)
    closed_why = models.TextField(blank=True)
    closed_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(concern__in=[str(concern) for concern in Concern]), name="support_plan_concern_known"
            ),
            models.CheckConstraint(
                condition=Q(state=PlanState.OPEN.value, closed_on__isnull=True, closed_by__isnull=True)
                | Q(state=PlanState.CLOSED.value, closed_on__isnull=False, closed_by__isnull=False),
                name="support_plan_closed_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["school", "state", "review_on"], name="support_plan_open")]

    def __str__(self) -> str:
        return f"Support plan {self.pk}, {self.state}"

    @property
    def concern_name(self) -> str:
        return CONCERN_NAMES[Concern(self.concern)]

    @property
    def is_open(self) -> bool:
        return self.state == PlanState.OPEN


class SupportReview(SchoolOwned):
    """One look at a support plan: what was found, and what is done differently from then on. Append-only."""

    plan = models.ForeignKey(SupportPlan, on_delete=models.PROTECT, related_name="reviews")
    held_on = models.DateField()
    words = models.TextField()
    adjustments = models.TextField()
    agencies = models.TextField(blank=True)
    next_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)

    class Meta:
        ordering = ["held_on", "pk"]

    def __str__(self) -> str:
        return f"Review {self.held_on:%d/%m/%Y}"
