"""Compulsory school age, year groups and ages: the vectors of the Act and both sides of each day."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registers.rules import ages, figures


@pytest.mark.parametrize(
    ("dob", "begins"),
    [
        pytest.param(date(2019, 2, 10), date(2024, 3, 31), id="february"),
        pytest.param(date(2019, 3, 31), date(2024, 3, 31), id="five-on-31-march"),
        pytest.param(date(2019, 4, 1), date(2024, 8, 31), id="five-on-1-april"),
        pytest.param(date(2019, 8, 31), date(2024, 8, 31), id="five-on-31-august"),
        pytest.param(date(2019, 9, 1), date(2024, 12, 31), id="five-on-1-september"),
        pytest.param(date(2019, 12, 31), date(2024, 12, 31), id="five-on-31-december"),
        pytest.param(date(2020, 1, 1), date(2025, 3, 31), id="five-on-1-january"),
        pytest.param(date(2020, 2, 29), date(2025, 3, 31), id="leap-day"),
    ],
)
def test_compulsory_age_begins_on_the_prescribed_day(dob: date, begins: date) -> None:
    assert ages.compulsory_from(dob) == begins
    assert not ages.is_compulsory_age(dob, date.fromordinal(begins.toordinal() - 1))
    assert ages.is_compulsory_age(dob, begins)


@pytest.mark.parametrize(
    ("dob", "ends"),
    [
        pytest.param(date(2007, 9, 23), date(2024, 6, 28), id="sixteen-in-september"),
        pytest.param(date(2008, 8, 31), date(2024, 6, 28), id="sixteen-after-the-last-friday"),
        pytest.param(date(2008, 9, 1), date(2025, 6, 27), id="sixteen-a-day-later"),
        pytest.param(date(2008, 2, 29), date(2024, 6, 28), id="leap-day"),
        pytest.param(date(2006, 6, 30), date(2022, 6, 24), id="30-june-is-a-thursday"),
        pytest.param(date(2007, 6, 30), date(2023, 6, 30), id="30-june-is-a-friday"),
    ],
)
def test_compulsory_age_ends_on_the_last_friday_in_june(dob: date, ends: date) -> None:
    assert ages.compulsory_until(dob) == ends
    assert ages.is_compulsory_age(dob, ends)
    assert not ages.is_compulsory_age(dob, date.fromordinal(ends.toordinal() + 1))


@settings(max_examples=50)
@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_compulsory_age_begins_within_five_months_of_the_fifth_birthday(dob: date) -> None:
    begins, fifth = ages.compulsory_from(dob), ages.birthday(dob, 5)
    assert (begins.month, begins.day) in {(3, 31), (8, 31), (12, 31)}
    assert 0 <= (begins - fifth).days <= 153


@pytest.mark.parametrize(
    ("dob", "on", "offset", "year"),
    [
        pytest.param(date(2020, 9, 1), date(2025, 9, 1), 0, 0, id="oldest-in-reception"),
        pytest.param(date(2021, 8, 31), date(2025, 9, 1), 0, 0, id="youngest-in-reception"),
        pytest.param(date(2021, 9, 1), date(2025, 9, 1), 0, -1, id="oldest-in-nursery"),
        pytest.param(date(2014, 9, 1), date(2025, 9, 1), 0, 6, id="oldest-in-year-6"),
        pytest.param(date(2015, 8, 31), date(2025, 9, 1), 0, 6, id="youngest-in-year-6"),
        pytest.param(date(2015, 8, 31), date(2026, 8, 31), 0, 6, id="last-day-of-the-year"),
        pytest.param(date(2015, 8, 31), date(2026, 9, 1), 0, 7, id="first-day-of-the-next"),
        pytest.param(date(2016, 2, 29), date(2025, 9, 1), 0, 5, id="leap-day"),
        pytest.param(date(2015, 8, 31), date(2025, 9, 1), -1, 5, id="a-year-below-cohort"),
        pytest.param(date(2015, 9, 1), date(2025, 9, 1), 1, 6, id="a-year-above-cohort"),
    ],
)
def test_the_year_group_follows_from_the_date_of_birth(dob: date, on: date, offset: int, year: int) -> None:
    assert ages.year_group(dob, on, offset) == year


@pytest.mark.parametrize(
    ("number", "name", "stage"),
    [
        (-1, "Nursery", "EYFS"),
        (0, "Reception", "EYFS"),
        (1, "Year 1", "KS1"),
        (2, "Year 2", "KS1"),
        (3, "Year 3", "KS2"),
        (6, "Year 6", "KS2"),
        (7, "Year 7", "KS3"),
        (9, "Year 9", "KS3"),
        (10, "Year 10", "KS4"),
        (11, "Year 11", "KS4"),
        (12, "Year 12", "KS5"),
    ],
)
def test_year_names_and_key_stages(number: int, name: str, stage: str) -> None:
    assert (ages.year_group_name(number), ages.key_stage(number)) == (name, stage)


@pytest.mark.parametrize(
    ("dob", "on", "age"),
    [
        pytest.param(date(2020, 5, 4), date(2025, 5, 3), 4, id="day-before-the-birthday"),
        pytest.param(date(2020, 5, 4), date(2025, 5, 4), 5, id="birthday"),
        pytest.param(date(2020, 2, 29), date(2025, 2, 28), 4, id="leap-day-28-february"),
        pytest.param(date(2020, 2, 29), date(2025, 3, 1), 5, id="leap-day-1-march"),
        pytest.param(date(2020, 2, 29), date(2024, 2, 29), 4, id="leap-day-in-a-leap-year"),
    ],
)
def test_age_on_a_day(dob: date, on: date, age: int) -> None:
    assert ages.age_on(dob, on) == age
    assert ages.birthday(dob, age) <= on < ages.birthday(dob, age + 1)


@pytest.mark.parametrize(
    ("dob", "counted"),
    [
        pytest.param(date(2021, 8, 31), True, id="five-on-31-august"),
        pytest.param(date(2021, 9, 1), False, id="four-on-31-august"),
        pytest.param(date(2010, 9, 1), True, id="fifteen-on-31-august"),
        pytest.param(date(2010, 8, 31), False, id="sixteen-on-31-august"),
    ],
)
@pytest.mark.parametrize("on", [date(2026, 9, 1), date(2027, 8, 31)], ids=["first-day", "last-day"])
def test_the_census_cohort_is_aged_5_to_15_on_the_31_august_before(dob: date, counted: bool, on: date) -> None:
    assert figures.is_in_census_cohort(dob, on) is counted
    first, last = figures.census_births(on)
    assert (first <= dob <= last) is counted


def test_the_census_cohort_is_another_thing_than_compulsory_age() -> None:
    turned_five_in_october = date(2020, 10, 1)
    on = date(2026, 2, 2)
    assert ages.is_compulsory_age(turned_five_in_october, on)
    assert not figures.is_in_census_cohort(turned_five_in_october, on)
