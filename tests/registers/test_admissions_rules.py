"""The admission register's rules: spells, days, what is missing, what stood when; and the grounds of deletion."""

from datetime import date, timedelta

import pytest

from registers.rules import admissions, arrangements, deletion
from registers.rules.admissions import AdmissionRefusedError, ParentHeld, Spell, Step
from registers.rules.calendar import Calendar, Term
from registers.rules.deletion import Leaving, LeavingRefusedError
from registers.rules.sessions import Session, SessionOn

FRIDAY = date(2026, 11, 20)
DOB = date(2017, 5, 4)
PLAIN = {"ground": "A", "last_on": FRIDAY, "today": FRIDAY, "starts_on": date(2021, 9, 1), "dob": DOB}
NEXT = {"next_school": "Hillside Primary", "next_school_from": date(2026, 11, 23)}


def test_the_grounds_are_a_to_o_each_with_what_must_be_held() -> None:
    assert [ground.letter for ground in deletion.TABLE] == list("ABCDEFGHIJKLMNO")
    assert all(ground.must_hold.endswith(".") and ground.meaning for ground in deletion.TABLE)
    assert [ground.letter for ground in deletion.TABLE if not ground.has_destination] == list("EFJKL")
    assert str(deletion.GROUNDS["F"]) == "F: educated otherwise than at school"
    assert deletion.GROUNDS["F"].source == "reg 9(1)(f)"
    assert "in writing" in deletion.GROUNDS["F"].must_hold


@pytest.mark.parametrize(
    ("fields", "words", "field"),
    [
        pytest.param({"ground": "P"}, "A to O", "leaving_ground", id="no-such-ground"),
        pytest.param({"ground": ""}, "A to O", "leaving_ground", id="no-ground"),
        pytest.param({"last_on": date(2021, 8, 31)}, "starting day is 01/09/2021", "leaves_on", id="before-start"),
        pytest.param({"marked_until": date(2026, 11, 21)}, "up to 21/11/2026", "leaves_on", id="marks-after"),
        pytest.param({"ground": "L"}, "compulsory school age", "leaving_ground", id="L-too-young"),
        pytest.param({"ground": "B"}, "nursery", "leaving_ground", id="B-of-school-age"),
        pytest.param({"ground": "I", "absent_run": 19}, "shows 19 school days", "leaving_ground", id="I-19-days"),
        pytest.param({"next_school_from": FRIDAY}, "not after the last day", "next_school_from", id="there-that-day"),
    ],
)
def test_what_may_not_be(fields: dict[str, object], words: str, field: str) -> None:
    with pytest.raises(LeavingRefusedError, match=words) as refused:
        deletion.check(Leaving(**{**PLAIN, **fields}))
    assert refused.value.field == field


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="plain"),
        pytest.param({"last_on": date(2021, 9, 1)}, id="the-starting-day"),
        pytest.param({"marked_until": FRIDAY}, id="marked-that-day"),
        pytest.param({"ground": "L", "dob": date(2010, 5, 4), "last_on": date(2026, 6, 27)}, id="L-a-day-past"),
        pytest.param({"ground": "B", "dob": date(2023, 1, 1)}, id="B-in-nursery"),
        pytest.param({"ground": "I", "absent_run": 20}, id="I-20-days"),
        pytest.param(NEXT, id="there-later"),
    ],
)
def test_what_may_be(fields: dict[str, object]) -> None:
    deletion.check(Leaving(**{**PLAIN, **fields}))


def test_the_last_friday_of_june_is_still_compulsory_age() -> None:
    with pytest.raises(LeavingRefusedError, match="26/06/2026"):
        deletion.check(Leaving(**{**PLAIN, "ground": "L", "dob": date(2010, 5, 4), "last_on": date(2026, 6, 26)}))


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        pytest.param(NEXT, ["held", "authority"], id="A-with-its-school"),
        pytest.param({"next_school": "Hillside"}, ["held", "authority", "destination"], id="A-without-a-first-day"),
        pytest.param(
            {"next_school_from": date(2026, 11, 23)}, ["held", "authority", "destination"], id="A-without-a-name"
        ),
        pytest.param({"ground": "F"}, ["held", "authority"], id="F-needs-no-school"),
        pytest.param({"ground": "K"}, ["held", "authority"], id="K-needs-no-school"),
        pytest.param({"ground": "I", "absent_run": 20}, ["held", "authority", "destination"], id="I-20-days"),
        pytest.param({**NEXT, "last_on": FRIDAY - timedelta(days=1)}, ["held", "authority", "backdated"], id="past"),
        pytest.param({**NEXT, "last_on": FRIDAY + timedelta(days=2)}, ["held", "authority"], id="to-come"),
        pytest.param({**NEXT, "marked_ahead": 1}, ["held", "authority", "ahead"], id="codes-ahead"),
    ],
)
def test_what_must_be_made_sure_of(fields: dict[str, object], keys: list[str]) -> None:
    assert [caution.key for caution in deletion.cautions(Leaving(**{**PLAIN, **fields}))] == keys


def _run(codes: str) -> int:
    """The run of a string of codes, two a day from Monday 2 November 2026."""
    places = [
        SessionOn(date(2026, 11, 2) + timedelta(days=number // 2), list(Session)[number % 2])
        for number in range(len(codes))
    ]
    return deletion.absent_run(places, {place: code for place, code in zip(places, codes, strict=True) if code != "."})


@pytest.mark.parametrize(
    ("codes", "days"),
    [("NN" * 20, 20), ("GOON", 2), ("NNIINN", 1), ("NNNUNN", 1), ("NTNN", 1), ("NNN/", 0), ("NN.N", 0), ("", 0)],
)
def test_a_run_is_whole_days_of_g_n_and_o_up_to_the_last(codes: str, days: int) -> None:
    assert _run(codes) == days


class TestSpells:
    SECOND = Spell(date(2026, 9, 1), None)

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(Spell(date(2021, 9, 1), date(2026, 8, 31)), id="ended-the-day-before"),
            pytest.param(Spell(date(2021, 9, 1), date(2022, 7, 1)), id="ended-long-ago"),
        ],
    )
    def test_a_child_comes_back(self, other: Spell) -> None:
        admissions.check_apart(self.SECOND, [other])

    @pytest.mark.parametrize(
        ("other", "field"),
        [
            pytest.param(Spell(date(2021, 9, 1), None), "upn", id="still-on-roll"),
            pytest.param(Spell(date(2021, 9, 1), date(2026, 9, 1)), "starts_on", id="a-day-shared"),
            pytest.param(Spell(date(2026, 10, 1), date(2026, 10, 9)), "starts_on", id="a-later-spell"),
        ],
    )
    def test_spells_share_no_day(self, other: Spell, field: str) -> None:
        with pytest.raises(AdmissionRefusedError) as refused:
            admissions.check_apart(self.SECOND, [other])
        assert refused.value.field == field

    def test_an_ended_spell_may_stand_before_an_open_one(self) -> None:
        admissions.check_apart(Spell(date(2020, 1, 1), date(2026, 8, 31)), [self.SECOND])
        with pytest.raises(AdmissionRefusedError):
            admissions.check_apart(Spell(date(2020, 1, 1), date(2026, 9, 1)), [self.SECOND])


@pytest.mark.parametrize(
    ("dob", "starts_on", "fits"),
    [
        (date(2024, 9, 1), date(2026, 9, 1), True),
        (date(2024, 9, 2), date(2026, 9, 1), False),
        (date(2007, 9, 1), date(2026, 9, 1), True),
        (date(2006, 9, 1), date(2026, 9, 1), False),
        (date(2026, 9, 1), date(2026, 9, 1), False),
    ],
    ids=["two", "nearly-two", "nineteen", "twenty", "born-that-day"],
)
def test_a_starting_day_fits_the_birthday(dob: date, starts_on: date, fits: bool) -> None:
    if fits:
        admissions.check_days(dob, starts_on)
    else:
        with pytest.raises(AdmissionRefusedError):
            admissions.check_days(dob, starts_on)


def test_the_return_of_a_new_pupil_is_due_on_the_fifth_plain_day() -> None:
    assert admissions.return_due(date(2026, 11, 20)) == date(2026, 11, 25)


class TestMissing:
    MOTHER = ParentHeld(True, True, True, True, True)
    AUNT = ParentHeld(False, False, True, True, False)
    HELD = {"sex": "F", "address": "1 Example Street", "previous_school": "Hillside"}

    def test_nothing(self) -> None:
        assert admissions.missing(self.HELD, [self.MOTHER, self.AUNT]) == ()

    @pytest.mark.parametrize("field", ["sex", "address", "previous_school"])
    def test_a_particular(self, field: str) -> None:
        assert len(admissions.missing({**self.HELD, field: ""}, [self.MOTHER, self.AUNT])) == 1

    def test_a_first_school_has_none_before_it(self) -> None:
        held = {**self.HELD, "previous_school": ""}
        assert admissions.missing(held, [self.MOTHER, self.AUNT], began_in_reception=True) == ()

    @pytest.mark.parametrize(
        ("parents", "words"),
        [
            ([], "a parent with parental responsibility"),
            ([AUNT, AUNT], "whom the pupil lives with"),
            ([ParentHeld(True, True, True, False, True), AUNT, AUNT], "a telephone for every parent"),
            ([ParentHeld(True, True, True, True, False), AUNT], "the address of every parent"),
            ([MOTHER, ParentHeld(False, False, True, False, False)], "two emergency contacts"),
            ([MOTHER], "two emergency contacts"),
        ],
    )
    def test_a_parent(self, parents: list[ParentHeld], words: str) -> None:
        assert any(each.startswith(words) for each in admissions.missing(self.HELD, parents))


class TestAsStood:
    NOW = {"address": "3 Third Street", "upn": "B"}
    STEPS = (
        Step(date(2026, 9, 10), "address", "1 First Street"),
        Step(date(2026, 10, 10), "address", "2 Second Street"),
        Step(date(2026, 10, 10), "enrolled", ""),
    )

    @pytest.mark.parametrize(
        ("on", "address"),
        [
            (date(2026, 9, 9), "1 First Street"),
            (date(2026, 9, 10), "2 Second Street"),
            (date(2026, 10, 9), "2 Second Street"),
            (date(2026, 10, 10), "3 Third Street"),
        ],
    )
    def test_the_end_of_a_day(self, on: date, address: str) -> None:
        assert admissions.as_stood(self.NOW, self.STEPS, on) == {"address": address, "upn": "B"}

    def test_first_entered(self) -> None:
        assert admissions.as_first_entered(self.NOW, self.STEPS)["address"] == "1 First Street"


class TestArrangements:
    CALENDAR = Calendar(
        (
            Term("Term 6", 6, date(2026, 6, 1), date(2026, 7, 21)),
            Term("Term 1", 1, date(2026, 9, 1), date(2026, 10, 16)),
            Term("Term 2", 2, date(2026, 11, 2), date(2026, 12, 18)),
        )
    )

    @pytest.mark.parametrize(
        ("pattern", "words"),
        [("", ""), ("1AM 1PM", "Monday"), ("1AM 3PM 5AM 5PM", "Monday AM, Wednesday PM, Friday")],
    )
    def test_a_pattern_in_words(self, pattern: str, words: str) -> None:
        assert arrangements.pattern_words(pattern) == words

    def test_a_pattern_keeps_the_order_of_the_week_and_all_is_blank(self) -> None:
        assert arrangements.pattern_of(["5PM", "1AM"]) == "1AM 5PM"
        assert arrangements.pattern_of([key for key, _ in arrangements.PATTERN_CHOICES]) == ""

    def test_suspended_days_are_numbered_through_the_school_year(self) -> None:
        earlier = [date(2026, 7, 20), date(2026, 9, 7), date(2026, 9, 8)]
        # Friday to Friday, with a weekend: six school days, and two before them this year.
        days = arrangements.suspended_days(self.CALENDAR, date(2026, 11, 6), date(2026, 11, 13), earlier)
        assert days == arrangements.SuspendedDays(3, 8, date(2026, 11, 13))
        five = arrangements.suspended_days(self.CALENDAR, date(2026, 11, 6), date(2026, 11, 12), [])
        assert five == arrangements.SuspendedDays(1, 5, None)
        assert arrangements.suspended_days(self.CALENDAR, date(2026, 11, 7), date(2026, 11, 8), []) is None

    @pytest.mark.parametrize(("last", "too_many"), [(45, False), (46, True)])
    def test_the_most_is_forty_five(self, last: int, too_many: bool) -> None:
        assert arrangements.SuspendedDays(44, last, None).is_too_many is too_many
