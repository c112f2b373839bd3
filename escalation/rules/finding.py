"""A rule that holds: the figures, the very sessions counted, those left out with why, and the words for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from escalation.rules.measures import LeftOut, Marked, Measures, Stretch, absences
from escalation.rules.measuring import part
from escalation.rules.policy import Rule
from registers.rules import figures as figures_rules
from registers.rules.figures import Figures

Counts = Mapping[str, int | str | None]


@dataclass(frozen=True)
class Finding:
    """A rule that holds for a pupil: the figures, the very sessions counted, those left out, and the words for it."""

    rule: Rule
    figures: Counts
    counted: tuple[Marked, ...]
    left_out: tuple[LeftOut, ...]
    words: str


def about_absence(rule: Rule, measures: Measures, stretch: Stretch, opening: str) -> Finding:
    """A finding that counts every absence of a period."""
    figures = stretch.figures
    counted = absences(measures.between(stretch.first_on, stretch.last_on))
    missed = f"{len(counted)} of {figures.possible} possible sessions missed between {day(stretch.first_on)} and "
    return Finding(
        rule=rule,
        figures=evidence(figures),
        counted=counted,
        left_out=measures.outside_between(stretch.first_on, stretch.last_on),
        words=f"{opening}: {missed}{day(stretch.last_on)}, {figures.authorised} authorised and "
        f"{figures.unauthorised} unauthorised.",
    )


def evidence(figures: Figures, **more: int | str) -> Counts:
    """Figures as a flag keeps them, with what the rule counted besides."""
    return {**figures.as_counts, "absent": figures.absent, **more}


def shown_beside(value: Fraction, bounds: tuple[Decimal, ...]) -> str:
    """A share to read, with as many decimals as it takes to stand on its own side of every bound it is held against."""
    shown = ""
    for places in range(1, 7):
        shown = figures_rules.shown(value, places)
        if all(_side(Fraction(shown) / 100, bound) == _side(value, bound) for bound in bounds):
            break
    return shown


def _side(value: Fraction, bound: Decimal) -> int:
    return (value > part(bound)) - (value < part(bound))


def day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"


def times(number: int) -> str:
    return number_of(number, "time")


def number_of(number: int, thing: str) -> str:
    """A number of things in words: "1 session", "2 sessions"."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
