from django.db import models
from django.db.models import F, Q

from registers.rules.sessions import Session
from registers.scope import SchoolOwned

SESSION_KNOWN = Q(session__in=[str(session) for session in Session])


class School(models.Model):
    """One school, the root of all its data. `policy` words live in escalation; this is what registers need."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    phase = models.CharField(max_length=20)
    proprietor = models.CharField(max_length=60)
    local_authority = models.CharField(max_length=60)
    local_authority_code = models.CharField(max_length=3)
    establishment = models.CharField(max_length=4)
    address = models.TextField()
    telephone = models.CharField(max_length=30)
    email = models.EmailField()
    late_from_start = models.BooleanField(default=False)
    """Whether a pupil who is not there when the register begins is late, whatever grace the session times give."""
    second_factor_roles = models.JSONField(default=list)
    """The roles whose holders must sign in with a second factor."""
    colour_bands = models.JSONField(default=list)
    """Where green, amber and red begin on the colour-tracking sheet, in per cent; empty for the usual 95, 90 and 50."""
    copies_folder = models.CharField(max_length=60, blank=True)
    """Where the monthly copies of both registers go, under the folder the site keeps for them; blank for none."""

    def __str__(self) -> str:
        return self.name


class SessionTimes(SchoolOwned):
    """When a session's register opens, until when an arrival is on time, and when it closes, each minute included."""

    key_stage = models.CharField(max_length=4)
    session = models.CharField(max_length=2)
    applies_from = models.DateField()
    starts = models.TimeField()
    on_time_until = models.TimeField()
    closes = models.TimeField()
    assumed = models.BooleanField(default=False)
    """The policy states no time; this one was put in its place."""
    from_file = models.BooleanField(default=False)
    """Entered by setting the school up from a file, as with a closure."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "key_stage", "session", "applies_from"], name="session_times_once"
            ),
            models.CheckConstraint(condition=SESSION_KNOWN, name="session_times_session_known"),
            models.CheckConstraint(
                condition=Q(starts__lte=F("on_time_until")) & Q(on_time_until__lt=F("closes")),
                name="session_times_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_stage} {self.session} {self.starts:%H:%M}-{self.closes:%H:%M}"


class Term(SchoolOwned):
    """One half-term, numbered 1 to 6 within its school year. A placeholder waits for the school's own dates."""

    name = models.CharField(max_length=30)
    number = models.PositiveSmallIntegerField()
    first_on = models.DateField()
    last_on = models.DateField()
    placeholder = models.BooleanField(default=False)
    from_file = models.BooleanField(default=False)
    """Entered by setting the school up from a file, as with a closure."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "first_on"], name="term_once"),
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="term_ends_after_start"),
            models.CheckConstraint(condition=Q(number__gte=1) & Q(number__lte=6), name="term_number_1_to_6"),
        ]
        ordering = ["first_on"]

    def __str__(self) -> str:
        return f"{self.name} ({self.first_on:%Y})"


class Closure(SchoolOwned):
    """Days inside a term without school; one session of them when `session` is given."""

    first_on = models.DateField()
    last_on = models.DateField()
    session = models.CharField(max_length=2, blank=True)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    placeholder = models.BooleanField(default=False)
    from_file = models.BooleanField(default=False)
    """Entered by setting the school up from a file; setting it up again replaces these and no others."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "first_on", "session"], name="closure_once"),
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="closure_ends_after_start"),
            models.CheckConstraint(condition=SESSION_KNOWN | Q(session=""), name="closure_session_known"),
        ]
        ordering = ["first_on"]

    def __str__(self) -> str:
        return f"{self.name} {self.first_on:%d/%m/%Y}"
