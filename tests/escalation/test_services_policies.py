from datetime import date, timedelta
from decimal import Decimal

import pytest

from escalation.models import PolicyVersion
from escalation.policy_file import PolicyRefusedError
from escalation.queries import policies as queries
from escalation.services import policies, scan
from registers.models import Event
from registers.scope import schools_in_scope
from tests import builders
from tests.escalation import documents


@pytest.mark.parametrize("slug", documents.SLUGS)
def test_a_schools_own_policy_is_adopted_as_it_stands(slug, school, night) -> None:
    document = documents.of_school(slug)
    version = policies.adopt(school, document, by=night, at=builders.AT)
    version.refresh_from_db()
    assert version.version == document["version"]
    assert version.applies_from == date(2024, 9, 1)
    assert (version.adopted_at, version.adopted_by, version.adopted_role) == (builders.AT, night.user, night.role)
    assert queries.read(version) == documents.read(document)
    event = Event.objects.get(kind="policy adopted")
    assert (event.school, event.by, event.at) == (school, night.user, builders.AT)
    assert event.facts == {"version": document["version"], "applies_from": "2024-09-01"}


def test_the_same_again_changes_nothing(school, night, adopt) -> None:
    first = adopt()
    again = policies.adopt(school, documents.policy(), by=night, at=builders.AT + timedelta(days=1))
    again.refresh_from_db()
    assert (again.pk, again.adopted_at) == (first.pk, builders.AT)
    assert Event.objects.filter(kind="policy adopted").count() == 1


def test_a_version_nobody_was_flagged_by_may_still_change(adopt) -> None:
    first = adopt()
    changed = adopt(documents.rule(risk=5))
    assert changed.pk == first.pk
    assert queries.read(changed).rules[0].risk == 5
    assert PolicyVersion.objects.count() == 1
    assert Event.objects.filter(kind="policy adopted").count() == 2


def test_a_version_somebody_was_flagged_by_may_not(school, calendar, night, adopt) -> None:
    version = adopt()
    builders.marks(builders.pupil(school), calendar, date(2026, 9, 1), "O" * 20)
    scan.scan(school, calendar, builders.TODAY, by=night, at=builders.AT)
    with pytest.raises(PolicyRefusedError, match="a version of its own") as refused:
        adopt(documents.rule(risk=5))
    assert refused.value.faults[0].path == ("policy", "version")
    version.refresh_from_db()
    assert queries.read(version).rules[0].risk == 3
    assert adopt(documents.rule(risk=5), version="2").pk != version.pk
    assert adopt().pk == version.pk


def test_a_faulty_policy_is_refused_and_not_kept(adopt) -> None:
    with pytest.raises(PolicyRefusedError):
        adopt(documents.rule(letter="no_such_letter"))
    assert not PolicyVersion.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("on", "version"),
    [
        pytest.param(date(2024, 8, 31), None, id="before-the-first"),
        pytest.param(date(2024, 9, 1), "1", id="the-day-it-begins"),
        pytest.param(date(2026, 8, 31), "1", id="the-last-day-of-the-first"),
        pytest.param(date(2026, 9, 1), "2", id="the-first-day-of-the-next"),
    ],
)
def test_the_version_in_force(on, version, school, adopt) -> None:
    adopt(version="2", applies_from=date(2026, 9, 1))
    adopt()
    found = queries.in_force(school, on)
    assert (found.version if found else None) == version


def test_of_two_begun_together_the_last_adopted_is_in_force(school, adopt) -> None:
    adopt()
    adopt(version="0-corrected")
    found = queries.in_force(school, builders.TODAY)
    assert found is not None
    assert found.version == "0-corrected"


def test_another_schools_policy_is_not_in_force(school, other_school, adopt) -> None:
    with schools_in_scope([school.pk, other_school.pk]):
        policies.adopt(
            other_school, documents.policy(version="theirs"), by=builders.nightly(other_school), at=builders.AT
        )
        assert queries.in_force(school, builders.TODAY) is None
        adopt()
        found = queries.in_force(school, builders.TODAY)
    assert found is not None
    assert found.version == "1"


def test_percentages_are_kept_exactly(adopt) -> None:
    version = adopt(documents.rule(measure={"kind": "absence_at_least", "percent": Decimal("7.35")}))
    version.refresh_from_db()
    assert version.document["rules"][0]["measure"]["percent"] == 7.35
    assert queries.read(version).rules[0].measure.percent == Decimal("7.35")
