"""One school year as the generator counts it: days and sessions by number."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate

from registers.rules.calendar import Calendar, Term, school_year_start
from registers.rules.sessions import SessionOn

MONTH_WEIGHTS = {9: 0.8, 10: 1.0, 11: 1.25, 12: 1.5, 1: 1.35, 2: 1.25, 3: 1.1, 4: 0.85, 5: 0.75, 6: 0.7, 7: 0.65}
WEEKDAY_WEIGHTS = (1.35, 1.0, 0.9, 0.95, 1.25)
MUSLIM_FESTIVAL = {2024: date(2025, 3, 31), 2025: date(2026, 3, 20), 2026: date(2027, 3, 10), 2027: date(2028, 2, 28)}
"""Eid al-Fitr, or the school day next to it, by the year in which the school year begins."""


class PlanRefusedError(Exception):
    """A demonstration that cannot be made from this calendar; the message says why."""


@dataclass(frozen=True)
class SchoolYear:
    """The open sessions of one school year; `number` is the calendar year of its September."""

    number: int
    terms: tuple[Term, ...]
    sessions: tuple[SessionOn, ...]

    @cached_property
    def days(self) -> tuple[date, ...]:
        return tuple(sorted({place.on for place in self.sessions}))

    @cached_property
    def places(self) -> tuple[tuple[int, ...], ...]:
        """For each school day in order, the numbers of its open sessions."""
        found: dict[date, list[int]] = {}
        for number, place in enumerate(self.sessions):
            found.setdefault(place.on, []).append(number)
        return tuple(tuple(found[on]) for on in self.days)

    @cached_property
    def term_days(self) -> tuple[range, ...]:
        """For each half-term, the numbers of its school days."""
        numbers = [[n for n, on in enumerate(self.days) if t.first_on <= on <= t.last_on] for t in self.terms]
        return tuple(range(found[0], found[-1] + 1) for found in numbers if found)

    @cached_property
    def illness_weights(self) -> tuple[float, ...]:
        """Running totals, for a draw of the day an illness begins: more in winter, on Mondays and on Fridays."""
        return tuple(accumulate(MONTH_WEIGHTS.get(on.month, 1.0) * WEEKDAY_WEIGHTS[on.weekday()] for on in self.days))

    @cached_property
    def weekday_weights(self) -> tuple[float, ...]:
        return tuple(accumulate(WEEKDAY_WEIGHTS[on.weekday()] ** 2 for on in self.days))

    @cached_property
    def festival_day(self) -> int:
        """The number of the one school day on which some families keep a festival."""
        on = MUSLIM_FESTIVAL.get(self.number, date(self.number + 1, 3, 5))
        return next((number for number, day in enumerate(self.days) if day >= on), len(self.days) - 1)

    def day_at(self, part: float) -> int:
        """The number of the school day that stands at this part, from 0 to 1, of the year."""
        return min(int(part * len(self.days)), len(self.days) - 1)


def school_year(calendar: Calendar, number: int) -> SchoolYear:
    """The school year that begins in September of a calendar year."""
    year = SchoolYear(
        number=number,
        terms=tuple(term for term in calendar.terms if school_year_start(term.first_on).year == number),
        sessions=calendar.sessions_between(date(number, 9, 1), date(number + 1, 8, 31)),
    )
    if not year.sessions:
        raise PlanRefusedError(f"The calendar has no school days in {number}/{number + 1}. Enter its terms.")
    return year


def years_covered(calendar: Calendar) -> tuple[int, ...]:
    """The school years in which the calendar has school days, in order."""
    return tuple(sorted({school_year_start(on).year for on in calendar.school_days}))
