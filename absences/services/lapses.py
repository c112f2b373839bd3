"""The evening's look at longer arrangements: what lapses, what is over, and what goes on."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from absences.models import LongArrangement
from absences.queries import arranged as queries
from absences.rules import arranged as rules
from absences.rules import part_time
from absences.rules.arranged import State
from absences.services import arranged_days, long_arrangements
from absences.services.long_arrangements import write
from registers.models import Membership, School
from registers.rules.calendar import Calendar
from registers.services import arrangements

TIME_IS_OVER = "Its time is over"


@dataclass(frozen=True)
class Evening:
    """How many arrangements lapsed, how many were over, and how many codes were put right."""

    lapsed: int
    over: int
    put_right: int


@transaction.atomic
def look(school: School, calendar: Calendar, on: date, *, by: Membership, at: datetime) -> Evening:
    """Let every part-time timetable lapse that has to, and end the rest whose time is over; safe to run twice."""
    lapsed = over = right = 0
    running = LongArrangement.objects.filter(school=school, state=State.RUNNING).select_related("terms")
    for found in list(running.order_by("pk")):
        if found.is_part_time:
            if part_time.why_lapsed(found.last_on, found.terms.review_on, calendar, on):
                lapsed += 1
                right += _lapse(found.pk, school, calendar, on, by=by, at=at)
        elif found.last_on <= on:
            over += 1
            row = long_arrangements.locked_row(school, found.pk)
            right += long_arrangements.finish(row, calendar, row.last_on, TIME_IS_OVER, by=by, at=at)
    return Evening(lapsed, over, right)


def _lapse(row_id: int, school: School, calendar: Calendar, on: date, *, by: Membership, at: datetime) -> int:
    """Stop it with the last day it might give a code, and make N of what was entered for it beyond."""
    row = long_arrangements.locked_row(school, row_id)
    until = queries.until(row, calendar)
    why = part_time.why_lapsed(row.last_on, row.terms.review_on, calendar, on)
    rules.check_move(State(row.state), State.LAPSED)
    row.state, row.lapsed_on, row.lapsed_why = State.LAPSED, until, why
    row.save()
    if row.arrangement is not None and until < row.arrangement.ends_on:
        arrangements.shorten(row.arrangement, until, by=by, at=at)
    fallen = arranged_days.put_right(school, calendar, row, until, by=by, at=at)
    write("part-time timetable lapsed", row, {"held_until": until.isoformat(), "put_right": fallen}, by=by, at=at)
    return fallen
