"""The governors' termly report: the whole school and its year groups, and no child to be told from it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from attendance_site.rules import plots, suppression
from registers.models import Mark, School
from registers.queries import figures as queries
from registers.queries.figures import Period
from registers.rules import ages, figures
from registers.rules.calendar import Calendar, Term, monday_of, term_year
from registers.rules.figures import Cohort, Figures

TERM_NAMES: Mapping[str, tuple[int, int]] = {"autumn": (1, 2), "spring": (3, 4), "summer": (5, 6)}
"""Each of the year's three terms, by the numbers of its half-terms."""


_A_YEAR = timedelta(weeks=52)
"""The same weekday a year earlier."""


@dataclass(frozen=True)
class ReportTerm:
    """One of the three terms of a school year, up to a day while it lasts."""

    name: str
    year: int
    period: Period

    @property
    def key(self) -> str:
        return f"{self.year}-{self.name}"

    @property
    def title(self) -> str:
        return f"{self.name.capitalize()} term {self.year}/{(self.year + 1) % 100:02d}"


@dataclass(frozen=True)
class YearRow:
    """A year group as governors see it; None where a number is kept back."""

    name: str
    pupils: int | None
    attendance: Fraction | None
    authorised: Fraction | None
    unauthorised: Fraction | None
    persistent: int | None
    persistent_share: Fraction | None
    lates: int | None
    is_hidden: bool
    persistent_is_hidden: bool


@dataclass(frozen=True)
class Week:
    monday: date
    figures: Figures


@dataclass(frozen=True)
class Report:
    """One term's report. `census` is the DfE's cohort of the same term, `before` the same term a year earlier.

    The census row is kept back (None) wherever a year group keeps anything back: it leaves out the youngest pupils
    alone, so that theirs could be had by subtraction.
    """

    term: ReportTerm
    whole: Cohort
    census: Cohort | None
    before: Cohort | None
    persistent_is_hidden: bool
    before_is_hidden: bool
    years: tuple[YearRow, ...]
    weeks: tuple[Week, ...]
    plot: plots.Line

    @property
    def is_kept_back(self) -> bool:
        """Whether the whole school is too small for a report."""
        return suppression.is_small(self.whole.enrolments)


def terms(school: School, calendar: Calendar, today: date) -> tuple[ReportTerm, ...]:
    """The terms that have begun and have marks, the newest first."""
    first_mark = Mark.objects.filter(school=school).order_by("on").values_list("on", flat=True).first()
    found: dict[tuple[int, str], list[Term]] = defaultdict(list)
    for term in calendar.terms:
        if first_mark is not None and first_mark <= term.last_on and term.first_on <= today:
            name = next(name for name, numbers in TERM_NAMES.items() if term.number in numbers)
            found[(term_year(term.first_on), name)].append(term)
    rows = [
        ReportTerm(name, year, Period(halves[0].first_on, min(today, halves[-1].last_on)))
        for (year, name), halves in found.items()
    ]
    return tuple(sorted(rows, key=lambda row: row.period.first_on, reverse=True))


def report(school: School, calendar: Calendar, term: ReportTerm, before: ReportTerm | None) -> Report:
    """The report of one term; the same number of queries however many pupils."""
    by_year = queries.by_year_group(school, calendar, term.period)
    weeks = _weeks(school, term.period)
    whole = figures.cohort([one for group in by_year.values() for one in group.values()])
    census = figures.cohort(queries.by_pupil(school, calendar, term.period, census=True).values())
    years = _year_rows(by_year)
    earlier = _before(school, calendar, term, before)
    return Report(
        term=term,
        whole=whole,
        census=None if any(row.is_hidden or row.persistent_is_hidden for row in years) else census,
        before=earlier,
        persistent_is_hidden=bool(suppression.hidden([whole.persistent])),
        before_is_hidden=earlier is not None and bool(suppression.hidden([earlier.persistent])),
        years=years,
        weeks=weeks,
        plot=plots.line(
            [(f"{week.monday.day} {week.monday:%b}", week.figures.attendance or Fraction(0)) for week in weeks]
        ),
    )


def _before(school: School, calendar: Calendar, term: ReportTerm, before: ReportTerm | None) -> Cohort | None:
    """The same term a year earlier, up to the same day while this one lasts; None where there are no marks."""
    if before is None:
        return None
    is_over = all(half.last_on <= term.period.last_on for half in _halves(calendar, term))
    last_on = before.period.last_on if is_over else min(before.period.last_on, term.period.last_on - _A_YEAR)
    cohort = figures.cohort(queries.by_pupil(school, calendar, Period(before.period.first_on, last_on)).values())
    return None if suppression.is_small(cohort.enrolments) else cohort


def _halves(calendar: Calendar, term: ReportTerm) -> list[Term]:
    numbers = TERM_NAMES[term.name]
    return [half for half in calendar.terms if half.number in numbers and term_year(half.first_on) == term.year]


def _year_rows(by_year: Mapping[int, Mapping[int, Figures]]) -> tuple[YearRow, ...]:
    numbers = sorted(by_year)
    cohorts = [figures.cohort(by_year[number].values()) for number in numbers]
    small = suppression.hidden([cohort.enrolments for cohort in cohorts])
    persistent = suppression.hidden([cohort.persistent for cohort in cohorts]) | small
    return tuple(
        _year_row(number, cohort, is_hidden=place in small, persistent_is_hidden=place in persistent)
        for place, (number, cohort) in enumerate(zip(numbers, cohorts, strict=True))
    )


def _year_row(number: int, cohort: Cohort, *, is_hidden: bool, persistent_is_hidden: bool) -> YearRow:
    one = cohort.figures
    return YearRow(
        name=ages.year_group_name(number),
        pupils=None if is_hidden else cohort.enrolments,
        attendance=None if is_hidden else one.attendance,
        authorised=None if is_hidden else one.authorised_share,
        unauthorised=None if is_hidden else one.unauthorised_share,
        persistent=None if persistent_is_hidden else cohort.persistent,
        persistent_share=None if persistent_is_hidden else cohort.persistent_share,
        lates=None if is_hidden else one.lates,
        is_hidden=is_hidden,
        persistent_is_hidden=persistent_is_hidden,
    )


def _weeks(school: School, period: Period) -> tuple[Week, ...]:
    weeks: dict[date, list[Figures]] = defaultdict(list)
    for on, one in queries.by_day(school, period).items():
        weeks[monday_of(on)].append(one)
    rows = (Week(monday, figures.total(weeks[monday])) for monday in sorted(weeks))
    return tuple(week for week in rows if week.figures.possible)
