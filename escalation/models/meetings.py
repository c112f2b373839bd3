from django.db import models
from django.db.models import F, Q

from escalation.models.cases import Case
from escalation.rules.meetings import MEETING_KIND_NAMES, MEETING_STATE_NAMES, MeetingKind, MeetingState
from letters.models import Letter
from registers.models import User
from registers.scope import SchoolOwned

_REVIEWED = MeetingState.REVIEWED.value


class Meeting(SchoolOwned):
    """A meeting with a family in a case. The target is attendance in per cent from the meeting to the review.

    What the register said on the day of the review is kept in `result`.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="meetings")
    kind = models.CharField(max_length=30)
    state = models.CharField(max_length=20, default=MeetingState.PLANNED)
    on = models.DateField()
    time = models.TimeField(null=True, blank=True)
    place = models.CharField(max_length=120, blank=True)
    invited = models.TextField(blank=True)
    """Who is to come, one a line."""
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    attendees = models.TextField(blank=True)
    minutes = models.TextField(blank=True)
    target_percent = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    reached = models.BooleanField(null=True, blank=True)
    reviewed_on = models.DateField(null=True, blank=True)
    reviewed_words = models.TextField(blank=True)
    cancelled_why = models.CharField(max_length=200, blank=True)
    planned_at = models.DateTimeField()
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in MeetingState]), name="meeting_state_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[str(kind) for kind in MeetingKind]), name="meeting_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(target_percent__isnull=True, review_on__isnull=True)
                | Q(target_percent__gt=0, target_percent__lte=100, review_on__gt=F("on")),
                name="meeting_target_with_review",
            ),
            models.CheckConstraint(
                condition=Q(state=_REVIEWED, reviewed_on__isnull=False)
                | (~Q(state=_REVIEWED) & Q(reviewed_on__isnull=True)),
                name="meeting_reviewed_on_a_day",
            ),
        ]
        indexes = [models.Index(fields=["school", "state", "on"], name="meeting_by_state")]
        ordering = ["-on", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.on:%d/%m/%Y}, {self.state}"

    @property
    def kind_name(self) -> str:
        return MEETING_KIND_NAMES[MeetingKind(self.kind)]

    @property
    def state_name(self) -> str:
        return MEETING_STATE_NAMES[MeetingState(self.state)]

    @property
    def is_planned(self) -> bool:
        return self.state == MeetingState.PLANNED
