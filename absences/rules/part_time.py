"""Part-time timetables: when one may run, until when it gives a code, and why it lapses.

Source: SI 2024/208 reg 11(6): the authorised person and a parent the pupil normally lives with agree, in exceptional
circumstances, on which sessions; WTISA 2024: for the shortest time, with an end, reviewed, never to manage behaviour.
Carlton Road section 8: reviewed every four weeks with the parent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from absences.rules.arranged import ArrangedRefusedError
from registers.rules.calendar import Calendar, CalendarRefusedError

REVIEW_DAYS = 28
"""Days from the start, or from one review, to the next at most, where the school has chosen no other number."""
OVERDUE_DAYS = 5
"""School days after which a review that was not held ends the timetable."""


class ReviewOutcome(StrEnum):
    """What a review comes to."""

    CONTINUES = "continues"
    ENDS = "ends"


OUTCOME_NAMES: Mapping[ReviewOutcome, str] = {
    ReviewOutcome.CONTINUES: "It goes on as agreed",
    ReviewOutcome.ENDS: "It ends: the pupil is in school full time",
}


class Agreeing(StrEnum):
    """How a parent agreed."""

    SIGNED = "signed"
    EMAIL = "e-mail"
    MEETING = "meeting"


AGREEING_NAMES: Mapping[Agreeing, str] = {
    Agreeing.SIGNED: "Signed the agreement",
    Agreeing.EMAIL: "By e-mail or letter",
    Agreeing.MEETING: "At a meeting, with minutes",
}


@dataclass(frozen=True)
class Proposal:
    """What is proposed: the sessions out of school, from when to when, why, and when it is looked at again."""

    first_on: date
    last_on: date | None
    weekdays: str
    why: str
    review_on: date
    is_no_sanction: bool


def first_review(first_on: date, last_on: date, most_days: int) -> date:
    """The day offered for the next review: as late as may be, never after the end."""
    return min(first_on + timedelta(days=most_days), last_on)


def check(proposal: Proposal, most_days: int) -> date:
    """Refuse a timetable without end, reason, sessions, review in time, or as a sanction; return its last day."""
    if proposal.last_on is None:
        raise ArrangedRefusedError("A part-time timetable has an end. Give its last day.", "last_on")
    if not proposal.weekdays:
        raise ArrangedRefusedError(
            "Tick the sessions out of school. Nobody may be kept from every session by a timetable.", "weekdays"
        )
    if not proposal.why.strip():
        raise ArrangedRefusedError("Say what is exceptional in this pupil’s circumstances.", "why")
    if not proposal.is_no_sanction:
        raise ArrangedRefusedError(
            "A part-time timetable may not be used to manage behaviour. Tick that this one is not.", "is_no_sanction"
        )
    check_review_day(proposal.review_on, proposal.first_on, proposal.last_on, most_days)
    return proposal.last_on


def check_review_day(review_on: date, since: date, last_on: date, most_days: int) -> None:
    """Refuse a review that is too late, past the end, or before what it is to look back on."""
    earliest, latest = min(since + timedelta(days=1), last_on), first_review(since, last_on, most_days)
    if not earliest <= review_on <= latest:
        raise ArrangedRefusedError(
            f"The next review is due within {most_days} days and no later than the end: from {_day(earliest)} to "
            f"{_day(latest)}.",
            "review_on",
        )


def check_agreed(on: date, today: date, lives_with_pupil: bool) -> None:
    """Refuse the agreement of anybody but a parent the pupil normally lives with, or one that is still to come."""
    if not lives_with_pupil:
        raise ArrangedRefusedError(
            "Only a parent the pupil normally lives with can agree. Choose that parent, or correct the contact first.",
            "parent",
        )
    if on > today:
        raise ArrangedRefusedError("The agreement cannot be dated after today.", "agreed_on")


def effective_from(first_on: date, parent_on: date, head_on: date) -> date:
    """The first day that may carry its code: never before both have agreed."""
    return max(first_on, parent_on, head_on)


def check_held(held_on: date, since: date, today: date, words: str) -> None:
    """Refuse a review of the future, from before the last one, or without a word on what came of it."""
    if not since <= held_on <= today:
        raise ArrangedRefusedError(f"Give the day it was held: from {_day(since)} to today.", "held_on")
    if not words.strip():
        raise ArrangedRefusedError("Say what the review found and what was agreed.", "words")


def gives_until(last_on: date, review_on: date, calendar: Calendar) -> date:
    """The last day that may carry its code: its end, or the fifth school day after a review that was not held."""
    try:
        return min(last_on, calendar.add_school_days(review_on, OVERDUE_DAYS))
    except CalendarRefusedError:
        return last_on


def why_lapsed(last_on: date, review_on: date, calendar: Calendar, on: date) -> str:
    """Why a running timetable lapses on the evening of a day; "" while it does not."""
    if on < gives_until(last_on, review_on, calendar):
        return ""
    if on >= last_on:
        return f"Its last day was {_day(last_on)}, and no review said that the pupil is full time again."
    return f"The review due on {_day(review_on)} had not been held {OVERDUE_DAYS} school days later."


def _day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"
