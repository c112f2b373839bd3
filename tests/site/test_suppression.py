"""Small numbers stay hidden, and nothing that is hidden can be got back by subtraction."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance_site.rules import suppression

SMALLEST = 6
COUNTS = st.lists(st.integers(0, 40), max_size=9)
A_FEW_SMALL = st.lists(st.sampled_from([0, 1, 2, 3, 5, 6, 7, 9]), min_size=1, max_size=4)


def test_the_smallest_count_shown_is_six() -> None:
    assert suppression.SMALLEST_SHOWN == SMALLEST


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        pytest.param([], set(), id="no group at all"),
        pytest.param([0, 0], set(), id="nobody is nobody"),
        pytest.param([0, 6, 7], set(), id="six is shown"),
        pytest.param([5], {0}, id="five alone is hidden"),
        pytest.param([1], {0}, id="one alone is hidden"),
        pytest.param([6], set(), id="six alone is shown"),
        pytest.param([5, 6], {0, 1}, id="five takes six with it"),
        pytest.param([5, 30, 8, 20], {0, 2}, id="the smallest of the rest goes with it"),
        pytest.param([30, 1, 8, 20], {1, 2}, id="wherever it stands"),
        pytest.param([1, 5, 9], {0, 1}, id="two that come to six need no third"),
        pytest.param([1, 4, 9], {0, 1, 2}, id="two that come to five need a third"),
        pytest.param([2, 2, 2, 50], {0, 1, 2}, id="three that come to six"),
        pytest.param([1, 1, 1, 50, 60], {0, 1, 2, 3}, id="three that come to three"),
        pytest.param([3, 0, 0, 9], {0, 3}, id="a nought is no cover"),
        pytest.param([3, 0, 0], {0}, id="nobody else to hide behind"),
        pytest.param([3, 2], {0, 1}, id="all that there are"),
        pytest.param([5, 5, 40], {0, 1}, id="two fives"),
    ],
)
def test_what_is_hidden(counts: list[int], hidden: set[int]) -> None:
    assert suppression.hidden(counts) == hidden


@pytest.mark.parametrize(("smallest", "hidden"), [(3, set()), (4, {0, 1})])
def test_the_smallest_shown_may_be_another_number(smallest: int, hidden: set[int]) -> None:
    assert suppression.hidden([3, 10, 12], smallest) == hidden


@pytest.mark.parametrize(("count", "small"), [(0, True), (1, True), (5, True), (6, False), (30, False)])
def test_a_group_of_fewer_than_six_is_small(count: int, small: bool) -> None:
    assert suppression.is_small(count) is small


@given(COUNTS)
def test_every_count_from_one_to_five_is_hidden_and_no_nought(counts: list[int]) -> None:
    hidden = suppression.hidden(counts)
    assert {place for place, count in enumerate(counts) if 0 < count < SMALLEST} <= hidden
    assert all(counts[place] > 0 for place in hidden)


@given(COUNTS)
def test_what_is_hidden_stands_behind_two_and_six_or_is_all_there_is(counts: list[int]) -> None:
    hidden = suppression.hidden(counts)
    everything = {place for place, count in enumerate(counts) if count > 0}
    if hidden:
        assert hidden == everything or (len(hidden) >= 2 and sum(counts[place] for place in hidden) >= SMALLEST)


@given(COUNTS)
def test_where_all_is_hidden_and_still_too_little_the_total_is_small_itself(counts: list[int]) -> None:
    """A report hides a small total as well; that is what keeps the last resort safe."""
    hidden = suppression.hidden(counts)
    if hidden and (len(hidden) < 2 or sum(counts[place] for place in hidden) < SMALLEST):
        assert suppression.hidden([sum(counts)]) == {0}


@given(COUNTS)
def test_nothing_is_hidden_without_need(counts: list[int]) -> None:
    if all(count == 0 or count >= SMALLEST for count in counts):
        assert not suppression.hidden(counts)


@settings(max_examples=60)
@given(A_FEW_SMALL)
def test_an_attacker_with_the_total_finds_no_small_count(counts: list[int]) -> None:
    """Who knows the total, what is shown, and that something from 1 to 5 is hidden, still has two answers for each."""
    hidden = sorted(suppression.hidden(counts))
    total = sum(counts)
    if not hidden or total < SMALLEST:
        return
    rest = total - sum(count for place, count in enumerate(counts) if place not in hidden)
    possible = [
        guess
        for guess in product(range(1, rest + 1), repeat=len(hidden))
        if sum(guess) == rest and min(guess) < SMALLEST
    ]
    assert tuple(counts[place] for place in hidden) in possible
    for number, place in enumerate(hidden):
        if counts[place] < SMALLEST:
            assert len({guess[number] for guess in possible}) >= 2
