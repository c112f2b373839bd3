"""The outbox: what was written to families, what became of it, and what somebody has to decide about it."""

from collections.abc import Callable

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from letters import senders
from letters.forms import OutboxForm
from letters.models import Message
from letters.queries import messages as queries
from letters.rules.messages import CHANNEL_NAMES, MessageRefusedError
from letters.services import messages as services
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right

BACK = {"first": "first_day", "prepared": "first_day_messages"}
"""The pages that show messages of their own, and are gone back to; any other is the outbox."""


@school_view(Right.SEND_MESSAGES)
def outbox(request: SchoolRequest) -> HttpResponse:
    """What was written to families: what failed first, then the newest."""
    return _page(request)


@school_view(Right.SEND_MESSAGES)
@require_POST
def messages_retry(request: SchoolRequest) -> HttpResponse:
    """Send again everything that failed and still matters."""
    number = services.retry_failed(request.school, by=request.membership, at=request.moment.at)
    if number:
        notices.success(request, f"{number} {'message goes' if number == 1 else 'messages go'} again.")
    else:
        notices.warning(request, "Nothing that failed can still go: its day is over, or there is no number any more.")
    return redirect("messages", request.school.slug)


@school_view(Right.SEND_MESSAGES)
@require_POST
def message_retry(request: SchoolRequest, pk: int) -> HttpResponse:
    """Send one message again."""
    return _do(request, pk, services.retry, "It goes again. What becomes of it is shown here.")


@school_view(Right.SEND_MESSAGES)
@require_POST
def message_withdraw(request: SchoolRequest, pk: int) -> HttpResponse:
    """Drop one message that is not on its way."""
    return _do(request, pk, services.withdraw, "Dropped. Nothing more is sent.")


@school_view(Right.SEND_MESSAGES)
@require_POST
def message_put_back(request: SchoolRequest, pk: int) -> HttpResponse:
    """Undo the dropping of one message."""
    return _do(request, pk, services.put_back, "Put back among the messages to release.")


@school_view(Right.SEND_MESSAGES)
@require_POST
def message_arrived(request: SchoolRequest, pk: int) -> HttpResponse:
    """Somebody's word that a message has reached the family."""
    return _do(request, pk, services.say_it_arrived, "Noted: it arrived.")


def _do(request: SchoolRequest, pk: int, change: Callable[..., Message], done: str) -> HttpResponse:
    found = get_object_or_404(queries.of_school(request.school), pk=pk)
    try:
        change(found, by=request.membership, at=request.moment.at)
    except MessageRefusedError as refused:
        return _page(request, refused=str(refused))
    notices.success(request, done)
    return redirect(BACK.get(request.GET.get("back", ""), "messages"), request.school.slug)


def _page(request: SchoolRequest, *, refused: str = "") -> HttpResponse:
    form = OutboxForm(request.GET)
    day, states = (form.cleaned_data["day"], form.states) if form.is_valid() else (None, [])
    counts = queries.counts(request.school, day=day)
    return render(
        request,
        "letters/messages.html",
        {
            "lines": queries.outbox(request.school, request.moment.at, day=day, states=states),
            "counts": [(state, number) for state, number in counts.items() if number],
            "failed": queries.to_look_at(request.school, request.moment.at)[0],
            "is_filtered": bool(day or states),
            "form": form,
            "without_account": [CHANNEL_NAMES[channel].lower() for channel in senders.without_account()],
            "refused": refused,
        },
        status=422 if refused else 200,
    )
