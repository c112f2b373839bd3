"""Taking a class's register: what the teacher saw fills what nobody has marked, and never overwrites the office."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from registers.models import Mark, Membership, RegisterTaken, School, SchoolClass, Sighting
from registers.queries import classes, layers
from registers.queries.layers import Layers, Told
from registers.rules import taking
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.sessions import SessionOn
from registers.rules.taking import Said, Seen, Verdict
from registers.services import marks, record
from registers.services.marks import Entry, Outcome


@dataclass(frozen=True)
class Answer:
    """What the teacher says of one pupil. `version` and `sighting` are what the page was opened with (0 for a blank
    and for none); None means it looked at none, and the answer is taken whatever another teacher has said."""

    seen: Seen
    minutes_late: int | None = None
    note: str = ""
    version: int | None = None
    sighting: int | None = None

    @property
    def said(self) -> Said:
        return Said(self.seen, self.minutes_late if self.seen is Seen.LATE else None, self.note)


class RegisterRefusedError(Exception):
    """A register that cannot be taken as sent; `blank` names the pupils without an answer, `wrong` says by pupil what
    cannot stand."""

    def __init__(self, message: str, blank: tuple[int, ...] = (), wrong: Mapping[int, str] | None = None) -> None:
        super().__init__(message)
        self.blank, self.wrong = blank, wrong or {}


@dataclass(frozen=True)
class Taken:
    """What came of it: the marks made; how many rows keep the office's code though the teacher saw otherwise; how many
    the office has marked since the page was opened; and, by pupil, newer answers of another teacher that stand."""

    outcome: Outcome
    contradicted: int
    sightings: int = 0
    taken_over: int = 0
    clashes: Mapping[int, Told] = field(default_factory=dict)


@dataclass
class _Sorted:
    """The answers by what becomes of them."""

    entries: list[Entry] = field(default_factory=list)
    beside: list[tuple[Mark, Said]] = field(default_factory=list)
    clashes: dict[int, Told] = field(default_factory=dict)
    taken_over: int = 0


@transaction.atomic
def take(
    school: School,
    calendar: Calendar,
    school_class: SchoolClass,
    place: SessionOn,
    answers: Mapping[int, Answer],
    *,
    is_closed: bool,
    is_too_early: bool = False,
    today: date,
    by: Membership,
    at: datetime,
) -> Taken:
    """Take today's register of a class; sending it again changes only what differs.

    Raises RegisterRefusedError while a pupil is without an answer, or where the closed register would be changed.
    """
    if place.on != today:
        raise RegisterRefusedError("A class register is taken on its own day. The office changes earlier days.")
    if is_too_early:
        raise RegisterRefusedError("This register is not open yet.")
    pupils = classes.pupils_in(school_class, place.on)
    if not pupils:
        raise RegisterRefusedError("Nobody is in this class today.")
    locked = marks.lock_pupils(school, {pupil.pk for pupil in pupils})
    standing = layers.of(mark for (_, slot), mark in marks.standing_marks(locked, {place.on}).items() if slot == place)
    _check_complete(answers, standing, tuple(pupil.pk for pupil in pupils))
    found = _sorted_out({pupil.pk: answers[pupil.pk] for pupil in pupils if pupil.pk in answers}, standing, place)
    if is_closed and any(
        entry.pupil_id in standing and not standing[entry.pupil_id].is_open for entry in found.entries
    ):
        raise RegisterRefusedError("The register has closed. Ask the office to change a mark.")
    try:
        outcome = marks.enter(
            school,
            calendar,
            found.entries,
            door=Door.TEACHER,
            reason="Corrected in the class register",
            today=today,
            by=by,
            at=at,
        )
    except marks.MarksRefusedError as refused:
        wrong = {entry.pupil_id: _for_a_teacher(entry, message) for entry, message in refused.refusals}
        raise RegisterRefusedError(next(iter(wrong.values())), wrong=wrong) from None
    _write_sightings(found.beside, by, at)
    _record(school_class, place, outcome, len(found.beside), by, at)
    contradicted = sum(taking.disagrees(said.seen, mark.code) for mark, said in found.beside)
    return Taken(outcome, contradicted, len(found.beside), found.taken_over, found.clashes)


def _for_a_teacher(entry: Entry, message: str) -> str:
    """A refusal with what can be done about it in the classroom."""
    return message if entry.minutes_late is None else f"{message} Answer absent, and the office gives the code."


def _check_complete(answers: Mapping[int, Answer], standing: Mapping[int, Layers], pupil_ids: tuple[int, ...]) -> None:
    blank = tuple(
        pupil_id
        for pupil_id in pupil_ids
        if pupil_id not in answers and (pupil_id not in standing or standing[pupil_id].is_open)
    )
    if blank:
        who = "1 pupil has" if len(blank) == 1 else f"{len(blank)} pupils have"
        raise RegisterRefusedError(f"{who} no mark yet. Mark everybody, then send.", blank)


def _sorted_out(answers: Mapping[int, Answer], standing: Mapping[int, Layers], place: SessionOn) -> _Sorted:
    """The answers that become marks, what was seen beside the office's codes, and what another teacher said since."""
    found = _Sorted()
    for pupil_id, answer in answers.items():
        row = standing.get(pupil_id)
        if row is None:
            found.entries.append(_entry(pupil_id, place, answer))
            continue
        found.taken_over += not row.is_teachers and answer.version is not None and answer.version != row.mark.version
        match _verdict(answer, row):
            case Verdict.NEWS if row.is_teachers:
                found.entries.append(_entry(pupil_id, place, answer))
            case Verdict.NEWS:
                found.beside.append((row.mark, answer.said))
            case Verdict.CLASH if row.told is not None:
                found.clashes[pupil_id] = row.told
    return found


def _verdict(answer: Answer, row: Layers) -> Verdict:
    """What an answer is beside what stands; the office's code is no answer, so only sightings grow old beside it."""
    held, current = (answer.version, row.mark.version) if row.is_teachers else (answer.sighting, row.last_sighting)
    return taking.weigh(
        answer.said,
        row.told.said if row.told else None,
        row.told_at(answer.version, answer.sighting),
        is_stale=held is not None and held != current,
    )


def _entry(pupil_id: int, place: SessionOn, answer: Answer) -> Entry:
    said = answer.said
    return Entry(
        pupil_id,
        place.on,
        place.session,
        taking.symbol_for(said.seen, place.session),
        said.minutes_late,
        said.note,
        seen=said.seen,
    )


def _write_sightings(beside: list[tuple[Mark, Said]], by: Membership, at: datetime) -> None:
    """Keep what was seen beside the codes of others: the newest on the mark, each one for ever."""
    Sighting.objects.bulk_create(
        Sighting(
            school_id=mark.school_id,
            mark=mark,
            seen=said.seen,
            minutes_late=said.minutes_late,
            note=said.note,
            at=at,
            by_id=by.user_id,
            role=by.role,
        )
        for mark, said in beside
    )
    for mark, said in beside:
        mark.seen = said.seen
    Mark.objects.bulk_update([mark for mark, _ in beside], ["seen"])


def _record(
    school_class: SchoolClass, place: SessionOn, outcome: Outcome, sightings: int, by: Membership, at: datetime
) -> None:
    _, first = RegisterTaken.objects.get_or_create(
        school_id=school_class.school_id,
        school_class=school_class,
        on=place.on,
        session=place.session,
        defaults={"at": at, "by_id": by.user_id, "role": by.role},
    )
    if first or outcome.entered or outcome.amended or sightings:
        record.write(
            "register taken" if first else "register corrected",
            by=by,
            at=at,
            subject=f"class:{school_class.pk}",
            facts={
                "on": place.on.isoformat(),
                "session": place.session,
                "entered": len(outcome.entered),
                "amended": len(outcome.amended),
                "seen": sightings,
            },
        )
