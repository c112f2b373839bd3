"""That a whole school's attendance looks like a primary school's in England: the DfE's daily data, 2025/26."""

from collections import Counter
from datetime import date

import pytest

from registers.rules import ages
from registers.rules.calendar import days
from registers.rules.codes import LATE_CODES, THRESHOLD_CODES
from tests.demonstration.files import TODAY, Made, count_by_upn, figures

# Per cent of possible sessions in primary schools, and by what factor a single school may differ.
MIX = {
    "L": (1.122, 1.4),
    "I": (2.786, 1.3),
    "O": (0.794, 1.4),
    "V": (0.733, 1.5),
    "G": (0.535, 1.6),
    "C": (0.367, 1.6),
    "M": (0.272, 1.4),
    "B": (0.191, 2.0),
    "U": (0.169, 1.8),
    "C2": (0.167, 2.5),
    "P": (0.085, 1.8),
    "E": (0.037, 3.0),
}


def test_overall_attendance(whole: Made) -> None:
    year = whole.last_year
    assert year.figures.attendance
    assert 0.935 <= year.figures.attendance <= 0.958


def test_persistent_and_severe_absence(whole: Made) -> None:
    year = whole.last_year
    assert year.persistent_share
    assert 0.09 <= year.persistent_share <= 0.18
    assert 1 <= year.severe <= 4


def test_most_children_are_hardly_ever_away(whole: Made) -> None:
    shares = sorted(found.attendance for found in figures(whole.marks[0]).values() if found.attendance is not None)
    assert 0.955 < shares[len(shares) // 2] < 0.98


@pytest.mark.parametrize("code", MIX)
def test_code_mix(whole: Made, code: str) -> None:
    total = whole.last_year.figures
    expected, factor = MIX[code]
    found = 100 * total.by_code[code] / total.possible
    assert expected / factor < found < expected * factor


def test_some_are_late_five_times_in_the_half_term(whole: Made) -> None:
    term = whole.plan.calendar.term_of(TODAY)
    assert term
    this_term = [row for row in whole.marks[1] if row["date"] >= term.first_on.isoformat()]
    assert sum(number >= 5 for number in count_by_upn(this_term, lambda row: row["code"] in LATE_CODES).values()) >= 4
    assert len(count_by_upn(this_term, lambda row: row["code"] == "U")) >= 3


def test_some_reach_the_national_threshold(whole: Made) -> None:
    first = whole.plan.calendar.weeks_ending(TODAY, 10)[0].isoformat()
    dob = {number: date.fromisoformat(row["dob"]) for number, row in whole.everyone.items()}
    found = count_by_upn(
        whole.marks[1],
        lambda row: (
            row["date"] >= first
            and row["code"] in THRESHOLD_CODES
            and ages.is_compulsory_age(dob[row["upn"]], date.fromisoformat(row["date"]))
        ),
    )
    assert sum(number >= 10 for number in found.values()) >= 4


def test_a_part_time_timetable_runs_over_weeks(whole: Made) -> None:
    found = count_by_upn(whole.marks[0], lambda row: row["code"] == "C2")
    assert 2 <= len(found) <= 3
    assert max(found.values()) >= 40


def test_there_is_more_illness_in_winter_and_beside_weekends(whole: Made) -> None:
    ill = [date.fromisoformat(row["date"]) for row in whole.marks[0] if row["code"] == "I"]
    school_days = Counter(on.month for on in days(date(2025, 9, 1), date(2026, 7, 21)) if _is_open(whole, on))
    by_month = Counter(on.month for on in ill)
    winter, summer = (
        sum(by_month[month] / school_days[month] for month in months) for months in ((12, 1, 2), (5, 6, 7))
    )
    assert winter > summer * 1.3
    by_weekday = Counter(
        date.fromisoformat(row["date"]).weekday() for row in whole.marks[0] if row["code"] in {"I", "O", "G"}
    )
    open_on = Counter(on.weekday() for on in days(date(2025, 9, 1), date(2026, 7, 21)) if _is_open(whole, on))
    rates = [by_weekday[weekday] / open_on[weekday] for weekday in range(5)]
    assert rates[0] + rates[4] > rates[1] + rates[2]


def _is_open(made: Made, on: date) -> bool:
    return made.plan.calendar.is_school_day(on)


def test_holidays_stand_beside_the_school_holidays(whole: Made) -> None:
    calendar = whole.plan.calendar
    edges = set()
    for term in calendar.terms:
        open_days = calendar.school_days_between(term.first_on, term.last_on)
        edges |= set(open_days[:10]) | set(open_days[-10:])
    assert {date.fromisoformat(row["date"]) for row in whole.all_marks if row["code"] == "G"} <= edges


def test_visits_take_whole_classes(whole: Made) -> None:
    class_of = {row["upn"]: row["class"] for row in whole.pupils[0]}
    away = Counter((class_of[row["upn"]], row["date"]) for row in whole.marks[0] if row["code"] == "V")
    assert {name for name, _ in away} == set(whole.files.classes)
    assert all(number > 2 * 15 for number in away.values())


def test_children_fall_ill_with_their_brothers_and_sisters(whole: Made) -> None:
    homes: dict[str, list[str]] = {}
    for row in whole.contacts[0]:
        if row["priority"] == "1":
            homes.setdefault(row["contact_id"], []).append(row["upn"])
    ill: dict[str, set[str]] = {}
    for row in whole.marks[0]:
        if row["code"] == "I" and row["session"] == "AM":
            ill.setdefault(row["upn"], set()).add(row["date"])
    together = sum(len(ill.get(a, set()) & ill.get(b, set())) for a, b, *_ in (h for h in homes.values() if len(h) > 1))
    assert together > 30
