"""Classes and who is in them on a day, and the registers taken of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from registers.models import ClassPlace, ClassTeacher, Mark, Membership, Pupil, RegisterTaken, School, SchoolClass
from registers.queries import calendars
from registers.rules.arrivals import Times
from registers.rules.calendar import Calendar
from registers.rules.rights import Right
from registers.rules.sessions import Session


def open_to(memberships: Iterable[Membership], school: School, on: date) -> QuerySet[SchoolClass]:
    """The classes whose register a person may take: a teacher's own; all of them for whoever may recode."""
    classes = all_of(school, on)
    parts = list(memberships)
    if any(part.holds(Right.RECODE) for part in parts):
        return classes
    own = ClassTeacher.objects.filter(user__in=[part.user_id for part in parts], starts_on__lte=on)
    return classes.filter(pk__in=own.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on)).values("school_class"))


def all_of(school: School, on: date) -> QuerySet[SchoolClass]:
    """The classes with somebody in them on a day."""
    return SchoolClass.objects.filter(school=school, pk__in=_places(school, on).values("school_class"))


def pupils_in(school_class: SchoolClass, on: date) -> list[Pupil]:
    """The pupils in a class on a day and on roll, by surname."""
    return list(
        Pupil.objects.filter(
            pk__in=_places(school_class.school, on).filter(school_class=school_class).values("pupil")
        ).order_by("legal_surname", "legal_forename", "pk")
    )


def class_names(school: School, on: date) -> dict[int, str]:
    """The name of each pupil's class on a day, by pupil."""
    return dict(_places(school, on).values_list("pupil_id", "school_class__name"))


def _places(school: School, on: date) -> QuerySet[ClassPlace]:
    return (
        ClassPlace.objects.filter(school=school, starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        .filter(pupil__starts_on__lte=on)
        .filter(Q(pupil__leaves_on__isnull=True) | Q(pupil__leaves_on__gte=on))
    )


@dataclass(frozen=True)
class RegisterState:
    """How far a class's register for one session has come."""

    school_class: SchoolClass
    session: Session
    pupils: int
    marked: int
    taken: RegisterTaken | None

    @property
    def is_complete(self) -> bool:
        return self.marked >= self.pupils

    @property
    def blank(self) -> int:
        return self.pupils - self.marked

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to take: it was sent, or the office has marked everybody."""
        return self.taken is not None or self.is_complete


def register_states(classes: Iterable[SchoolClass], school: School, on: date, session: Session) -> list[RegisterState]:
    """The state of each class's register for a session; three queries however many classes."""
    rows = list(classes)
    places = dict(_places(school, on).filter(school_class__in=rows).values_list("pupil_id", "school_class_id"))
    sizes = Counter(places.values())
    marked = Counter(
        places[pupil_id]
        for pupil_id in Mark.objects.filter(school=school, on=on, session=session).values_list("pupil_id", flat=True)
        if pupil_id in places
    )
    taken = {
        row.school_class_id: row
        for row in RegisterTaken.objects.filter(school=school, on=on, session=session).select_related("by")
    }
    return [RegisterState(row, session, sizes[row.pk], marked[row.pk], taken.get(row.pk)) for row in rows]


def latest(times: Mapping[tuple[str, Session], Times], stages: Iterable[str], session: Session) -> Times | None:
    """The session's times for these key stages; where they differ, those that close later."""
    found = [times[(stage, session)] for stage in sorted(stages) if (stage, session) in times]
    return max(found, key=lambda one: one.closes, default=None)


def times_by_class(school: School, on: date) -> dict[tuple[int, Session], Times | None]:
    """The times of each class's registers by the key stages of those in it; two queries."""
    stages: dict[int, set[str]] = defaultdict(set)
    for place in _places(school, on).select_related("pupil"):
        stages[place.school_class_id].add(place.pupil.key_stage(on))
    times = calendars.session_times(school, on)
    return {
        (class_id, session): latest(times, found, session) for class_id, found in stages.items() for session in Session
    }


def never_taken(
    rows: Iterable[SchoolClass], school: School, calendar: Calendar, today: date
) -> list[tuple[date, RegisterState]]:
    """The registers of the last school day before today that still hold blanks; only the office can fill those."""
    classes, day = list(rows), calendar.last_school_day(today - timedelta(days=1))
    if day is None or not classes:
        return []
    return [
        (day, state)
        for session in Session
        if calendar.is_open(day, session)
        for state in register_states(classes, school, day, session)
        if not state.is_complete
    ]
