"""Illness and appointments: runs of days, more in winter, and often brothers and sisters together."""

from random import Random

from attendance_site.demonstration.chances import Chances, how_many
from attendance_site.demonstration.children import Child
from attendance_site.demonstration.line import Line
from registers.rules.sessions import Session

OWN_SPELLS, FAMILY_SPELLS = 1.75, 1.3
CAUGHT = 0.65
"""How likely each child of a family catches what is going round at home."""

LENGTHS = (1, 2, 3, 4, 5)
LENGTH_WEIGHTS = (0.43, 0.27, 0.16, 0.08, 0.06)
ILLNESSES = (
    "sickness bug",
    "temperature",
    "chesty cough",
    "headache",
    "sore throat",
    "ear infection",
    "upset stomach",
    "bad cold",
)
LONG_ILLNESSES = ("chickenpox", "tonsillitis", "flu", "chest infection")
APPOINTMENTS = ("dentist", "hospital appointment", "optician", "GP appointment", "orthodontist", "hearing test")
TIMES = {
    Session.AM: ((9, 10), (9, 40), (10, 0), (10, 20), (11, 5)),
    Session.PM: ((13, 40), (14, 0), (14, 15), (14, 45)),
}


def add_illness(line: Line, child: Child, chances: Chances) -> None:
    """The child's own illnesses, then those that went round the family."""
    year = line.year.number
    own = chances.of("illness", child.place, year)
    for _ in range(how_many(own, OWN_SPELLS * child.health)):
        _add_spell(line, own, _day(line, own))
    # The family's dice are thrown alike for each of its children, so that they fall ill about the same day.
    shared = chances.of("family illness", child.family.key, year)
    for _ in range(how_many(shared, FAMILY_SPELLS)):
        day = _day(line, shared)
        if own.random() < CAUGHT * min(1.5, 0.4 + 0.6 * child.health):
            _add_spell(line, own, day + own.choice((0, 0, 0, 1, 2)))


def _day(line: Line, dice: Random) -> int:
    return dice.choices(range(len(line.year.days)), cum_weights=line.year.illness_weights)[0]


def _add_spell(line: Line, dice: Random, first: int) -> None:
    """One illness: some begin at lunchtime, and the office did not always write down what it was."""
    length = dice.choices(LENGTHS, LENGTH_WEIGHTS)[0]
    what = dice.choice(LONG_ILLNESSES if length >= 4 else ILLNESSES)
    comment = what if dice.random() < 0.75 else ""
    first = min(first, len(line.year.days) - 1)
    if dice.random() < 0.1:
        line.put_half_day(first, Session.PM, "I", comment)
        first, length = first + 1, length - 1
    line.put_days(first, length, "I", comment)


def add_appointments(line: Line, child: Child, chances: Chances) -> None:
    """Medical and dental appointments, nearly all of them half a day."""
    dice = chances.of("appointments", child.place, line.year.number)
    for _ in range(how_many(dice, 1.06 * (0.6 + 0.4 * child.health))):
        day, what = dice.randrange(len(line.year.days)), dice.choice(APPOINTMENTS)
        if dice.random() < 0.06:
            line.put_day(day, "M", f"{what}, away all day")
        else:
            half = Session.AM if dice.random() < 0.6 else Session.PM
            hour, minute = chances.of("appointment", child.place, line.year.number, day).choice(TIMES[half])
            line.put_half_day(day, half, "M", f"{what} at {hour}.{minute:02d}")
