"""A school's attendance policy as data: rules that name their paragraph, what they measure and what follows.

A document of this shape stands in each school's file under `[policy]` and is kept with every version adopted.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from escalation.rules.measuring import (
    BOUNDS,
    MEASURES,
    WHOLE,
    AbsenceAtLeast,
    AttendanceBand,
    BelowExpected,
    BestClasses,
    DaysOnEnd,
    IllnessOccasions,
    Improvement,
    LatesInHalfTerm,
    Measure,
    NoContact,
    NoImprovement,
    ReviewOverdue,
    SchoolBelow,
    SessionsMissed,
    UnauthorisedAtLeast,
    part,
    plain,
)
from registers.rules.rights import Role

__all__ = [
    "BOUNDS",
    "MEASURES",
    "WHOLE",
    "AbsenceAtLeast",
    "AttendanceBand",
    "BelowExpected",
    "BestClasses",
    "DaysOnEnd",
    "Fault",
    "Follows",
    "IllnessOccasions",
    "Improvement",
    "Judgement",
    "LatesInHalfTerm",
    "Measure",
    "NoContact",
    "NoImprovement",
    "Policy",
    "Population",
    "ReviewOverdue",
    "Rule",
    "SchoolBelow",
    "SessionsMissed",
    "UnauthorisedAtLeast",
    "part",
    "plain",
]

OWNERS: tuple[Role, ...] = (Role.FLO, Role.OFFICE, Role.ATTENDANCE_LEAD, Role.HEAD, Role.TEACHER)
"""Who can be given what follows from a rule."""
YOUNGEST, OLDEST = -1, 13
"""Year groups: nursery is -1, Reception 0."""


class When(StrEnum):
    """At which time of the year a rule is looked at."""

    ANY_DAY = "any day"
    END_OF_TERM = "end of term"
    END_OF_HALF_TERM = "end of half-term"


@dataclass(frozen=True)
class Population:
    """Whom a rule is about; everybody on roll unless it says otherwise."""

    compulsory_age: bool = False
    year_groups: tuple[int, ...] = ()

    def takes_in(self, *, of_compulsory_age: bool, year_group: int) -> bool:
        if self.compulsory_age and not of_compulsory_age:
            return False
        return not self.year_groups or year_group in self.year_groups

    @property
    def words(self) -> str:
        """Whom it takes in, to be read."""
        who = "pupils of compulsory school age" if self.compulsory_age else "every pupil on roll"
        if not self.year_groups:
            return who
        return f"{who}, in year groups {', '.join(str(year) for year in self.year_groups)}"


@dataclass(frozen=True)
class Follows:
    """What follows from a rule beside its letter: whose task it is and in how many school days, and what it leads to.

    Each of the last five is a word of the school's own, such as "late meeting" or "local authority".
    """

    owner: str = str(Role.FLO)
    due_in: int = 5
    meeting: str = ""
    referral: str = ""
    return_to: str = ""
    praise: str = ""


@dataclass(frozen=True)
class Judgement:
    """A step that a person takes when they judge it right. No rule fires it."""

    id: str
    title: str
    paragraph: str
    says: str
    referral: str = ""


@dataclass(frozen=True)
class Rule:
    """One rule of a policy: where it stands, whom it is about, what it measures, when it may fire and what follows.

    `desk` is False for a rule that only watches. A higher `risk` comes first on the desk. `minimum_possible` are the
    sessions that must have been possible; `interval` the school days after a flag's end before the next may open.
    """

    id: str
    title: str
    paragraph: str
    says: str
    stage: str
    follow_up: str
    measure: Measure
    letter: str = ""
    desk: bool = True
    risk: int = 0
    minimum_possible: int = 0
    interval: int = 0
    when: str = str(When.ANY_DAY)
    population: Population = Population()
    follows: Follows = Follows()

    @property
    def is_about_pupils(self) -> bool:
        """Whether the rule flags pupils, and not a class or the whole school."""
        return not isinstance(self.measure, BestClasses | SchoolBelow)

    @property
    def next_steps(self) -> dict[str, Any]:
        """What follows, as a flag keeps it: the task, its owner and days, and the steps it names."""
        follows = self.follows
        named = {
            "letter": self.letter,
            "meeting": follows.meeting,
            "referral": follows.referral,
            "return": follows.return_to,
            "praise": follows.praise,
        }
        return {
            "stage": self.stage,
            "task": self.follow_up,
            "owner": follows.owner,
            "due_in": follows.due_in,
            **{name: value for name, value in named.items() if value},
        }


@dataclass(frozen=True)
class Policy:
    """One version of a school's policy and the day from which it applies."""

    version: str
    title: str
    applies_from: date
    expected_attendance: Decimal
    rules: tuple[Rule, ...]
    expected_attendance_assumed: bool = False
    review_on: date | None = None
    judgements: tuple[Judgement, ...] = ()


class Fault(NamedTuple):
    """What is wrong with a document, and the way to it through its tables and lists."""

    path: tuple[str | int, ...]
    sentence: str
