"""Percentages: exact, compared unrounded, rounded only for the eye."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registers.rules import codes, figures
from registers.rules.figures import Figures
from tests.registers.test_codes import CLASSES

COUNTS = st.dictionaries(st.sampled_from(sorted(codes.CODES)), st.integers(0, 400))
PARTS = st.lists(st.builds(Figures, COUNTS, st.integers(0, 50)), max_size=6)


def test_each_figure_is_a_sum_of_its_codes() -> None:
    counted = Figures({"/": 5, "L": 2, "B": 1, "I": 3, "U": 1, "N": 1, "X": 4, "D": 2, "#": 1}, unmarked=6)
    assert (counted.present, counted.elsewhere, counted.authorised, counted.unauthorised) == (7, 1, 3, 2)
    assert (counted.attended, counted.absent, counted.possible, counted.not_possible) == (8, 5, 13, 7)
    assert (counted.late, counted.late_after_close, counted.lates) == (2, 1, 3)
    assert counted.attendance == Fraction(8, 13)
    assert counted.absence == Fraction(5, 13)
    assert counted.authorised_share == Fraction(3, 13)
    assert counted.unauthorised_share == Fraction(2, 13)


def test_nothing_possible_is_no_percentage_and_no_flag() -> None:
    for nothing in (Figures(), Figures({"X": 10, "Y1": 2}, unmarked=30)):
        assert nothing.attendance is None
        assert nothing.absence is None
        assert not nothing.is_persistently_absent
        assert not nothing.is_severely_absent
        assert nothing.as_counts["attendance"] is None


@pytest.mark.parametrize(
    ("attended", "absent", "persistent", "severe"),
    [
        pytest.param(9, 1, True, False, id="exactly-90"),
        pytest.param(342, 38, True, False, id="38-of-380"),
        pytest.param(343, 37, False, False, id="37-of-380"),
        pytest.param(9004, 996, False, False, id="90.04-shows-90.0"),
        pytest.param(90001, 9999, False, False, id="a-hair-above-90"),
        pytest.param(89999, 10001, True, False, id="a-hair-below-90"),
        pytest.param(190, 190, True, True, id="exactly-50"),
        pytest.param(191, 189, True, False, id="above-50"),
        pytest.param(0, 1, True, True, id="one-session-missed-of-one"),
        pytest.param(1, 0, False, False, id="one-session-attended-of-one"),
    ],
)
@pytest.mark.parametrize("code", ["I", "O"], ids=["authorised", "unauthorised"])
def test_persistent_and_severe_absence(attended: int, absent: int, persistent: bool, severe: bool, code: str) -> None:
    counted = Figures({"/": attended, code: absent})
    assert counted.is_persistently_absent is persistent
    assert counted.is_severely_absent is severe


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        pytest.param(Fraction(9004, 10000), 1, "90.0", id="90.04"),
        pytest.param(Fraction(9005, 10000), 1, "90.1", id="90.05-half-up"),
        pytest.param(Fraction(8995, 10000), 1, "90.0", id="89.95-half-up"),
        pytest.param(Fraction(89949, 100000), 1, "89.9", id="89.949"),
        pytest.param(Fraction(9025, 10000), 1, "90.3", id="90.25-not-to-even"),
        pytest.param(Fraction(63845, 1000000), 2, "6.38", id="two-places-6.3845"),
        pytest.param(Fraction(63850, 1000000), 2, "6.39", id="two-places-6.385"),
        pytest.param(Fraction(1, 3), 2, "33.33", id="a-third"),
        pytest.param(Fraction(2, 3), 2, "66.67", id="two-thirds"),
        pytest.param(Fraction(5, 1000), 0, "1", id="no-places-half-up"),
        pytest.param(Fraction(1), 1, "100.0", id="all"),
        pytest.param(Fraction(0), 1, "0.0", id="none"),
        pytest.param(Fraction(9999, 10000), 1, "100.0", id="99.99"),
        pytest.param(None, 1, "–", id="nothing-to-divide"),
    ],
)
def test_what_is_shown_is_rounded_half_up(value: Fraction | None, places: int, text: str) -> None:
    assert figures.shown(value, places) == text


def test_9004_of_10000_shows_90_and_is_not_persistently_absent() -> None:
    counted = Figures({"/": 9004, "I": 996})
    assert figures.shown(counted.attendance) == "90.0"
    assert not counted.is_persistently_absent


def test_a_group_is_a_ratio_of_sums_and_not_a_mean() -> None:
    group = figures.cohort([Figures({"/": 100}), Figures({"O": 10})])
    assert group.figures.attendance == Fraction(100, 110)
    assert group.figures.attendance != Fraction(1, 2)
    assert (group.enrolments, group.persistent, group.severe) == (2, 1, 1)
    assert group.persistent_share == Fraction(1, 2)


@pytest.mark.parametrize(
    ("possible", "minimum", "enrolments"),
    [
        pytest.param(11, figures.LIVE_MINIMUM_POSSIBLE, 1, id="eleven-live"),
        pytest.param(10, figures.LIVE_MINIMUM_POSSIBLE, 0, id="ten-live"),
        pytest.param(1, 1, 1, id="one-census"),
        pytest.param(0, 1, 0, id="none-census"),
        pytest.param(0, 0, 0, id="none-is-never-an-enrolment"),
    ],
)
def test_short_enrolments_stand_outside_the_rates(possible: int, minimum: int, enrolments: int) -> None:
    group = figures.cohort([Figures({"O": possible, "X": 5})], minimum)
    assert (group.enrolments, group.persistent, group.severe) == (enrolments, enrolments, enrolments)
    assert group.figures.possible == possible
    assert (group.persistent_share is None) is (enrolments == 0)


def test_more_absences_are_unauthorised() -> None:
    after = Figures({"/": 18, "I": 1}, unmarked=3).with_absences(1)
    assert (after.possible, after.unauthorised, after.authorised, after.unmarked) == (20, 1, 1, 3)
    assert after.is_persistently_absent


@settings(max_examples=50)
@given(COUNTS)
def test_figures_equal_a_count_by_hand(by_code: dict[str, int]) -> None:
    by_class = {
        stat_class: sum(by_code.get(symbol, 0) for symbol in symbols.split()) for stat_class, symbols in CLASSES.items()
    }
    counted = Figures(by_code)
    attended = by_class[codes.StatClass.PRESENT] + by_class[codes.StatClass.ELSEWHERE]
    absent = by_class[codes.StatClass.AUTHORISED] + by_class[codes.StatClass.UNAUTHORISED]
    assert (counted.attended, counted.absent, counted.possible) == (attended, absent, attended + absent)
    assert counted.is_persistently_absent is (attended + absent > 0 and 10 * absent >= attended + absent)
    assert counted.is_severely_absent is (attended + absent > 0 and 2 * absent >= attended + absent)
    assert counted.is_persistently_absent or not counted.is_severely_absent


@settings(max_examples=50)
@given(PARTS)
def test_a_total_adds_every_code(parts: list[Figures]) -> None:
    whole = figures.total(parts)
    assert whole.unmarked == sum(part.unmarked for part in parts)
    for symbol in codes.CODES:
        assert whole.by_code.get(symbol, 0) == sum(part.by_code.get(symbol, 0) for part in parts)
    assert figures.cohort(parts).figures.as_counts == whole.as_counts


@settings(max_examples=50)
@given(st.integers(0, 40_000), st.integers(1, 40_000), st.sampled_from([0, 1, 2]))
def test_what_is_shown_is_within_half_a_unit_of_what_is_true(part: int, whole: int, places: int) -> None:
    value = Fraction(min(part, whole), whole)
    shown = Fraction(figures.shown(value, places))
    assert -Fraction(1, 2) < (value * 100 - shown) * 10**places <= Fraction(1, 2) or shown > value * 100
    assert abs(value * 100 - shown) * 10**places <= Fraction(1, 2)
