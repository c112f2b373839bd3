"""Whether leave was taken, what was missed without it, and what is kept with each kind of leave."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from absences.rules import leave, leave_details
from absences.rules import leave_outcomes as rules
from absences.rules.leave import Category, LeaveRefusedError, LeaveState
from absences.rules.leave_outcomes import Outcome, Standing
from registers.rules import codes
from registers.rules.sessions import Session, SessionOn

MONDAY = date(2026, 12, 7)
WEEK = tuple(SessionOn(MONDAY + timedelta(days=day), session) for day in range(5) for session in Session)
ASKED, AFTER = WEEK[:4], WEEK[4:]


def marked(symbols, places=WEEK):
    return {place: symbol for place, symbol in zip(places, symbols, strict=False) if symbol != "."}


def standing(symbols, nightly=False):
    return {place: Standing(symbol, nightly) for place, symbol in marked(symbols).items()}


@pytest.mark.parametrize(
    ("symbols", "code", "outcome"),
    [
        pytest.param("CCCC", "C", Outcome.TAKEN, id="all with the leave's code"),
        pytest.param("NGON", "", Outcome.TAKEN, id="all without leave"),
        pytest.param("CCNN", "C", Outcome.TAKEN, id="a part beyond the code"),
        pytest.param("CC/\\", "C", Outcome.PART_TAKEN, id="back at half time"),
        pytest.param("CCBV", "C", Outcome.PART_TAKEN, id="elsewhere with the school at half time"),
        pytest.param("/\\/\\", "C", Outcome.NOT_TAKEN, id="never went"),
        pytest.param("IIII", "C", Outcome.NOT_TAKEN, id="ill all the time"),
        pytest.param("CCII", "C", Outcome.TAKEN, id="ill at the end"),
        pytest.param("CCC.", "C", Outcome.TO_COME, id="one session without a mark"),
        pytest.param("....", "C", Outcome.TO_COME, id="no mark"),
        pytest.param("CCCC", "", Outcome.NOT_TAKEN, id="refused, and other leave was granted since"),
    ],
)
def test_what_the_register_says_of_leave(symbols, code, outcome):
    assert rules.outcome_of(marked(symbols), ASKED, code) is outcome


def test_leave_without_a_session_is_never_settled():
    assert rules.outcome_of({}, (), "C") is Outcome.TO_COME


@given(st.lists(st.sampled_from(sorted(codes.CODES)), min_size=4, max_size=4))
def test_a_complete_register_always_settles_it(symbols):
    found = dict(zip(ASKED, symbols, strict=True))
    assert rules.outcome_of(found, ASKED, "C") is not Outcome.TO_COME


@pytest.mark.parametrize("old", Outcome)
@pytest.mark.parametrize("new", Outcome)
def test_every_move(old, new):
    if new is not Outcome.TO_COME and new is not old:
        rules.check_move(old, new)
    else:
        with pytest.raises(LeaveRefusedError):
            rules.check_move(old, new)


@pytest.mark.parametrize(
    ("symbols", "granted", "number"),
    [
        pytest.param("NNNN", 0, 4, id="refused and taken"),
        pytest.param("CCNN", 2, 2, id="taken beyond what was granted of it"),
        pytest.param("CCCCNN/", 4, 2, id="a day too long"),
        pytest.param("CCCC/NN", 4, 0, id="back in between"),
        pytest.param("/\\/\\NN", 0, 0, id="never went, and away later"),
        pytest.param("IIIINN", 4, 0, id="ill instead, and away later"),
        pytest.param("NNNNNNNNNN", 0, 10, id="refused, and stayed away all week"),
        pytest.param("GOGO", 0, 0, id="settled by the office"),
        pytest.param("NN..", 0, 2, id="registers missing"),
        pytest.param("", 0, 0, id="no mark"),
    ],
)
def test_what_was_missed_without_leave(symbols, granted, number):
    found = rules.without_leave(standing(symbols), ASKED, ASKED[:granted], AFTER, "C" if granted else "")
    assert len(found) == number
    assert all(symbols[WEEK.index(place)] == "N" for place in found)


def test_what_the_night_gave_up_is_proposed_again_and_what_the_office_gave_is_not():
    assert len(rules.without_leave(standing("OOOO", nightly=True), ASKED, (), AFTER)) == 4
    assert rules.without_leave(standing("OOOO"), ASKED, (), AFTER) == ()


@pytest.mark.parametrize(
    ("state", "category", "code"),
    [
        pytest.param(LeaveState.REFUSED, Category.HOLIDAY, "G", id="a refused holiday"),
        pytest.param(LeaveState.REFUSED, Category.OTHER, "O", id="another reason refused"),
        pytest.param(LeaveState.GRANTED, Category.FUNERAL_OR_WEDDING, "G", id="beyond a grant"),
        pytest.param(LeaveState.PARTLY_GRANTED, Category.RELIGIOUS, "G", id="beyond a part"),
    ],
)
def test_the_code_that_is_proposed(state, category, code):
    assert rules.proposed_code(state, category) == code


@pytest.mark.parametrize(
    ("code", "places", "today", "message"),
    [
        pytest.param("C", WEEK[:1], MONDAY, "Choose G or O", id="another code"),
        pytest.param("G", (), MONDAY, "Nothing is left", id="nothing chosen"),
        pytest.param("G", WEEK[:3], MONDAY, "once it has passed", id="a session to come"),
    ],
)
def test_nothing_is_said_to_be_missed_before_it_was(code, places, today, message):
    with pytest.raises(LeaveRefusedError, match=message):
        rules.check_confirmed(code, places, today)
    rules.check_confirmed("G", WEEK[:2], MONDAY)


class TestParticulars:
    @pytest.mark.parametrize("category", Category)
    def test_what_is_wanted_for_a_code_is_a_code_of_that_kind(self, category):
        for detail in leave_details.of(category):
            assert set(detail.for_codes) <= set(leave.CODES_FOR[category])

    @pytest.mark.parametrize("category", Category)
    def test_exceptional_leave_wants_nothing_but_its_reason(self, category):
        leave_details.check_complete(category, {}, "C", is_mobile_child=False)

    def test_only_what_belongs_to_the_kind_is_kept(self):
        typed = {"festival": "  Eid \n al-Fitr ", "licence": "X1"}
        assert leave_details.read(Category.RELIGIOUS, typed) == {"festival": "Eid al-Fitr"}
        assert leave_details.read(Category.HOLIDAY, typed) == {}

    @pytest.mark.parametrize(
        ("typed", "message"),
        [
            pytest.param({"travel_from": "soon"}, "give a day", id="no day"),
            pytest.param({"travel_from": "2026-12-08", "return_on": "2026-12-07"}, "before it leaves", id="backwards"),
            pytest.param({"other_school": "x" * 121}, "at most 120", id="too long"),
            pytest.param({"other_school": "a\u202eb"}, "at most 120", id="turns the writing round"),
        ],
    )
    def test_what_cannot_be_kept_is_said(self, typed, message):
        with pytest.raises(LeaveRefusedError, match=message):
            leave_details.read(Category.TRAVELLER, typed)

    def test_the_same_day_there_and_back(self):
        typed = {"travel_from": "2026-12-07", "return_on": "2026-12-07"}
        assert leave_details.read(Category.TRAVELLER, typed) == typed


@pytest.mark.parametrize(
    ("received_on", "asked", "short"),
    [
        pytest.param(date(2026, 11, 30), 7, False, id="seven days of seven"),
        pytest.param(date(2026, 12, 1), 7, True, id="six days of seven"),
        pytest.param(date(2026, 12, 6), 7, True, id="the day before"),
        pytest.param(date(2026, 12, 7), 7, False, id="on the day: too late is said elsewhere"),
        pytest.param(date(2026, 12, 6), 0, False, id="none asked for"),
    ],
)
def test_notice_is_short_below_what_the_school_asks(received_on, asked, short):
    found = leave_details.notice(received_on, MONDAY, asked)
    assert found is not None
    assert found.is_short is short


def test_no_rule_no_notice():
    assert leave_details.notice(MONDAY, MONDAY, None) is None
