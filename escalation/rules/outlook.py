"""How far a pupil is from persistent absence, in sessions: exact whole numbers, counted from what is to come."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from registers.rules.figures import LIVE_MINIMUM_POSSIBLE, Figures

IN_DANGER, FAIR = Fraction(7, 100), Fraction(5, 100)
"""Absence of the share or more: at most 93 % and at most 95 % attendance (Carlton Road 2; Staplehurst)."""


class Band(StrEnum):
    """Where attendance stands, in a word."""

    EARLY = "too early"
    SEVERE = "severe"
    PERSISTENT = "persistent"
    IN_DANGER = "in danger"
    FAIR = "fair"
    GOOD = "good"


def band(figures: Figures, minimum: int = LIVE_MINIMUM_POSSIBLE) -> Band:
    """The band of a year so far; below the minimum of possible sessions it is too early to say."""
    if figures.possible < minimum:
        return Band.EARLY
    if figures.is_severely_absent:
        return Band.SEVERE
    if figures.is_persistently_absent:
        return Band.PERSISTENT
    if figures.misses(IN_DANGER):
        return Band.IN_DANGER
    return Band.FAIR if figures.misses(FAIR) else Band.GOOD


@dataclass(frozen=True)
class Outlook:
    """Before persistent absence, or out of it again.

    `left` is how many sessions on end may be missed from now without persistent absence, None where too few are to
    come to reach it; `to_recover` is how many full sessions on end lead out of it, None where it is not reached.
    """

    is_persistent: bool
    left: int | None = None
    to_recover: int | None = None
    is_out_of_reach: bool = False
    """Whether the year is too short to lead out again."""

    @property
    def words(self) -> str:
        if self.is_out_of_reach:
            return "cannot recover this year"
        if self.is_persistent:
            return f"{self.to_recover} full session{'' if self.to_recover == 1 else 's'} to recover"
        if self.left is None:
            return "cannot be reached this year"
        return f"{self.left} session{'' if self.left == 1 else 's'} left"


def of(figures: Figures, to_come: int) -> Outlook:
    """The outlook of a year so far with so many sessions of the school year to come.

    Persistent absence is a tenth or more: 10 (absent + k) >= possible + k after k more sessions missed, and it is left
    after n attended when 10 absent < possible + n.
    """
    absent, possible = figures.absent, figures.possible
    if figures.is_persistently_absent:
        needed = 10 * absent - possible + 1
        return Outlook(True, to_recover=needed, is_out_of_reach=needed > to_come)
    reached_after = max(1, -((10 * absent - possible) // 9))
    return Outlook(False, left=reached_after - 1 if reached_after <= to_come else None)
