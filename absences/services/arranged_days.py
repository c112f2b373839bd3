"""Giving sessions the code of a longer arrangement, and putting right what an arrangement that ended had given."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db import transaction

from absences.models import LongArrangement
from absences.queries import arranged as queries
from absences.rules import arranged as rules
from absences.rules import reasons, spans
from absences.rules.arranged import KINDS, Holding, Kind
from registers.models import Mark, Membership, Pupil, School
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.sessions import Session, SessionOn
from registers.services import marks
from registers.services import record as events
from registers.services.marks import Entry

FELL_AWAY = "The arrangement behind the code no longer holds"
ARRANGED = "As arranged"
NOT_REQUIRED = frozenset(kind for kind in Kind if not KINDS[kind].is_attending)
"""Kinds by which the child is not due here: a reported illness adds nothing to them."""
ATTENDING = frozenset(Kind) - NOT_REQUIRED


@transaction.atomic
def fill(
    school: School, calendar: Calendar, on: date, kinds: Collection[Kind], *, by: Membership, at: datetime
) -> list[Mark]:
    """Give the blank sessions of a day the codes arranged for them; run again, it changes nothing."""
    places = calendar.sessions_between(on, on)
    held = queries.holdings(school, calendar, on, on)
    wanted = {pupil_id for pupil_id, found in held.items() if any(one.kind in kinds for one in found)}
    if not places or not wanted:
        return []
    locked = marks.lock_pupils(school, wanted)
    standing = marks.standing_marks(locked, {on})
    entries = [
        entry
        for pupil in locked.values()
        for place in _on_roll(pupil, places, calendar)
        if marks.is_blank(standing.get((pupil.pk, place)))
        and (entry := _entry(pupil, place, held[pupil.pk], kinds)) is not None
    ]
    came = marks.enter(school, calendar, entries, door=Door.NIGHTLY, reason=ARRANGED, today=on, by=by, at=at)
    made = [*came.entered, *came.amended]
    if made:
        facts = {"on": on.isoformat(), "entered": len(made)}
        events.write("arranged sessions filled", by=by, at=at, facts=facts)
    return made


def give(school: School, calendar: Calendar, row: LongArrangement, *, today: date, by: Membership, at: datetime) -> int:
    """Give what has come already its code: blanks, and absences nobody has explained. Say how many marks."""
    pupil = marks.lock_pupils(school, {row.pupil_id})[row.pupil_id]
    own = queries.holding(row, calendar)
    places = [place for place in calendar.sessions_between(row.first_on, min(row.last_on, today)) if own.covers(place)]
    if not places:
        return 0
    held = queries.holdings(school, calendar, row.first_on, today, [pupil.pk])[pupil.pk]
    standing = marks.standing_marks({pupil.pk: pupil}, {place.on for place in places})
    entries = [
        entry
        for place in _on_roll(pupil, places, calendar)
        if ((mark := standing.get((pupil.pk, place))) is None or mark.code in reasons.RECODED)
        and (entry := _entry(pupil, place, held)) is not None
    ]
    reason = f"{row.title} recorded"
    came = marks.enter(school, calendar, entries, door=Door.OFFICE, reason=reason, today=today, by=by, at=at)
    return len(came.entered) + len(came.amended)


def put_right(
    school: School,
    calendar: Calendar,
    row: LongArrangement,
    after: date,
    *,
    by: Membership,
    at: datetime,
) -> int:
    """Make N of every code the arrangement gave, or was given for it ahead, after the last day it held.

    A mark is never blank again: this N stands for a blank, which the register of its day writes over.
    """
    pupil = marks.lock_pupils(school, {row.pupil_id})[row.pupil_id]
    others = queries.holdings(school, calendar, after, row.last_on, [pupil.pk]).get(pupil.pk, [])
    own = Holding(row.pk, Kind(row.kind), row.span, row.weekdays, row.last_on)
    given = Mark.objects.select_for_update().filter(
        pupil=pupil, on__gt=after, on__lte=row.last_on, code__in=rules.codes_of(own.kind)
    )
    fallen = [
        mark for mark in given.order_by("on", "session") if own.covers(_place(mark)) and not _stands(mark, own, others)
    ]
    return len(marks.lapse(fallen, reason=FELL_AWAY, by=by, at=at))


def _stands(mark: Mark, own: Holding, others: Iterable[Holding]) -> bool:
    """Whether another arrangement gives the session the same code."""
    place = _place(mark)
    return any(
        one.number != own.number and one.covers(place) and mark.code in rules.codes_of(one.kind) for one in others
    )


def _place(mark: Mark) -> SessionOn:
    return SessionOn(mark.on, Session(mark.session))


def _on_roll(pupil: Pupil, places: Collection[SessionOn], calendar: Calendar) -> list[SessionOn]:
    if not places:
        return []
    whole = spans.Span(min(places), max(places))
    here = set(spans.sessions(whole, calendar, pupil.starts_on, pupil.leaves_on))
    return [place for place in places if place in here]


def _entry(
    pupil: Pupil, place: SessionOn, held: Iterable[Holding], kinds: Collection[Kind] = frozenset(Kind)
) -> Entry | None:
    """The code of whichever arrangement goes before the others, if it is of one of the kinds asked for."""
    one = rules.giving(held, place)
    if one is None or one.kind not in kinds:
        return None
    return Entry(pupil.pk, place.on, place.session, rules.code_on(one.kind, pupil.dob, place.on), note=one.note[:200])
