from datetime import time

from django.db import models
from django.db.models import Q

from absences.rules.clocks import ClockKind
from absences.rules.part_time import REVIEW_DAYS
from registers.scope import SchoolOwned


class AbsenceRules(SchoolOwned):
    """What a school has chosen where the law or its policy leaves a choice. A limit left empty is no rule there."""

    writes_o = models.BooleanField(default=False)
    """Whether an N past its fifth school day becomes O by itself; else the office is asked."""
    first_contact_by = models.TimeField(default=time(10))
    """By when the family of every pupil away without a reason has been asked on the first day."""
    illness_occasions = models.PositiveSmallIntegerField(null=True, blank=True)
    illness_days = models.PositiveSmallIntegerField(null=True, blank=True)
    """From how many occasions in a school year, or school days on end, evidence of illness is proposed."""
    review_days = models.PositiveSmallIntegerField(default=REVIEW_DAYS)
    """Days from one review of a part-time timetable to the next at most."""
    pnar_days = models.PositiveSmallIntegerField(null=True, blank=True)
    """After how many school days of unauthorised absence on end the local authority has a notice of its own."""
    from_file = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school"], name="absence_rules_once")]

    def __str__(self) -> str:
        return f"Rules of school {self.school_id}"


class Return(SchoolOwned):
    """A clock that was answered: the local authority was told, or the step it asks for was taken. Append-only.

    `since` tells one run from the next, so that each is answered once.
    """

    pupil = models.ForeignKey("registers.Pupil", on_delete=models.PROTECT, related_name="returns")
    kind = models.CharField(max_length=20)
    since = models.DateField()
    reached_on = models.DateField()
    answered_on = models.DateField()
    words = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pupil", "kind", "since"], name="return_once"),
            models.CheckConstraint(condition=Q(kind__in=[str(kind) for kind in ClockKind]), name="return_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} since {self.since:%d/%m/%Y}"


class EvidenceWanted(SchoolOwned):
    """From a day on, illness of this pupil is authorised only with evidence or by somebody's decision.

    The headteacher says so, and ends it; a mark of illness is never refused by itself.
    """

    pupil = models.ForeignKey("registers.Pupil", on_delete=models.PROTECT, related_name="evidence_wanted")
    from_on = models.DateField()
    why = models.CharField(max_length=200)
    confirmed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    confirmed_role = models.CharField(max_length=20)
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pupil"], condition=Q(ended_on__isnull=True), name="evidence_wanted_one_open"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, ended_by__isnull=True)
                | Q(ended_on__gte=models.F("from_on"), ended_by__isnull=False),
                name="evidence_wanted_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"Evidence wanted from {self.from_on:%d/%m/%Y}"
