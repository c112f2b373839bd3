"""Reading a wording: what it must say, and errors that name each fault and its place."""

from copy import deepcopy

import pytest

from letters.rules import kinds
from letters.rules.kinds import Enclosure, IssuerRefusedError, Recipients, WordingRefusedError
from registers.rules.rights import Right, Role, holds

SOUND = {
    "slug": "note",
    "title": "A note",
    "label": "Section 1",
    "source": "A policy, section 1",
    "subject": ["Re «forename» «surname»"],
    "issuers": ["flo", "head"],
    "recipients": "household",
    "enclosures": ["certificate"],
    "interval_days": 7,
    "needs": ["late_this_year"],
    "signatory": {"role": "flo", "title": "Family Liaison Officer"},
    "corrections": [{"name": "One", "says": "This.", "source": "That."}],
    "paragraphs": [
        {"text": "Dear **«salutation»**"},
        {"text": "More.", "when": "not academy", "run_on": True},
        {"block": "table", "rows": [["a", "b"], ["1", "2"]]},
        {"text": "«leave_reason» «leave_reason» «expected_attendance»"},
    ],
}


def with_summary(**summary):
    return deepcopy(SOUND) | {"summary": {"language": "pl", "text": "Drodzy rodzice", **summary}}


def changed(*path, to=None, without=False):
    document = deepcopy(SOUND)
    place = document
    for step in path[:-1]:
        place = place[step]
    if without:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return document


def test_a_sound_wording_is_read():
    kind = kinds.read(SOUND)
    assert kind.signatory_role is Role.FLO
    assert kind.issuers == {Role.FLO, Role.HEAD}
    assert kind.issuer_names == "Family Liaison Officer or Headteacher"
    assert kind.recipients is Recipients.HOUSEHOLD
    assert kind.enclosures == (Enclosure.CERTIFICATE,)
    assert kind.paragraphs[1].run_on
    assert kind.paragraphs[2].table.rows == (("a", "b"), ("1", "2"))
    assert kind.given_blanks == ("leave_reason", "expected_attendance")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param(changed("title", without=True), "title is missing", id="missing"),
        pytest.param(changed("tittle", to="x"), "tittle is unknown", id="unknown key"),
        pytest.param(changed("interval_days", to="7"), "interval_days must be a number", id="text for a number"),
        pytest.param(changed("interval_days", to=True), "interval_days must be a number", id="true for a number"),
        pytest.param(changed("paragraphs", to={}), "paragraphs must be a list", id="table for a list"),
        pytest.param(changed("paragraphs", to=[]), "paragraphs is empty", id="no paragraph"),
        pytest.param(changed("issuers", to=[]), "issuers is empty", id="nobody may issue"),
        pytest.param(changed("issuers", 0, to="king"), "issuers “king” is none of", id="unknown role"),
        pytest.param(changed("signatory", "role", to="king"), "role “king” is none of", id="unknown signatory"),
        pytest.param(changed("signatory", "title", without=True), "signatory: title is missing", id="no title"),
        pytest.param(changed("recipients", to="everybody"), "recipients “everybody” is none of", id="recipients"),
        pytest.param(changed("enclosures", to=["sweets"]), "enclosures “sweets” is none of", id="enclosure"),
        pytest.param(changed("needs", to=["sun"]), "needs: “sun” is no known condition", id="need"),
        pytest.param(changed("subject", to=["Re «name»"]), "subject: «name» is no known blank", id="subject"),
        pytest.param(
            changed("paragraphs", 0, to={"text": "«forname»"}),
            "paragraph 1: «forname» is no known blank",
            id="unknown blank",
        ),
        pytest.param(
            changed("paragraphs", 1, "when", to="sunny"),
            "paragraph 2: “sunny” is no known condition",
            id="unknown condition",
        ),
        pytest.param(changed("paragraphs", 0, to={"text": "**a"}), "paragraph 1: ** is opened", id="bold"),
        pytest.param(changed("paragraphs", 0, to={"text": " "}), "paragraph 1: there is no text", id="empty"),
        pytest.param(changed("paragraphs", 0, to="text"), "paragraph 1: this must be a table", id="not a table"),
        pytest.param(
            changed("paragraphs", 0, to={"text": "a", "colour": "red"}), "paragraph 1: colour is unknown", id="colour"
        ),
        pytest.param(
            changed("paragraphs", 0, to={"text": "a", "block": "poem"}), "paragraph 1: block “poem”", id="block"
        ),
        pytest.param(
            changed("paragraphs", 0, to={"text": "a", "rows": [["a"]]}), "rows stand only in a table", id="stray rows"
        ),
        pytest.param(
            changed("paragraphs", 2, "rows", to=[["a", "b"], ["1"]]), "rows of the same length", id="ragged table"
        ),
        pytest.param(
            changed("paragraphs", 2, "rows", to=[["a"], [1]]), "each cell of a table is text", id="number in a cell"
        ),
        pytest.param(
            changed("corrections", 0, "source", without=True), "correction 1: source is missing", id="no source"
        ),
        pytest.param(with_summary(language="xx"), "summary: “xx” is none of", id="unknown language"),
        pytest.param(with_summary(text=" "), "summary: there is no text", id="empty summary"),
        pytest.param(with_summary(text="«nobody»"), "summary: «nobody» is no known blank", id="blank of a summary"),
        pytest.param(changed("marking", to=1), "marking must be text", id="marking"),
        pytest.param(changed("statements", to=[{"name": "x"}]), "statement 1: phrases is missing", id="statement"),
    ],
)
def test_a_fault_is_named_with_its_place(document, said):
    with pytest.raises(WordingRefusedError) as refused:
        kinds.read(document)
    assert any(said in problem for problem in refused.value.problems), refused.value.problems
    assert "note" in str(refused.value)


def test_what_may_be_left_out_is_read_where_it_stands():
    kind = kinds.read(
        with_summary()
        | {
            "marking": "Private",
            "statements": [
                {"name": "the day", "phrases": ["«date_of_printing»"], "source": "A policy", "by_law": True}
            ],
        }
    )
    assert (kind.marking, kind.summary.language, kind.summary.text) == ("Private", "pl", "Drodzy rodzice")
    assert kind.statements[0].by_law
    plain = kinds.read(SOUND)
    assert (plain.marking, plain.summary, plain.statements) == ("", None, ())


def test_all_faults_are_told_at_once():
    document = changed("paragraphs", 0, to={"text": "«one» «two»"})
    document["issuers"] = ["king"]
    with pytest.raises(WordingRefusedError) as refused:
        kinds.read(document)
    assert len(refused.value.problems) == 3


def test_a_text_that_is_no_toml_is_refused_with_its_line():
    with pytest.raises(WordingRefusedError, match=r"not TOML.*at line 2"):
        kinds.parse('slug = "x"\ntitle = x\n', "note")


@pytest.mark.parametrize("slug", ["nothing", "../wording/late_l", "", "late_l.toml"])
def test_an_unknown_kind_is_refused(slug):
    with pytest.raises(WordingRefusedError, match="no letter of this kind is known"):
        kinds.packaged(slug)


@pytest.mark.parametrize("role", list(Role))
def test_only_the_kinds_own_roles_may_issue(role):
    kind = kinds.read(SOUND)
    if role in (Role.FLO, Role.HEAD):
        kinds.check_may_issue(kind, role)
    else:
        with pytest.raises(IssuerRefusedError, match="only Family Liaison Officer or Headteacher"):
            kinds.check_may_issue(kind, role)


@pytest.mark.parametrize("slug", sorted(kinds.KINDS))
def test_what_comes_with_the_product_is_sound(slug):
    kind = kinds.KINDS[slug]
    assert kind.slug == slug
    assert kind.corrections
    assert all(correction.source for correction in kind.corrections)
    assert all(holds(role, Right.WRITE_LETTERS) for role in kind.issuers)


@pytest.mark.parametrize(
    ("slug", "issuers"),
    [
        ("late_l", {Role.FLO, Role.ATTENDANCE_LEAD, Role.HEAD}),
        ("stage1_medical", {Role.HEAD}),
        ("leave_refused", {Role.HEAD}),
        ("letter_of_concern", {Role.FLO, Role.ATTENDANCE_LEAD, Role.HEAD}),
        ("late_u", {Role.ATTENDANCE_LEAD, Role.HEAD}),
        ("leave_granted", {Role.HEAD}),
        ("leave_part_granted", {Role.HEAD}),
        ("leave_retrospective", {Role.HEAD}),
        ("holiday_as_illness", {Role.HEAD}),
        ("notice_to_improve", {Role.HEAD}),
        ("penalty_warning", {Role.ATTENDANCE_LEAD, Role.HEAD}),
        ("reason_wanted", {Role.OFFICE, Role.FLO, Role.ATTENDANCE_LEAD, Role.HEAD}),
    ],
)
def test_who_may_issue_each_kind(slug, issuers):
    assert kinds.KINDS[slug].issuers == issuers
