"""The list of pupils, the registration certificate, and a mark's chain."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from registers.models import Membership, Pupil, School
from registers.queries import calendars
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import marks
from registers.services.marks import Entry
from tests import builders
from tests.registers import pages

FRIDAY = date(2026, 11, 20)
pytestmark = pytest.mark.time_machine(datetime(2026, 11, 20, 10, 0, tzinfo=UTC), tick=False)


@pytest.fixture
def pupil(school: School) -> Pupil:
    return builders.pupil(school, "Ash", school_class=builders.school_class(school, "4 Oak"))


@pytest.fixture
def signed_in(client: Client, office: Membership) -> Client:
    client.force_login(office.user)
    return client


def _amend(school: School, pupil: Pupil, by: Membership, code: str, minutes: int | None = None) -> None:
    marks.enter(
        school,
        calendars.of(school),
        [Entry(pupil.pk, FRIDAY, Session.AM, code, minutes)],
        door=Door.OFFICE,
        reason="Came in <late>",
        today=FRIDAY,
        by=by,
        at=builders.AT,
    )


def _facts(page: BeautifulSoup) -> dict[str, str]:
    return {
        pages.text(head): pages.text(head.find_next_sibling("td")) for head in page.select(".certificate__facts th")
    }


def test_everybody_on_roll_with_this_years_attendance(
    school: School, calendar: Calendar, pupil: Pupil, signed_in: Client
) -> None:
    builders.marks(pupil, calendar, date(2026, 9, 1), "/" * 9 + "I")
    builders.marks(builders.pupil(school, "Birch"), calendar, date(2026, 9, 1), "/" * 10 + "I")
    severe = builders.pupil(school, "Cedar")
    builders.marks(severe, calendar, date(2026, 9, 1), "/O")
    builders.pupil(school, "Gone", leaves_on=date(2026, 11, 19))
    builders.pupil(school, "Soon", starts_on=date(2026, 11, 23))
    page = pages.soup(signed_in.get(reverse("pupils", args=[school.slug])))
    rows = [[pages.text(part) for part in row.select("th, td")] for row in page.select("#pupils tbody tr")]
    assert rows == [
        ["Ash, Sam", "4 Oak", "Year 5", "90.0 %", "1 of 10", "0", "Persistent"],
        ["Birch, Sam", "", "Year 5", "90.9 %", "1 of 11", "0", ""],
        ["Cedar, Sam", "", "Year 5", "50.0 %", "1 of 2", "0", "Severe"],
    ]
    page = pages.soup(signed_in.get(reverse("pupils", args=[school.slug]), {"class": "4 Oak"}))
    assert [pages.text(row.th) for row in page.select("#pupils tbody tr")] == ["Ash, Sam"]


def test_a_certificate_shows_sessions_figures_lates_and_amendments(
    school: School, calendar: Calendar, pupil: Pupil, office: Membership, signed_in: Client
) -> None:
    builders.marks(pupil, calendar, date(2026, 11, 16), "/.LXIN//")
    builders.mark(pupil, FRIDAY, Session.AM, "N", source=Door.TEACHER)
    _amend(school, pupil, office, "U", 45)
    address = reverse("certificate", args=[school.slug, pupil.pk])
    page = pages.soup(signed_in.get(address, {"first_on": "2026-11-16", "last_on": "2026-11-20"}))
    weeks = page.select(".certificate tbody tr")
    assert [pages.text(week.th) for week in weeks] == ["16 Nov 2026"]
    assert [pages.text(cell) for cell in weeks[0].select("td")] == ["/", "", "L", "X", "I", "N", "/", "\\", "U 1", ""]
    kinds = [cell["class"][0] for cell in weeks[0].select("td")]
    assert kinds == [
        "mark--present", "mark--blank", "mark--present", "mark--not-possible", "mark--authorised",
        "mark--unauthorised", "mark--present", "mark--present", "mark--unauthorised", "mark--blank",
    ]  # fmt: skip
    facts = _facts(page)
    assert (facts["Possible sessions"], facts["Attended"], facts["Attendance"]) == ("7", "4", "57.1 %")
    assert (facts["Authorised absence"], facts["Unauthorised absence"], facts["No mark"]) == ("1", "2", "2")
    assert (facts["Late before close (L)"], facts["Late after close (U)"], facts["Not possible"]) == ("1", "1", "1")
    lates = [[pages.text(part) for part in row.select("td")] for row in page.select(".certificate__lates tbody tr")]
    assert lates == [["Tue 17 Nov 2026", "AM", "L", "not recorded"], ["Fri 20 Nov 2026", "AM", "U", "45"]]
    notes = [pages.text(note) for note in page.select(".certificate__notes li")]
    assert notes == ["Fri 20 Nov 2026 AM: N to U 45 min, Came in <late> (A office, School office, 20 Nov 2026 09:05)"]


def test_a_certificate_hatches_what_is_no_session(school: School, calendar: Calendar, signed_in: Client) -> None:
    joined = builders.pupil(school, starts_on=date(2026, 11, 4), leaves_on=date(2026, 11, 5))
    address = reverse("certificate", args=[school.slug, joined.pk])
    page = pages.soup(signed_in.get(address, {"first_on": "2026-10-12", "last_on": "2026-11-06"}))
    weeks = page.select(".certificate tbody tr")
    assert [pages.text(week.th) for week in weeks] == ["12 Oct 2026", "2 Nov 2026"]
    kinds = [cell["class"][0].removeprefix("mark--") for cell in weeks[1].select("td")]
    assert kinds == ["closed"] * 4 + ["blank"] * 4 + ["closed"] * 2
    assert {cell["class"][0] for cell in weeks[0].select("td")} == {"mark--closed"}


@pytest.mark.parametrize(
    ("first_on", "last_on", "words"),
    [
        ("2026-11-20", "2026-11-19", "The last day is before the first."),
        ("2026-02-30", "2026-11-19", "Enter a valid date."),
        ("", "2026-11-19", "This field is required."),
    ],
)
def test_a_period_that_cannot_be_is_refused(
    school: School, pupil: Pupil, signed_in: Client, first_on: str, last_on: str, words: str
) -> None:
    address = reverse("certificate", args=[school.slug, pupil.pk])
    response = signed_in.get(address, {"first_on": first_on, "last_on": last_on})
    assert response.status_code == 422
    assert words in pages.text(pages.soup(response).main)


@pytest.mark.parametrize(
    ("first_on", "last_on"),
    [("0001-01-01", "2026-11-20"), ("2026-09-01", "9999-12-31"), ("1000-01-01", "2026-11-20")],
)
def test_a_period_beyond_all_registers_is_answered_without_counting_a_thousand_years(
    school: School,
    pupil: Pupil,
    signed_in: Client,
    first_on: str,
    last_on: str,
    django_assert_max_num_queries: Callable,
) -> None:
    signed_in.raise_request_exception = False
    with django_assert_max_num_queries(40):
        response = signed_in.get(
            reverse("certificate", args=[school.slug, pupil.pk]), {"first_on": first_on, "last_on": last_on}
        )
    assert response.status_code in (200, 422)


def test_a_certificate_needs_few_queries(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    office: Membership,
    signed_in: Client,
    django_assert_max_num_queries: Callable,
) -> None:
    builders.marks(pupil, calendar, date(2026, 9, 1), "/I" * 45)
    _amend(school, pupil, office, "I")
    with django_assert_max_num_queries(13):
        signed_in.get(reverse("certificate", args=[school.slug, pupil.pk]))


def test_a_marks_whole_chain(school: School, pupil: Pupil, office: Membership, signed_in: Client) -> None:
    mark = builders.mark(pupil, FRIDAY, Session.AM, "N", source=Door.TEACHER, recorded_as="J Smith")
    _amend(school, pupil, office, "L", 12)
    _amend(school, pupil, builders.member(school, Role.HEAD, "Dr Head"), "I")
    page = pages.soup(signed_in.get(reverse("mark", args=[school.slug, mark.pk])))
    rows = [[pages.text(part) for part in row.select("th, td")] for row in page.select("#entries tbody tr")]
    when = "20 Nov 2026 09:05"
    assert rows == [
        ["Original", "N Reason not yet established", "–", "–", "First entry", "J Smith, School office", when],
        [
            "Amendment 1",
            "L Late, before the register closed",
            "12",
            "–",
            "Came in <late>",
            "A office, School office",
            when,
        ],
        ["Amendment 2", "I Illness", "–", "–", "Came in <late>", "Dr Head, Headteacher", when],
    ]


def test_another_schools_rows_are_not_there(school: School, other_school: School, signed_in: Client) -> None:
    with schools_in_scope([other_school.pk]):
        stranger = builders.pupil(other_school)
        mark = builders.mark(stranger, FRIDAY, Session.AM, "/")
    for name, row in (("certificate", stranger), ("arrangement_new", stranger), ("mark", mark)):
        for slug in (school.slug, other_school.slug):
            assert signed_in.get(reverse(name, args=[slug, row.pk])).status_code == 404
    page = pages.soup(signed_in.get(reverse("pupils", args=[school.slug])))
    assert "Nobody is on roll today" in pages.text(page.main)
    assert signed_in.get(reverse("pupils", args=[other_school.slug])).status_code == 404


def test_no_pupil_is_named_in_an_address(school: School, pupil: Pupil, office: Membership, signed_in: Client) -> None:
    mark = builders.mark(pupil, FRIDAY, Session.AM, "N", source=Door.TEACHER)
    for name, row in (("certificate", pupil), ("arrangement_new", pupil), ("mark", mark), ("pupils", None)):
        page = pages.soup(signed_in.get(reverse(name, args=[school.slug, *([row.pk] if row else [])])))
        targets = [str(link.get(part, "")) for link in page.select("[href], [action]") for part in ("href", "action")]
        assert targets
        assert not any(word in target for target in targets for word in ("Ash", "Sam", pupil.upn, "EX4"))


@pytest.mark.parametrize("pupils", [5, 50])
def test_the_list_needs_the_same_queries_for_any_roll(
    school: School, signed_in: Client, pupils: int, django_assert_max_num_queries: Callable
) -> None:
    for _ in range(pupils):
        builders.mark(builders.pupil(school), FRIDAY, Session.AM, "I")
    with django_assert_max_num_queries(12):
        signed_in.get(reverse("pupils", args=[school.slug]))
