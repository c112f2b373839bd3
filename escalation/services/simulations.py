"""Trying a draft on days that are past: asked for in a row, worked out in the background, nothing of it in force."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from escalation import policy_file
from escalation.models import PolicyDraft, Simulation
from escalation.queries import simulated
from escalation.rules import drafting
from escalation.rules import simulations as rules
from escalation.rules.simulations import JOB_KIND, SimulationRefusedError, SimulationState
from registers.models import Membership, School
from registers.rules import rights
from registers.rules.calendar import Calendar
from registers.rules.rights import Right, Role
from registers.services import jobs, record
from registers.tasks import nudge


@transaction.atomic
def ask(
    draft: PolicyDraft, calendar: Calendar, first_on: date, last_on: date, *, by: Membership, at: datetime, today: date
) -> Simulation:
    """Ask what a draft would have done. Raises PolicyRefusedError for a draft with faults, SimulationRefusedError."""
    rights.check(Role(by.role), Right.SET_POLICY)
    if last_on > today:
        raise SimulationRefusedError("A simulation looks at days that are past. Choose a last day not after today.")
    rules.days_to_judge(calendar, first_on, last_on)
    document = drafting.to_try(draft.document)
    policy_file.read({"policy": document})
    row = Simulation.objects.create(
        school_id=draft.school_id,
        document=document,
        first_on=first_on,
        last_on=last_on,
        state=SimulationState.WAITING,
        asked_at=at,
        asked_by=by.user,
        asked_role=by.role,
    )
    job = jobs.ask(draft.school, kind=JOB_KIND, key=key_of(row), payload={"simulation": row.pk, "by": by.pk}, at=at)
    record.write("simulation asked for", by=by, at=at, subject=f"simulation:{row.pk}")
    transaction.on_commit(lambda: _nudge(job.pk))
    return row


def _nudge(job_id: int) -> None:
    nudge(job_id)


def key_of(row: Simulation) -> str:
    return f"simulation:{row.pk}"


@transaction.atomic
def work_out(school: School, calendar: Calendar, pk: int, *, by: Membership, at: datetime) -> None:
    """Do a simulation that waits; one that is done stays as it is. A refusal is kept with it."""
    row = Simulation.objects.select_for_update().get(school=school, pk=pk)
    if row.state != SimulationState.WAITING:
        return
    try:
        result = simulated.of(school, calendar, row)
    except SimulationRefusedError as refused:
        _settle(row, SimulationState.FAILED, at, error=str(refused)[:200])
    else:
        _settle(row, SimulationState.DONE, at, result=result)
    record.write("simulation done", by=by, at=at, subject=f"simulation:{row.pk}", facts={"state": row.state})


def _settle(row: Simulation, state: SimulationState, at: datetime, **fields: Any) -> None:
    rules.check_move(SimulationState(row.state), state)
    row.state, row.ended_at = state, at
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
