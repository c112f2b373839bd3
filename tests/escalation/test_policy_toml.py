from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation import policy_file, policy_toml
from escalation.management.commands import draw_policy_schema
from letters.rules import kinds
from registers.files import FileRefusedError
from tests.escalation import documents

KINDS = frozenset(kinds.KINDS)


@pytest.mark.parametrize("slug", documents.SLUGS)
def test_a_schools_policy_comes_in_as_it_went_out(slug: str) -> None:
    kept = policy_file.kept(documents.of_school(slug))
    assert policy_toml.read(policy_toml.write(kept).encode(), KINDS) == kept


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=100).filter(str.strip))
def test_any_text_comes_back(text: str) -> None:
    kept = policy_file.kept(documents.policy(documents.rule(says=text)))
    assert policy_toml.read(policy_toml.write(kept).encode(), KINDS)["rules"][0]["says"] == text


def test_a_day_and_a_number_are_written_as_such() -> None:
    text = policy_toml.write(documents.policy(review_on=date(2027, 9, 1), expected_attendance=Decimal("97.5")))
    assert "review_on = 2027-09-01\n" in text
    assert "expected_attendance = 97.5\n" in text


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        pytest.param("risk = 3", 'risk = "high"', 15, "risk must be a whole number.", id="a-wrong-type"),
        pytest.param("percent = 10", "percent = 101", 18, "percent must be between 0 and 100.", id="a-wrong-number"),
        pytest.param("letter_of_concern", "card", 14, "No letter of kind “card” is known.", id="no-such-letter"),
        pytest.param('id = "PA"', 'id = "PA', 8, "This is not TOML", id="not-toml"),
        pytest.param("version = ", "motto = ", 1, "version is missing.", id="no-version"),
    ],
)
def test_a_fault_names_its_line(old: str, new: str, line: int, words: str) -> None:
    text = policy_toml.write(policy_file.kept(documents.policy()))
    assert old in text
    with pytest.raises(FileRefusedError) as refused:
        policy_toml.read(text.replace(old, new).encode(), KINDS)
    fault = refused.value.faults[0]
    assert (fault.line, words in fault.reason) == (line, True), fault


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"\xff\xfe", "not in UTF-8", id="not-text"),
        pytest.param(b"#" * (policy_toml.MOST_BYTES + 1), "larger than any policy", id="too-large"),
        pytest.param(b"", "The policy is missing", id="empty"),
    ],
)
def test_what_is_no_policy_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        policy_toml.read(content, KINDS)
    assert words in refused.value.faults[0].reason


def test_the_published_schema_is_current() -> None:
    assert draw_policy_schema.PLACE.read_text(encoding="utf-8") == draw_policy_schema.drawn()


def test_the_schema_knows_every_measure() -> None:
    kinds_named = draw_policy_schema.drawn()
    for document in (documents.of_school(slug) for slug in documents.SLUGS):
        for rule in document["rules"]:
            assert f'"const": "{rule["measure"]["kind"]}"' in kinds_named
