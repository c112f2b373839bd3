"""The office's day: registers that are not in, who is on site, and where a teacher saw otherwise."""

from collections.abc import Mapping
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from registers.access import SchoolRequest, school_view
from registers.models import Mark
from registers.queries import disagreements as queries
from registers.queries import missing as missing_queries
from registers.queries import on_site as on_site_queries
from registers.rules import disagreements as disagreement_rules
from registers.rules.disagreements import DisagreementRefusedError
from registers.rules.on_site import Where
from registers.rules.rights import Right
from registers.services import disagreements
from registers.services.disagreements import LookedAt


def chosen(request: SchoolRequest, asked: Mapping[str, str]) -> date:
    """The day a page is for: today, or an earlier one that was chosen."""
    try:
        on = date.fromisoformat(asked.get("on", ""))
    except ValueError:
        return request.moment.today
    return min(on, request.moment.today)


def closed(request: SchoolRequest, on: date) -> HttpResponse:
    """The answer of a page of a day on which there is no school."""
    previous = request.calendar.last_school_day(on)
    return render(
        request,
        "registers/day_closed.html",
        {"why_closed": request.calendar.why_closed(on), "on": on, "previous": previous},
    )


def number(text: str) -> int | None:
    """A number as a form sends it: a row, or a version."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@school_view(Right.RECODE)
def missing(request: SchoolRequest) -> HttpResponse:
    """The registers that are not in, with how late each is, and the blanks of earlier days."""
    today = request.moment.today
    on = chosen(request, request.GET)
    if not request.calendar.is_school_day(on):
        return closed(request, on)
    return render(
        request,
        "registers/missing.html",
        {
            "missing": missing_queries.of(request.school, request.calendar, on, request.moment.local),
            "blanks": missing_queries.blanks(request.school, request.calendar, today),
            "term": request.calendar.term_of(today),
            "on": on,
            "is_today": on == today,
        },
    )


@school_view(Right.SEE_ON_SITE)
def on_site(request: SchoolRequest) -> HttpResponse:
    """Who is on site now, by class, to read and to print."""
    if not request.calendar.is_school_day(request.moment.today):
        return closed(request, request.moment.today)
    asked = request.GET.get("where", "")
    only = Where(asked) if asked in set(Where) else None
    return render(
        request,
        "registers/on_site.html",
        {
            "on_site": on_site_queries.of(request.school, request.moment.local, only),
            "only": only,
            "shows_reasons": Right.SEE_FAMILY in request.rights,
        },
    )


DAYS = {"today": "Today", "": "This half-term", "year": "The school year"}
"""How far back the queue can be shown, as the address says it."""


@school_view(Right.RECODE)
def disagreements_page(request: SchoolRequest) -> HttpResponse:
    """The queue of disagreements: POST settles one."""
    if request.method != "POST":
        return _queue_page(request)
    mark_id, version = number(request.POST.get("mark", "")), number(request.POST.get("version", ""))
    if mark_id is None or version is None:
        raise Http404
    looked_at, reason = LookedAt(mark_id, version, request.POST.get("seen", "")), request.POST.get("reason", "")
    try:
        words = _settle(request, looked_at, reason)
    except Mark.DoesNotExist:
        raise Http404 from None
    except DisagreementRefusedError as refused:
        return _queue_page(request, looked_at, reason, error=str(refused))
    messages.success(request, words)
    place = number(request.POST.get("place", "")) or 0
    return redirect(f"{_queue_address(request)}#place-{place}")


def _settle(request: SchoolRequest, looked_at: LookedAt, reason: str) -> str:
    by, at = request.membership, request.moment.at
    if request.POST.get("do") == "take":
        mark = disagreements.take_teachers(
            request.school, request.calendar, looked_at, reason, today=request.moment.today, by=by, at=at
        )
        return f"Now {mark.code}, as the teacher saw."
    mark = disagreements.settle(request.school, looked_at, reason, by=by, at=at)
    return f"{mark.code} stands."


def _queue_page(
    request: SchoolRequest, looked_at: LookedAt | None = None, reason: str = "", *, error: str = ""
) -> HttpResponse:
    today = request.moment.today
    days = _days(request)
    first_on = {
        "today": today,
        "year": request.calendar.school_year_of(today)[0],
    }.get(days, queries.queue_from(request.calendar, today))
    rows = queries.rows(
        request.school,
        first_on,
        today,
        shows_restricted=Right.SEE_SENSITIVE in request.rights,
    )
    return render(
        request,
        "registers/disagreements.html",
        {
            "rows": rows,
            "days": days,
            "days_choices": DAYS,
            "reasons": disagreement_rules.REASONS,
            "error": error,
            "looked_at": looked_at,
            "typed": reason,
            "queue": _queue_address(request),
        },
        status=422 if error else 200,
    )


def _queue_address(request: SchoolRequest) -> str:
    address, days = reverse("disagreements", args=[request.school.slug]), _days(request)
    return f"{address}?days={days}" if days else address


def _days(request: SchoolRequest) -> str:
    asked = request.GET.get("days", "")
    return asked if asked in DAYS else ""
