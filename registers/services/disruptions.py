"""Entering an unexpected closure once, for all whom it concerns."""

from datetime import date, datetime

from django.db import transaction

from registers.models import DisruptedClass, Disruption, Membership, School, SchoolClass
from registers.queries import disruptions as queries
from registers.rules import disruptions as rules
from registers.rules.calendar import Calendar
from registers.rules.disruptions import Closing, DisruptionRefusedError
from registers.rules.marks import Door
from registers.services import marks, record
from registers.services.marks import Entry, MarksRefusedError


@transaction.atomic
def enter(
    school: School, calendar: Calendar, closing: Closing, *, expected: int, today: date, by: Membership, at: datetime
) -> Disruption:
    """Enter a closure and give its code to every session it takes in, all of them or none.

    `expected` is the number of marks its author was shown. Raises DisruptionRefusedError.
    """
    rules.check(closing, calendar, today)
    _check_classes(school, closing)
    stays = queries.concerned(school, closing)
    marks.lock_pupils(school, set(stays))
    found = queries.preview(school, calendar, closing, stays)
    _check_number(found, expected)
    try:
        outcome = marks.enter(
            school,
            calendar,
            [Entry(pupil_id, *place, closing.code, note=closing.reason) for pupil_id, place, _ in found.given],
            door=Door.CLOSURE,
            reason=closing.why.strip() or f"Unexpected closure: {closing.reason}",
            today=today,
            by=by,
            at=at,
        )
    except MarksRefusedError as refused:
        raise DisruptionRefusedError(str(refused)) from None
    made = Disruption.objects.create(
        school=school,
        code=closing.code,
        first_on=closing.first.on,
        first_session=closing.first.session,
        last_on=closing.last.on,
        last_session=closing.last.session,
        reason=closing.reason,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    DisruptedClass.objects.bulk_create(
        DisruptedClass(school=school, disruption=made, school_class_id=class_id)
        for class_id in sorted(closing.class_ids)
    )
    facts = {
        "code": closing.code,
        "first": str(closing.first),
        "last": str(closing.last),
        "marks": len(outcome.entered) + len(outcome.amended),
        "amended": len(outcome.amended),
        "left": sum(found.left.values()),
    }
    record.write(queries.ENTERED, by=by, at=at, subject=queries.subject(made), facts=facts)
    return made


def _check_classes(school: School, closing: Closing) -> None:
    if SchoolClass.objects.filter(school=school, pk__in=closing.class_ids).count() != len(closing.class_ids):
        raise DisruptionRefusedError("One of the classes is not at this school. Choose them again.")


def _check_number(found: queries.Preview, expected: int) -> None:
    if not found.number:
        raise DisruptionRefusedError(
            "No mark would be given: every session of these days has another. Tick “also those marked present or "
            "absent” if they are wrong."
        )
    if found.number != expected:
        raise DisruptionRefusedError(
            f"{found.number} marks would be given now, not {expected}. Nothing was entered: check the number and enter "
            "it again."
        )
