"""Registers that are not in: today's, with how late each is, and the blanks of earlier days of the half-term."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, F, Q

from registers.models import ClassPlace, ClassTeacher, Mark, School, SchoolClass
from registers.queries import classes
from registers.queries.classes import RegisterState
from registers.rules import arrivals
from registers.rules.arrivals import Lateness, Times
from registers.rules.calendar import Calendar
from registers.rules.sessions import Session, SessionOn


@dataclass(frozen=True)
class MissingRegister:
    """One class's register that is not complete."""

    state: RegisterState
    teachers: str
    lateness: Lateness | None
    """How late it is; None for an earlier day, or where the school states no times."""


@dataclass(frozen=True)
class Waiting:
    """The registers of a session that open at one time, still to come."""

    session: Session
    opens: time
    states: tuple[RegisterState, ...]


@dataclass(frozen=True)
class Missing:
    """The registers of a day that are not in, and how many are."""

    on: date
    rows: tuple[MissingRegister, ...]
    complete: int
    waiting: tuple["Waiting", ...]
    """The registers that nobody has to take yet, by when they open."""


@dataclass(frozen=True)
class Blanks:
    """The marks that a class lacks on one earlier day."""

    on: date
    school_class: SchoolClass
    blank: int


def of(school: School, calendar: Calendar, on: date, local: datetime) -> Missing:
    """The registers of a day that are not in, the longest waited for first; the same number of queries always."""
    everyone = list(classes.all_of(school, on))
    teachers, times = _teachers(everyone, on), classes.times_by_class(school, on)
    rows: list[MissingRegister] = []
    waiting: dict[tuple[Session, time], list[RegisterState]] = defaultdict(list)
    states = [
        state
        for session in Session
        if calendar.is_open(on, session)
        for state in classes.register_states(everyone, school, on, session)
    ]
    for state in states:
        lateness = _lateness(times.get((state.school_class.pk, state.session)), on, local)
        if state.is_complete:
            continue
        if lateness is not None and lateness.is_early:
            waiting[(state.session, lateness.times.starts)].append(state)
        else:
            rows.append(MissingRegister(state, teachers.get(state.school_class.pk, ""), lateness))
    rows.sort(key=lambda row: -(row.lateness.minutes if row.lateness else 0))
    return Missing(
        on,
        tuple(rows),
        sum(state.is_complete for state in states),
        tuple(Waiting(session, opens, tuple(found)) for (session, opens), found in sorted(waiting.items())),
    )


def _lateness(times: Times | None, on: date, local: datetime) -> Lateness | None:
    return arrivals.lateness(local.time(), times) if times is not None and on == local.date() else None


def _teachers(everyone: list[SchoolClass], on: date) -> Mapping[int, str]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = ClassTeacher.objects.filter(school_class__in=everyone, starts_on__lte=on)
    for row in rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on)).select_related("user").order_by("user__name"):
        found[row.school_class_id].append(row.user.name)
    return {class_id: ", ".join(names) for class_id, names in found.items()}


def blanks(school: School, calendar: Calendar, today: date) -> list[Blanks]:
    """The marks that earlier days of this half-term lack, by day and class, latest first; three queries.

    Only pupils who are in a class have a register to be blank in.
    """
    term = calendar.term_of(today)
    if term is None:
        return []
    last_on = min(term.last_on, today - timedelta(days=1))
    places = calendar.sessions_between(term.first_on, last_on)
    if not places:
        return []
    due, marked = _due(school, places), _marked(school, term.first_on, last_on)
    short: Counter[tuple[date, int]] = Counter()
    for (place, class_id), number in due.items():
        short[(place.on, class_id)] += max(0, number - marked[(place, class_id)])
    rows = {row.pk: row for row in SchoolClass.objects.filter(school=school)}
    found = [Blanks(on, rows[class_id], number) for (on, class_id), number in short.items() if number]
    return sorted(found, key=lambda row: (-row.on.toordinal(), row.school_class.name))


def _due(school: School, places: tuple[SessionOn, ...]) -> Counter[tuple[SessionOn, int]]:
    """How many marks each class owes for each session."""
    rows = ClassPlace.objects.filter(school=school, starts_on__lte=places[-1].on)
    spans: dict[int, Counter[tuple[date, date]]] = defaultdict(Counter)
    for class_id, starts_on, ends_on, joins_on, leaves_on in rows.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=places[0].on)
    ).values_list("school_class_id", "starts_on", "ends_on", "pupil__starts_on", "pupil__leaves_on"):
        last_on = min(filter(None, (ends_on, leaves_on, places[-1].on)))
        spans[class_id][(max(starts_on, joins_on), last_on)] += 1
    due: Counter[tuple[SessionOn, int]] = Counter()
    for class_id, counted in spans.items():
        for place in places:
            number = sum(size for (first_on, last_on), size in counted.items() if first_on <= place.on <= last_on)
            due[(place, class_id)] = number
    return due


def _marked(school: School, first_on: date, last_on: date) -> Counter[tuple[SessionOn, int]]:
    """How many marks each class has for each session, of the pupils who were in it then; SQL does the counting."""
    counted = (
        Mark.objects.filter(
            Q(pupil__places__ends_on__isnull=True) | Q(pupil__places__ends_on__gte=F("on")),
            Q(pupil__leaves_on__isnull=True) | Q(pupil__leaves_on__gte=F("on")),
            school=school,
            on__range=(first_on, last_on),
            pupil__starts_on__lte=F("on"),
            pupil__places__starts_on__lte=F("on"),
        )
        .values_list("on", "session", "pupil__places__school_class")
        .annotate(Count("pk"))
        .order_by()
    )
    return Counter({(SessionOn(on, Session(half)), class_id): number for on, half, class_id, number in counted})
