"""A whole school held against a policy on a day. Nothing is written: a simulation asks as well as the scan."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from escalation.queries import measures
from escalation.queries.measures import Counted
from escalation.rules import groups as group_rules
from escalation.rules import judging, what_if
from escalation.rules.finding import Finding
from escalation.rules.groups import GroupFinding, Groups
from escalation.rules.measures import Stretch
from escalation.rules.measuring import BestClasses
from escalation.rules.policy import Policy
from escalation.rules.what_if import Line
from registers.models import School
from registers.queries import figures
from registers.queries.figures import Period
from registers.rules import figures as figure_rules
from registers.rules.calendar import Calendar, monday_of


class Verdict(NamedTuple):
    """A rule that holds for a pupil, and how far the pupil is from its edges."""

    pupil_id: int
    finding: Finding
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Verdicts:
    """Everything a policy finds at a school on a day."""

    pupils: tuple[Verdict, ...]
    groups: tuple[GroupFinding, ...]


def of_school(school: School, calendar: Calendar, on: date, policy: Policy, counted: Counted | None = None) -> Verdicts:
    """Raises ScanRefusedError if marks changed while they were counted."""
    counted = counted or measures.count(school, calendar, on, policy)
    found = tuple(
        Verdict(pupil_id, finding, what_if.lines(policy, finding.rule, one.measures))
        for pupil_id, one in measures.of_school(school, calendar, on, policy, counted)
        for finding in judging.judge_some(policy, one.rules, one.measures)
    )
    return Verdicts(found, _groups(school, calendar, policy, counted))


def _groups(school: School, calendar: Calendar, policy: Policy, counted: Counted) -> tuple[GroupFinding, ...]:
    if all(rule.is_about_pupils for rule in policy.rules):
        return ()
    monday = monday_of(counted.on)
    classes = {}
    if any(isinstance(rule.measure, BestClasses) for rule in policy.rules):
        by_class = figures.by_class(school, calendar, Period(monday, counted.on))
        classes = {name: figure_rules.total(pupils.values()) for name, pupils in by_class.items()}
    whole = {
        over: Stretch(period.first_on, counted.on, figure_rules.total(counted.figures[over].values()))
        for over, period in counted.periods.items()
    }
    return group_rules.judge(policy, Groups(monday, counted.on, classes, whole))
