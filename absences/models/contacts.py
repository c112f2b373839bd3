from django.db import models
from django.db.models import Q

from absences.rules.contacts import Channel, Outcome
from registers.scope import SchoolOwned


class ContactAttempt(SchoolOwned):
    """One try to find out why a pupil is away: how, with whom, what came of it, when the next is due. Append-only."""

    pupil = models.ForeignKey("registers.Pupil", on_delete=models.PROTECT, related_name="contact_attempts")
    parent = models.ForeignKey("registers.Parent", on_delete=models.PROTECT, related_name="contact_attempts", null=True)
    about_on = models.DateField()
    """The day of the absence it is about."""
    tried_at = models.DateTimeField()
    channel = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20)
    words = models.CharField(max_length=300, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    message = models.ForeignKey(
        "letters.Message", on_delete=models.PROTECT, related_name="attempts", null=True, blank=True
    )
    """The text or e-mail that was released; what became of it stands there."""
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__in=[str(channel) for channel in Channel]), name="contact_attempt_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=[str(outcome) for outcome in Outcome]), name="contact_attempt_outcome_known"
            ),
        ]
        indexes = [
            models.Index(fields=["school", "about_on"], name="contact_attempt_day"),
            models.Index(fields=["pupil", "tried_at"], name="contact_attempt_pupil"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}, {self.outcome}"
