"""One run of the scan: what it changed since the night before."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from escalation.models import ScanRun
from escalation.queries import runs
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right


@school_view(Right.SEE_DESK)
def scan_run(request: SchoolRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(ScanRun.objects.filter(school=request.school), pk=pk)
    return render(request, "escalation/scan_run.html", {"run": run, "changes": runs.changes(request.school, run)})
