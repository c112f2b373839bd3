"""The page behind a parent's link: no account, nothing of a child on it, and one request."""

from typing import Any

import structlog
from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from absences import links
from absences.leave_link_forms import AskForm
from absences.models import LeaveLink
from absences.rules.evidence import MOST_BYTES, EvidenceRefusedError
from absences.rules.leave import LeaveRefusedError
from absences.rules.leave_links import LinkState
from absences.services import leave_links
from absences.services.leave_links import LinkClosedError, Typed, Upload
from absences.views.evidence import read_upload
from registers import clock
from registers.models import School
from registers.queries import calendars, people
from registers.scope import schools_in_scope

log = structlog.get_logger(__name__)

LIMITS = {"leave_link": "60/10m/ip,30/10m/key", "leave_sent": "20/h/ip,10/h/key"}
"""How often a page is opened and a form sent, from one address and by one link: a family shares a telephone's."""
MOST_SENT = MOST_BYTES + 64 * 1024
"""The largest form that is read at all: one file and what is typed beside it."""


@csrf_exempt
def ask_leave(request: HttpRequest, token: str) -> HttpResponse:
    """Look at the size before a byte is read, then let the form be asked for its token as anywhere else."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_SENT:
        return _closed(request, 413, "This is too much at once. Send a smaller file, or bring it to the school.")
    response = _ask(request, token)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def _ask(request: HttpRequest, token: str) -> HttpResponse:
    if not _is_within_limits(request, token):
        return _closed(request, 429, "This was tried too often in a short time. Wait a few minutes.")
    named = links.read(token)
    if named is None:
        return _gone(request, 404)
    school_id, link_id = named
    with schools_in_scope([school_id]):
        link = LeaveLink.objects.select_related("school").filter(school=school_id, pk=link_id).first()
        return _gone(request, 404) if link is None else _open(request, link)


def _is_within_limits(request: HttpRequest, token: str) -> bool:
    actions = ["leave_link", *(["leave_sent"] if request.method == "POST" else [])]
    return all(
        bool(ratelimit.consume(request, app="absences", action=action, config=LIMITS, key=token, limit_get=True))
        for action in actions
    )


def _open(request: HttpRequest, link: LeaveLink) -> HttpResponse:
    calendar = calendars.of(link.school)
    moment = clock.read(calendar)
    match link.state(moment.at):
        case LinkState.USED:
            return render(request, "absences/ask_sent.html", {"asked": link.school})
        case LinkState.OPEN:
            return _form(request, link, calendar, moment)
        case _:
            return _gone(request, 410)


def _form(request: HttpRequest, link: LeaveLink, calendar: Any, moment: clock.Moment) -> HttpResponse:
    form = AskForm(request.POST, request.FILES) if request.method == "POST" else AskForm()
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["website"]:
            log.info("leave_form_filled_by_a_machine", link=link.pk)
            return render(request, "absences/ask_sent.html", {"asked": link.school})
        if _send(form, link.school, link.pk, calendar, moment):
            return redirect(request.path)
    return render(
        request,
        "absences/ask.html",
        {"asked": link.school, "form": form},
        status=422 if request.method == "POST" else 200,
    )


def _send(form: AskForm, school: School, link_id: int, calendar: Any, moment: clock.Moment) -> bool:
    """Send what was typed; what is wrong with the days or the file goes onto the form, and the link stays unused."""
    typed = Typed(form.cleaned_data["children"], form.span, form.kind, form.cleaned_data["reason"])
    try:
        file = form.cleaned_data["file"]
        upload = Upload(file.name, read_upload(file)) if file else None
        leave_links.send(
            link_id, school, calendar, typed, upload, today=moment.today, by=people.online(school), at=moment.at
        )
    except LeaveRefusedError as refused:
        form.add_error(None, str(refused))
    except EvidenceRefusedError as refused:
        form.add_error("file", str(refused))
    except LinkClosedError:
        return True  # Sent twice at once: the other was quicker, and the page says what became of it.
    return form.is_valid()


def _gone(request: HttpRequest, status: int) -> HttpResponse:
    return _closed(request, status, "This link does not work, or does not work any more. Ask the school for another.")


def _closed(request: HttpRequest, status: int, words: str) -> HttpResponse:
    return render(request, "absences/ask_closed.html", {"words": words}, status=status)
