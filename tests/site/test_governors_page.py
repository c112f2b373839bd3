"""The governors' page: what it shows, what it keeps back, and that no child can be told from it."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from registers.queries import calendars
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.site.year_groups import Group, Page, born, fill, read

WHOLE, CENSUS, BEFORE = "Everybody on roll", "DfE’s cohort", "Everybody, the same weeks"


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(builders.AT, tick=False)


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.fixture
def show(school, client):
    """Ask for the page as a governor."""
    governor = builders.member(school, Role.GOVERNOR)

    def ask(query: str = "") -> Page:
        client.force_login(governor.user)
        response = client.get(reverse("governors_report", args=[school.slug]) + query)
        assert response.status_code == 200
        return read(response.content)

    return ask


def test_a_school_without_marks_has_nothing_to_report(school, show) -> None:
    builders.pupil(school)
    assert "no marks in the registers yet" in show().text


def test_a_term_without_marks_says_so(school, show, time_machine) -> None:
    builders.mark(builders.pupil(school), builders.TODAY, Session.AM, "/")
    time_machine.move_to(datetime(2027, 1, 4, 9, tzinfo=UTC), tick=False)
    page = show()
    assert "Spring term 2026/27" in page.text
    assert "no marks in this term yet" in page.text


def test_what_stands_on_the_page(school, calendar, show) -> None:
    fill(school, calendar, Group(3, 10, persistent=6, late=2), Group(4, 10, persistent=6), Group(5, 10))
    page = show()
    assert page.soup.h1.get_text() == "Governors’ report: Autumn term 2026/27"
    # 600 sessions, of which twelve pupils missed two each.
    assert page.row(WHOLE) == {
        "Attendance": "96.0 %",
        "Absence": "4.0 %",
        "Authorised": "4.0 %",
        "Unauthorised": "0.0 %",
        "Persistently absent": "12 of 30 (40.0 %)",
        "Lates": "2",
    }
    assert page.headings("years") == ["Year 3", "Year 4", "Year 5"]
    assert page.row("Year 3")["Persistently absent"] == "6 (60.0 %)"
    assert page.row("Year 5")["Persistently absent"] == "0 (0.0 %)"
    assert page.row("Year 4")["Pupils"] == "10"
    assert not page.row(BEFORE)


def test_the_plot_and_its_table_say_the_same(school, calendar, show) -> None:
    fill(school, calendar, Group(3, 8, persistent=2))
    page = show()
    dots = [dot.title.get_text() for dot in page.soup.select("svg.plot circle")]
    rows = page.soup.select("[aria-labelledby=weeks] details tbody tr")
    shown = [f"{row.td.get_text(strip=True)}" for row in rows]
    assert [dot.partition(": ")[2] for dot in dots] == shown
    assert [row.th.get_text() for row in rows] == ["31 August 2026", "7 September 2026", "14 September 2026"]
    points = page.soup.select_one("svg.plot polyline")["points"].split()
    assert len(points) == len(dots) == 3
    assert "does not begin at nought" in page.text


@pytest.mark.parametrize("query", ["?term=2024-autumn", "?term=2026-spring", "?term=2026-winter", "?term=x", "?term="])
def test_a_term_that_is_not_there_is_not_found(school, client, query: str) -> None:
    builders.mark(builders.pupil(school), builders.TODAY, Session.AM, "/")
    client.force_login(builders.member(school, Role.GOVERNOR).user)
    assert client.get(reverse("governors_report", args=[school.slug]) + query).status_code == 404


def test_each_term_can_be_asked_for(school, show) -> None:
    pupil = builders.pupil(school, dob=born(3))
    for on in (date(2025, 9, 2), date(2026, 1, 6), builders.TODAY):
        builders.mark(pupil, on, Session.AM, "/")
    tabs = [(tab["href"], tab.get("aria-current")) for tab in show("?term=2025-spring").soup.select(".tabs a")]
    assert tabs == [
        ("?term=2026-autumn", None),
        ("?term=2025-summer", None),
        ("?term=2025-spring", "page"),
        ("?term=2025-autumn", None),
    ]
    assert "5 January 2026 to 2 April 2026" in show("?term=2025-spring").text


def test_another_schools_marks_are_not_in_it(school, other_school, calendar, show) -> None:
    fill(school, calendar, Group(3, 7))
    with schools_in_scope([other_school.pk]):
        fill(other_school, calendars.of(other_school), Group(4, 9, persistent=9))
    page = show()
    assert page.headings("years") == ["Year 3"]
    assert page.count(WHOLE) == 0


def test_no_pupil_is_named(school, calendar, show) -> None:
    names = ("Quillfeather", "Zephyrine", "Starlight")
    pupil = builders.pupil(school, names[0], names[1], preferred_forename=names[2], dob=born(3), pk=98_765_432)
    builders.marks(pupil, calendar, date(2026, 9, 1), "O" * 20)
    fill(school, calendar, Group(3, 6, persistent=1), Group(4, 8, late=3))
    text = str(show().soup)
    children = [*names, pupil.upn, str(pupil.pk), "Surname3", "Surname4", "Pat"]
    assert not [told for told in children if told in text]
    assert "/pupils/" not in text


class TestKeptBack:
    def test_a_year_group_of_five_and_the_next_smallest_with_it(self, school, calendar, show) -> None:
        fill(school, calendar, Group(3, 5), Group(4, 8), Group(5, 7), Group(6, 6))
        page = show()
        hidden = [heading for heading in page.headings("years") if not page.row(heading)]
        assert hidden == ["Year 3", "Year 6"]
        assert page.text.count("Kept back: too few pupils") == 2

    def test_a_year_group_of_six_is_shown(self, school, calendar, show) -> None:
        fill(school, calendar, Group(3, 6), Group(4, 8))
        page = show()
        assert all(page.row(heading) for heading in page.headings("years"))

    @pytest.mark.parametrize(
        ("persistent", "shown"),
        [(0, "0 of 14 (0.0 %)"), (1, "kept back"), (5, "kept back"), (6, "6 of 14 (42.9 %)")],
    )
    def test_one_to_five_in_the_whole_school(self, school, calendar, show, persistent: int, shown: str) -> None:
        fill(school, calendar, Group(3, 14, persistent=persistent))
        assert show().row(WHOLE)["Persistently absent"] == shown

    def test_one_small_count_takes_the_next_smallest_with_it(self, school, calendar, show) -> None:
        groups = (Group(3, 9, persistent=2), Group(4, 9, persistent=8), Group(5, 9, persistent=7), Group(6, 9))
        fill(school, calendar, *groups)
        page = show()
        assert page.count(WHOLE) == 17
        years = {heading: page.count(heading) for heading in page.headings("years")}
        assert years == {"Year 3": None, "Year 4": 8, "Year 5": None, "Year 6": 0}
        assert page.row("Year 3")["Pupils"] == "9"

    def test_last_years_small_count(self, school, calendar, show) -> None:
        pupils = [builders.pupil(school, dob=born(3)) for _ in range(8)]
        for number, pupil in enumerate(pupils):
            builders.marks(pupil, calendar, date(2025, 9, 1), "OO" if number < 4 else "/" * 6)
            builders.mark(pupil, builders.TODAY, Session.AM, "/")
        page = show()
        assert page.row(BEFORE)["Persistently absent"] == "kept back"
        assert page.count(WHOLE) == 0

    def test_the_two_bases_do_not_give_a_small_reception_away(self, school, calendar, show) -> None:
        """Everybody less the DfE's cohort is Reception."""
        fill(school, calendar, Group(0, 9, persistent=3), Group(3, 9, persistent=7), Group(4, 9, persistent=8))
        page = show()
        assert page.count(WHOLE) is None or page.count(CENSUS) is None

    def test_nor_the_one_that_hides_behind_reception(self, school, calendar, show) -> None:
        """Six in Reception cover three in Year 3, unless both bases stand there to tell of the six."""
        fill(school, calendar, Group(0, 9, persistent=6), Group(3, 9, persistent=3), Group(4, 9, persistent=8))
        page = show()
        assert page.count("Reception") is None
        assert page.count("Year 3") is None
        assert page.count(WHOLE) is None or page.count(CENSUS) is None

    @pytest.mark.parametrize(
        "groups",
        [
            pytest.param((Group(0, 3, late=2), Group(3, 9), Group(4, 9)), id="Reception is small"),
            pytest.param((Group(0, 7, late=1), Group(3, 3, late=2), Group(4, 9)), id="Reception covers a small year"),
        ],
    )
    def test_nor_any_other_figure_of_a_year_group_kept_back(self, school, calendar, show, groups) -> None:
        """Lates, attendance and numbers of Reception are those of everybody less the DfE's cohort."""
        fill(school, calendar, *groups)
        page = show()
        assert not page.row("Reception")
        assert page.count(WHOLE, "Lates") is None or page.count(CENSUS, "Lates") is None
        totals = [page.row(row).get("Persistently absent", "kept back") for row in (WHOLE, CENSUS)]
        assert "kept back" in totals

    def test_a_school_of_five_has_no_report_at_all(self, school, calendar, show) -> None:
        fill(school, calendar, Group(3, 3, persistent=1), Group(4, 2, late=1))
        page = show()
        assert not page.row(WHOLE)
        assert not page.soup.select("svg.plot circle, details tbody td")
