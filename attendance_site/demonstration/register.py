"""The attendance register of one school year: every child's line, filled in the order in which reasons prevail."""

from collections.abc import Callable

from attendance_site.demonstration import illness, leave, outings, unexplained, winter
from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.children import Child
from attendance_site.demonstration.line import Line
from attendance_site.demonstration.years import SchoolYear
from registers.rules.codes import PRESENT_STROKE

# What comes first stays: a child on a part-time timetable is not ill in the afternoons, and an ill child stays behind
# on the day of the visit.
LAYERS: tuple[Callable[[Line, Child, Chances], None], ...] = (
    winter.add_closure,
    outings.add_settling_in,
    leave.add_part,
    leave.add_festival,
    leave.add_holiday,
    unexplained.add_severe,
    leave.add_exceptional,
    illness.add_illness,
    unexplained.add_unexcused,
    illness.add_appointments,
    leave.add_interview,
    outings.add_outings,
    outings.add_missing_bus,
    unexplained.add_lateness,
)


def line_of(child: Child, year: SchoolYear, chances: Chances) -> Line:
    """One child's whole year; whatever no layer wrote is a present mark."""
    line = Line(year)
    for add in LAYERS:
        add(line, child, chances)
    for session, (_, half) in enumerate(year.sessions):
        line.put(session, PRESENT_STROKE[half])
    return line
