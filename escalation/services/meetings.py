"""Meetings with a family: planned, held or not attended, reviewed against their target from the register itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.db import transaction

from absences.services import guards
from escalation.models import Case, Meeting
from escalation.queries import meetings as queries
from escalation.rules import meetings as rules
from escalation.rules.cases import CaseRefusedError
from escalation.rules.meetings import MeetingKind, MeetingState
from escalation.services import cases, tasks
from letters.models import Letter
from letters.services import letters
from registers.models import Membership
from registers.rules.calendar import Calendar
from registers.rules.rights import Right, Role
from registers.services import record


@dataclass(frozen=True)
class Action:
    """Something agreed at a meeting: what, whose part it is, in how many school days."""

    title: str
    owner_role: Role
    in_days: int


@dataclass(frozen=True)
class Outcome:
    """What came of a meeting: who came, what was said, the target in per cent and the day of its review."""

    attendees: str = ""
    minutes: str = ""
    target: Decimal | None = None
    review_on: date | None = None
    actions: Sequence[Action] = ()


_NO_LETTER = {
    True: "The school has no letter that can invite to this meeting. Invite the parents another way.",
    False: "The school has no letter for what was agreed, or no target was set. Tell the parents another way.",
}
"""By whether the meeting is still to come."""


@transaction.atomic
def plan(
    case: Case,
    calendar: Calendar,
    kind: MeetingKind,
    on: date,
    at_time: time | None = None,
    place: str = "",
    invited: str = "",
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> Meeting:
    """Plan a meeting for a school day to come. Raises CaseRefusedError."""
    locked = cases.lock_open(case, by)
    rules.check_plan(on, today)
    if not calendar.is_school_day(on):
        raise CaseRefusedError(f"There is no school on {on:%d/%m/%Y} ({calendar.why_closed(on)}). Choose a school day.")
    meeting = Meeting.objects.create(
        school=locked.school,
        case=locked,
        kind=kind,
        on=on,
        time=at_time,
        place=place.strip()[:120],
        invited=invited.strip(),
        planned_at=at,
        planned_by=by.user,
    )
    _record("meeting planned", meeting, by, at, on=on.isoformat(), what=kind)
    return meeting


@transaction.atomic
def write_letter(meeting: Meeting, calendar: Calendar, *, today: date, by: Membership, at: datetime) -> Letter:
    """Draft the letter that invites to a meeting or, once it is over, sets down its plan; twice, it is one letter.

    Raises CaseRefusedError where the school has none, LetterRefusedError where a fact of it is missing.
    """
    locked = _locked(meeting, by)
    kind = queries.letter_kind(locked)
    if kind is None:
        raise CaseRefusedError(_NO_LETTER[locked.is_planned])
    drafted = letters.draft(
        locked.school,
        calendar,
        locked.case.pupil,
        kind.slug,
        because=f"meeting:{locked.pk}",
        facts={name: value for name, value in queries.letter_facts(locked).items() if name in kind.given_blanks},
        today=today,
        by=by,
        at=at,
    )
    locked.letter = drafted[0]
    locked.save(update_fields=["letter"])
    _record("meeting letter drafted", locked, by, at, letter=drafted[0].pk)
    return drafted[0]


@transaction.atomic
def settle(
    meeting: Meeting,
    calendar: Calendar,
    state: MeetingState,
    outcome: Outcome,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> Meeting:
    """Say that a meeting was held or that the parents did not come, with what was agreed. Raises CaseRefusedError."""
    locked = _locked(meeting, by)
    rules.check_move(MeetingState(locked.state), state)
    rules.check_outcome(locked.on, today)
    rules.check_target(outcome.target, outcome.review_on, locked.on)
    locked.state = state
    locked.attendees, locked.minutes = outcome.attendees.strip(), outcome.minutes.strip()
    locked.target_percent, locked.review_on = outcome.target, outcome.review_on
    locked.save(update_fields=["state", "attendees", "minutes", "target_percent", "review_on"])
    for action in outcome.actions:
        tasks.add(
            locked.case,
            calendar,
            action.title,
            owner_role=action.owner_role,
            in_days=action.in_days,
            meeting=locked,
            on=today,
            by=by,
            at=at,
        )
    review_on = outcome.review_on.isoformat() if outcome.review_on else None
    _record(f"meeting {state}", locked, by, at, review_on=review_on, actions=len(outcome.actions))
    return locked


@transaction.atomic
def cancel(meeting: Meeting, why: str, *, by: Membership, at: datetime) -> Meeting:
    """Call a planned meeting off, with a reason."""
    locked = _locked(meeting, by)
    rules.check_move(MeetingState(locked.state), MeetingState.CANCELLED)
    words = " ".join(why.split())
    if not words:
        raise CaseRefusedError("Say why the meeting is called off.")
    locked.state, locked.cancelled_why = MeetingState.CANCELLED, words[:200]
    locked.save(update_fields=["state", "cancelled_why"])
    _record("meeting cancelled", locked, by, at)
    return locked


@transaction.atomic
def review(meeting: Meeting, words: str, *, today: date, by: Membership, at: datetime) -> Meeting:
    """Close a meeting with its result, counted from the register as it stands, and what follows from it."""
    locked = _locked(meeting, by)
    rules.check_move(MeetingState(locked.state), MeetingState.REVIEWED)
    if not words.strip():
        raise CaseRefusedError("Say what follows from the result.")
    result = queries.result(locked, today)
    locked.state, locked.reviewed_on, locked.reviewed_words = MeetingState.REVIEWED, today, words.strip()
    if result is not None:
        locked.reached = result.is_reached
        locked.result = {
            **result.figures.as_counts,
            "first_on": result.first_on.isoformat(),
            "last_on": result.last_on.isoformat(),
            "words": result.words,
        }
    locked.save(update_fields=["state", "reviewed_on", "reviewed_words", "reached", "result"])
    _record("meeting reviewed", locked, by, at, reached=locked.reached)
    return locked


def _locked(meeting: Meeting, by: Membership) -> Meeting:
    locked = (
        Meeting.objects.select_for_update(of=("self",))
        .select_related("case__pupil", "case__school", "school")
        .get(pk=meeting.pk, school_id=meeting.school_id)
    )
    guards.check(by, locked.school, Right.SEE_DESK)
    return locked


def _record(kind: str, meeting: Meeting, by: Membership, at: datetime, **facts: object) -> None:
    record.write(kind, by=by, at=at, pupil=meeting.case.pupil, subject=f"meeting:{meeting.pk}", facts=facts)
