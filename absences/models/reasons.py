from django.db import models
from django.db.models import Q

from absences.models.spans import SpanOwned, span_constraints
from absences.rules.reasons import CODES_AFTER, OUTCOME_NAMES, Channel, Outcome


def _follows(outcome: Outcome) -> Q:
    return Q(outcome=outcome.value, code__in=CODES_AFTER[outcome])


class Reason(SpanOwned):
    """Why a pupil was away, as it was told, and what the school made of it. A later view of it is a later row."""

    text = models.TextField()
    told_by = models.CharField(max_length=120)
    channel = models.CharField(max_length=10)
    outcome = models.CharField(max_length=20)
    code = models.CharField(max_length=2)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)

    class Meta:
        constraints = [
            *span_constraints("reason"),
            models.CheckConstraint(
                condition=Q(channel__in=[str(channel) for channel in Channel]), name="reason_channel_known"
            ),
            models.CheckConstraint(
                condition=_follows(Outcome.ACCEPTED)
                | _follows(Outcome.NOT_ACCEPTED)
                | _follows(Outcome.EVIDENCE_WANTED),
                name="reason_code_follows_outcome",
            ),
            models.CheckConstraint(condition=~Q(text="") & ~Q(told_by=""), name="reason_says_something"),
        ]
        indexes = [models.Index(fields=["pupil", "first_on"], name="reason_pupil")]

    def __str__(self) -> str:
        return f"{self.span}: {self.outcome}, {self.code}"

    @property
    def outcome_name(self) -> str:
        return OUTCOME_NAMES[Outcome(self.outcome)]
