"""What is kept of sign-ins, and for how long."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from celery import shared_task
from django.core.management import call_command
from django.db.models import Exists, OuterRef
from django.utils import timezone

from registers.models import User

KEPT = timedelta(days=2 * 365)
NOBODYS_KEPT = timedelta(days=1)
"""Tries at addresses that are nobody's: whoever floods the sign-in fills no disk."""


@shared_task
def forget_sign_ins() -> None:
    """Drop sign-ins of long ago, tries at addresses that are nobody's, and sessions that have ended."""
    now = timezone.now()
    for log in (AccessLog, AccessFailureLog):
        log.objects.filter(attempt_time__lt=now - KEPT).delete()
    somebodys = Exists(User.objects.filter(email=OuterRef("username")))
    AccessFailureLog.objects.filter(~somebodys, attempt_time__lt=now - NOBODYS_KEPT).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - NOBODYS_KEPT).delete()
    call_command("clearsessions")
