"""A pattern of absence by weekday, told only where it beats chance: Fridays are worse everywhere.

Held against the school's own weekday rates: if a pupil's days of absence fell as the school's do, how likely would so
many on one weekday be? The exact binomial tail, divided among the five weekdays looked at (Bonferroni).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
CHANCE = 0.01
"""How likely, at most, one pupil in a hundred without any pattern shows one all the same."""
FEWEST = 4
"""Days of absence on the weekday below which nothing is said, however unlikely."""


@dataclass(frozen=True)
class Pattern:
    """One weekday on which a pupil is away more than chance allows: so many of all their days of absence."""

    weekday: int
    days: int
    of: int
    expected: float
    """How many of them would fall on that weekday if the pupil's absence fell as the school's does."""
    chance: float

    @property
    def words(self) -> str:
        return f"{WEEKDAYS[self.weekday]}s: {self.days} of {self.of} days away, {self.expected:.1f} expected"


def tail(of: int, at_least: int, chance: float) -> float:
    """The exact chance of at least so many successes in so many tries."""
    if at_least <= 0:
        return 1.0
    return sum(comb(of, k) * chance**k * (1 - chance) ** (of - k) for k in range(at_least, of + 1))


def found(away: Mapping[int, int], open_days: Mapping[int, int], rates: Mapping[int, float]) -> Pattern | None:
    """The weekday that beats chance most, or None.

    `away` and `open_days` count a pupil's days of absence and days of school by weekday (Monday is 0); `rates` are the
    school's shares of sessions missed by weekday.
    """
    weights = {day: open_days.get(day, 0) * rates.get(day, 0.0) for day in range(len(WEEKDAYS))}
    whole, of = sum(weights.values()), sum(away.values())
    if not whole or not of:
        return None
    judged = [
        Pattern(day, days, of, of * weights[day] / whole, tail(of, days, weights[day] / whole))
        for day, days in away.items()
        # No more than expected beats no chance, and its tail is the long one to add up.
        if days >= FEWEST and weights.get(day) and days * whole > of * weights[day]
    ]
    beating = [one for one in judged if one.chance * len(WEEKDAYS) <= CHANCE]
    return min(beating, key=lambda one: (one.chance, one.weekday), default=None)
