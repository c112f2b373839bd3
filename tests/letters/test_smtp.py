"""E-mail through a mail server: what it is given, and what each of its answers means."""

import smtplib
from dataclasses import replace

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from letters import senders
from letters.rules.messages import Channel
from letters.senders import smtp
from letters.senders.parcels import Enclosure, Parcel, Result

PARCEL = Parcel(
    "attendance:1:tested:1",
    Channel.EMAIL,
    "pat@family.example",
    "Ann",
    "Please ring us.",
    "Ashdown School",
    "office@ashdown.example",
)


def deliver(**changes):
    return senders.deliver(replace(PARCEL, **changes), "smtp", look_first=False)


@pytest.fixture
def server(monkeypatch):
    """A mail server that raises what it is told to, on opening or on sending."""

    class Server(EmailBackend):
        on_open: Exception | None = None
        on_send: Exception | None = None
        on_close: Exception | None = None

        def open(self):
            if self.on_open:
                raise self.on_open

        def send_messages(self, messages):
            if self.on_send:
                raise self.on_send
            return super().send_messages(messages)

        def close(self):
            if self.on_close:
                raise self.on_close

    made = Server()
    monkeypatch.setattr(smtp, "get_connection", lambda: made)
    return made


def test_an_email_is_the_schools_and_its_id_is_the_messages_own(settings):
    settings.DEFAULT_FROM_EMAIL = "attendance@site.example"
    outcome = deliver()
    assert deliver().provider_id == outcome.provider_id
    [first, _] = mail.outbox
    assert (first.subject, first.body, first.to) == ("Ann", "Please ring us.", ["pat@family.example"])
    assert first.from_email == "Ashdown School <attendance@site.example>"
    assert first.reply_to == ["office@ashdown.example"]
    assert first.extra_headers["Message-ID"] == outcome.provider_id
    assert outcome.provider_id.endswith("@site.example>")
    assert outcome.result is Result.TAKEN


def test_a_letter_is_enclosed():
    deliver(enclosure=Enclosure("letter-1.pdf", b"%PDF-1.7"))
    assert mail.outbox[0].attachments == [("letter-1.pdf", b"%PDF-1.7", "application/pdf")]


@pytest.mark.parametrize(
    ("where", "error", "result"),
    [
        pytest.param("on_open", ConnectionRefusedError(), Result.LATER, id="nobody there"),
        pytest.param("on_open", TimeoutError(), Result.LATER, id="slow to open"),
        pytest.param("on_open", smtplib.SMTPConnectError(421, b"busy"), Result.LATER, id="busy"),
        pytest.param("on_open", smtplib.SMTPAuthenticationError(535, b"no"), Result.NEVER, id="sign-in refused"),
        pytest.param(
            "on_send", smtplib.SMTPRecipientsRefused({"a": (550, b"no such")}), Result.NEVER, id="no such box"
        ),
        pytest.param(
            "on_send", smtplib.SMTPRecipientsRefused({"a": (450, b"greylisted")}), Result.LATER, id="greylisted"
        ),
        pytest.param("on_send", smtplib.SMTPSenderRefused(554, b"no", "x"), Result.NEVER, id="sender refused"),
        pytest.param("on_send", smtplib.SMTPDataError(452, b"full"), Result.LATER, id="mailbox full"),
        pytest.param("on_send", smtplib.SMTPDataError(554, b"spam"), Result.NEVER, id="content refused"),
        pytest.param("on_send", smtplib.SMTPDataError(499, b""), Result.LATER, id="just below final"),
        pytest.param("on_send", smtplib.SMTPDataError(500, b""), Result.NEVER, id="just final"),
        pytest.param("on_send", smtplib.SMTPServerDisconnected(), Result.LOST, id="broken off"),
        pytest.param("on_send", TimeoutError(), Result.LOST, id="no answer after the e-mail"),
        pytest.param("on_send", smtplib.SMTPNotSupportedError(), Result.NEVER, id="not supported"),
    ],
)
def test_what_each_answer_means(server, where, error, result):
    setattr(server, where, error)
    outcome = deliver()
    assert outcome.result is result
    assert outcome.words


def test_a_conversation_that_ends_badly_after_the_email_was_taken_changes_nothing(server):
    server.on_close = smtplib.SMTPServerDisconnected()
    assert deliver().result is Result.TAKEN


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"subject": "Ann\nBcc: all@school.example"}, id="in the subject"),
        pytest.param({"to": "pat@family.example\nBcc: all@school.example"}, id="in the address"),
        pytest.param({"school_name": "School\nBcc: all@school.example"}, id="in the sender"),
    ],
)
def test_no_header_can_be_smuggled_in(changes):
    assert deliver(**changes).result is Result.NEVER
    assert mail.outbox == []
