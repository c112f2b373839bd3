"""Answering what fell due: a return made, an N given up, evidence of illness wanted or wanted no longer."""

from collections.abc import Mapping
from datetime import date, datetime, time

from django.db import transaction

from absences.models import AbsenceRules, EvidenceWanted, Return
from absences.queries import clocks as queries
from absences.queries import reasons
from absences.rules.clocks import ClockKind
from absences.rules.part_time import REVIEW_DAYS
from absences.services import guards
from registers.models import Membership, Pupil, School
from registers.rules import codes
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.rights import Right
from registers.services import marks
from registers.services import record as events
from registers.services.marks import Entry, MarksRefusedError, Outcome

GIVEN_UP = "O"
FIRST_CONTACT_BY = time(10)
"""Where neither the school nor its policy says another time (Staplehurst's flow chart)."""
NOT_ESTABLISHED = "Reason not established within five school days"


class ClockRefusedError(Exception):
    """An answer that cannot stand; the message says why."""


@transaction.atomic
def answer(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    kind: ClockKind,
    since: date,
    answered_on: date,
    words: str,
    *,
    today: date,
    by: Membership,
    at: datetime,
) -> Return:
    """Record that what a clock asks for was done: on which day and how. Raises ClockRefusedError."""
    guards.check(by, school, Right.RECORD_REASON)
    marks.lock_pupils(school, {pupil.pk})
    found = [one for one in queries.due(school, calendar, today, pupil) if (one.kind, one.since) == (kind, since)]
    if not found:
        raise ClockRefusedError("This no longer falls due: the register has changed. Look at the list again.")
    if found[0].answer is not None:
        raise ClockRefusedError("This was answered already. Look at the list again.")
    if not words.strip():
        raise ClockRefusedError("Say how it was done, such as the letter or form and to whom it went.")
    # A deletion may be told of before it comes.
    earliest = pupil.starts_on if kind is ClockKind.DELETION else since
    if not earliest <= answered_on <= today:
        raise ClockRefusedError(f"Give the day it was done: between {earliest:%d/%m/%Y} and today.")
    row = Return.objects.create(
        school=school,
        pupil=pupil,
        kind=kind,
        since=since,
        reached_on=found[0].reached_on,
        answered_on=answered_on,
        words=words.strip()[:200],
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
    facts = {"kind": kind, "since": since.isoformat(), "on": answered_on.isoformat()}
    events.write("deadline answered", by=by, at=at, pupil=pupil, subject=f"return:{row.pk}", facts=facts)
    return row


@transaction.atomic
def give_up(
    school: School, calendar: Calendar, through: date, *, door: Door, today: date, by: Membership, at: datetime
) -> Outcome:
    """Make O of every N whose fifth school day was on a day or before (reg 10(9)); a reason found later amends it.

    A mark that changes meanwhile is left as it is.
    """
    rows = [row for row in reasons.unexplained(school, calendar, today) if row.due_on and row.due_on <= through]
    entries = [Entry(row.pupil.pk, row.on, session, GIVEN_UP) for row in rows for session in row.sessions]
    locked = marks.lock_pupils(school, {entry.pupil_id for entry in entries})
    standing = marks.standing_marks(locked, {entry.on for entry in entries})
    still = [
        entry
        for entry in entries
        if (mark := standing.get((entry.pupil_id, entry.place))) is not None and mark.code == codes.UNEXPLAINED
    ]
    try:
        outcome = marks.enter(school, calendar, still, door=door, reason=NOT_ESTABLISHED, today=today, by=by, at=at)
    except MarksRefusedError as refused:
        raise ClockRefusedError(str(refused)) from refused
    if outcome.amended:
        facts = {"through": through.isoformat(), "amended": len(outcome.amended)}
        events.write("unexplained absences given up", by=by, at=at, facts=facts)
    return outcome


@transaction.atomic
def want_evidence(
    school: School, calendar: Calendar, pupil: Pupil, *, today: date, by: Membership, at: datetime
) -> EvidenceWanted:
    """The headteacher's word that illness of this pupil needs evidence from today on. Raises ClockRefusedError."""
    guards.check(by, school, Right.WANT_EVIDENCE)
    marks.lock_pupils(school, {pupil.pk})
    ill = [one for one in queries.illness(school, calendar, today) if one.pupil.pk == pupil.pk and one.words]
    if not ill:
        raise ClockRefusedError(
            "This pupil's illness does not meet the school's limit, so there is nothing to confirm."
        )
    if ill[0].wanted is not None:
        raise ClockRefusedError("Evidence is wanted of this pupil already.")
    row = EvidenceWanted.objects.create(
        school=school,
        pupil=pupil,
        from_on=today,
        why=ill[0].words,
        confirmed_at=at,
        confirmed_by_id=by.user_id,
        confirmed_role=by.role,
    )
    facts = {"occasions": ill[0].occasions, "longest": ill[0].longest}
    events.write("evidence of illness wanted", by=by, at=at, pupil=pupil, subject=f"evidence:{row.pk}", facts=facts)
    return row


@transaction.atomic
def end_evidence(row: EvidenceWanted, *, today: date, by: Membership, at: datetime) -> None:
    """The headteacher's word that illness of this pupil needs evidence no longer. Ending it twice is ending it once."""
    guards.check(by, row.school, Right.WANT_EVIDENCE)
    ended = EvidenceWanted.objects.filter(pk=row.pk, ended_on__isnull=True).update(
        ended_on=max(today, row.from_on), ended_by_id=by.user_id
    )
    if ended:
        events.write(
            "evidence of illness no longer wanted", by=by, at=at, pupil=row.pupil, subject=f"evidence:{row.pk}"
        )


@transaction.atomic
def choose(
    school: School,
    *,
    writes_o: bool,
    illness_occasions: int | None,
    illness_days: int | None,
    first_contact_by: time = FIRST_CONTACT_BY,
    review_days: int = REVIEW_DAYS,
    pnar_days: int | None = None,
    from_file: bool = False,
    by: Membership,
    at: datetime,
) -> None:
    """Choose what the law or the policy leaves to the school. A file does not undo what was chosen on screen."""
    standing = AbsenceRules.objects.filter(school=school).first()
    if from_file and standing is not None and not standing.from_file:
        return
    wanted = {
        "writes_o": writes_o,
        "illness_occasions": illness_occasions,
        "illness_days": illness_days,
        "first_contact_by": first_contact_by,
        "review_days": review_days,
        "pnar_days": pnar_days,
    }
    before = {name: getattr(standing, name) for name in wanted} if standing else {}
    if before == wanted:
        return
    AbsenceRules.objects.update_or_create(school=school, defaults={**wanted, "from_file": from_file})
    events.write("rules of absence chosen", by=by, at=at, facts={"before": _told(before), "after": _told(wanted)})


def _told(values: Mapping[str, object]) -> dict[str, object]:
    """Values as the record keeps them: a time as hours and minutes."""
    return {name: f"{value:%H:%M}" if isinstance(value, time) else value for name, value in values.items()}
