"""What a rule of a policy may measure, each kind with its own numbers."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Literal

from penalties.rules.threshold import WEEKS as WINDOW_WEEKS
from registers.rules import codes

WHOLE = Decimal(100)
BOUNDS = ("above", "at_least", "below", "at_most")
YEAR, TERM, HALF_TERM, TEN_WEEKS = "year", "term", "half-term", f"{WINDOW_WEEKS} weeks"
UNAUTHORISED = ("G", "N", "O", "U")
_WEEKS = re.compile(r"([1-9]|[12][0-9]|3[0-9]) weeks")


def weeks_of(over: str) -> int | None:
    """How many school weeks a period such as "10 weeks" is; None of any other."""
    found = _WEEKS.fullmatch(over)
    return int(found[1]) if found else None


def is_over(over: str) -> bool:
    """Whether a text names a period that a rule can count over."""
    return over in (YEAR, TERM, HALF_TERM) or weeks_of(over) is not None


def over_words(over: str) -> str:
    """A period as it is said in a sentence."""
    named = {YEAR: "this school year", TERM: "this term", HALF_TERM: "this half-term"}
    return named.get(over) or f"in the last {weeks_of(over)} school weeks"


@cache
def part(percent: Decimal) -> Fraction:
    """A percentage of the policy as an exact share of one."""
    return Fraction(percent) / 100


def plain(percent: Decimal) -> str:
    """A percentage as one writes it: 90, not 90.0."""
    return f"{percent.normalize():f}"


@dataclass(frozen=True)
class AttendanceBand:
    """Attendance over a period within bounds in per cent; each bound says itself whether it is included."""

    kind: Literal["attendance_band"]
    above: Decimal | None = None
    at_least: Decimal | None = None
    below: Decimal | None = None
    at_most: Decimal | None = None
    over: str = YEAR

    @property
    def bounds(self) -> tuple[Decimal, ...]:
        return tuple(bound for name in BOUNDS if (bound := getattr(self, name)) is not None)

    def holds(self, attendance: Fraction) -> bool:
        """Whether an exact share lies in the band, compared unrounded."""
        return (
            (self.above is None or attendance > part(self.above))
            and (self.at_least is None or attendance >= part(self.at_least))
            and (self.below is None or attendance < part(self.below))
            and (self.at_most is None or attendance <= part(self.at_most))
        )

    @property
    def words(self) -> str:
        """The band as a parent can be told it: "above 90 % and not above 93 %"."""
        named = (("above", self.above), ("at least", self.at_least), ("below", self.below), ("not above", self.at_most))
        return " and ".join(f"{name} {plain(bound)} %" for name, bound in named if bound is not None)


@dataclass(frozen=True)
class AbsenceAtLeast:
    """Sessions missed over a period, for whatever reason, as a share of possible sessions in per cent."""

    kind: Literal["absence_at_least"]
    percent: Decimal
    over: str = YEAR


@dataclass(frozen=True)
class UnauthorisedAtLeast:
    """Unauthorised sessions over a period as a share of possible sessions in per cent."""

    kind: Literal["unauthorised_at_least"]
    percent: Decimal
    over: str = YEAR


@dataclass(frozen=True)
class BelowExpected:
    """Attendance over a period below what the policy expects; never met while that figure is only assumed."""

    kind: Literal["below_expected"]
    over: str = YEAR


@dataclass(frozen=True)
class SessionsMissed:
    """Sessions of a period that carry one of some codes, in number; without codes, every absence."""

    kind: Literal["sessions_missed"]
    at_least: int
    codes: tuple[str, ...] = ()
    over: str = TEN_WEEKS


@dataclass(frozen=True)
class LatesInHalfTerm:
    """Late arrivals since the half-term began: L and U together."""

    kind: Literal["lates_in_half_term"]
    at_least: int


@dataclass(frozen=True)
class IllnessOccasions:
    """Separate occasions of illness in the school year: sessions of I with no other mark between are one."""

    kind: Literal["illness_occasions"]
    at_least: int


@dataclass(frozen=True)
class DaysOnEnd:
    """School days on end in the school year on which every session carries one of some codes."""

    kind: Literal["days_on_end"]
    at_least: int
    codes: tuple[str, ...] = UNAUTHORISED


@dataclass(frozen=True)
class NoImprovement:
    """Attendance no better than before: since the last of some letters, or in some weeks against those before them.

    `weeks` are the school weeks that must have passed, or are compared; `unauthorised` the least number of
    unauthorised sessions in them.
    """

    kind: Literal["no_improvement"]
    weeks: int = 4
    letters: tuple[str, ...] = ()
    unauthorised: int = 0


@dataclass(frozen=True)
class Improvement:
    """Attendance in some weeks better, by so many points, than in as many weeks before, which lay below a bound."""

    kind: Literal["improvement"]
    weeks: int
    points: Decimal
    from_below: Decimal = WHOLE


@dataclass(frozen=True)
class NoContact:
    """School days on end up to today, each session of some codes, about none of which anybody was reached."""

    kind: Literal["no_contact"]
    days: int
    codes: tuple[str, ...] = ("N", "O")


@dataclass(frozen=True)
class ReviewOverdue:
    """A review that was to be held, and was not, so many school days ago."""

    kind: Literal["review_overdue"]
    days: int = 1


@dataclass(frozen=True)
class BestClasses:
    """The classes with the best attendance of the school week, so many of them and all that tie with the last."""

    kind: Literal["best_classes"]
    places: int = 1


@dataclass(frozen=True)
class SchoolBelow:
    """The whole school's attendance over a period below a figure in per cent, such as the nation's."""

    kind: Literal["school_below"]
    percent: Decimal
    over: str = YEAR


PupilMeasure = (
    AttendanceBand
    | AbsenceAtLeast
    | UnauthorisedAtLeast
    | BelowExpected
    | SessionsMissed
    | LatesInHalfTerm
    | IllnessOccasions
    | DaysOnEnd
    | NoImprovement
    | Improvement
    | NoContact
    | ReviewOverdue
)
GroupMeasure = BestClasses | SchoolBelow
Measure = PupilMeasure | GroupMeasure
MEASURES: tuple[type[Measure], ...] = (
    AttendanceBand,
    AbsenceAtLeast,
    UnauthorisedAtLeast,
    BelowExpected,
    SessionsMissed,
    LatesInHalfTerm,
    IllnessOccasions,
    DaysOnEnd,
    NoImprovement,
    Improvement,
    NoContact,
    ReviewOverdue,
    BestClasses,
    SchoolBelow,
)
ABSENCE_CODES = tuple(row.symbol for row in codes.TABLE if row.is_absent)


def codes_of(measure: SessionsMissed | DaysOnEnd | NoContact) -> frozenset[str]:
    """The codes a measure counts."""
    return frozenset(measure.codes or ABSENCE_CODES)


def overs_of(measure: Measure) -> tuple[str, ...]:
    """The periods over which a measure needs every session counted."""
    match measure:
        case AttendanceBand() | AbsenceAtLeast() | UnauthorisedAtLeast() | BelowExpected() | SessionsMissed():
            return (measure.over,)
        case LatesInHalfTerm():
            return (HALF_TERM,)
        case Improvement():
            return (f"{measure.weeks} weeks", f"{2 * measure.weeks} weeks")
        case NoImprovement() if not measure.letters:
            return (f"{measure.weeks} weeks", f"{2 * measure.weeks} weeks")
        case _:
            return ()
