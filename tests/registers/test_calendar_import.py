"""A calendar from a file: what each line would do, all or nothing, and twice is once."""

import json
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from registers.models import Closure, Event, Membership, School, Term
from registers.queries import calendars
from registers.rules import calendar_files as rules
from registers.rules.calendar import Term as HalfTerm
from registers.rules.calendar_files import Outcome, Standing
from registers.rules.sessions import Session
from tests import builders

HEADER = "kind,name,number,first_on,last_on,session"
TERM_1 = "term,,1,01/09/2027,15/10/2027,"


@pytest.fixture
def file(tmp_path: Path):
    def write(*lines: str) -> Path:
        path = tmp_path / "calendar.csv"
        path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
        return path

    return write


def _run(path: Path, school: School, *more: str) -> str:
    out = StringIO()
    call_command("import_calendar", str(path), "--school", school.slug, *more, stdout=out)
    return out.getvalue()


def test_a_file_is_taken_in_and_again_changes_nothing(school: School, operator: Membership, file) -> None:
    path = file(
        TERM_1,
        "term,Summer 2,6,2027-06-07,2027-07-21,",
        "inset,Training,,02/09/2027,,",
        "closure,Sports day,,2027-06-25,2027-06-25,pm",
        "bank_holiday,May Day,,2027-05-03,2027-05-03,",
        "bank_holiday,Christmas Day,,2026-12-25,,",
        "inset,In-service day,,2026-11-02,,",
    )
    said = _run(path, school)
    assert said.splitlines()[-1] == "Calendar: 4 added, 1 changed, 1 unchanged, 1 not needed."
    assert Term.objects.get(number=6, first_on__year=2027).last_on == date(2027, 7, 21)
    assert list(Closure.objects.values_list("first_on", "session", "name")) == [
        (date(2026, 11, 2), "", "In-service day"),
        (date(2027, 5, 3), "", "May Day"),
        (date(2027, 6, 25), "PM", "Sports day"),
        (date(2027, 9, 2), "", "Training"),
    ]
    assert Event.objects.get(kind="calendar: calendar imported").facts == {"added": 4, "changed": 1}
    assert _run(path, school) == "Calendar: 0 added, 0 changed, 6 unchanged, 1 not needed.\n"
    assert Event.objects.count() == 1


def test_a_dry_run_writes_nothing(school: School, operator: Membership, file) -> None:
    said = json.loads(_run(file(TERM_1), school, "--dry-run", "--json"))
    assert said["counts"]["added"] == 1
    assert said["lines"] == [{"line": 2, "what": "Term 1, 01/09/2027 to 15/10/2027", "outcome": "added", "why": ""}]
    assert Term.objects.count() == len(builders.TERMS)
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("holiday,,,2027-06-10,,", "kind: “holiday” is not known"),
        ("term,,7,2027-09-01,2027-10-15,", "number: “7” is not a whole number from 1 to 6"),
        ("term,,1,2027-09-01,,", "last_on: “” is not a date"),
        ("inset,,,31/02/2027,,", "first_on: “31/02/2027” is not a date"),
        ("inset,,,2027-06-11,2027-06-10,", "ends before it begins"),
        ("inset,,,2027-06-10,,XX", "neither AM nor PM"),
        ("inset,,,2027-08-10,,", "lies outside the school's terms"),
        ("inset,,,2026-11-02,2026-11-02,AM", "closed then already: In-service day"),
        ("term,,1,2027-07-20,2027-10-15,", "before Term 6 ends"),
        ("inset,,,2026-11-20,,", "Marks stand on 20/11/2026"),
        ("term,,2,2026-11-23,2026-12-18,", "Marks stand on 20/11/2026"),
        ("inset,,,1999-06-10,,", "no day of a register"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named_and_nothing_is_written(
    school: School, operator: Membership, file, line: str, words: str
) -> None:
    builders.mark(builders.pupil(school), date(2026, 11, 20), Session.AM, "/")
    before = calendars.of(school)
    with pytest.raises(CommandError) as refused:
        _run(file("inset,Fine,,2027-06-14,,", line), school)
    assert "calendar.csv: line 3: " in str(refused.value)
    assert words in str(refused.value)
    assert "line 2" not in str(refused.value)
    assert calendars.of(school) == before


def test_the_same_thing_twice_in_a_file_is_refused(school: School, operator: Membership, file) -> None:
    with pytest.raises(CommandError, match="line 3: Line 2 says this half-term or closure already"):
        _run(file(TERM_1, "term,,1,2027-09-02,2027-10-15,"), school)


def test_a_heading_that_is_missing_is_named(school: School, operator: Membership, tmp_path: Path) -> None:
    path = tmp_path / "calendar.csv"
    path.write_text("kind,name\nterm,Term 1", encoding="utf-8")
    with pytest.raises(CommandError, match="first_on"):
        _run(path, school)


def test_terms_may_be_moved_past_each_other_in_one_file(school: School, operator: Membership, file) -> None:
    """Held against the file as a whole, not against what each line finds."""
    _run(file("term,,5,2027-04-12,2027-06-04,", "term,,6,2027-06-14,2027-07-23,"), school)
    assert [row.last_on for row in Term.objects.order_by("-first_on")[:2]] == [date(2027, 7, 23), date(2027, 6, 4)]


def test_a_placeholder_is_confirmed_by_a_file_that_says_the_same() -> None:
    term = HalfTerm("Term 1", 1, date(2027, 9, 1), date(2027, 10, 15))
    row = {"kind": "Term", "number": "1", "first_on": "2027-09-01", "last_on": "2027-10-15"}
    outcomes = {
        placeholder: rules.plan([(2, row)], [Standing(term, placeholder)]).lines[0].outcome
        for placeholder in (True, False)
    }
    assert outcomes == {True: Outcome.CHANGED, False: Outcome.UNCHANGED}
