"""Improvement is noticed too: who deserves a postcard, and who has left persistent absence."""

from collections.abc import Mapping
from fractions import Fraction

from registers.rules.figures import Figures

LEAST = Fraction(5, 100)
"""Attendance of the last twenty school days must be so much better than that of the twenty before."""
GOOD = Fraction(95, 100)
"""And at least this good by itself."""
FEWEST = 20
"""Possible sessions in each of the two spans."""


def is_improved(before: Figures, recent: Figures) -> bool:
    """Whether attendance has risen enough to praise, compared unrounded."""
    if before.attendance is None or recent.attendance is None or min(before.possible, recent.possible) < FEWEST:
        return False
    return recent.attendance - before.attendance >= LEAST and recent.attendance >= GOOD


def was_persistent(figures: Mapping[str, int | str | None]) -> bool:
    """Whether the figures kept with a flag were those of persistent absence: a tenth or more missed."""
    absent, possible = figures.get("absent"), figures.get("possible")
    return isinstance(absent, int) and isinstance(possible, int) and possible > 0 and 10 * absent >= possible
