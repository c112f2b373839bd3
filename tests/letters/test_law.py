"""What a wording may no longer say and what it must: both sides of each line."""

import pytest

from letters.rules import kinds, law
from letters.rules.kinds import KINDS
from letters.rules.law import Weight
from tests.letters.test_kinds import SOUND


def found(text, *, when="", statements=(), **changes):
    paragraph = {"text": text} | ({"when": when} if when else {})
    kind = kinds.read({**SOUND, "paragraphs": [paragraph], **changes})
    return law.findings(kind, statements)


@pytest.mark.parametrize("slug", sorted(KINDS))
def test_what_comes_with_the_product_has_nothing_to_find(slug):
    assert law.findings(KINDS[slug], KINDS[slug].statements) == []


@pytest.mark.parametrize("slug", sorted(KINDS))
def test_every_kind_must_say_something_and_misses_it(slug):
    kind = KINDS[slug]
    assert kind.statements
    empty = kinds.read({**SOUND, "paragraphs": [{"text": "Nothing."}]})
    assert len(law.findings(empty, kind.statements)) == len(kind.statements)


@pytest.mark.parametrize(
    ("text", "weight", "said"),
    [
        pytest.param("under the Regulations 2006", "error", "2024 Regulations", id="regulations of 2006"),
        pytest.param("the 2006 Regulations", "error", "2024 Regulations", id="2006 regulations"),
        pytest.param("From September 2013 the Department", "error", "amendment of 2013", id="2013"),
        pytest.param("10 sessions in 100 school sessions", "error", "10 school weeks", id="100 sessions"),
        pytest.param("for 200 sessions (100 days) each year", "error", "no target", id="200 sessions"),
        pytest.param("the Common Transfer Form", "error", "Common Transfer File", id="CTF"),
        pytest.param("marked with code H", "error", "not in use", id="code H"),
        pytest.param("I will be asking for a penalty notice", "error", "whether or not one can follow", id="threat"),
        pytest.param("We shall request a Penalty Notice", "error", "whether or not one can follow", id="threat, we"),
        pytest.param("the local authority will prosecute", "warning", "write “may”", id="will prosecute"),
        pytest.param("this will result in a fine", "warning", "write “may”", id="will result in"),
        pytest.param("will have no option but to act", "warning", "always has a choice", id="no option"),
        pytest.param("these are the only acceptable reasons", "warning", "travelling families", id="only reasons"),
        pytest.param("a parenting contract", "warning", "attendance contract", id="parenting contract"),
        pytest.param("a School Attendance Order", "warning", "no school's roll", id="attendance order"),
        pytest.param("we can no longer authorise illness", "warning", "on its own", id="illness"),
        pytest.param("a fine of £60", "error", "£60 is no sum in force", id="old sum"),
        pytest.param("a fine of £2,400", "error", "£2400 is no sum", id="wrong court sum"),
        pytest.param("£80 if paid early", "error", "first notice only", id="80 without first"),
    ],
)
def test_a_stale_text_is_found(text, weight, said):
    (finding,) = found(text)
    assert finding.weight == weight
    assert said in finding.says
    assert finding.place == "paragraph 1"
    assert finding.source


@pytest.mark.parametrize(
    "text",
    [
        "the Regulations 2024",
        "since 19 August 2024",
        "10 sessions within 10 school weeks",
        "200 sessions are part of a defence",
        "the Common Transfer File",
        "marked with code G",
        "The local authority may prosecute",
        "£160, or £80 for a first notice within 21 days; a court may fine up to £1,000 or £2,500",
    ],
)
def test_what_the_law_says_is_left_alone(text):
    assert found(text) == []


@pytest.mark.parametrize("when", ["penalty_notice_possible", "threshold_met"])
def test_a_request_may_be_announced_where_it_can_follow(when):
    assert found("I shall ask for a penalty notice.", when=when) == []


def test_stars_and_tables_are_looked_into():
    table = {"block": "table", "rows": [["Notice", "Sum"], ["first", "£120"]]}
    assert [finding.place for finding in found("**100** school **sessions**")] == ["paragraph 1"]
    (finding,) = law.findings(kinds.read({**SOUND, "paragraphs": [table]}), ())
    assert "£120" in finding.says


def test_a_missing_statement_of_law_is_an_error_and_of_the_policy_a_warning():
    first, second = KINDS["late_u"].statements[0], KINDS["late_u"].statements[2]
    findings = found("Nothing.", statements=(first, second))
    assert [(finding.weight, finding.source) for finding in findings] == [
        (Weight.ERROR, second.source),
        (Weight.WARNING, first.source),
    ]


def test_a_statement_is_found_whatever_its_capitals_and_line_breaks():
    statement = KINDS["late_u"].statements[3]
    assert found("10 Sessions of\nunauthorised   **absence**", statements=(statement,)) == []
