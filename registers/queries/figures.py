"""Counting sessions: SQL counts marks by pupil and code, `rules.figures` makes percentages of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple

from django.db.models import Count, F, Q, QuerySet, Sum

from registers.models import ClassPlace, Mark, Pupil, School
from registers.rules import ages
from registers.rules import figures as rules
from registers.rules.calendar import Calendar
from registers.rules.codes import NOT_ON_ROLL
from registers.rules.figures import Figures

COUNTED_BY = ("dob", "year_offset", "starts_on", "leaves_on")
"""All that any figure goes by of a pupil's own fields."""


@dataclass(frozen=True)
class Period:
    """From a day to a day, both included."""

    first_on: date
    last_on: date

    def by_school_year(self, calendar: Calendar) -> Iterator["Period"]:
        """The parts of the period, one for each school year it touches."""
        start = self.first_on
        while start <= self.last_on:
            end = min(self.last_on, calendar.school_year_of(start)[1])
            yield Period(start, end)
            start = end + timedelta(days=1)


class Entries(NamedTuple):
    """Some marks, and the versions of all of them added up: a mark that is amended has one more."""

    marks: int
    versions: int


def year_to_date(on: date, calendar: Calendar) -> Period:
    """From the first day of the school year to a day; a year whose first half-term begins in August begins there."""
    return Period(calendar.school_year_of(on)[0], on)


def pupils_on_roll(school: School, period: Period, *fields: str) -> list[Pupil]:
    """Every pupil on roll on some day of the period, by name; with only some of their fields where any are named."""
    pupils = Pupil.objects.filter(Q(leaves_on__isnull=True) | Q(leaves_on__gte=period.first_on)).filter(
        school=school, starts_on__lte=period.last_on
    )
    return list(pupils.only(*fields).order_by("legal_surname", "legal_forename", "pk"))


def by_pupil(
    school: School, calendar: Calendar, period: Period, pupils: Iterable[Pupil] | None = None, *, census: bool = False
) -> dict[int, Figures]:
    """Each pupil's figures over a period, whoever was on roll in it; one query for marks however many pupils.

    `census` keeps to the DfE's cohort, year by year: aged 5 to 15 on the 31 August before.
    """
    chosen = pupils_on_roll(school, period) if pupils is None else list(pupils)
    parts: dict[int, list[Figures]] = defaultdict(list)
    for part in period.by_school_year(calendar):
        september = calendar.september_of(part.first_on)
        in_part = [pupil for pupil in chosen if not census or rules.is_in_census_cohort(pupil.dob, september)]
        counts = _counts(school, part, in_part if pupils is not None else None)
        for pupil in in_part:
            parts[pupil.pk].append(_with_unmarked(counts.get(pupil.pk, Counter()), pupil, calendar, part))
    return {pupil_id: rules.total(figures) for pupil_id, figures in parts.items()}


def by_pupil_in_periods(
    school: School, calendar: Calendar, periods: Mapping[str, Period], pupils: Iterable[Pupil]
) -> tuple[dict[str, dict[int, Figures]], dict[str, Entries]]:
    """Each pupil's figures over several named periods at once, and the school's entries by code in all of them.

    One query for marks, read once.
    """
    names = {f"period_{place}": name for place, name in enumerate(periods)}
    whole = Period(min(one.first_on for one in periods.values()), max(one.last_on for one in periods.values()))
    counts: dict[str, dict[int, Counter[str]]] = {name: defaultdict(Counter) for name in periods}
    read: dict[str, Entries] = {}
    rows = _marks(school, whole).values_list("pupil_id", "code")
    for pupil_id, code, marks, versions, *numbers in rows.annotate(
        marks=Count("pk"), versions=Sum("version"), **_counted_within(names, periods, whole)
    ):
        before = read.get(code, Entries(0, 0))
        read[code] = Entries(before.marks + marks, before.versions + versions)
        for name, number in zip(periods, numbers, strict=True):
            if number:
                counts[name][pupil_id][code] = number
    chosen = list(pupils)
    found = {
        name: {
            pupil.pk: _with_unmarked(counts[name].get(pupil.pk, Counter()), pupil, calendar, period) for pupil in chosen
        }
        for name, period in periods.items()
    }
    return found, read


def entries(school: School, period: Period) -> dict[str, Entries]:
    """The school's marks of a period by code, with the entries and amendments behind them; one query."""
    rows = _marks(school, period).order_by().values_list("code").annotate(marks=Count("pk"), versions=Sum("version"))
    return {code: Entries(marks, versions) for code, marks, versions in rows}


def _counted_within(names: Mapping[str, str], periods: Mapping[str, Period], whole: Period) -> dict[str, Count]:
    return {
        alias: Count("pk", filter=_within(periods[name]) if periods[name] != whole else None)
        for alias, name in names.items()
    }


def _within(period: Period) -> Q:
    return Q(on__gte=period.first_on, on__lte=period.last_on)


def of_periods(wanted: Mapping[int, tuple[Pupil, Period]]) -> dict[int, Figures]:
    """Each pupil's figures over a period of their own, by the key given; one query for all. Blanks are not counted."""
    if not wanted:
        return {}
    first_on = min(period.first_on for _, period in wanted.values())
    last_on = max(period.last_on for _, period in wanted.values())
    pupils = {pupil.pk: pupil for pupil, _ in wanted.values()}
    school_id = next(iter(pupils.values())).school_id
    marks: dict[int, list[tuple[date, str]]] = defaultdict(list)
    rows = Mark.objects.filter(school=school_id, pupil__in=pupils, on__gte=first_on, on__lte=last_on)
    for pupil_id, on, code in rows.exclude(code=NOT_ON_ROLL).values_list("pupil_id", "on", "code"):
        marks[pupil_id].append((on, code))
    return {
        key: Figures(
            MappingProxyType(Counter(code for on, code in marks[pupil.pk] if period.first_on <= on <= period.last_on))
        )
        for key, (pupil, period) in wanted.items()
    }


def of_codes(found: Iterable[str], pupil: Pupil, calendar: Calendar, period: Period) -> Figures:
    """A pupil's figures over a part of one school year whose marks have been read already, but for Z."""
    return _with_unmarked(Counter(found), pupil, calendar, period)


def by_class(
    school: School, calendar: Calendar, period: Period, *, census: bool = False
) -> dict[str, dict[int, Figures]]:
    """Figures by class and pupil: a session counts for the class the pupil was in that day, "" where in none."""
    places = list(
        ClassPlace.objects.filter(school=school, starts_on__lte=period.last_on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=period.first_on))
        .select_related("school_class", "pupil")
    )
    pupils = pupils_on_roll(school, period, *COUNTED_BY)
    found: dict[str, dict[int, list[Figures]]] = defaultdict(lambda: defaultdict(list))
    for part in period.by_school_year(calendar):
        rest = dict(by_pupil(school, calendar, part, pupils, census=census))
        counts = _counts_by_place(school, part)
        for place in places:
            within = Period(max(part.first_on, place.starts_on), min(part.last_on, place.ends_on or part.last_on))
            if within.first_on > within.last_on or place.pupil_id not in rest:
                continue
            figures = _with_unmarked(counts.get(place.pk, Counter()), place.pupil, calendar, within)
            rest[place.pupil_id] = rules.without(rest[place.pupil_id], figures)
            found[place.school_class.name][place.pupil_id].append(figures)
        for pupil_id, figures in rest.items():
            if figures.by_code or figures.unmarked:
                found[""][pupil_id].append(figures)
    return {
        name: {pupil_id: rules.total(parts) for pupil_id, parts in classmates.items()}
        for name, classmates in found.items()
    }


def _counts_by_place(school: School, period: Period) -> dict[int, Counter[str]]:
    """Marks by the place in a class that the pupil held on the day, and by code."""
    rows = (
        _marks(school, period)
        # One call, so that both conditions are about the same place.
        .filter(
            Q(pupil__places__ends_on__isnull=True) | Q(pupil__places__ends_on__gte=F("on")),
            pupil__places__starts_on__lte=F("on"),
        )
        .values_list("pupil__places", "code")
        .annotate(number=Count("pk"))
    )
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for place_id, code, number in rows:
        counts[place_id][code] += number
    return counts


def by_year_group(
    school: School, calendar: Calendar, period: Period, *, census: bool = False
) -> dict[int, dict[int, Figures]]:
    """Figures by year group and pupil; a period over several school years counts each in the group of that year."""
    pupils = pupils_on_roll(school, period, *COUNTED_BY)
    found: dict[int, dict[int, Figures]] = defaultdict(dict)
    for part in period.by_school_year(calendar):
        figures = by_pupil(school, calendar, part, pupils, census=census)
        september = calendar.september_of(part.first_on)
        for pupil in pupils:
            if pupil.pk not in figures or not _was_on_roll(pupil, part):
                continue
            group = found[ages.year_group(pupil.dob, september, pupil.year_offset)]
            earlier = group.get(pupil.pk)
            group[pupil.pk] = rules.total([earlier, figures[pupil.pk]]) if earlier else figures[pupil.pk]
    return dict(found)


def _marks(school: School, period: Period) -> QuerySet[Mark]:
    """The marks of a period; Z, which says that a pupil is not on the roll, is none."""
    rows = Mark.objects.filter(school=school, on__gte=period.first_on, on__lte=period.last_on)
    return rows.exclude(code=NOT_ON_ROLL)


def _counts(school: School, period: Period, pupils: list[Pupil] | None) -> dict[int, Counter[str]]:
    marks = _marks(school, period)
    if pupils is not None:
        marks = marks.filter(pupil__in=pupils)
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for pupil_id, code, number in marks.values_list("pupil_id", "code").annotate(number=Count("pk")):
        counts[pupil_id][code] = number
    return counts


def _was_on_roll(pupil: Pupil, period: Period) -> bool:
    return pupil.starts_on <= period.last_on and (pupil.leaves_on is None or pupil.leaves_on >= period.first_on)


def _with_unmarked(counts: Counter[str], pupil: Pupil, calendar: Calendar, period: Period) -> Figures:
    """Figures with the open sessions on roll that carry no mark."""
    last_on = min(period.last_on, pupil.leaves_on or period.last_on)
    open_sessions = calendar.number_between(max(period.first_on, pupil.starts_on), last_on)
    return Figures(MappingProxyType(dict(counts)), max(0, open_sessions - counts.total()))


def by_day(school: School, period: Period) -> dict[date, Figures]:
    """The whole roll's marks by day, in order; unmarked sessions are not counted here."""
    counts: dict[date, Counter[str]] = defaultdict(Counter)
    marks = _marks(school, period)
    for on, code, number in marks.order_by("on").values_list("on", "code").annotate(number=Count("pk")):
        counts[on][code] += number
    return {on: Figures(MappingProxyType(dict(by_code))) for on, by_code in counts.items()}
