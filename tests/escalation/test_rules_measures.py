"""Each kind of measure on both sides of what it asks for, in a policy of one rule."""

from datetime import date
from typing import Any

import pytest

from escalation.rules import judging
from escalation.rules.finding import Finding
from escalation.rules.measures import Ends
from tests.escalation import documents
from tests.escalation.pupils import CALENDAR, last_day, line, measured

WEEK_1 = date(2026, 11, 2)
"""The Monday on which the lines of most tests begin."""


def finding(measure: dict[str, Any], codes, on: date | None = None, rule: dict[str, Any] | None = None, **fields):
    policy = documents.read(documents.policy(documents.rule("R", measure=measure, **(rule or {}))))
    found = judging.judge(policy, measured(policy, codes, on, **fields))
    return found[0] if found else None


def counted(one: Finding) -> str:
    return "".join(code for _, code in one.counted)


@pytest.mark.parametrize(
    ("codes", "fires"),
    [
        pytest.param("UU" + "/" * 8, False, id="two"),
        pytest.param("UUU" + "/" * 8, True, id="three"),
        pytest.param("UUOOGGNN", False, id="other-absence-is-not-counted"),
    ],
)
def test_sessions_of_a_code_in_the_window(codes, fires) -> None:
    measure = {"kind": "sessions_missed", "codes": ["U"], "over": "10 weeks", "at_least": 3}
    assert (finding(measure, line(codes)) is not None) == fires


@pytest.mark.parametrize(
    ("on", "fires"),
    [
        pytest.param(date(2026, 9, 11), True, id="in-the-tenth-week-the-summer-between"),
        pytest.param(date(2026, 9, 14), False, id="in-the-eleventh"),
    ],
)
def test_the_window_runs_over_the_summer_in_school_weeks(on: date, fires: bool) -> None:
    measure = {"kind": "sessions_missed", "codes": ["U"], "over": "10 weeks", "at_least": 1}
    late_on = CALENDAR.weeks_ending(date(2026, 9, 11), 10)[0]
    assert (finding(measure, line("U", late_on), on) is not None) == fires


def test_sessions_missed_without_codes_counts_every_absence_and_leaves_out_earlier_ones() -> None:
    measure = {"kind": "sessions_missed", "over": "2 weeks", "at_least": 3}
    found = finding(measure, {**line("IO", date(2026, 9, 1)), **line("IOUL", date(2026, 11, 9))}, date(2026, 11, 20))
    assert found is not None
    assert counted(found) == "IOU"
    assert [(left.place.on.day, left.code) for left in found.left_out] == [(1, "I"), (1, "O")]
    assert found.words == (
        "3 sessions missed in the last 2 school weeks, from 9 November 2026 to 20 November 2026. "
        "The policy speaks of 3 or more."
    )


@pytest.mark.parametrize(
    ("codes", "occasions"),
    [
        pytest.param("III/I", 2, id="a-present-session-parts-two"),
        pytest.param("III", 1, id="one-run"),
        pytest.param("I.I", 1, id="a-missing-mark-parts-nothing"),
        pytest.param("I/I/I", 3, id="three"),
        pytest.param("IMI", 2, id="an-appointment-parts-two"),
    ],
)
def test_occasions_of_illness(codes: str, occasions: int) -> None:
    found = finding({"kind": "illness_occasions", "at_least": 1}, line(codes))
    assert found is not None
    assert found.figures["occasions"] == occasions
    assert finding({"kind": "illness_occasions", "at_least": occasions + 1}, line(codes)) is None


def test_an_illness_over_a_weekend_and_a_half_term_is_one_occasion() -> None:
    codes = {**line("I" * 2, date(2026, 10, 16)), **line("I" * 2, date(2026, 11, 2))}
    found = finding({"kind": "illness_occasions", "at_least": 1}, codes)
    assert found is not None
    assert found.figures["occasions"] == 1


@pytest.mark.parametrize(
    ("codes", "days"),
    [
        pytest.param("I" * 10, 5, id="five-days"),
        pytest.param("I" * 8, 4, id="four-days"),
        pytest.param("/" + "I" * 9, 4, id="the-first-day-only-half"),
        pytest.param("I" * 8 + "//" + "I" * 10, 5, id="the-longer-of-two"),
        pytest.param("IIIII/IIII", 2, id="a-session-attended-parts-the-days"),
    ],
)
def test_days_on_end(codes: str, days: int) -> None:
    measure = {"kind": "days_on_end", "codes": ["I"]}
    found = finding({**measure, "at_least": days}, line(codes, WEEK_1))
    assert found is not None
    assert found.figures["days"] == days
    assert len(found.counted) == 2 * days
    assert len(found.counted) + len(found.left_out) == codes.count("I")
    assert finding({**measure, "at_least": days + 1}, line(codes, WEEK_1)) is None


@pytest.mark.parametrize(
    ("codes", "fires"),
    [
        pytest.param("O" * 38 + "/" * 342, True, id="exactly-a-tenth"),
        pytest.param("O" * 37 + "/" * 343, False, id="just-below"),
        pytest.param("O" * 30 + "I" * 20 + "/" * 250, True, id="illness-beside-it"),
        pytest.param("O" * 29 + "I" * 21 + "/" * 250, False, id="illness-does-not-count"),
    ],
)
def test_the_unauthorised_share(codes: str, fires: bool) -> None:
    found = finding({"kind": "unauthorised_at_least", "percent": 10}, line(codes))
    assert (found is not None) == fires
    if found is not None:
        assert set(counted(found)) == {"O"}
        assert {left.code for left in found.left_out} == set(codes) - {"O", "/"}


EXPECTED = {"expected_attendance": 95}


@pytest.mark.parametrize(
    ("missed", "assumed", "fires"),
    [
        pytest.param(5, False, False, id="exactly-what-is-expected"),
        pytest.param(6, False, True, id="below-it"),
        pytest.param(60, True, False, id="only-assumed"),
    ],
)
def test_below_what_is_expected(missed: int, assumed: bool, fires: bool) -> None:
    rule = documents.rule("R", measure={"kind": "below_expected"})
    policy = documents.read(documents.policy(rule, expected_attendance=95, expected_attendance_assumed=assumed))
    assert bool(judging.judge(policy, measured(policy, line("I" * missed + "/" * (100 - missed))))) == fires


@pytest.mark.parametrize(
    ("when", "on", "fires"),
    [
        pytest.param("end of term", date(2026, 12, 11), False, id="six-days-before-the-end-of-term"),
        pytest.param("end of term", date(2026, 12, 14), True, id="the-last-five-days-of-term"),
        pytest.param("end of term", date(2026, 12, 28), True, id="the-holiday-after-it"),
        pytest.param("end of term", date(2027, 1, 4), False, id="the-next-term"),
        pytest.param("end of term", date(2026, 10, 16), False, id="the-end-of-a-half-term-is-not-a-terms"),
        pytest.param("end of half-term", date(2026, 10, 16), True, id="the-end-of-a-half-term"),
        pytest.param("any day", date(2026, 11, 11), True, id="any-day"),
    ],
)
def test_a_rule_that_is_looked_at_only_at_the_end(when: str, on: date, fires: bool) -> None:
    rule = {"when": when}
    assert (finding({"kind": "absence_at_least", "percent": 1}, line("O" * 20), on, rule) is not None) == fires


@pytest.mark.parametrize(
    ("over", "possible"),
    [
        pytest.param("half-term", 30, id="since-the-half-term-began"),
        pytest.param("term", 98, id="since-the-first-of-two-half-terms-began"),
        pytest.param("3 weeks", 30, id="three-school-weeks"),
        pytest.param("5 weeks", 50, id="five-school-weeks-over-the-half-term"),
        pytest.param("year", 98, id="the-year"),
    ],
)
def test_a_band_over_each_period(over: str, possible: int) -> None:
    measure = {"kind": "attendance_band", "at_most": 100, "at_least": 0, "over": over}
    found = finding(measure, line("O" * 4), date(2026, 11, 20))
    assert found is not None
    assert found.figures["possible"] == possible


@pytest.mark.parametrize(
    ("population", "fields", "fires"),
    [
        pytest.param({"compulsory_age": True}, {"of_compulsory_age": False}, False, id="too-young"),
        pytest.param({"compulsory_age": True}, {}, True, id="of-compulsory-age"),
        pytest.param({"year_groups": [1, 2]}, {"year_group": 3}, False, id="another-year-group"),
        pytest.param({"year_groups": [1, 2]}, {"year_group": 2}, True, id="one-of-the-year-groups"),
        pytest.param({}, {"of_compulsory_age": False, "year_group": 0}, True, id="everybody"),
    ],
)
def test_whom_a_rule_is_about(population, fields, fires) -> None:
    rule = {"population": population}
    assert (
        finding({"kind": "absence_at_least", "percent": 1}, line("O" * 20), None, rule, **fields) is not None
    ) == fires


LETTER = {"letter_of_concern": date(2026, 9, 18)}
STILL = {"kind": "no_improvement", "letters": ["letter_of_concern"], "weeks": 4, "unauthorised": 1}
BEFORE = "OO" + "/" * 26
"""To the day of the letter, 18 September: two missed of twenty-eight."""


@pytest.mark.parametrize(
    ("after", "letters", "fires"),
    [
        pytest.param("OOO" + "/" * 39, LETTER, True, id="exactly-as-before"),
        pytest.param("OO" + "/" * 40, LETTER, False, id="better-by-one-session"),
        pytest.param("OOOO" + "/" * 36, LETTER, True, id="worse"),
        pytest.param("IIII" + "/" * 36, LETTER, False, id="worse-but-all-authorised"),
        pytest.param("OOOO" + "/" * 36, {}, False, id="no-letter-was-sent"),
        pytest.param("OOOO" + "/" * 36, {"late_l": date(2026, 9, 18)}, False, id="another-letter-was-sent"),
        pytest.param("OOOO" + "/" * 26, LETTER, False, id="three-weeks-are-too-few"),
    ],
)
def test_no_improvement_since_a_letter(after, letters, fires) -> None:
    codes = BEFORE + after
    assert (finding(STILL, line(codes), last_day(len(codes)), letters=letters) is not None) == fires


@pytest.mark.parametrize(
    ("before", "after", "fires"),
    [
        pytest.param(2, 2, True, id="as-before"),
        pytest.param(3, 2, False, id="better"),
        pytest.param(0, 1, True, id="worse"),
        pytest.param(0, 0, False, id="nothing-missed"),
    ],
)
def test_no_improvement_over_weeks(before: int, after: int, fires: bool) -> None:
    codes = {**line("O" * before, date(2026, 11, 2)), **line("O" * after, date(2026, 11, 16))}
    measure = {"kind": "no_improvement", "weeks": 2}
    assert (finding(measure, codes, date(2026, 11, 27)) is not None) == fires


@pytest.mark.parametrize(
    ("before", "after", "fires"),
    [
        pytest.param(2, 1, True, id="five-points-exactly"),
        pytest.param(2, 2, False, id="no-better"),
        pytest.param(1, 0, False, id="was-not-below-the-bound"),
        pytest.param(3, 2, True, id="five-points-from-further-down"),
    ],
)
def test_improvement(before: int, after: int, fires: bool) -> None:
    """A week against a week before, of twenty sessions each: one session is five points."""
    codes = {**line("O" * before, date(2026, 11, 2)), **line("O" * after, date(2026, 11, 16))}
    measure = {"kind": "improvement", "weeks": 2, "points": 5, "from_below": 95}
    found = finding(measure, codes, date(2026, 11, 27))
    assert (found is not None) == fires
    if found is not None:
        assert len(found.counted) == before + after


@pytest.mark.parametrize(
    ("codes", "reached", "fires"),
    [
        pytest.param("/" * 6 + "NNNN", (), True, id="two-days-and-nobody-reached"),
        pytest.param("/" * 8 + "NN", (), False, id="one-day"),
        pytest.param("/" * 6 + "NNNN", (date(2026, 9, 4),), False, id="reached-about-the-first-day"),
        pytest.param("/" * 6 + "NNNN", (date(2026, 9, 3),), True, id="reached-about-the-day-before"),
        pytest.param("/" * 4 + "NNNN//", (), False, id="back-since"),
        pytest.param("/" * 6 + "NNII", (), False, id="a-reason-came"),
        pytest.param("/" * 6 + "NNNN..", (), True, id="todays-register-not-taken-yet"),
    ],
)
def test_nobody_reached(codes, reached, fires) -> None:
    """The year begins on a Tuesday, so that the seventh session is of Friday 4 September."""
    measure = {"kind": "no_contact", "days": 2, "codes": ["N"]}
    found = finding(measure, line(codes), reached=frozenset(reached))
    assert (found is not None) == fires


@pytest.mark.parametrize(
    ("due", "fires"),
    [
        pytest.param(None, False, id="no-review"),
        pytest.param(date(2026, 11, 20), False, id="due-today"),
        pytest.param(date(2026, 11, 19), False, id="due-yesterday"),
        pytest.param(date(2026, 11, 18), True, id="two-school-days-ago"),
    ],
)
def test_a_review_that_is_overdue(due, fires) -> None:
    measure = {"kind": "review_overdue", "days": 2}
    assert (finding(measure, line("/"), date(2026, 11, 20), review_due=due) is not None) == fires


def test_an_end_is_told_by_the_calendar_alone() -> None:
    found = finding(
        {"kind": "absence_at_least", "percent": 1}, line("O" * 20), rule={"when": "end of term"}, ends=Ends(True)
    )
    assert found is not None
