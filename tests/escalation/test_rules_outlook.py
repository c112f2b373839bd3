"""Patterns, outlook and improvement: exact at their edges, and held against counting by hand."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.rules import improvement, outlook, patterns
from escalation.rules.outlook import Band
from registers.rules.figures import Figures


def of(attended: int, absent: int) -> Figures:
    return Figures({"/": attended, "O": absent})


def is_persistent(absent: int, possible: int) -> bool:
    return possible > 0 and 10 * absent >= possible


@given(st.integers(0, 200), st.integers(0, 60), st.integers(0, 300))
def test_the_outlook_is_what_trying_session_by_session_finds(attended, absent, to_come) -> None:
    possible = attended + absent
    found = outlook.of(of(attended, absent), to_come)
    if is_persistent(absent, possible):
        needed = next(n for n in range(1, 10_000) if not is_persistent(absent, possible + n))
        assert (found.to_recover, found.is_out_of_reach) == (needed, needed > to_come)
    else:
        missed = next(k for k in range(1, 10_000) if is_persistent(absent + k, possible + k))
        assert found.left == (missed - 1 if missed <= to_come else None)


@pytest.mark.parametrize(
    ("attended", "absent", "to_come", "words"),
    [
        pytest.param(90, 10, 100, "1 full session to recover", id="exactly-90"),
        pytest.param(91, 9, 100, "1 session left", id="one-may-be-missed"),
        pytest.param(92, 9, 100, "1 session left", id="just-out"),
        pytest.param(100, 0, 100, "11 sessions left", id="none-missed"),
        pytest.param(50, 50, 100, "cannot recover this year", id="too-far"),
        pytest.param(100, 0, 5, "cannot be reached this year", id="year-is-over"),
    ],
)
def test_the_outlook_in_words(attended, absent, to_come, words) -> None:
    assert outlook.of(of(attended, absent), to_come).words == words


@pytest.mark.parametrize(
    ("attended", "absent", "band"),
    [
        pytest.param(0, 10, Band.EARLY, id="ten-possible"),
        pytest.param(10, 1, Band.IN_DANGER, id="eleven-possible"),
        pytest.param(50, 50, Band.SEVERE, id="exactly-50"),
        pytest.param(51, 49, Band.PERSISTENT, id="above-50"),
        pytest.param(90, 10, Band.PERSISTENT, id="exactly-90"),
        pytest.param(901, 99, Band.IN_DANGER, id="above-90"),
        pytest.param(93, 7, Band.IN_DANGER, id="exactly-93"),
        pytest.param(931, 69, Band.FAIR, id="above-93"),
        pytest.param(95, 5, Band.FAIR, id="exactly-95"),
        pytest.param(951, 49, Band.GOOD, id="above-95"),
    ],
)
def test_the_band_in_a_word(attended, absent, band) -> None:
    assert outlook.band(of(attended, absent)) == band


EVEN = dict.fromkeys(range(5), 0.06)
OPEN = dict.fromkeys(range(5), 11)


@pytest.mark.parametrize(
    ("away", "rates", "weekday"),
    [
        pytest.param({4: 6, 0: 1}, EVEN, 4, id="six-fridays-of-seven"),
        pytest.param({4: 4}, EVEN, 4, id="four-fridays-of-four"),
        pytest.param({4: 3}, EVEN, None, id="three-say-nothing"),
        pytest.param({4: 5, 0: 3, 2: 2}, EVEN, None, id="five-of-ten-may-be-chance"),
        pytest.param({0: 4, 1: 4, 2: 4, 3: 4, 4: 4}, EVEN, None, id="weeks-on-end"),
        pytest.param({4: 4}, {**EVEN, 4: 0.3}, None, id="where-fridays-are-bad-for-everybody"),
        pytest.param({0: 6, 4: 1}, {**EVEN, 4: 0.3}, 0, id="mondays-where-fridays-are-bad"),
        pytest.param({}, EVEN, None, id="never-away"),
        pytest.param({4: 9}, {}, None, id="no-rates-yet"),
    ],
)
def test_a_pattern_is_told_only_where_it_beats_chance(away, rates, weekday) -> None:
    found = patterns.found(away, OPEN, rates)
    assert (found.weekday if found else None) == weekday


def test_a_pattern_says_its_counts() -> None:
    found = patterns.found({4: 6, 0: 1}, OPEN, EVEN)
    assert found is not None
    assert found.words == "Fridays: 6 of 7 days away, 1.4 expected"


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 99))
def test_the_tail_is_the_exact_sum(tries, at_least, percent) -> None:
    chance = Fraction(percent, 100)
    exact = sum(comb(tries, k) * chance**k * (1 - chance) ** (tries - k) for k in range(at_least, tries + 1))
    expected = 1 if at_least == 0 else exact
    assert patterns.tail(tries, at_least, percent / 100) == pytest.approx(float(expected), abs=1e-9)


@given(st.integers(4, 30), st.integers(0, 30))
def test_one_more_day_on_the_weekday_never_hides_a_pattern(days, others) -> None:
    before = patterns.found({4: days, 0: others}, OPEN, EVEN)
    after = patterns.found({4: days + 1, 0: others}, OPEN, EVEN)
    if before is not None and before.weekday == 4:
        assert after is not None
        assert after.weekday == 4


@pytest.mark.parametrize(
    ("before", "recent", "improved"),
    [
        pytest.param(of(18, 2), of(19, 1), True, id="five-points-to-exactly-95"),
        pytest.param(of(19, 1), of(20, 0), True, id="five-points-to-100"),
        pytest.param(of(36, 4), of(37, 3), False, id="not-95-yet"),
        pytest.param(of(37, 3), of(38, 2), False, id="less-than-five-points"),
        pytest.param(of(10, 9), of(20, 0), False, id="too-few-possible-before"),
        pytest.param(of(10, 10), of(0, 0), False, id="nothing-lately"),
    ],
)
def test_who_has_improved(before, recent, improved) -> None:
    assert improvement.is_improved(before, recent) is improved


@pytest.mark.parametrize(
    ("figures", "was"),
    [
        ({"absent": 10, "possible": 100}, True),
        ({"absent": 9, "possible": 100}, False),
        ({"absent": 0, "possible": 0}, False),
        ({"lates": 5}, False),
    ],
    ids=["exactly-a-tenth", "below", "nothing-possible", "a-flag-of-lates"],
)
def test_whose_flag_was_of_persistent_absence(figures, was) -> None:
    assert improvement.was_persistent(figures) is was
