"""Recording why a pupil was away, and giving the sessions the code that follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from absences.models import Reason
from absences.rules import reasons as rules
from absences.rules import spans
from absences.rules.reasons import Outcome, ReasonRefusedError, Told
from absences.rules.spans import Span, SpanRefusedError
from absences.services import guards
from registers.models import Mark, Membership, Pupil, School
from registers.rules import codes
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.rights import Right
from registers.rules.sessions import SessionOn
from registers.services import marks
from registers.services import record as events
from registers.services.marks import Entry, MarksRefusedError


@dataclass(frozen=True)
class Left:
    """A session the reason does not recode, and why."""

    place: SessionOn
    why: str


@dataclass(frozen=True)
class Recorded:
    """A recorded reason, the marks it made or changed, and the sessions it left as they are."""

    reason: Reason
    recoded: tuple[Mark, ...]
    left: tuple[Left, ...]


@transaction.atomic
def record(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    span: Span,
    told: Told,
    outcome: Outcome,
    code: str,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> Recorded:
    """Record a reason and recode the sessions it explains, or raise ReasonRefusedError and change nothing."""
    guards.check(by, school, Right.RECORD_REASON)
    rules.check_told(told, outcome)
    rules.check_code(outcome, code)
    locked = marks.lock_pupils(school, {pupil.pk})
    places = _places(locked[pupil.pk], calendar, span)
    standing = marks.standing_marks(locked, {place.on for place in places})
    _check_new(pupil, span, told, outcome, code)
    row = _row(school, pupil, span, told, outcome, code, by, at)
    note = told.text.strip()[: marks.MOST_REASON] if codes.code(code).must_detail else ""
    recoded, left = _chosen(pupil, places, standing, outcome, code, note, today)
    try:
        came = marks.enter(
            school,
            calendar,
            recoded,
            door=Door.OFFICE,
            reason=rules.amendment_reason(code),
            today=today,
            by=by,
            at=at,
        )
    except MarksRefusedError as refused:
        raise ReasonRefusedError(str(refused)) from refused
    facts = {"outcome": outcome, "code": code, "first": str(span.first), "last": str(span.last)}
    counts = {"entered": len(came.entered), "amended": len(came.amended), "left": len(left)}
    events.write("reason recorded", by=by, at=at, pupil=pupil, subject=f"reason:{row.pk}", facts=facts | counts)
    return Recorded(row, (*came.entered, *came.amended), left)


def _places(pupil: Pupil, calendar: Calendar, span: Span) -> tuple[SessionOn, ...]:
    try:
        spans.check(span, calendar)
    except SpanRefusedError as refused:
        raise ReasonRefusedError(str(refused)) from refused
    places = spans.sessions(span, calendar, pupil.starts_on, pupil.leaves_on)
    if not places:
        raise ReasonRefusedError("The pupil has no school session in that time. Check the dates.")
    return places


def _check_new(pupil: Pupil, span: Span, told: Told, outcome: Outcome, code: str) -> None:
    """A form sent twice is one reason."""
    last = Reason.objects.filter(pupil=pupil).order_by("-pk").first()
    if last and (last.span, last.text, last.outcome, last.code) == (span, told.text.strip(), outcome, code):
        raise ReasonRefusedError("This reason is already recorded for these sessions.")


def _row(
    school: School, pupil: Pupil, span: Span, told: Told, outcome: Outcome, code: str, by: Membership, at: datetime
) -> Reason:
    return Reason.objects.create(
        school=school,
        pupil=pupil,
        first_on=span.first.on,
        first_session=span.first.session,
        last_on=span.last.on,
        last_session=span.last.session,
        text=told.text.strip(),
        told_by=told.told_by.strip(),
        channel=told.channel,
        outcome=outcome,
        code=code,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )


def _is_from_report(mark: Mark | None) -> bool:
    """Whether the mark was filled in overnight, from a reason or because none was found; a later reason recodes it."""
    return mark is not None and mark.source == Door.NIGHTLY


def _chosen(
    pupil: Pupil,
    places: Sequence[SessionOn],
    standing: Mapping[tuple[int, SessionOn], Mark],
    outcome: Outcome,
    code: str,
    note: str,
    today: date,
) -> tuple[list[Entry], tuple[Left, ...]]:
    """The sessions to recode, and those to leave with the reason for it."""
    recoded, left = list[Entry](), list[Left]()
    for place in places:
        mark = standing.get((pupil.pk, place))
        why = rules.why_left(
            mark.code if mark else None, place, outcome, code, today, from_report=_is_from_report(mark)
        )
        if why:
            left.append(Left(place, why))
        else:
            recoded.append(Entry(pupil.pk, place.on, place.session, code, note=note))
    return recoded, tuple(left)
