"""Holding one pupil's sessions against a policy: what each rule finds, and why, so that a parent can be told."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from escalation.rules import counting, progress, waiting
from escalation.rules.finding import Counts, Finding, about_absence, day, evidence, shown_beside, times
from escalation.rules.measures import NO_MARK, Ends, LeftOut, Marked, Measures, Stretch, absences
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
    part,
    plain,
)
from escalation.rules.policy import Policy, Rule, When
from registers.rules.codes import StatClass, code
from registers.rules.figures import Figures

__all__ = ["NO_MARK", "Counts", "Finding", "LeftOut", "Marked", "Measures", "judge"]


def judge(policy: Policy, measures: Measures) -> tuple[Finding, ...]:
    """What each rule about pupils finds, in the policy's order. No rule knows of another."""
    return judge_some(policy, (rule for rule in policy.rules if rule.is_about_pupils), measures)


def judge_some(policy: Policy, rules: Iterable[Rule], measures: Measures) -> tuple[Finding, ...]:
    """What some of a policy's rules find, in their order."""
    found = (judge_rule(policy, rule, measures) for rule in rules)
    return tuple(finding for finding in found if finding is not None)


def judge_rule(policy: Policy, rule: Rule, measures: Measures) -> Finding | None:
    if not is_looked_at(rule, measures) or _possible(rule, measures) < rule.minimum_possible:
        return None
    if isinstance(rule.measure, BelowExpected):
        return _below_expected(rule, rule.measure, measures, policy)
    return _JUDGES[type(rule.measure)](rule, rule.measure, measures)


def is_looked_at(rule: Rule, measures: Measures) -> bool:
    """Whether a rule is about this pupil and is looked at on this day."""
    if not _is_time(rule.when, measures.ends):
        return False
    return rule.population.takes_in(of_compulsory_age=measures.of_compulsory_age, year_group=measures.year_group)


def _is_time(when: str, ends: Ends) -> bool:
    if when == When.END_OF_TERM:
        return ends.term
    return ends.half_term if when == When.END_OF_HALF_TERM else True


def _possible(rule: Rule, measures: Measures) -> int:
    """The possible sessions of the rule's own period, or of the year."""
    over = getattr(rule.measure, "over", None)
    stretch = measures.over(over) if over else None
    return (stretch.figures if stretch else measures.figures).possible


def _in_band(rule: Rule, band: AttendanceBand, measures: Measures) -> Finding | None:
    stretch = measures.over(band.over)
    attendance = stretch.figures.attendance if stretch else None
    if stretch is None or attendance is None or not band.holds(attendance):
        return None
    shown = shown_beside(attendance, band.bounds)
    return about_absence(rule, measures, stretch, f"Attendance is {shown} %, which is {band.words}")


def _absent_at_least(rule: Rule, measure: AbsenceAtLeast, measures: Measures) -> Finding | None:
    stretch = measures.over(measure.over)
    absence = stretch.figures.absence if stretch else None
    if stretch is None or absence is None or not stretch.figures.misses(part(measure.percent)):
        return None
    shown = shown_beside(absence, (measure.percent,))
    opening = f"Absence is {shown} %, which is {plain(measure.percent)} % or more"
    return about_absence(rule, measures, stretch, opening)


def _below_expected(rule: Rule, measure: BelowExpected, measures: Measures, policy: Policy) -> Finding | None:
    stretch = measures.over(measure.over)
    attendance = stretch.figures.attendance if stretch else None
    if policy.expected_attendance_assumed or stretch is None or attendance is None:
        return None
    if attendance >= part(policy.expected_attendance):
        return None
    shown = shown_beside(attendance, (policy.expected_attendance,))
    opening = f"Attendance is {shown} %, below the {plain(policy.expected_attendance)} % that the policy expects"
    return about_absence(rule, measures, stretch, opening)


def _unauthorised_at_least(rule: Rule, measure: UnauthorisedAtLeast, measures: Measures) -> Finding | None:
    stretch = measures.over(measure.over)
    if stretch is None or not _reaches(stretch.figures, measure.percent):
        return None
    share = stretch.figures.unauthorised_share
    if share is None:
        return None
    missed = absences(measures.between(stretch.first_on, stretch.last_on))
    counted = tuple(mark for mark in missed if code(mark.code).stat_class is StatClass.UNAUTHORISED)
    authorised = [LeftOut(mark.place, mark.code, _AUTHORISED) for mark in missed if mark not in counted]
    outside = measures.outside_between(stretch.first_on, stretch.last_on)
    return Finding(
        rule=rule,
        figures=evidence(stretch.figures),
        counted=counted,
        left_out=tuple(sorted([*authorised, *outside])),
        words=f"Unauthorised absence is {shown_beside(share, (measure.percent,))} %, which is "
        f"{plain(measure.percent)} % or more: {len(counted)} of {stretch.figures.possible} possible sessions between "
        f"{day(stretch.first_on)} and {day(stretch.last_on)}.",
    )


_AUTHORISED = "Authorised; this rule counts unauthorised absence only."


def _reaches(figures: Figures, percent: Decimal) -> bool:
    return figures.possible > 0 and figures.unauthorised >= part(percent) * figures.possible


def _late_in_half_term(rule: Rule, measure: LatesInHalfTerm, measures: Measures) -> Finding | None:
    term = measures.half_term
    if term is None:
        return None
    counted = tuple(late for late in measures.lates if term.first_on <= late.place.on <= term.last_on)
    if len(counted) < measure.at_least:
        return None
    before = sum(late.code == "L" for late in counted)
    after = len(counted) - before
    return Finding(
        rule=rule,
        figures={
            "lates": len(counted),
            "late": before,
            "late_after_close": after,
            "half_term": term.name,
            "first_on": term.first_on.isoformat(),
        },
        counted=counted,
        left_out=tuple(
            LeftOut(late.place, late.code, "In an earlier half-term; the count begins again with each half-term.")
            for late in measures.lates
            if late.place.on < term.first_on
        ),
        words=f"Late {times(len(counted))} in {term.name}, since "
        f"{day(term.first_on)}: {before} before the register closed (L) and {after} after it closed (U). "
        f"The policy speaks of {measure.at_least} or more.",
    )


_Judge = Callable[[Rule, Any, Measures], Finding | None]
_JUDGES: dict[type[Any], _Judge] = {
    AttendanceBand: _in_band,
    AbsenceAtLeast: _absent_at_least,
    UnauthorisedAtLeast: _unauthorised_at_least,
    LatesInHalfTerm: _late_in_half_term,
    SessionsMissed: counting.sessions_missed,
    IllnessOccasions: counting.illness_occasions,
    DaysOnEnd: counting.days_on_end,
    NoImprovement: progress.no_improvement,
    Improvement: progress.improvement,
    NoContact: waiting.no_contact,
    ReviewOverdue: waiting.review_overdue,
}


def stretch_of(rule: Rule, measures: Measures) -> Stretch | None:
    """The period a rule's finding is about."""
    return measures.over(getattr(rule.measure, "over", "year"))
