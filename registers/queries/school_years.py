"""A school year as the calendar page shows it: half-terms, closures, what is missing, and every month."""

from dataclasses import dataclass
from datetime import date

from registers.models import Closure, School, Term
from registers.queries import calendars
from registers.rules import closures, year_plan
from registers.rules.calendar import Calendar, term_year
from registers.rules.year_plan import Count, Month


@dataclass(frozen=True)
class TermRow:
    """One half-term and how much school there is in it."""

    row: Term
    count: Count


@dataclass(frozen=True)
class ClosureRow:
    """One planned closure; `is_idle` where it lies outside every term and so closes nothing."""

    row: Closure
    kind_name: str
    is_idle: bool


@dataclass(frozen=True)
class SchoolYear:
    """One school year. `missing` are the bank holidays on which the school is still open."""

    year: int
    first_on: date
    last_on: date
    years: tuple[tuple[int, str], ...]
    terms: tuple[TermRow, ...]
    closures: tuple[ClosureRow, ...]
    missing: dict[date, str]
    months: tuple[Month, ...]
    count: Count

    @property
    def name(self) -> str:
        return closures.school_year_name(self.year)


def of(school: School, calendar: Calendar, asked: int | None, today: date) -> SchoolYear:
    """The school year that began in a year, or the one a day belongs to; two queries."""
    this_year = calendar.school_year_of(today)[0].year
    known = {term_year(term.first_on) for term in calendar.terms}
    years = sorted(known | {this_year, max(known | {this_year}) + 1})
    year = asked if asked in years else this_year
    inside = date(year, 12, 1)
    first_on, last_on = calendar.school_year_of(inside)
    terms = [row for row in Term.objects.filter(school=school) if term_year(row.first_on) == year]
    shut = Closure.objects.filter(school=school, first_on__lte=last_on, last_on__gte=first_on)
    return SchoolYear(
        year=year,
        first_on=first_on,
        last_on=last_on,
        years=tuple((one, closures.school_year_name(one)) for one in years),
        terms=tuple(TermRow(row, year_plan.count(calendar, row.first_on, row.last_on)) for row in terms),
        closures=tuple(
            ClosureRow(
                row,
                closures.kind_name(row.kind),
                not closures.is_in_terms(calendars.as_closure(row), calendar.terms),
            )
            for row in shut.order_by("first_on", "session")
        ),
        missing=calendars.missing_bank_holidays(calendar, first_on, last_on),
        months=year_plan.months(calendar, inside),
        count=year_plan.count(calendar, first_on, last_on),
    )
