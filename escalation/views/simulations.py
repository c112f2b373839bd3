"""Trying the draft on days that are past, and what would have come of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from escalation.models import Simulation
from escalation.policy_file import PolicyRefusedError
from escalation.policy_forms import SimulateForm
from escalation.queries import policy_pages, simulated
from escalation.rules.simulations import MINUTES, SimulationRefusedError, SimulationState
from escalation.services import simulations
from registers.access import SchoolRequest, school_view
from registers.models import Job
from registers.rules.jobs import JobState
from registers.rules.rights import Right


@school_view(Right.SET_POLICY)
@require_POST
def simulate(request: SchoolRequest) -> HttpResponse:
    """Ask what the draft would have done."""
    draft = policy_pages.draft(request.school)
    form = SimulateForm(request.POST)
    if draft is None:
        messages.error(request, "There is no draft to try; it was adopted or dropped meanwhile.")
        return redirect("policy", request.school.slug)
    if not form.is_valid():
        messages.error(request, "Give the first and the last day to try the draft on.")
        return redirect("policy_draft", request.school.slug)
    try:
        row = simulations.ask(
            draft,
            request.calendar,
            form.cleaned_data["first_on"],
            form.cleaned_data["last_on"],
            by=request.membership,
            at=request.moment.at,
            today=request.moment.today,
        )
    except (SimulationRefusedError, PolicyRefusedError) as refused:
        messages.error(request, f"The draft was not tried. {refused}")
        return redirect("policy_draft", request.school.slug)
    return redirect("simulation", request.school.slug, row.pk)


@school_view(Right.SET_POLICY)
def simulation(request: SchoolRequest, pk: int) -> HttpResponse:
    """What a draft would have done; while that is worked out, the page asks again by itself."""
    row = get_object_or_404(Simulation.objects.filter(school=request.school), pk=pk)
    job = Job.objects.filter(school=request.school, key=simulations.key_of(row)).first()
    is_lost = job is not None and job.state == JobState.FAILED
    context = {
        "simulation": row,
        "is_working": row.state == SimulationState.WAITING and not is_lost,
        "is_lost": is_lost,
        "lines": simulated.lines(request.school, row) if row.state == SimulationState.DONE else {},
        "work": _work(row),
        "minutes": MINUTES,
        "draft": policy_pages.draft(request.school),
    }
    return render(request, "escalation/simulation.html", context)


def _work(row: Simulation) -> list[tuple[str, int, int]]:
    """Each step with its number under the policy in force and under the draft."""
    if row.state != SimulationState.DONE:
        return []
    before, after = row.result["before"]["numbers"], row.result["after"]["numbers"]
    return [(step, before[step], after[step]) for step in after if before[step] or after[step]]
