"""Every rule of both schools' policies on both sides of what it asks for, each with its own marks."""

from datetime import date

import pytest

from escalation.rules import groups, judging
from escalation.rules.groups import Groups
from escalation.rules.measures import Stretch
from escalation.rules.measuring import BestClasses, SchoolBelow
from registers.rules.figures import Figures
from tests.escalation import documents
from tests.escalation.pupils import BLANK, YEAR_BEGAN, last_day, line, measured

POLICIES = {slug: documents.read(documents.of_school(slug)) for slug in documents.SLUGS}
SH, CR = "staplehurst", "carlton_road"
FRIDAY = date(2026, 11, 20)


def found(slug: str, codes, on: date | None = None, **fields) -> set[str]:
    policy = POLICIES[slug]
    return {one.rule.id for one in judging.judge(policy, measured(policy, codes, on, **fields))}


def share(missed: int, possible: int, code: str = "M") -> str:
    """So many sessions missed, by appointments unless told otherwise, of so many possible."""
    return code * missed + "/" * (possible - missed)


CASES = [
    pytest.param(SH, "SH-A", share(1, 21), share(1, 20), {}, id="SH-A-above-95"),
    pytest.param(SH, "SH-B", share(1, 20), share(1, 21), {}, id="SH-B-at-95"),
    pytest.param(SH, "SH-B", share(2, 20), share(3, 28), {}, id="SH-B-at-90"),
    pytest.param(SH, "SH-C", share(3, 28), share(2, 20), {}, id="SH-C-below-90"),
    pytest.param(SH, "SH-C", share(2, 11), share(2, 10), {}, id="SH-C-from-eleven-sessions"),
    pytest.param(SH, "SH-LATE", "LLLUU" + "/" * 20, "LLLU" + "/" * 20, {}, id="SH-LATE-five"),
    pytest.param(SH, "SH-U", "UUU" + "/" * 20, "UULL" + "/" * 20, {}, id="SH-U-three"),
    pytest.param(SH, "SH-ILL-3", "I/I/I", "I/I", {}, id="SH-ILL-3-occasions"),
    pytest.param(SH, "SH-ILL-5", "I" * 10, "I" * 9, {}, id="SH-ILL-5-days"),
    pytest.param(SH, "SH-UA10", share(2, 20, "O"), share(2, 21, "O"), {}, id="SH-UA10-a-tenth"),
    pytest.param(SH, "SH-UA10", share(2, 20, "O"), share(2, 20, "I"), {}, id="SH-UA10-illness-does-not-count"),
    pytest.param(SH, "SH-CONTACT", "//NNNN", "////NN", {}, id="SH-CONTACT-two-days"),
    pytest.param(
        SH,
        "SH-STILL",
        "OO" + "/" * 26 + "OOO" + "/" * 39,
        "OO" + "/" * 26 + "III" + "/" * 39,
        {"letters": {"stage1_medical": date(2026, 9, 18)}},
        id="SH-STILL-unauthorised",
    ),
    pytest.param(CR, "CR-SA", share(10, 20), share(10, 21), {}, id="CR-SA-half"),
    pytest.param(CR, "CR-PA", share(2, 20), share(2, 21), {}, id="CR-PA-a-tenth"),
    pytest.param(CR, "CR-RISK", share(7, 100), share(6, 100), {}, id="CR-RISK-at-93"),
    pytest.param(CR, "CR-RISK", share(2, 21), share(2, 20), {}, id="CR-RISK-above-90"),
    pytest.param(CR, "CR-PNAR", "O" * 20, "O" * 19, {}, id="CR-PNAR-ten-days"),
    pytest.param(CR, "CR-PNAR", "GNOU" * 5, "GNOI" * 5, {}, id="CR-PNAR-illness-parts-it"),
    pytest.param(CR, "CR-LATE", "LLLLU", "LLLL", {}, id="CR-LATE-five"),
    pytest.param(CR, "CR-CONTACT", "NNNNNN", "NNNN", {}, id="CR-CONTACT-three-days"),
    pytest.param(
        CR,
        "CR-STILL",
        "OO" + "/" * 26 + "OOOOO" + "/" * 55,
        "OO" + "/" * 26 + "OO" + "/" * 58,
        {"letters": {"letter_of_concern": date(2026, 9, 18)}},
        id="CR-STILL-no-better",
    ),
]


@pytest.mark.parametrize(("slug", "rule_id", "met", "not_met", "fields"), CASES)
def test_each_side_of_each_rule(slug: str, rule_id: str, met: str, not_met: str, fields) -> None:
    assert rule_id in found(slug, line(met), last_day(len(met)), **fields)
    assert rule_id not in found(slug, line(not_met), last_day(len(not_met)), **fields)


def test_the_letter_of_concern_is_for_the_end_of_term() -> None:
    missed = line("M" * 10)
    assert "CR-LETTER" in found(CR, missed, date(2026, 12, 18))
    assert "CR-LETTER" not in found(CR, missed, date(2026, 12, 11))
    assert "CR-LETTER" not in found(CR, line("M" * 6), date(2026, 12, 18))


def test_praise_for_who_does_better_after_a_bad_spell() -> None:
    before = line("M" * 8, date(2026, 9, 28))
    assert "CR-BETTER" in found(CR, before, date(2026, 11, 27))
    assert "CR-BETTER" not in found(CR, {**before, **line("M" * 8, date(2026, 11, 9))}, date(2026, 11, 27))


@pytest.mark.parametrize(("due", "fires"), [(date(2026, 11, 19), True), (FRIDAY, False)], ids=["yesterday", "today"])
def test_a_panels_review(due: date, fires: bool) -> None:
    assert ("CR-REVIEW" in found(CR, line("/"), FRIDAY, review_due=due)) == fires


def group(slug: str, **fields) -> list[tuple[str, str]]:
    given = Groups(**{"monday": date(2026, 11, 16), "on": FRIDAY, "classes": {}, "school": {}, **fields})
    return [(one.rule.id, one.school_class) for one in groups.judge(POLICIES[slug], given)]


CLASSES = {
    "Ash": Figures({"/": 290, "O": 10}),
    "Birch": Figures({"/": 299, "O": 1}),
    "Cedar": Figures({"/": 299, "O": 1}),
    "Elm": Figures({"/": 280, "O": 20}),
    "": Figures({"/": 10}),
}


def test_the_best_classes_of_the_week_and_all_that_tie() -> None:
    assert group(SH, classes=CLASSES) == [("SH-BEST", "Birch"), ("SH-BEST", "Cedar")]
    assert group(CR, classes=CLASSES) == [("CR-BEST", "Birch"), ("CR-BEST", "Cedar")]
    alone = {**CLASSES, "Cedar": Figures({"/": 270, "O": 30})}
    assert group(CR, classes=alone) == [("CR-BEST", "Birch"), ("CR-BEST", "Ash")]
    assert group(CR, classes={"Ash": Figures({"#": 10})}) == []


@pytest.mark.parametrize(
    ("attended", "fires"),
    [
        pytest.param(9472, False, id="exactly-the-national-figure"),
        pytest.param(9471, True, id="one-session-below"),
    ],
)
def test_the_governors_hear_when_the_school_is_below_the_nation(attended: int, fires: bool) -> None:
    school = {"year": Stretch(YEAR_BEGAN, FRIDAY, Figures({"/": attended, "I": 10_000 - attended}))}
    assert (("SH-GOV", "") in group(SH, school=school)) == fires
    assert group(CR, school=school) == []


def test_no_measure_fires_a_judgement() -> None:
    """Early Help stands in both policies as something a person judges, and no rule leads to it."""
    for policy in POLICIES.values():
        assert any(one.referral == "early help" for one in policy.judgements)
        assert not any("early help" in rule.follows.referral.lower() for rule in policy.rules)


def test_every_rule_of_both_policies_has_a_case_here() -> None:
    cased = {case.values[1] for case in CASES} | {"CR-LETTER", "CR-BETTER", "CR-REVIEW", "SH-BEST", "CR-BEST", "SH-GOV"}
    assert {rule.id for policy in POLICIES.values() for rule in policy.rules} == cased


def test_rules_about_groups_flag_no_pupil() -> None:
    for slug, policy in POLICIES.items():
        ids = {rule.id for rule in policy.rules if isinstance(rule.measure, BestClasses | SchoolBelow)}
        assert not ids & found(slug, line("O" * 20 + BLANK), FRIDAY)
