"""A meeting with a family: planned, held or not attended, and reviewed against the target that was set."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

from escalation.rules.cases import CaseRefusedError
from escalation.rules.policy import part, plain
from registers.rules import figures as figures_rules
from registers.rules.figures import Figures


class MeetingKind(StrEnum):
    """Staplehurst, "Lateness" (formal late meeting); Carlton Road 6 (attendance panel); both: a child's return."""

    FORMAL_LATE = "formal late meeting"
    PANEL = "attendance panel"
    RETURN = "return to school"


MEETING_KIND_NAMES: Mapping[MeetingKind, str] = {
    MeetingKind.FORMAL_LATE: "Formal late meeting",
    MeetingKind.PANEL: "Attendance panel",
    MeetingKind.RETURN: "Return-to-school meeting",
}

INVITATIONS: Mapping[MeetingKind, tuple[str, ...]] = {
    MeetingKind.FORMAL_LATE: ("panel_invitation", "late_l", "late_concern"),
    MeetingKind.PANEL: ("panel_invitation", "letter_of_concern"),
    MeetingKind.RETURN: (),
}
"""The kinds of letter that invite to a meeting, the apt one first; a school writes the first it has."""
PLANS: tuple[str, ...] = ("panel_action_plan",)
"""The kinds of letter that set down what was agreed, once a meeting is over."""


class MeetingState(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    NOT_ATTENDED = "not attended"
    CANCELLED = "cancelled"
    REVIEWED = "reviewed"


MEETING_STATE_NAMES: Mapping[MeetingState, str] = {
    MeetingState.PLANNED: "Planned",
    MeetingState.HELD: "Held",
    MeetingState.NOT_ATTENDED: "Parents did not come",
    MeetingState.CANCELLED: "Called off",
    MeetingState.REVIEWED: "Reviewed",
}

MOVES: Mapping[MeetingState, frozenset[MeetingState]] = {
    MeetingState.PLANNED: frozenset({MeetingState.HELD, MeetingState.NOT_ATTENDED, MeetingState.CANCELLED}),
    MeetingState.HELD: frozenset({MeetingState.REVIEWED}),
    # A panel may set its target without the parents, and looks at it again all the same.
    MeetingState.NOT_ATTENDED: frozenset({MeetingState.REVIEWED}),
    MeetingState.CANCELLED: frozenset(),
    MeetingState.REVIEWED: frozenset(),
}

AWAITING_REVIEW = frozenset({MeetingState.HELD, MeetingState.NOT_ATTENDED})


def check_move(old: MeetingState, new: MeetingState) -> None:
    if new not in MOVES[old]:
        raise CaseRefusedError(
            f"This meeting is {MEETING_STATE_NAMES[old][0].lower()}{MEETING_STATE_NAMES[old][1:]}; "
            f"it cannot become {new}."
        )


def check_plan(on: date, today: date) -> None:
    """Refuse to plan a meeting for a day that is past."""
    if on < today:
        raise CaseRefusedError("That day is past. Choose today or a day to come.")


def check_outcome(on: date, today: date) -> None:
    """Refuse to say what came of a meeting before its day."""
    if on > today:
        raise CaseRefusedError(f"The meeting is on {on:%d/%m/%Y}; say what came of it from that day on.")


def check_target(percent: Decimal | None, review_on: date | None, held_on: date) -> None:
    """Refuse a target without its review, or the other way round, and a review before the meeting is over."""
    if (percent is None) != (review_on is None):
        raise CaseRefusedError("A target and the day it is reviewed belong together: enter both or neither.")
    if percent is not None and not 0 < percent <= 100:
        raise CaseRefusedError("The target is a percentage above 0 and up to 100.")
    if review_on is not None and review_on <= held_on:
        raise CaseRefusedError("The review comes after the meeting. Choose a later day.")


def is_reached(target: Decimal, figures: Figures) -> bool | None:
    """Whether attendance came to the target, compared unrounded; None while no session was possible."""
    return None if figures.attendance is None else figures.attendance >= part(target)


def result_words(target: Decimal, figures: Figures) -> str:
    """The result of a target in one sentence."""
    reached = is_reached(target, figures)
    if reached is None:
        return f"The target is {plain(target)} %; no session was possible yet."
    of = f"{figures.attended} of {figures.possible} sessions attended, {figures_rules.shown(figures.attendance)} %"
    return f"{of}: the target of {plain(target)} % was {'reached' if reached else 'not reached'}."
