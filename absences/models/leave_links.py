from datetime import datetime

from django.db import models
from django.db.models import Q

from absences.models.spans import span_constraints
from absences.rules.leave import CATEGORY_NAMES, Category
from absences.rules.leave_links import LinkState, state_of
from absences.rules.spans import Span
from registers.rules.sessions import Session, SessionOn
from registers.scope import SchoolOwned


class LeaveLink(SchoolOwned):
    """A link by which one parent may send one request for leave, for the children named here and no others.

    The address itself is not kept: it is signed with the site's key and made again whenever the office asks.
    """

    parent = models.ForeignKey("registers.Parent", on_delete=models.PROTECT, related_name="leave_links")
    pupils = models.ManyToManyField("registers.Pupil", related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    made_role = models.CharField(max_length=20)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="leave_link_revoked_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["school", "made_at"], name="leave_link_made")]

    def __str__(self) -> str:
        return f"Leave link {self.pk}"

    def state(self, at: datetime) -> LinkState:
        return state_of(self.expires_at, self.used_at, self.revoked_at, at)


class SentRequest(SchoolOwned):
    """What a parent sent by a link, word for word. It waits for the office where the children could not be told."""

    link = models.OneToOneField(LeaveLink, on_delete=models.PROTECT, related_name="sent")
    children = models.TextField()
    """The names as they were typed."""
    first_on = models.DateField()
    first_session = models.CharField(max_length=2)
    last_on = models.DateField()
    last_session = models.CharField(max_length=2)
    category = models.CharField(max_length=30)
    reason = models.TextField()
    sent_at = models.DateTimeField()
    sent_on = models.DateField()
    hindrance = models.CharField(max_length=300, blank=True)
    """Why it did not become a request by itself; blank if it did."""
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    dropped_words = models.CharField(max_length=300, blank=True)
    """Why the office put it aside; blank if it became a request."""

    class Meta:
        constraints = [
            *span_constraints("sent_request"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True, dropped_words="")
                | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="sent_request_settled_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"Sent request {self.pk}"

    @property
    def span(self) -> Span:
        return Span(
            SessionOn(self.first_on, Session(self.first_session)), SessionOn(self.last_on, Session(self.last_session))
        )

    @property
    def category_name(self) -> str:
        return CATEGORY_NAMES[Category(self.category)]
