"""A part-time timetable from its proposal to its end: agreed by both, reviewed in time, or lapsed."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from absences.models import LongArrangement, PartTimeReview, PartTimeTerms
from absences.queries import clocks
from absences.rules import arranged as arranged_rules
from absences.rules import part_time as rules
from absences.rules.arranged import ArrangedRefusedError, Kind, State
from absences.rules.part_time import Agreeing, Proposal, ReviewOutcome
from absences.rules.spans import Span
from absences.services import guards, long_arrangements
from absences.services.long_arrangements import write
from registers.models import Contact, Membership, Pupil, School
from registers.rules.calendar import Calendar
from registers.rules.rights import Right
from registers.rules.sessions import Session, SessionOn
from registers.services import marks


@dataclass(frozen=True)
class Held:
    """A review as it was held. `next_on` is the day of the next one, where the timetable goes on."""

    held_on: date
    outcome: ReviewOutcome
    words: str
    with_parent: bool
    next_on: date | None = None


@transaction.atomic
def propose(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    proposal: Proposal,
    *,
    by: Membership,
    at: datetime,
) -> LongArrangement:
    """Write down what is proposed; nothing runs before both have agreed. Raises ArrangedRefusedError."""
    guards.check(by, school, Right.ARRANGE)
    most_days = clocks.rules_of(school).review_days
    last_on = rules.check(proposal, most_days)
    locked = marks.lock_pupils(school, {pupil.pk})[pupil.pk]
    span = Span.of_days(proposal.first_on, last_on)
    long_arrangements.check_sessions(locked, calendar, Kind.PART_TIME, span, proposal.weekdays)
    row = LongArrangement.objects.create(
        **long_arrangements.columns(school, locked, Kind.PART_TIME, span, proposal.weekdays),
        state=State.AGREEING,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    PartTimeTerms.objects.create(
        school=school,
        timetable=row,
        why=proposal.why.strip(),
        review_days=most_days,
        review_on=proposal.review_on,
    )
    write("part-time timetable proposed", row, {"weekdays": proposal.weekdays}, by=by, at=at)
    return row


@transaction.atomic
def agree_parent(
    row_id: int,
    school: School,
    calendar: Calendar,
    contact: Contact,
    agreed_on: date,
    how: Agreeing,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> LongArrangement:
    """Record that a parent the pupil lives with agreed, on which day and how; it runs if the head has agreed too."""
    guards.check(by, school, Right.ARRANGE)
    row = _agreeing(school, row_id)
    if contact.pupil_id != row.pupil_id or contact.school_id != school.pk:
        raise ArrangedRefusedError("This is not among the pupil’s contacts. Choose one who is.", "parent")
    rules.check_agreed(agreed_on, today, contact.lives_with_pupil)
    if row.terms.parent_on is not None:
        raise ArrangedRefusedError("A parent’s agreement is recorded already.")
    row.terms.parent_id, row.terms.parent_on, row.terms.parent_how = contact.parent_id, agreed_on, how
    row.terms.save()
    facts = {"parent": contact.parent_id, "on": agreed_on.isoformat(), "how": how}
    write("part-time timetable agreed by a parent", row, facts, by=by, at=at)
    _start_if_agreed(row, school, calendar, today=today, by=by, at=at)
    return row


@transaction.atomic
def agree_head(
    row_id: int, school: School, calendar: Calendar, *, today: date, by: Membership, at: datetime
) -> LongArrangement:
    """The authorised person's agreement, given today by whoever may decide leave; it runs if a parent agreed too."""
    guards.check(by, school, Right.DECIDE_LEAVE)
    row = _agreeing(school, row_id)
    if row.terms.head_on is not None:
        raise ArrangedRefusedError("The headteacher’s agreement is recorded already.")
    row.terms.head_on, row.terms.head_at, row.terms.head_id, row.terms.head_role = today, at, by.user_id, by.role
    row.terms.save()
    write("part-time timetable agreed by the head", row, {"on": today.isoformat()}, by=by, at=at)
    _start_if_agreed(row, school, calendar, today=today, by=by, at=at)
    return row


def _agreeing(school: School, row_id: int) -> LongArrangement:
    row = long_arrangements.locked_row(school, row_id)
    if row.state != State.AGREEING:
        raise ArrangedRefusedError(f"This arrangement is {row.state}; there is nothing to agree.")
    return row


def _start_if_agreed(
    row: LongArrangement, school: School, calendar: Calendar, *, today: date, by: Membership, at: datetime
) -> None:
    """Let it run once both have agreed: its code rests on a record from that day on, never from before."""
    terms = row.terms
    if terms.parent_on is None or terms.head_on is None:
        return
    first_on = rules.effective_from(row.first_on, terms.parent_on, terms.head_on)
    if first_on > row.last_on:
        raise ArrangedRefusedError("It would have ended before both had agreed. Withdraw it and propose a new one.")
    arranged_rules.check_move(State(row.state), State.RUNNING)
    span = Span(SessionOn(first_on, Session.AM), row.span.last)
    words = f"Part-time timetable agreed on {max(terms.parent_on, terms.head_on):%d/%m/%Y}"
    row.arrangement = long_arrangements.rest(school, row.pupil, Kind.PART_TIME, span, row.weekdays, words, by=by, at=at)
    row.state, row.first_on = State.RUNNING, first_on
    row.save()
    given = long_arrangements.give(school, calendar, row, today=today, by=by, at=at)
    write("part-time timetable runs", row, {"from": first_on.isoformat(), "given": given}, by=by, at=at)


@transaction.atomic
def tell(
    row_id: int, school: School, told_on: date, how: str, *, today: date, by: Membership, at: datetime
) -> LongArrangement:
    """Record that the local authority was told, on which day and how."""
    guards.check(by, school, Right.ARRANGE)
    row = long_arrangements.locked_row(school, row_id)
    if not row.is_part_time:
        raise ArrangedRefusedError("Only a part-time timetable is told of here.")
    if row.terms.told_on is not None:
        raise ArrangedRefusedError("That the local authority was told is recorded already.")
    if not how.strip():
        raise ArrangedRefusedError("Say how it was told, such as the form and to whom it went.", "how")
    if told_on > today:
        raise ArrangedRefusedError("The day it was told cannot be after today.", "told_on")
    row.terms.told_on, row.terms.told_how = told_on, how.strip()[:200]
    row.terms.save()
    write("local authority told of a part-time timetable", row, {"on": told_on.isoformat()}, by=by, at=at)
    return row


@transaction.atomic
def review(
    row_id: int, school: School, calendar: Calendar, held: Held, *, today: date, by: Membership, at: datetime
) -> PartTimeReview:
    """Record a review: it goes on to the next one, or ends with that day. What lapsed is agreed anew instead."""
    guards.check(by, school, Right.ARRANGE)
    row = long_arrangements.locked_row(school, row_id)
    if not row.is_part_time or row.state != State.RUNNING:
        raise ArrangedRefusedError(f"This arrangement is {row.state}; only one that runs is reviewed.")
    since = row.terms.reviewed_on or row.first_on
    rules.check_held(held.held_on, since, today, held.words)
    next_on = None
    if held.outcome is ReviewOutcome.CONTINUES:
        next_on = held.next_on or rules.first_review(held.held_on, row.last_on, row.terms.review_days)
        rules.check_review_day(next_on, held.held_on, row.last_on, row.terms.review_days)
    made = PartTimeReview.objects.create(
        school=school,
        timetable=row,
        held_on=held.held_on,
        due_on=row.terms.review_on,
        with_parent=held.with_parent,
        outcome=held.outcome,
        words=held.words.strip(),
        next_on=next_on,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    facts = {"held_on": held.held_on.isoformat(), "due_on": made.due_on.isoformat(), "outcome": held.outcome}
    write("part-time timetable reviewed", row, facts, by=by, at=at)
    if next_on is not None:
        row.terms.reviewed_on, row.terms.review_on = held.held_on, next_on
        row.terms.save()
    else:
        long_arrangements.finish(
            row, calendar, min(held.held_on, row.last_on), "A review ended it: full time again", by=by, at=at
        )
    return made
