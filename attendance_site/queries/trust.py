"""The schools of a trust side by side, each on the DfE's basis; no pupil and no class is told of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from registers.models import School
from registers.queries import calendars, figures
from registers.queries.figures import Period
from registers.rules import statistics
from registers.rules.calendar import Term
from registers.rules.figures import Cohort, cohort
from registers.rules.statistics import Basis
from registers.scope import schools_in_scope


@dataclass(frozen=True)
class Compared:
    """One school's year and half-term so far. `unmarked` sessions show how complete its registers are."""

    school: School
    on: date
    term: Term | None
    year: Cohort
    half_term: Cohort | None


def schools(chosen: Iterable[School], today: date) -> tuple[Compared, ...]:
    """Each school by itself, with its own data open and no other's; some queries a school, none a pupil."""
    return tuple(_one(school, today) for school in chosen)


def _one(school: School, today: date) -> Compared:
    with schools_in_scope([school.pk]):
        calendar = calendars.of(school)
        on = calendar.last_school_day(today) or today
        term = calendar.term_of(on)

        def counted(period: Period) -> Cohort:
            found = figures.by_pupil(school, calendar, period, census=True)
            return cohort(found.values(), statistics.MINIMUM_POSSIBLE[Basis.DFE])

        return Compared(
            school,
            on,
            term,
            counted(figures.year_to_date(on, calendar)),
            counted(Period(term.first_on, on)) if term else None,
        )
