"""The one winter's day in each school year on which the school, or a part of it, could not open."""

from collections.abc import Mapping
from dataclasses import dataclass

from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.children import Child
from attendance_site.demonstration.line import Line
from attendance_site.demonstration.localities import GROUPS, locality
from attendance_site.demonstration.years import SchoolYear

REASONS: Mapping[str, str] = {
    "Y4": "Snow: the site and the lanes to it were not safe.",
    "Y3": "The boiler of the infants' building failed; its rooms were too cold.",
}
GROUPS_CLOSED: Mapping[str, frozenset[int]] = {"Y4": frozenset(range(len(GROUPS))), "Y3": frozenset({0, 1, 2})}


@dataclass(frozen=True)
class WinterDay:
    """An unexpected closure: the number of its school day, its code, and the year groups it sent home."""

    day: int
    code: str
    groups: frozenset[int]

    @property
    def reason(self) -> str:
        return REASONS[self.code]


def closure(chances: Chances, year: SchoolYear) -> WinterDay | None:
    """What closed a school in the winter of a school year, if it is one that anything closes."""
    code = locality(chances.slug).winter
    if not code:
        return None
    day = year.day_at(chances.of("winter", year.number).uniform(0.41, 0.5))
    return WinterDay(day, code, GROUPS_CLOSED[code])


def add_closure(line: Line, child: Child, chances: Chances) -> None:
    """The day the building was shut, for those whom it concerned."""
    found = closure(chances, line.year)
    if found and child.year_group(line.year.number) in found.groups:
        line.put_day(found.day, found.code, found.reason)
