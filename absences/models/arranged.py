from django.db import models
from django.db.models import F, Q

from absences.models.spans import SpanOwned, span_constraints
from absences.rules import arranged, part_time
from absences.rules.arranged import EXCLUDED, KINDS, Kind, KindRule, Particulars, State
from registers.rules.arrangements import pattern_words
from registers.scope import SchoolOwned

_WAYS = [str(way) for way in part_time.Agreeing]


class LongArrangement(SpanOwned):
    """What was arranged for a pupil over weeks: its kind and particulars, and the record that its code rests on.

    `weekdays` are the sessions of the week that get the code; blank is every one. Never deleted.
    """

    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=20)
    weekdays = models.CharField(max_length=60, blank=True)
    institution = models.CharField(max_length=120, blank=True)
    """The other school, the provider, the place."""
    number = models.CharField(max_length=8, blank=True)
    """The other school's DfE number or URN."""
    nature = models.CharField(max_length=120, blank=True)
    contact = models.CharField(max_length=120, blank=True)
    """Whom to ask there: the supervisor, or the officer at the local authority."""
    reference = models.CharField(max_length=120, blank=True)
    is_main = models.BooleanField(null=True, blank=True)
    notice_on = models.DateField(null=True, blank=True)
    """The day of the notice to the parents, which names the days of Education and Inspections Act 2006 s.104."""
    at_time = models.TimeField(null=True, blank=True)
    evidence_on = models.DateField(null=True, blank=True)
    arrangement = models.OneToOneField(
        "registers.Arrangement", on_delete=models.PROTECT, related_name="particulars", null=True, blank=True
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)
    lapsed_on = models.DateField(null=True, blank=True)
    """The evening on which it stopped giving its code by itself."""
    lapsed_why = models.CharField(max_length=200, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    """The last day it held, once somebody or its time ended it."""
    ended_why = models.CharField(max_length=200, blank=True)
    ended_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            *span_constraints("long_arrangement"),
            models.CheckConstraint(condition=Q(kind__in=[str(kind) for kind in Kind]), name="long_arrangement_kind"),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in State]), name="long_arrangement_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=State.AGREEING.value) | Q(kind=Kind.PART_TIME.value),
                name="long_arrangement_agrees_if_part_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.RUNNING.value, State.LAPSED.value]) | Q(arrangement__isnull=False),
                name="long_arrangement_runs_on_a_record",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.LAPSED.value) | Q(lapsed_on__isnull=False), name="long_arrangement_lapsed_when"
            ),
            models.CheckConstraint(
                condition=Q(state=State.ENDED.value, ended_on__isnull=False, ended_by__isnull=False)
                | ~Q(state=State.ENDED.value) & Q(ended_on__isnull=True, ended_by__isnull=True),
                name="long_arrangement_ended_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.DUAL.value) | ~Q(institution="") & ~Q(number="") & Q(is_main__isnull=False),
                name="long_arrangement_dual_names_the_school",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[Kind.PROVISION.value, Kind.ACTIVITY.value]) | ~Q(nature=""),
                name="long_arrangement_tells_its_nature",
            ),
        ]
        indexes = [
            models.Index(fields=["school", "state", "last_on"], name="long_arrangement_running"),
            models.Index(fields=["pupil", "first_on"], name="long_arrangement_pupil"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_on:%d/%m/%Y}-{self.last_on:%d/%m/%Y}, {self.state}"

    @property
    def rule(self) -> KindRule:
        return KINDS[Kind(self.kind)]

    @property
    def title(self) -> str:
        return self.rule.title

    @property
    def particulars(self) -> Particulars:
        return Particulars(
            self.institution,
            self.number,
            self.nature,
            self.contact,
            self.reference,
            self.is_main,
            self.notice_on,
            self.at_time,
            self.evidence_on,
        )

    @property
    def week(self) -> str:
        """The sessions of the week in words."""
        return pattern_words(self.weekdays) if self.weekdays else "every session"

    @property
    def is_part_time(self) -> bool:
        return self.kind == Kind.PART_TIME

    @property
    def is_exclusion(self) -> bool:
        return Kind(self.kind) in EXCLUDED

    @property
    def is_over(self) -> bool:
        return self.state == State.ENDED

    @property
    def note(self) -> str:
        return arranged.note_of(Kind(self.kind), self.particulars)


class PartTimeTerms(SchoolOwned):
    """What was agreed for a part-time timetable, by whom and when; it runs only when both have agreed (reg 11(6))."""

    timetable = models.OneToOneField(LongArrangement, on_delete=models.PROTECT, related_name="terms")
    why = models.TextField()
    review_days = models.PositiveSmallIntegerField(default=part_time.REVIEW_DAYS)
    """Days from one review to the next at most, as the school had chosen when it was proposed."""
    review_on = models.DateField()
    """The day of the next review."""
    reviewed_on = models.DateField(null=True, blank=True)
    parent = models.ForeignKey("registers.Parent", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    parent_on = models.DateField(null=True, blank=True)
    parent_how = models.CharField(max_length=20, blank=True)
    head_on = models.DateField(null=True, blank=True)
    head_at = models.DateTimeField(null=True, blank=True)
    head = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    head_role = models.CharField(max_length=20, blank=True)
    told_on = models.DateField(null=True, blank=True)
    """The day on which the local authority was told."""
    told_how = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True, parent_on__isnull=True, parent_how="")
                | Q(parent__isnull=False, parent_on__isnull=False, parent_how__in=_WAYS),
                name="part_time_parent_and_day",
            ),
            models.CheckConstraint(
                condition=Q(head__isnull=True, head_on__isnull=True, head_at__isnull=True, head_role="")
                | Q(head__isnull=False, head_on__isnull=False, head_at__isnull=False) & ~Q(head_role=""),
                name="part_time_head_and_day",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_on__isnull=True) | Q(review_on__gte=F("reviewed_on")),
                name="part_time_next_review_later",
            ),
            models.CheckConstraint(condition=~Q(why=""), name="part_time_says_why"),
        ]

    def __str__(self) -> str:
        return f"Terms of {self.timetable_id}"

    @property
    def is_agreed(self) -> bool:
        return self.parent_on is not None and self.head_on is not None

    @property
    def parent_how_name(self) -> str:
        return part_time.AGREEING_NAMES[part_time.Agreeing(self.parent_how)] if self.parent_how else ""


class PartTimeReview(SchoolOwned):
    """One review of a part-time timetable: when, with the parent or without, what came of it. Append-only."""

    timetable = models.ForeignKey(LongArrangement, on_delete=models.PROTECT, related_name="reviews")
    held_on = models.DateField()
    due_on = models.DateField()
    with_parent = models.BooleanField()
    outcome = models.CharField(max_length=20)
    words = models.TextField()
    next_on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("registers.User", on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)

    class Meta:
        ordering = ["held_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome=part_time.ReviewOutcome.CONTINUES.value, next_on__isnull=False)
                | Q(outcome=part_time.ReviewOutcome.ENDS.value, next_on__isnull=True),
                name="part_time_review_goes_on_or_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"Review {self.held_on:%d/%m/%Y}: {self.outcome}"

    @property
    def outcome_name(self) -> str:
        return part_time.OUTCOME_NAMES[part_time.ReviewOutcome(self.outcome)]
