"""Plainness in numbers, against texts whose order nobody doubts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.rules import readability
from letters.rules.kinds import KINDS

EASY = "The cat sat on the mat. It was a big cat. We like it."
HARD = (
    "Notwithstanding considerations of administrative proportionality, parental responsibilities necessitate "
    "uninterrupted participation in institutional educational provision throughout statutory attendance periods."
)


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("cat", 1),
        ("school", 1),
        ("register", 3),
        ("attendance", 3),
        ("closed", 1),
        ("wanted", 2),
        ("table", 2),
        ("8", 1),
    ],
)
def test_syllables(word, number):
    assert readability.syllables(word) == number


def test_easy_is_easier_than_hard():
    easy, hard = readability.of_text(EASY), readability.of_text(HARD)
    assert (easy.verdict, hard.verdict) == ("Easy to read", "Very hard")
    assert easy.age < 9 < 18 < hard.age
    assert (easy.sentences, easy.words) == (3, 14)


@pytest.mark.parametrize(("words", "is_long"), [(29, False), (30, True)])
def test_a_long_sentence_is_named(words, is_long):
    text = readability.of_text(f"{'word ' * words}. Short.")
    assert text.has_long_sentence is is_long
    assert text.longest.startswith("word")


@pytest.mark.parametrize("slug", sorted(KINDS))
def test_the_products_letters_are_plain(slug):
    assert readability.of(KINDS[slug]).ease >= 60


@given(st.text())
def test_any_text_has_a_score(text):
    score = readability.of_text(text)
    assert 0 <= score.ease <= 100
    assert 5 <= score.age <= 22
    assert score.verdict
