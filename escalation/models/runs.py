from django.db import models
from django.db.models import Q

from escalation.rules.runs import RUN_STATE_NAMES, RunState
from registers.scope import SchoolOwned


class ScanRun(SchoolOwned):
    """The scan of one school for one day. Scanned again, what opens, changes and ends is added to the day's counts.

    `started_at` and `ended_at` are those of the last time; `done_at` says when it last came to its end unharmed.
    """

    on = models.DateField()
    state = models.CharField(max_length=10)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    opened = models.PositiveIntegerField(default=0)
    continued = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    ended = models.PositiveIntegerField(default=0)
    read = models.CharField(max_length=64, blank=True)
    """The digest of all that was read the last time it was done: the same again, and nobody is judged."""
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "on"], name="scan_run_once"),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in RunState]), name="scan_run_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=str(RunState.DONE)) | Q(done_at__isnull=False), name="scan_run_done_at_a_time"
            ),
        ]
        ordering = ["-on"]

    def __str__(self) -> str:
        return f"Scan for {self.on:%d/%m/%Y}: {self.state}"

    @property
    def state_name(self) -> str:
        return RUN_STATE_NAMES[RunState(self.state)]
