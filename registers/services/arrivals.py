"""Arrivals at the door: the minute makes L or U and says why, and a reason the office gave outlasts it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import transaction

from registers.models import Amendment, Event, Mark, Membership, School, SiteEvent
from registers.queries import on_site
from registers.rules import arrivals as rules
from registers.rules import codes
from registers.rules import on_site as site_rules
from registers.rules.arrivals import Arrival, Effect
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.on_site import SESSION_NAMES, SiteEventKind, SiteEventRefusedError
from registers.rules.sessions import Session
from registers.services import marks, record, site_events
from registers.services.marks import Entry
from registers.services.site_events import AtTheDoor, Settled

ARRIVAL_ENTERED, CANCELLED = "arrival entered", "site event cancelled"


class Decision(StrEnum):
    """What somebody answered when an arrival asked what to do with the mark that stands."""

    NOT_ASKED = ""
    CHANGE = "change"
    KEEP = "keep"


class ArrivalAsksError(Exception):
    """An arrival that nobody but a person can judge: another code stands, or U wants its reason.

    `standing` and `version` are the mark's; a blank has neither. `must_choose` says that a code stands against it.
    """

    def __init__(self, judged: Arrival, standing: str, version: int, *, must_choose: bool) -> None:
        super().__init__(judged.why)
        self.judged, self.standing, self.version, self.must_choose = judged, standing, version, must_choose


@dataclass(frozen=True)
class Entered:
    """What came of somebody who came in: the event, and what it did to the mark, in words."""

    event: SiteEvent
    code: str
    why: str


@transaction.atomic
def arrive(
    school: School,
    calendar: Calendar,
    said: AtTheDoor,
    decision: Decision = Decision.NOT_ASKED,
    version: int = 0,
    *,
    local: datetime,
    by: Membership,
    at: datetime,
) -> Entered:
    """Somebody comes in: an arrival gives the session its code, a return leaves the mark as it is.

    `decision` answers what an earlier try asked, looking at the mark's `version`. Raises SiteEventRefusedError,
    ArrivalAsksError and MarksRefusedError; sent twice, it is written once.
    """
    settled = site_events.settle(school, calendar, said, local=local)
    mark = Mark.objects.filter(pupil=settled.pupil, on=said.on, session=settled.session).first()
    if (same := site_events.twin(settled, said, SiteEventKind.ARRIVED, SiteEventKind.RETURNED)) is not None:
        return Entered(same, mark.code if mark else "", "Entered already.")
    kind = site_rules.kind_of_coming_in(on_site.facts(settled.events), settled.session, said.time)
    if kind is SiteEventKind.RETURNED:
        return _enter(school, settled, said, kind, mark, "The mark stands as it was.", by=by, at=at)
    if settled.times is None:
        raise SiteEventRefusedError(
            f"The school states no times for {settled.session} in this key stage. Enter them in its settings."
        )
    if why := rules.outside_registers(said.time, settled.session, settled.times):
        return _enter(school, settled, said, kind, mark, why, by=by, at=at)
    judged = rules.judge(said.time, settled.session, settled.times)
    effect = rules.effect(mark.code if mark else "", judged.code)
    if _must_ask(effect, judged, said, decision, mark, version):
        must_choose = effect is Effect.ASK
        raise ArrivalAsksError(judged, mark.code if mark else "", mark.version if mark else 0, must_choose=must_choose)
    if effect is Effect.KEEP or (effect is Effect.ASK and decision is Decision.KEEP):
        return _enter(school, settled, said, kind, mark, _why_kept(mark, judged), by=by, at=at)
    written = _write_mark(school, calendar, settled, said, judged, local=local, by=by, at=at)
    return _enter(school, settled, said, kind, written, judged.why, by=by, at=at, changed=True)


def _must_ask(
    effect: Effect, judged: Arrival, said: AtTheDoor, decision: Decision, mark: Mark | None, version: int
) -> bool:
    if effect is Effect.KEEP:
        return False
    unanswered = decision is Decision.NOT_ASKED or version != (mark.version if mark else 0)
    return unanswered and (effect is Effect.ASK or (judged.code == "U" and not said.reason.strip()))


def _why_kept(mark: Mark | None, judged: Arrival) -> str:
    standing = mark.code if mark else ""
    if standing in codes.PRESENT_STROKE.values():
        if judged.code == standing:
            return f"{standing} stands."
        return f"{standing} stands, as the register has it. By the time alone: {judged.why}"
    return f"{standing} stands: {codes.code(standing).meaning.lower()}."


def _write_mark(
    school: School,
    calendar: Calendar,
    settled: Settled,
    said: AtTheDoor,
    judged: Arrival,
    *,
    local: datetime,
    by: Membership,
    at: datetime,
) -> Mark:
    entry = Entry(
        settled.pupil.pk, said.on, settled.session, judged.code, judged.minutes_late, note=said.reason.strip()
    )
    marks.enter(
        school,
        calendar,
        [entry],
        door=Door.OFFICE,
        reason=": ".join(filter(None, (f"Arrived {said.time:%H:%M}", said.reason.strip()))),
        today=local.date(),
        by=by,
        at=at,
    )
    return Mark.objects.get(pupil=settled.pupil, on=said.on, session=settled.session)


def _enter(
    school: School,
    settled: Settled,
    said: AtTheDoor,
    kind: SiteEventKind,
    mark: Mark | None,
    why: str,
    *,
    by: Membership,
    at: datetime,
    changed: bool = False,
) -> Entered:
    event = site_events.write(school, settled, said, kind, by=by, at=at)
    facts: dict[str, object] = {**site_events.facts_of(event), "code": mark.code if mark else ""}
    if changed and mark is not None:
        facts |= {"mark": mark.pk, "version": mark.version}
    kind_words = ARRIVAL_ENTERED if kind is SiteEventKind.ARRIVED else "came back to site"
    record.write(kind_words, by=by, at=at, pupil=settled.pupil, subject=f"site_event:{event.pk}", facts=facts)
    return Entered(event, mark.code if mark else "", why)


@dataclass(frozen=True)
class Cancelled:
    """What came of undoing: the event that says so, and what happened to the mark, in words."""

    event: SiteEvent
    said: str


@transaction.atomic
def cancel(
    school: School, calendar: Calendar, event_id: int, *, today: date, by: Membership, at: datetime
) -> Cancelled:
    """Undo what was entered at the door; the mark goes back to what it was, unless somebody has changed it since.

    Raises SiteEvent.DoesNotExist, SiteEventRefusedError and MarksRefusedError; sent twice, it is done once.
    """
    event = (
        SiteEvent.objects.exclude(kind=SiteEventKind.CANCELLED).select_related("pupil").get(school=school, pk=event_id)
    )
    marks.lock_pupils(school, {event.pupil_id})
    if (done := SiteEvent.objects.filter(cancels=event).first()) is not None:
        return Cancelled(done, "Undone already.")
    standing = on_site.events_of(event.pupil, event.on)
    site_rules.check_may_cancel(on_site.facts(standing), [one.pk for one in standing].index(event.pk))
    undone = SiteEvent.objects.create(
        school=school,
        pupil=event.pupil,
        on=event.on,
        time=event.time,
        session=event.session,
        kind=SiteEventKind.CANCELLED,
        cancels=event,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    said = _put_back(school, calendar, event, today=today, by=by, at=at)
    record.write(
        CANCELLED,
        by=by,
        at=at,
        pupil=event.pupil,
        subject=f"site_event:{event.pk}",
        facts=site_events.facts_of(event) | {"kind": event.kind},
    )
    return Cancelled(undone, said)


def _put_back(
    school: School, calendar: Calendar, event: SiteEvent, *, today: date, by: Membership, at: datetime
) -> str:
    """Give the mark back the code the arrival took from it; a mark is never made blank again, so that becomes N."""
    wrote = Event.objects.filter(pupil=event.pupil, kind=ARRIVAL_ENTERED, subject=f"site_event:{event.pk}").first()
    facts = wrote.facts if wrote else {}
    if "mark" not in facts:
        return "No mark was touched."
    mark = Mark.objects.get(pk=facts["mark"])
    if mark.version != facts["version"]:
        return f"The mark has been changed since and stays {mark.code}."
    changed = Amendment.objects.filter(mark=mark, version=mark.version).first()
    when = SESSION_NAMES[Session(mark.session)]
    symbol, minutes, note = codes.UNEXPLAINED, None, ""
    words = f"The mark {when} is N: a mark is never made blank again. Give the right code when it is known."
    if changed is not None:
        symbol, minutes, note = changed.old_code, changed.old_minutes_late, changed.old_note
        words = f"The mark {when} is {symbol} again."
    entry = Entry(event.pupil_id, event.on, Session(event.session), symbol, minutes, note=note, version=mark.version)
    reason = f"Arrival at {event.time:%H:%M} entered in error"
    outcome = marks.enter(school, calendar, [entry], door=Door.OFFICE, reason=reason, today=today, by=by, at=at)
    return words if outcome.amended else f"The mark stays {mark.code}."
