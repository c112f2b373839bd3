"""A school whose first half-term begins in August: its days count to the new year, and ages keep to 31 August."""

from datetime import date

import pytest

from registers.models import School, Term
from registers.queries import calendars, figures
from registers.queries.figures import Period
from registers.rules.calendar import Calendar
from tests import builders

AUGUST = date(2027, 8, 26)


@pytest.fixture
def august(school: School) -> Calendar:
    Term.objects.create(school=school, name="Term 1", number=1, first_on=AUGUST, last_on=date(2027, 10, 15))
    return calendars.of(school)


def test_the_year_to_date_begins_with_the_term(august: Calendar) -> None:
    assert figures.year_to_date(date(2027, 9, 10), august) == Period(AUGUST, date(2027, 9, 10))
    assert figures.year_to_date(AUGUST, august) == Period(AUGUST, AUGUST)
    assert figures.year_to_date(date(2027, 8, 25), august) == Period(date(2026, 9, 1), date(2027, 8, 25))


def test_a_period_is_parted_where_the_school_year_turns(august: Calendar) -> None:
    parts = list(Period(date(2027, 7, 19), date(2027, 9, 3)).by_school_year(august))
    assert parts == [Period(date(2027, 7, 19), date(2027, 8, 25)), Period(AUGUST, date(2027, 9, 3))]


def test_august_days_count_in_the_new_year_group_and_cohort(school: School, august: Calendar) -> None:
    """Five on 31 August 2027, or a day later: Year 1 and in the DfE's cohort, or Reception and not, from 26 August."""
    five = builders.pupil(school, dob=date(2022, 8, 31), starts_on=AUGUST)
    four = builders.pupil(school, dob=date(2022, 9, 1), starts_on=AUGUST)
    period = Period(AUGUST, date(2027, 9, 3))
    found = figures.by_year_group(school, august, period)
    assert {year: set(row) for year, row in found.items()} == {1: {five.pk}, 0: {four.pk}}
    assert found[1][five.pk].unmarked == 14
    assert set(figures.by_pupil(school, august, period, census=True)) == {five.pk}
