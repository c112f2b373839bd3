"""Absences without a reason: the right rows, their age and their due day."""

from datetime import date

import pytest

from absences.queries import reasons
from absences.rules.spans import Span
from registers.models import ClassPlace
from registers.queries import calendars
from registers.rules.sessions import Session, SessionOn
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import TODAY


@pytest.fixture
def calendar(school):
    return calendars.of(school)


def test_lists_each_pupils_day_once_the_oldest_first(school, calendar):
    late, early = builders.pupil(school, "Adams"), builders.pupil(school, "Baker")
    builders.marks(late, calendar, date(2026, 11, 18), "/NI/")
    builders.marks(early, calendar, date(2026, 11, 16), "NN/ON")
    rows = reasons.unexplained(school, calendar, TODAY)
    assert [(row.pupil, row.on, row.sessions) for row in rows] == [
        (early, date(2026, 11, 16), (Session.AM, Session.PM)),
        (late, date(2026, 11, 18), (Session.PM,)),
        (early, date(2026, 11, 18), (Session.AM,)),
    ]


@pytest.mark.parametrize(
    ("on", "age", "due_on", "overdue"),
    [
        pytest.param(date(2026, 11, 20), 0, date(2026, 11, 27), False, id="today"),
        pytest.param(date(2026, 11, 13), 5, date(2026, 11, 20), False, id="a week ago, due today"),
        pytest.param(date(2026, 11, 12), 6, date(2026, 11, 19), True, id="due yesterday"),
        pytest.param(date(2026, 10, 16), 14, date(2026, 11, 9), True, id="before half-term and the in-service day"),
    ],
)
def test_counts_school_days(school, calendar, on, age, due_on, overdue):
    builders.mark(builders.pupil(school), on, Session.AM, "N")
    [row] = reasons.unexplained(school, calendar, TODAY)
    assert (row.age, row.due_on, row.is_overdue) == (age, due_on, overdue)


def test_a_due_day_the_calendar_does_not_reach_is_not_known(school, calendar):
    builders.mark(builders.pupil(school), date(2027, 7, 22), Session.AM, "N")
    [row] = reasons.unexplained(school, calendar, date(2027, 7, 22))
    assert (row.due_on, row.is_overdue) == (None, False)


def test_names_the_class_the_pupil_was_in_that_day(school, calendar):
    pupil = builders.pupil(school, school_class=builders.school_class(school, "2 Elm"))
    ClassPlace.objects.filter(pupil=pupil).update(ends_on=date(2026, 11, 13))
    ClassPlace.objects.create(
        school=school, pupil=pupil, school_class=builders.school_class(school, "3 Oak"), starts_on=date(2026, 11, 14)
    )
    for on in (date(2026, 11, 13), date(2026, 11, 16)):
        builders.mark(pupil, on, Session.AM, "N")
    builders.mark(builders.pupil(school, "Zed"), date(2026, 11, 17), Session.AM, "N")
    rows = reasons.unexplained(school, calendar, TODAY)
    assert [row.class_name for row in rows] == ["2 Elm", "3 Oak", ""]


def test_leaves_out_another_schools_absences(school, calendar, other_school):
    with schools_in_scope([school.pk, other_school.pk]):
        builders.mark(builders.pupil(other_school), TODAY, Session.AM, "N")
        builders.mark(builders.pupil(school), TODAY, Session.AM, "O")
        assert reasons.unexplained(school, calendar, TODAY) == []


def test_asks_once_however_many_pupils(school, calendar, django_assert_num_queries):
    for _ in range(12):
        pupil = builders.pupil(school, school_class=builders.school_class(school, f"Class {_}"))
        builders.marks(pupil, calendar, date(2026, 11, 16), "NNNN")
    with django_assert_num_queries(1):
        assert len([row.pupil.name for row in reasons.unexplained(school, calendar, TODAY)]) == 24


def test_a_pupils_stretches(school, calendar, other_school):
    pupil, classmate = builders.pupil(school), builders.pupil(school)
    builders.marks(pupil, calendar, date(2026, 11, 12), "/NNNNN/N")
    builders.marks(classmate, calendar, date(2026, 11, 17), "NN")
    assert reasons.runs(pupil, calendar) == [
        Span(SessionOn(date(2026, 11, 12), Session.PM), SessionOn(date(2026, 11, 16), Session.PM)),
        Span(SessionOn(date(2026, 11, 17), Session.PM), SessionOn(date(2026, 11, 17), Session.PM)),
    ]
