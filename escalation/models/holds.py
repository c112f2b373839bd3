from django.db import models
from django.db.models import Q

from escalation.models.flags import Flag
from escalation.rules.holds import HOLD_KIND_NAMES, HoldKind
from registers.models import User
from registers.scope import SchoolOwned


class FlagHold(SchoolOwned):
    """A flag put aside with a reason: until a day, on which it comes back by itself, or for as long as it lasts."""

    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="holds")
    kind = models.CharField(max_length=10)
    reason = models.CharField(max_length=200)
    until_on = models.DateField(null=True, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    ended_at = models.DateTimeField(null=True, blank=True)
    """When somebody brought the flag back before its day."""
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["flag"], condition=Q(ended_at__isnull=True), name="flag_hold_one_open"),
            models.CheckConstraint(
                condition=Q(kind=HoldKind.SNOOZED.value, until_on__isnull=False)
                | Q(kind=HoldKind.DISMISSED.value, until_on__isnull=True),
                name="flag_hold_date_fits_kind",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="flag_hold_has_reason"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="flag_hold_ended_by_somebody",
            ),
        ]
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} flag {self.flag_id}"

    @property
    def kind_name(self) -> str:
        return HOLD_KIND_NAMES[HoldKind(self.kind)]


class SavedView(SchoolOwned):
    """One person's own choice of filters on the desk, under a name."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    filters = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "user", "name"], name="saved_view_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
