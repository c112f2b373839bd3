"""Where somebody is signed in."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone


def end_others(request: HttpRequest) -> None:
    """Sign a person out everywhere but here."""
    running = Session.objects.filter(expire_date__gt=timezone.now())
    for session in running.exclude(session_key=request.session.session_key).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(request.user.pk):
            session.delete()
