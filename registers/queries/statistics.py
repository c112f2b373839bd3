"""Figures for pages: the whole school, its classes, year groups and other groups, over any days."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from registers.models import Pupil, School, Term
from registers.queries import classes, figures
from registers.queries.figures import Period
from registers.rules import ages
from registers.rules import figures as rules
from registers.rules import statistics as spans
from registers.rules.calendar import Calendar
from registers.rules.figures import Cohort, Figures
from registers.rules.statistics import Basis, Colour


@dataclass(frozen=True)
class Line:
    """One group's figures; `pupils` is how many enrolments they are of."""

    name: str
    pupils: int
    cohort: Cohort

    @property
    def figures(self) -> Figures:
        return self.cohort.figures


@dataclass(frozen=True)
class Statistics:
    """A school's figures over some days, on one basis. Groups are ratios of sums, never means of pupils' shares."""

    period: Period
    basis: Basis
    everyone: Line
    classes: tuple[Line, ...]
    year_groups: tuple[Line, ...]
    groups: tuple[tuple[str, tuple[Line, ...]], ...]


Told = Callable[[Pupil], str]


def _yes(word: str, other: str, field: str) -> Told:
    return lambda pupil: word if getattr(pupil, field) else other


GROUPS: Sequence[tuple[str, Told]] = (
    ("Sex", lambda pupil: {"F": "Girls", "M": "Boys"}.get(pupil.sex, "Not recorded")),
    (
        "Special educational needs",
        lambda pupil: {"E": "EHC plan", "K": "SEN support"}.get(pupil.sen, "None identified"),
    ),
    ("Free school meals", _yes("Eligible", "Not eligible", "fsm")),
    ("Pupil premium", _yes("Pupil premium", "Other pupils", "pp")),
    ("English as an additional language", _yes("EAL", "Other pupils", "eal")),
    ("Service families", _yes("Service child", "Other pupils", "service")),
)
SENSITIVE_GROUPS: Sequence[tuple[str, Told]] = (
    ("Looked after", _yes("Looked after", "Other pupils", "lac")),
    ("Social worker", _yes("Has a social worker", "Other pupils", "social_worker")),
)
"""For those only who may see of a single pupil what these say."""


def of(school: School, calendar: Calendar, period: Period, basis: Basis, *, with_sensitive: bool = False) -> Statistics:
    """Every line of a school's figures over a period; the same number of queries however many pupils."""
    census = basis is Basis.DFE
    pupils = {pupil.pk: pupil for pupil in figures.pupils_on_roll(school, period)}
    counted = figures.by_pupil(school, calendar, period, pupils.values(), census=census)
    by_class = figures.by_class(school, calendar, period, census=census)
    by_year = figures.by_year_group(school, calendar, period, census=census)
    asked = [*GROUPS, *(SENSITIVE_GROUPS if with_sensitive else ())]
    return Statistics(
        period,
        basis,
        _line("Whole school", counted.values(), basis),
        tuple(_line(name or "No class", by_class[name].values(), basis) for name in sorted(by_class)),
        tuple(_line(ages.year_group_name(year), by_year[year].values(), basis) for year in sorted(by_year)),
        tuple((heading, _split(pupils, counted, told, basis)) for heading, told in asked),
    )


def _split(pupils: Mapping[int, Pupil], counted: Mapping[int, Figures], told: Told, basis: Basis) -> tuple[Line, ...]:
    parts: dict[str, list[Figures]] = {}
    for pupil_id, one in counted.items():
        parts.setdefault(told(pupils[pupil_id]), []).append(one)
    return tuple(_line(name, parts[name], basis) for name in sorted(parts))


def _line(name: str, parts: Iterable[Figures], basis: Basis) -> Line:
    everyone = list(parts)
    return Line(name, len(everyone), rules.cohort(everyone, spans.MINIMUM_POSSIBLE[basis]))


@dataclass(frozen=True)
class Place:
    """One class's week in the table for the assembly. Classes with the same attendance share a place."""

    rank: int
    line: Line
    change: Fraction | None
    """Share of sessions gained on the school week before; None where there is nothing to compare."""


def class_table(school: School, calendar: Calendar, monday: date, last_on: date) -> tuple[Place, ...]:
    """The classes by attendance in a week up to a day, the whole roll counted, the best first."""
    now = _class_lines(school, calendar, Period(monday, last_on))
    earlier = spans.week_before(monday, calendar)
    before = _class_lines(school, calendar, _week(earlier)) if earlier else {}
    with_marks = [line for line in now.values() if line.figures.possible]
    ordered = sorted(with_marks, key=lambda line: (-_attendance(line), line.name))
    return tuple(
        Place(
            1 + sum(_attendance(other) > _attendance(line) for other in ordered),
            line,
            _gained(line, before.get(line.name)),
        )
        for line in ordered
    )


def _class_lines(school: School, calendar: Calendar, period: Period) -> dict[str, Line]:
    found = figures.by_class(school, calendar, period)
    return {name: _line(name, pupils.values(), Basis.ROLL) for name, pupils in found.items() if name}


def _week(monday: date) -> Period:
    return Period(monday, date.fromordinal(monday.toordinal() + 6))


def _attendance(line: Line) -> Fraction:
    return line.figures.attendance or Fraction(0)


def _gained(line: Line, before: Line | None) -> Fraction | None:
    if before is None or not before.figures.possible:
        return None
    return _attendance(line) - _attendance(before)


@dataclass(frozen=True)
class Tracked:
    """One pupil on the colour-tracking sheet: each half-term, and the year, with its colour."""

    pupil: Pupil
    class_name: str
    terms: tuple[tuple[Figures, Colour | None], ...]
    year: Figures
    colour: Colour | None
    change: Fraction | None
    """Share gained since the half-term before the last one shown."""


@dataclass(frozen=True)
class Sheet:
    """The colour-tracking sheet of a school year so far."""

    term_names: tuple[str, ...]
    rows: tuple[Tracked, ...]
    counts: Mapping[Colour, int]


def colour_sheet(school: School, calendar: Calendar, on: date, year: Period, bands: spans.Bands) -> Sheet:
    """Every pupil on roll by class and name, half-term by half-term; some queries a half-term, none a pupil."""
    terms = list(Term.objects.filter(school=school, first_on__gte=year.first_on, first_on__lte=on).order_by("first_on"))
    pupils = figures.pupils_on_roll(school, Period(on, on))
    names = classes.class_names(school, on)
    whole = figures.by_pupil(school, calendar, year, pupils)
    parts = [figures.by_pupil(school, calendar, Period(term.first_on, min(term.last_on, on)), pupils) for term in terms]
    rows = [
        _tracked(
            pupil, names.get(pupil.pk, ""), [part.get(pupil.pk, Figures()) for part in parts], whole[pupil.pk], bands
        )
        for pupil in pupils
    ]
    return Sheet(
        tuple(term.name for term in terms),
        tuple(sorted(rows, key=lambda row: row.class_name)),
        {colour: sum(row.colour is colour for row in rows) for colour in Colour},
    )


def _tracked(pupil: Pupil, class_name: str, terms: Sequence[Figures], year: Figures, bands: spans.Bands) -> Tracked:
    last = [part.attendance for part in terms if part.possible][-2:]
    change = last[1] - last[0] if len(last) == 2 and last[0] is not None and last[1] is not None else None
    return Tracked(
        pupil,
        class_name,
        tuple((part, bands.colour(part.attendance)) for part in terms),
        year,
        bands.colour(year.attendance),
        change,
    )
