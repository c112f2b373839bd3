from django.db import models
from django.db.models import Q

from letters.models.letters import Letter
from letters.rules.messages import CHANNEL_NAMES, NOT_RELEASED, STATE_NAMES, Channel, MessageState
from registers.models import Job, Parent, Pupil, User
from registers.scope import SchoolOwned


class Message(SchoolOwned):
    """One text or e-mail to one parent, exactly as it is shown; once released, its words and its address stand.

    `key` says what the message is for, so that preparing the same twice is preparing it once.
    """

    purpose = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    channel = models.CharField(max_length=10)
    parent = models.ForeignKey(Parent, on_delete=models.PROTECT, related_name="messages")
    to_address = models.CharField(max_length=254)
    about = models.ManyToManyField(Pupil, related_name="messages")
    subject = models.CharField(max_length=150, blank=True)
    body = models.TextField()
    attachment = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="messages", null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    """After this what it says is no longer so, and it is not sent."""
    state = models.CharField(max_length=10, default=MessageState.PREPARED)
    prepared_at = models.DateTimeField()
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    releases = models.PositiveSmallIntegerField(default=0)
    """How often somebody released it: each release is work of its own."""
    series = models.PositiveSmallIntegerField(default=1)
    """Counts the provider's references; a new one only after what went under the last is known to have failed."""
    tries = models.PositiveSmallIntegerField(default=0)
    """Since it was last released."""
    tried_at = models.DateTimeField(null=True, blank=True)
    asked_under = models.PositiveSmallIntegerField(default=0)
    """The series under which a provider was last spoken to; nought before the first try."""
    sender = models.CharField(max_length=10, blank=True)
    """Who was last given it: smtp, notify, outbox."""
    provider_id = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    """When its present state was learned."""
    error = models.CharField(max_length=300, blank=True)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "key"], name="message_key_once"),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in MessageState]), name="message_state_known"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=[str(channel) for channel in Channel]), name="message_channel_known"
            ),
            models.CheckConstraint(
                condition=Q(releases=0, released_at__isnull=True, released_by__isnull=True)
                | Q(releases__gte=1, released_at__isnull=False, released_by__isnull=False),
                name="message_released_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(releases__gte=1) | Q(state__in=sorted(str(state) for state in NOT_RELEASED)),
                name="message_goes_only_released",
            ),
        ]
        indexes = [
            models.Index(fields=["school", "state"], name="message_by_state"),
            models.Index(fields=["school", "prepared_at"], name="message_by_time"),
        ]

    def __str__(self) -> str:
        return f"Message {self.pk}, {self.channel}, {self.state}"

    @property
    def reference(self) -> str:
        """What a provider knows it by; it holds no name."""
        return f"attendance:{self.school_id}:{self.key}:{self.series}"

    @property
    def channel_name(self) -> str:
        return CHANNEL_NAMES[Channel(self.channel)]

    @property
    def state_name(self) -> str:
        return STATE_NAMES[MessageState(self.state)]
