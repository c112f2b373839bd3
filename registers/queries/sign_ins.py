"""Who signed in when and from where, and who tried to: read from what django-axes keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from axes.models import AccessFailureLog, AccessLog
from django.core.paginator import Page, Paginator
from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import TruncDate

from registers.models import Membership, School, User
from registers.rules.people import GIVEN

ON_A_PAGE = 50


@dataclass(frozen=True)
class SignIn:
    """One sign-in, or one try that was refused."""

    at: datetime
    email: str
    address: str
    failed: bool
    locked: bool
    name: str = ""


def of_school(school: School, number: str | int) -> tuple[list[SignIn], Page[Any]]:
    """The sign-ins and refusals of whoever had a part at the school on that day, newest first, a page of them."""
    parts = Membership.objects.filter(school=school, role__in=GIVEN, user__email=OuterRef("username"))
    here = Exists(
        parts.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=OuterRef("day")), starts_on__lte=OuterRef("day"))
    )
    page = Paginator(_all(here), ON_A_PAGE).get_page(number)
    rows = list(page.object_list)
    names = dict(User.objects.filter(email__in={row["username"] for row in rows}).values_list("email", "name"))
    return [_read(row, names[row["username"]]) for row in rows], page


def of_person(user: User, number: int = 10) -> Sequence[SignIn]:
    """A person's own last sign-ins and refusals."""
    return [_read(row, user.name) for row in _all(Q(username=user.email))[:number]]


def _all(which: Q | Exists) -> QuerySet[Any]:
    """Both logs as one, newest first."""
    went = {"failed": Value(False, BooleanField()), "locked": Value(False, BooleanField())}
    refused = {"failed": Value(True, BooleanField()), "locked": F("locked_out")}
    logs = [
        log.objects.annotate(day=TruncDate("attempt_time"), **said)
        .filter(which)
        .order_by()
        .values("attempt_time", "username", "ip_address", "failed", "locked")
        for log, said in ((AccessLog, went), (AccessFailureLog, refused))
    ]
    union: QuerySet[Any] = logs[0].union(logs[1], all=True).order_by("-attempt_time")
    return union


def _read(row: dict[str, Any], name: str) -> SignIn:
    return SignIn(
        row["attempt_time"], row["username"], row["ip_address"] or "", bool(row["failed"]), bool(row["locked"]), name
    )
