"""Leave, holidays and the other absences that follow from a family's or a child's circumstances."""

from random import Random

from attendance_site.demonstration.chances import Chances, how_many
from attendance_site.demonstration.children import Child
from attendance_site.demonstration.cohorts import Part
from attendance_site.demonstration.line import Line
from registers.rules.sessions import Session

HOLIDAYS, EXCEPTIONAL, INTERVIEWS = 0.215, 0.37, 0.3
REASONS = ("wedding of a close relative", "funeral of a relative", "visit to a seriously ill relative", "moving house")


def add_holiday(line: Line, child: Child, chances: Chances) -> None:
    """A holiday without leave, set against the end or the beginning of a half-term; the whole family goes."""
    dice = chances.of("holiday", child.family.key, line.year.number)
    if dice.random() >= HOLIDAYS:
        return
    term = dice.choice(line.year.term_days)
    length = dice.choices((2, 3, 4, 5, 7, 10), (0.1, 0.18, 0.15, 0.37, 0.1, 0.1))[0]
    first = term.start if dice.random() < 0.4 else max(term.start, term.stop - length)
    line.put_days(first, length, "G", "holiday; leave was refused" if dice.random() < 0.5 else "")


def add_exceptional(line: Line, child: Child, chances: Chances) -> None:
    """Leave the headteacher granted to the family for something exceptional."""
    dice = chances.of("exceptional", child.family.key, line.year.number)
    for _ in range(how_many(dice, EXCEPTIONAL)):
        day, reason = dice.randrange(len(line.year.days)), dice.choice(REASONS)
        if dice.random() < 0.15:
            line.put_half_day(day, Session.PM, "C", reason)
        else:
            line.put_days(day, dice.choices((1, 2, 3, 5), (0.45, 0.25, 0.2, 0.1))[0], "C", reason)


def add_festival(line: Line, child: Child, chances: Chances) -> None:
    """The one day on which some families keep a festival."""
    dice = chances.of("festival", child.family.key, line.year.number)
    if child.family.heritage.keeps_festival and dice.random() < 0.9:
        line.put_day(line.year.festival_day, "R", "Eid al-Fitr")


def add_interview(line: Line, child: Child, chances: Chances) -> None:
    """In Year 6, a morning at another school that may admit the child."""
    dice = chances.of("interview", child.place, line.year.number)
    if child.year_group(line.year.number) == 6 and dice.random() < INTERVIEWS:
        for _ in range(dice.randint(1, 2)):
            day = line.year.day_at(dice.uniform(0.1, 0.5))
            line.put_half_day(day, Session.AM, "J1", "interview for a place at another school")


def add_part(line: Line, child: Child, chances: Chances) -> None:
    """Whatever belongs to this one child's story."""
    told = _STORIES.get(child.part) if child.part else None
    if told:
        told(line, child, chances.of("part", child.place, line.year.number))


def _is_compulsory(line: Line, child: Child, day: int) -> bool:
    return line.year.days[day] >= child.compulsory_from


def _part_time(line: Line, child: Child, dice: Random) -> None:
    """Mornings only for some weeks, then afternoons again on two days; nothing before compulsory school age."""
    first, weeks = line.year.day_at(dice.uniform(0.09, 0.2)), dice.randint(18, 24)
    for day in range(first, min(first + weeks * 5, len(line.year.days))):
        # Afternoons come back step by step, Thursday and Friday first.
        if _is_compulsory(line, child, day) and (day < first + weeks * 3 or line.year.days[day].weekday() < 3):
            line.put_half_day(day, Session.PM, "C2", "part-time timetable")


def _suspended(line: Line, child: Child, dice: Random) -> None:
    """Short suspensions, from Year 3 on."""
    if child.year_group(line.year.number) < 3:
        return
    first = dice.randint(14, 40)
    while first < len(line.year.days):
        line.put_days(first, dice.randint(2, 5), "E", "suspension")
        first += dice.randint(45, 75)


def _travelling(line: Line, child: Child, dice: Random) -> None:
    """Away with a parent whose trade travels, in autumn for a few days and in summer for weeks."""
    for part, length in ((dice.uniform(0.06, 0.16), 4), (dice.uniform(0.76, 0.84), 12)):
        first = line.year.day_at(part)
        for day in range(first, min(first + length, len(line.year.days))):
            if _is_compulsory(line, child, day):
                line.put_day(day, "T", "travelling with a parent for work")


def _tutored(line: Line, child: Child, dice: Random) -> None:
    """Two mornings a week with the council's tutors, for some weeks."""
    first = line.year.day_at(dice.uniform(0.1, 0.24))
    for day in range(first, min(first + 75, len(line.year.days))):
        if line.year.days[day].weekday() in (1, 3):
            line.put_half_day(day, Session.AM, "K", "home tuition arranged by the council")


def _performing(line: Line, child: Child, dice: Random) -> None:
    line.put_days(line.year.day_at(dice.uniform(0.2, 0.65)), 2, "C1", "performance, licensed by the council")


_STORIES = {
    Part.PART_TIME: _part_time,
    Part.SUSPENDED: _suspended,
    Part.TRAVELLING: _travelling,
    Part.TUTORED: _tutored,
    Part.PERFORMING: _performing,
}
