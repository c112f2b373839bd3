"""Absences nobody has explained yet, and the reasons recorded so far."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.db.models import OuterRef, Q, Subquery

from absences.models import Reason
from absences.rules import spans
from absences.rules.reasons import SCHOOL_DAYS_TO_ESTABLISH
from absences.rules.spans import Span
from registers.models import ClassPlace, Mark, Pupil, School
from registers.rules import codes
from registers.rules.calendar import Calendar, CalendarRefusedError
from registers.rules.marks import Door
from registers.rules.sessions import Session, SessionOn


@dataclass(frozen=True)
class Unexplained:
    """One pupil's sessions of one day still marked N. `age` counts school days since; N must be replaced by `due_on`.

    `due_on` is None where the calendar does not reach that far yet.
    """

    pupil: Pupil
    class_name: str
    on: date
    sessions: tuple[Session, ...]
    age: int
    due_on: date | None
    is_overdue: bool

    @property
    def key(self) -> str:
        """What tells the row from every other on the page."""
        return f"{self.pupil.pk}-{self.on.isoformat()}"

    @property
    def places(self) -> tuple[SessionOn, ...]:
        return tuple(SessionOn(self.on, session) for session in self.sessions)


def unexplained(school: School, calendar: Calendar, today: date) -> list[Unexplained]:
    """Every N of the school, oldest day first, one row for a pupil's day (reg 10(7)-(9)); one query.

    What was planned for a day to come and fell away asks nothing of anybody before its day.
    """
    place = ClassPlace.objects.filter(pupil=OuterRef("pupil"), starts_on__lte=OuterRef("on")).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=OuterRef("on"))
    )
    marks = (
        # Where a plan fell away, an N of today or later stands for a blank.
        Mark.objects.filter(school=school, code=codes.UNEXPLAINED)
        .exclude(source=Door.LAPSED, on__gte=today)
        .select_related("pupil")
        .annotate(class_name=Subquery(place.values("school_class__name")[:1]))
        .order_by("on", "pupil__legal_surname", "pupil__legal_forename", "pupil_id", "session")
    )
    rows = []
    for (on, _), found in groupby(marks, key=lambda mark: (mark.on, mark.pupil_id)):
        of_day = list(found)
        due_on = _due_on(on, calendar)
        rows.append(
            Unexplained(
                pupil=of_day[0].pupil,
                class_name=of_day[0].class_name or "",
                on=on,
                sessions=tuple(Session(mark.session) for mark in of_day),
                age=len(calendar.school_days_between(on + timedelta(days=1), today)),
                due_on=due_on,
                is_overdue=due_on is not None and due_on < today,
            )
        )
    return rows


def runs(pupil: Pupil, calendar: Calendar) -> list[Span]:
    """A pupil's sessions still marked N, joined into stretches, oldest first."""
    marks = Mark.objects.filter(pupil=pupil, code=codes.UNEXPLAINED).values_list("on", "session")
    return list(spans.runs((SessionOn(on, Session(session)) for on, session in marks), calendar))


def recorded(pupil: Pupil) -> list[Reason]:
    """A pupil's reasons, the latest days first."""
    return list(
        Reason.objects.filter(pupil=pupil).select_related("recorded_by").order_by("-last_on", "-last_session", "-pk")
    )


def _due_on(on: date, calendar: Calendar) -> date | None:
    try:
        return calendar.add_school_days(on, SCHOOL_DAYS_TO_ESTABLISH)
    except CalendarRefusedError:
        return None
