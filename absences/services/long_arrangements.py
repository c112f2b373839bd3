"""Longer arrangements of every kind: recorded, given to the register, and ended before their time."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta

from django.db import transaction

from absences.models import LongArrangement
from absences.queries import arranged as queries
from absences.rules import arranged as rules
from absences.rules import spans
from absences.rules.arranged import KINDS, ArrangedRefusedError, Kind, Particulars, State
from absences.rules.spans import Span, SpanRefusedError
from absences.services import arranged_days, guards
from registers.models import Arrangement, Membership, Pupil, School
from registers.rules.calendar import Calendar
from registers.rules.rights import Right
from registers.services import arrangements, marks
from registers.services import record as events
from registers.services.arrangements import ArrangementRefusedError
from registers.services.marks import MarksRefusedError

MOST_WHY = 200


@transaction.atomic
def record(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    kind: Kind,
    span: Span,
    weekdays: str,
    particulars: Particulars,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> LongArrangement:
    """Record an arrangement that runs at once, and give what has come of it its code. Raises ArrangedRefusedError."""
    guards.check(by, school, Right.ARRANGE)
    if kind is Kind.PART_TIME:
        raise ArrangedRefusedError("A part-time timetable is proposed first, and runs when both have agreed.")
    rules.check(kind, particulars, weekdays, today)
    locked = marks.lock_pupils(school, {pupil.pk})[pupil.pk]
    check_sessions(locked, calendar, kind, span, weekdays)
    rests = rest(school, locked, kind, span, weekdays, particulars.words, by=by, at=at)
    row = LongArrangement.objects.create(
        **columns(school, locked, kind, span, weekdays),
        **asdict(particulars),
        state=State.RUNNING,
        arrangement=rests,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    given = give(school, calendar, row, today=today, by=by, at=at)
    write("arrangement begun", row, {"kind": kind, "given": given}, by=by, at=at)
    return row


def columns(school: School, pupil: Pupil, kind: Kind, span: Span, weekdays: str) -> dict[str, object]:
    """What every arrangement says: whose, of which kind, from when to when, on which sessions."""
    return {
        "school": school,
        "pupil": pupil,
        "kind": kind,
        "weekdays": weekdays,
        "first_on": span.first.on,
        "first_session": span.first.session,
        "last_on": span.last.on,
        "last_session": span.last.session,
    }


def check_sessions(pupil: Pupil, calendar: Calendar, kind: Kind, span: Span, weekdays: str) -> None:
    """Refuse an arrangement without any session of the pupil's, and a second of its kind for the same sessions."""
    try:
        spans.check(span, calendar)
    except SpanRefusedError as refused:
        raise ArrangedRefusedError(str(refused)) from refused
    own = rules.Holding(0, kind, span, weekdays, span.last.on)
    places = [one for one in spans.sessions(span, calendar, pupil.starts_on, pupil.leaves_on) if own.covers(one)]
    if not places:
        raise ArrangedRefusedError("The pupil has no such school session in that time. Check the dates and sessions.")
    for row in LongArrangement.objects.filter(
        pupil=pupil, kind=kind, first_on__lte=span.last.on, last_on__gte=span.first.on
    ).exclude(state__in=[State.LAPSED, State.ENDED]):
        other = rules.Holding(row.pk, kind, row.span, row.weekdays, row.last_on)
        if any(other.covers(place) for place in places):
            raise ArrangedRefusedError(
                f"A {KINDS[kind].title.lower()} is recorded for some of these sessions already ({row.span}). "
                "End that one first, or correct the dates."
            )


def rest(
    school: School,
    pupil: Pupil,
    kind: Kind,
    span: Span,
    weekdays: str,
    words: str,
    *,
    by: Membership,
    at: datetime,
) -> Arrangement:
    """The record in the register on which the code rests."""
    try:
        return arrangements.record(
            school, pupil, KINDS[kind].code, span.first, span.last, words[:200], weekdays, by=by, at=at
        )
    except ArrangementRefusedError as refused:
        raise ArrangedRefusedError(str(refused)) from refused


def give(school: School, calendar: Calendar, row: LongArrangement, *, today: date, by: Membership, at: datetime) -> int:
    """Give what has come of an arrangement its code, in the words of this app where a mark is refused."""
    try:
        return arranged_days.give(school, calendar, row, today=today, by=by, at=at)
    except MarksRefusedError as refused:
        raise ArrangedRefusedError(str(refused)) from refused


@transaction.atomic
def end(
    row_id: int,
    school: School,
    calendar: Calendar,
    last_on: date,
    why: str,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> LongArrangement:
    """End an arrangement with a last day, or withdraw one that never began; later codes of it are put right."""
    guards.check(by, school, Right.ARRANGE)
    row = locked_row(school, row_id)
    if not why.strip():
        raise ArrangedRefusedError("Say why it ends.", "why")
    before = row.first_on - timedelta(days=1)
    if row.state == State.RUNNING and not before <= last_on < row.last_on:
        raise ArrangedRefusedError(
            f"Give its last day: {before:%d/%m/%Y}, the day before it begins, if it never held, and at the latest the "
            f"day before {row.last_on:%d/%m/%Y}, when it ends anyway.",
            "last_on",
        )
    held = {State.RUNNING: last_on, State.LAPSED: row.lapsed_on or row.last_on}.get(State(row.state), before)
    finish(row, calendar, held, why, by=by, at=at)
    return row


def finish(row: LongArrangement, calendar: Calendar, held: date, why: str, *, by: Membership, at: datetime) -> int:
    """Move a locked arrangement to its end, and put right what was given after the last day it held."""
    rules.check_move(State(row.state), State.ENDED)
    row.state, row.ended_on, row.ended_why, row.ended_by_id = State.ENDED, held, why.strip()[:MOST_WHY], by.user_id
    row.save()
    fallen = 0
    if row.arrangement is not None and held < row.last_on:
        if held < row.arrangement.ends_on:
            arrangements.shorten(row.arrangement, held, by=by, at=at)
        fallen = arranged_days.put_right(row.school, calendar, row, held, by=by, at=at)
    write("arrangement over", row, {"held_until": held.isoformat(), "put_right": fallen}, by=by, at=at)
    return fallen


def locked_row(school: School, row_id: int) -> LongArrangement:
    """An arrangement of the school, locked; its pupil is locked first, as everybody who writes marks does."""
    pupil_id = LongArrangement.objects.filter(school=school).values_list("pupil", flat=True).get(pk=row_id)
    marks.lock_pupils(school, {pupil_id})
    LongArrangement.objects.select_for_update(no_key=True).get(pk=row_id)
    return queries.of(school).get(pk=row_id)


def write(kind: str, row: LongArrangement, facts: Mapping[str, object], *, by: Membership, at: datetime) -> None:
    events.write(kind, by=by, at=at, pupil=row.pupil, subject=f"long arrangement:{row.pk}", facts=facts)
