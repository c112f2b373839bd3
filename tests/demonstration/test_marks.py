"""The marks: the same from the same seed, and none that the law or the calendar would not allow."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time

import pytest

from attendance_site.demonstration import generate
from registers.rules import ages, codes
from registers.rules.sessions import Session
from tests.demonstration import files
from tests.demonstration.files import TODAY, Made, Row

NOT_LEFT = dict.fromkeys(("leave_date", "leaving_ground", "leaving_note", "next_school", "next_school_from"), "")


def _key(row: Row) -> tuple[str, str, str]:
    return row["upn"], row["date"], row["session"]


def _of_code(rows: Iterable[Row], code: str) -> list[Row]:
    return [row for row in rows if row["code"] == code]


def _dob(made: Made, row: Row) -> date:
    return date.fromisoformat(made.everyone[row["upn"]]["dob"])


def _recent(made: Made) -> set[str]:
    """The last five school days before today, and today."""
    return {on.isoformat() for on in made.plan.calendar.school_days_between(date.min, TODAY)[-6:]}


def test_the_same_seed_writes_the_same_files(small: Made, tmp_path) -> None:
    again = generate.write(files.plan(), tmp_path)
    for first, second in zip(_paths(small.files), _paths(again), strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_another_seed_writes_other_children(small: Made, tmp_path) -> None:
    other = generate.write(files.plan(seed=7), tmp_path)
    assert other.rolls[1].pupils.read_bytes() != small.files.rolls[1].pupils.read_bytes()


def _paths(made: generate.Files) -> list:
    return [path for roll in made.rolls for path in (roll.pupils, roll.contacts)] + list(made.marks)


@pytest.mark.parametrize(
    "today",
    [
        pytest.param(date(2026, 9, 3), id="early in the school year"),
        pytest.param(date(2026, 11, 19), id="the day before"),
        pytest.param(date(2026, 12, 3), id="two weeks later"),
    ],
)
def test_a_past_day_is_the_same_whatever_today_is(small: Made, today: date, tmp_path) -> None:
    plan = files.plan(today=today)
    other = Made(plan, generate.write(plan, tmp_path))
    # Days that are recent or today for either of the two are left out.
    settled = min(_recent(small) | {on.isoformat() for on in plan.calendar.school_days_between(date.min, today)[-6:]})
    before = [row for row in small.all_marks if row["date"] < settled]
    assert before == [row for row in other.all_marks if row["date"] < settled]
    shared = {row["upn"] for row in small.pupils[1]} & {row["upn"] for row in other.pupils[1]}
    assert len(shared) > 60
    for number in shared:
        assert small.everyone[number] | NOT_LEFT == other.everyone[number] | NOT_LEFT


def test_the_children_are_the_same_in_the_next_school_year(small: Made, tmp_path) -> None:
    plan = files.plan(today=date(2026, 7, 16))
    earlier = Made(plan, generate.write(plan, tmp_path))
    settled = "2026-07-09"
    assert [row for row in earlier.marks[1] if row["date"] < settled] == [
        row for row in small.marks[0] if row["date"] < settled
    ]


def test_since_leaves_out_the_days_up_to_it(small: Made, tmp_path) -> None:
    late = Made(small.plan, generate.write(small.plan, tmp_path, since=date(2026, 11, 5)))
    assert late.marks[0] == []
    assert late.marks[1] == [row for row in small.marks[1] if row["date"] > "2026-11-05"]
    assert late.pupils == small.pupils


def test_since_today_writes_no_mark(small: Made, tmp_path) -> None:
    assert Made(small.plan, generate.write(small.plan, tmp_path, since=TODAY)).all_marks == []


def test_each_place_has_one_mark(small: Made) -> None:
    keys = [_key(row) for row in small.all_marks]
    assert len(set(keys)) == len(keys)


def test_every_child_on_roll_has_a_mark_at_every_open_session(small: Made) -> None:
    for year, marks in zip(small.pupils, small.marks, strict=True):
        first, last = marks[0]["date"], marks[-1]["date"]
        expected = {
            (row["upn"], place.on.isoformat(), str(place.session))
            for place in small.plan.calendar.sessions_between(date.fromisoformat(first), date.fromisoformat(last))
            for row in year
            if row["start_date"] <= place.on.isoformat() <= (row["leave_date"] or last) and place.on < TODAY
        }
        assert {_key(row) for row in marks if row["date"] < TODAY.isoformat()} == expected


def test_no_mark_on_a_closed_session(small: Made) -> None:
    for row in small.all_marks:
        assert small.plan.calendar.is_open(date.fromisoformat(row["date"]), Session(row["session"]))


def test_slashes_stand_in_their_own_session(small: Made) -> None:
    assert {row["session"] for row in _of_code(small.all_marks, "/")} == {"AM"}
    assert {row["session"] for row in _of_code(small.all_marks, "\\")} == {"PM"}


def test_every_code_is_known_and_fit_for_a_primary_register(whole: Made) -> None:
    used = {row["code"] for row in whole.all_marks}
    assert used <= codes.CODES.keys()
    assert not used & {"S", "W", "D", "Z", "#", "H", "F", "J", "Y"}


def test_one_winter_day_closes_the_school_or_its_youngest_classes(whole: Made) -> None:
    code, groups = {"staplehurst": ("Y4", set("R123456")), "carlton-road": ("Y3", set("R12"))}[whole.plan.slug]
    shut = _of_code(whole.marks[0], code)
    [day] = {row["date"] for row in shut}
    assert date(2025, 12, 1) < date.fromisoformat(day) < date(2026, 3, 31)
    group_of = {row["upn"]: row["year_group"] for row in whole.pupils[0]}
    that_day = [row for row in whole.marks[0] if row["date"] == day and group_of[row["upn"]] in groups]
    assert len(shut) == len(that_day) > 200
    assert not _of_code(whole.all_marks, {"Y4": "Y3", "Y3": "Y4"}[code])
    assert all(row["comment"] for row in shut)


def test_codes_that_depend_on_age_keep_to_it(whole: Made) -> None:
    for row in whole.all_marks:
        if row["code"] in {"X", "C2", "T"}:
            is_compulsory = ages.is_compulsory_age(_dob(whole, row), date.fromisoformat(row["date"]))
            assert is_compulsory is (row["code"] != "X"), row


def test_reception_settles_in_with_mornings_for_two_weeks(small: Made) -> None:
    reception = {row["upn"] for row in small.pupils[1] if row["year_group"] == "R"}
    settling = [row for row in small.marks[1] if row["date"] <= "2026-09-15" and row["upn"] in reception]
    assert {row["code"] for row in settling if row["session"] == "PM"} == {"X"}
    assert not _of_code([row for row in settling if row["session"] == "AM"], "X")
    assert {row["date"] for row in _of_code(small.marks[1], "X")} <= {row["date"] for row in settling}


def test_only_a_mobile_child_travels(whole: Made) -> None:
    travelling = {row["upn"] for row in _of_code(whole.all_marks, "T")}
    assert travelling
    assert all(whole.everyone[number]["mobile_child"] == "Y" for number in travelling)


def test_an_absence_stays_unexplained_for_five_school_days_only(whole: Made) -> None:
    unexplained = {row["date"] for row in _of_code(whole.all_marks, "N")}
    assert unexplained
    assert unexplained <= _recent(whole)


def test_todays_morning_is_taken_but_for_two_classes(whole: Made) -> None:
    today = [row for row in whole.marks[1] if row["date"] == TODAY.isoformat()]
    class_of = {row["upn"]: row["class"] for row in whole.pupils[1]}
    first, second = whole.files.untaken
    assert (first[0], second[0]) < ("7", "3")
    assert first[0] in "3456"
    assert second[0] in "12"
    assert {row["session"] for row in today} == {"AM"}
    assert {class_of[row["upn"]] for row in today} == set(whole.files.classes) - {first, second}
    assert 2 <= len(_of_code(today, "N")) <= 15


def test_minutes_stand_with_lateness_and_fit_the_register(whole: Made) -> None:
    opens_for = {"staplehurst": (30, 15), "carlton-road": (40, 30)}[whole.plan.slug]
    for row in whole.all_marks:
        assert bool(row["minutes_late"]) is (row["code"] in codes.LATE_CODES), row
        if row["minutes_late"]:
            limit = opens_for[row["session"] == "PM"]
            assert (int(row["minutes_late"]) <= limit) is (row["code"] == "L"), row


def test_entries_say_who_made_them_and_when(small: Made) -> None:
    for row in small.all_marks:
        assert row["entered_by"] in {"teacher", "office"}
        if row["entered_at"]:
            at = datetime.fromisoformat(row["entered_at"])
            assert at.utcoffset() is not None
            assert at.date().isoformat() == row["date"]
            assert time(8, 50) <= at.time() <= time(16, 0)


def test_summer_time_is_kept(small: Made) -> None:
    offsets = {(row["date"][:7], row["entered_at"][-6:]) for row in small.all_marks if row["entered_at"]}
    assert {("2025-09", "+01:00"), ("2026-01", "+00:00"), ("2026-06", "+01:00"), ("2026-11", "+00:00")} <= offsets


def test_illness_and_appointments_are_sometimes_told(small: Made) -> None:
    for code in ("I", "M"):
        found = _of_code(small.all_marks, code)
        assert any(row["comment"] for row in found)
    assert any(not row["comment"] for row in _of_code(small.all_marks, "I"))


def test_what_must_be_noted_is_noted(whole: Made) -> None:
    """The nature of K and B, the visit and its leader, and an appointment's time, half a day or the whole of it."""
    for row in whole.all_marks:
        if row["code"] in {"K", "B", "V", "M"}:
            assert row["comment"], row
        if row["code"] == "M":
            assert re.search(r" at \d{1,2}\.\d\d$|, away all day$", row["comment"]), row
