from datetime import date
from typing import NamedTuple

from django.db import models
from django.db.models import F, Q

from escalation.models.policies import PolicyVersion
from registers.models import Pupil
from registers.scope import SchoolOwned


class CountedSession(NamedTuple):
    """One session a flag counted."""

    on: date
    session: str
    code: str


class LeftOutSession(NamedTuple):
    """One session a flag left out, its code ("" for no mark), and why."""

    on: date
    session: str
    code: str
    why: str


class Flag(SchoolOwned):
    """One rule of the policy that holds for one pupil, from the scan that found it to the scan that no longer did.

    What the rule said is kept with the flag, and so are the figures and the sessions behind it at the last scan.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="flags", db_index=False)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="flags")
    rule_id = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    stage = models.CharField(max_length=40)
    paragraph = models.CharField(max_length=200)
    says = models.TextField()
    follow_up = models.CharField(max_length=200)
    letter = models.CharField(max_length=40, blank=True)
    desk = models.BooleanField()
    risk = models.PositiveSmallIntegerField()
    opened_on = models.DateField()
    last_seen_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    figures = models.JSONField()
    counted = models.JSONField()
    left_out = models.JSONField()
    words = models.TextField()
    what_if = models.JSONField(default=list)
    """Lines of kind, sessions and words: how far the pupil is from the rule's edges (escalation.rules.what_if)."""
    follows = models.JSONField(default=dict)
    """Stage, task, owner and due_in (school days); where named, also letter, meeting, referral, return, praise."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pupil", "rule_id"], condition=Q(ended_on__isnull=True), name="flag_one_open"
            ),
            models.CheckConstraint(condition=Q(last_seen_on__gte=F("opened_on")), name="flag_seen_after_opened"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("last_seen_on")), name="flag_ends_after_seen"
            ),
        ]
        indexes = [
            models.Index(fields=["school", "desk"], condition=Q(ended_on__isnull=True), name="flag_open"),
            models.Index(fields=["pupil", "opened_on"], name="flag_of_pupil"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} since {self.opened_on:%d/%m/%Y}"

    @property
    def sessions_counted(self) -> list[CountedSession]:
        return [CountedSession(date.fromisoformat(on), session, code) for on, session, code in self.counted]

    @property
    def sessions_left_out(self) -> list[LeftOutSession]:
        return [LeftOutSession(date.fromisoformat(on), session, code, why) for on, session, code, why in self.left_out]
