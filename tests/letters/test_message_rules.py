"""How far a message may go, which numbers take texts, and how long to wait."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.rules import messages as rules
from letters.rules import numbers
from letters.rules.messages import MOVES, STANDS, STATE_NAMES, WAITS, MessageRefusedError, MessageState

P, R, G, S, D, F, U, K, W = MessageState
ALLOWED = {(P, R), (P, W), (R, G), (R, F), (R, W), (G, G), (G, R), (G, S), (G, F), (G, U), (G, K)}
ALLOWED |= {(S, D), (S, F), (F, R), (F, W), (U, R), (U, S), (U, D), (U, W), (K, R), (W, P)}


@pytest.mark.parametrize(("old", "new"), list(product(MessageState, MessageState)), ids=str)
def test_every_pair_of_states(old, new):
    assert rules.may_move(old, new) is ((old, new) in ALLOWED)
    if (old, new) in ALLOWED:
        rules.check_move(old, new)
    else:
        with pytest.raises(MessageRefusedError, match=f"cannot be {new}"):
            rules.check_move(old, new)


def test_every_state_has_its_moves_and_words():
    assert set(MOVES) == set(MessageState) == set(STANDS) == set(STATE_NAMES)


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        pytest.param("07700 900123", "+447700900123", id="as it is written"),
        pytest.param("+44 (0)7700 900123", "+447700900123", id="as cards have it"),
        pytest.param("0044 7700-900123", "+447700900123", id="from abroad"),
        pytest.param("+33 6 12 34 56 78", "+33612345678", id="another country"),
        pytest.param("01632 960123", None, id="a landline"),
        pytest.param("+441632960123", None, id="a landline from abroad"),
        pytest.param("07700 90012", None, id="a figure short"),
        pytest.param("07700 9001234", None, id="a figure long"),
        pytest.param("07700 900123 (mum)", None, id="with a word"),
        pytest.param("", None, id="none"),
    ],
)
def test_which_numbers_take_texts(typed, dialled):
    assert numbers.mobile(typed) == dialled


@given(st.text(max_size=30))
def test_whatever_is_typed_a_number_is_figures_or_none(typed):
    found = numbers.mobile(typed)
    assert found is None or (found[0] == "+" and found[1:].isdigit())


def test_the_first_that_takes_texts():
    assert numbers.first_mobile(["01632 960123", "", "07700 900123", "07700 900124"]) == "+447700900123"
    assert numbers.first_mobile(["01632 960123"]) is None
    assert numbers.shown("+447700900123") == "07700 900123"


@pytest.mark.parametrize(("length", "parts"), [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3), (918, 6)])
def test_how_many_texts_a_body_is(length, parts):
    assert rules.parts("x" * length) == parts


@pytest.mark.parametrize(("tries", "wait"), [(1, WAITS[0]), (2, WAITS[1]), (3, WAITS[2]), (4, None)])
def test_how_long_to_wait(tries, wait):
    assert rules.wait_after(tries) == wait
