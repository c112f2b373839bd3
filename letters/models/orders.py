from django.db import models
from django.db.models import Q

from registers.models import Contact, User
from registers.scope import SchoolOwned


class OrderDecision(SchoolOwned):
    """Somebody's word on whether a contact about whom there is a court order is written to; the latest one counts."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="order_decisions")
    may_write = models.BooleanField()
    reason = models.CharField(max_length=200)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_role = models.CharField(max_length=20)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="order_decision_says_why")]
        ordering = ["decided_at", "pk"]

    def __str__(self) -> str:
        return f"Contact {self.contact_id}, {'written to' if self.may_write else 'not written to'}"
