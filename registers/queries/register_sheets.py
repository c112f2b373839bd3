"""The register of a class, a year group or the school for some weeks: as first taken, as it stood, or now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from registers.models import ClassPlace, Pupil, RegisterTaken, School, SchoolClass
from registers.queries import figures, history
from registers.queries.figures import Period
from registers.queries.history import Kept
from registers.rules import ages, codes
from registers.rules import history as rules
from registers.rules.calendar import Calendar, monday_of
from registers.rules.history import AsOf, Entry
from registers.rules.sessions import Session, SessionOn

MOST_DAYS = 45
"""School days on one sheet: a half-term and some more."""
WEEKS_A_PART = 4
"""School weeks side by side, so that a part fits on A4 across."""

CLOSED, BLANK = "closed", "blank"


@dataclass(frozen=True)
class Group:
    """Whose register it is: a class, a year group, or the whole school when neither is named."""

    school_class: SchoolClass | None = None
    year: int | None = None

    @property
    def name(self) -> str:
        if self.school_class is not None:
            return self.school_class.name
        return "The whole school" if self.year is None else ages.year_group_name(self.year)


@dataclass(frozen=True, slots=True)
class SheetCell:
    """One session of one pupil. `now` is what stands where the sheet shows something else; None where it does not."""

    place: SessionOn
    kind: str
    entry: Entry | None = None
    now: Entry | None = None
    mark_id: int | None = None
    is_amended: bool = False

    @property
    def symbol(self) -> str:
        return self.entry.said.code if self.entry else ""

    @property
    def now_in_brief(self) -> str:
        """What stands now where that is something else: the code, else the minutes, else that the note differs."""
        if self.now is None:
            return ""
        if self.entry is None or self.now.said.code != self.entry.said.code:
            return self.now.said.code
        if self.now.said.minutes_late != self.entry.said.minutes_late:
            return "–" if self.now.said.minutes_late is None else f"{self.now.said.minutes_late} min"
        return "note"


@dataclass(frozen=True)
class SheetRow:
    pupil: Pupil
    class_name: str
    cells: tuple[SheetCell, ...]


@dataclass(frozen=True)
class Part:
    """A few weeks of the sheet."""

    days: tuple[tuple[date, tuple[Session, ...]], ...]
    rows: tuple[SheetRow, ...]

    @property
    def sessions(self) -> list[Session]:
        return [session for _, sessions in self.days for session in sessions]


@dataclass(frozen=True)
class Taken:
    """A class's registers of the sheet's sessions: how many were sent, and by whom and when."""

    school_class: SchoolClass
    sessions: int
    registers: tuple[RegisterTaken, ...]


@dataclass(frozen=True)
class Sheet:
    """A register of some weeks in one state of it."""

    group: Group
    period: Period
    as_of: AsOf
    parts: tuple[Part, ...]
    pupils: int
    taken: tuple[Taken, ...]
    differing: int
    """Sessions of which the sheet shows something else than what stands now."""


def of(school: School, calendar: Calendar, group: Group, period: Period, as_of: AsOf) -> Sheet:
    """The sheet of a group and period: five queries, however many pupils and days."""
    places = _places(school, group, period)
    pupils = _pupils(school, group, period, places)
    kept = history.of_pupils(school, period, pupils)
    marks = {(one.pupil_id, one.place): one for one in kept}
    parts = tuple(
        Part(days, tuple(_row(pupil, days, places.get(pupil.pk, ()), group, marks, as_of) for pupil in pupils))
        for days in _weeks_together(calendar, period)
    )
    return Sheet(
        group=group,
        period=period,
        as_of=as_of,
        parts=parts,
        pupils=len(pupils),
        taken=_taken(school, calendar, period, places, as_of),
        differing=sum(cell.now is not None for part in parts for row in part.rows for cell in row.cells),
    )


def _places(school: School, group: Group, period: Period) -> dict[int, list[ClassPlace]]:
    """The places in a class held during the period, by pupil; of one class where the group is one."""
    rows = (
        ClassPlace.objects.filter(school=school, starts_on__lte=period.last_on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=period.first_on))
        .select_related("school_class")
        .order_by("starts_on")
    )
    if group.school_class is not None:
        rows = rows.filter(school_class=group.school_class)
    found: dict[int, list[ClassPlace]] = defaultdict(list)
    for place in rows:
        found[place.pupil_id].append(place)
    return found


def _pupils(school: School, group: Group, period: Period, places: dict[int, list[ClassPlace]]) -> list[Pupil]:
    everyone = figures.pupils_on_roll(school, period)
    if group.school_class is not None:
        return [pupil for pupil in everyone if pupil.pk in places]
    if group.year is not None:
        return [pupil for pupil in everyone if pupil.year_group(period.last_on) == group.year]
    return sorted(everyone, key=lambda pupil: _class_name(places.get(pupil.pk, ())))


def _class_name(places: Sequence[ClassPlace]) -> str:
    return places[-1].school_class.name if places else ""


def _weeks_together(calendar: Calendar, period: Period) -> list[tuple[tuple[date, tuple[Session, ...]], ...]]:
    """The open sessions of the period by day, a few school weeks at a time."""
    weeks: dict[date, dict[date, list[Session]]] = defaultdict(lambda: defaultdict(list))
    for on, session in calendar.sessions_between(period.first_on, period.last_on):
        weeks[monday_of(on)][on].append(session)
    mondays = sorted(weeks)
    return [
        tuple(
            (on, tuple(sessions))
            for monday in mondays[start : start + WEEKS_A_PART]
            for on, sessions in weeks[monday].items()
        )
        for start in range(0, len(mondays), WEEKS_A_PART)
    ]


def _row(
    pupil: Pupil,
    days: Iterable[tuple[date, tuple[Session, ...]]],
    places: Sequence[ClassPlace],
    group: Group,
    marks: dict[tuple[int, SessionOn], Kept],
    as_of: AsOf,
) -> SheetRow:
    cells = []
    for on, sessions in days:
        concerned = _is_concerned(pupil, on, places, group)
        for session in sessions:
            place = SessionOn(on, session)
            cells.append(_cell(place, marks.get((pupil.pk, place)), as_of) if concerned else SheetCell(place, CLOSED))
    return SheetRow(pupil, _class_name(places), tuple(cells))


def _is_concerned(pupil: Pupil, on: date, places: Sequence[ClassPlace], group: Group) -> bool:
    """Whether the pupil was on roll that day, and in the class if it is a class's register."""
    if on < pupil.starts_on or (pupil.leaves_on is not None and on > pupil.leaves_on):
        return False
    return group.school_class is None or any(
        place.starts_on <= on and (place.ends_on is None or on <= place.ends_on) for place in places
    )


def _cell(place: SessionOn, kept: Kept | None, as_of: AsOf) -> SheetCell:
    if kept is None:
        return SheetCell(place, BLANK)
    entry = rules.shown(kept.entries, as_of)
    kind = codes.code(entry.said.code).stat_class if entry else BLANK
    now = kept.entries[-1] if rules.differs(entry, kept.entries) else None
    return SheetCell(place, kind, entry, now, kept.mark_id, kept.is_amended)


def _taken(
    school: School, calendar: Calendar, period: Period, places: dict[int, list[ClassPlace]], as_of: AsOf
) -> tuple[Taken, ...]:
    """Who sent each class's registers, and when; only those sent by the moment the sheet shows."""
    classes = {place.school_class_id: place.school_class for held in places.values() for place in held}
    rows = RegisterTaken.objects.filter(
        school=school, school_class__in=list(classes), on__gte=period.first_on, on__lte=period.last_on
    )
    if as_of.at is not None:
        rows = rows.filter(at__lte=as_of.at)
    found: dict[int, list[RegisterTaken]] = defaultdict(list)
    for row in rows.select_related("by").order_by("on", "session"):
        found[row.school_class_id].append(row)
    sessions = len(calendar.sessions_between(period.first_on, period.last_on))
    return tuple(
        Taken(one, sessions, tuple(found[one.pk])) for one in sorted(classes.values(), key=lambda one: one.name)
    )


def week_of(on: date) -> Period:
    """Monday to Friday of the week a day lies in."""
    monday = monday_of(on)
    return Period(monday, monday + timedelta(days=4))
