from django.db import models
from django.db.models import Q

from absences.rules.missing import FOUND_NAMES, Found, Search
from registers.scope import SchoolOwned


class MissingChild(SchoolOwned):
    """The search for a child who left, and of whom the school does not know where to. Never deleted."""

    pupil = models.OneToOneField("registers.Pupil", on_delete=models.PROTECT, related_name="search")
    state = models.CharField(max_length=10, default=Search.ENQUIRING.value)
    opened_on = models.DateField()
    referred_on = models.DateField(null=True, blank=True)
    referred_how = models.CharField(max_length=200, blank=True)
    found = models.CharField(max_length=10, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    closed_why = models.CharField(max_length=200, blank=True)
    closed_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=Search.REFERRED.value) | Q(referred_on__isnull=False), name="missing_child_referred"
            ),
            models.CheckConstraint(
                condition=Q(
                    state=Search.CLOSED.value,
                    closed_on__isnull=False,
                    closed_by__isnull=False,
                    found__in=[str(found) for found in Found],
                )
                | ~Q(state=Search.CLOSED.value) & Q(closed_on__isnull=True, closed_by__isnull=True, found=""),
                name="missing_child_closed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"Search {self.pk}, {self.state}"

    @property
    def found_name(self) -> str:
        return FOUND_NAMES[Found(self.found)] if self.found else ""


class Enquiry(SchoolOwned):
    """One enquiry after a child: on which day, of whom, and what came of it. Append-only."""

    search = models.ForeignKey(MissingChild, on_delete=models.PROTECT, related_name="enquiries")
    on = models.DateField()
    words = models.CharField(max_length=300)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)

    class Meta:
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"Enquiry {self.on:%d/%m/%Y}"
