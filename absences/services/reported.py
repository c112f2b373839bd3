"""Filling a day's blank sessions from the absences that parents reported for several days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from absences.models import Reason
from absences.rules import reported as rules
from absences.rules import spans
from absences.rules.reasons import Outcome
from absences.rules.reported import Reported
from registers.models import Mark, Membership, Pupil, School, SiteEvent
from registers.queries import disagreements
from registers.rules import codes
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.on_site import SEEN_IN, SiteEventKind
from registers.rules.sessions import Session, SessionOn
from registers.services import marks
from registers.services import record as events
from registers.services.marks import Entry


@dataclass(frozen=True)
class _Known:
    """A reason with the words that its code may want beside it."""

    reported: Reported
    text: str


@transaction.atomic
def fill(school: School, calendar: Calendar, on: date, *, by: Membership, at: datetime) -> list[Mark]:
    """Give the blank sessions of a day the codes that were reported for them; run again, it changes nothing."""
    places = calendar.sessions_between(on, on)
    known = _known(school, on)
    if not places or not known:
        return []
    locked = marks.lock_pupils(school, set(known))
    standing = marks.standing_marks(locked, {on})
    here = _here(school, known, on)
    entries = [
        entry
        for pupil in locked.values()
        for place in places
        if (pupil.pk, place) not in standing
        and (entry := _entry(pupil, calendar, place, known[pupil.pk], here[pupil.pk])) is not None
    ]
    made = marks.enter(school, calendar, entries, door=Door.NIGHTLY, reason="", today=on, by=by, at=at).entered
    if made:
        facts = {"on": on.isoformat(), "entered": len(made)}
        events.write("reported absences filled", by=by, at=at, facts=facts)
    return made


def _known(school: School, on: date) -> Mapping[int, list[_Known]]:
    """The reasons whose days reach over a day, by pupil."""
    found: dict[int, list[_Known]] = defaultdict(list)
    for row in Reason.objects.filter(school=school, first_on__lte=on, last_on__gte=on):
        found[row.pupil_id].append(_Known(Reported(row.pk, row.span, Outcome(row.outcome), row.code), row.text))
    return found


def _here(school: School, known: Mapping[int, Iterable[_Known]], on: date) -> Mapping[int, set[SessionOn]]:
    """The sessions, since the first reason began, in which each child was in school as far as anybody has said.

    A mark of presence, an arrival at the door, or a teacher's word that nobody has settled yet.
    """
    pupils, since = list(known), min(one.reported.span.first.on for rows in known.values() for one in rows)
    marked = Mark.objects.filter(school=school, pupil__in=pupils, on__range=(since, on), code__in=rules.BACK_CODES)
    seen = disagreements.open_marks(school, since, on).filter(pupil__in=pupils, seen__in=SEEN_IN)
    came = SiteEvent.objects.filter(
        school=school,
        pupil__in=pupils,
        on__range=(since, on),
        kind__in=(SiteEventKind.ARRIVED, SiteEventKind.RETURNED),
        cancelled_by__isnull=True,
    )
    found: dict[int, set[SessionOn]] = defaultdict(set)
    for rows in (marked, seen, came):
        for pupil_id, day, session in rows.values_list("pupil", "on", "session"):
            found[pupil_id].add(SessionOn(day, Session(session)))
    return found


def _entry(
    pupil: Pupil, calendar: Calendar, place: SessionOn, known: Iterable[_Known], here: Iterable[SessionOn]
) -> Entry | None:
    found = {one.reported: one.text for one in known}
    reason = rules.filling(found, place, here)
    if reason is None or place not in spans.sessions(reason.span, calendar, pupil.starts_on, pupil.leaves_on):
        return None
    note = found[reason].strip()[: marks.MOST_REASON] if codes.code(reason.code).must_detail else ""
    return Entry(pupil.pk, place.on, place.session, reason.code, note=note)
