"""Taking in a roll and its contacts: what is written, what is named and refused, and that twice is once."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from registers.files import FileRefusedError
from registers.models import ClassPlace, Contact, Event, Membership, Parent, Pupil, School
from registers.queries import calendars, classes, figures
from registers.queries.figures import Period
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import rolls
from registers.services.rolls import RollReport
from tests import builders
from tests.registers.sheets import Sheet, number

ON = date(2026, 9, 1)
HEADER = ("upn", "legal_surname", "legal_forename", "dob", "start_date", "class", "leave_date")
CONTACTS = ("upn", "contact_id", "priority", "surname", "parental_responsibility", "lives_with_pupil", "email")
ASH = (number(1), "Ash", "Ada", "2017-05-04", "2021-09-01", "4 Oak", "")
BIRCH = (number(2), "Birch", "Ben", "04/06/2018", "01/09/2022", "3 Elm", "")
TakeIn = Callable[..., RollReport]


@pytest.fixture
def take_in(school: School, operator: Membership, sheet: Sheet) -> TakeIn:
    """Take in rows as a roll, and other rows as its contacts."""

    def take(
        *rows: tuple[str, ...], contacts: tuple[tuple[str, ...], ...] = (), on: date = ON, **rest: object
    ) -> RollReport:
        header = rest.pop("header", HEADER)
        people = sheet(CONTACTS, *contacts, name="contacts.csv") if contacts else None
        told = {"on": on, "by": operator, "at": builders.AT} | rest
        return rolls.take_in(school, sheet(header, *rows, name="pupils.csv"), people, **told)

    return take


def _places() -> list[tuple[str, str, date, date | None]]:
    rows = ClassPlace.objects.order_by("pupil__legal_surname", "starts_on")
    return list(rows.values_list("pupil__legal_surname", "school_class__name", "starts_on", "ends_on"))


def test_a_roll_is_taken_in(school: School, operator: Membership, take_in: TakeIn) -> None:
    header = (*HEADER, "preferred_forename", "sex", "sen", "fsm", "year_group", "address1", "town", "postcode", "note")
    ash = (*ASH, "Addy", "f", "k", "Yes", "Year 4", "1 High St", "Exampleton", "EX4 0XX", "?")
    report = take_in(ash, (*BIRCH, "", "", "", "0", "", "", "", "", ""), header=header)
    assert (report.pupils_added, report.moved_class, report.ignored_columns) == (2, 2, ["note"])
    pupil = Pupil.objects.get(upn=number(1))
    assert (pupil.school, pupil.name, pupil.dob, pupil.starts_on) == (
        school, "Addy Ash", date(2017, 5, 4), date(2021, 9, 1)
    )  # fmt: skip
    assert (pupil.sex, pupil.sen, pupil.fsm, pupil.year_offset, pupil.leaves_on) == ("F", "K", True, -1, None)
    assert (pupil.address, pupil.postcode) == ("1 High St\nExampleton", "EX4 0XX")
    birch = Pupil.objects.get(upn=number(2))
    assert (birch.dob, birch.starts_on, birch.fsm, birch.year_offset) == (date(2018, 6, 4), date(2022, 9, 1), False, 0)
    assert _places() == [("Ash", "4 Oak", ON, None), ("Birch", "3 Elm", ON, None)]
    event = Event.objects.get()
    assert (event.kind, event.by, event.role, event.facts["pupils_added"]) == (
        "roll imported", operator.user, "operator", 2
    )  # fmt: skip


def test_the_same_roll_twice_changes_nothing(take_in: TakeIn) -> None:
    contacts = ((number(1), "C1", "1", "Ash", "Y", "Y", "ash@family.example"),)
    take_in(ASH, BIRCH, contacts=contacts)
    models = (Pupil, ClassPlace, Parent, Contact, Event)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    for on in (ON, ON + timedelta(days=30)):
        again = take_in(ASH, BIRCH, contacts=contacts, on=on)
        assert again.changes == 0
        assert (again.pupils_unchanged, again.contacts_unchanged) == (2, 1)
        assert [list(model.objects.order_by("pk").values()) for model in models] == before


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(take_in: TakeIn) -> None:
    contacts = ((number(1), "C1", "1", "Ash", "Y", "Y", ""),)
    report = take_in(ASH, BIRCH, contacts=contacts, dry_run=True)
    assert (report.pupils_added, report.contacts_added) == (2, 1)
    assert not any(model.objects.exists() for model in (Pupil, ClassPlace, Parent, Contact, Event))


def test_a_later_roll_changes_moves_and_ends(take_in: TakeIn) -> None:
    take_in(ASH, BIRCH)
    later = date(2026, 11, 2)
    moved = (*ASH[:5], "4 Fir", "")
    leaver = (*BIRCH[:2], "Benjamin", *BIRCH[3:6], "2026-11-20")
    report = take_in(moved, leaver, on=later)
    assert (report.pupils_added, report.pupils_changed, report.moved_class) == (0, 1, 1)
    assert _places() == [
        ("Ash", "4 Oak", ON, date(2026, 11, 1)),
        ("Ash", "4 Fir", later, None),
        ("Birch", "3 Elm", ON, date(2026, 11, 20)),
    ]
    assert Pupil.objects.get(upn=number(2)).legal_forename == "Benjamin"


def test_a_pupil_who_left_before_the_day_of_the_roll_has_no_open_place(take_in: TakeIn, school: School) -> None:
    take_in(ASH, BIRCH)
    take_in(ASH, (*BIRCH[:6], "2026-10-09"), on=date(2026, 11, 2))
    assert _places() == [("Ash", "4 Oak", ON, None), ("Birch", "3 Elm", ON, date(2026, 10, 9))]


def test_a_leaver_already_gone_is_on_the_roll_without_a_class(take_in: TakeIn) -> None:
    take_in((*ASH[:6], "2026-07-21"))
    assert Pupil.objects.get().leaves_on == date(2026, 7, 21)
    assert _places() == []


def test_a_roll_of_an_earlier_day_may_end_a_place_that_began_since(take_in: TakeIn) -> None:
    """The leaving day was told late: the class taken up meanwhile never was, and is no reason to fail."""
    take_in(ASH, on=date(2026, 11, 2))
    take_in((*ASH[:6], "2026-10-15"), on=date(2026, 10, 12))
    assert Pupil.objects.get().leaves_on == date(2026, 10, 15)
    assert not [place for place in _places() if place[3] is None]


def test_a_pupil_who_starts_later_has_a_place_from_the_starting_day(take_in: TakeIn, school: School) -> None:
    take_in((*ASH[:4], "2026-11-09", *ASH[5:]))
    assert _places() == [("Ash", "4 Oak", date(2026, 11, 9), None)]
    school_class = classes.all_of(school, date(2026, 11, 9)).get()
    assert classes.pupils_in(school_class, date(2026, 11, 8)) == []
    assert len(classes.pupils_in(school_class, date(2026, 11, 9))) == 1


def test_pupils_not_in_the_file_stay_and_are_counted(take_in: TakeIn) -> None:
    take_in(ASH, BIRCH)
    report = take_in(ASH)
    assert (report.not_in_file, report.changes) == (1, 0)
    assert Pupil.objects.filter(leaves_on__isnull=True).count() == 2


def test_a_parent_of_two_pupils_is_one_parent(take_in: TakeIn) -> None:
    shared = ("C1", "1", "Ash", "yes", "1", "ash@family.example")
    report = take_in(ASH, BIRCH, contacts=((number(1), *shared), (number(2), *shared)))
    assert report.contacts_added == 2
    parent = Parent.objects.get()
    assert parent.email == "ash@family.example"
    links = Contact.objects.order_by("pupil__legal_surname").values_list(
        "pupil__legal_surname", "parental_responsibility", "lives_with_pupil", "emergency"
    )
    assert list(links) == [("Ash", True, True, False), ("Birch", True, True, False)]


def test_a_later_file_changes_a_parent(take_in: TakeIn) -> None:
    take_in(ASH, contacts=((number(1), "C1", "1", "Ash", "Y", "Y", "old@family.example"),))
    report = take_in(ASH, contacts=((number(1), "C1", "2", "Ash", "Y", "N", "new@family.example"),))
    assert report.changes > 0
    contact = Contact.objects.get()
    assert (contact.parent.email, contact.priority, contact.lives_with_pupil) == ("new@family.example", 2, False)


def test_another_school_may_hold_the_same_number(take_in: TakeIn, other_school: School, sheet: Sheet) -> None:
    take_in(ASH)
    with schools_in_scope([other_school.pk]):
        by = builders.member(other_school)
        rolls.take_in(other_school, sheet(HEADER, ASH), None, on=ON, by=by, at=builders.AT)
        assert Pupil.objects.get().school == other_school
    assert Pupil.objects.count() == 1


@pytest.mark.parametrize(
    ("start_date", "leave_date"),
    [("2021-09-01", "2026-10-08"), ("2026-09-08", "")],
    ids=["leaves-before-the-last-mark", "starts-after-the-first-mark"],
)
def test_marks_are_never_left_outside_the_roll(
    school: School, take_in: TakeIn, start_date: str, leave_date: str
) -> None:
    """No retrospective deletion from the roll: marks beyond it would count in some figures and not in others."""
    take_in(ASH)
    pupil = Pupil.objects.get()
    builders.marks(pupil, calendars.of(school), ON, "/" * 60)
    with pytest.raises(FileRefusedError) as caught:
        take_in((*ASH[:4], start_date, "4 Oak", leave_date), on=date(2026, 11, 2))
    assert caught.value.faults[0].line == 2
    found = figures.by_pupil(school, calendars.of(school), Period(ON, date(2026, 11, 20)))
    assert found[pupil.pk].possible == 60


def _command(school: School, *arguments: object) -> str:
    out = StringIO()
    call_command("import_roll", *(str(argument) for argument in arguments), "--school", school.slug, stdout=out)
    return out.getvalue()


def test_the_command_takes_in_a_roll(school: School, operator: Membership, sheet: Sheet, tmp_path: Path) -> None:
    pupils = sheet(HEADER, ASH, BIRCH, name="pupils.csv")
    contacts = sheet(CONTACTS, (number(1), "C1", "1", "Ash", "Y", "Y", ""), name="contacts.csv")
    words = _command(school, pupils, "--contacts", contacts, "--on", "2026-09-01", "--dry-run")
    assert "2 would be added" in words
    assert not Pupil.objects.exists()
    report = json.loads(_command(school, pupils, "--contacts", contacts, "--on", "2026-09-01", "--json"))
    assert (report["pupils_added"], report["contacts_added"], report["dry_run"]) == (2, 1, False)
    assert "Pupils: 0 added, 0 changed, 2 unchanged" in _command(school, pupils, "--on", "2026-09-01")


def test_the_command_names_file_line_and_reason(school: School, operator: Membership, sheet: Sheet) -> None:
    pupils = sheet(HEADER, ASH, ("X" + number(2)[1:], *BIRCH[1:]), name="pupils.csv")
    with pytest.raises(CommandError, match=r"Nothing was written.\npupils.csv: line 3: The UPN's check letter is X"):
        _command(school, pupils)
    pupils = sheet(HEADER, ASH, name="pupils.csv")
    contacts = sheet(CONTACTS, (number(2), "C1", "1", "Ash", "Y", "Y", ""), name="contacts.csv")
    with pytest.raises(CommandError, match=r"contacts.csv: line 2: No pupil with this UPN is on the roll"):
        _command(school, pupils, "--contacts", contacts)
    contacts = sheet(CONTACTS, (number(1), "C1", "first", "Ash", "Y", "Y", ""), name="contacts.csv")
    with pytest.raises(CommandError, match=r"contacts.csv: line 2: priority"):
        _command(school, pupils, "--contacts", contacts)
    assert not Pupil.objects.exists()


def test_the_command_names_the_schools_it_knows(school: School, sheet: Sheet) -> None:
    with pytest.raises(CommandError, match=r"No school is called “ashdwon”. Known: ashdown"):
        call_command("import_roll", str(sheet(HEADER, ASH)), "--school", "ashdwon")
    with pytest.raises(CommandError, match="not a date"):
        call_command("import_roll", str(sheet(HEADER, ASH)), "--school", "ashdown", "--on", "31/12/2026")


def test_a_mark_is_found_under_the_class_of_its_day_after_a_move(school: School, take_in: TakeIn) -> None:
    take_in(ASH)
    take_in((*ASH[:5], "4 Fir", ""), on=date(2026, 9, 7))
    pupil = Pupil.objects.get()
    for on in (date(2026, 9, 4), date(2026, 9, 7)):
        builders.mark(pupil, on, Session.AM, "/")
    found = figures.by_class(school, calendars.of(school), Period(ON, date(2026, 9, 7)))
    assert {name: pupils[pupil.pk].possible for name, pupils in found.items()} == {"4 Oak": 1, "4 Fir": 1}
