"""What-if lines against the register played forward session by session over the rest of the year."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.rules import judging, what_if
from escalation.rules.what_if import Edge
from tests.escalation import documents
from tests.escalation.pupils import CALENDAR, YEAR_BEGAN, line, measured

MEASURES = (
    {"kind": "attendance_band", "at_least": 90, "at_most": 95},
    {"kind": "attendance_band", "above": 90, "at_most": 93},
    {"kind": "attendance_band", "above": 50, "below": 90},
    {"kind": "attendance_band", "above": 95},
    {"kind": "absence_at_least", "percent": 10},
    {"kind": "absence_at_least", "percent": 50},
    {"kind": "unauthorised_at_least", "percent": 10},
    {"kind": "below_expected"},
)
PLACES = CALENDAR.sessions_between(YEAR_BEGAN, date(2027, 7, 22))


def holds(policy, codes: str) -> bool:
    return bool(judging.judge(policy, measured(policy, line(codes), PLACES[len(codes) - 1].on)))


def first(number: int, check: Callable[[int], bool]) -> int | None:
    return next((count for count in range(1, number + 1) if check(count)), None)


@settings(max_examples=60)
@given(st.lists(st.sampled_from("////////OI"), min_size=8, max_size=len(PLACES)), st.sampled_from(MEASURES))
def test_lines_are_what_playing_the_year_forward_shows(codes: list[str], measure) -> None:
    so_far = "".join(codes[: len(codes) // 2 * 2])
    policy = documents.read(documents.policy(documents.rule("R", measure=measure)))
    measures = measured(policy, line(so_far), PLACES[len(so_far) - 1].on)
    found = judging.judge(policy, measures)
    if not found:
        return
    remaining = len(PLACES) - len(so_far)
    assert measures.remaining == remaining
    for told in what_if.lines(policy, found[0].rule, measures):
        if told.edge is Edge.LEFT:
            lost = first(remaining, lambda more: not _still(policy, so_far + "O" * more))
            assert told.sessions == (remaining if lost is None else lost - 1)
        else:
            needed = first(remaining, lambda more: not _still(policy, so_far + "/" * more))
            assert (told.edge, told.sessions) == (
                (Edge.CANNOT, remaining) if needed is None else (Edge.RECOVER, needed)
            )


def _still(policy, codes: str) -> bool:
    """Whether the rule holds once the last of the codes is over, though its day may not be."""
    day = PLACES[len(codes) - 1].on
    rest = dict.fromkeys(CALENDAR.sessions_between(day, day), "#")
    return bool(judging.judge(policy, measured(policy, {**rest, **line(codes)}, day)))


@pytest.mark.parametrize(
    ("measure", "codes", "words"),
    [
        pytest.param(
            {"kind": "attendance_band", "above": 90, "at_most": 93},
            "O" * 8 + "/" * 92,
            ["2 more sessions may be missed before attendance falls to 90 %."],
            id="two-before-persistent-absence",
        ),
        pytest.param(
            {"kind": "absence_at_least", "percent": 10},
            "O" * 10 + "/" * 90,
            ["1 session attended in full are needed to fall below 10 % missed."],
            id="one-to-recover",
        ),
        pytest.param(
            {"kind": "absence_at_least", "percent": 10},
            "O" * 60 + "/" * 40,
            ["Cannot be left this year: 284 sessions remain, too few to fall below 10 % missed."],
            id="cannot-this-year",
        ),
        pytest.param(
            {"kind": "lates_in_half_term", "at_least": 1},
            "L",
            ["The count begins again after 16 October 2026, when Term 1 ends."],
            id="lates-begin-again",
        ),
        pytest.param({"kind": "illness_occasions", "at_least": 1}, "I", [], id="nothing-to-tell"),
        pytest.param({"kind": "absence_at_least", "percent": 1, "over": "term"}, "I", [], id="not-of-the-year"),
    ],
)
def test_what_is_told(measure, codes: str, words: list[str]) -> None:
    policy = documents.read(documents.policy(documents.rule("R", measure=measure)))
    measures = measured(policy, line(codes), PLACES[len(codes) - 1].on)
    rule = judging.judge(policy, measures)[0].rule
    told = [one.words for one in what_if.lines(policy, rule, measures)]
    assert told[: len(words)] == words
    assert bool(told) == bool(words)
