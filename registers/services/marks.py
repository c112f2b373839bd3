"""Writing in the attendance register: the one way in, whatever the door. A mark is amended, never deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from registers.models import Amendment, Arrangement, Mark, Membership, Pupil, School
from registers.queries import calendars
from registers.rules import arrivals, sessions
from registers.rules import marks as rules
from registers.rules.arrivals import Times
from registers.rules.calendar import Calendar
from registers.rules.codes import UNEXPLAINED, Code, CodeRefusedError, Ground
from registers.rules.codes import code as code_of
from registers.rules.marks import Door, MarkRefusedError
from registers.rules.sessions import Session, SessionOn

MOST_REASON = 200
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Entry:
    """One mark somebody gives. `version` is the version they were looking at (0 for a blank); None means they looked
    at none, and the entry is made whatever stands there."""

    pupil_id: int
    on: date
    session: Session
    symbol: str
    minutes_late: int | None = None
    note: str = ""
    version: int | None = None
    seen: str = ""

    @property
    def place(self) -> SessionOn:
        return SessionOn(self.on, self.session)


@dataclass(frozen=True)
class Clash:
    """An entry that was not made, because the mark had changed since its author last saw it."""

    entry: Entry
    mark: Mark


@dataclass
class Outcome:
    """What came of a set of entries."""

    entered: list[Mark] = field(default_factory=list)
    amended: list[Mark] = field(default_factory=list)
    unchanged: int = 0
    clashes: list[Clash] = field(default_factory=list)


class MarksRefusedError(Exception):
    """Entries that break a rule; none of the set was made. `refusals` pairs each with its message."""

    def __init__(self, refusals: Sequence[tuple[Entry, str]]) -> None:
        super().__init__(refusals[0][1])
        self.refusals = list(refusals)


@transaction.atomic
def enter(
    school: School,
    calendar: Calendar,
    entries: Sequence[Entry],
    *,
    door: Door,
    reason: str,
    today: date,
    by: Membership,
    at: datetime,
) -> Outcome:
    """Make marks and amend marks, all of them or none; only what changes is written.

    `reason` is kept with every amendment (it must be given if one is made). Raises MarksRefusedError.
    """
    pupils = lock_pupils(school, {entry.pupil_id for entry in entries})
    standing = standing_marks(pupils, {entry.on for entry in entries})
    grounds = _grounds(pupils, entries)
    outcome, refusals = Outcome(), list[tuple[Entry, str]]()
    new: list[Mark] = []
    changes: list[tuple[Mark, Code, Entry]] = []
    _check_each_once(entries)
    times = _times(school, entries) if door in rules.SCREENS else {}
    for entry in entries:
        mark = standing.get((entry.pupil_id, entry.place))
        try:
            code = rules.read_symbol(entry.symbol, entry.session)
            if mark is not None and _same(mark, code, entry):
                outcome.unchanged += 1
                continue
            _check(entry, code, mark, pupils[entry.pupil_id], calendar, grounds, door, today)
            if entry.version is not None and entry.version != (mark.version if mark else 0):
                if mark is not None:
                    outcome.clashes.append(Clash(entry, mark))
                continue
            if door in rules.SCREENS:
                stage = pupils[entry.pupil_id].key_stage(entry.on)
                arrivals.check_minutes(code.symbol, entry.minutes_late, times.get((entry.on, stage, entry.session)))
            if mark is None:
                new.append(_new_mark(school, entry, code, door, by, at))
            else:
                check_reason(reason)
                changes.append((mark, code, entry))
        except (MarkRefusedError, CodeRefusedError) as refused:
            refusals.append((entry, str(refused)))
    if refusals:
        raise MarksRefusedError(refusals)
    outcome.entered = list(Mark.objects.bulk_create(new))
    outcome.amended = amend(changes, door=door, reason=reason, by=by, at=at)
    return outcome


def _check_each_once(entries: Sequence[Entry]) -> None:
    seen = set[tuple[int, SessionOn]]()
    for entry in entries:
        if (key := (entry.pupil_id, entry.place)) in seen:
            raise MarksRefusedError([(entry, "The same session of the same pupil was given two marks.")])
        seen.add(key)


def _times(school: School, entries: Sequence[Entry]) -> dict[tuple[date, str, Session], Times]:
    """The times of the sessions for which minutes were given, by day, key stage and session."""
    return {
        (on, stage, session): times
        for on in {entry.on for entry in entries if entry.minutes_late is not None}
        for (stage, session), times in calendars.session_times(school, on).items()
    }


def amend(
    changes: Sequence[tuple[Mark, Code, Entry]], *, door: Door, reason: str, by: Membership, at: datetime
) -> list[Mark]:
    """Change locked marks and write the amendment of each; the caller holds the lock and has asked the rules."""
    amendments = []
    for mark, code, entry in changes:
        amendments.append(
            Amendment(
                school_id=mark.school_id,
                mark=mark,
                version=mark.version + 1,
                old_code=mark.code,
                new_code=code.symbol,
                old_minutes_late=mark.minutes_late,
                new_minutes_late=entry.minutes_late,
                old_note=mark.note,
                new_note=_note(mark, code, entry),
                reason=reason,
                source=door,
                at=at,
                by_id=by.user_id,
                role=by.role,
            )
        )
        mark.note, mark.seen = _note(mark, code, entry), entry.seen or mark.seen
        mark.code, mark.minutes_late, mark.source = code.symbol, entry.minutes_late, door
        mark.version += 1
    Amendment.objects.bulk_create(amendments)
    marks = [mark for mark, _, _ in changes]
    _save(marks)
    return marks


def is_blank(mark: Mark | None) -> bool:
    """Whether nothing is said of a session: no mark, or the N that a plan left where it fell away."""
    return mark is None or mark.source == Door.LAPSED


def lapse(standing: Sequence[Mark], *, reason: str, by: Membership, at: datetime) -> list[Mark]:
    """Give N to planned marks that nothing stands behind any more; the caller holds the lock.

    A mark is never blank again, so what the day will bring is written over the N by whoever takes the register.
    """
    unexplained = code_of(UNEXPLAINED)
    entries = [
        (mark, unexplained, Entry(mark.pupil_id, mark.on, Session(mark.session), UNEXPLAINED)) for mark in standing
    ]
    return amend(entries, door=Door.LAPSED, reason=reason, by=by, at=at)


_SAVED = ("code", "minutes_late", "source", "note", "seen")


def _save(marks: Sequence[Mark]) -> None:
    """Write changed marks, those that now say the same at once: a closure gives thousands the same code."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for mark in marks:
        alike.setdefault(tuple(getattr(mark, name) for name in _SAVED), []).append(mark.pk)
    for values, ids in alike.items():
        for start in range(0, len(ids), MOST_AT_ONCE):
            Mark.objects.filter(pk__in=ids[start : start + MOST_AT_ONCE]).update(
                **dict(zip(_SAVED, values, strict=True)), version=F("version") + 1
            )


def _note(mark: Mark, code: Code, entry: Entry) -> str:
    """The note that stands after an entry: a new one if given; else the old one, if it is about the same code."""
    if entry.note or mark.code != code.symbol:
        return entry.note
    return mark.note


def lock_pupils(school: School, pupil_ids: set[int]) -> Mapping[int, Pupil]:
    """The pupils by id, locked in one order, so that two people writing in the same rows wait for each other."""
    found = {
        pupil.pk: pupil
        for pupil in Pupil.objects.select_for_update(no_key=True).filter(school=school, pk__in=pupil_ids).order_by("pk")
    }
    if missing := pupil_ids - found.keys():
        raise Pupil.DoesNotExist(f"{len(missing)} of these pupils are not at this school.")
    return found


def standing_marks(pupils: Mapping[int, Pupil], days: set[date]) -> dict[tuple[int, SessionOn], Mark]:
    """The marks that stand for these pupils on these days, by pupil and session."""
    return {
        (mark.pupil_id, SessionOn(mark.on, Session(mark.session))): mark
        for mark in Mark.objects.filter(pupil__in=list(pupils), on__in=sorted(days))
    }


def enrolment(pupil: Pupil) -> rules.Enrolment:
    return rules.Enrolment(pupil.dob, pupil.starts_on, pupil.leaves_on, pupil.mobile_child)


def _check(
    entry: Entry,
    code: Code,
    mark: Mark | None,
    pupil: Pupil,
    calendar: Calendar,
    grounds: Mapping[int, list[Arrangement]],
    door: Door,
    today: date,
) -> None:
    proposed = rules.Proposed(
        code=code,
        place=entry.place,
        pupil=enrolment(pupil),
        door=door,
        has_ground=any(covers(arrangement, code, entry.place) for arrangement in grounds.get(entry.pupil_id, ())),
        note=entry.note if mark is None else _note(mark, code, entry),
    )
    rules.check(proposed, calendar, today)


def _grounds(pupils: Mapping[int, Pupil], entries: Sequence[Entry]) -> dict[int, list[Arrangement]]:
    """The records that codes may rest on, by pupil; asked for only when some symbol could need one."""
    found: dict[int, list[Arrangement]] = {}
    if not any(_may_need_ground(entry.symbol) for entry in entries):
        return found
    first_on, last_on = min(entry.on for entry in entries), max(entry.on for entry in entries)
    for arrangement in Arrangement.objects.filter(pupil__in=list(pupils), first_on__lte=last_on, last_on__gte=first_on):
        found.setdefault(arrangement.pupil_id, []).append(arrangement)
    return found


def _may_need_ground(symbol: str) -> bool:
    try:
        return rules.read_symbol(symbol, Session.AM).ground is not Ground.NONE
    except CodeRefusedError:
        return False


def covers(arrangement: Arrangement, code: Code, place: SessionOn) -> bool:
    """Whether a record holds for a code in a session."""
    return (
        arrangement.ended_at is None
        and arrangement.code == code.symbol
        and sessions.is_in_pattern(place, arrangement.weekdays)
        and SessionOn(arrangement.first_on, Session(arrangement.first_session)) <= place
        and place <= SessionOn(arrangement.last_on, Session(arrangement.last_session))
        and place.on <= arrangement.ends_on
    )


def _same(mark: Mark, code: Code, entry: Entry) -> bool:
    # An N where a plan fell away says nothing yet: whoever gives N says that the child is not there.
    return (
        mark.source != Door.LAPSED
        and mark.code == code.symbol
        and mark.minutes_late == entry.minutes_late
        and (not entry.note or entry.note == mark.note)
    )


def check_reason(reason: str) -> None:
    """Refuse an amendment that does not say why, or says it at more length than the record keeps."""
    if not reason.strip():
        raise MarkRefusedError("Say why the mark is changed: the reason is kept with the amendment.")
    if not rules.is_plain(reason):
        raise MarkRefusedError("The reason holds a character that cannot be kept. Type it again.")
    if len(reason) > MOST_REASON:
        raise MarkRefusedError(f"Say why the mark is changed in at most {MOST_REASON} characters.")


def _new_mark(school: School, entry: Entry, code: Code, door: Door, by: Membership, at: datetime) -> Mark:
    return Mark(
        school=school,
        pupil_id=entry.pupil_id,
        on=entry.on,
        session=entry.session,
        code=code.symbol,
        minutes_late=entry.minutes_late,
        note=entry.note,
        seen=entry.seen,
        source=door,
        recorded_at=at,
        recorded_by_id=by.user_id,
        recorded_role=by.role,
    )
