"""Absence that nobody excuses: the severely absent, the families where it is a habit, and the odd day."""

from attendance_site.demonstration.chances import Chances, how_many
from attendance_site.demonstration.children import Child
from attendance_site.demonstration.cohorts import Part
from attendance_site.demonstration.line import UNEXPLAINED, Line
from attendance_site.demonstration.localities import locality
from registers.rules.sessions import Session

ODD_DAYS = 0.2
SPELLS = (4.0, 11.0)
MONDAY, AFTERNOON = 1.2, 0.03
"""How much likelier lateness is on a Monday and in an afternoon than on another morning."""


def add_severe(line: Line, child: Child, chances: Chances) -> None:
    """Someone who is away more often than not, in runs: half of it anxiety, half of it unexplained."""
    if child.part is not Part.SEVERE:
        return
    dice = chances.of("severe", child.place, line.year.number)
    day = dice.randint(0, 2)
    while day < len(line.year.days):
        away = dice.randint(3, 8)
        if dice.random() < 0.45:
            line.put_days(day, away, "I", "anxiety; support plan in place")
        else:
            line.put_days(day, away, UNEXPLAINED)
        day += away + dice.randint(1, 5)


def add_unexcused(line: Line, child: Child, chances: Chances) -> None:
    """Days without an accepted reason: many in some families, more of them on Mondays and Fridays."""
    dice = chances.of("unexcused", child.place, line.year.number)
    spells = how_many(dice, dice.uniform(*SPELLS) if child.unexcused else ODD_DAYS)
    for _ in range(spells):
        day = dice.choices(range(len(line.year.days)), cum_weights=line.year.weekday_weights)[0]
        refused = dice.random() < 0.4
        code, comment = ("O", "reason given was not accepted") if refused else (UNEXPLAINED, "")
        if dice.random() < 0.15:
            line.put_half_day(day, dice.choice(tuple(Session)), code, comment)
        else:
            line.put_days(day, dice.choices((1, 2, 3), (0.7, 0.2, 0.1))[0], code, comment)


def add_lateness(line: Line, child: Child, chances: Chances) -> None:
    """Late mornings at the family's own rate, and now and then an afternoon; some after the register closed."""
    dice = chances.of("late", child.place, line.year.number)
    rate = child.family.late
    grace = locality(chances.slug).grace
    after_close = 0.15 if rate > 0.2 else 0.11
    for session, (on, half) in enumerate(line.year.sessions):
        likely = rate * (MONDAY if on.weekday() == 0 else 1.0) * (1.0 if half is Session.AM else AFTERNOON)
        if dice.random() < likely and not line.codes[session]:
            is_closed = dice.random() < after_close
            minutes = (grace if half is Session.AM else 0) + _minutes(half, is_closed, dice.random())
            line.put(session, "U" if is_closed else "L")
            line.minutes[session] = minutes


def _minutes(half: Session, is_closed: bool, part: float) -> int:
    """How late, so that it fits the shortest time a school's register is open, or lies past the longest."""
    if half is Session.AM:
        return 32 + int(part * 60) if is_closed else 2 + int(part**1.7 * 26)
    return 33 + int(part * 35) if is_closed else 2 + int(part * 12)
