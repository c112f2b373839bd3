"""Support plans: what a school does for a pupil for whom coming to school is hard, until somebody says it is over.

Source: WTISA 2024 (support first); Carlton Road section 12 (emotionally based school avoidance).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class SupportRefusedError(Exception):
    """A plan that cannot stand as it is; the message says what to do. `field` is what to look at."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Concern(StrEnum):
    """What the plan is about."""

    AVOIDANCE = "avoidance"
    HEALTH = "health"
    NEEDS = "needs"
    FAMILY = "family"
    OTHER = "other"


CONCERN_NAMES: Mapping[Concern, str] = {
    Concern.AVOIDANCE: "Emotionally based school avoidance (EBSA)",
    Concern.HEALTH: "A medical condition",
    Concern.NEEDS: "Special educational needs or disability",
    Concern.FAMILY: "Circumstances of the family",
    Concern.OTHER: "Something else",
}


class PlanState(StrEnum):
    """Whether a plan runs."""

    OPEN = "open"
    CLOSED = "closed"


MOVES: Mapping[PlanState, frozenset[PlanState]] = {
    PlanState.OPEN: frozenset({PlanState.CLOSED}),
    PlanState.CLOSED: frozenset(),
}


def check_move(old: PlanState, new: PlanState) -> None:
    if new not in MOVES[old]:
        raise SupportRefusedError(f"This plan is {old}; it cannot become {new}. Open a new one if it is needed again.")


@dataclass(frozen=True)
class Plan:
    """What is planned: about what, what worries, what the school does differently, who else helps, and until when."""

    concern: Concern
    worry: str
    adjustments: str
    agencies: str
    review_on: date


def check(plan: Plan, today: date) -> None:
    """Refuse a plan that says too little, or that nobody looks at again."""
    if not plan.worry.strip():
        raise SupportRefusedError("Say what the concern is.", "worry")
    if not plan.adjustments.strip():
        raise SupportRefusedError("Say what the school does differently for this pupil.", "adjustments")
    check_review_day(plan.review_on, today)


def check_review_day(review_on: date, today: date) -> None:
    if review_on <= today:
        raise SupportRefusedError("The next review is after today. Give its day.", "review_on")


def check_words(words: str) -> None:
    if not words.strip():
        raise SupportRefusedError("Write down what was found.", "words")
