"""A pupil's contacts: adding, changing, ordering, removing; the chain of each."""

from typing import Any

import pytest

from registers.models import AdmissionChange, Contact, Event, Membership, Parent, Pupil, School
from registers.queries import admission_history, admissions
from registers.rules.admissions import CONTACT_PARTICULARS, PARENT_PARTICULARS, AdmissionRefusedError, as_text
from registers.scope import schools_in_scope
from registers.services import contacts as services
from registers.services.admissions import Clash, StaleError
from tests import builders
from tests.builders import AT, TODAY

NEW = dict.fromkeys(PARENT_PARTICULARS, "") | {"forename": "Jo", "surname": "Quill", "phone1": "01632 960001"}
WHAT: dict[str, Any] = {
    "relationship": "Aunt",
    "priority": 1,
    "parental_responsibility": False,
    "lives_with_pupil": False,
    "emergency": True,
    "court_order": False,
}


@pytest.fixture
def pupil(school: School) -> Pupil:
    return builders.pupil(school)


def _order(pupil: Pupil) -> list[tuple[str, int]]:
    rows = Contact.objects.filter(pupil=pupil).order_by("priority", "pk")
    return list(rows.values_list("relationship", "priority"))


def _shown(contact: Contact) -> dict[str, str]:
    shown = {name: as_text(getattr(contact.parent, name)) for name in PARENT_PARTICULARS}
    return shown | {name: as_text(getattr(contact, name)) for name in CONTACT_PARTICULARS}


def _change(contact: Contact, by: Membership, stood: dict[str, str] | None = None, **given: Any) -> tuple[str, ...]:
    particulars = {name: given.get(name, getattr(contact.parent, name)) for name in PARENT_PARTICULARS}
    what = {name: given.get(name, getattr(contact, name)) for name in CONTACT_PARTICULARS}
    return services.change(contact, particulars, what, stood or _shown(contact), "A call", by=by, at=AT)


def test_somebody_new_is_put_in_their_place(school, pupil, office) -> None:
    contact = services.add(school, pupil, None, NEW, WHAT, by=office, at=AT)
    assert (contact.parent.surname, contact.parent.contact_id[:8]) == ("Quill", "entered-")
    assert _order(pupil) == [("Aunt", 1), ("Mother", 2)]
    chain = AdmissionChange.objects.filter(pupil=pupil, parent=contact.parent, field="listed")
    assert [(row.subject, row.old, row.new, row.reason) for row in chain] == [
        ("contact", "", "yes", "Added to the contacts")
    ]
    event = Event.objects.get()
    assert (event.kind, event.subject) == ("contact added", f"parent:{contact.parent_id}")
    assert "Quill" not in str(event.facts)


def test_a_parent_of_a_sibling_is_not_entered_again(school, pupil, office) -> None:
    known = builders.pupil(school).contacts.get().parent
    services.add(school, pupil, known, {}, WHAT | {"priority": 9, "emergency": False}, by=office, at=AT)
    assert Parent.objects.count() == 2
    assert _order(pupil) == [("Mother", 1), ("Aunt", 2)]


def test_not_twice_and_not_without_a_name_or_a_telephone(school, pupil, office) -> None:
    for parent, particulars, words in (
        (pupil.contacts.get().parent, {}, "already"),
        (None, NEW | {"surname": ""}, "surname"),
        (None, NEW | {"phone1": ""}, "telephone"),
    ):
        with pytest.raises(AdmissionRefusedError, match=words):
            services.add(school, pupil, parent, particulars, WHAT, by=office, at=AT)
    assert Contact.objects.count() == 1


def test_nobody_of_another_school(school, other_school, pupil, office) -> None:
    with schools_in_scope([other_school.pk, school.pk]):
        stranger = builders.pupil(other_school).contacts.get().parent
        with pytest.raises(AdmissionRefusedError, match="this school knows"):
            services.add(school, pupil, stranger, {}, WHAT, by=office, at=AT)
        offered = [pk for _, group in admissions.parent_choices(school, pupil) for pk, _ in group]
        assert stranger.pk not in offered


def test_a_change_of_the_parent_and_of_what_they_are(school, pupil, office) -> None:
    contact = pupil.contacts.get()
    assert _change(contact, office, phone1="01632 960002", emergency=True) == ("phone1", "emergency")
    contact.refresh_from_db()
    assert (contact.emergency, contact.parent.phone1) == (True, "01632 960002")
    rows = AdmissionChange.objects.order_by("pk")
    assert [(row.subject, row.pupil_id, row.field, row.old, row.new) for row in rows] == [
        ("parent", None, "phone1", "", "01632 960002"),
        ("contact", pupil.pk, "emergency", "no", "yes"),
    ]
    assert Event.objects.get().facts == {"fields": ["phone1", "emergency"]}


def test_a_stale_form_shows_both_and_changes_nothing(pupil, office) -> None:
    contact = pupil.contacts.get()
    stood = _shown(contact)
    Parent.objects.update(phone1="01632 960003")
    Contact.objects.update(court_order=True)
    with pytest.raises(StaleError) as stale:
        _change(contact, office, stood, phone1="01632 960004")
    assert stale.value.clashes == [Clash("phone1", "", "01632 960003"), Clash("court_order", "no", "yes")]
    assert Parent.objects.get().phone1 == "01632 960003"
    assert not AdmissionChange.objects.exists()


def test_no_emergency_contact_without_a_telephone(pupil, office) -> None:
    with pytest.raises(AdmissionRefusedError, match="telephone"):
        _change(pupil.contacts.get(), office, emergency=True)


@pytest.mark.parametrize(
    ("place", "order"),
    [(1, ["Aunt", "Mother", "Father"]), (2, ["Mother", "Aunt", "Father"]), (30, ["Mother", "Father", "Aunt"])],
)
def test_the_order_is_numbered_anew(pupil, office, place, order) -> None:
    builders.parent_of(pupil, priority=5, relationship="Father")
    aunt = builders.parent_of(pupil, priority=7, relationship="Aunt")
    _change(aunt, office, priority=place)
    assert _order(pupil) == [(name, number) for number, name in enumerate(order, start=1)]
    moved = AdmissionChange.objects.filter(field="priority", parent=aunt.parent)
    assert [(row.old, row.new) for row in moved] == [("7", str(order.index("Aunt") + 1))]


def test_a_contact_is_removed_and_the_chain_keeps_what_they_were(pupil, office) -> None:
    mother = pupil.contacts.get()
    builders.parent_of(pupil, priority=2, relationship="Father")
    services.remove(mother, "Moved abroad", by=office, at=AT)
    assert _order(pupil) == [("Father", 1)]
    assert Parent.objects.count() == 2
    rows = AdmissionChange.objects.filter(parent=mother.parent)
    assert ("listed", "yes", "") in set(rows.values_list("field", "old", "new"))
    assert ("relationship", "Mother", "") in set(rows.values_list("field", "old", "new"))
    assert Event.objects.get().kind == "contact removed"
    then = admission_history.history(pupil, TODAY.replace(day=19), sensitive=False).contacts
    assert [(one.what, one.priority) for one in then] == [("Mother", "1"), ("Father", "2")]
    assert "Parental responsibility. Lives with the pupil" in then[0].details
    now = admission_history.history(pupil, TODAY, sensitive=False).contacts
    assert [one.what for one in now] == ["Father"]


def test_a_contact_is_not_removed_without_a_reason(pupil, office) -> None:
    with pytest.raises(AdmissionRefusedError, match="Say why"):
        services.remove(pupil.contacts.get(), " ", by=office, at=AT)
    assert Contact.objects.count() == 1


def test_the_likely_parents_stand_first(school) -> None:
    pupil = builders.pupil(school, "Ash")
    for surname, postcode in (("Birch", pupil.postcode), ("Cedar", "EX8 8ZZ"), ("ASH", "EX7 7ZZ")):
        parent = builders.pupil(school, surname).contacts.get().parent
        Parent.objects.filter(pk=parent.pk).update(postcode=postcode)
    groups = admissions.parent_choices(school, pupil)
    assert [[label.partition(",")[0] for _, label in group] for _, group in groups] == [["ASH", "Birch"], ["Cedar"]]
