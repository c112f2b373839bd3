from django.db import models
from django.db.models import F, Q

from escalation.models.policies import PolicyVersion
from registers.models import SchoolClass
from registers.scope import SchoolOwned


class GroupFlag(SchoolOwned):
    """One rule of the policy that holds for a class, or without one for the whole school, counted from a day on.

    A class that is best in two weeks has two of them: `first_on` is the Monday, or the first day of the period.
    """

    school_class = models.ForeignKey(SchoolClass, on_delete=models.PROTECT, related_name="flags", null=True, blank=True)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    rule_id = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    paragraph = models.CharField(max_length=200)
    says = models.TextField()
    follows = models.JSONField()
    first_on = models.DateField()
    opened_on = models.DateField()
    last_seen_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    figures = models.JSONField()
    words = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "rule_id", "school_class"],
                condition=Q(ended_on__isnull=True, school_class__isnull=False),
                name="group_flag_one_open_class",
            ),
            models.UniqueConstraint(
                fields=["school", "rule_id"],
                condition=Q(ended_on__isnull=True, school_class__isnull=True),
                name="group_flag_one_open_school",
            ),
            models.CheckConstraint(condition=Q(last_seen_on__gte=F("opened_on")), name="group_flag_seen_after_opened"),
        ]
        ordering = ["-first_on", "pk"]

    def __str__(self) -> str:
        return f"{self.rule_id} from {self.first_on:%d/%m/%Y}"
