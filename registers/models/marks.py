from datetime import date

from django.db import models
from django.db.models import Q

from registers.models.people import User
from registers.models.pupils import Pupil, SchoolClass
from registers.models.schools import SESSION_KNOWN
from registers.rules.codes import CODES, THRESHOLD_CODES
from registers.rules.on_site import SiteEventKind
from registers.scope import SchoolOwned


class Mark(SchoolOwned):
    """A pupil's mark for one session. `recorded_*` tell of the first entry for ever; `version` counts the entries.

    `seen` is what the class teacher saw in the room, kept beside the code the office gives.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="marks", db_index=False)
    on = models.DateField()
    session = models.CharField(max_length=2)
    code = models.CharField(max_length=2)
    minutes_late = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    seen = models.CharField(max_length=2, blank=True)
    source = models.CharField(max_length=10)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    recorded_role = models.CharField(max_length=20)
    recorded_as = models.CharField(max_length=60, blank=True)
    """Who made the entry as an imported file names them."""
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pupil", "on", "session"], name="mark_once"),
            models.CheckConstraint(condition=SESSION_KNOWN, name="mark_session_known"),
            models.CheckConstraint(condition=Q(code__in=sorted(CODES)), name="mark_code_known"),
        ]
        indexes = [
            models.Index(fields=["school", "on", "session"], name="mark_register"),
            models.Index(
                fields=["on", "pupil"],
                condition=Q(code__in=sorted(THRESHOLD_CODES)),
                name="mark_threshold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d} {self.session} {self.code}"


class Amendment(SchoolOwned):
    """One later entry to a mark: what stood, what stands, why, who, in what role, when. Append-only."""

    mark = models.ForeignKey(Mark, on_delete=models.PROTECT, related_name="amendments")
    version = models.PositiveIntegerField()
    old_code = models.CharField(max_length=2)
    new_code = models.CharField(max_length=2)
    old_minutes_late = models.PositiveSmallIntegerField(null=True, blank=True)
    new_minutes_late = models.PositiveSmallIntegerField(null=True, blank=True)
    old_note = models.CharField(max_length=200, blank=True)
    new_note = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200)
    source = models.CharField(max_length=10)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mark", "version"], name="amendment_once")]
        ordering = ["version"]

    def __str__(self) -> str:
        return f"{self.old_code} to {self.new_code}"


class RegisterTaken(SchoolOwned):
    """A class's register sent by whoever took it: who, in what role, when."""

    school_class = models.ForeignKey(SchoolClass, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    session = models.CharField(max_length=2)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school_class", "on", "session"], name="register_taken_once")]

    def __str__(self) -> str:
        return f"{self.school_class} {self.on:%Y-%m-%d} {self.session}"


class Arrangement(SchoolOwned):
    """The record a code must rest on: granted leave, a suspension, a dual registration. First and last day included."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="arrangements")
    code = models.CharField(max_length=2)
    first_on = models.DateField()
    first_session = models.CharField(max_length=2, default="AM")
    last_on = models.DateField()
    last_session = models.CharField(max_length=2, default="PM")
    weekdays = models.CharField(max_length=60, blank=True)
    """The sessions of the week it covers, such as "1AM 1PM 5AM" (Monday is 1); blank for every one."""
    reference = models.CharField(max_length=200)
    held_until = models.DateField(null=True, blank=True)
    """The last day it held, where it was ended before its time; a day before the first where it never held."""
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)
    ended_at = models.DateTimeField(null=True, blank=True)
    """When it was given up before its time; from then on no code rests on it. The row stays."""
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_on__gte=models.F("first_on")), name="arrangement_ends_after_start"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="arrangement_ended_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["pupil", "first_on"])]

    def __str__(self) -> str:
        return f"{self.code} {self.first_on:%d/%m/%Y}-{self.last_on:%d/%m/%Y}"

    @property
    def ends_on(self) -> date:
        """The last day it holds, as it was recorded or as it was ended."""
        return self.last_on if self.held_until is None else min(self.held_until, self.last_on)


class Sighting(SchoolOwned):
    """What a class teacher saw of a pupil whose mark the office had given, or saw differently later. Append-only.

    What the teacher's own first entry or amendment says is not written twice.
    """

    mark = models.ForeignKey(Mark, on_delete=models.PROTECT, related_name="sightings")
    seen = models.CharField(max_length=2)
    minutes_late = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"seen {self.seen}"


class Settlement(SchoolOwned):
    """The office's word that a code stands though the teacher saw otherwise; a new code or sighting opens it again."""

    mark = models.ForeignKey(Mark, on_delete=models.PROTECT, related_name="settlements")
    version = models.PositiveIntegerField()
    seen = models.CharField(max_length=2)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mark", "version", "seen", "at"], name="settlement_once")]

    def __str__(self) -> str:
        return f"{self.mark_id} stands"


class SiteEvent(SchoolOwned):
    """Somebody came, left or came back during the day, at a minute of the school's clock. Append-only.

    A wrong one is cancelled by another that points at it. It never undoes a mark: the session's mark stands.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="site_events")
    on = models.DateField()
    time = models.TimeField()
    session = models.CharField(max_length=2)
    kind = models.CharField(max_length=10)
    reason = models.CharField(max_length=200, blank=True)
    accompanied_by = models.CharField(max_length=80, blank=True)
    cancels = models.OneToOneField("self", on_delete=models.PROTECT, related_name="cancelled_by", null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=SESSION_KNOWN, name="site_event_session_known"),
            models.CheckConstraint(
                condition=Q(kind__in=[str(kind) for kind in SiteEventKind]), name="site_event_kind_known"
            ),
        ]
        indexes = [models.Index(fields=["school", "on"], name="site_event_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.on:%Y-%m-%d} {self.time:%H:%M}"


class Disruption(SchoolOwned):
    """An unexpected closure of the whole site (Y4) or of a part (Y3), entered once for all whom it concerned.

    The sessions stay open in the calendar; the marks it gave carry its code. First and last session included.
    """

    code = models.CharField(max_length=2)
    first_on = models.DateField()
    first_session = models.CharField(max_length=2)
    last_on = models.DateField()
    last_session = models.CharField(max_length=2)
    reason = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_role = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_on__gte=models.F("first_on")), name="disruption_ends_after_start"),
            models.CheckConstraint(condition=Q(code__in=["Y3", "Y4"]), name="disruption_code_known"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.first_on:%d/%m/%Y}"


class DisruptedClass(SchoolOwned):
    """One class that a closure of a part of the premises concerned."""

    disruption = models.ForeignKey(Disruption, on_delete=models.PROTECT, related_name="classes")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["disruption", "school_class"], name="disrupted_class_once")]

    def __str__(self) -> str:
        return str(self.school_class)
