"""An issued letter goes by e-mail through the sender of all messages, its file attached, once."""

import pytest
from django.urls import reverse

from letters.models import Letter, Message
from letters.rules.messages import MessageRefusedError
from letters.rules.posting import How
from letters.services import letters, mailing, posting
from registers.models import Contact, Parent
from tests import builders
from tests.letters.test_pages import client_of, main

pytestmark = pytest.mark.usefixtures("plain_pdf")
NOW = {"today": builders.TODAY, "at": builders.AT}


def test_each_parent_addressed_gets_the_file_and_the_letter_is_sent(desk):
    contact = builders.parent_of(desk.pupil, priority=2)
    letter = desk.issue(desk.draft()[0])
    assert {contact.parent_id} < set(letter.parents.values_list("pk", flat=True))
    released = mailing.email(letter, **NOW, by=desk.flo)
    assert len(released) == 2
    assert {row.attachment for row in Message.objects.all()} == {letter}
    assert {row.to_address for row in released} == set(Parent.objects.values_list("email", flat=True))
    letter.refresh_from_db()
    assert (letter.state, letter.sent_how, letter.sent_on) == ("sent", "email", builders.TODAY)


def test_the_mail_itself_says_nothing_of_the_letter(desk):
    letter = desk.issue(desk.draft()[0])
    (row,) = mailing.email(letter, **NOW, by=desk.flo)
    assert "late" not in row.body.lower()
    assert desk.pupil.forename not in row.subject
    assert row.body.startswith("Dear Ms Example\n")


def test_asked_for_twice_it_goes_once(desk):
    letter = desk.issue(desk.draft()[0])
    mailing.email(letter, **NOW, by=desk.flo)
    letter.refresh_from_db()
    assert mailing.email(letter, **NOW, by=desk.flo) == []
    assert Message.objects.count() == 1


def test_a_parent_without_an_address_is_named_and_nobody_gets_it(desk):
    builders.parent_of(desk.pupil, priority=2)
    letter = desk.issue(desk.draft()[0])
    Parent.objects.filter(pk=Contact.objects.order_by("pk").first().parent_id).update(email="")
    with pytest.raises(MessageRefusedError, match="no e-mail address"):
        mailing.email(letter, **NOW, by=desk.flo)
    assert not Message.objects.exists()
    assert Letter.objects.get().state == "issued"


def test_only_what_is_issued_and_stands_is_mailed(desk):
    (draft,) = desk.draft()
    with pytest.raises(MessageRefusedError, match="issued, and stands"):
        mailing.email(draft, **NOW, by=desk.flo)
    withdrawn = letters.withdraw(desk.issue(draft), reason="Wrong", by=desk.flo, at=builders.AT)
    with pytest.raises(MessageRefusedError):
        mailing.email(withdrawn, **NOW, by=desk.flo)


def test_a_posted_letter_may_go_by_mail_as_well_and_stays_posted(desk):
    letter = desk.issue(desk.draft()[0])
    posting.mark_sent(desk.school, [letter.pk], how=How.POST, on=builders.TODAY, **NOW, by=desk.office)
    letter.refresh_from_db()
    mailing.email(letter, **NOW, by=desk.flo)
    letter.refresh_from_db()
    assert letter.sent_how == "post"


def test_the_page_offers_it_and_shows_what_became_of_it(desk):
    letter = desk.issue(desk.draft()[0])
    address = reverse("letter", args=[desk.school.slug, letter.pk])
    assert "E-mail it to Ms Pat Example" in main(client_of(desk.flo).get(address))
    assert client_of(desk.flo).post(reverse("letter_email", args=[desk.school.slug, letter.pk])).status_code == 302
    text = main(client_of(desk.flo).get(address))
    assert "E-mailed" in text
    assert "Pat Example: waiting to go" in text
