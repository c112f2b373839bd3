"""Who came, left or came back during the day. Append-only; a session's mark stands whoever leaves after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction

from registers.models import Membership, Pupil, School, SiteEvent
from registers.queries import calendars, on_site
from registers.rules import arrivals
from registers.rules import on_site as rules
from registers.rules.arrivals import Times
from registers.rules.calendar import Calendar
from registers.rules.marks import is_plain
from registers.rules.on_site import SiteEventKind, SiteEventRefusedError
from registers.rules.sessions import Session
from registers.services import marks, record


@dataclass(frozen=True)
class AtTheDoor:
    """What somebody says of a pupil who stands at the door, or goes out of it."""

    pupil_id: int
    on: date
    time: time
    reason: str = ""
    accompanied_by: str = ""


@dataclass(frozen=True)
class Settled:
    """The pupil, locked, and the session and its times that a minute belongs to."""

    pupil: Pupil
    session: Session
    times: Times | None
    events: Sequence[SiteEvent]


def settle(school: School, calendar: Calendar, said: AtTheDoor, *, local: datetime) -> Settled:
    """Lock the pupil and check that this can have happened; the caller is in a transaction.

    Raises SiteEventRefusedError, or Pupil.DoesNotExist for a pupil of another school.
    """
    pupil = marks.lock_pupils(school, {said.pupil_id})[said.pupil_id]
    times = calendars.session_times(school, said.on)
    stage = pupil.key_stage(said.on)
    session = arrivals.session_at(said.time, times.get((stage, Session.PM)))
    _check_happened(said, session, calendar, local)
    _check_on_roll(pupil, said.on)
    _check_words(said)
    return Settled(pupil, session, times.get((stage, session)), on_site.events_of(pupil, said.on))


def write(
    school: School, settled: Settled, said: AtTheDoor, kind: SiteEventKind, *, by: Membership, at: datetime
) -> SiteEvent:
    """Write one event; the caller has settled it and writes the record."""
    return SiteEvent.objects.create(
        school=school,
        pupil=settled.pupil,
        on=said.on,
        time=said.time.replace(second=0, microsecond=0),
        session=settled.session,
        kind=kind,
        reason=said.reason.strip(),
        accompanied_by=said.accompanied_by.strip(),
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )


@transaction.atomic
def leave(
    school: School, calendar: Calendar, said: AtTheDoor, *, local: datetime, by: Membership, at: datetime
) -> SiteEvent:
    """Somebody leaves during the day. The session's mark stands (WTISA); sent twice, it is written once."""
    settled = settle(school, calendar, said, local=local)
    if (same := twin(settled, said, SiteEventKind.LEFT)) is not None:
        return same
    rules.check_may_leave(on_site.facts(settled.events), settled.session, said.time)
    event = write(school, settled, said, SiteEventKind.LEFT, by=by, at=at)
    record.write(
        "left site", by=by, at=at, pupil=settled.pupil, subject=f"site_event:{event.pk}", facts=facts_of(event)
    )
    return event


def twin(settled: Settled, said: AtTheDoor, *kinds: SiteEventKind) -> SiteEvent | None:
    """The same thing entered already, at the same minute."""
    minute = said.time.replace(second=0, microsecond=0)
    return next((event for event in settled.events if event.time == minute and event.kind in kinds), None)


def facts_of(event: SiteEvent) -> dict[str, str]:
    return {"on": event.on.isoformat(), "time": f"{event.time:%H:%M}", "session": event.session}


def _check_happened(said: AtTheDoor, session: Session, calendar: Calendar, local: datetime) -> None:
    minute = said.time.replace(second=0, microsecond=0)
    if said.on > local.date() or (said.on == local.date() and minute > local.time()):
        raise SiteEventRefusedError(
            f"{minute:%H:%M} on {said.on:%d/%m/%Y} has not come yet. Check the time and the day."
        )
    if not calendar.is_open(said.on, session):
        raise SiteEventRefusedError(
            f"The school is closed on {said.on:%d/%m/%Y} {session} ({calendar.why_closed(said.on)})."
        )


def _check_on_roll(pupil: Pupil, on: date) -> None:
    if on < pupil.starts_on:
        raise SiteEventRefusedError(f"The pupil's starting day is {pupil.starts_on:%d/%m/%Y}.")
    if pupil.leaves_on is not None and on > pupil.leaves_on:
        raise SiteEventRefusedError(f"The pupil left the school on {pupil.leaves_on:%d/%m/%Y}.")


MOST_REASON, MOST_WHO = 170, 80
"""An amendment's reason holds "Arrived 09:21: " and this one."""


def _check_words(said: AtTheDoor) -> None:
    for name, words, most in (("reason", said.reason, MOST_REASON), ("name", said.accompanied_by, MOST_WHO)):
        if not is_plain(words):
            raise SiteEventRefusedError(f"The {name} holds a character that cannot be kept. Type it again.")
        if len(words.strip()) > most:
            raise SiteEventRefusedError(f"Write the {name} in at most {most} characters.")
