"""A parent under a court order is written to only when somebody has decided so, and then alone."""

import pytest
from django.urls import reverse

from letters.models import Letter, OrderDecision
from letters.rules.addressees import AddresseeRefusedError
from letters.services import orders
from letters.services.orders import OrderRefusedError
from registers.models import Contact, Event, Parent
from registers.rules.rights import RightRefusedError
from tests import builders
from tests.letters.test_pages import client_of, main

pytestmark = pytest.mark.usefixtures("plain_pdf")


@pytest.fixture
def ordered(desk) -> Contact:
    """A second parent at the same address, about whom there is an order."""
    contact = builders.parent_of(desk.pupil, priority=2, court_order=True)
    Parent.objects.filter(pk=contact.parent_id).update(forename="Ben", surname="Other")
    return Contact.objects.get(pk=contact.pk)


def decide(desk, contact, may_write=True, reason="The solicitor says letters are allowed", by=None):
    return orders.decide(contact, may_write=may_write, reason=reason, by=by or desk.head, at=builders.AT)


def addressed(desk):
    return [letter.addressees for letter in desk.draft()]


def test_nobody_under_an_order_is_written_to_without_a_decision(desk, ordered):
    (letter,) = desk.draft()
    assert letter.addressees == ["Ms Pat Example"]
    assert "court order is on record" in letter.left_out[0]


def test_a_decision_lets_a_letter_of_their_own_go(desk, ordered):
    decide(desk, ordered)
    assert addressed(desk) == [["Ms Pat Example"], ["Ms Ben Other"]]
    event = Event.objects.get(kind="court order decided on")
    assert (event.by, event.role, event.facts) == (desk.head.user, "head", {"may_write": True})


def test_the_latest_decision_counts(desk, ordered):
    decide(desk, ordered)
    decide(desk, ordered, may_write=False, reason="The order was changed")
    assert addressed(desk) == [["Ms Pat Example"]]
    assert OrderDecision.objects.count() == 2


def test_a_decision_about_one_child_is_none_about_another(desk, ordered):
    sibling = builders.pupil(desk.school, "Sibling")
    builders.marks(sibling, desk.calendar, builders.TODAY.replace(month=9, day=1), "LLLLL")
    Contact.objects.filter(pupil=sibling).delete()
    Contact.objects.create(
        school=desk.school,
        pupil=sibling,
        parent=ordered.parent,
        priority=1,
        relationship="Father",
        parental_responsibility=True,
        lives_with_pupil=True,
        court_order=True,
    )
    decide(desk, ordered)
    with pytest.raises(AddresseeRefusedError):
        desk.draft(pupil=sibling)


def test_a_decision_taken_back_stops_a_letter_that_waits(desk, ordered):
    decide(desk, ordered)
    letter = desk.draft()[1]
    decide(desk, ordered, may_write=False, reason="Changed")
    with pytest.raises(Exception, match="no longer those the letter was drafted for"):
        desk.issue(letter)
    assert Letter.objects.get(pk=letter.pk).state == "draft"


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_decision_needs_a_reason(desk, ordered, reason):
    with pytest.raises(OrderRefusedError, match="Say why"):
        decide(desk, ordered, reason=reason)


def test_a_decision_needs_an_order(desk):
    with pytest.raises(OrderRefusedError, match="no court order"):
        decide(desk, desk.pupil.contacts.get())


def test_a_decision_needs_the_right(desk, ordered):
    with pytest.raises(RightRefusedError):
        decide(desk, ordered, by=desk.flo)


def test_the_head_decides_on_the_page_that_the_letter_names(desk, ordered):
    (letter,) = desk.draft()
    address = reverse("order_decision", args=[desk.school.slug, ordered.pk])
    page = client_of(desk.head).get(reverse("letter", args=[desk.school.slug, letter.pk]))
    assert f'href="{address}"' in page.content.decode()
    assert address not in client_of(desk.flo).get(page.request["PATH_INFO"]).content.decode()
    refused = client_of(desk.head).post(address, {"may_write": "yes", "reason": ""})
    assert refused.status_code == 422
    assert client_of(desk.head).post(address, {"may_write": "yes", "reason": "Allowed"}).status_code == 302
    assert "Allowed" in main(client_of(desk.head).get(address))
    assert len(addressed(desk)) == 2


def test_a_pupil_with_nobody_else_names_the_decision_to_take(desk, ordered):
    Contact.objects.exclude(pk=ordered.pk).delete()
    address = reverse("letter_draft", args=[desk.school.slug, desk.pupil.pk])
    response = client_of(desk.head).post(address, {"kind": "late_l"})
    assert response.status_code == 422
    assert reverse("order_decision", args=[desk.school.slug, ordered.pk]) in response.content.decode()
