"""Adopting wordings: once, again, after a change; and which are in use."""

import pytest

from letters import given
from letters.models import Wording
from letters.queries import wordings as queries
from letters.queries.wordings import KindRefusedError
from letters.rules import kinds
from letters.rules.kinds import KINDS, WordingRefusedError
from letters.services import wordings
from registers.models import Event
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders


@pytest.fixture
def operator(school):
    return builders.member(school, Role.OPERATOR)


def adopt(school, slugs, by):
    return wordings.adopt(school, slugs, by=by, at=builders.AT)


def test_the_packaged_text_becomes_version_one_with_its_event(school, operator):
    (added,) = adopt(school, ["late_l"], operator)
    assert (added.kind, added.version, added.origin) == ("late_l", 1, "packaged")
    assert added.document == kinds.packaged("late_l")
    assert (added.adopted_by, added.adopted_at) == (operator.user, builders.AT)
    event = Event.objects.get(kind="wording adopted")
    assert (event.subject, event.facts) == (f"wording:{added.pk}", {"kind": "late_l", "version": 1})


def test_what_is_stored_reads_as_what_came(school, operator):
    adopt(school, KINDS, operator)
    assert {row.kind: row.read for row in queries.adopted(school)} == dict(KINDS)


def test_adopting_again_changes_nothing(school, operator):
    adopt(school, ["late_l", "late_l"], operator)
    assert adopt(school, ["late_l"], operator) == []
    assert Wording.objects.count() == Event.objects.count() == 1


def test_a_changed_text_becomes_the_next_version_and_the_old_one_stays(school, operator, monkeypatch):
    adopt(school, ["late_l"], operator)
    changed = kinds.packaged("late_l") | {"title": "Another title"}
    monkeypatch.setattr(kinds, "packaged", lambda slug: changed)
    (added,) = adopt(school, ["late_l"], operator)
    assert added.version == 2
    assert adopt(school, ["late_l"], operator) == []
    assert queries.current(school, "late_l").document["title"] == "Another title"
    assert Wording.objects.get(version=1).document["title"] == "Late letter (code L)"


def test_a_schools_own_version_is_not_overwritten_by_the_unchanged_packaged_text(school, operator):
    (packaged,) = adopt(school, ["late_l"], operator)
    own = Wording.objects.create(
        school=school,
        kind="late_l",
        version=2,
        document=packaged.document | {"title": "Ours"},
        origin="school",
        adopted_at=builders.AT,
        adopted_by=operator.user,
    )
    assert adopt(school, ["late_l"], operator) == []
    assert queries.current(school, "late_l") == own


def test_an_unknown_kind_is_refused_and_nothing_is_adopted(school, operator):
    with pytest.raises(WordingRefusedError, match="no letter of this kind is known"):
        adopt(school, ["late_l", "love_letter"], operator)
    assert not Wording.objects.exists()


def test_another_schools_wording_is_not_this_ones(school, other_school, operator):
    with schools_in_scope([school.pk, other_school.pk]):
        adopt(other_school, ["late_l"], builders.member(other_school, Role.OPERATOR))
        with pytest.raises(KindRefusedError, match="has adopted no letter of this kind"):
            queries.current(school, "late_l")
        assert queries.adopted(school) == []


def test_kinds_in_use_are_those_that_need_no_decision(school, operator, monkeypatch):
    adopt(school, KINDS, operator)
    monkeypatch.setattr(given, "_answers", {})
    ready = {kind.slug for kind in queries.kinds_in_use(school)}
    assert ready == {slug for slug, kind in KINDS.items() if not kind.given_blanks}
    assert "letter_of_concern" not in ready
    given.answers("expected_attendance")(lambda school, pupil, on: "95")
    assert {kind.slug for kind in queries.kinds_in_use(school)} == ready | {"letter_of_concern"}
