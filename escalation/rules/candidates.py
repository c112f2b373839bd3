"""Which pupils a rule can hold for at all, told from counts alone, so that only their sessions need be fetched.

Never False for a pupil whom the rule holds for; True for some whom, session by session, it does not.
"""

from typing import Any

from escalation.rules import judging
from escalation.rules.measures import Measures
from escalation.rules.measuring import (
    AbsenceAtLeast,
    AttendanceBand,
    BelowExpected,
    DaysOnEnd,
    IllnessOccasions,
    Improvement,
    LatesInHalfTerm,
    NoContact,
    NoImprovement,
    ReviewOverdue,
    SessionsMissed,
    UnauthorisedAtLeast,
    codes_of,
    part,
)
from escalation.rules.policy import Policy, Rule
from registers.rules.figures import Figures


def may_hold(policy: Policy, rule: Rule, measures: Measures) -> bool:
    if not rule.is_about_pupils or not judging.is_looked_at(rule, measures):
        return False
    stretch = judging.stretch_of(rule, measures)
    if stretch is None or stretch.figures.possible < rule.minimum_possible:
        return False
    return _may(policy, rule.measure, stretch.figures, measures)


def _may(policy: Policy, measure: Any, figures: Figures, measures: Measures) -> bool:
    match measure:
        case AttendanceBand() | AbsenceAtLeast() | UnauthorisedAtLeast() | BelowExpected():
            return _may_share(policy, measure, figures)
        case SessionsMissed() | LatesInHalfTerm() | IllnessOccasions() | DaysOnEnd() | NoContact():
            return _may_count(measure, figures, measures)
        case NoImprovement() if measure.letters:
            return any(kind in measures.letters for kind in measure.letters)
        case NoImprovement() | Improvement():
            return bool(measures.figures.absent)
        case ReviewOverdue():
            return measures.review_due is not None
    return True


def _may_share(policy: Policy, measure: Any, figures: Figures) -> bool:
    possible = figures.possible
    match measure:
        case AttendanceBand():
            attendance = figures.attendance
            return attendance is not None and measure.holds(attendance)
        case AbsenceAtLeast():
            return figures.misses(part(measure.percent))
        case UnauthorisedAtLeast():
            return possible > 0 and figures.unauthorised >= part(measure.percent) * possible
    return not policy.expected_attendance_assumed and figures.attended < part(policy.expected_attendance) * possible


def _may_count(measure: Any, figures: Figures, measures: Measures) -> bool:
    match measure:
        case SessionsMissed():
            return _number(figures, codes_of(measure)) >= int(measure.at_least)
        case LatesInHalfTerm():
            half_term = measures.over("half-term")
            return half_term is not None and half_term.figures.lates >= measure.at_least
        case IllnessOccasions():
            return figures.by_code.get("I", 0) >= measure.at_least
        case DaysOnEnd():
            return _number(figures, codes_of(measure)) >= measure.at_least
    return _number(figures, codes_of(measure)) >= int(measure.days)


def _number(figures: Figures, wanted: frozenset[str]) -> int:
    return sum(number for code, number in figures.by_code.items() if code in wanted)
