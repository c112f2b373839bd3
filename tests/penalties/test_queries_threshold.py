from datetime import date

import pytest

from penalties.queries import threshold
from penalties.rules.threshold import Counted
from registers.queries import calendars
from registers.rules.sessions import Session, SessionOn
from registers.scope import schools_in_scope
from tests import builders

ON = builders.TODAY
FIRST = date(2026, 9, 7)
"""A Monday of the window of `ON`, Friday 20 November 2026, which goes back to the week of 31 August."""


@pytest.fixture
def calendar(school):
    return calendars.of(school)


def test_each_pupil_on_roll_has_a_window(school, calendar) -> None:
    absent, present = builders.pupil(school), builders.pupil(school)
    builders.marks(absent, calendar, FIRST, "OGNU/I")
    builders.marks(present, calendar, FIRST, "//////")
    windows = threshold.of_school(school, calendar, ON)
    assert [session.code for session in windows[absent.pk].sessions] == ["O", "G", "N", "U"]
    assert windows[present.pk].count == 0
    assert windows[present.pk].last_week == date(2026, 11, 16)


def test_only_marks_of_the_window_and_up_to_the_day_count(school, calendar) -> None:
    pupil = builders.pupil(school)
    # The tenth school week back is that of 31 August, which begins with the term on 1 September; then comes July.
    before, first, on, after = date(2026, 7, 21), date(2026, 9, 1), ON, date(2026, 11, 23)
    for day in (before, first, on, after):
        builders.mark(pupil, day, Session.AM, "O")
    window = threshold.of_school(school, calendar, ON)[pupil.pk]
    assert window.first_week == date(2026, 8, 31)
    assert [session.place.on for session in window.sessions] == [first, on]


def test_marks_under_compulsory_school_age_do_not_count(school, calendar) -> None:
    """Five on 1 October 2026, of compulsory school age from 31 December."""
    young = builders.pupil(school, dob=date(2021, 10, 1), starts_on=date(2026, 9, 1))
    builders.marks(young, calendar, FIRST, "OOOO")
    assert threshold.of_school(school, calendar, ON)[young.pk].count == 0


@pytest.mark.parametrize(
    ("fields", "listed"),
    [
        pytest.param({"leaves_on": ON}, True, id="leaves-on-the-day"),
        pytest.param({"leaves_on": date(2026, 11, 19)}, False, id="left-the-day-before"),
        pytest.param({"starts_on": ON}, True, id="starts-on-the-day"),
        pytest.param({"starts_on": date(2026, 11, 23)}, False, id="starts-after-it"),
    ],
)
def test_who_is_on_roll(fields, listed, school, calendar) -> None:
    pupil = builders.pupil(school, **fields)
    assert (pupil.pk in threshold.of_school(school, calendar, ON)) == listed


def test_another_schools_pupils_are_not_counted(school, other_school, calendar) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = builders.pupil(other_school)
        builders.marks(theirs, calendar, FIRST, "OOOO")
    ours = builders.pupil(school)
    with schools_in_scope([school.pk, other_school.pk]):
        windows = threshold.of_school(school, calendar, ON)
    assert set(windows) == {ours.pk}


def test_met_on_looks_behind_the_window(school, calendar) -> None:
    """Met by eight sessions in July and two in September and never below since, though July is out of the window."""
    pupil = builders.pupil(school)
    tenth = builders.marks(pupil, calendar, date(2026, 7, 16), "O" * 10)[-1]
    builders.marks(pupil, calendar, date(2026, 11, 3), "O" * 10)
    window = threshold.of_pupil(school, calendar, pupil, ON)
    assert window.count == 2 + 10
    assert window.met_on == SessionOn(tenth.on, Session(tenth.session))
    assert threshold.of_school(school, calendar, ON)[pupil.pk] == window


def test_of_pupil_can_suppose_sessions(school, calendar) -> None:
    pupil = builders.pupil(school)
    builders.marks(pupil, calendar, date(2026, 11, 16), "OI")
    monday = date(2026, 11, 16)
    supposed = [Counted(SessionOn(monday, session), "G") for session in Session]
    supposed.append(Counted(SessionOn(date(2026, 11, 24), Session.AM), "G"))
    window = threshold.of_pupil(school, calendar, pupil, date(2026, 11, 24), supposed)
    assert [session.code for session in window.sessions] == ["G", "G", "G"]
    assert threshold.of_pupil(school, calendar, pupil, ON).count == 1


@pytest.mark.parametrize("number", [5, 50])
def test_the_number_of_queries_is_constant(number, school, calendar, django_assert_num_queries) -> None:
    for _ in range(number):
        builders.marks(builders.pupil(school), calendar, FIRST, "O" * 11)
    calendar.school_weeks  # noqa: B018 - computed once
    with django_assert_num_queries(3):
        windows = threshold.of_school(school, calendar, ON)
    assert sum(window.met for window in windows.values()) == number
