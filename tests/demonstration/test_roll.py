"""The rolls and the contacts: who is on roll when, and that everything in them is plainly invented and right."""

import re
from collections import Counter
from datetime import date, timedelta

import pytest

from attendance_site.demonstration import generate
from attendance_site.demonstration.years import PlanRefusedError
from registers.rules import ages, upn
from tests.demonstration import files
from tests.demonstration.files import Made

PHONE = re.compile(r"(01632 960\d{3}|07700 900\d{3})?")


def test_every_upn_is_valid_and_stands_for_one_child(small: Made) -> None:
    for year in small.pupils:
        numbers = [row["upn"] for row in year]
        assert [upn.check(number) for number in numbers] == numbers
        assert len(set(numbers)) == len(numbers)
        assert len({row["admission_no"] for row in year}) == len(numbers)
        assert all(number[1:8] == "8862999" for number in numbers)


@pytest.mark.parametrize("pupils", [14, 60])
def test_the_number_on_roll_is_the_number_asked_for(pupils: int, tmp_path) -> None:
    plan = files.plan(pupils=pupils)
    made = Made(plan, generate.write(plan, tmp_path))
    on_roll = Counter(row["date"] for row in made.marks[0] if row["session"] == "AM")
    assert set(on_roll.values()) == {pupils}
    here = [row for row in made.pupils[1] if not row["leave_date"] or row["leave_date"] >= plan.today.isoformat()]
    assert len(here) == pupils


def test_classes_are_two_a_year_group_and_named_with_it(small: Made) -> None:
    assert small.files.classes[:2] == ("R Wren", "R Robin")
    assert len(small.files.classes) == len(set(small.files.classes)) == 14
    for row in small.pupils[1]:
        assert row["class"] in small.files.classes
        assert row["class"].split()[0] == row["year_group"]


def test_a_school_nobody_knows_gets_classes_too(tmp_path) -> None:
    made = generate.write(files.plan(slug="elsewhere", pupils=14), tmp_path)
    assert len(set(made.classes)) == 14
    assert set(made.untaken) < set(made.classes)


def test_year_groups_follow_from_dates_of_birth(small: Made) -> None:
    for roll, pupils in zip(small.files.rolls, small.pupils, strict=True):
        for row in pupils:
            number = 0 if row["year_group"] == "R" else int(row["year_group"])
            assert ages.year_group(date.fromisoformat(row["dob"]), roll.on) == number


def test_last_years_roll_is_this_years_a_year_younger(small: Made) -> None:
    last_year, this_year = ({row["upn"]: row for row in year} for year in small.pupils)
    groups = ("R", "1", "2", "3", "4", "5", "6")
    for number, row in this_year.items():
        if number in last_year:
            before = last_year[number]
            assert groups.index(before["year_group"]) == groups.index(row["year_group"]) - 1
            if before["leave_date"]:
                assert row["start_date"] > before["leave_date"]
                continue
            assert all(before[column] == row[column] for column in ("legal_surname", "dob", "start_date", "postcode"))
        else:
            assert row["start_date"] >= small.files.rolls[1].on.isoformat()
    returned = [number for number, row in last_year.items() if row["leave_date"] and number in this_year]
    assert len(returned) == 1
    for number, row in last_year.items():
        assert (number in this_year) is (not row["leave_date"] or number in returned)


def test_year_6_leaves_on_the_last_school_day(small: Made) -> None:
    leavers = [row for row in small.pupils[0] if row["year_group"] == "6"]
    last = small.plan.calendar.last_school_day(date(2026, 8, 31))
    assert last
    assert Counter(row["leave_date"] for row in leavers).most_common(1)[0][0] == last.isoformat()
    assert all(row["leave_date"] for row in leavers)


def test_some_come_and_go_during_each_year(whole: Made) -> None:
    for number, first in ((0, "2025-09-03"), (1, "2026-09-03")):
        assert any(row["start_date"] > first for row in whole.pupils[number])
        assert any(row["leave_date"] not in ("", "2026-07-20", "2026-07-21") for row in whole.pupils[number])


def test_who_leaves_has_a_ground_and_who_came_later_a_previous_school(whole: Made) -> None:
    for row in [row for year in whole.pupils for row in year]:
        assert bool(row["leaving_ground"]) is bool(row["leave_date"])
        assert (row["leaving_ground"] == "A") is bool(row["next_school"]) is bool(row["next_school_from"])
        assert not row["next_school_from"] or row["next_school_from"] > row["leave_date"]
        assert row["entered_on"] == row["start_date"]
        if ages.year_group(date.fromisoformat(row["dob"]), date.fromisoformat(row["start_date"])) > 0:
            assert row["previous_school"]
    for pupils in whole.pupils:
        reception = [row for row in pupils if row["year_group"] == "R"]
        first = min(row["start_date"] for row in reception)
        assert not any(row["previous_school"] for row in reception if row["start_date"] == first)
    grounds = Counter(row["leaving_ground"] for row in whole.pupils[0])
    assert grounds["F"] == 1
    assert grounds["A"] > 50


def test_a_few_names_and_notes_are_told(whole: Made) -> None:
    for column, least, most in (("middle_names", 80, 180), ("preferred_surname", 1, 40), ("medical_note", 10, 50)):
        assert least <= sum(bool(row[column]) for row in whole.pupils[1]) <= most, column
    assert {row["boarder"] for row in whole.pupils[1]} == {"N"}


def test_one_child_came_back_in_september(whole: Made) -> None:
    before = {row["upn"]: row for row in whole.pupils[0] if row["leave_date"]}
    [back] = [row for row in whole.pupils[1] if row["upn"] in before]
    assert before[back["upn"]]["leave_date"] < "2026-07-01"
    assert back["start_date"] == min(row["date"] for row in whole.marks[1])
    assert (back["leave_date"], bool(back["previous_school"])) == ("", True)


def test_rolls_say_when_the_years_terms_begin(small: Made) -> None:
    assert [roll.on for roll in small.files.rolls] == [date(2025, 9, 1), date(2026, 9, 1)]


def test_nobody_joins_or_leaves_after_today(small: Made) -> None:
    today = small.plan.today.isoformat()
    assert all(row["start_date"] <= today and row["leave_date"] <= today for row in small.pupils[1])


def test_contacts_belong_to_children_of_the_same_roll(whole: Made) -> None:
    for pupils, contacts in zip(whole.pupils, whole.contacts, strict=True):
        assert len({(row["upn"], row["contact_id"]) for row in contacts}) == len(contacts)
        assert len({(row["upn"], row["priority"]) for row in contacts}) == len(contacts)
        assert {row["upn"] for row in contacts} == {row["upn"] for row in pupils}


def test_telephones_and_e_mail_reach_nobody(small: Made) -> None:
    for row in small.contacts[1]:
        assert all(PHONE.fullmatch(row[column]) for column in ("phone1", "phone2", "phone3"))
        assert row["email"] == "" or re.fullmatch(r"[a-z.0-9]+@post\.example", row["email"])
        assert re.fullmatch(r"TN12 [1-4][XYZ]{2}", row["postcode"])


def test_brothers_and_sisters_share_their_contacts(whole: Made) -> None:
    families: dict[str, set[str]] = {}
    particulars: dict[str, set[tuple[str, ...]]] = {}
    for row in whole.contacts[0] + whole.contacts[1]:
        families.setdefault(row["contact_id"], set()).add(row["upn"])
        person = tuple(value for column, value in row.items() if column != "upn")
        particulars.setdefault(row["contact_id"], set()).add(person)
    assert all(len(found) == 1 for found in particulars.values())
    assert sum(len(children) > 1 for children in families.values()) > 50
    for children in families.values():
        names = [whole.everyone[number]["legal_forename"] for number in children]
        assert len(set(names)) == len(names)


def test_families_are_of_several_kinds(whole: Made) -> None:
    homes: dict[str, set[str]] = {}
    for row in whole.contacts[1]:
        homes.setdefault(row["upn"], set()).add(row["postcode"] + row["address1"])
    people = Counter(row["upn"] for row in whole.contacts[1])
    assert set(people.values()) == {1, 2, 3}
    assert sum(people[number] == 2 and len(homes[number]) == 1 for number in people) > len(people) / 2
    assert sum(people[number] == 2 and len(homes[number]) == 2 for number in people) > 20
    assert 1 <= len({row["contact_id"] for row in whole.contacts[1] if row["court_order_flag"] == "Y"}) <= 2
    assert any(row["relationship"] == "Grandmother" for row in whole.contacts[1])


def test_brothers_and_sisters_are_twins_or_well_apart(whole: Made) -> None:
    families: dict[str, list[date]] = {}
    for row in whole.contacts[1]:
        if row["priority"] == "1":
            families.setdefault(row["contact_id"], []).append(date.fromisoformat(whole.everyone[row["upn"]]["dob"]))
    for births in families.values():
        for elder, younger in zip(sorted(births), sorted(births)[1:], strict=False):
            assert elder == younger or younger - elder > timedelta(days=300)


@pytest.mark.parametrize(
    ("slug", "column", "per_cent"),
    [
        pytest.param("carlton-road", "pp", 43, id="carlton-road-pupil-premium"),
        pytest.param("carlton-road", "eal", 62, id="carlton-road-other-languages"),
        pytest.param("staplehurst", "pp", 20, id="staplehurst-pupil-premium"),
        pytest.param("staplehurst", "eal", 12, id="staplehurst-other-languages"),
    ],
)
def test_shares_of_the_roll(whole: Made, slug: str, column: str, per_cent: int) -> None:
    if whole.plan.slug == slug:
        share = 100 * sum(row[column] == "Y" for row in whole.pupils[1]) / len(whole.pupils[1])
        assert abs(share - per_cent) < 5


def test_girls_and_boys_are_balanced(whole: Made) -> None:
    girls = sum(row["sex"] == "F" for row in whole.pupils[1])
    assert 0.47 < girls / len(whole.pupils[1]) < 0.53


def test_names_are_varied_and_some_are_awkward(whole: Made) -> None:
    names = {f"{row['legal_forename']} {row['legal_surname']}" for row in whole.pupils[1]}
    assert len(names) > 380
    assert any("-" in name for name in names)
    assert any("'" in name for name in names)
    assert any(not name.isascii() for name in names)


def test_a_day_without_school_is_refused(tmp_path) -> None:
    with pytest.raises(PlanRefusedError, match="21/11/2026 is a weekend"):
        generate.write(files.plan(today=date(2026, 11, 21)), tmp_path)


def test_a_calendar_without_last_year_is_refused(tmp_path) -> None:
    with pytest.raises(PlanRefusedError, match="no school days in 2023/2024"):
        generate.write(files.plan(today=date(2024, 11, 20)), tmp_path)
