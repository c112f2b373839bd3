from datetime import date
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation.models import Flag
from escalation.queries import desk
from escalation.rules.holds import HoldKind
from escalation.services import cases, holds, policies, scan, tasks
from registers.models import Mark, Pupil
from registers.queries import calendars
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.escalation import documents

FIRST = date(2026, 9, 1)
ON = builders.TODAY
SEVERE = documents.rule("SA", risk=4, letter="", measure={"kind": "absence_at_least", "percent": 50})


@pytest.fixture
def scanned(school, calendar, night, adopt):
    """Adopts rules, then scans whatever pupils there are."""

    def made(*rules, on: date = ON) -> None:
        adopt(*rules)
        scan.scan(school, calendar, on, by=night, at=builders.AT)

    return made


def attending(school, calendar, codes: str, surname: str = "Example", **fields) -> Pupil:
    pupil = builders.pupil(school, surname, **fields)
    left = len(calendar.sessions_between(FIRST, ON)) - len(codes)
    builders.marks(pupil, calendar, FIRST, codes + "/" * left)
    return pupil


def test_a_row_says_all_that_the_desk_shows(school, calendar, scanned) -> None:
    school_class = builders.school_class(school, "3 Oak")
    pupil = attending(school, calendar, "O" * 9 + "I" * 60 + "/" * 10 + "U" + "L" * 4, school_class=school_class)
    scanned(SEVERE, documents.rule(), documents.LATES)
    (row,) = desk.rows(school, calendar, ON)
    possible = len(calendar.sessions_between(FIRST, ON))
    assert (row.pupil, row.class_name, row.year_group) == (pupil, "3 Oak", 5)
    assert (row.figures.absent, row.figures.possible) == (70, possible)
    assert [flag.rule_id for flag in row.flags] == ["SA", "PA", "LATE"]
    assert (row.gravest.rule_id, row.since) == ("SA", ON)
    assert (row.letter_flag.rule_id, row.letter_flag.letter) == ("PA", "letter_of_concern")
    assert (row.window.count, row.window.met) == (10, True)
    assert row.lates == 5


def test_highest_risk_first_then_lowest_attendance(school, calendar, scanned) -> None:
    little = attending(school, calendar, "I" * 20, "Ash")
    more = attending(school, calendar, "I" * 30, "Birch")
    severe = attending(school, calendar, "I" * 80, "Cedar")
    late = attending(school, calendar, "/" * 90 + "L" * 5, "Dogwood")
    same_as_little = attending(school, calendar, "I" * 20, "Aspen")
    scanned(SEVERE, documents.rule(), documents.LATES)
    rows = desk.rows(school, calendar, ON)
    assert [row.pupil for row in rows] == [severe, more, little, same_as_little, late]
    assert rows[0].figures.attendance < rows[1].figures.attendance < Fraction(9, 10)


def test_watching_rules_and_ended_flags_stay_off_the_desk(school, calendar, night, scanned) -> None:
    attending(school, calendar, "")
    ended = attending(school, calendar, "O" * 20)
    scanned(documents.rule(), documents.WATCHED, on=date(2026, 11, 19))
    assert Flag.objects.filter(desk=False).count() == 1
    assert [row.pupil for row in desk.rows(school, calendar, ON)] == [ended]
    Flag.objects.filter(pupil=ended).update(ended_on=ON)
    assert desk.rows(school, calendar, ON) == []


def test_a_pupil_who_has_left_since_the_scan_is_off_the_desk(school, calendar, scanned) -> None:
    pupil = attending(school, calendar, "O" * 20)
    scanned()
    Pupil.objects.filter(pk=pupil.pk).update(leaves_on=date(2026, 11, 19))
    assert desk.rows(school, calendar, ON) == []


def test_lates_are_those_of_this_half_term_up_to_the_day(school, calendar, scanned) -> None:
    pupil = attending(school, calendar, "L" * 20)
    scanned(documents.rule("ALL", measure={"kind": "absence_at_least", "percent": 0}))
    builders.mark(pupil, date(2026, 11, 23), Session.AM, "L")
    assert [row.lates for row in desk.rows(school, calendar, ON)] == [0]
    assert [row.lates for row in desk.rows(school, calendar, date(2026, 11, 23))] == [1]
    assert [row.lates for row in desk.rows(school, calendar, date(2026, 9, 4))] == [8]


def test_figures_are_of_now_and_flags_of_the_scan(school, calendar, scanned) -> None:
    pupil = attending(school, calendar, "O" * 20)
    scanned()
    builders.mark(pupil, date(2026, 11, 23), Session.AM, "O")
    (row,) = desk.rows(school, calendar, date(2026, 11, 23))
    possible = len(calendar.sessions_between(FIRST, ON))
    assert (row.figures.absent, row.gravest.missed) == (21, Fraction(20, possible))


def test_another_schools_flags_are_not_on_this_desk(school, other_school, calendar, scanned) -> None:
    scanned()
    with schools_in_scope([school.pk, other_school.pk]):
        theirs = builders.nightly(other_school)
        policies.adopt(other_school, documents.policy(), by=theirs, at=builders.AT)
        attending(other_school, calendar, "O" * 20)
        scan.scan(other_school, calendars.of(other_school), ON, by=theirs, at=builders.AT)
        assert Flag.objects.count() == 1
        assert desk.rows(school, calendar, ON) == []


def test_the_order_rests_on_the_scan_and_no_mark_is_counted_for_it(school, calendar, scanned) -> None:
    less = attending(school, calendar, "O" * 20, "Ash")
    more = attending(school, calendar, "O" * 21, "Birch")
    scanned()
    for day in (23, 24):
        builders.mark(less, date(2026, 11, day), Session.AM, "O")
    on = date(2026, 11, 24)
    with CaptureQueriesContext(connection) as captured:
        assert [line.pupil for line in desk.lines(school, on)] == [more, less]
        assert desk.number(school, on) == 2
    assert not [query["sql"] for query in captured if Mark._meta.db_table in query["sql"]]
    assert [row.figures.absent for row in desk.rows(school, calendar, on)] == [21, 22]


def test_the_number_on_the_desk_is_that_of_its_lines(school, calendar, night, scanned) -> None:
    """With a flag, with a task alone; without those who left, whose flag is put aside or who are done with."""
    flo = builders.member(school, Role.FLO)
    _, left, aside, done = (
        attending(school, calendar, "O" * 20, name) for name in ("Ash", "Birch", "Cedar", "Dogwood")
    )
    tasked = attending(school, calendar, "", "Elm")
    scanned()
    Pupil.objects.filter(pk=left.pk).update(leaves_on=date(2026, 11, 19))
    Flag.objects.filter(pupil=done).update(ended_on=ON)
    holds.hold(Flag.objects.get(pupil=aside), HoldKind.DISMISSED, "Known", None, today=ON, by=flo, at=builders.AT)
    case = cases.open_case(school, tasked, "Why", on=ON, by=flo, at=builders.AT)
    tasks.add(case, calendar, "Ring", owner_role=Role.FLO, on=ON, by=flo, at=builders.AT)
    assert [line.pupil.legal_surname for line in desk.lines(school, ON)] == ["Ash", "Elm"]
    assert desk.number(school, ON) == 2


@pytest.mark.parametrize("number", [5, 50])
def test_the_number_of_queries_is_constant(number, school, calendar, scanned, django_assert_num_queries) -> None:
    school_class = builders.school_class(school)
    for _ in range(number):
        attending(school, calendar, "O" * 20, school_class=school_class)
    scanned()
    with django_assert_num_queries(22):
        rows = desk.rows(school, calendar, ON)
        assert all(row.pupil.name and row.gravest.title for row in rows)
    assert len(rows) == number
