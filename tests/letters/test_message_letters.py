"""An issued letter that goes with an e-mail: only one that stands, and the very file that was issued."""

import pytest
from django.core import mail

from letters.models import Letter
from letters.rules.messages import Channel, MessageRefusedError
from letters.services import letters, sending
from letters.services import messages as services
from letters.services.messages import Draft
from registers.models import Parent
from registers.queries import people
from registers.services import jobs
from tests import builders
from tests.builders import AT

pytestmark = pytest.mark.usefixtures("plain_pdf")


@pytest.fixture(autouse=True)
def _mail(settings, desk, time_machine):
    time_machine.move_to(AT, tick=False)
    settings.EMAIL_URL = "smtp://mail.example"
    builders.nightly(desk.school)


def prepare(desk, letter, channel=Channel.EMAIL):
    parent = letter.parents.get()
    draft = Draft("letter", f"letter:{letter.pk}", channel, parent, (letter.pupil,), "A letter.", "A letter", letter)
    [row] = services.prepare(desk.school, [draft], by=desk.office, at=AT)
    return row


def send(desk, row):
    [gone] = services.release(desk.school, [row.pk], by=desk.office, at=AT)
    jobs.run(gone.job_id, lambda: AT)
    row.refresh_from_db()
    return row


def issued(desk) -> Letter:
    [draft] = desk.draft("late_l")
    return desk.issue(draft)


def test_the_file_that_was_issued_goes_with_it(desk):
    letter = issued(desk)
    assert send(desk, prepare(desk, letter)).state == "sent"
    [(name, document, kind)] = mail.outbox[0].attachments
    assert (name, kind) == (f"letter-{letter.pk}.pdf", "application/pdf")
    assert document.startswith(b"%PDF-stand-in")


def test_a_draft_does_not_go(desk):
    [draft] = desk.draft("late_l")
    with pytest.raises(MessageRefusedError, match="Issue it first"):
        prepare(desk, draft)


def test_no_text_carries_a_letter(desk):
    letter = issued(desk)
    Parent.objects.filter(pk=letter.parents.get().pk).update(phone1="07700 900123")
    with pytest.raises(MessageRefusedError, match="cannot carry a letter"):
        prepare(desk, letter, Channel.TEXT)


def test_one_withdrawn_before_its_turn_does_not_go(desk):
    letter = issued(desk)
    row = prepare(desk, letter)
    letters.withdraw(letter, reason="The wrong child", by=desk.head, at=AT)
    row = send(desk, row)
    assert (row.state, mail.outbox) == ("failed", [])
    assert "withdrawn since" in row.error


def test_one_whose_file_is_not_what_was_issued_does_not_go(desk, settings):
    letter = issued(desk)
    row = prepare(desk, letter)
    (settings.LETTERS_DIR / letter.pdf_path).write_bytes(b"%PDF-other")
    row = send(desk, row)
    assert (row.state, mail.outbox) == ("failed", [])
    assert "hash does not match" in row.error


def test_one_taken_over_whose_file_is_gone_may_have_gone(desk, settings):
    letter = issued(desk)
    row = prepare(desk, letter)
    services.release(desk.school, [row.pk], by=desk.office, at=AT)
    assert sending.begin(desk.school, row.pk, by=people.nightly(desk.school), at=AT)
    (settings.LETTERS_DIR / letter.pdf_path).unlink()
    assert sending.begin(desk.school, row.pk, by=people.nightly(desk.school), at=AT) is None
    row.refresh_from_db()
    assert row.state == "unknown"
