import json
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from escalation import policy_file
from escalation.policy_file import PolicyRefusedError
from escalation.rules.policy import (
    AbsenceAtLeast,
    AttendanceBand,
    BelowExpected,
    BestClasses,
    DaysOnEnd,
    IllnessOccasions,
    Improvement,
    LatesInHalfTerm,
    NoContact,
    NoImprovement,
    ReviewOverdue,
    SchoolBelow,
    SessionsMissed,
    UnauthorisedAtLeast,
)
from letters.rules import kinds
from tests.escalation import documents

KINDS = frozenset({"letter_of_concern", "late_l"})


def faults(document: object, letter_kinds: frozenset[str] | None = KINDS) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(PolicyRefusedError) as refused:
        policy_file.read({"policy": document}, letter_kinds)
    return [(fault.path, fault.sentence) for fault in refused.value.faults]


@pytest.mark.parametrize("slug", documents.SLUGS)
def test_both_schools_policies_read_and_their_letters_are_known(slug: str) -> None:
    policy = policy_file.read(documents.school_file(slug), frozenset(kinds.KINDS))
    assert len(policy.rules) >= 3
    assert policy.applies_from == date(2024, 9, 1)


def test_staplehursts_policy_says_what_its_file_says() -> None:
    policy = documents.read(documents.of_school("staplehurst"))
    assert policy.expected_attendance == Decimal(99)
    assert policy.review_on == date(2027, 9, 1)
    assert {rule.id: rule.measure for rule in policy.rules} == {
        "SH-A": AttendanceBand("attendance_band", above=Decimal(95)),
        "SH-B": AttendanceBand("attendance_band", at_least=Decimal(90), at_most=Decimal(95)),
        "SH-C": AttendanceBand("attendance_band", below=Decimal(90)),
        "SH-STILL": NoImprovement("no_improvement", weeks=4, letters=("stage1_medical",), unauthorised=1),
        "SH-LATE": LatesInHalfTerm("lates_in_half_term", at_least=5),
        "SH-U": SessionsMissed("sessions_missed", at_least=3, codes=("U",), over="10 weeks"),
        "SH-ILL-3": IllnessOccasions("illness_occasions", at_least=3),
        "SH-ILL-5": DaysOnEnd("days_on_end", at_least=5, codes=("I",)),
        "SH-UA10": UnauthorisedAtLeast("unauthorised_at_least", Decimal(10)),
        "SH-CONTACT": NoContact("no_contact", days=2, codes=("N",)),
        "SH-BEST": BestClasses("best_classes", places=1),
        "SH-GOV": SchoolBelow("school_below", Decimal("94.72")),
    }
    assert {rule.id for rule in policy.rules if not rule.desk} == {"SH-A", "SH-BEST", "SH-GOV"}
    assert {rule.id: rule.follows.referral for rule in policy.rules if rule.follows.referral} == dict.fromkeys(
        ("SH-C", "SH-STILL", "SH-UA10"), "in-house Education Welfare Officer"
    )


def test_carlton_roads_policy_says_what_its_file_says() -> None:
    policy = documents.read(documents.of_school("carlton_road"))
    assert (policy.expected_attendance, policy.expected_attendance_assumed) == (Decimal(95), False)
    assert {rule.id: rule.measure for rule in policy.rules} == {
        "CR-SA": AbsenceAtLeast("absence_at_least", Decimal(50)),
        "CR-PA": AbsenceAtLeast("absence_at_least", Decimal(10)),
        "CR-RISK": AttendanceBand("attendance_band", above=Decimal(90), at_most=Decimal(93)),
        "CR-LETTER": BelowExpected("below_expected", over="term"),
        "CR-PNAR": DaysOnEnd("days_on_end", at_least=10, codes=("G", "N", "O", "U")),
        "CR-LATE": LatesInHalfTerm("lates_in_half_term", at_least=5),
        "CR-STILL": NoImprovement("no_improvement", weeks=6, letters=("letter_of_concern",), unauthorised=1),
        "CR-REVIEW": ReviewOverdue("review_overdue", days=1),
        "CR-CONTACT": NoContact("no_contact", days=3, codes=("N",)),
        "CR-BETTER": Improvement("improvement", weeks=4, points=Decimal(5), from_below=Decimal(93)),
        "CR-BEST": BestClasses("best_classes", places=2),
    }
    steps = {rule.id: rule.next_steps for rule in policy.rules}
    assert steps["CR-PA"]["meeting"] == "attendance panel"
    assert steps["CR-PNAR"]["return"] == "Pupils Not Attending Regularly"
    assert steps["CR-BETTER"]["praise"] == "postcard"


@pytest.mark.parametrize("slug", documents.SLUGS)
def test_a_policy_reads_the_same_after_it_was_kept(slug: str) -> None:
    document = documents.of_school(slug)
    kept = json.loads(json.dumps(policy_file.kept(document)))
    assert documents.read(kept) == documents.read(document)
    assert policy_file.kept(kept) == kept


def test_a_percentage_keeps_its_decimals() -> None:
    document = documents.policy(documents.rule(measure={"kind": "absence_at_least", "percent": Decimal("7.3")}))
    policy = documents.read(policy_file.kept(document))
    assert policy.rules[0].measure == AbsenceAtLeast("absence_at_least", Decimal("7.3"))


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """A policy of two rules with one value changed; a value of None is taken out."""
    document = documents.policy(documents.rule(), deepcopy(documents.LATES))
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


BAND = {"kind": "attendance_band"}
MEASURE = ("rules", 1, "measure")


@pytest.mark.parametrize(
    ("path", "value", "fault_path", "words"),
    [
        pytest.param(("version",), None, ("version",), "version is missing", id="version-missing"),
        pytest.param(("version",), 7, ("version",), "text in quotes", id="version-a-number"),
        pytest.param(("version",), " ", ("version",), "1 to 40 characters", id="version-blank"),
        pytest.param(("title",), "x" * 121, ("title",), "1 to 120 characters", id="title-too-long"),
        pytest.param(("applies_from",), 2024, ("applies_from",), "a day such as", id="a-year-for-a-day"),
        pytest.param(("applies_from",), "soon", ("applies_from",), "a day such as", id="a-word-for-a-day"),
        pytest.param(("review_on",), date(2024, 9, 1), ("review_on",), "after applies_from", id="review-too-early"),
        pytest.param(("expected_attendance",), 101, ("expected_attendance",), "between 0 and 100", id="expects-101"),
        pytest.param(("rules",), [], ("rules",), "at least one rule", id="no-rules"),
        pytest.param(("rules",), {}, ("rules",), "must be a list", id="rules-a-table"),
        pytest.param(("rules", 0), 5, ("rules", 0), "must be a table", id="a-rule-a-number"),
        pytest.param(("colour",), "red", ("colour",), "colour is not known here", id="unknown-key"),
        pytest.param(("rules", 1, "ricks"), 2, ("rules", 1, "ricks"), "ricks is not known here", id="unknown-rule-key"),
        pytest.param(("rules", 1, "id"), "PA", ("rules", 1, "id"), "used by an earlier rule", id="id-twice"),
        pytest.param(("rules", 1, "id"), "L 1", ("rules", 1, "id"), "letters, digits", id="id-with-space"),
        pytest.param(("rules", 1, "says"), "", ("rules", 1, "says"), "must not be empty", id="says-empty"),
        pytest.param(("rules", 1, "stage"), "x" * 41, ("rules", 1, "stage"), "longer than 40", id="stage-too-long"),
        pytest.param(
            ("rules", 1, "letter"), "late_x", ("rules", 1, "letter"), "No letter of kind", id="no-such-letter"
        ),
        pytest.param(("rules", 1, "desk"), "yes", ("rules", 1, "desk"), "true or false", id="desk-a-word"),
        pytest.param(("rules", 1, "risk"), 10, ("rules", 1, "risk"), "0 to 9", id="risk-10"),
        pytest.param(("rules", 1, "risk"), -1, ("rules", 1, "risk"), "0 to 9", id="risk-negative"),
        pytest.param(("rules", 1, "risk"), 1.5, ("rules", 1, "risk"), "whole number", id="risk-a-half"),
        pytest.param(
            ("rules", 1, "minimum_possible"), -1, ("rules", 1, "minimum_possible"), "0 to 400", id="minimum-negative"
        ),
        pytest.param(MEASURE, None, MEASURE, "measure is missing", id="no-measure"),
        pytest.param(MEASURE, {}, (*MEASURE, "kind"), "kind is missing", id="no-kind"),
        pytest.param(MEASURE, {"kind": "moon"}, (*MEASURE, "kind"), "No measure of this kind", id="unknown-kind"),
        pytest.param((*MEASURE, "at_least"), 0, (*MEASURE, "at_least"), "1 or more", id="no-lates"),
        pytest.param((*MEASURE, "at_least"), 5.5, (*MEASURE, "at_least"), "whole number", id="five-and-a-half-lates"),
        pytest.param((*MEASURE, "at_least"), True, (*MEASURE, "at_least"), "whole number", id="lates-true"),
        pytest.param((*MEASURE, "percent"), 5, (*MEASURE, "percent"), "not known here", id="percent-of-lates"),
        pytest.param(
            ("rules", 0, "measure", "percent"),
            Decimal("100.1"),
            ("rules", 0, "measure", "percent"),
            "between 0 and 100",
            id="over-100-percent",
        ),
        pytest.param(
            ("rules", 0, "measure", "percent"),
            -1,
            ("rules", 0, "measure", "percent"),
            "between 0",
            id="below-0-percent",
        ),
        pytest.param(MEASURE, BAND, MEASURE, "at least one of", id="band-without-bounds"),
        pytest.param(MEASURE, {**BAND, "above": 101}, (*MEASURE, "above"), "between 0 and 100", id="band-above-101"),
        pytest.param(
            MEASURE, {**BAND, "above": float("nan")}, (*MEASURE, "above"), "must be a number", id="band-above-nothing"
        ),
        pytest.param(
            MEASURE, {**BAND, "above": 90, "at_least": 90}, (*MEASURE, "at_least"), "not both", id="two-lower-bounds"
        ),
        pytest.param(
            MEASURE, {**BAND, "below": 90, "at_most": 90}, (*MEASURE, "at_most"), "not both", id="two-upper-bounds"
        ),
        pytest.param(MEASURE, {**BAND, "above": 95, "at_most": 95}, MEASURE, "leave nothing", id="above-95-to-95"),
        pytest.param(MEASURE, {**BAND, "at_least": 95, "below": 95}, MEASURE, "leave nothing", id="95-to-below-95"),
        pytest.param(MEASURE, {**BAND, "at_least": 96, "at_most": 95}, MEASURE, "leave nothing", id="upside-down"),
        pytest.param(MEASURE, {**BAND, "above": 100}, MEASURE, "leave nothing", id="above-100"),
        pytest.param(MEASURE, {**BAND, "below": 0}, MEASURE, "leave nothing", id="below-0"),
    ],
)
def test_each_fault_is_named_where_it_stands(path, value, fault_path, words: str) -> None:
    ((found_path, sentence),) = faults(changed(path, value))
    assert found_path == ("policy", *fault_path)
    assert words in sentence


@pytest.mark.parametrize(
    "band",
    [
        pytest.param({"at_least": 95, "at_most": 95}, id="exactly-95"),
        pytest.param({"above": Decimal("94.9"), "below": 95}, id="a-sliver"),
        pytest.param({"at_least": 0, "at_most": 100}, id="everybody"),
    ],
)
def test_narrow_bands_are_taken(band) -> None:
    policy_file.read({"policy": changed(MEASURE, {**BAND, **band})}, KINDS)


def test_every_fault_is_found_at_once() -> None:
    document = changed((*MEASURE, "at_least"), 0)
    document["rules"][0]["letter"] = "moon"
    document["rules"][0]["risk"] = 11
    assert len(faults(document)) == 3


@pytest.mark.parametrize("document", [pytest.param({}, id="none"), pytest.param({"policy": 3}, id="no-table")])
def test_a_file_without_a_policy_is_refused(document) -> None:
    with pytest.raises(PolicyRefusedError) as refused:
        policy_file.read(document, KINDS)
    assert refused.value.faults[0].path == ("policy",)


def test_letters_go_unchecked_when_no_kinds_are_given() -> None:
    policy_file.read({"policy": changed(("rules", 1, "letter"), "long_gone")}, None)
