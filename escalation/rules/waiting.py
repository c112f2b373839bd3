"""Rules about what people have not done: nobody reached about an absence, a review that is overdue."""

from absences.rules import clocks
from escalation.rules.finding import Finding, day, evidence, number_of
from escalation.rules.measures import Measures
from escalation.rules.measuring import NoContact, ReviewOverdue, codes_of
from escalation.rules.policy import Rule


def no_contact(rule: Rule, measure: NoContact, measures: Measures) -> Finding | None:
    """The days on end that reach up to the day, while nobody has been reached about any of them."""
    wanted = codes_of(measure)
    last_told = next((place for place in reversed(measures.places) if measures.told[place]), None)
    if last_told is None or measures.told[last_told] not in wanted | {clocks.WHOLE_SCHOOL_CLOSED}:
        return None
    found = clocks.runs(measures.told, measures.turning_places, wanted)
    if not found or found[-1].last_on != last_told.on or len(found[-1].days) < measure.days:
        return None
    run = found[-1]
    inside = frozenset(run.days)
    if inside & measures.reached:
        return None
    return Finding(
        rule=rule,
        figures=evidence(measures.figures, days=len(run.days), first_on=run.first_on.isoformat()),
        counted=tuple(mark for mark in measures.this_year if mark.place.on in inside and mark.code in wanted),
        left_out=(),
        words=f"Away on {number_of(len(run.days), 'school day')} on end since {day(run.first_on)} with no reason, and "
        f"nobody has been reached. The policy speaks of {measure.days} or more.",
    )


def review_overdue(rule: Rule, measure: ReviewOverdue, measures: Measures) -> Finding | None:
    due = measures.review_due
    if due is None:
        return None
    late = len({place.on for place in measures.places if due < place.on <= measures.on})
    if late < measure.days:
        return None
    return Finding(
        rule=rule,
        figures=evidence(measures.figures, days=late, due_on=due.isoformat()),
        counted=(),
        left_out=(),
        words=f"The review that was due on {day(due)} has not been held: {number_of(late, 'school day')} ago. "
        f"The policy speaks of {measure.days} or more.",
    )
