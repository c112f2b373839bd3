"""Rules that compare attendance with what it was before: no improvement, and improvement worth praise."""

from datetime import date, timedelta

from escalation.rules.finding import Finding, day, evidence, number_of
from escalation.rules.measures import Measures, absences
from escalation.rules.measuring import Improvement, NoImprovement, part, plain
from escalation.rules.policy import Rule
from registers.rules import figures as figures_rules
from registers.rules.figures import Figures

DAY = timedelta(days=1)


def no_improvement(rule: Rule, measure: NoImprovement, measures: Measures) -> Finding | None:
    """Since the last of the letters, or over the last weeks against those before; nothing where no letter went."""
    if not measure.letters:
        return _no_better_weeks(rule, measure, measures)
    sent = max((on for kind, on in measures.letters.items() if kind in measure.letters), default=None)
    if sent is None or sent < measures.since or measures.weeks_since(sent) < measure.weeks:
        return None
    before = measures.figures_between(measures.since, sent)
    after = measures.figures_between(sent + DAY, measures.on)
    if not _is_no_better(before, after) or after.unauthorised < measure.unauthorised:
        return None
    return _finding(rule, measures, sent + DAY, before, after, f"since the letter of {day(sent)}")


def _no_better_weeks(rule: Rule, measure: NoImprovement, measures: Measures) -> Finding | None:
    recent, both = measures.over(f"{measure.weeks} weeks"), measures.over(f"{2 * measure.weeks} weeks")
    if recent is None or both is None or recent.first_on <= both.first_on:
        return None
    before = figures_rules.without(both.figures, recent.figures)
    if not _is_no_better(before, recent.figures) or recent.figures.unauthorised < measure.unauthorised:
        return None
    since = f"in the last {measure.weeks} school weeks"
    return _finding(rule, measures, recent.first_on, before, recent.figures, since)


def _is_no_better(before: Figures, after: Figures) -> bool:
    if before.attendance is None or after.attendance is None or not after.absent:
        return False
    return after.attendance <= before.attendance


def improvement(rule: Rule, measure: Improvement, measures: Measures) -> Finding | None:
    recent, both = measures.over(f"{measure.weeks} weeks"), measures.over(f"{2 * measure.weeks} weeks")
    if recent is None or both is None or recent.first_on <= both.first_on:
        return None
    before = figures_rules.without(both.figures, recent.figures)
    if before.attendance is None or recent.figures.attendance is None:
        return None
    if before.attendance >= part(measure.from_below):
        return None
    if recent.figures.attendance - before.attendance < part(measure.points):
        return None
    shown, was = figures_rules.shown(recent.figures.attendance), figures_rules.shown(before.attendance)
    return Finding(
        rule=rule,
        figures=evidence(recent.figures, before=was, after=shown, first_on=recent.first_on.isoformat()),
        counted=absences(measures.between(both.first_on, measures.on)),
        left_out=measures.outside_between(both.first_on, measures.on),
        words=f"Attendance rose from {was} % to {shown} %: the {measure.weeks} school weeks since "
        f"{day(recent.first_on)} against the {measure.weeks} before. The policy speaks of {plain(measure.points)} "
        f"points or more.",
    )


def _finding(rule: Rule, measures: Measures, first_on: date, before: Figures, after: Figures, since: str) -> Finding:
    was, shown = figures_rules.shown(before.attendance, 2), figures_rules.shown(after.attendance, 2)
    return Finding(
        rule=rule,
        figures=evidence(after, before=was, after=shown, first_on=first_on.isoformat()),
        counted=absences(measures.between(first_on, measures.on)),
        left_out=measures.outside_between(first_on, measures.on),
        words=f"No improvement {since}: attendance {shown} % against {was} % before, "
        f"{number_of(after.absent, 'session')} missed of {after.possible}, {after.unauthorised} of them unauthorised.",
    )
