"""The pages on which registers are taken and recoded."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from registers.models import Mark, Pupil, RegisterTaken, School, SchoolClass, SiteEvent
from registers.queries import calendars, classes, layers
from registers.queries.layers import Layers, Told
from registers.rules import codes, taking
from registers.rules.arrivals import Times
from registers.rules.calendar import Calendar
from registers.rules.on_site import SiteEventKind
from registers.rules.sessions import Session, SessionOn
from registers.rules.taking import Seen

RECENT_DAYS = 5


@dataclass(frozen=True)
class Cell:
    """One code as a class register shows it: its letter, its meaning, and the style of its statistical class."""

    symbol: str
    words: str
    style: str


@dataclass(frozen=True)
class ClassRow:
    """One pupil in a class's register. Nothing here tells why a pupil is away beyond the meaning of a code."""

    pupil: Pupil
    layers: Layers | None
    recent: tuple[Cell, ...]
    flags: tuple[str, ...]
    place: SessionOn

    @property
    def mark(self) -> Mark | None:
        return self.layers.mark if self.layers else None

    @property
    def is_locked(self) -> bool:
        """Whether the office has given this session's code."""
        return self.layers is not None and not self.layers.is_teachers

    @property
    def is_open(self) -> bool:
        """Whether a plan for this session fell away and nobody has said anything of it since."""
        return self.layers is not None and self.layers.is_open

    @property
    def code_shown(self) -> str:
        return taking.shown_to_teachers(self.mark.code if self.mark else "")[0]

    @property
    def lock(self) -> str:
        """The office's code, its general meaning and its source: “M Medical or dental appointment, office 08:12”."""
        if self.layers is None:
            return ""
        symbol, words = taking.shown_to_teachers(self.layers.mark.code)
        at = self.layers.given_at.astimezone(timezone.get_current_timezone())
        when = f"{at:%H:%M}" if at.date() >= self.place.on else f"{at:%a} {at.day} {at:%b}"
        return f"{symbol} {words}, {taking.SOURCE_NAMES[self.layers.mark.source]} {when}"

    @property
    def told(self) -> Told | None:
        """The last thing a teacher said of the pupil."""
        return self.layers.told if self.layers else None

    @property
    def seen(self) -> Seen | None:
        return self.told.said.seen if self.told else None

    @property
    def contradicts(self) -> bool:
        """Whether the office's code says otherwise than the teacher."""
        return self.mark is not None and self.is_locked and taking.disagrees(self.mark.seen, self.mark.code)

    @property
    def token(self) -> str:
        """What the page was opened with, sent back with the answer: the mark's version and the last sighting."""
        return f"{self.layers.mark.version}.{self.layers.last_sighting}" if self.layers else "0.0"

    @property
    def is_present(self) -> bool:
        return self.mark is not None and codes.code(self.mark.code).stat_class is codes.StatClass.PRESENT


@dataclass(frozen=True)
class ClassRegister:
    """A class's register for one session of one day."""

    school_class: SchoolClass
    place: SessionOn
    rows: tuple[ClassRow, ...]
    times: Times | None
    taken: RegisterTaken | None

    @property
    def present(self) -> int:
        return sum(row.is_present for row in self.rows)

    @property
    def blank(self) -> int:
        return sum(row.mark is None or row.is_open for row in self.rows)

    @property
    def absent(self) -> tuple[ClassRow, ...]:
        """Whoever is marked and not in school, for whatever reason."""
        marked = (row for row in self.rows if row.mark is not None and not row.is_open)
        return tuple(row for row in marked if not row.is_present)

    @property
    def late(self) -> tuple[ClassRow, ...]:
        return tuple(row for row in self.rows if row.mark is not None and row.mark.code == "L")

    @property
    def changed(self) -> Told | None:
        """The last thing a teacher said that came after the register was sent."""
        told = [row.told for row in self.rows if row.told and self.taken and row.told.at > self.taken.at]
        return max(told, key=lambda one: one.at, default=None)


def class_register(school: School, calendar: Calendar, school_class: SchoolClass, place: SessionOn) -> ClassRegister:
    """The register a teacher takes: pupils by name, both layers of what stands, flags, their last five school days."""
    pupils = classes.pupils_in(school_class, place.on)
    days = calendar.school_days_between(date.min, place.on - timedelta(days=1))[-RECENT_DAYS:]
    recent = tuple(SessionOn(on, session) for on in days for session in Session if calendar.is_open(on, session))
    marks = {
        (mark.pupil_id, SessionOn(mark.on, Session(mark.session))): mark
        for mark in Mark.objects.filter(pupil__in=pupils, on__in=[*days, place.on]).select_related("recorded_by")
    }
    here = layers.of(mark for (_, slot), mark in marks.items() if slot == place)
    events = _site_events(pupils, place.on)
    rows = tuple(
        ClassRow(
            pupil,
            here.get(pupil.pk),
            tuple(_cell(marks.get((pupil.pk, slot))) for slot in recent),
            tuple(_flags(pupil, place, marks, events[pupil.pk])),
            place,
        )
        for pupil in pupils
    )
    return ClassRegister(
        school_class,
        place,
        rows,
        times_for(school, place, pupils),
        RegisterTaken.objects.filter(school_class=school_class, on=place.on, session=place.session)
        .select_related("by")
        .first(),
    )


def _cell(mark: Mark | None) -> Cell:
    symbol, words = taking.shown_to_teachers(mark.code if mark else "")
    return Cell(symbol, words, codes.code(mark.code).stat_class.replace(" ", "-") if mark else "blank")


def _site_events(pupils: Sequence[Pupil], on: date) -> Mapping[int, list[SiteEvent]]:
    """Who came, left and came back on a day, by pupil, without what was cancelled."""
    found: dict[int, list[SiteEvent]] = defaultdict(list)
    told = SiteEvent.objects.filter(pupil__in=pupils, on=on, cancelled_by__isnull=True)
    for event in told.exclude(kind=SiteEventKind.CANCELLED).order_by("time", "pk"):
        found[event.pupil_id].append(event)
    return found


def _flags(
    pupil: Pupil, place: SessionOn, marks: Mapping[tuple[int, SessionOn], Mark], events: Sequence[SiteEvent]
) -> Iterator[str]:
    """What a teacher should know at a glance: the place on roll, comings and goings, and the day's other session."""
    if flag := taking.roll_flag(pupil.starts_on, pupil.leaves_on, place.on):
        yield flag
    yield from (f"{SITE_WORDS[SiteEventKind(event.kind)]} {event.time:%H:%M}" for event in events)
    other = Session.PM if place.session is Session.AM else Session.AM
    mark = marks.get((pupil.pk, SessionOn(place.on, other)))
    if mark is not None and codes.code(mark.code).stat_class is not codes.StatClass.PRESENT:
        symbol, words = taking.shown_to_teachers(mark.code)
        yield f"{'This afternoon' if other is Session.PM else 'This morning'}: {symbol} {words}"


SITE_WORDS: Mapping[SiteEventKind, str] = {
    SiteEventKind.ARRIVED: "Came in",
    SiteEventKind.LEFT: "Left site",
    SiteEventKind.RETURNED: "Came back",
}


def times_for(school: School, place: SessionOn, pupils: Sequence[Pupil]) -> Times | None:
    """The session's times for the key stage of these pupils; a class of two key stages has the later close."""
    stages = {pupil.key_stage(place.on) for pupil in pupils}
    return classes.latest(calendars.session_times(school, place.on), stages, place.session)
