"""Blanks are filled or the letter is refused; conditions decide which paragraphs stand."""

import pytest

from letters.rules import blanks, conditions
from letters.rules.blanks import BlankRefusedError
from letters.rules.conditions import ConditionRefusedError


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({}, "nothing to put for «salutation»", id="missing"),
        pytest.param({"salutation": ""}, "nothing to put for «salutation»", id="empty"),
        pytest.param({"salutation": " \n\u00a0"}, "nothing to put for «salutation»", id="blank space only"),
    ],
)
def test_a_blank_without_a_value_is_refused_by_name(values, said):
    with pytest.raises(BlankRefusedError, match=said):
        blanks.value_of("salutation", values)


def test_the_refusal_says_what_to_do():
    with pytest.raises(BlankRefusedError, match="The headteacher must set it"):
        blanks.value_of("expected_attendance", {})


def test_an_unknown_blank_is_refused_even_with_a_value():
    with pytest.raises(BlankRefusedError, match="«forname» is no known blank"):
        blanks.value_of("forname", {"forname": "Sam"})


def test_a_value_is_trimmed():
    assert blanks.value_of("forename", {"forename": " Sam "}) == "Sam"


def test_blanks_are_found_in_order():
    assert blanks.named_in("«forename» and «surname», «forename»") == ("forename", "surname", "forename")


def test_every_blank_has_a_meaning_a_sample_and_a_way_out():
    assert all(blank.meaning and blank.sample.strip() and blank.if_missing for blank in blanks.TABLE)
    assert len(blanks.BLANKS) == len(blanks.TABLE)


@pytest.mark.parametrize(
    ("when", "holding", "shown"),
    [
        pytest.param("", set(), True, id="no condition"),
        pytest.param("academy", {"academy"}, True, id="holds"),
        pytest.param("academy", {"late_this_year"}, False, id="does not hold"),
        pytest.param("not academy", {"academy"}, False, id="must not hold and does"),
        pytest.param("not academy", set(), True, id="must not hold and does not"),
    ],
)
def test_whether_a_paragraph_stands(when, holding, shown):
    assert conditions.is_met(when, holding) is shown


@pytest.mark.parametrize("when", ["sunny", "not sunny", "not  academy", "Academy"])
def test_an_unknown_condition_is_refused(when):
    with pytest.raises(ConditionRefusedError, match="no known condition"):
        conditions.is_met(when, {"academy"})


def test_an_unmet_need_is_refused_with_its_own_words():
    with pytest.raises(ConditionRefusedError, match="no late arrival before close"):
        conditions.check_needs(["late_this_year"], {"academy"})
    conditions.check_needs(["late_this_year"], {"late_this_year"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(["penalty_notice_possible"], None, id="a given one"),
        pytest.param(["attendance_good"], "cannot be given", id="one that is counted"),
        pytest.param(["sunny"], "no known condition", id="an unknown one"),
    ],
)
def test_what_a_caller_may_say_of_conditions(given, said):
    if said is None:
        conditions.check_given(given)
    else:
        with pytest.raises(ConditionRefusedError, match=said):
            conditions.check_given(given)


@pytest.mark.parametrize(
    ("name", "said"),
    [("leave_reason", None), ("attendance", "cannot be given"), ("nonsense", "no known blank")],
)
def test_what_a_caller_may_fill_in(name, said):
    if said is None:
        blanks.check_given([name])
    else:
        with pytest.raises(BlankRefusedError, match=said):
            blanks.check_given([name])
