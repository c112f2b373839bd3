"""Who is on site: the marks and site events of a day as facts, and the last known one of every pupil."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from registers.models import Amendment, Mark, Pupil, School, Sighting, SiteEvent
from registers.queries import calendars, classes, disagreements, figures
from registers.queries.figures import Period
from registers.rules import arrivals, taking
from registers.rules import on_site as rules
from registers.rules.marks import Door
from registers.rules.on_site import Happened, Known, Marked, SiteEventKind, Where
from registers.rules.sessions import Session

SOURCES: Mapping[str, str] = {
    Door.TEACHER: "class register",
    Door.OFFICE: "office",
    Door.LEAVE: "leave",
    Door.IMPORT: "imported",
    Door.CLOSURE: "closure",
    Door.NIGHTLY: "nightly work",
}


@dataclass(frozen=True)
class Row:
    """One pupil on the list."""

    pupil: Pupil
    class_name: str
    known: Known


@dataclass(frozen=True)
class Part:
    """The pupils of one class who are in one place, as far as anybody knows."""

    where: Where
    rows: tuple[Row, ...]

    @property
    def is_looked_for(self) -> bool:
        """Whether somebody ticks these names when the school stands outside."""
        return self.where in (Where.ON_SITE, Where.NOT_REGISTERED, Where.NOT_CERTAIN)


@dataclass(frozen=True)
class ClassList:
    name: str
    parts: tuple[Part, ...]

    @property
    def on_site(self) -> int:
        return sum(len(part.rows) for part in self.parts if part.where is Where.ON_SITE)


@dataclass(frozen=True)
class OnSite:
    """The whole school at a minute."""

    counts: tuple[tuple[Where, int], ...]
    classes: tuple[ClassList, ...]


def of(school: School, local: datetime, only: Where | None = None) -> OnSite:
    """Every pupil on roll with the last known fact, by class; the same number of queries however many pupils."""
    on = local.date()
    pupils = figures.pupils_on_roll(school, Period(on, on))
    names = classes.class_names(school, on)
    marks, events = _marks(school, local), _events(school, on)
    times = calendars.session_times(school, on)
    rows = []
    for pupil in pupils:
        now = arrivals.session_at(local.time(), times.get((pupil.key_stage(on), Session.PM)))
        known = rules.last_known(marks.get(pupil.pk, {}), events.get(pupil.pk, ()), now)
        rows.append(Row(pupil, names.get(pupil.pk, "No class"), known))
    counted = Counter(row.known.where for row in rows)
    shown = [row for row in rows if only is None or row.known.where is only]
    return OnSite(tuple((where, counted[where]) for where in Where), _by_class(shown))


def _by_class(rows: Iterable[Row]) -> tuple[ClassList, ...]:
    sorted_out: dict[str, dict[Where, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        sorted_out[row.class_name][row.known.where].append(row)
    return tuple(
        ClassList(name, tuple(Part(where, tuple(parts[where])) for where in Where if parts[where]))
        for name, parts in sorted(sorted_out.items())
    )


def events_of(pupil: Pupil, on: date) -> list[SiteEvent]:
    """What stands of a pupil's comings and goings of a day, in the order of their times."""
    return list(
        SiteEvent.objects.filter(pupil=pupil, on=on, cancelled_by__isnull=True)
        .exclude(kind=SiteEventKind.CANCELLED)
        .order_by("time", "pk")
    )


def facts(events: Iterable[SiteEvent]) -> list[Happened]:
    return [
        Happened(SiteEventKind(event.kind), Session(event.session), event.time, "At the door", event.reason)
        for event in events
    ]


def _events(school: School, on: date) -> Mapping[int, Sequence[Happened]]:
    found: dict[int, list[SiteEvent]] = defaultdict(list)
    rows = SiteEvent.objects.filter(school=school, on=on, cancelled_by__isnull=True)
    for event in rows.exclude(kind=SiteEventKind.CANCELLED).order_by("time", "pk"):
        found[event.pupil_id].append(event)
    return {pupil_id: facts(rows) for pupil_id, rows in found.items()}


def _marks(school: School, local: datetime) -> Mapping[int, Mapping[Session, Marked]]:
    """Every mark of a day with who made its last entry, by pupil and session; four queries.

    What a teacher saw against a code counts until the office has settled it.
    """
    on = local.date()
    contradicted = disagreements.open_ids(school, on, on)
    amended = {
        (row.mark_id, row.version): row
        for row in Amendment.objects.filter(mark__school=school, mark__on=on).select_related("by")
    }
    sighted = {
        row.mark_id: row
        for row in Sighting.objects.filter(mark__school=school, mark__on=on).select_related("by").order_by("at", "pk")
    }
    found: dict[int, dict[Session, Marked]] = defaultdict(dict)
    for mark in Mark.objects.filter(school=school, on=on).select_related("recorded_by"):
        mark.seen = mark.seen if mark.pk in contradicted else ""
        fact = _marked(mark, amended.get((mark.pk, mark.version)), sighted.get(mark.pk), local)
        found[mark.pupil_id][Session(mark.session)] = fact
    return found


def _marked(mark: Mark, amendment: Amendment | None, sighting: Sighting | None, local: datetime) -> Marked:
    at, who = mark.recorded_at, mark.recorded_as or mark.recorded_by.name
    seen_at, seen_by, told = at, who, mark.seen
    if amendment is not None:
        at, who = amendment.at, amendment.by.name
    if taking.is_teachers(mark.source):
        seen_at, seen_by, told = at, who, taking.seen_of(mark.code) or ""
    if sighting is not None:
        seen_at, seen_by, told = sighting.at, sighting.by.name, sighting.seen
    return Marked(
        mark.code,
        mark.seen,
        _minute(at, local),
        f"{who}, {SOURCES.get(mark.source, mark.source)}",
        _minute(seen_at, local),
        f"{seen_by}, {SOURCES[Door.TEACHER]}",
        told,
    )


def _minute(at: datetime, local: datetime) -> time | None:
    """The minute of the school's clock at which something was entered, if it was on the day of the list."""
    there = at.astimezone(local.tzinfo)
    return there.time() if there.date() == local.date() else None
