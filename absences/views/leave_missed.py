"""What was missed without leave, or beyond it: the list, and confirming a line of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from absences.models import LeaveRequest
from absences.queries import leave_taken as queries
from absences.rules import spans
from absences.rules.leave import LeaveRefusedError
from absences.rules.leave_outcomes import CONFIRMED
from absences.services import leave_taken as services
from registers.access import SchoolRequest, school_view
from registers.rules import codes
from registers.rules.rights import Right
from registers.rules.sessions import SessionOn


@school_view(Right.RECORD_REASON)
def leave_missed(request: SchoolRequest) -> HttpResponse:
    """Every request after which sessions were missed that nobody has explained."""
    return _page(request)


@school_view(Right.RECORD_REASON)
@require_POST
def leave_confirm(request: SchoolRequest, request_id: int) -> HttpResponse:
    """Give G or O to the sessions of one line that were shown."""
    row = get_object_or_404(LeaveRequest.objects.filter(school=request.school), pk=request_id)
    try:
        number = services.confirm(
            row.pk,
            request.school,
            request.calendar,
            _shown(request),
            request.POST.get("code", ""),
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except LeaveRefusedError as refused:
        return _page(request, str(refused))
    sessions = "1 session is" if number == 1 else f"{number} sessions are"
    messages.success(request, f"{sessions} now {request.POST['code']}. A reason found later amends it.")
    return redirect("leave_missed", request.school.slug)


def _shown(request: SchoolRequest) -> list[SessionOn]:
    """The sessions that the page showed; what cannot be read was not shown."""
    found = []
    for word in request.POST.get("sessions", "").split():
        try:
            found.append(spans.read_key(word))
        except ValueError:
            continue
    return found


def _page(request: SchoolRequest, error: str = "") -> HttpResponse:
    rows = queries.missed(request.school, request.calendar, request.moment.today)
    return render(
        request,
        "absences/leave_missed.html",
        {"rows": rows, "codes": [(symbol, codes.code(symbol).meaning) for symbol in CONFIRMED], "error": error},
        status=422 if error else 200,
    )
