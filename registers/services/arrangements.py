"""The records that codes rest on: granted leave, suspensions, dual registrations, part-time timetables."""

from datetime import date, datetime

from django.db import transaction

from registers.models import Arrangement, Membership, Pupil, School
from registers.rules import arrangements as rules
from registers.rules import codes
from registers.rules.codes import Ground
from registers.rules.sessions import SessionOn
from registers.services import record as events


class ArrangementRefusedError(Exception):
    """A record that cannot stand; the message says why."""


@transaction.atomic
def record(
    school: School,
    pupil: Pupil,
    symbol: str,
    first: SessionOn,
    last: SessionOn,
    reference: str,
    weekdays: str = "",
    *,
    by: Membership,
    at: datetime,
) -> Arrangement:
    """Record what a code rests on, from a session to a session, both included.

    `weekdays` keeps it to some sessions of the week, such as "1AM 1PM", where the code allows that; blank is every one.
    """
    if symbol not in rules.RECORDED and codes.code(symbol).ground in (Ground.NONE, Ground.CALENDAR):
        raise ArrangementRefusedError(f"{symbol} rests on no record of this kind.")
    if last < first:
        raise ArrangementRefusedError("The last session is before the first.")
    if not reference.strip():
        raise ArrangementRefusedError("Say what the record is: its reference, or who agreed to what.")
    if weekdays and symbol not in rules.BY_WEEKDAY:
        raise ArrangementRefusedError(f"{symbol} holds for every session from the first to the last.")
    row = Arrangement.objects.create(
        school=school,
        pupil=pupil,
        code=symbol,
        first_on=first.on,
        first_session=first.session,
        last_on=last.on,
        last_session=last.session,
        weekdays=weekdays,
        reference=reference,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    facts = {"code": symbol, "first": str(first), "last": str(last)} | ({"weekdays": weekdays} if weekdays else {})
    events.write("arrangement recorded", by=by, at=at, pupil=pupil, subject=f"arrangement:{row.pk}", facts=facts)
    return row


@transaction.atomic
def shorten(row: Arrangement, held_until: date, *, by: Membership, at: datetime) -> None:
    """End a record before its time: it holds through a day, or never did if that day is before its first."""
    if held_until >= row.ends_on:
        raise ArrangementRefusedError(f"It ends on {row.ends_on:%d/%m/%Y} already.")
    row.held_until = held_until
    row.save(update_fields=["held_until"])
    facts = {"code": row.code, "held_until": held_until.isoformat()}
    events.write("arrangement shortened", by=by, at=at, pupil=row.pupil, subject=f"arrangement:{row.pk}", facts=facts)


@transaction.atomic
def end(row: Arrangement, *, by: Membership, at: datetime) -> None:
    """End a record before its time: no code rests on it from now on. Ending it twice is ending it once."""
    ended = Arrangement.objects.filter(pk=row.pk, ended_at__isnull=True).update(ended_at=at, ended_by_id=by.user_id)
    if ended:
        events.write("arrangement ended", by=by, at=at, pupil=row.pupil, subject=f"arrangement:{row.pk}")
