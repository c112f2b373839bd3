"""E-mail through the mail server that EMAIL_URL names. It cannot be asked afterwards what it took."""

from contextlib import suppress
from email.utils import formataddr, parseaddr
from hashlib import sha256
from smtplib import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from letters.senders.parcels import (
    AccountError,
    Delivery,
    LostAnswerError,
    News,
    Outcome,
    Parcel,
    PermanentError,
    Result,
    SendingError,
    TemporaryError,
)

PERMANENT = 500
"""From this reply code on a server's no is final (RFC 5321, 4.2.1)."""


class Smtp:
    """Django's own mail; one connection a message."""

    name = "smtp"
    can_be_asked = False

    def send(self, parcel: Parcel) -> Outcome:
        message = _message(parcel)
        connection = get_connection()
        try:
            connection.open()
        except SMTPAuthenticationError as error:
            raise AccountError(
                "The mail server did not accept the site's sign-in. "
                "Whoever looks after the system must check EMAIL_URL."
            ) from error
        except (SMTPException, OSError) as error:
            raise TemporaryError("The mail server cannot be reached.") from error
        try:
            connection.send_messages([message])
        except (SMTPException, OSError, ValueError) as error:
            raise _refusal(error) from error
        finally:
            # The message is taken or not by now; how the conversation ends changes nothing.
            with suppress(SMTPException, OSError):
                connection.close()
        return Outcome(Result.TAKEN, message_id(parcel.reference))

    def find(self, reference: str) -> str | None:
        raise LostAnswerError("Sending was interrupted, and a mail server cannot be asked whether it took the e-mail.")

    def status(self, provider_id: str) -> News:
        return News(Delivery.WAITING)


def message_id(reference: str) -> str:
    """The same for every try of a message, so that a mailbox that gets it twice can tell."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{sha256(reference.encode()).hexdigest()[:40]}@{domain}>"


def _message(parcel: Parcel) -> EmailMessage:
    sender = formataddr((parcel.school_name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
    message = EmailMessage(
        parcel.subject,
        parcel.body,
        sender,
        [parcel.to],
        reply_to=[parcel.reply_to] if parcel.reply_to else None,
        headers={"Message-ID": message_id(parcel.reference)},
    )
    if parcel.enclosure is not None:
        message.attach(parcel.enclosure.name, parcel.enclosure.document, "application/pdf")
    return message


def _refusal(error: Exception) -> SendingError:
    """What an error in the midst of sending says about whether the message was taken."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return _by_code(max(codes, default=PERMANENT), "The mail server does not take e-mail to this address.")
    if isinstance(error, SMTPResponseException):
        return _by_code(error.smtp_code, "The mail server refused the e-mail.")
    if isinstance(error, ValueError):
        return PermanentError("The address or the subject is none that an e-mail can have. Correct it.")
    # Every SMTPException is an OSError as well; only the plain ones are of the connection.
    if isinstance(error, SMTPException) and not isinstance(error, SMTPServerDisconnected):
        return PermanentError("The mail server cannot send this e-mail.")
    return LostAnswerError("The mail server broke off before it said whether it took the e-mail.")


def _by_code(code: int, words: str) -> SendingError:
    if code >= PERMANENT:
        return PermanentError(f"{words} (Its answer: {code}.)")
    return TemporaryError(f"{words} It asks to be tried again later. (Its answer: {code}.)")
