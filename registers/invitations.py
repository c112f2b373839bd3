"""The one-time link by which somebody chooses a password, and the e-mail that carries it where mail is set up."""

from collections.abc import Callable
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from registers.models import User

log = structlog.get_logger(__name__)

SUBJECT = "Your sign-in for the attendance registers"
WORDS = """\
{name},

choose a password for the attendance registers here. The link works once, for three days:

{link}

If you did not expect this, leave it alone: without the link nothing changes.
"""


def link(user: User, absolute: Callable[[str], str]) -> str:
    """A link good for three days, until a password is chosen with it or the person signs in."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return absolute(reverse("password_chosen", args=[uid, default_token_generator.make_token(user)]))


def send(user: User, address: str) -> bool:
    """Send the link to the person's own address; whether it went out. Without mail set up, nothing goes."""
    if not settings.EMAIL_URL:
        return False
    try:
        send_mail(SUBJECT, WORDS.format(name=user.name, link=address), settings.DEFAULT_FROM_EMAIL, [user.email])
    except (OSError, SMTPException):
        log.warning("invitation_not_sent", user=user.pk)
        return False
    return True
