"""Pages of figures against a recount by hand, on both bases."""

import csv
from datetime import date
from fractions import Fraction

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from registers.models import Event, School
from registers.queries import calendars, statistics
from registers.queries.figures import Period
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.rules.statistics import BandsRefusedError, Basis, Colour
from registers.services import tracking
from tests import builders

WEEK = Period(date(2026, 11, 16), date(2026, 11, 20))
BEFORE = date(2026, 11, 9)


@pytest.fixture
def classes(school: School) -> dict[str, object]:
    """Two classes of a week: one all present; one with a day missed, a late and a Reception child below the cohort."""
    wren, owl = builders.school_class(school, "Wren"), builders.school_class(school, "Owl")
    calendar = calendars.of(school)
    best = builders.pupil(school, "Best", "Ada", school_class=wren, fsm=True)
    other = builders.pupil(school, "Other", "Bo", school_class=owl, social_worker=True)
    young = builders.pupil(school, "Young", "Cy", school_class=owl, dob=date(2022, 3, 1), starts_on=date(2026, 9, 1))
    builders.marks(best, calendar, WEEK.first_on, "//////////")
    builders.marks(other, calendar, WEEK.first_on, "OOL///////")
    builders.marks(young, calendar, WEEK.first_on, "XX////////")
    builders.marks(best, calendar, BEFORE, "O/////////")
    return {"best": best, "other": other, "young": young}


def lines(found) -> dict[str, tuple[int, Fraction | None]]:
    return {line.name: (line.pupils, line.figures.attendance) for line in found}


def test_the_dfe_basis_leaves_out_the_youngest(school, classes) -> None:
    found = statistics.of(school, calendars.of(school), WEEK, Basis.DFE)
    assert (found.everyone.figures.attended, found.everyone.figures.possible) == (18, 20)
    assert lines(found.classes) == {"Owl": (1, Fraction(8, 10)), "Wren": (1, Fraction(1))}
    assert lines(found.year_groups) == {"Year 5": (2, Fraction(18, 20))}


def test_the_whole_roll_counts_everybody(school, classes) -> None:
    found = statistics.of(school, calendars.of(school), WEEK, Basis.ROLL)
    assert (found.everyone.figures.attended, found.everyone.figures.possible) == (26, 28)
    assert lines(found.classes) == {"Owl": (2, Fraction(16, 18)), "Wren": (1, Fraction(1))}
    assert lines(found.year_groups) == {"Reception": (1, Fraction(1)), "Year 5": (2, Fraction(18, 20))}
    assert dict(found.groups)["Free school meals"][0].name == "Eligible"
    assert found.everyone.cohort.persistent == 1


def test_ten_possible_sessions_are_too_few_for_the_dfe(school, classes) -> None:
    assert statistics.of(school, calendars.of(school), WEEK, Basis.DFE).everyone.cohort.enrolments == 0


def test_sensitive_groups_are_for_whoever_may_see_them(school, classes) -> None:
    calendar = calendars.of(school)
    assert "Social worker" not in dict(statistics.of(school, calendar, WEEK, Basis.ROLL).groups)
    shown = dict(statistics.of(school, calendar, WEEK, Basis.ROLL, with_sensitive=True).groups)
    assert lines(shown["Social worker"])["Has a social worker"] == (1, Fraction(8, 10))


def test_the_queries_do_not_grow_with_the_pupils(school, classes, django_assert_max_num_queries) -> None:
    calendar = calendars.of(school)
    for number in range(20):
        builders.marks(builders.pupil(school, f"More {number}"), calendar, WEEK.first_on, "//////////")
    with django_assert_max_num_queries(10):
        statistics.of(school, calendar, WEEK, Basis.DFE)


def test_the_best_class_stands_first(school, classes) -> None:
    first, second = statistics.class_table(school, calendars.of(school), WEEK.first_on, WEEK.last_on)
    assert (first.rank, first.line.name, first.change) == (1, "Wren", Fraction(1, 10))
    assert (second.rank, second.line.name, second.change) == (2, "Owl", None)


def test_classes_with_the_same_attendance_share_a_place(school, classes) -> None:
    third = builders.school_class(school, "Kite")
    builders.marks(builders.pupil(school, school_class=third), calendars.of(school), WEEK.first_on, "//////////")
    table = statistics.class_table(school, calendars.of(school), WEEK.first_on, WEEK.last_on)
    assert [(place.rank, place.line.name) for place in table] == [(1, "Kite"), (1, "Wren"), (3, "Owl")]


def test_the_colour_sheet_follows_each_half_term(school, classes) -> None:
    calendar = calendars.of(school)
    builders.mark(classes["best"], date(2026, 9, 3), Session.AM, "O")
    sheet = statistics.colour_sheet(
        school, calendar, builders.TODAY, Period(date(2026, 9, 1), builders.TODAY), statistics.spans.bands([])
    )
    rows = {row.pupil.legal_surname: row for row in sheet.rows}
    assert sheet.term_names == ("Term 1", "Term 2")
    assert [colour for _, colour in rows["Best"].terms] == [Colour.BLACK, Colour.GREEN]
    assert rows["Best"].change == Fraction(19, 20)
    assert rows["Best"].colour is Colour.AMBER  # 19 of 21
    assert rows["Other"].colour is Colour.RED
    assert rows["Other"].change is None
    assert sheet.counts == {Colour.GREEN: 1, Colour.AMBER: 1, Colour.RED: 1, Colour.BLACK: 0}


def page(client, member, name: str, school, query: str = "", status: int = 200) -> BeautifulSoup:
    client.force_login(member.user)
    response = client.get(reverse(name, args=[school.slug]) + query)
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


@pytest.mark.parametrize("span", ["day", "week", "term", "year", "nonsense"])
def test_the_page_of_each_span(client, school, classes, span) -> None:
    found = page(client, builders.member(school, Role.HEAD), "statistics", school, f"?span={span}")
    captions = [caption.get_text() for caption in found.find_all("caption")]
    assert captions[:2] == ["By class", "By year group"]
    assert ("Persistently absent" in found.get_text()) is (span not in ("day", "week"))


def test_any_days_may_be_asked_for(client, school, classes) -> None:
    head = builders.member(school, Role.HEAD)
    query = "?span=other&basis=roll&first_on=2026-11-17&last_on=2026-11-20"
    assert "24 attended of 24 possible" in page(client, head, "statistics", school, query).get_text()
    wrong = page(client, head, "statistics", school, "?span=other&first_on=2026-11-20&last_on=2026-11-17", 422)
    assert "The last day is before the first." in wrong.get_text()


def test_the_assemblys_table(client, school, classes) -> None:
    found = page(client, builders.member(school, Role.OFFICE), "class_table", school, "?week=2026-11-18")
    assert [row.th.get_text(" ", strip=True) for row in found.tbody.find_all("tr")] == ["Wren Best this week", "Owl"]
    assert "▲ 10.0" in found.get_text()


def test_only_whoever_sets_the_school_up_moves_the_colours(client, school, classes) -> None:
    url = reverse("colour_sheet", args=[school.slug])
    bands = {"green": "97", "amber": "92.5", "red": "50"}
    client.force_login(builders.member(school, Role.OFFICE).user)
    assert client.post(url, bands).status_code == 403
    client.force_login(builders.member(school, Role.HEAD).user)
    assert client.post(url, {**bands, "green": "50"}).status_code == 422
    assert Event.objects.filter(kind="colour bands changed").count() == 0
    assert client.post(url, bands).status_code == 302
    school.refresh_from_db()
    assert school.colour_bands == ["97", "92.5", "50"]


def test_a_change_of_colours_is_recorded_once(school) -> None:
    head = builders.member(school, Role.HEAD)
    for _ in range(2):
        tracking.set_bands(school, ["96", "90", "50"], by=head, at=builders.AT)
    assert [event.facts["after"] for event in Event.objects.filter(kind="colour bands changed")] == [["96", "90", "50"]]
    with pytest.raises(BandsRefusedError):
        tracking.set_bands(school, ["1", "2", "3"], by=head, at=builders.AT)


def test_the_figures_can_be_taken_away(client, school, classes) -> None:
    """The file says what the page says, over the same days, and names no sensitive group to whoever may not see one."""
    client.force_login(builders.member(school, Role.OFFICE).user)
    query = "?first_on=2026-11-16&last_on=2026-11-20&basis=roll"
    response = client.get(reverse("export", args=[school.slug, "figures", "csv"]) + query)
    rows = list(csv.DictReader(b"".join(response.streaming_content).decode("utf-8-sig").splitlines()))
    school_row = next(row for row in rows if row["part"] == "School")
    assert (school_row["attended"], school_row["possible"], school_row["attendance_percent"]) == ("26", "28", "92.86")
    assert {row["group"] for row in rows if row["part"] == "Class"} == {"Owl", "Wren"}
    assert "Social worker" not in {row["part"] for row in rows}
