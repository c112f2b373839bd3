"""What whole classes do away from their classroom, and the mornings the school bus did not come."""

from dataclasses import dataclass
from functools import cache

from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.children import Child
from attendance_site.demonstration.line import Line
from attendance_site.demonstration.years import SchoolYear
from registers.rules.sessions import Session

VISITS = ("farm park", "castle", "museum", "nature reserve", "theatre", "heritage railway", "science centre")
SPORTS = ("football tournament", "cross-country race", "netball tournament", "athletics afternoon")
RECEPTION_WEEKS = 2


@dataclass(frozen=True)
class Outing:
    """One event of a class: the sessions it takes, and how likely each child of the class goes along."""

    sessions: tuple[int, ...]
    code: str
    comment: str
    goes: float


@cache
def outings(chances: Chances, year: SchoolYear, group: int, form: int) -> tuple[Outing, ...]:
    """The outings of one class in one school year."""
    dice = chances.of("outings", year.number, group, form)
    visit = year.places[year.day_at(dice.uniform(0.08, 0.94))]
    found = [Outing(visit, "V", f"visit: {dice.choice(VISITS)}, led by the class teacher", 1.0)]
    if group == 6:
        first = year.day_at(chances.of("residential", year.number).uniform(0.76, 0.86))
        stay = tuple(session for day in year.places[first : first + 3] for session in day)
        found.append(Outing(stay, "V", "residential visit", 0.93))
        found.append(Outing(year.places[year.day_at(0.94)], "B", "taster day at secondary school", 0.97))
    if group >= 3:
        found += [
            Outing(year.places[year.day_at(part)][-1:], "P", dice.choice(SPORTS), 0.27)
            for part in (dice.uniform(0.06, 0.26), dice.uniform(0.32, 0.97))
        ]
    if group == 4:
        day = year.day_at(chances.of("music", year.number).uniform(0.1, 0.25))
        found.append(Outing(year.places[day], "B", "music day with other schools", 0.97))
    return tuple(found)


def add_outings(line: Line, child: Child, chances: Chances) -> None:
    """Every outing of the child's class that the child went on."""
    dice = chances.of("goes along", child.place, line.year.number)
    for outing in outings(chances, line.year, child.year_group(line.year.number), child.form):
        if dice.random() < outing.goes:
            for session in outing.sessions:
                line.put(session, outing.code, outing.comment)


def add_settling_in(line: Line, child: Child, chances: Chances) -> None:
    """Reception's first two weeks are mornings only for children not yet of compulsory school age."""
    if child.year_group(line.year.number) != 0:
        return
    first = line.year.days[0]
    for day, on in enumerate(line.year.days[: RECEPTION_WEEKS * 5]):
        if (on - first).days < RECEPTION_WEEKS * 7 and on < child.compulsory_from:
            line.put_half_day(day, Session.PM, "X")


def add_missing_bus(line: Line, child: Child, chances: Chances) -> None:
    """One winter morning when the bus from the outlying hamlets did not come."""
    if child.family.rides_bus:
        day = line.year.day_at(chances.of("bus", line.year.number).uniform(0.37, 0.58))
        line.put_half_day(day, Session.AM, "Y1", "school bus broke down")
