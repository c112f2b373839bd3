"""Chance that falls the same way in every process: whatever is drawn here is drawn from dice with a name."""

from dataclasses import dataclass
from math import exp
from random import Random


@dataclass(frozen=True)
class Chances:
    """All the dice of one school's demonstration."""

    seed: int
    slug: str

    def of(self, *name: object) -> Random:
        """Dice for one purpose; the same name always gives the same throws."""
        # A text seed is digested the same way everywhere, which hash() of a text is not.
        return Random("|".join(str(part) for part in (self.seed, self.slug, *name)))  # noqa: S311

    def even(self, purpose: str, group: int, number: int, size: int) -> float:
        """A throw for one of a group, from 0 to 1, such that the throws of the whole group are spread evenly."""
        dice = self.of(purpose, group)
        return (dice.sample(range(size), size)[number] + dice.random()) / size


def how_many(dice: Random, mean: float) -> int:
    """A number of events that happen `mean` times on average (a Poisson number)."""
    limit, number, product = exp(-mean), 0, dice.random()
    while product > limit:
        number += 1
        product *= dice.random()
    return number
