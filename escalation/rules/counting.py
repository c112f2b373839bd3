"""Rules that count sessions, occasions and days: of given codes, of illness, on end."""

from absences.rules import clocks
from escalation.rules.finding import Finding, day, evidence, number_of
from escalation.rules.measures import LeftOut, Marked, Measures
from escalation.rules.measuring import (
    DaysOnEnd,
    IllnessOccasions,
    SessionsMissed,
    codes_of,
    over_words,
)
from escalation.rules.policy import Rule

ILLNESS = "I"
_EARLIER = "Before the days that this rule counts."
_APART = "Not among these days on end."


def sessions_missed(rule: Rule, measure: SessionsMissed, measures: Measures) -> Finding | None:
    stretch = measures.over(measure.over)
    if stretch is None:
        return None
    wanted = codes_of(measure)
    counted = _of(measures.between(stretch.first_on, stretch.last_on), wanted)
    if len(counted) < measure.at_least:
        return None
    named = f" of {', '.join(measure.codes)}" if measure.codes else " missed"
    return Finding(
        rule=rule,
        figures=evidence(stretch.figures, sessions=len(counted), first_on=stretch.first_on.isoformat()),
        counted=counted,
        left_out=tuple(
            LeftOut(mark.place, mark.code, _EARLIER)
            for mark in _of(measures.marks, wanted)
            if mark.place.on < stretch.first_on
        ),
        words=f"{number_of(len(counted), 'session')}{named} {over_words(measure.over)}, from {day(stretch.first_on)} "
        f"to {day(stretch.last_on)}. The policy speaks of {measure.at_least} or more.",
    )


def illness_occasions(rule: Rule, measure: IllnessOccasions, measures: Measures) -> Finding | None:
    occasions = clocks.occasions(measures.told, measures.turning_places, ILLNESS)
    if occasions < measure.at_least:
        return None
    counted = _of(measures.this_year, frozenset({ILLNESS}))
    return Finding(
        rule=rule,
        figures=evidence(measures.figures, occasions=occasions, sessions=len(counted)),
        counted=counted,
        left_out=measures.outside,
        words=f"Ill on {number_of(occasions, 'separate occasion')} since {day(measures.since)}, "
        f"{number_of(len(counted), 'session')} in all. The policy speaks of {measure.at_least} or more.",
    )


def days_on_end(rule: Rule, measure: DaysOnEnd, measures: Measures) -> Finding | None:
    """The longest run of the year, and of equal ones the last."""
    wanted = codes_of(measure)
    # Counting days first spares most registers the walk along every session.
    if len({mark.place.on for mark in _of(measures.this_year, wanted)}) < measure.at_least:
        return None
    found = clocks.runs(measures.told, measures.turning_places, wanted)
    run = max(found, key=lambda one: (len(one.days), one.first_on), default=None)
    if run is None or len(run.days) < measure.at_least:
        return None
    inside = frozenset(run.days)
    marks = _of(measures.this_year, wanted)
    named = ", ".join(sorted({mark.code for mark in marks if mark.place.on in inside}))
    return Finding(
        rule=rule,
        figures=evidence(measures.figures, days=len(run.days), first_on=run.first_on.isoformat()),
        counted=tuple(mark for mark in marks if mark.place.on in inside),
        left_out=tuple(LeftOut(mark.place, mark.code, _APART) for mark in marks if mark.place.on not in inside),
        words=f"Absent on {number_of(len(run.days), 'school day')} on end, from {day(run.first_on)} to "
        f"{day(run.last_on)}, every session {named}. The policy speaks of {measure.at_least} or more.",
    )


def _of(marks: tuple[Marked, ...], wanted: frozenset[str]) -> tuple[Marked, ...]:
    return tuple(mark for mark in marks if mark.code in wanted)
