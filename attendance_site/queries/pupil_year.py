"""One child's school year at a glance, brothers and sisters side by side, and whom to ring in order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from absences.queries import contacts as contact_log
from absences.queries.contacts import Attempt
from penalties.queries import threshold
from penalties.rules.threshold import Window
from registers.models import Contact, Mark, Pupil, School
from registers.queries import classes, families, figures
from registers.queries.figures import Period
from registers.rules import codes
from registers.rules.calendar import Calendar, Term, monday_of
from registers.rules.figures import Figures
from registers.rules.sessions import Session, SessionOn

WEEKDAYS = 5


@dataclass(frozen=True)
class Day:
    """One day of the year: its two marks, where the school is open and the day is not still to come."""

    on: date
    is_open: bool
    is_to_come: bool
    marks: tuple[str, str]


@dataclass(frozen=True)
class HalfTerm:
    """A half-term as weeks of five days, with the pupil's figures in it."""

    term: Term
    weeks: tuple[tuple[Day, ...], ...]
    figures: Figures


@dataclass(frozen=True)
class Child:
    """One child of the family: the year so far, and the days away together with the one the page is about."""

    pupil: Pupil
    class_name: str
    figures: Figures
    window: Window
    together: int


@dataclass(frozen=True)
class PupilYear:
    """What the page shows."""

    half_terms: tuple[HalfTerm, ...]
    children: tuple[Child, ...]
    contacts: tuple[Contact, ...]
    attempts: tuple[Attempt, ...]


Marks = Mapping[SessionOn, str]


def of(school: School, calendar: Calendar, pupil: Pupil, on: date) -> PupilYear:
    """A pupil's year up to a day; a constant number of queries however large the family."""
    year = figures.year_to_date(on, calendar)
    on_roll = [one for one in families.latest_spells(families.siblings(pupil)) if one.leaves_on is None]
    family = [pupil, *on_roll]
    marks = _marks(school, year, family)
    return PupilYear(
        half_terms=tuple(_half_terms(calendar, year, marks.get(pupil.pk, {}), on)),
        children=tuple(_children(school, calendar, family, marks, on)),
        contacts=tuple(families.contacts_of(pupil)),
        attempts=tuple(contact_log.of_pupil(pupil)),
    )


def _marks(school: School, year: Period, family: Iterable[Pupil]) -> dict[int, dict[SessionOn, str]]:
    found: dict[int, dict[SessionOn, str]] = {}
    rows = Mark.objects.filter(school=school, pupil__in=family, on__gte=year.first_on, on__lte=year.last_on)
    for pupil_id, day, session, code in rows.values_list("pupil_id", "on", "session", "code"):
        found.setdefault(pupil_id, {})[SessionOn(day, Session(session))] = code
    return found


def _half_terms(calendar: Calendar, year: Period, marks: Marks, on: date) -> Iterable[HalfTerm]:
    for term in calendar.terms:
        if not year.first_on <= term.first_on <= on:
            continue
        last_on = min(term.last_on, on)
        inside = [code for place, code in marks.items() if term.first_on <= place.on <= last_on]
        counts = {code: inside.count(code) for code in set(inside) if code != codes.NOT_ON_ROLL}
        weeks = []
        monday = monday_of(term.first_on)
        while monday <= last_on:
            weeks.append(tuple(_day(calendar, marks, monday + timedelta(days=day), on) for day in range(WEEKDAYS)))
            monday += timedelta(days=7)
        yield HalfTerm(term, tuple(weeks), Figures(counts))


def _day(calendar: Calendar, marks: Marks, on: date, today: date) -> Day:
    return Day(
        on,
        calendar.is_school_day(on),
        on > today,
        (marks.get(SessionOn(on, Session.AM), ""), marks.get(SessionOn(on, Session.PM), "")),
    )


def _children(
    school: School, calendar: Calendar, family: list[Pupil], marks: Mapping[int, Marks], on: date
) -> Iterable[Child]:
    counted = figures.by_pupil(school, calendar, figures.year_to_date(on, calendar), family)
    windows = threshold.of_pupils(school, calendar, family, on)
    names = classes.class_names(school, on)
    away = {pk: {place.on for place, code in held.items() if codes.code(code).is_absent} for pk, held in marks.items()}
    own = away.get(family[0].pk, set())
    for child in family:
        together = len(own & away.get(child.pk, set())) if child is not family[0] else 0
        yield Child(child, names.get(child.pk, ""), counted[child.pk], windows[child.pk], together)
