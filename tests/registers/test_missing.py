"""The registers that are not in: which, how late, whose, and what earlier days lack."""

from datetime import UTC, date, datetime, time

import pytest
from django.test import Client
from django.urls import reverse

from registers.models import ClassPlace, ClassTeacher, Membership, Pupil, RegisterTaken, School, SchoolClass
from registers.queries import missing
from registers.queries.missing import Missing
from registers.rules.calendar import Calendar
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.registers import pages

FRIDAY = date(2026, 11, 20)
THURSDAY = date(2026, 11, 19)
AM, PM = Session.AM, Session.PM


def local(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 20, hour, minute, tzinfo=UTC)


@pytest.fixture
def pupils(school: School, school_class: SchoolClass) -> list[Pupil]:
    return [builders.pupil(school, name, school_class=school_class) for name in ("Ash", "Birch")]


@pytest.fixture
def address(school: School) -> str:
    return reverse("missing", args=[school.slug])


def of(school: School, calendar: Calendar, at: datetime, on: date = FRIDAY) -> Missing:
    return missing.of(school, calendar, on, at)


@pytest.mark.parametrize(
    ("at", "minutes", "closed"),
    [((8, 50), 0, False), ((9, 15), 25, False), ((9, 20), 30, False), ((9, 21), 31, True)],
)
def test_how_late_a_register_is(school, calendar, pupils, at, minutes, closed) -> None:
    [row] = of(school, calendar, local(*at)).rows
    assert row.lateness is not None
    assert (row.lateness.minutes, row.lateness.is_closed) == (minutes, closed)
    assert (row.state.blank, row.state.pupils, row.teachers) == (2, 2, "Ms Teacher")


def test_what_has_not_opened_is_to_come(school, calendar, pupils) -> None:
    found = of(school, calendar, local(8, 49))
    assert found.rows == ()
    assert [(part.session, part.opens, len(part.states)) for part in found.waiting] == [
        (AM, time(8, 50), 1),
        (PM, time(13, 30), 1),
    ]


def test_a_complete_register_is_not_missing_whoever_filled_it(school, calendar, pupils) -> None:
    for pupil in pupils:
        builders.mark(pupil, FRIDAY, AM, "/")
    found = of(school, calendar, local(9, 15))
    assert (found.rows, found.complete) == ((), 1)


def test_one_sent_and_blank_for_somebody_is(school, calendar, pupils, school_class, teacher) -> None:
    builders.mark(pupils[0], FRIDAY, AM, "/")
    RegisterTaken.objects.create(
        school=school, school_class=school_class, on=FRIDAY, session=AM, at=local(9, 0), by=teacher.user, role="teacher"
    )
    [row] = of(school, calendar, local(9, 15)).rows
    assert (row.state.taken is not None, row.state.blank) == (True, 1)


def test_the_longest_awaited_stands_first(school, calendar, pupils) -> None:
    rows = of(school, calendar, local(13, 40)).rows
    assert [(row.state.session, row.lateness.minutes) for row in rows if row.lateness] == [(AM, 290), (PM, 10)]


def test_an_earlier_day_is_not_late_but_incomplete(school, calendar, pupils) -> None:
    rows = of(school, calendar, local(9, 15), THURSDAY).rows
    assert [(row.state.session, row.lateness) for row in rows] == [(AM, None), (PM, None)]


def test_a_teacher_of_last_year_is_not_named(school, calendar, pupils, school_class) -> None:
    ClassTeacher.objects.update(ends_on=THURSDAY)
    [row] = of(school, calendar, local(9, 15)).rows
    assert row.teachers == ""


class TestBlanks:
    def _of(self, school: School, calendar: Calendar) -> dict[tuple[date, str], int]:
        return {(row.on, row.school_class.name): row.blank for row in missing.blanks(school, calendar, FRIDAY)}

    @pytest.fixture
    def full(self, school: School, calendar: Calendar, pupils: list[Pupil]) -> list[Pupil]:
        """Every mark of the half-term until yesterday: it began on 3 November, after an in-service day."""
        for pupil in pupils:
            builders.marks(pupil, calendar, date(2026, 11, 3), "/" * 26)
        return pupils

    def test_a_complete_half_term_lacks_nothing(self, school, calendar, full) -> None:
        assert self._of(school, calendar) == {}

    def test_the_blanks_of_a_day_are_counted_by_class(self, school, calendar, full) -> None:
        oak = builders.school_class(school, "4 Oak")
        new = builders.pupil(school, school_class=oak, starts_on=date(2026, 11, 18))
        builders.mark(new, date(2026, 11, 18), AM, "/")
        assert self._of(school, calendar) == {(THURSDAY, "4 Oak"): 2, (date(2026, 11, 18), "4 Oak"): 1}

    def test_today_and_days_before_the_half_term_are_left_out(self, school, calendar, pupils) -> None:
        found = self._of(school, calendar)
        assert max(on for on, _ in found) == THURSDAY
        assert min(on for on, _ in found) == date(2026, 11, 3)
        assert sum(found.values()) == 13 * 2 * 2

    def test_a_pupil_who_changed_class_owes_each_its_own_days(self, school, calendar, full) -> None:
        oak = builders.school_class(school, "4 Oak")
        place = ClassPlace.objects.get(pupil=full[0])
        place.ends_on = date(2026, 11, 10)
        place.save()
        ClassPlace.objects.create(school=school, pupil=full[0], school_class=oak, starts_on=date(2026, 11, 11))
        assert self._of(school, calendar) == {}

    def test_a_leaver_owes_nothing_after_the_last_day(self, school, calendar, school_class) -> None:
        gone = builders.pupil(school, school_class=school_class, leaves_on=date(2026, 11, 3))
        builders.marks(gone, calendar, date(2026, 11, 3), "//")
        assert self._of(school, calendar) == {}

    def test_another_schools_blanks_are_its_own(self, school, calendar, other_school, full) -> None:
        with schools_in_scope([other_school.pk]):
            builders.pupil(other_school, school_class=builders.school_class(other_school, "3 Test"))
        with schools_in_scope([school.pk, other_school.pk]):
            assert self._of(school, calendar) == {}

    def test_the_number_of_queries_does_not_grow(self, school, calendar, full, django_assert_num_queries) -> None:
        for name in ("4 Oak", "5 Elm"):
            builders.pupil(school, school_class=builders.school_class(school, name))
        with django_assert_num_queries(3):
            missing.blanks(school, calendar, FRIDAY)
        with django_assert_num_queries(10):
            of(school, calendar, local(14, 0))


@pytest.mark.time_machine(local(9, 15), tick=False)
def test_the_page_says_how_late_whose_and_where(
    school, school_class, pupils, client: Client, office: Membership, address: str
) -> None:
    client.force_login(office.user)
    page = pages.soup(client.get(address))
    row = page.select_one("tbody tr")
    assert "3 Test Morning 25 minutes opened 08:50, closes 09:20 all 2 Ms Teacher" in pages.text(row)
    assert row.a["href"] == reverse("class_register", args=[school.slug, school_class.pk, "AM"])
    assert "1 afternoon register to come, at 13:30" in pages.text(page.main)
    assert "Thursday 19 November 3 Test 4 blank marks" in pages.text(page.main)


@pytest.mark.time_machine(local(9, 15), tick=False)
def test_an_earlier_day_leads_to_the_grid(school, pupils, client: Client, office: Membership, address: str) -> None:
    client.force_login(office.user)
    links = [row.a["href"] for row in pages.soup(client.get(address + "?on=2026-11-19")).select("tbody tr")]
    assert links[0] == reverse("office_day", args=[school.slug]) + "?on=2026-11-19&class=3%20Test"
