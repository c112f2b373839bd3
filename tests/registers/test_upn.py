"""Unique pupil numbers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registers.rules import upn
from registers.rules.upn import UpnRefusedError

DIGITS = st.text("0123456789", min_size=12, max_size=12)
TEMPORARY = st.builds(lambda digits, last: digits[:11] + last, DIGITS, st.sampled_from(upn.ALPHABET))


@pytest.mark.parametrize(
    ("rest", "letter"),
    [
        pytest.param("801200005001", "B", id="worked-example"),
        pytest.param("674123101121", "R", id="dfe-test-data"),
        pytest.param("207000016049", "P", id="where-two-vendors-add-wrongly"),
        pytest.param("88622492400A", "Q", id="temporary"),
        pytest.param("000000000000", "A", id="nought"),
    ],
)
def test_check_letter(rest: str, letter: str) -> None:
    assert upn.check_letter(rest) == letter
    assert upn.check(letter + rest) == letter + rest


def test_the_vendors_letter_is_refused() -> None:
    with pytest.raises(UpnRefusedError, match="check letter is Q but its digits call for P"):
        upn.check("Q207000016049")


def test_small_letters_and_blanks_round_it_are_put_right() -> None:
    assert upn.check("  b801200005001 ") == "B801200005001"
    assert upn.check("q88622492400a") == "Q88622492400A"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "has 0", id="empty"),
        pytest.param("B80120000500", "has 12", id="one-short"),
        pytest.param("B8012000050011", "has 14", id="one-long"),
        pytest.param("B80120000500I", "twelve digits", id="temporary-letter-not-in-the-alphabet"),
        pytest.param("B8012000O5001", "twelve digits", id="letter-O-for-nought"),
        pytest.param("B8012٠0005001", "twelve digits", id="arabic-digit"),
        pytest.param("B80120000500²", "twelve digits", id="superscript"),
        pytest.param("B801200 05001", "twelve digits", id="blank-inside"),
        pytest.param("B801200005-01", "twelve digits", id="dash"),
        pytest.param("C801200005001", "call for B", id="wrong-letter"),
        pytest.param("1801200005001", "call for B", id="digit-for-a-letter"),
        pytest.param("I801200005001", "call for B", id="letter-not-in-the-alphabet"),
    ],
)
def test_what_cannot_be_a_upn_is_refused(text: str, words: str) -> None:
    with pytest.raises(UpnRefusedError, match=words):
        upn.check(text)


@settings(max_examples=50)
@given(st.one_of(DIGITS, TEMPORARY))
def test_the_letter_worked_out_is_the_letter_accepted(rest: str) -> None:
    whole = upn.check_letter(rest) + rest
    assert upn.check(whole) == whole
    for other in set(upn.ALPHABET) - {whole[0]}:
        with pytest.raises(UpnRefusedError):
            upn.check(other + rest)


@settings(max_examples=50)
@given(DIGITS, st.integers(0, 11), st.integers(1, 9))
def test_every_single_wrong_digit_is_caught(rest: str, place: int, by: int) -> None:
    """Weights 2 to 13 and the prime 23 have no factor in common, so no digit can change unseen."""
    wrong = rest[:place] + str((int(rest[place]) + by) % 10) + rest[place + 1 :]
    assert upn.check_letter(wrong) != upn.check_letter(rest)


@settings(max_examples=50)
@given(DIGITS, st.integers(0, 10))
def test_every_swap_of_neighbours_is_caught(rest: str, place: int) -> None:
    swapped = rest[:place] + rest[place + 1] + rest[place] + rest[place + 2 :]
    assert (upn.check_letter(swapped) == upn.check_letter(rest)) is (swapped == rest)


@settings(max_examples=50)
@given(TEMPORARY, st.sampled_from(upn.ALPHABET))
def test_every_wrong_last_letter_of_a_temporary_number_is_caught(rest: str, last: str) -> None:
    assert (upn.check_letter(rest[:11] + last) == upn.check_letter(rest)) is (last == rest[11])
