"""Rolls over the years: children who come back, columns that are absent, and the chain of what a file changed."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registers.files import FileRefusedError
from registers.models import AdmissionChange, ClassPlace, Contact, Event, Membership, Parent, Pupil, School
from registers.rules import rolls as rules
from registers.rules.admissions import Spell
from registers.services import rolls
from registers.services.rolls import RollReport
from tests import builders
from tests.registers.sheets import Sheet, number

ON = date(2026, 11, 2)
HEADER = ("upn", "legal_surname", "legal_forename", "dob", "start_date", "class", "leave_date")
ASH = (number(1), "Ash", "Ada", "2017-05-04", "2021-09-01", "4 Oak", "")
BIRCH = (number(2), "Birch", "Ben", "2018-06-04", "2022-09-01", "3 Elm", "")
TakeIn = Callable[..., RollReport]


@pytest.fixture
def take_in(school: School, operator: Membership, sheet: Sheet) -> TakeIn:
    def take(
        *rows: tuple[str, ...],
        header: tuple[str, ...] = HEADER,
        contacts: tuple[tuple[str, ...], ...] = (),
        **rest: object,
    ) -> RollReport:
        people = sheet(*contacts, name="contacts.csv") if contacts else None
        pupils = sheet(header, *rows, name="pupils.csv") if rows else None
        return rolls.take_in(school, pupils, people, **{"on": ON, "by": operator, "at": builders.AT} | rest)

    return take


def _refused(take_in: TakeIn, *rows: tuple[str, ...], **rest: object) -> list[tuple[int, str]]:
    with pytest.raises(FileRefusedError) as caught:
        take_in(*rows, **rest)
    return [(fault.line, fault.reason) for fault in caught.value.faults]


def _spells() -> list[tuple[date, date | None]]:
    return list(Pupil.objects.order_by("starts_on").values_list("starts_on", "leaves_on"))


def _chain() -> list[tuple[str, str, str, str]]:
    return list(AdmissionChange.objects.values_list("subject", "field", "old", "new"))


OPEN, CLOSED = Spell(date(2021, 9, 1), None), Spell(date(2021, 9, 1), date(2023, 7, 21))


@pytest.mark.parametrize(
    ("spells", "starts_on", "leaves_on", "wanted"),
    [
        pytest.param([], date(2021, 9, 1), None, None, id="nobody-yet"),
        pytest.param([OPEN], date(2021, 9, 1), None, 0, id="the-same-day"),
        pytest.param([OPEN], date(2021, 9, 2), None, 0, id="the-open-one"),
        pytest.param([OPEN], date(2019, 9, 1), date(2021, 8, 31), None, id="over-before-the-open-one"),
        pytest.param([OPEN], date(2019, 9, 1), date(2021, 9, 1), 0, id="not-over-before-it"),
        pytest.param([CLOSED], date(2023, 7, 22), None, None, id="back-the-day-after"),
        pytest.param([CLOSED], date(2023, 7, 21), None, 0, id="not-left-by-then"),
        pytest.param([CLOSED], date(2021, 9, 1), None, 0, id="the-same-day-of-one-who-left"),
        pytest.param([CLOSED], date(2019, 9, 1), date(2020, 7, 21), None, id="before-all-of-them"),
        pytest.param([CLOSED, Spell(date(2024, 9, 1), None)], date(2024, 9, 5), None, 1, id="the-last-of-two"),
        pytest.param([CLOSED], None, None, 0, id="no-day-told"),
    ],
)
def test_which_enrolment_a_row_speaks_of(
    spells: list[Spell], starts_on: date | None, leaves_on: date | None, wanted: int | None
) -> None:
    assert rules.spell_meant(spells, starts_on, leaves_on) == wanted


def test_a_child_who_comes_back_is_enrolled_again(take_in: TakeIn) -> None:
    take_in((*ASH[:6], "2023-07-21"))
    report = take_in((*ASH[:4], "2026-11-02", *ASH[5:]))
    assert (report.pupils_added, report.pupils_changed) == (1, 0)
    assert _spells() == [(date(2021, 9, 1), date(2023, 7, 21)), (date(2026, 11, 2), None)]
    assert take_in((*ASH[:4], "2026-11-02", *ASH[5:])).changes == 0


def test_leaving_and_coming_back_in_one_file(take_in: TakeIn) -> None:
    take_in(ASH)
    rows = ((*ASH[:6], "2023-07-21"), (*ASH[:4], "2026-11-02", *ASH[5:]))
    for both in (rows, rows[::-1]):
        take_in(*both)
        assert _spells() == [(date(2021, 9, 1), date(2023, 7, 21)), (date(2026, 11, 2), None)]


def test_two_enrolments_at_once_are_refused(take_in: TakeIn) -> None:
    rows = (ASH, (*ASH[:4], "2026-11-02", *ASH[5:]))
    assert _refused(take_in, *rows) == [(3, "The same UPN stands in line 2 already.")]
    take_in((*ASH[:6], "2023-07-21"))
    take_in((*ASH[:4], "2025-09-01", *ASH[5:]))
    overlapping = (*ASH[:6], "2025-09-01")
    assert "overlap another time on roll" in _refused(take_in, overlapping)[0][1]
    assert len(_spells()) == 2


def test_every_particular_that_changes_is_in_the_chain(take_in: TakeIn, operator: Membership) -> None:
    take_in(ASH)
    assert _chain() == [("class", "class from 2026-11-02", "", "4 Oak"), ("pupil", "enrolled", "", "2021-09-01")]
    later = date(2026, 11, 9)
    take_in((ASH[0], "Ash-Elm", *ASH[2:5], "4 Fir", "2026-12-18"), on=later, reason="A deed poll")
    assert _chain()[2:] == [
        ("class", "class from 2026-11-09", "4 Oak", "4 Fir"),
        ("pupil", "legal_surname", "Ash", "Ash-Elm"),
        ("pupil", "leaves_on", "", "2026-12-18"),
    ]
    change = AdmissionChange.objects.get(field="legal_surname")
    assert (change.reason, change.source, change.by, change.role, change.at) == (
        "A deed poll", "import", operator.user, "operator", builders.AT
    )  # fmt: skip


def test_contacts_that_change_or_come_are_in_the_chain(take_in: TakeIn) -> None:
    header = ("upn", "contact_id", "priority", "surname", "email")
    take_in(ASH, contacts=(header, (number(1), "C1", "1", "Ash", "old@family.example")))
    AdmissionChange.objects.all()
    before = len(_chain())
    new = (number(1), "C1", "2", "Ash", "new@family.example"), (number(1), "C2", "1", "Elm", "")
    take_in(contacts=(header, *new))
    assert sorted(_chain()[before:]) == [
        ("contact", "listed", "", "yes"),
        ("contact", "priority", "1", "2"),
        ("parent", "email", "old@family.example", "new@family.example"),
    ]


def test_a_column_that_is_absent_leaves_what_stands(take_in: TakeIn) -> None:
    header = (*HEADER, "sex", "fsm", "postcode", "address1", "year_group", "medical_note", "former_surname")
    take_in((*ASH, "F", "Y", "EX4 0XX", "1 High St", "3", "Asthma", "Elm"), header=header)
    before = Pupil.objects.values().get()
    assert (before["year_offset"], before["medical_note"], before["former_surname"]) == (-2, "Asthma", "Elm")
    short = tuple(name for name in HEADER if name != "leave_date")
    assert take_in(ASH[:6], header=short).changes == 0
    assert Pupil.objects.values().get() == before
    take_in((*ASH, "", "N"), header=(*HEADER, "sex", "fsm"))
    assert (Pupil.objects.get().sex, Pupil.objects.get().fsm, Pupil.objects.get().postcode) == ("", False, "EX4 0XX")


def test_an_absent_leaving_day_does_not_bring_anybody_back(take_in: TakeIn) -> None:
    take_in((*ASH[:6], "2026-12-18"))
    take_in(ASH[:6], header=HEADER[:6])
    assert _spells() == [(date(2021, 9, 1), date(2026, 12, 18))]
    assert list(ClassPlace.objects.values_list("ends_on", flat=True)) == [date(2026, 12, 18)]


@pytest.mark.parametrize(
    ("starts", "told", "entered"),
    [("2021-09-01", "", date(2021, 9, 1)), ("2027-01-04", "", ON), ("2021-09-01", "2021-07-01", date(2021, 7, 1))],
    ids=["begun", "to-come", "told"],
)
def test_a_new_pupil_is_entered_on_a_day(take_in: TakeIn, starts: str, told: str, entered: date) -> None:
    take_in((*ASH[:4], starts, *ASH[5:], told), header=(*HEADER, "entered_on"))
    assert Pupil.objects.get().entered_on == entered
    take_in((*ASH[:4], starts, *ASH[5:]))
    assert Pupil.objects.get().entered_on == entered


def test_headings_of_other_systems_are_known(take_in: TakeIn) -> None:
    header = ("UPN", "Adno", "Legal Surname", "Forename", "DoB", "Entry Date", "Reg Group", "Gender", "House")
    row = (number(1), "000123", "Ash", "Ada", "04/05/2017", "01/09/2021", "4 Oak", "Female", "Red")
    report = take_in(row, header=header)
    assert (report.pupils_added, report.ignored_columns) == (1, ["House"])
    pupil = Pupil.objects.get()
    assert (pupil.admission_no, pupil.sex, pupil.dob) == ("000123", "F", date(2017, 5, 4))


def test_two_headings_for_one_column_ask(take_in: TakeIn) -> None:
    header = (*HEADER, "Gender", "Legal sex")
    rows = (*ASH, "F", "M")
    assert "The columns “Gender” and “Legal sex” could each be sex" in _refused(take_in, rows, header=header)[0][1]
    take_in(rows, header=header, named={"gender": ""})
    assert Pupil.objects.get().sex == "M"


def test_an_admission_number_that_lost_its_noughts_is_refused(take_in: TakeIn) -> None:
    header = (*HEADER, "admission_no")
    take_in((*ASH, "000123"), header=header)
    assert "lost its leading noughts" in _refused(take_in, (*ASH, "123"), header=header)[0][1]
    in_one_file = ((*ASH, "000123"), (*BIRCH, "124"))
    assert [line for line, _ in _refused(take_in, *in_one_file, header=header)] == [3]
    assert take_in((*ASH, "900123"), header=header).pupils_changed == 1


def test_the_same_child_under_two_upns_is_told(take_in: TakeIn) -> None:
    take_in(ASH)
    report = take_in(ASH, (number(3), "ASH", "Ada", *ASH[3:]), dry_run=True)
    assert [(row.line, row.result) for row in report.pupil_rows if row.reason] == [(3, "noted")]
    assert not [row for row in take_in(ASH, (number(3), "Ash", "Ida", *ASH[3:])).pupil_rows if row.reason]


def test_a_new_upn_keeps_the_child_if_the_old_one_is_told(take_in: TakeIn) -> None:
    take_in(ASH)
    take_in((number(9), *ASH[1:], number(1)), header=(*HEADER, "former_upn"))
    pupil = Pupil.objects.get()
    assert (pupil.upn, pupil.former_upn) == (number(9), number(1))


def test_letters_that_were_lost_are_refused(take_in: TakeIn) -> None:
    assert "a letter was lost" in _refused(take_in, (ASH[0], "D?bek", *ASH[2:]))[0][1]


def test_a_reason_for_leaving_needs_its_day(take_in: TakeIn) -> None:
    header = (*HEADER, "leaving_ground")
    assert "without a leave_date" in _refused(take_in, (*ASH, "A"), header=header)[0][1]
    assert "is none of A, B" in _refused(take_in, (*ASH[:6], "2026-12-18", "Q"), header=header)[0][1]
    take_in((*ASH[:6], "2026-12-18", "a"), header=header)
    assert Pupil.objects.get().leaving_ground == "A"


def test_who_is_missing_from_the_files_is_named(take_in: TakeIn) -> None:
    header = ("upn", "contact_id", "priority", "surname")
    take_in(ASH, BIRCH, contacts=(header, (number(1), "C1", "1", "Ash"), (number(2), "C2", "1", "Birch")))
    report = take_in(ASH, contacts=(header, (number(1), "C1", "1", "Ash")))
    assert [pupil.upn for pupil in report.pupils_missing] == [number(2)]
    assert [link.parent.contact_id for link in report.contacts_missing] == ["C2"]
    assert Contact.objects.count() == 2
    plain = rolls.as_plain(report)
    assert (plain["pupils_not_in_file"], plain["contacts_not_in_file"]) == (
        [number(2)], [{"upn": number(2), "contact_id": "C2"}]
    )  # fmt: skip


PEOPLE = ("upn", "forename", "surname", "address1", "postcode", "phone1")


def test_contacts_without_numbers_are_known_again(take_in: TakeIn) -> None:
    take_in(ASH, BIRCH)
    home = ("1 High St", "EX4 0XX", "01632 960201")
    rows = (
        (number(1), "Pat", "Ash", *home),
        (number(1), "Sam", "Ash", *home),
        (number(2), "Pat", "Ash", *home),
        (number(2), "Pat", "Ash", "2 Low St", "EX4 0XX", ""),
    )
    report = take_in(contacts=(PEOPLE, *rows))
    assert (report.contacts_added, Parent.objects.count()) == (4, 3)
    shared = Parent.objects.get(forename="Pat", address="1 High St")
    assert shared.contacts.count() == 2
    before = [list(model.objects.order_by("pk").values()) for model in (Parent, Contact, AdmissionChange, Event)]
    assert take_in(contacts=(PEOPLE, *rows)).changes == 0
    assert [
        list(model.objects.order_by("pk").values()) for model in (Parent, Contact, AdmissionChange, Event)
    ] == before
    moved = (number(1), "Sam", "Ash", "9 New Rd", "EX4 0XX", "01632 960202")
    assert take_in(contacts=(PEOPLE, moved)).contacts_changed == 1
    assert Parent.objects.get(forename="Sam").address == "9 New Rd"


def test_a_telephone_gets_its_nought_back(take_in: TakeIn) -> None:
    take_in(ASH)
    row = (number(1), "Pat", "Ash", "", "", "7700900123")
    report = take_in(contacts=(PEOPLE, row))
    assert Parent.objects.get().phone1 == "07700900123"
    assert [(found.line, found.result) for found in report.contact_rows if found.reason] == [(2, "noted")]


def test_each_row_says_what_comes_of_it(take_in: TakeIn) -> None:
    take_in(ASH)
    report = take_in((ASH[0], "Elm", *ASH[2:]), BIRCH, dry_run=True)
    told = [(row.line, str(row.result), row.who, [one.field for one in row.what]) for row in report.pupil_rows]
    assert told == [(2, "changed", "Elm, Ada", ["legal_surname"]), (3, "added", "Birch, Ben", ["class"])]
    assert Pupil.objects.get().legal_surname == "Ash"


def test_one_bad_row_keeps_everything_out_and_the_others_are_told(take_in: TakeIn) -> None:
    take_in(ASH)
    before = [list(model.objects.order_by("pk").values()) for model in (Pupil, ClassPlace, AdmissionChange, Event)]
    with pytest.raises(FileRefusedError) as caught:
        take_in((ASH[0], "Elm", *ASH[2:]), (*BIRCH[:3], "?", *BIRCH[4:]))
    rows = [(row.line, str(row.result)) for row in caught.value.report.pupil_rows]
    assert rows == [(3, "refused"), (2, "changed")]
    now = [list(model.objects.order_by("pk").values()) for model in (Pupil, ClassPlace, AdmissionChange, Event)]
    assert now == before


@pytest.mark.parametrize("stage", ["roll_pupils.save", "roll_places.save", "changes.write", "record.write"])
def test_an_import_interrupted_anywhere_leaves_nothing(take_in: TakeIn, monkeypatch, stage: str) -> None:
    module, function = stage.split(".")
    real = getattr(getattr(rolls, module), function)

    def interrupted(*args: object, **told: object) -> None:
        real(*args, **told)
        raise KeyboardInterrupt

    monkeypatch.setattr(getattr(rolls, module), function, interrupted)
    with pytest.raises(KeyboardInterrupt):
        take_in(ASH, BIRCH)
    assert not any(model.objects.exists() for model in (Pupil, ClassPlace, AdmissionChange, Event))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.one_of(st.none(), st.integers(0, 40))).filter(
            lambda days: days[1] is None or days[1] >= days[0]
        ),
        min_size=1,
        max_size=4,
    )
)
def test_an_enrolment_that_stands_is_always_found_again(days: list[tuple[int, int | None]]) -> None:
    start = date(2021, 9, 1).toordinal()
    spells = sorted(
        (Spell(date.fromordinal(start + a), date.fromordinal(start + b) if b is not None else None) for a, b in days),
        key=lambda one: one.starts_on,
    )
    if rules.overlap(spells):
        return
    for place, spell in enumerate(spells):
        assert rules.spell_meant(spells, spell.starts_on, spell.leaves_on) == place


@pytest.mark.parametrize("pupils", [3, 30])
def test_the_number_of_statements_does_not_grow(
    take_in: TakeIn, pupils: int, django_assert_max_num_queries: Callable
) -> None:
    rows = [(number(place), f"Name{place}", *ASH[2:]) for place in range(pupils)]
    people = [("upn", "contact_id", "priority", "surname")]
    people += [(number(place), f"C{place}", "1", "Ash") for place in range(pupils)]
    with django_assert_max_num_queries(18):
        take_in(*rows, contacts=tuple(people))
    moved = [(*row[:2], "Bea", *row[3:5], "4 Fir", "") for row in rows]
    with django_assert_max_num_queries(20):
        take_in(*moved, contacts=tuple(people), on=date(2026, 11, 9))


def test_a_pupil_whose_row_is_refused_is_not_missing(take_in: TakeIn) -> None:
    take_in(ASH, BIRCH)
    with pytest.raises(FileRefusedError) as caught:
        take_in((*ASH[:3], "?", *ASH[4:]))
    assert [pupil.upn for pupil in caught.value.report.pupils_missing] == [number(2)]


def test_nobody_is_overwritten_by_another_child(take_in: TakeIn) -> None:
    take_in(ASH)
    assert "a child of another forename" in _refused(take_in, (ASH[0], *BIRCH[1:4], *ASH[4:]))[0][1]
    assert take_in((ASH[0], *BIRCH[1:3], *ASH[3:])).pupils_changed == 1
