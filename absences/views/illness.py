"""Illness of which evidence is wanted: the queue, and the answer to each stretch of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from absences.models import EvidenceWanted
from absences.queries import illness as queries
from absences.rules.illness import DECIDED, STEP_NAMES, IllnessRefusedError, Step
from absences.services import illness as services
from registers.access import SchoolRequest, holder, school_view
from registers.rules.rights import Right


@school_view(Right.RECORD_REASON)
def illness_evidence(request: SchoolRequest) -> HttpResponse:
    """Every stretch of illness that waits for evidence or a decision."""
    return _page(request)


def _page(request: SchoolRequest, error: str = "") -> HttpResponse:
    lines = queries.waiting(request.school, request.calendar, request.moment.today)
    context = {"lines": lines, "error": error, "names": STEP_NAMES}
    return render(request, "absences/illness_evidence.html", context, status=422 if error else 200)


@school_view(Right.RECORD_REASON)
@require_POST
def illness_answer(request: SchoolRequest, evidence_id: int) -> HttpResponse:
    """Answer one stretch; without evidence it is the headteacher who decides."""
    rows = EvidenceWanted.objects.filter(school=request.school, ended_on__isnull=True).select_related("pupil")
    row = get_object_or_404(rows, pk=evidence_id)
    chosen = request.POST.get("step", "")
    if chosen not in set(Step):
        return _page(request, "Choose what was done about the illness. Nothing was changed.")
    step = Step(chosen)
    try:
        services.answer(
            row,
            request.school,
            request.calendar,
            request.POST.get("key", ""),
            step,
            request.POST.get("words", ""),
            today=request.moment.today,
            by=holder(request, Right.WANT_EVIDENCE) if step in DECIDED else request.membership,
            at=request.moment.at,
        )
    except IllnessRefusedError as refused:
        return _page(request, str(refused))
    messages.success(request, f"{STEP_NAMES[step]}.")
    return redirect("illness_evidence", request.school.slug)
