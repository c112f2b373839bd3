"""How far a pupil is from the edges of a rule: sessions left before the next band, full sessions needed to leave it.

Whole numbers throughout, over the sessions that the school year still holds for the pupil.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from escalation.rules.finding import day, number_of
from escalation.rules.measures import Measures
from escalation.rules.measuring import (
    YEAR,
    AbsenceAtLeast,
    AttendanceBand,
    BelowExpected,
    LatesInHalfTerm,
    UnauthorisedAtLeast,
    part,
    plain,
)
from escalation.rules.policy import Policy, Rule
from registers.rules.figures import may_still_miss, must_attend


class Edge(StrEnum):
    """Which way a line looks."""

    LEFT = "left"
    """Sessions that may still be missed before attendance falls out of the band."""
    RECOVER = "recover"
    """Sessions to be attended in full, on end, before the rule no longer holds."""
    CANNOT = "cannot"
    """The year holds too few sessions for that."""
    AGAIN = "again"
    """The count begins again by itself."""


@dataclass(frozen=True)
class Line:
    """One line, with its number of sessions, 0 where none is to be told."""

    edge: Edge
    sessions: int
    words: str

    @property
    def kept(self) -> dict[str, Any]:
        """The line as a flag keeps it."""
        return {"kind": str(self.edge), "sessions": self.sessions, "words": self.words}


def lines(policy: Policy, rule: Rule, measures: Measures) -> tuple[Line, ...]:
    """What can be told of a rule that holds; nothing of rules that do not go by the school year's percentages."""
    if isinstance(rule.measure, LatesInHalfTerm):
        return _again(measures)
    if getattr(rule.measure, "over", "") != YEAR:
        return ()
    figures = measures.figures
    match rule.measure:
        case AttendanceBand():
            return _band(rule.measure, measures)
        case BelowExpected():
            bound = policy.expected_attendance
            needed = must_attend(figures.attended, figures.possible, part(bound), included=True)
            return (_recovery(needed, measures, f"to reach {plain(bound)} %"),)
        case AbsenceAtLeast():
            return (_below_share(figures.absent, rule.measure, measures),)
        case UnauthorisedAtLeast():
            return (_below_share(figures.unauthorised, rule.measure, measures),)
    return ()


def _band(band: AttendanceBand, measures: Measures) -> tuple[Line, ...]:
    figures = measures.figures
    found = []
    lower = band.at_least if band.at_least is not None else band.above
    if lower is not None:
        left = may_still_miss(figures.attended, figures.possible, part(lower), included=band.at_least is not None)
        found.append(_left(left, measures, "below" if band.at_least is not None else "to", plain(lower)))
    upper = band.at_most if band.at_most is not None else band.below
    if upper is not None and part(upper) < 1:
        needed = must_attend(figures.attended, figures.possible, part(upper), included=band.at_most is None)
        wanted = f"to reach {plain(upper)} %" if band.at_most is None else f"to rise above {plain(upper)} %"
        found.append(_recovery(needed, measures, wanted))
    return tuple(found)


def _left(left: int | None, measures: Measures, way: str, bound: str) -> Line:
    remaining = measures.remaining
    if left is None or left >= remaining:
        words = f"Attendance cannot fall {way} {bound} % this year, even with every session left missed."
        return Line(Edge.LEFT, remaining, words)
    more = number_of(left, "more session")
    return Line(Edge.LEFT, left, f"{more} may be missed before attendance falls {way} {bound} %.")


def _recovery(needed: int | None, measures: Measures, wanted: str) -> Line:
    remaining = measures.remaining
    if needed is None or needed > remaining:
        held = number_of(remaining, "session")
        return Line(Edge.CANNOT, remaining, f"Cannot be left this year: {held} remain, too few {wanted}.")
    return Line(Edge.RECOVER, needed, f"{number_of(needed, 'session')} attended in full are needed {wanted}.")


def _below_share(missed: int, measure: AbsenceAtLeast | UnauthorisedAtLeast, measures: Measures) -> Line:
    """Fewer than so many per cent missed is more than the rest attended, so the bound itself is not enough."""
    possible, bound = measures.figures.possible, part(measure.percent)
    needed = must_attend(possible - missed, possible, 1 - bound, included=False)
    return _recovery(needed, measures, f"to fall below {plain(measure.percent)} % missed")


def _again(measures: Measures) -> tuple[Line, ...]:
    term = measures.half_term
    if term is None:
        return ()
    return (Line(Edge.AGAIN, 0, f"The count begins again after {day(term.last_on)}, when {term.name} ends."),)
