"""`manage.py figures`: the same figures by pupil, class, year and school."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from registers.models import School
from registers.rules.calendar import Calendar
from tests import builders


@pytest.fixture
def filled(school: School, calendar: Calendar) -> School:
    """Three pupils in two classes, the third of them in Reception."""
    oak, elm = builders.school_class(school, "5 Oak"), builders.school_class(school, "R Elm")
    ash = builders.pupil(school, "Ash", school_class=oak)
    birch = builders.pupil(school, "Birch", school_class=oak)
    cedar = builders.pupil(school, "Cedar", dob=date(2022, 3, 1), starts_on=date(2026, 9, 1), school_class=elm)
    builders.marks(ash, calendar, date(2026, 9, 1), "/" * 9 + "I")
    builders.marks(birch, calendar, date(2026, 9, 1), "/" * 9 + ".")
    builders.marks(cedar, calendar, date(2026, 9, 1), "XX" * 4 + "OO")
    return school


def _figures(school: School, *options: str) -> list[dict[str, object]]:
    out = StringIO()
    call_command(
        "figures", "--school", school.slug, "--from", "2026-09-01", "--to", "2026-09-07", "--json", *options, stdout=out
    )
    found = json.loads(out.getvalue())
    assert (found["school"], found["from"], found["to"]) == ("ashdown", "2026-09-01", "2026-09-07")
    return found["rows"]


def _main(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    names = (
        "name",
        "pupils",
        "possible",
        "attended",
        "authorised",
        "unauthorised",
        "unmarked",
        "attendance",
        "pa",
        "sa",
    )
    return [tuple(row[name] for name in names) for row in rows]


def test_the_whole_school(filled: School) -> None:
    (row,) = _figures(filled)
    assert _main([row]) == [("school", 3, 21, 18, 1, 2, 1, "85.71", 2, 1)]
    assert row["by_code"] == {"/": 10, "I": 1, "O": 2, "X": 8, "\\": 8}
    assert (row["enrolments"], row["pa_rate"], row["sa_rate"], row["not_possible"]) == (3, "66.67", "33.33", 8)


def test_the_dfes_cohort_leaves_reception_out(filled: School) -> None:
    assert _main(_figures(filled, "--census")) == [("school", 2, 19, 18, 1, 0, 1, "94.74", 1, 0)]


def test_by_class_year_and_pupil(filled: School) -> None:
    assert _main(_figures(filled, "--by", "class")) == [
        ("5 Oak", 2, 19, 18, 1, 0, 1, "94.74", 1, 0),
        ("R Elm", 1, 2, 0, 0, 2, 0, "0.00", 1, 1),
    ]
    assert [row["name"] for row in _figures(filled, "--by", "year")] == ["Reception", "Year 5"]
    rows = _figures(filled, "--by", "pupil")
    assert [(str(row["name"]).split(" (")[0], row["attendance"]) for row in rows] == [
        ("Ash, Sam", "90.00"),
        ("Birch, Sam", "100.00"),
        ("Cedar, Sam", "0.00"),
    ]


def test_it_prints_to_be_read(filled: School) -> None:
    out = StringIO()
    call_command("figures", "--school", "ashdown", "--from", "2026-09-01", "--to", "2026-09-07", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Ashdown School, 01/09/2026 to 07/09/2026, whole roll"
    assert lines[2].split() == ["school", "3", "21", "18", "1", "2", "1", "85.71", "2", "1"]
    assert lines[3].strip() == "/ 10, I 1, O 2, X 8, \\ 8"


@pytest.mark.parametrize(
    ("first_on", "last_on", "words"),
    [
        ("2026-09-02", "2026-09-01", "--to is before --from"),
        ("01/09/2026", "2026-09-01", "not a date"),
        ("2026-02-30", "2026-09-01", "not a date"),
        ("0001-01-01", "2026-09-01", "."),
        ("2026-09-01", "9999-12-31", "."),
    ],
)
def test_a_period_that_cannot_be_is_refused(school: School, first_on: str, last_on: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("figures", "--school", "ashdown", "--from", first_on, "--to", last_on)


def test_nobody_on_roll_is_no_percentage(school: School) -> None:
    (row,) = _figures(school)
    assert (row["possible"], row["attendance"], row["pa_rate"]) == (0, "–", "–")
