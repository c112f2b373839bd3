from django.db import models
from django.db.models import Q

from escalation.models.flags import Flag
from escalation.models.policies import PolicyVersion
from escalation.rules.cases import CASE_STATE_NAMES, CaseState
from escalation.rules.tasks import TASK_STATE_NAMES, TaskState
from registers.models import Pupil, User
from registers.rules.rights import ROLE_NAMES, Role
from registers.scope import SchoolOwned

_OPEN, _CLOSED = CaseState.OPEN.value, CaseState.CLOSED.value


class Case(SchoolOwned):
    """The school's work with one pupil's family, under the policy version it was opened under."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="cases", db_index=False)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="cases")
    state = models.CharField(max_length=10, default=_OPEN)
    stage = models.CharField(max_length=40)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    why = models.CharField(max_length=200)
    barriers = models.JSONField(default=list)
    agencies = models.TextField(blank=True)
    """Who else works with the family: one a line."""
    plan = models.TextField(blank=True)
    opened_on = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_role = models.CharField(max_length=20)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    closed_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pupil"], condition=Q(state=_OPEN), name="case_one_open"),
            models.CheckConstraint(condition=Q(state__in=[str(state) for state in CaseState]), name="case_state_known"),
            models.CheckConstraint(
                condition=Q(state=_OPEN, closed_at__isnull=True, closed_by__isnull=True, closed_why="")
                | (Q(state=_CLOSED, closed_at__isnull=False, closed_by__isnull=False) & ~Q(closed_why="")),
                name="case_closed_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["school", "state"], name="case_by_state"),
            models.Index(fields=["pupil", "opened_on"], name="case_of_pupil"),
        ]

    def __str__(self) -> str:
        return f"Case {self.pk}, {self.state}, stage {self.stage}"

    @property
    def is_open(self) -> bool:
        return self.state == CaseState.OPEN

    @property
    def state_name(self) -> str:
        return CASE_STATE_NAMES[CaseState(self.state)]


class Task(SchoolOwned):
    """One thing to do in a case until a day: by a person, or by whoever plays the part."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=200)
    owner_role = models.CharField(max_length=20)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    due_on = models.DateField()
    state = models.CharField(max_length=10, default=TaskState.OPEN)
    from_flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="tasks", null=True, blank=True)
    from_meeting = models.ForeignKey(
        "escalation.Meeting", on_delete=models.PROTECT, related_name="tasks", null=True, blank=True
    )
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    settled_words = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["from_flag"], condition=Q(from_flag__isnull=False), name="task_once_for_a_flag"
            ),
            models.CheckConstraint(condition=Q(state__in=[str(state) for state in TaskState]), name="task_state_known"),
            models.CheckConstraint(condition=Q(owner_role__in=[str(role) for role in Role]), name="task_role_known"),
            models.CheckConstraint(
                condition=Q(state=TaskState.OPEN.value, settled_at__isnull=True, settled_by__isnull=True)
                | (~Q(state=TaskState.OPEN.value) & Q(settled_at__isnull=False, settled_by__isnull=False)),
                name="task_settled_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["school", "due_on"], condition=Q(state=TaskState.OPEN.value), name="task_open_by_day")
        ]
        ordering = ["due_on", "pk"]

    def __str__(self) -> str:
        return f"Task {self.pk}, {self.state}, due {self.due_on:%d/%m/%Y}"

    @property
    def is_open(self) -> bool:
        return self.state == TaskState.OPEN

    @property
    def state_name(self) -> str:
        return TASK_STATE_NAMES[TaskState(self.state)]

    @property
    def owner_name(self) -> str:
        """The person, or the part where no person is named."""
        return self.owner.name if self.owner else ROLE_NAMES[Role(self.owner_role)]


class CaseNote(SchoolOwned):
    """What somebody wrote into a case. A restricted one is read by its author and by those with the right."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField()
    restricted = models.BooleanField(default=False)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="case_note_says_something")]
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"Note {self.pk} of case {self.case_id}"


class Referral(SchoolOwned):
    """A family referred on. Facts and file stand as they were that day."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="referrals")
    kind = models.CharField(max_length=30)
    to = models.CharField(max_length=120)
    reason = models.TextField()
    consent = models.BooleanField(default=False)
    facts = models.JSONField()
    made_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_role = models.CharField(max_length=20)
    pdf_path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"Referral {self.pk}, {self.kind}"
