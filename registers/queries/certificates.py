"""The registration certificate: every session of a pupil in a period, with its totals."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby, pairwise
from types import MappingProxyType

from registers.models import Pupil, School
from registers.queries import figures, history
from registers.queries.figures import Period
from registers.queries.history import Kept
from registers.rules import codes
from registers.rules import history as rules
from registers.rules.calendar import Calendar, monday_of
from registers.rules.figures import Figures
from registers.rules.history import AsOf, Entry, Said, Show
from registers.rules.sessions import Session, SessionOn

CLOSED = "closed"
BLANK = "blank"


@dataclass(frozen=True)
class Cell:
    """One session as the certificate shows it. `kind` is a statistical class, "blank" or "closed"."""

    on: date
    session: Session
    symbol: str
    kind: str
    meaning: str
    minutes_late: int | None = None
    footnote: int | None = None


@dataclass(frozen=True)
class Week:
    """Ten sessions. The first week of a half-term names it, with how many weeks of it the certificate has."""

    monday: date
    cells: tuple[Cell, ...]
    term: str = ""
    term_weeks: int = 0


@dataclass(frozen=True)
class Late:
    """A late arrival."""

    on: date
    session: Session
    code: str
    minutes_late: int | None


@dataclass(frozen=True)
class Step:
    """One amendment: what stood, what stands, why, who, in what role, when."""

    old: Said
    new: Entry

    @property
    def old_code(self) -> str:
        return self.old.code

    @property
    def new_code(self) -> str:
        return self.new.said.code


@dataclass(frozen=True)
class Footnote:
    """An amended session: what it was, what it became, why, who and when."""

    number: int
    on: date
    session: str
    amendments: tuple[Step, ...]


@dataclass(frozen=True)
class Certificate:
    """A pupil's sessions, Monday to Friday, week by week; figures, lates and the amended sessions.

    All of it is of one state of the register: `as_of`.
    """

    school: School
    pupil: Pupil
    period: Period
    weeks: tuple[Week, ...]
    figures: Figures
    lates: tuple[Late, ...]
    footnotes: tuple[Footnote, ...]
    codes_used: tuple[codes.Code, ...]
    as_of: AsOf = rules.NOW

    @property
    def minutes_late(self) -> int:
        """The minutes of every late arrival for which they were noted."""
        return sum(late.minutes_late or 0 for late in self.lates)


def of(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    period: Period,
    as_of: AsOf = rules.NOW,
    *,
    shows_restricted: bool = False,
) -> Certificate:
    """The certificate of one pupil: three queries whatever the period."""
    kept = history.of_pupils(school, period, [pupil])
    if not shows_restricted:
        kept = [replace(one, entries=rules.for_everybody(one.entries)) for one in kept]
    standing = {one.place: entry for one in kept if (entry := rules.shown(one.entries, as_of)) is not None}
    footnotes = _footnotes(kept, as_of)
    numbers = {SessionOn(note.on, Session(note.session)): note.number for note in footnotes}
    used = {entry.said.code for entry in standing.values()}
    return Certificate(
        school=school,
        pupil=pupil,
        period=period,
        weeks=tuple(_weeks(pupil, calendar, period, standing, numbers)),
        figures=_figures(school, calendar, pupil, period, standing, as_of),
        lates=tuple(
            Late(place.on, place.session, entry.said.code, entry.said.minutes_late)
            for place, entry in standing.items()
            if entry.said.code in codes.LATE_CODES
        ),
        footnotes=footnotes,
        codes_used=tuple(code for code in codes.TABLE if code.symbol in used),
        as_of=as_of,
    )


def _figures(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    period: Period,
    standing: Mapping[SessionOn, Entry],
    as_of: AsOf,
) -> Figures:
    """The figures of the state shown; of the present state they are the statistics' own."""
    if as_of.show is Show.NOW:
        return figures.by_pupil(school, calendar, period, [pupil])[pupil.pk]
    counts = Counter(entry.said.code for entry in standing.values())
    last_on = min(period.last_on, pupil.leaves_on or period.last_on)
    open_sessions = calendar.sessions_between(max(period.first_on, pupil.starts_on), last_on)
    return Figures(MappingProxyType(dict(counts)), sum(place not in standing for place in open_sessions))


def _footnotes(kept: Iterable[Kept], as_of: AsOf) -> tuple[Footnote, ...]:
    """The amended sessions in order; as it stood, only with what had been amended by then; as first taken, none."""
    told = [(one.place, steps) for one in kept if (steps := _steps(one, as_of))]
    return tuple(
        Footnote(number, place.on, place.session, steps) for number, (place, steps) in enumerate(told, start=1)
    )


def _steps(one: Kept, as_of: AsOf) -> tuple[Step, ...]:
    if as_of.show is Show.FIRST:
        return ()
    return tuple(Step(old.said, new) for old, new in pairwise(one.entries) if as_of.at is None or new.at <= as_of.at)


def _weeks(
    pupil: Pupil,
    calendar: Calendar,
    period: Period,
    standing: Mapping[SessionOn, Entry],
    numbers: Mapping[SessionOn, int],
) -> Iterator[Week]:
    for term, mondays in groupby(_mondays(calendar, period, standing), lambda monday: _term_of(calendar, monday)):
        together = list(mondays)
        for monday in together:
            cells = (
                _cell(SessionOn(monday + timedelta(days=day), session), pupil, calendar, period, standing, numbers)
                for day in range(5)
                for session in Session
            )
            first = monday == together[0]
            yield Week(monday, tuple(cells), term if first else "", len(together) if first else 0)


def _mondays(calendar: Calendar, period: Period, marked: Iterable[SessionOn]) -> list[date]:
    """The weeks of the period with an open session in it, or with a mark."""
    places = [*calendar.sessions_between(period.first_on, period.last_on), *marked]
    return sorted({monday_of(place.on) for place in places})


def _term_of(calendar: Calendar, monday: date) -> str:
    term = calendar.term_of(monday + timedelta(days=4))
    return f"{term.name}, {term.first_on.year}" if term else "Before the first term"


def _cell(
    place: SessionOn,
    pupil: Pupil,
    calendar: Calendar,
    period: Period,
    standing: Mapping[SessionOn, Entry],
    numbers: Mapping[SessionOn, int],
) -> Cell:
    entry = standing.get(place)
    if entry is not None:
        said, code = entry.said, codes.code(entry.said.code)
        return Cell(*place, said.code, code.stat_class, code.meaning, said.minutes_late, numbers.get(place))
    on_roll = pupil.starts_on <= place.on and (pupil.leaves_on is None or place.on <= pupil.leaves_on)
    if period.first_on <= place.on <= period.last_on and on_roll and calendar.is_open(*place):
        return Cell(*place, "", BLANK, "No mark")
    return Cell(*place, "", CLOSED, "No session")
