"""The office's hatch: who comes in and goes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from registers.access import SchoolRequest, school_view
from registers.models import Pupil, SiteEvent
from registers.queries import door as door_queries
from registers.rules import arrivals as arrival_rules
from registers.rules import on_site as on_site_rules
from registers.rules.arrivals import MinuteRefusedError
from registers.rules.on_site import Expected, SiteEventKind, SiteEventRefusedError
from registers.rules.rights import Right
from registers.rules.sessions import Session
from registers.services import arrivals, site_events
from registers.services.arrivals import ArrivalAsksError, Decision
from registers.services.marks import MarksRefusedError
from registers.services.site_events import AtTheDoor
from registers.views import day

REASONS_LATE = ("Overslept", "Traffic or transport", "Appointment", "Unwell earlier", "Nobody could say")
"""What is said at the hatch most often; any other may be typed."""


@dataclass(frozen=True)
class Typed:
    """What the hatch's form holds: empty at first, what was typed after a refusal."""

    pupil_id: int | None = None
    time: str = ""
    way: Literal["in", "out"] = "in"
    reason: str = ""
    accompanied_by: str = ""


@school_view(Right.RECODE)
def door(request: SchoolRequest) -> HttpResponse:
    """The hatch: POST enters who comes in or goes out, or undoes it."""
    on = day.chosen(request, request.POST if request.method == "POST" else request.GET)
    if not request.calendar.is_school_day(on):
        return day.closed(request, on)
    if request.method != "POST":
        return _door_page(request, on, Typed(time=_now(request, on)))
    if request.POST.get("do") == "undo":
        return _undo(request, on)
    return _enter(request, on)


def _enter(request: SchoolRequest, on: date) -> HttpResponse:
    typed = _typed(request.POST)
    try:
        if typed.pupil_id is None:
            raise SiteEventRefusedError("Find the pupil first: type part of the name and press Enter.")
        said = AtTheDoor(typed.pupil_id, on, arrival_rules.read_minute(typed.time), typed.reason, typed.accompanied_by)
        words = _come_in(request, said) if typed.way == "in" else _go_out(request, said)
    except Pupil.DoesNotExist:
        raise Http404 from None
    except ArrivalAsksError as asks:
        return _door_page(request, on, typed, asks=asks)
    except (MinuteRefusedError, SiteEventRefusedError, MarksRefusedError) as refused:
        return _door_page(request, on, typed, error=str(refused))
    messages.success(request, words)
    return _back_to_door(request, on)


def _come_in(request: SchoolRequest, said: AtTheDoor) -> str:
    decision = request.POST.get("decision", "")
    version = request.POST.get("version", "")
    entered = arrivals.arrive(
        request.school,
        request.calendar,
        said,
        Decision(decision) if decision in set(Decision) else Decision.NOT_ASKED,
        int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
        local=request.moment.local,
        by=request.membership,
        at=request.moment.at,
    )
    what = "Came back" if entered.event.kind == SiteEventKind.RETURNED else "Arrived"
    return f"{what} at {entered.event.time:%H:%M}. {entered.why}"


def _go_out(request: SchoolRequest, said: AtTheDoor) -> str:
    event = site_events.leave(
        request.school,
        request.calendar,
        said,
        local=request.moment.local,
        by=request.membership,
        at=request.moment.at,
    )
    proposal = on_site_rules.proposal_after_leaving(Session(event.session), event.reason)
    return f"Left at {event.time:%H:%M}. The session’s mark stands. {proposal}".strip()


def _undo(request: SchoolRequest, on: date) -> HttpResponse:
    event_id = day.number(request.POST.get("event", ""))
    if event_id is None:
        raise Http404
    try:
        undone = arrivals.cancel(
            request.school,
            request.calendar,
            event_id,
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except SiteEvent.DoesNotExist:
        raise Http404 from None
    except (SiteEventRefusedError, MarksRefusedError) as refused:
        return _door_page(request, on, Typed(time=_now(request, on)), error=str(refused))
    messages.success(request, f"Undone. {undone.said}")
    return _back_to_door(request, on)


def _back_to_door(request: SchoolRequest, on: date) -> HttpResponse:
    address = reverse("door", args=[request.school.slug])
    return redirect(address if on == request.moment.today else f"{address}?on={on.isoformat()}")


def _door_page(
    request: SchoolRequest, on: date, typed: Typed, *, error: str = "", asks: ArrivalAsksError | None = None
) -> HttpResponse:
    found = door_queries.of(
        request.school,
        request.calendar,
        on,
        shows_notes=Right.SEE_FAMILY in request.rights,
    )
    if typed.pupil_id is not None and all(choice.pupil.pk != typed.pupil_id for choice in found.choices):
        asks = None
    return render(
        request,
        "registers/door.html",
        {
            "door": found,
            "on": on,
            "is_today": on == request.moment.today,
            "expected": [(kind, found.expected[kind]) for kind in Expected if found.expected[kind]],
            "typed": typed,
            "error": error,
            "asks": asks,
            "asked_about": next((row for row in found.choices if row.pupil.pk == typed.pupil_id), None),
            "reasons": REASONS_LATE,
        },
        status=422 if error or asks else 200,
    )


def _typed(posted: Mapping[str, str]) -> Typed:
    return Typed(
        day.number(posted.get("pupil", "")),
        posted.get("time", "").strip(),
        "out" if posted.get("do") == "out" else "in",
        posted.get("reason", "").strip(),
        posted.get("accompanied_by", "").strip(),
    )


def _now(request: SchoolRequest, on: date) -> str:
    return f"{request.moment.local:%H:%M}" if on == request.moment.today else ""
