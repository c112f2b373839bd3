"""A pupil's contacts and siblings, and the records that codes rest on."""

from datetime import date

import pytest

from registers.models import Arrangement, Contact, Event, Membership, Parent, Pupil, School
from registers.queries import families
from registers.rules.sessions import Session, SessionOn
from registers.scope import schools_in_scope
from registers.services import arrangements
from registers.services.arrangements import ArrangementRefusedError
from tests import builders

FRIDAY_AM = SessionOn(date(2026, 11, 20), Session.AM)
FRIDAY_PM = SessionOn(date(2026, 11, 20), Session.PM)


def _share(parent: Parent, child: Pupil, **fields: object) -> None:
    Contact.objects.create(
        school=child.school,
        pupil=child,
        parent=parent,
        **{"priority": 2, "parental_responsibility": True, "lives_with_pupil": True, **fields},
    )


def test_contacts_come_in_the_order_they_are_rung(school: School) -> None:
    child = builders.pupil(school)
    second = builders.parent_of(child, priority=3)
    first = builders.parent_of(child, priority=2)
    builders.parent_of(builders.pupil(school))
    assert [contact.priority for contact in families.contacts_of(child)] == [1, 2, 3]
    assert families.contacts_of(child)[1:] == [first, second]


@pytest.mark.parametrize(
    ("responsibility", "lives_with", "is_sibling"),
    [(True, True, True), (True, False, True), (False, True, True), (False, False, False)],
    ids=["both", "responsible", "lives-with", "neither"],
)
def test_siblings_share_somebody_who_is_a_parent_to_both(
    school: School, responsibility: bool, lives_with: bool, is_sibling: bool
) -> None:
    child, other = builders.pupil(school, "Ash"), builders.pupil(school, "Birch")
    parent = child.contacts.get().parent
    _share(parent, other, parental_responsibility=responsibility, lives_with_pupil=lives_with)
    builders.pupil(school, "Cedar")
    assert list(families.siblings(child)) == ([other] if is_sibling else [])
    assert list(families.siblings(other)) == ([child] if is_sibling else [])


def test_a_childminder_of_two_makes_no_siblings(school: School) -> None:
    child, other = builders.pupil(school, "Ash"), builders.pupil(school, "Birch")
    minder = builders.parent_of(child, priority=2, parental_responsibility=False, lives_with_pupil=False).parent
    _share(minder, other, parental_responsibility=False, lives_with_pupil=False)
    assert not families.siblings(child).exists()


def test_a_child_at_another_school_is_not_told_of(school: School, other_school: School) -> None:
    child = builders.pupil(school)
    with schools_in_scope([school.pk, other_school.pk]):
        elsewhere = builders.pupil(other_school)
        _share(child.contacts.get().parent, elsewhere)
        assert not families.siblings(child).exists()
        assert not families.siblings(elsewhere).exists()


def test_a_record_is_kept_with_its_event(school: School, office: Membership) -> None:
    child = builders.pupil(school)
    row = arrangements.record(school, child, "D", FRIDAY_AM, FRIDAY_PM, "The other school", by=office, at=builders.AT)
    assert Arrangement.objects.get() == row
    assert (row.recorded_by, row.recorded_role, row.recorded_at) == (office.user, "office", builders.AT)
    event = Event.objects.get()
    assert (event.kind, event.subject, event.pupil) == ("arrangement recorded", f"arrangement:{row.pk}", child)
    assert event.facts == {"code": "D", "first": "Fri 20 Nov 2026 AM", "last": "Fri 20 Nov 2026 PM"}


def test_only_a_dual_registration_keeps_to_some_sessions_of_the_week(school: School, office: Membership) -> None:
    child = builders.pupil(school)
    with pytest.raises(ArrangementRefusedError, match="E holds for every session"):
        arrangements.record(school, child, "E", FRIDAY_AM, FRIDAY_PM, "A letter", "1AM", by=office, at=builders.AT)
    assert not Arrangement.objects.exists()


@pytest.mark.parametrize(
    ("symbol", "first", "last", "reference", "words"),
    [
        pytest.param("I", FRIDAY_AM, FRIDAY_PM, "x", "I rests on no record", id="a-code-without-a-ground"),
        pytest.param("Y4", FRIDAY_AM, FRIDAY_PM, "x", "Y4 rests on no record", id="the-calendars"),
        pytest.param("D", FRIDAY_PM, FRIDAY_AM, "x", "last session is before the first", id="backwards"),
        pytest.param("D", FRIDAY_AM, FRIDAY_AM, "  ", "Say what the record is", id="no-reference"),
    ],
)
def test_a_record_that_cannot_stand(
    school: School, office: Membership, symbol: str, first: SessionOn, last: SessionOn, reference: str, words: str
) -> None:
    child = builders.pupil(school)
    with pytest.raises(ArrangementRefusedError, match=words):
        arrangements.record(school, child, symbol, first, last, reference, by=office, at=builders.AT)
    assert not Arrangement.objects.exists()
    assert not Event.objects.exists()
