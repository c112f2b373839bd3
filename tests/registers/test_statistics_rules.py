"""Which days a page of figures speaks of, and where the colours of the tracking sheet begin."""

from datetime import date
from fractions import Fraction

import pytest

from registers.rules import statistics
from registers.rules.calendar import Calendar, Term
from registers.rules.statistics import BandsRefusedError, Colour, Span
from tests import builders

CALENDAR = Calendar(
    tuple(Term(f"Term {number}", number, first_on, last_on) for number, first_on, last_on in builders.TERMS)
)
FRIDAY = builders.TODAY


@pytest.mark.parametrize(
    ("span", "on", "first_on"),
    [
        (Span.DAY, FRIDAY, FRIDAY),
        (Span.WEEK, FRIDAY, date(2026, 11, 16)),
        (Span.WEEK, date(2026, 11, 16), date(2026, 11, 16)),
        (Span.TERM, FRIDAY, date(2026, 11, 2)),
        (Span.TERM, date(2026, 8, 20), date(2026, 6, 1)),
        (Span.YEAR, FRIDAY, date(2026, 9, 1)),
    ],
)
def test_a_span_ends_on_its_day(span: Span, on: date, first_on: date) -> None:
    assert statistics.first_and_last(span, on, CALENDAR, date(2026, 9, 1)) == (first_on, on)


@pytest.mark.parametrize(
    ("monday", "before"),
    [
        (date(2026, 11, 16), date(2026, 11, 9)),
        (date(2026, 11, 2), date(2026, 10, 12)),
        (date(2025, 9, 1), None),
    ],
)
def test_the_week_before_is_a_school_week(monday: date, before: date | None) -> None:
    assert statistics.week_before(monday, CALENDAR) == before


@pytest.mark.parametrize(
    ("attended", "possible", "colour"),
    [
        (95, 100, Colour.GREEN),
        (949, 1000, Colour.AMBER),
        (90, 100, Colour.AMBER),
        (8999, 10000, Colour.RED),
        (50, 100, Colour.RED),
        (499, 1000, Colour.BLACK),
        (0, 1, Colour.BLACK),
    ],
)
def test_a_colour_begins_at_its_figure_unrounded(attended: int, possible: int, colour: Colour) -> None:
    assert statistics.bands([]).colour(Fraction(attended, possible)) is colour


def test_nothing_possible_has_no_colour() -> None:
    assert statistics.bands([]).colour(None) is None


@pytest.mark.parametrize(
    "percents",
    [
        ["95", "90"],
        ["95", "90", "x"],
        ["90", "95", "50"],
        ["95", "95", "50"],
        ["101", "90", "50"],
        ["95", "90", "0"],
        ["95", "90", "-1"],
        ["95", "90", "nan"],
        ["Infinity", "90", "50"],
    ],
)
def test_bands_out_of_order_are_refused(percents: list[str]) -> None:
    with pytest.raises(BandsRefusedError):
        statistics.bands(percents)


def test_a_school_may_choose_finer_bands() -> None:
    assert statistics.bands(["96.5", "92.5", "50"]).colour(Fraction(965, 1000)) is Colour.GREEN
    assert statistics.bands(["96.5", "92.5", "50"]).colour(Fraction(9649, 10000)) is Colour.AMBER
