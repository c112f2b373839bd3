"""What a draft would have done on days that are past, beside the version in force on each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from escalation import policy_file
from escalation.models import Simulation
from escalation.queries import policies, verdicts
from escalation.rules import simulations as rules
from escalation.rules.policy import Policy, Rule
from escalation.rules.runs import ScanRefusedError
from escalation.rules.simulations import SimulationRefusedError, Trace
from registers.models import Pupil, School
from registers.queries import classes
from registers.rules.calendar import Calendar


def of(school: School, calendar: Calendar, row: Simulation) -> dict[str, Any]:
    """The result of a simulation, as its row keeps it: pupils by id, never by name."""
    draft = policy_file.read({"policy": row.document})
    before, after = Trace(calendar), Trace(calendar)
    days = rules.days_to_judge(calendar, row.first_on, row.last_on)
    for on in days:
        version = policies.in_force(school, on)
        before.see(on, _held(school, calendar, on, policies.read(version)) if version else ())
        after.see(on, _held(school, calendar, on, draft))
    difference = rules.difference(before.on_desk, after.on_desk)
    return {
        "days": [on.isoformat() for on in days],
        "added": {str(pupil): stage for pupil, stage in difference.added.items()},
        "removed": {str(pupil): stage for pupil, stage in difference.removed.items()},
        "moved": {str(pupil): list(stages) for pupil, stages in difference.moved.items()},
        "before": _work(before),
        "after": _work(after),
        "by_rule": [
            {"id": rule_id, "before": before.by_rule[rule_id], "after": after.by_rule[rule_id]}
            for rule_id in dict.fromkeys([*after.by_rule, *before.by_rule])
        ],
    }


def _held(school: School, calendar: Calendar, on: date, policy: Policy) -> list[tuple[int, Rule]]:
    try:
        found = verdicts.of_school(school, calendar, on, policy)
    except ScanRefusedError as refused:
        raise SimulationRefusedError(str(refused)) from None
    return [(verdict.pupil_id, verdict.finding.rule) for verdict in found.pupils]


def _work(trace: Trace) -> dict[str, Any]:
    work = rules.workload(trace.opened)
    return {"pupils": len({one.pupil_id for one in trace.on_desk}), "numbers": dict(work.numbers), "hours": work.hours}


@dataclass(frozen=True)
class Line:
    """One pupil whom a draft would treat differently, with the stages it is about."""

    pupil: Pupil
    class_name: str
    before: str
    after: str


def lines(school: School, row: Simulation) -> dict[str, list[Line]]:
    """The pupils of a simulation's result, by what would become of them; two queries."""
    told: Mapping[str, Any] = row.result
    ids = {int(pupil) for name in ("added", "removed", "moved") for pupil in told.get(name, {})}
    pupils = {pupil.pk: pupil for pupil in Pupil.objects.filter(school=school, pk__in=ids)}
    names = classes.class_names(school, row.last_on)

    def listed(name: str, stages: Any) -> list[Line]:
        rows = [
            Line(pupils[int(pupil)], names.get(int(pupil), ""), *stages(value))
            for pupil, value in told.get(name, {}).items()
            if int(pupil) in pupils
        ]
        return sorted(rows, key=lambda line: (line.pupil.sort_name, line.pupil.pk))

    return {
        "added": listed("added", lambda stage: ("", stage)),
        "removed": listed("removed", lambda stage: (stage, "")),
        "moved": listed("moved", tuple),
    }
