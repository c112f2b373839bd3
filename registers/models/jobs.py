from django.db import models
from django.db.models import Q

from registers.rules.jobs import JobState
from registers.scope import SchoolOwned


class Job(SchoolOwned):
    """Work to be done in the background. The row is the job; a worker is only nudged to look at it.

    `key` names the work, so that asking twice for the same is asking once. A claim holds until `leased_until`;
    a job that waits with one has been put off until then.
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default=JobState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "key"], name="job_key_once"),
            models.CheckConstraint(condition=Q(state__in=[str(state) for state in JobState]), name="job_state_known"),
        ]
        indexes = [models.Index(fields=["state", "leased_until"], condition=~Q(state="done"), name="job_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
