from django.db import models
from django.db.models import F, Q

from absences.rules.spans import Span
from registers.rules.sessions import Session, SessionOn
from registers.scope import SchoolOwned


class SpanOwned(SchoolOwned):
    """A pupil's row about the sessions from one to another, both included."""

    pupil = models.ForeignKey("registers.Pupil", on_delete=models.PROTECT, related_name="%(class)ss")
    first_on = models.DateField()
    first_session = models.CharField(max_length=2, default=Session.AM.value)
    last_on = models.DateField()
    last_session = models.CharField(max_length=2, default=Session.PM.value)

    class Meta:
        abstract = True

    @property
    def span(self) -> Span:
        return Span(
            SessionOn(self.first_on, Session(self.first_session)), SessionOn(self.last_on, Session(self.last_session))
        )


def span_constraints(name: str) -> list[models.BaseConstraint]:
    """The sessions are known ones, and the last is not before the first."""
    known = [str(session) for session in Session]
    return [
        models.CheckConstraint(
            condition=Q(first_session__in=known, last_session__in=known), name=f"{name}_sessions_known"
        ),
        models.CheckConstraint(
            condition=Q(last_on__gt=F("first_on")) | Q(last_on=F("first_on"), last_session__gte=F("first_session")),
            name=f"{name}_ends_after_start",
        ),
    ]
