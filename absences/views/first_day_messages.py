"""Writing to the families of the first-day list: each message in full, until the office releases it."""

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from absences.queries import first_day_messages as queries
from absences.queries.first_day_messages import Written
from absences.services import first_day_messages as services
from absences.services.first_day_messages import Chosen, Released
from letters import senders
from letters.rules.messages import CHANNEL_NAMES, MOST_IN_TEXT, MessageRefusedError
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right


@school_view(Right.SEND_MESSAGES)
@require_POST
def first_day_prepare(request: SchoolRequest) -> HttpResponse:
    """Write to the families still to ask, and show what was written."""
    try:
        prepared = services.prepare(
            request.school, request.calendar, local=request.moment.local, by=request.membership, at=request.moment.at
        )
    except MessageRefusedError as refused:
        return _page(request, refused=str(refused))
    if not prepared:
        notices.warning(request, "Nobody is left to write to. Whoever cannot be reached in writing is named below.")
    return redirect("first_day_messages", request.school.slug)


@school_view(Right.SEND_MESSAGES)
def first_day_messages(request: SchoolRequest) -> HttpResponse:
    """The messages of the session that runs; POST releases those ticked, with their words as they stand on the page."""
    if request.method != "POST":
        return _page(request)
    chosen = [
        Chosen(int(pk), request.POST.get(f"subject-{pk}", ""), request.POST.get(f"body-{pk}", ""))
        for pk in request.POST.getlist("send")
        if pk.isascii() and pk.isdigit() and len(pk) < 19
    ]
    if not chosen:
        return _page(request, refused="Nothing is ticked, so nothing was released. Tick the messages that should go.")
    try:
        released = services.release(
            request.school,
            request.calendar,
            chosen,
            local=request.moment.local,
            by=request.membership,
            at=request.moment.at,
        )
    except MessageRefusedError as refused:
        return _page(request, refused=str(refused))
    _say(request, released)
    return redirect("first_day_messages", request.school.slug)


def _say(request: SchoolRequest, released: Released) -> None:
    if number := len(released.messages):
        notices.success(request, f"{number} {'message' if number == 1 else 'messages'} released.")
    if released.left:
        notices.warning(request, f"{released.left} left: a child has come in or been explained since. Look at each.")
    if not number and not released.left:
        notices.warning(request, "These had been released already, or are of another session. Nothing was sent twice.")


def _page(request: SchoolRequest, *, refused: str = "") -> HttpResponse:
    found = queries.of(request.school, request.calendar, request.moment.local, request.moment.at)
    return render(
        request,
        "absences/first_day_messages.html",
        {
            "round": found,
            "prepared": [_row(request, one, bool(refused)) for one in found.prepared],
            "without_account": [CHANNEL_NAMES[channel].lower() for channel in senders.without_account()],
            "most_in_text": MOST_IN_TEXT,
            "refused": refused,
        },
        status=422 if refused else 200,
    )


def _row(request: SchoolRequest, one: Written, is_again: bool) -> dict[str, object]:
    """A message with what stands in its fields: what was typed, if the page comes back."""
    row = one.line.row
    return {
        "one": one,
        "line": one.line,
        "subject": request.POST.get(f"subject-{row.pk}", row.subject),
        "body": request.POST.get(f"body-{row.pk}", row.body),
        "ticked": not one.why_not and (not is_again or str(row.pk) in request.POST.getlist("send")),
    }
