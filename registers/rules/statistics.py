"""What the pages of figures are about: which days, on which basis, and the bands of the colour-tracking sheet."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from registers.rules.calendar import Calendar, monday_of
from registers.rules.figures import LIVE_MINIMUM_POSSIBLE


class Span(StrEnum):
    """How long a stretch of time the figures are for."""

    DAY = "day"
    WEEK = "week"
    TERM = "term"
    YEAR = "year"
    OTHER = "other"


SPAN_NAMES: Mapping[Span, str] = {
    Span.DAY: "Today",
    Span.WEEK: "This week",
    Span.TERM: "This half-term",
    Span.YEAR: "Year to date",
    Span.OTHER: "Other days",
}
LONG_ENOUGH = frozenset({Span.TERM, Span.YEAR, Span.OTHER})
"""Persistent and severe absence mean something over a term or a year, never over a day (DfE methodology)."""


class Basis(StrEnum):
    """Who is counted."""

    DFE = "dfe"
    ROLL = "roll"


BASIS_NAMES: Mapping[Basis, str] = {
    Basis.DFE: "as the DfE does: aged 5 to 15 on 31 August, more than ten possible sessions for persistent absence",
    Basis.ROLL: "over the whole roll, the youngest included",
}
MINIMUM_POSSIBLE: Mapping[Basis, int] = {Basis.DFE: LIVE_MINIMUM_POSSIBLE, Basis.ROLL: 1}


def first_and_last(span: Span, on: date, calendar: Calendar, year_began_on: date) -> tuple[date, date]:
    """The first and last day of a span that ends on a day: its week, its half-term, its school year so far."""
    if span is Span.WEEK:
        return monday_of(on), on
    if span is Span.TERM:
        term = calendar.term_of(on)
        return (term.first_on if term else year_began_on), on
    return (year_began_on, on) if span is Span.YEAR else (on, on)


def week_before(monday: date, calendar: Calendar) -> date | None:
    """The Monday of the last school week before one."""
    return next(iter(calendar.weeks_ending(monday - timedelta(days=1), 1)), None)


class BandsRefusedError(Exception):
    """Bands that are out of order or no percentages; the message says so."""


class Colour(StrEnum):
    """The colours of the tracking sheet; each is shown with its letter, never by colour alone."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    BLACK = "black"


USUAL_BANDS: Sequence[str] = ("95", "90", "50")
"""Green from 95 %, amber from 90 %, red from 50 %, black below (Staplehurst's bands; severe absence for black)."""
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")


@dataclass(frozen=True)
class Bands:
    """From which attendance each colour begins, as exact shares."""

    green: Fraction
    amber: Fraction
    red: Fraction

    def colour(self, attendance: Fraction | None) -> Colour | None:
        """The colour of an attendance, compared unrounded; none where no session was possible."""
        if attendance is None:
            return None
        if attendance >= self.green:
            return Colour.GREEN
        if attendance >= self.amber:
            return Colour.AMBER
        return Colour.RED if attendance >= self.red else Colour.BLACK


def bands(percents: Sequence[str]) -> Bands:
    """The bands a school has chosen, or the usual ones. Raises BandsRefusedError."""
    typed = [text.strip() for text in percents or USUAL_BANDS]
    if not all(_PERCENT.fullmatch(text) for text in typed):
        raise BandsRefusedError("Each band is a percentage, such as 95 or 92.5.")
    values = [Fraction(text) / 100 for text in typed]
    if len(values) != len(USUAL_BANDS):
        raise BandsRefusedError("There are three bands: green, amber and red.")
    green, amber, red = values
    if not 0 < red < amber < green <= 1:
        raise BandsRefusedError("Green begins above amber and amber above red, all of them between 0 and 100.")
    return Bands(green, amber, red)
