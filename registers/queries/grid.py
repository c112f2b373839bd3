"""The office grid: pupils down, sessions across, each mark with what its corners say, in the same few queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q

from registers.models import Arrangement, ClassPlace, Mark, Pupil, School
from registers.queries import calendars, disagreements
from registers.rules import ages, codes
from registers.rules import grid as rules
from registers.rules.calendar import Calendar
from registers.rules.grid import Column, Corner
from registers.rules.sessions import Session, SessionOn, is_in_pattern

Place = tuple[date, str]
"""A session of a day as the database has it."""


class Cell(NamedTuple):
    """One session of one pupil: the mark that stands and what its corners say."""

    code: str
    minutes: int | None
    version: int
    corners: tuple[Corner, ...]

    def needs_look(self, *, is_due: bool) -> bool:
        return rules.needs_look(self.code, self.corners, is_due=is_due)


BLANK = Cell("", None, 0, ())


@dataclass(frozen=True)
class Row:
    """A pupil's sessions in the order of the columns; None where the school is shut or the pupil not on roll."""

    pupil_id: int
    name: str
    class_name: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Group:
    """A class or a year group that the grid can be narrowed to."""

    key: str
    name: str


@dataclass(frozen=True)
class Grid:
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    blank: int
    unexplained: int
    contradicted: int
    wanting: int


@dataclass(frozen=True)
class Asked:
    """What the grid is narrowed to: a group by its key, and everybody, those away, or those to be looked at."""

    group: str = ""
    show: str = "all"


class _Person(NamedTuple):
    pk: int
    surname: str
    legal: str
    preferred: str
    dob: date
    year_offset: int
    starts_on: date
    leaves_on: date | None

    @property
    def name(self) -> str:
        return f"{self.surname}, {self.preferred or self.legal}"


def grid(school: School, calendar: Calendar, columns: tuple[Column, ...], due_until: SessionOn, asked: Asked) -> Grid:
    """The grid of some columns (at least one), by class and name; a blank is due until a session. Five queries."""
    first_on, last_on = columns[0].place.on, columns[-1].place.on
    people = _people(school, first_on, last_on)
    classes = _classes(school, first_on, last_on)
    years = {person.pk: ages.year_group(person.dob, last_on, person.year_offset) for person in people}
    chosen = [person for person in people if _is_in(asked.group, classes.get(person.pk), years[person.pk])]
    narrowed = None if not asked.group else [person.pk for person in chosen]
    cells = cells_of(school, first_on, last_on, narrowed)
    rows, totals = [], _Totals()
    for person in sorted(chosen, key=lambda person: classes.get(person.pk, ("", ""))[1]):
        row = _row(person, classes.get(person.pk, ("", ""))[1], columns, cells.get(person.pk, {}))
        looks = totals.count(row, columns, due_until)
        if _is_shown(row, looks, asked.show):
            rows.append(row)
    return Grid(
        columns,
        tuple(rows),
        _groups(classes.values(), years.values()),
        totals.blank,
        totals.unexplained,
        totals.contradicted,
        totals.wanting,
    )


@dataclass
class _Totals:
    blank: int = 0
    unexplained: int = 0
    contradicted: int = 0
    wanting: int = 0

    def count(self, row: Row, columns: Sequence[Column], due_until: SessionOn) -> int:
        """Add a row's cells; returns how many of them want a look."""
        looks = 0
        for cell, column in zip(row.cells, columns, strict=True):
            if cell is None or (cell.code in codes.PRESENT_STROKE.values() and not cell.corners):
                continue
            is_due = column.place <= due_until
            self.blank += is_due and not cell.code
            self.unexplained += cell.code == codes.UNEXPLAINED
            self.contradicted += Corner.CONFLICT in cell.corners
            self.wanting += Corner.WANTING in cell.corners
            looks += cell.needs_look(is_due=is_due)
        return looks


def _people(school: School, first_on: date, last_on: date) -> list[_Person]:
    rows = (
        Pupil.objects.filter(Q(leaves_on__isnull=True) | Q(leaves_on__gte=first_on))
        .filter(school=school, starts_on__lte=last_on)
        .order_by("legal_surname", "legal_forename", "pk")
        .values_list(
            *("pk", "legal_surname", "legal_forename", "preferred_forename"),
            *("dob", "year_offset", "starts_on", "leaves_on"),
        )
    )
    return [_Person(*row) for row in rows]


def _classes(school: School, first_on: date, last_on: date) -> dict[int, tuple[str, str]]:
    """The key and name of each pupil's class: the last one held in the period."""
    rows = (
        ClassPlace.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=first_on))
        .filter(school=school, starts_on__lte=last_on)
        .order_by("starts_on")
        .values_list("pupil_id", "school_class_id", "school_class__name")
    )
    return {pupil_id: (f"c{class_id}", name) for pupil_id, class_id, name in rows}


def _groups(classes: Iterable[tuple[str, str]], years: Iterable[int]) -> tuple[Group, ...]:
    by_class = [Group(key, name) for key, name in sorted(set(classes), key=lambda one: one[1])]
    return (*by_class, *(Group(f"y{year}", ages.year_group_name(year)) for year in sorted(set(years))))


def _is_in(group: str, school_class: tuple[str, str] | None, year: int) -> bool:
    return not group or group == f"y{year}" or (school_class is not None and group == school_class[0])


def _row(person: _Person, class_name: str, columns: Sequence[Column], marks: Mapping[Place, Cell]) -> Row:
    last_on = person.leaves_on or date.max
    return Row(
        person.pk,
        person.name,
        class_name,
        tuple(
            None
            if column.why_closed or not person.starts_on <= column.place.on <= last_on
            else marks.get(column.place, BLANK)
            for column in columns
        ),
    )


def _is_shown(row: Row, looks: int, show: str) -> bool:
    if show == "attention":
        return looks > 0
    if show == "absent":
        return any(cell is not None and cell.code and codes.code(cell.code).is_absent for cell in row.cells)
    return True


def cells_of(
    school: School, first_on: date, last_on: date, pupil_ids: Collection[int] | None = None
) -> dict[int, dict[Place, Cell]]:
    """The marks of some days as cells, by pupil and session; everybody's where no pupils are named. Three queries."""
    marks = Mark.objects.filter(school=school, on__gte=first_on, on__lte=last_on)
    if pupil_ids is not None:
        marks = marks.filter(pupil__in=pupil_ids)
    odd = disagreements.open_ids(school, first_on, last_on)
    records = _records(school, first_on, last_on)
    strokes = {code: Cell(code, None, 1, ()) for code in codes.PRESENT_STROKE.values()}
    found: dict[int, dict[Place, Cell]] = defaultdict(dict)
    for pk, pupil_id, on, session, code, minutes, version, note, seen in marks.values_list(
        "pk", "pupil_id", "on", "session", "code", "minutes_late", "version", "note", "seen"
    ):
        if version == 1 and code in strokes and seen in ("", "P") and not note:
            found[pupil_id][(on, session)] = strokes[code]
            continue
        rests = any(_covers(record, code, SessionOn(on, Session(session))) for record in records.get(pupil_id, ()))
        corners = rules.corners(code, note, rests=rests, is_odd=pk in odd)
        found[pupil_id][(on, session)] = Cell(code, minutes, version, corners)
    return found


class _Record(NamedTuple):
    code: str
    first: SessionOn
    last: SessionOn
    weekdays: str
    held_until: date | None


def _records(school: School, first_on: date, last_on: date) -> dict[int, list[_Record]]:
    found: dict[int, list[_Record]] = defaultdict(list)
    for pupil_id, code, starts_on, starts, ends_on, ends, weekdays, held_until in Arrangement.objects.filter(
        ended_at__isnull=True, school=school, first_on__lte=last_on, last_on__gte=first_on
    ).values_list("pupil_id", "code", "first_on", "first_session", "last_on", "last_session", "weekdays", "held_until"):
        first, last = SessionOn(starts_on, Session(starts)), SessionOn(ends_on, Session(ends))
        found[pupil_id].append(_Record(code, first, last, weekdays, held_until))
    return found


def _covers(record: _Record, code: str, place: SessionOn) -> bool:
    held = record.held_until is None or place.on <= record.held_until
    within = record.first <= place <= record.last and is_in_pattern(place, record.weekdays)
    return record.code == code and held and within


def due_until(school: School, today: date, local: datetime) -> SessionOn:
    """The last session that should have a mark by now."""
    return SessionOn(today, calendars.session_at(school, local))
