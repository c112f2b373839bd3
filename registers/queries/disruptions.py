"""Unexpected closures: whom one concerns and what it would mark, and those entered before."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from registers.models import ClassPlace, Disruption, Event, Mark, School
from registers.queries import figures
from registers.queries.figures import Period
from registers.rules import disruptions as rules
from registers.rules.calendar import Calendar
from registers.rules.disruptions import Closing, DisruptionCode
from registers.rules.sessions import Session, SessionOn

ENTERED = "unexpected closure entered"

Stays = Mapping[int, list[tuple[date, date]]]
"""The days each pupil belongs to those concerned, by pupil, first and last included."""


@dataclass(frozen=True)
class Preview:
    """What a closure would mark: each session with what stands in it, and what it would leave, by code."""

    sessions: tuple[SessionOn, ...]
    pupils: int
    given: tuple[tuple[int, SessionOn, str | None], ...]
    left: Mapping[str, int]

    @property
    def number(self) -> int:
        return len(self.given)

    @property
    def amended(self) -> Mapping[str, int]:
        """The marks that would be amended, by the code that stands."""
        return dict(sorted(Counter(code for _, _, code in self.given if code is not None).items()))

    @property
    def blank(self) -> int:
        return sum(code is None for _, _, code in self.given)


@dataclass(frozen=True)
class DisruptionRow:
    """One closure entered before, with how many marks it gave."""

    row: Disruption
    class_names: tuple[str, ...]
    marks: int
    left: int


def concerned(school: School, closing: Closing) -> Stays:
    """Everybody on roll, or in the classes chosen, on some day of a closure; one query."""
    first_on, last_on = closing.first.on, closing.last.on
    found: dict[int, list[tuple[date, date]]] = defaultdict(list)
    if closing.code is DisruptionCode.WHOLE:
        for pupil in figures.pupils_on_roll(school, Period(first_on, last_on)):
            found[pupil.pk].append((max(first_on, pupil.starts_on), min(last_on, pupil.leaves_on or last_on)))
        return found
    places = (
        ClassPlace.objects.filter(school=school, school_class__in=closing.class_ids, starts_on__lte=last_on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=first_on))
        .values_list("pupil_id", "starts_on", "ends_on", "pupil__starts_on", "pupil__leaves_on")
    )
    for pupil_id, starts_on, ends_on, enrolled_on, leaves_on in places:
        begins, ends = max(first_on, starts_on, enrolled_on), min(last_on, ends_on or last_on, leaves_on or last_on)
        if begins <= ends:
            found[pupil_id].append((begins, ends))
    return found


def preview(school: School, calendar: Calendar, closing: Closing, stays: Stays) -> Preview:
    """What a closure would do to the marks as they stand; one query however many pupils."""
    sessions = closing.sessions(calendar)
    standing = {
        (pupil_id, SessionOn(on, Session(session))): code
        for pupil_id, on, session, code in Mark.objects.filter(
            school=school, on__gte=closing.first.on, on__lte=closing.last.on
        ).values_list("pupil_id", "on", "session", "code")
    }
    given: list[tuple[int, SessionOn, str | None]] = []
    left = Counter[str]()
    for pupil_id, spans in stays.items():
        for place in sessions:
            if not any(first_on <= place.on <= last_on for first_on, last_on in spans):
                continue
            code = standing.get((pupil_id, place))
            if rules.takes(code, closing):
                given.append((pupil_id, place, code))
            elif code is not None:
                left[code] += 1
    return Preview(sessions, len(stays), tuple(given), dict(sorted(left.items())))


def entered(school: School) -> list[DisruptionRow]:
    """Every unexpected closure, the newest first; four queries however many."""
    rows = list(
        Disruption.objects.filter(school=school)
        .select_related("recorded_by")
        .prefetch_related("classes__school_class")
        .order_by("-first_on", "-pk")
    )
    facts = dict(
        Event.objects.filter(school=school, kind=ENTERED, subject__in=[subject(row) for row in rows]).values_list(
            "subject", "facts"
        )
    )
    return [
        DisruptionRow(
            row,
            tuple(sorted(one.school_class.name for one in row.classes.all())),
            facts.get(subject(row), {}).get("marks", 0),
            facts.get(subject(row), {}).get("left", 0),
        )
        for row in rows
    ]


def subject(row: Disruption) -> str:
    return f"disruption:{row.pk}"
