import json
from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from registers.queries import calendars
from registers.scope import schools_in_scope
from tests import builders


def threshold(*arguments: str) -> str:
    out = StringIO()
    call_command("threshold", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def absent(school):
    pupil = builders.pupil(school, "Ash", "Robin", admission_no="A17")
    builders.marks(pupil, calendars.of(school), date(2026, 11, 9), "ON/GUUUUUUUU")
    return pupil


def test_the_table_names_who_has_any_most_first(school, absent) -> None:
    other = builders.pupil(school, "Birch", "Kim")
    builders.marks(other, calendars.of(school), date(2026, 11, 9), "O")
    builders.pupil(school, "Cedar", "Lee")
    lines = threshold("--school", school.slug, "--on", "2026-11-20").splitlines()
    assert "Ash, Robin" in lines[2]
    assert "A17" in lines[2]
    assert lines[2].split()[3:5] == ["11", "1"]
    assert "Birch, Kim" in lines[3]
    assert "Cedar" not in "".join(lines)


def test_json_carries_numbers_and_no_name(school, absent) -> None:
    text = threshold("--school", school.slug, "--on", "2026-11-20", "--json")
    (row,) = json.loads(text)["pupils"]
    assert row["pupil"] == absent.pk
    assert row["upn"] == absent.upn
    assert (row["count"], row["provisional"], row["met"]) == (11, 1, True)
    assert row["window"] == {"first_week": "2026-08-31", "last_week": "2026-11-16"}
    assert row["met_on"] == {"on": "2026-11-16", "session": "AM"}
    assert row["drop_outs"] == [
        {"week": "2026-11-09", "on": "2027-02-01", "number": 9},
        {"week": "2026-11-16", "on": "2027-02-08", "number": 2},
    ]
    assert "Ash" not in text
    assert "Robin" not in text


def test_nobody_with_any(school) -> None:
    builders.pupil(school)
    assert "Nobody has any." in threshold("--school", school.slug, "--on", "2026-11-20")
    assert json.loads(threshold("--school", school.slug, "--on", "2026-11-20", "--json"))["pupils"] == []


@time_machine.travel("2026-11-20T12:00:00+00:00", tick=False)
def test_today_unless_a_day_is_given(school, absent) -> None:
    assert json.loads(threshold("--school", school.slug, "--json"))["on"] == "2026-11-20"


def test_another_schools_pupils_are_not_printed(school, other_school, absent) -> None:
    with schools_in_scope([other_school.pk]):
        builders.pupil(other_school)
    assert json.loads(threshold("--school", other_school.slug, "--on", "2026-11-20", "--json"))["pupils"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--school", "nowhere", "--on", "2026-11-20"], "No school is called", id="unknown-school"),
        pytest.param(["--school", "ashdown", "--on", "20/11/2026"], "is not a date", id="bad-date"),
        pytest.param(["--on", "2026-11-20"], "--school", id="no-school"),
    ],
)
def test_refusals_say_what_is_wrong(arguments, message, school) -> None:
    with pytest.raises(CommandError, match=message):
        threshold(*arguments)
