"""What the database counts equals a recount by hand, on registers of every kind."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registers.models import ClassPlace, Mark, Pupil, School, SchoolClass
from registers.queries import figures
from registers.queries.figures import Period
from registers.rules.calendar import Calendar, Closure, Term
from registers.rules.figures import Figures
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders

CALENDAR = Calendar(
    (
        Term("Term 6", 6, date(2026, 7, 10), date(2026, 7, 21)),
        Term("Term 1", 1, date(2026, 9, 1), date(2026, 9, 9)),
    ),
    (
        Closure(date(2026, 9, 2), date(2026, 9, 2), "inset", "In-service day"),
        Closure(date(2026, 9, 4), date(2026, 9, 4), "early", "Early", Session.PM),
    ),
)
"""The end of one school year and the beginning of the next."""
SYMBOLS = "/" * 6 + ".LULNNIIMCGOBVDXQ"
DAYS = st.dates(date(2026, 7, 6), date(2026, 9, 14))
DOBS = st.sampled_from(
    [
        date(2017, 5, 4),
        date(2020, 8, 31),  # five by 31 August 2025: counted in both years
        date(2020, 9, 1),  # five a day later: counted in the second only
        date(2021, 8, 31),
        date(2021, 9, 1),  # Reception in the second year: counted in neither
        date(2010, 8, 31),  # sixteen by 31 August 2026: counted in the first only
    ]
)


@dataclass(frozen=True)
class Child:
    """One pupil of a random register; a class a stretch, from each day on, and a symbol a session."""

    dob: date
    starts_on: date
    leaves_on: date | None
    moves: tuple[tuple[date, str], ...]
    symbols: str


@st.composite
def children(draw: st.DrawFn) -> Child:
    starts_on = draw(st.one_of(st.just(date(2025, 9, 1)), DAYS))
    leaves_on = draw(st.one_of(st.none(), DAYS.filter(lambda day: day >= starts_on)))
    last_on = leaves_on or date(2026, 9, 14)
    days = st.dates(max(starts_on, date(2026, 7, 1)), last_on) if last_on >= date(2026, 7, 1) else st.nothing()
    moves = sorted(draw(st.dictionaries(days, st.sampled_from(["1 Ash", "2 Oak", ""]), max_size=3)).items())
    symbols = draw(st.text(SYMBOLS, min_size=len(CALENDAR.sessions), max_size=len(CALENDAR.sessions)))
    return Child(draw(DOBS), starts_on, leaves_on, tuple(moves), symbols)


@dataclass(frozen=True)
class Sitting:
    """One open session of one pupil on roll, with its code if it has one."""

    pupil: int
    on: date
    code: str | None
    class_name: str
    year: int
    in_census: bool


def _register(school: School, roll: list[Child]) -> list[Sitting]:
    """Write a register, and return the same sessions as a plain list."""
    classes = {name: SchoolClass.objects.create(school=school, name=name) for name in ("1 Ash", "2 Oak")}
    sittings: list[Sitting] = []
    marks: list[Mark] = []
    author = builders.member(school).user
    for child in roll:
        pupil = builders.pupil(school, dob=child.dob, starts_on=child.starts_on, leaves_on=child.leaves_on)
        for place, (starts_on, name) in enumerate(child.moves):
            following = [day for day, _ in child.moves[place + 1 :]]
            ends_on = following[0] - timedelta(days=1) if following else child.leaves_on
            if name:
                ClassPlace.objects.create(
                    school=school, pupil=pupil, school_class=classes[name], starts_on=starts_on, ends_on=ends_on
                )
        for sitting, session in _sittings(pupil.pk, child):
            sittings.append(sitting)
            if sitting.code:
                marks.append(
                    Mark(
                        school=school,
                        pupil=pupil,
                        on=sitting.on,
                        session=session,
                        code=sitting.code,
                        source="import",
                        recorded_at=builders.AT,
                        recorded_by=author,
                        recorded_role="office",
                    )
                )
    Mark.objects.bulk_create(marks)
    return sittings


def _sittings(pupil: int, child: Child) -> Iterator[tuple[Sitting, str]]:
    for (on, session), symbol in zip(CALENDAR.sessions, child.symbols, strict=True):
        if on < child.starts_on or (child.leaves_on and on > child.leaves_on):
            continue
        september = 2025 if on < date(2026, 9, 1) else 2026
        birthdays = september - child.dob.year - ((child.dob.month, child.dob.day) > (8, 31))
        cohort = child.dob.year - ((child.dob.month, child.dob.day) < (9, 1))
        code = {".": None, "/": "/" if session == "AM" else "\\"}.get(symbol, symbol)
        in_class = [name for day, name in child.moves if day <= on]
        class_name = in_class[-1] if in_class else ""
        yield Sitting(pupil, on, code, class_name, september - cohort - 5, 5 <= birthdays <= 15), session


def _counted(sittings: list[Sitting]) -> dict[int, tuple[dict[str, int], int]]:
    """Codes counted and sessions without one, by pupil."""
    by_pupil: dict[int, Counter[str]] = defaultdict(Counter)
    for sitting in sittings:
        by_pupil[sitting.pupil][sitting.code or "blank"] += 1
    return {
        pupil: ({c: n for c, n in counts.items() if c != "blank"}, counts["blank"])
        for pupil, counts in by_pupil.items()
    }


def _plain(found: dict[int, Figures]) -> dict[int, tuple[dict[str, int], int]]:
    """As counted by hand, without pupils who had no session."""
    rows = {pupil: (dict(counted.by_code), counted.unmarked) for pupil, counted in found.items()}
    return {pupil: row for pupil, row in rows.items() if row != ({}, 0)}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(roll=st.lists(children(), min_size=1, max_size=4), days=st.tuples(DAYS, DAYS), census=st.booleans())
def test_figures_equal_a_recount(school: School, roll: list[Child], days: tuple[date, date], census: bool) -> None:
    period = Period(min(days), max(days))
    with transaction.atomic():
        sittings = [
            sitting
            for sitting in _register(school, roll)
            if period.first_on <= sitting.on <= period.last_on and (sitting.in_census or not census)
        ]
        by_pupil = figures.by_pupil(school, CALENDAR, period, census=census)
        chosen = figures.by_pupil(school, CALENDAR, period, list(Pupil.objects.all()[:2]), census=census)
        by_class = figures.by_class(school, CALENDAR, period, census=census)
        by_year = figures.by_year_group(school, CALENDAR, period, census=census)
        first_two = {pupil.pk for pupil in Pupil.objects.all()[:2]}
        transaction.set_rollback(True)
    assert _plain(by_pupil) == _counted(sittings)
    assert _plain(chosen) == _counted([sitting for sitting in sittings if sitting.pupil in first_two])
    for found, group_of in ((by_class, "class_name"), (by_year, "year")):
        expected = {getattr(sitting, group_of) for sitting in sittings}
        assert {group for group, pupils in found.items() if _plain(pupils)} == expected
        for group in expected:
            own = [sitting for sitting in sittings if getattr(sitting, group_of) == group]
            assert _plain(found[group]) == _counted(own), (group_of, group)


def test_a_session_counts_for_the_class_of_its_day(school: School, calendar: Calendar) -> None:
    ash, oak = builders.school_class(school, "1 Ash"), builders.school_class(school, "2 Oak")
    pupil = builders.pupil(school)
    ClassPlace.objects.create(
        school=school, pupil=pupil, school_class=ash, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 4)
    )
    ClassPlace.objects.create(school=school, pupil=pupil, school_class=oak, starts_on=date(2026, 9, 5))
    builders.marks(pupil, calendar, date(2026, 9, 1), "/" * 10)
    found = figures.by_class(school, calendar, Period(date(2026, 9, 1), date(2026, 9, 7)))
    assert {name: pupils[pupil.pk].possible for name, pupils in found.items()} == {"1 Ash": 8, "2 Oak": 2}


def test_sessions_outside_every_class_keep_their_place(school: School, calendar: Calendar) -> None:
    """A roll taken in after a term has begun gives classes from its own day; the marks before it are not lost."""
    ash = builders.school_class(school, "1 Ash")
    pupil = builders.pupil(school)
    ClassPlace.objects.create(school=school, pupil=pupil, school_class=ash, starts_on=date(2026, 9, 7))
    builders.marks(pupil, calendar, date(2026, 9, 1), "/" * 10)
    found = figures.by_class(school, calendar, Period(date(2026, 9, 1), date(2026, 9, 7)))
    assert {name: pupils[pupil.pk].possible for name, pupils in found.items()} == {"": 8, "1 Ash": 2}


def test_a_leaver_is_in_no_class_afterwards(school: School, calendar: Calendar) -> None:
    ash = builders.school_class(school, "1 Ash")
    stays = builders.pupil(school, school_class=ash)
    builders.pupil(school, school_class=ash, leaves_on=date(2026, 10, 9))
    found = figures.by_class(school, calendar, Period(date(2026, 11, 3), date(2026, 11, 20)))
    assert {name: set(pupils) for name, pupils in found.items()} == {"1 Ash": {stays.pk}}


def test_another_schools_marks_are_not_counted(school: School, other_school: School, calendar: Calendar) -> None:
    ours = builders.pupil(school)
    builders.marks(ours, calendar, date(2026, 9, 1), "/" * 4)
    with schools_in_scope([school.pk, other_school.pk]):
        theirs = builders.pupil(other_school, school_class=builders.school_class(other_school, "1 Ash"))
        builders.marks(theirs, calendar, date(2026, 9, 1), "O" * 4)
        period = Period(date(2026, 9, 1), date(2026, 9, 2))
        assert set(figures.by_pupil(school, calendar, period)) == {ours.pk}
        assert figures.by_class(school, calendar, period).keys() <= {""}
        assert [set(pupils) for pupils in figures.by_year_group(school, calendar, period).values()] == [{ours.pk}]
        assert [day.possible for day in figures.by_day(school, period).values()] == [2, 2]


@pytest.mark.parametrize("pupils", [5, 50])
def test_the_number_of_queries_does_not_grow(
    school: School, calendar: Calendar, pupils: int, django_assert_num_queries: object
) -> None:
    ash = builders.school_class(school, "1 Ash")
    roll = [builders.pupil(school, school_class=ash) for _ in range(pupils)]
    for pupil in roll[:5]:
        builders.marks(pupil, calendar, date(2026, 9, 1), "/I" * 5)
    period = Period(date(2026, 9, 1), date(2026, 11, 20))
    with django_assert_num_queries(2):
        figures.by_pupil(school, calendar, period)
    with django_assert_num_queries(1):
        figures.by_pupil(school, calendar, period, roll)
    with django_assert_num_queries(4):
        figures.by_class(school, calendar, period)
    with django_assert_num_queries(2):
        figures.by_year_group(school, calendar, period)
    with django_assert_num_queries(1):
        figures.by_day(school, period)
