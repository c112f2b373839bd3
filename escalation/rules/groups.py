"""Rules about classes and the whole school: the best of the week, and attendance below a figure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from escalation.rules.finding import Counts, day, evidence, shown_beside
from escalation.rules.measures import Stretch
from escalation.rules.measuring import BestClasses, SchoolBelow, part, plain
from escalation.rules.policy import Policy, Rule
from registers.rules import figures as figures_rules
from registers.rules.figures import Figures


@dataclass(frozen=True)
class GroupFinding:
    """A rule that holds for a class, or for the whole school where `school_class` is "", counted from a first day."""

    rule: Rule
    school_class: str
    first_on: date
    figures: Counts
    words: str


@dataclass(frozen=True)
class Groups:
    """What such rules are held against: the classes' figures of the school week so far, the school's of each period."""

    monday: date
    on: date
    classes: Mapping[str, Figures]
    school: Mapping[str, Stretch]


def judge(policy: Policy, groups: Groups) -> tuple[GroupFinding, ...]:
    """What each rule about groups finds, in the policy's order."""
    found: list[GroupFinding] = []
    for rule in policy.rules:
        match rule.measure:
            case BestClasses():
                found += _best(rule, rule.measure, groups)
            case SchoolBelow():
                found += _below(rule, rule.measure, groups)
    return tuple(found)


def _best(rule: Rule, measure: BestClasses, groups: Groups) -> list[GroupFinding]:
    shares = {
        name: share
        for name, figures in groups.classes.items()
        if name and figures.possible >= max(1, rule.minimum_possible) and (share := figures.attendance) is not None
    }
    if not shares:
        return []
    last = sorted(shares.values(), reverse=True)[: measure.places][-1]
    return [
        GroupFinding(
            rule=rule,
            school_class=name,
            first_on=groups.monday,
            figures=evidence(groups.classes[name]),
            words=f"{name} attended {figures_rules.shown(shares[name])} % of its sessions in the week of "
            f"{day(groups.monday)}, up to {day(groups.on)}.",
        )
        for name in sorted(shares, key=lambda one: (-shares[one], one))
        if shares[name] >= last
    ]


def _below(rule: Rule, measure: SchoolBelow, groups: Groups) -> list[GroupFinding]:
    stretch = groups.school.get(measure.over)
    attendance = stretch.figures.attendance if stretch else None
    if stretch is None or attendance is None or stretch.figures.possible < rule.minimum_possible:
        return []
    if attendance >= part(measure.percent):
        return []
    return [
        GroupFinding(
            rule=rule,
            school_class="",
            first_on=stretch.first_on,
            figures=evidence(stretch.figures),
            words=f"The school's attendance is {shown_beside(attendance, (measure.percent,))} %, below "
            f"{plain(measure.percent)} %, between {day(stretch.first_on)} and {day(stretch.last_on)}.",
        )
    ]
