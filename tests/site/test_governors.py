"""The governors' report: its terms, and its figures against a recount that shares no code with it."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance_site.queries import governors
from attendance_site.queries.governors import ReportTerm, YearRow
from registers.models import Mark, Pupil
from registers.queries import calendars
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.site.year_groups import Group, born, fill

TODAY = builders.TODAY
KINDS = {"attended": "/\\LVB", "authorised": "ICM", "unauthorised": "OUGN", "late": "LU"}
"""Which of the codes in these tests count as what; D counts as nothing."""


@pytest.fixture
def calendar(school):
    return calendars.of(school)


def keys(school, calendar, today: date = TODAY) -> list[str]:
    return [term.key for term in governors.terms(school, calendar, today)]


def mark_on(school, *days: date) -> None:
    pupil = builders.pupil(school)
    for on in days:
        builders.mark(pupil, on, Session.AM, "/")


class TestTerms:
    def test_without_marks_there_are_none(self, school, calendar) -> None:
        assert governors.terms(school, calendar, TODAY) == ()

    def test_marks_of_another_school_begin_no_term(self, school, other_school, calendar) -> None:
        with schools_in_scope([other_school.pk]):
            mark_on(other_school, date(2025, 9, 2))
        assert governors.terms(school, calendar, TODAY) == ()

    def test_three_a_year_from_the_first_mark_the_newest_first(self, school, calendar) -> None:
        mark_on(school, date(2025, 9, 2))
        found = governors.terms(school, calendar, TODAY)
        assert [(term.title, term.period.first_on, term.period.last_on) for term in found] == [
            ("Autumn term 2026/27", date(2026, 9, 1), TODAY),
            ("Summer term 2025/26", date(2026, 4, 20), date(2026, 7, 21)),
            ("Spring term 2025/26", date(2026, 1, 5), date(2026, 4, 2)),
            ("Autumn term 2025/26", date(2025, 9, 1), date(2025, 12, 19)),
        ]

    @pytest.mark.parametrize(
        ("today", "newest", "last_on"),
        [
            pytest.param(date(2025, 9, 1), "2025-autumn", date(2025, 9, 1), id="first day of the year"),
            pytest.param(date(2025, 10, 20), "2025-autumn", date(2025, 10, 17), id="autumn half-term holiday"),
            pytest.param(date(2025, 12, 19), "2025-autumn", date(2025, 12, 19), id="last day of autumn"),
            pytest.param(date(2026, 1, 4), "2025-autumn", date(2025, 12, 19), id="the day before spring"),
            pytest.param(date(2026, 1, 5), "2025-spring", date(2026, 1, 5), id="first day of spring"),
            pytest.param(date(2026, 4, 19), "2025-spring", date(2026, 4, 2), id="the day before summer"),
            pytest.param(date(2026, 4, 20), "2025-summer", date(2026, 4, 20), id="first day of summer"),
            pytest.param(date(2026, 8, 31), "2025-summer", date(2026, 7, 21), id="the summer holiday"),
        ],
    )
    def test_the_newest_lasts_to_today(self, school, calendar, today: date, newest: str, last_on: date) -> None:
        mark_on(school, date(2025, 9, 1))
        term = governors.terms(school, calendar, today)[0]
        assert (term.key, term.period.last_on) == (newest, last_on)

    @pytest.mark.parametrize(
        ("first", "oldest"),
        [(date(2026, 7, 21), "2025-summer"), (date(2026, 4, 2), "2025-spring"), (date(2026, 4, 20), "2025-summer")],
    )
    def test_the_oldest_holds_the_first_mark(self, school, calendar, first: date, oldest: str) -> None:
        mark_on(school, first, TODAY)
        assert keys(school, calendar)[-1] == oldest


def term(school, calendar, key: str, today: date = TODAY) -> ReportTerm:
    return next(term for term in governors.terms(school, calendar, today) if term.key == key)


def two_autumns(school, calendar, dice: Random, number: int) -> Pupil:
    """One of three year groups; some join late, some leave in the middle of the second autumn."""
    leaves_on = date(2026, 10, 9) if number % 9 == 4 else None
    starts_on = date(2026, 9, 21) if number % 9 == 5 else date(2025, 9, 1)
    pupil = builders.pupil(school, dob=born(number % 3), starts_on=starts_on, leaves_on=leaves_on)
    # Nobody in Reception is persistently absent, and all in the others are, so that no count is kept back.
    need = 9 if number % 3 else 0
    for first_on, last_on in ((date(2025, 9, 1), date(2026, 1, 9)), (date(2026, 9, 1), TODAY)):
        here_from, here_to = max(first_on, starts_on), min(last_on, leaves_on or last_on)
        codes = dice.choices(
            "/LVBICMOUGND.",
            [90, 3, 2, 1, need, 1, 1, need, 1, 1, 0, 1, 2],
            k=len(calendar.sessions_between(here_from, here_to)),
        )
        builders.marks(pupil, calendar, here_from, "".join(codes))
    return pupil


Row = tuple[int, date, str]


def recount(rows: list[Row], first_on: date, last_on: date, pupils: set[int] | None = None) -> dict[str, Counter[int]]:
    """Attended, authorised, unauthorised and late sessions by pupil."""
    counts: dict[str, Counter[int]] = {name: Counter() for name in KINDS}
    for pupil, on, code in rows:
        if first_on <= on <= last_on and (pupils is None or pupil in pupils):
            for name, symbols in KINDS.items():
                counts[name][pupil] += code in symbols
    return counts


def check(cohort, counts: dict[str, Counter[int]]) -> None:
    possible = {
        pupil: counts["attended"][pupil] + counts["authorised"][pupil] + counts["unauthorised"][pupil]
        for pupil in counts["attended"]
    }
    missed = {pupil: counts["authorised"][pupil] + counts["unauthorised"][pupil] for pupil in possible}
    whole = sum(possible.values())
    assert cohort.figures.attendance == Fraction(counts["attended"].total(), whole)
    assert cohort.figures.authorised_share == Fraction(counts["authorised"].total(), whole)
    assert cohort.figures.unauthorised_share == Fraction(counts["unauthorised"].total(), whole)
    assert cohort.figures.lates == counts["late"].total()
    assert cohort.enrolments == sum(number > 0 for number in possible.values())
    assert cohort.persistent == sum(missed[pupil] * 10 >= possible[pupil] > 0 for pupil in possible)


def test_every_figure_equals_a_recount_of_the_rows(school, other_school, calendar) -> None:
    dice = Random(20261120)  # noqa: S311 - the same marks every time
    pupils = [two_autumns(school, calendar, dice, number) for number in range(24)]
    with schools_in_scope([other_school.pk]):
        two_autumns(other_school, calendar, dice, 3)
    rows = list(Mark.objects.filter(school=school).values_list("pupil_id", "on", "code"))
    this, before = (term(school, calendar, key) for key in ("2026-autumn", "2025-autumn"))
    report = governors.report(school, calendar, this, before)
    first_on, last_on = date(2026, 9, 1), TODAY
    check(report.whole, recount(rows, first_on, last_on))
    # Everybody aged 5 to 15 on 31 August 2026: all but Reception.
    older = {pupil.pk for pupil in pupils if pupil.dob <= date(2021, 8, 31)}
    assert 0 < len(older) < len(pupils)
    assert report.census is not None
    check(report.census, recount(rows, first_on, last_on, older))
    assert report.before is not None
    check(report.before, recount(rows, date(2025, 9, 1), date(2025, 11, 21)))
    assert [row.name for row in report.years] == ["Reception", "Year 1", "Year 2"]
    for number, row in enumerate(report.years):
        check_row(row, recount(rows, first_on, last_on, {pupil.pk for pupil in pupils if pupil.dob == born(number)}))
    for week in report.weeks:
        counts = recount(rows, max(week.monday, first_on), min(week.monday + timedelta(days=4), last_on))
        assert week.figures.attended == counts["attended"].total()
        assert week.figures.absent == counts["authorised"].total() + counts["unauthorised"].total()
    mondays = {on - timedelta(days=on.weekday()) for _, on, _ in rows if on >= first_on}
    assert [week.monday for week in report.weeks] == sorted(mondays)
    assert [point.value for point in report.plot.points] == [week.figures.attendance for week in report.weeks]


def check_row(row: YearRow, group: dict[str, Counter[int]]) -> None:
    attended, away = group["attended"].total(), group["authorised"].total() + group["unauthorised"].total()
    assert row.attendance == Fraction(attended, attended + away)
    assert row.authorised == Fraction(group["authorised"].total(), attended + away)
    assert row.unauthorised == Fraction(group["unauthorised"].total(), attended + away)
    assert (row.pupils, row.lates) == (len(group["attended"]), group["late"].total())


class TestAYearEarlier:
    @pytest.fixture
    def pupil(self, school, calendar) -> Pupil:
        """There last autumn but for Friday 21 November and the Monday after it; five others missed none."""
        sessions = len(calendar.sessions_between(date(2025, 9, 1), date(2025, 12, 19)))
        for number in range(5):
            other = builders.pupil(school, f"Other{number}", dob=born(3), starts_on=date(2025, 9, 1))
            builders.marks(other, calendar, date(2025, 9, 1), "/" * sessions)
        pupil = builders.pupil(school, dob=born(3), starts_on=date(2025, 9, 1))
        for place in calendar.sessions_between(date(2025, 9, 1), date(2025, 12, 19)):
            away = place.on in (date(2025, 11, 21), date(2025, 11, 24))
            builders.mark(pupil, *place, "O" if away else "/" if place.session is Session.AM else "\\")
        builders.mark(pupil, TODAY, Session.AM, "/")
        return pupil

    def missed(self, school, calendar, today: date) -> int | None:
        this, before = (term(school, calendar, key, today) for key in ("2026-autumn", "2025-autumn"))
        found = governors.report(school, calendar, this, before).before
        return found.figures.absent if found else None

    def test_a_term_that_lasts_is_held_against_the_same_weeks(self, school, calendar, pupil) -> None:
        """Friday 20 November 2026 is 52 weeks after Friday 21 November 2025."""
        assert self.missed(school, calendar, TODAY) == 2
        assert self.missed(school, calendar, TODAY - timedelta(days=1)) == 0

    def test_a_weekend_and_a_monday_on(self, school, calendar, pupil) -> None:
        assert self.missed(school, calendar, date(2026, 11, 22)) == 2
        assert self.missed(school, calendar, date(2026, 11, 23)) == 4

    def test_a_term_that_is_over_is_held_against_the_whole_of_it(self, school, calendar, pupil) -> None:
        this, before = (term(school, calendar, key, date(2026, 12, 18)) for key in ("2026-autumn", "2025-autumn"))
        found = governors.report(school, calendar, this, before).before
        assert found is not None
        assert found.figures.possible == 6 * len(calendar.sessions_between(date(2025, 9, 1), date(2025, 12, 19)))

    def test_where_there_were_no_marks_there_is_nothing_to_hold_it_against(self, school, calendar) -> None:
        mark_on(school, date(2025, 12, 19), TODAY)
        this, before = (term(school, calendar, key) for key in ("2026-autumn", "2025-autumn"))
        assert governors.report(school, calendar, this, before).before is None
        assert governors.report(school, calendar, this, None).before is None


def test_the_number_of_queries_does_not_grow_with_the_pupils(school, calendar) -> None:
    def queries() -> int:
        this = term(school, calendar, "2026-autumn")
        with CaptureQueriesContext(connection) as caught:
            governors.report(school, calendar, this, this)
        return len(caught)

    fill(school, calendar, Group(3, 5), Group(4, 5))
    few = queries()
    fill(school, calendar, *(Group(number, 10) for number in range(1, 6)))
    assert queries() == few <= 8
