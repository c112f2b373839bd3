"""A calendar file held against the calendar that stands."""

from collections.abc import Sequence
from typing import TypeVar

from registers.files import Row
from registers.models import Closure, School, Term
from registers.queries import calendars
from registers.rules import calendar_files as rules
from registers.rules.calendar import Calendar
from registers.rules.calendar_files import Outcome, Plan, Standing, key_of

Stored = TypeVar("Stored", Term, Closure)


def plan(school: School, rows: Sequence[Row]) -> Plan:
    """What the rows of a file would do, line by line; nothing is written."""
    terms = list(Term.objects.filter(school=school).order_by("first_on"))
    closures = list(Closure.objects.filter(school=school).order_by("first_on", "session"))
    standing = [
        *(Standing(calendars.as_term(row), row.placeholder) for row in terms),
        *(Standing(calendars.as_closure(row), row.placeholder) for row in closures),
    ]
    found = rules.plan(((row.line, row.cells) for row in rows), standing)
    if found.refused:
        return found
    before = Calendar(
        tuple(calendars.as_term(row) for row in terms), tuple(calendars.as_closure(row) for row in closures)
    )
    marked = calendars.marked_places(school, before, Calendar(found.terms, found.closures))
    return rules.refuse_marked(found, standing, marked)


def changed(school: School, planned: Plan, model: type[Stored]) -> list[int]:
    """The ids of the half-terms, or closures, that lines of a plan take the place of."""
    keys = {key_of(line.entered) for line in planned.lines if line.entered and line.outcome is Outcome.CHANGED}
    return [row.pk for row in model.objects.filter(school=school) if key_of(_entered(row)) in keys]


def _entered(row: Term | Closure) -> rules.Entered:
    return calendars.as_term(row) if isinstance(row, Term) else calendars.as_closure(row)
