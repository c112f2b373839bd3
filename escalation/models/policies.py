from django.db import models
from django.db.models import F, Q

from escalation.rules.simulations import SimulationState
from registers.models import User
from registers.scope import SchoolOwned


class PolicyVersion(SchoolOwned):
    """One version of a school's policy as it was adopted. What a flag was judged by stays as it is."""

    version = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    applies_from = models.DateField()
    document = models.JSONField()
    adopted_at = models.DateTimeField()
    adopted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    adopted_role = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "version"], name="policy_version_once")]
        ordering = ["applies_from", "pk"]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})"


class PolicyDraft(SchoolOwned):
    """The version a school is working on, one at a time; nothing is judged by it until it is adopted.

    `revision` counts its changes, so that two people do not write over each other unseen.
    """

    document = models.JSONField()
    based_on = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_role = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school"], name="policy_draft_once")]

    def __str__(self) -> str:
        return f"Draft of school {self.school_id}"


class Simulation(SchoolOwned):
    """What a draft would do over some days of the past, beside the policy in force on each of them.

    `result` names pupils by id only.
    """

    document = models.JSONField()
    first_on = models.DateField()
    last_on = models.DateField()
    state = models.CharField(max_length=10)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_role = models.CharField(max_length=20)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="simulation_ends_after_start"),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in SimulationState]), name="simulation_state_known"
            ),
        ]
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"Simulation {self.first_on:%d/%m/%Y} to {self.last_on:%d/%m/%Y}: {self.state}"
