"""Points and rules of a plot stand where they should, whatever the values."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance_site.rules import plots

PARTS = st.integers(1, 400).flatmap(lambda whole: st.builds(Fraction, st.integers(0, whole), st.just(whole)))
VALUES = st.lists(PARTS, min_size=1, max_size=15).map(
    lambda parts: [(f"week {number}", part) for number, part in enumerate(parts)]
)
A_FEW = settings(max_examples=40)
RIGHTMOST = plots.WIDTH - plots.RIGHT
LOWEST = plots.HEIGHT - plots.BOTTOM


def shares(*percents: int | Fraction) -> list[tuple[str, Fraction]]:
    return [(f"week {number}", Fraction(percent) / 100) for number, percent in enumerate(percents)]


def test_nothing_gives_nothing() -> None:
    assert plots.line([]) == plots.Line((), ())
    assert plots.line([]).path == ""


def test_a_single_value_stands_at_the_left() -> None:
    [point] = plots.line(shares(90)).points
    assert (point.x, point.name, point.label) == (plots.LEFT, "week 0", "week 0")
    assert plots.TOP < point.y <= LOWEST


def test_all_at_a_hundred_lie_on_the_top_rule() -> None:
    drawn = plots.line(shares(100, 100, 100))
    assert [point.y for point in drawn.points] == [plots.TOP] * 3
    assert drawn.rules == ((plots.TOP, 100),)


def test_nobody_there_lies_on_the_bottom_rule() -> None:
    drawn = plots.line(shares(0, 100))
    assert [point.y for point in drawn.points] == [LOWEST, plots.TOP]
    assert [percent for _, percent in drawn.rules] == [0, 20, 40, 60, 80, 100]


@pytest.mark.parametrize(
    ("least", "rules"),
    [
        pytest.param(99, [99, 100], id="one below"),
        pytest.param(94, [94, 95, 96, 97, 98, 99, 100], id="six rules of one"),
        pytest.param(93, [92, 94, 96, 98, 100], id="seven need steps of two"),
        pytest.param(Fraction(939, 10), [92, 94, 96, 98, 100], id="a part of a per cent counts down"),
        pytest.param(88, [88, 90, 92, 94, 96, 98, 100], id="six rules of two"),
        pytest.param(87, [85, 90, 95, 100], id="steps of five"),
        pytest.param(70, [70, 75, 80, 85, 90, 95, 100], id="six rules of five"),
        pytest.param(69, [60, 70, 80, 90, 100], id="steps of ten"),
        pytest.param(39, [20, 40, 60, 80, 100], id="steps of twenty"),
    ],
)
def test_the_scale_begins_at_a_round_percentage_below_the_least(least: int | Fraction, rules: list[int]) -> None:
    drawn = plots.line(shares(100, least, 100))
    assert [percent for _, percent in drawn.rules] == rules


def test_a_value_on_a_rule_stands_on_its_line() -> None:
    drawn = plots.line(shares(90, 95, 100))
    at = {percent: y for y, percent in drawn.rules}
    assert [point.y for point in drawn.points] == pytest.approx([at[90], (at[94] + at[96]) / 2, at[100]])


def test_every_second_point_is_labelled() -> None:
    assert [point.label for point in plots.line(shares(90, 91, 92, 93)).points] == ["week 0", "", "week 2", ""]


def test_the_path_is_the_points_in_order() -> None:
    drawn = plots.line(shares(90, 100))
    assert drawn.path == f"{plots.LEFT:.1f},{LOWEST:.1f} {RIGHTMOST:.1f},{plots.TOP:.1f}"


@A_FEW
@given(VALUES)
def test_every_point_and_rule_lies_in_the_box(values: list[tuple[str, Fraction]]) -> None:
    drawn = plots.line(values)
    for point in drawn.points:
        assert plots.LEFT <= point.x <= RIGHTMOST + 1e-6
        assert plots.TOP <= point.y <= LOWEST
    for y, percent in drawn.rules:
        assert plots.TOP <= y <= LOWEST
        assert 0 <= percent <= 100


@A_FEW
@given(VALUES)
def test_points_run_from_left_to_right_with_their_own_values(values: list[tuple[str, Fraction]]) -> None:
    points = plots.line(values).points
    assert [(point.name, point.value) for point in points] == values
    assert all(left.x < right.x for left, right in pairwise(points))


@A_FEW
@given(VALUES)
def test_more_attendance_stands_higher(values: list[tuple[str, Fraction]]) -> None:
    points = sorted(plots.line(values).points, key=lambda point: point.value)
    for lower, higher in pairwise(points):
        assert lower.y == higher.y if lower.value == higher.value else lower.y > higher.y


@A_FEW
@given(VALUES)
def test_rules_climb_the_page_as_their_percentages_rise_to_a_hundred(values: list[tuple[str, Fraction]]) -> None:
    rules = plots.line(values).rules
    assert 1 <= len(rules) <= 7
    assert rules[-1] == (plots.TOP, 100)
    assert all(below[0] > above[0] and below[1] < above[1] for below, above in pairwise(rules))
    assert rules[0][1] <= min(share for _, share in values) * 100
