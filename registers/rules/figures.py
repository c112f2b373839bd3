"""The one module that computes a percentage: exact integers in, exact fractions out, rounded only for the eye.

Formulae: possible = present + elsewhere + authorised + unauthorised; attendance = (present + elsewhere) / possible;
persistent absence = a tenth or more of possible missed, severe = half or more (DfE pupil absence methodology).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from types import MappingProxyType

from registers.rules import ages, codes
from registers.rules.calendar import school_year_start
from registers.rules.codes import StatClass

PERSISTENT = Fraction(1, 10)
SEVERE = Fraction(1, 2)
LIVE_MINIMUM_POSSIBLE = 11
"""Live figures leave out pupils with ten or fewer possible sessions; census-style reports use 1."""


@dataclass(frozen=True)
class Figures:
    """Sessions of one pupil over a period, or of several added up; `unmarked` ones are outside every figure."""

    by_code: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    unmarked: int = 0

    @cached_property
    def by_class(self) -> Counter[StatClass]:
        counts: Counter[StatClass] = Counter()
        for symbol, number in self.by_code.items():
            counts[codes.code(symbol).stat_class] += number
        return counts

    @property
    def present(self) -> int:
        return self.by_class[StatClass.PRESENT]

    @property
    def elsewhere(self) -> int:
        return self.by_class[StatClass.ELSEWHERE]

    @property
    def authorised(self) -> int:
        return self.by_class[StatClass.AUTHORISED]

    @property
    def unauthorised(self) -> int:
        return self.by_class[StatClass.UNAUTHORISED]

    @property
    def not_possible(self) -> int:
        return self.by_class[StatClass.NOT_POSSIBLE]

    @cached_property
    def attended(self) -> int:
        return self.present + self.elsewhere

    @cached_property
    def absent(self) -> int:
        return self.authorised + self.unauthorised

    @cached_property
    def possible(self) -> int:
        return self.attended + self.absent

    @property
    def late(self) -> int:
        """Late before the register closed; counted as attended."""
        return self.by_code.get("L", 0)

    @property
    def late_after_close(self) -> int:
        """Late after the register closed; counted as unauthorised absence."""
        return self.by_code.get("U", 0)

    @property
    def lates(self) -> int:
        return self.late + self.late_after_close

    @property
    def attendance(self) -> Fraction | None:
        return share(self.attended, self.possible)

    @property
    def absence(self) -> Fraction | None:
        return share(self.absent, self.possible)

    @property
    def authorised_share(self) -> Fraction | None:
        return share(self.authorised, self.possible)

    @property
    def unauthorised_share(self) -> Fraction | None:
        return share(self.unauthorised, self.possible)

    @property
    def is_persistently_absent(self) -> bool:
        """A tenth or more of possible sessions missed, so exactly 90 % attendance is persistent absence."""
        return self.misses(PERSISTENT)

    @property
    def is_severely_absent(self) -> bool:
        return self.misses(SEVERE)

    def misses(self, part: Fraction) -> bool:
        """Whether absence is at least that part of possible sessions, compared unrounded."""
        return self.possible > 0 and self.absent * part.denominator >= part.numerator * self.possible

    def with_absences(self, sessions: int) -> "Figures":
        """The figures as they would be after that many more unauthorised sessions."""
        return total([self, Figures({"O": sessions})])

    @property
    def as_counts(self) -> dict[str, int | str | None]:
        """The figures as plain values, for a record or a machine."""
        return {
            "possible": self.possible,
            "attended": self.attended,
            "authorised": self.authorised,
            "unauthorised": self.unauthorised,
            "late": self.late,
            "late_after_close": self.late_after_close,
            "not_possible": self.not_possible,
            "unmarked": self.unmarked,
            "attendance": shown(self.attendance, 2) if self.possible else None,
        }


def share(part: int, whole: int) -> Fraction | None:
    """Part of a whole, exact; None of nothing."""
    return Fraction(part, whole) if whole else None


def may_still_miss(attended: int, possible: int, bound: Fraction, *, included: bool) -> int | None:
    """How many of the next sessions may be missed on end with attendance still at (or above) a bound.

    Whether exactly the bound still holds is `included`. None where no absence could ever pass it.
    """
    if bound <= 0:
        return None
    limit = attended / bound - possible
    return floor(limit) if included else ceil(limit) - 1


def must_attend(attended: int, possible: int, bound: Fraction, *, included: bool) -> int | None:
    """How many of the next sessions must be attended on end for attendance to reach (or pass) a bound.

    Whether exactly the bound is enough is `included`. None where no number is enough.
    """
    if bound >= 1:
        return None if not included or attended < possible else 0
    lacking = (bound * possible - attended) / (1 - bound)
    return max(0, ceil(lacking) if included else floor(lacking) + 1)


def shown(value: Fraction | None, places: int = 1) -> str:
    """A share as a percentage to read, rounded half up; a dash where there is nothing to divide."""
    if value is None:
        return "–"
    exact = Decimal(value.numerator * 100) / Decimal(value.denominator)
    return str(exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def total(parts: Iterable[Figures]) -> Figures:
    """Several figures as one: counts are added, so that every share is a ratio of sums and never a mean of shares."""
    by_code: defaultdict[str, int] = defaultdict(int)
    unmarked = 0
    for part in parts:
        for code, number in part.by_code.items():
            by_code[code] += number
        unmarked += part.unmarked
    return Figures(MappingProxyType(dict(by_code)), unmarked)


def without(whole: Figures, part: Figures) -> Figures:
    """What is left of figures when a part of them is counted elsewhere."""
    left = Counter(whole.by_code)
    left.subtract(part.by_code)
    return Figures(
        MappingProxyType({code: number for code, number in left.items() if number}), whole.unmarked - part.unmarked
    )


@dataclass(frozen=True)
class Cohort:
    """Several pupils' figures, with how many of them are persistently and severely absent."""

    figures: Figures
    enrolments: int
    persistent: int
    severe: int

    @property
    def persistent_share(self) -> Fraction | None:
        return share(self.persistent, self.enrolments)

    @property
    def severe_share(self) -> Fraction | None:
        return share(self.severe, self.enrolments)


def cohort(pupils: Iterable[Figures], minimum_possible: int = 1) -> Cohort:
    """A group of enrolments; those with fewer possible sessions than the minimum stand outside the two rates."""
    everyone = list(pupils)
    counted = [figures for figures in everyone if figures.possible >= max(1, minimum_possible)]
    return Cohort(
        figures=total(everyone),
        enrolments=len(counted),
        persistent=sum(figures.is_persistently_absent for figures in counted),
        severe=sum(figures.is_severely_absent for figures in counted),
    )


def is_in_census_cohort(dob: date, on: date) -> bool:
    """Whether the DfE's statistics count the pupil: aged 5 to 15 on the 31 August before the school year."""
    day = date(school_year_start(on).year, 8, 31)
    return 5 <= ages.age_on(dob, day) <= 15


def census_births(on: date) -> tuple[date, date]:
    """The first and last date of birth that `is_in_census_cohort` takes in, for a database to filter by."""
    year = school_year_start(on).year
    return date(year - 16, 9, 1), date(year - 5, 8, 31)
