from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.template.loader import render_to_string

from penalties.rules import threshold
from penalties.rules.threshold import Counted
from registers.rules.sessions import Session, SessionOn

WEEKS = tuple(date(2026, 9, 7) + timedelta(weeks=place) for place in range(25))
ON = date(2026, 9, 18)


def page(codes: str, on: date = ON, weeks: tuple[date, ...] = WEEKS, **context: str) -> BeautifulSoup:
    places = [
        SessionOn(WEEKS[0] + timedelta(days=day), session) for day in (0, 1, 2, 3, 4, 7, 8) for session in Session
    ]
    sessions = [Counted(place, code) for place, code in zip(places, codes, strict=False)]
    window = threshold.judge(weeks, sessions, on)
    return BeautifulSoup(render_to_string("penalties/window.html", {"window": window, **context}), "html.parser")


def facts(soup: BeautifulSoup) -> dict[str, str]:
    return {
        term.get_text(strip=True): " ".join(term.find_next("dd").get_text(" ", strip=True).split())
        for term in soup.find_all("dt")
    }


def test_below_the_threshold_it_says_what_is_left() -> None:
    soup = page("OOU")
    assert facts(soup) == {
        "Sessions of G, N, O or U": "3 of 10",
        "Before the threshold": "7 sessions",
        "Ten school weeks": "week of 7 Sep 2026 to week of 14 Sep 2026",
        "Oldest drops out": "3 on 16 Nov 2026",
    }
    assert "obliges" not in soup.get_text()
    assert "Provisional" not in soup.get_text()


def test_at_the_threshold_it_speaks_of_considering_and_not_of_a_fine() -> None:
    soup = page("O" * 10)
    assert facts(soup)["Sessions of G, N, O or U"] == "10 of 10"
    assert facts(soup)["Threshold"] == "Met since Fri 11 Sep 2026 PM"
    assert "obliges the school to consider" in soup.get_text()
    assert "never brings a penalty notice by itself" in soup.get_text()


@pytest.mark.parametrize(("codes", "words"), [("ONO", "1 of the 3 is N"), ("NNO", "2 of the 3 are N")])
def test_n_makes_it_provisional(codes: str, words: str) -> None:
    assert words in " ".join(page(codes).get_text(" ").split())


def test_above_the_threshold_the_count_stands_alone() -> None:
    assert facts(page("O" * 11))["Sessions of G, N, O or U"] == "11 the threshold is 10"


def test_every_session_is_listed_with_its_code() -> None:
    rows = [row.get_text(" ", strip=True) for row in page("OU").select("tbody tr")]
    assert rows == [
        "Mon 7 Sep 2026 AM O Absent, no accepted reason",
        "Mon 7 Sep 2026 PM U Arrived after the register closed",
    ]


def test_with_nothing_to_count_no_list_and_no_drop_out() -> None:
    soup = page("")
    assert "Oldest drops out" not in facts(soup)
    assert soup.find("details") is None


def test_where_the_calendar_ends_it_says_so() -> None:
    assert facts(page("O", weeks=WEEKS[:2]))["Oldest drops out"] == "the next terms are not entered yet"


def test_without_a_school_week_it_says_what_to_do() -> None:
    assert "Enter the school’s terms" in page("", weeks=()).get_text()


def test_the_heading_can_say_more() -> None:
    assert page("", window_title="If it is taken").h2.get_text() == "If it is taken"
