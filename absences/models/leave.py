from django.db import models
from django.db.models import F, Q

from absences.models.spans import SpanOwned, span_constraints
from absences.rules.leave import CATEGORY_NAMES, DECIDED, OPEN, STATE_NAMES, Category, LeaveState
from absences.rules.leave_links import LINK_DAYS
from absences.rules.leave_outcomes import OUTCOME_NAMES, Outcome
from registers.rules.sessions import Session, SessionOn
from registers.scope import SchoolOwned

GRANTED, PARTLY, REFUSED, WITHDRAWN = (
    LeaveState.GRANTED.value,
    LeaveState.PARTLY_GRANTED.value,
    LeaveState.REFUSED.value,
    LeaveState.WITHDRAWN.value,
)
WAITING = [str(state) for state in OPEN]
PAPER, ONLINE = "paper", "online"

_UNDECIDED = Q(decided_at__isnull=True, decided_by__isnull=True, decided_role="", decision_words="")
_BY_SOMEBODY = Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(decided_role="") & ~Q(decision_words="")


class LeaveRequest(SpanOwned):
    """A parent's request for leave in term time and the headteacher's decision. A refused one is kept for ever.

    `asked_sessions` counts the school sessions asked for by the calendar of the day it was entered, then of the day it
    was decided; `granted_sessions` counts those granted and not given back. `state` is the decision, `outcome` what the
    register says of the days once they have passed. Brothers and sisters asked for together share `together`.
    """

    applicant = models.ForeignKey("registers.Parent", on_delete=models.PROTECT, related_name="leave_requests")
    received_on = models.DateField()
    source = models.CharField(max_length=10, default=PAPER)
    together = models.UUIDField(null=True, blank=True)
    reason = models.TextField()
    category = models.CharField(max_length=30)
    details = models.JSONField(default=dict)
    """What is kept with this kind of leave, by the names of `rules.leave_details`."""
    state = models.CharField(max_length=20, default=LeaveState.RECEIVED.value)
    asked_sessions = models.PositiveSmallIntegerField()
    granted_sessions = models.PositiveSmallIntegerField(null=True, blank=True)
    code = models.CharField(max_length=2, blank=True)
    outcome = models.CharField(max_length=20, default=Outcome.TO_COME.value)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    decided_role = models.CharField(max_length=20, blank=True)
    decision_words = models.TextField(blank=True)
    rare = models.BooleanField(null=True, blank=True)
    significant = models.BooleanField(null=True, blank=True)
    unavoidable = models.BooleanField(null=True, blank=True)
    short = models.BooleanField(null=True, blank=True)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    entered_role = models.CharField(max_length=20)

    class Meta:
        constraints = [
            *span_constraints("leave"),
            models.CheckConstraint(
                condition=Q(category__in=[str(category) for category in Category]), name="leave_category_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in LeaveState]), name="leave_state_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=[str(outcome) for outcome in Outcome]), name="leave_outcome_known"
            ),
            models.CheckConstraint(condition=Q(source__in=[PAPER, ONLINE]), name="leave_source_known"),
            models.CheckConstraint(
                condition=Q(state__in=WAITING) & _UNDECIDED
                | Q(state__in=[GRANTED, PARTLY, REFUSED]) & _BY_SOMEBODY
                | Q(state=WITHDRAWN) & (_UNDECIDED | _BY_SOMEBODY),
                name="leave_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=WAITING, granted_sessions__isnull=True)
                | Q(state=REFUSED, granted_sessions=0)
                | Q(state=GRANTED, granted_sessions=F("asked_sessions"), granted_sessions__gte=1)
                | Q(state=PARTLY, granted_sessions__lt=F("asked_sessions"), granted_sessions__gte=1)
                | Q(state=WITHDRAWN, granted_sessions__isnull=True)
                | Q(state=WITHDRAWN, granted_sessions=0),
                name="leave_granted_fits_state",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[GRANTED, PARTLY]) & ~Q(code="")
                | Q(state=WITHDRAWN)
                | ~Q(state__in=[GRANTED, PARTLY]) & Q(code=""),
                name="leave_code_with_grant",
            ),
        ]
        indexes = [
            models.Index(fields=["school", "state", "first_on"], name="leave_waiting"),
            models.Index(fields=["pupil", "first_on"], name="leave_pupil"),
            models.Index(fields=["school", "together"], name="leave_together"),
        ]

    def __str__(self) -> str:
        return f"Leave request {self.pk}, {self.state}"

    @property
    def reference(self) -> str:
        return f"Leave request {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.state in OPEN

    @property
    def is_decided(self) -> bool:
        """Whether somebody decided it, whether or not the decision still stands."""
        return self.decided_at is not None

    @property
    def is_held(self) -> bool:
        """Whether it stands in the registers."""
        return self.state in (GRANTED, PARTLY)

    @property
    def stands(self) -> bool:
        """Whether there is a decision and it stands."""
        return self.state in DECIDED

    @property
    def is_online(self) -> bool:
        return self.source == ONLINE

    @property
    def state_name(self) -> str:
        return STATE_NAMES[LeaveState(self.state)]

    @property
    def decision_name(self) -> str:
        """What was decided, in words, also where it does not stand any more."""
        return "granted, and withdrawn since" if self.state == WITHDRAWN else self.state_name.lower()

    @property
    def outcome_name(self) -> str:
        return OUTCOME_NAMES[Outcome(self.outcome)]

    @property
    def category_name(self) -> str:
        return CATEGORY_NAMES[Category(self.category)]


class LeaveSession(SchoolOwned):
    """One session that was granted; given back when the leave is shortened or withdrawn, and never deleted."""

    request = models.ForeignKey(LeaveRequest, on_delete=models.PROTECT, related_name="granted")
    on = models.DateField()
    session = models.CharField(max_length=2)
    given_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "on", "session"], name="leave_session_once"),
            models.CheckConstraint(
                condition=Q(session__in=[str(session) for session in Session]), name="leave_session_known"
            ),
        ]
        ordering = ["on", "session"]

    def __str__(self) -> str:
        return str(self.place)

    @property
    def place(self) -> SessionOn:
        return SessionOn(self.on, Session(self.session))


class LeaveStep(SchoolOwned):
    """One step of a request after it came: from which state to which, in whose words, who and when. Append-only."""

    request = models.ForeignKey(LeaveRequest, on_delete=models.PROTECT, related_name="steps")
    old = models.CharField(max_length=20)
    new = models.CharField(max_length=20)
    words = models.TextField(blank=True)
    sessions = models.JSONField(default=list)
    """The sessions that the step grants or gives back, as 2026-12-07AM."""
    at = models.DateTimeField()
    by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.old} to {self.new}"

    @property
    def new_name(self) -> str:
        return STATE_NAMES[LeaveState(self.new)]


class LeaveRules(SchoolOwned):
    """What a school asks of requests: days of notice, and how long a parent's link is good. Empty is no rule."""

    religious_notice_days = models.PositiveSmallIntegerField(null=True, blank=True)
    holiday_notice_days = models.PositiveSmallIntegerField(null=True, blank=True)
    link_days = models.PositiveSmallIntegerField(default=LINK_DAYS)
    from_file = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school"], name="leave_rules_once")]

    def __str__(self) -> str:
        return f"Leave rules of school {self.school_id}"
