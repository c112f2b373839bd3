from django.db import models
from django.db.models import Q

from absences.models.clocks import EvidenceWanted
from absences.models.spans import SpanOwned, span_constraints
from absences.rules.illness import STEP_NAMES, Step


class IllnessAnswer(SpanOwned):
    """What was done about a stretch of illness of which evidence is wanted. Append-only; the latest word stands."""

    wanted = models.ForeignKey(EvidenceWanted, on_delete=models.PROTECT, related_name="answers")
    step = models.CharField(max_length=10)
    words = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)

    class Meta:
        constraints = [
            *span_constraints("illness_answer"),
            models.CheckConstraint(condition=Q(step__in=list(Step)), name="illness_answer_step_known"),
            models.CheckConstraint(condition=~Q(words=""), name="illness_answer_says_something"),
        ]
        indexes = [models.Index(fields=["pupil", "first_on"], name="illness_answer_pupil")]

    def __str__(self) -> str:
        return f"{self.span}: {self.step}"

    @property
    def step_name(self) -> str:
        return STEP_NAMES[Step(self.step)]
