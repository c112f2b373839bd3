"""The numbers of the policy in force, for the counts on the desk to be read beside."""

import pytest

from escalation.rules import limits
from escalation.rules.limits import Limits
from tests.escalation import documents


def rule(kind: str, at_least: int, rule_id: str = "ONE", **fields: object) -> dict[str, object]:
    return documents.rule(rule_id, letter="", measure={"kind": kind, "at_least": at_least, **fields})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(documents.of_school("staplehurst"), Limits((5,), (3,), (5,)), id="staplehurst"),
        pytest.param(documents.of_school("carlton_road"), Limits((5,)), id="carlton-road"),
        pytest.param(
            documents.policy(
                rule("lates_in_half_term", 12, "A"),
                rule("lates_in_half_term", 7, "B"),
                rule("illness_occasions", 4, "C"),
                rule("days_on_end", 3, "D", codes=["O"]),
                rule("days_on_end", 6, "E", codes=["I", "M"]),
            ),
            Limits((7, 12), (4,), ()),
            id="a-third",
        ),
    ],
)
def test_the_numbers_of_a_policy(document, expected) -> None:
    assert limits.of(documents.read(document)) == expected


@pytest.mark.parametrize(
    ("told", "counts", "words"),
    [
        pytest.param(Limits(), (0, 0, 0), ("0 lates", "0 illnesses"), id="no-numbers"),
        pytest.param(Limits(), (1, 1, 1), ("1 late", "1 illness, longest 1 day"), id="no-numbers-one-each"),
        pytest.param(Limits((7, 12)), (7, 0, 0), ("7 of 7 lates", "0 illnesses"), id="just-reached"),
        pytest.param(Limits((7, 12)), (8, 0, 0), ("8 of 12 lates", "0 illnesses"), id="on-to-the-next"),
        pytest.param(Limits((7, 12)), (13, 0, 0), ("13 of 12 lates", "0 illnesses"), id="past-the-last"),
        pytest.param(
            Limits((), (3,), (5,)), (2, 2, 4), ("2 lates", "2 of 3 illnesses, longest 4 of 5 days"), id="illness"
        ),
    ],
)
def test_counts_in_words(told, counts, words) -> None:
    assert told.words(*counts) == words
