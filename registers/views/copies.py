"""The monthly copies of both registers: what there is, and one made now."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from registers.access import SchoolRequest, school_view
from registers.queries import copies as queries
from registers.rules.copies import CopyRefusedError
from registers.rules.rights import Right
from registers.services import copies as services
from registers.tasks import nudge


@school_view(Right.SET_UP)
def copies(request: SchoolRequest) -> HttpResponse:
    """Every copy with whether it is whole; `check` reads every byte of one."""
    checked = request.GET.get("check", "")
    fault = queries.fault_of(request.school, checked) if checked else ""
    if fault is None:
        raise Http404
    return render(
        request,
        "registers/copies.html",
        {"copies": queries.of(request.school), "checked": checked, "fault": fault},
    )


@school_view(Right.SET_UP)
@require_POST
def copy_now(request: SchoolRequest) -> HttpResponse:
    """Ask for a copy at once; the work is done in the background."""
    try:
        row = services.ask_now(request.school, request.moment.today, by=request.membership, at=request.moment.at)
    except CopyRefusedError as refused:
        messages.error(request, str(refused))
    else:
        nudge(row.pk)
        messages.success(request, "A copy is being made. It stands below when it is finished, in a minute or so.")
    return redirect("copies", request.school.slug)
