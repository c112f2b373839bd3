"""Saving what is typed in the office grid, and filling many sessions at once; marks.enter makes every mark."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import partial

from django.db import transaction
from django.db.models import F

from registers.models import Amendment, Mark, Membership, Pupil, School
from registers.queries import calendars
from registers.rules import arrivals, grid
from registers.rules.calendar import Calendar
from registers.rules.grid import Filling
from registers.rules.marks import Door
from registers.rules.sessions import Session, SessionOn
from registers.services import marks, record
from registers.services.marks import Clash, Entry, MarksRefusedError, Outcome

Key = tuple[int, SessionOn]


@dataclass(frozen=True)
class Typed:
    """What somebody typed in one cell: a code, or with L or U the time of arrival from which the code follows.

    One that undoes gives the code back with the note that last stood beside it.
    """

    entry: Entry
    arrived: time | None = None
    undoes: bool = False


@dataclass(frozen=True)
class Was:
    """What a mark said before it was amended."""

    code: str
    minutes: int | None


@dataclass
class Saved:
    """What came of it: the clashes, what each changed mark said before (None: it was blank), and why L or U."""

    clashes: list[Clash] = field(default_factory=list)
    was: dict[Key, Was | None] = field(default_factory=dict)
    whys: dict[Key, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fill:
    """One code for many sessions: each cell with the version somebody saw in it, and which of them to touch."""

    cells: Mapping[Key, int]
    symbol: str
    filling: Filling
    note: str = ""


@dataclass(frozen=True)
class Preview:
    """What a fill would do: the sessions each way of filling touches, what this one changes, and what is refused."""

    touched: Mapping[Filling, int]
    entered: int
    amended: int
    clashes: int
    refused: Mapping[str, int]


@transaction.atomic
def save(
    school: School,
    calendar: Calendar,
    typed: Sequence[Typed],
    *,
    reason: str,
    count: int | None,
    today: date,
    by: Membership,
    at: datetime,
) -> Saved:
    """Make the marks typed, all or none; `count` is the number somebody typed where the marks are many.

    Raises MarksRefusedError, or GridRefusedError where the number is missing.
    """
    grid.check_count(len(typed), count)
    entries, whys = _judged(school, _with_notes(school, typed))
    outcome = marks.enter(school, calendar, entries, door=Door.OFFICE, reason=reason, today=today, by=by, at=at)
    return Saved(outcome.clashes, _before(outcome), whys)


@transaction.atomic
def preview(school: School, calendar: Calendar, fill: Fill, *, today: date, by: Membership, at: datetime) -> Preview:
    """What a fill would do, found by doing it and taking it back."""
    standing = _standing(school, fill)
    touched = {filling: len(_chosen(replace(fill, filling=filling), standing)) for filling in Filling}
    outcome, refused = _fill(school, calendar, fill, standing, reason="Preview", today=today, by=by, at=at)
    transaction.set_rollback(True)
    return Preview(
        touched,
        len(outcome.entered),
        len(outcome.amended),
        len(outcome.clashes),
        Counter(message for _, message in refused),
    )


@transaction.atomic
def fill(
    school: School,
    calendar: Calendar,
    asked: Fill,
    *,
    reason: str,
    count: int | None,
    today: date,
    by: Membership,
    at: datetime,
) -> Saved:
    """Give many sessions one code; those that cannot take it are left out, as the preview said.

    Raises GridRefusedError where the number of marks was not typed, MarkRefusedError where a reason is missing.
    """
    standing = _standing(school, asked)
    if any(key in standing for key in _chosen(asked, standing)):
        marks.check_reason(reason)
    outcome, _ = _fill(school, calendar, asked, standing, reason=reason, today=today, by=by, at=at)
    changed = len(outcome.entered) + len(outcome.amended)
    grid.check_count(changed, count)
    if changed:
        record.write(
            "marks filled",
            by=by,
            at=at,
            facts={
                "code": asked.symbol,
                "filling": asked.filling,
                "entered": len(outcome.entered),
                "amended": len(outcome.amended),
            },
        )
    return Saved(outcome.clashes, _before(outcome))


def _with_notes(school: School, typed: Sequence[Typed]) -> list[Typed]:
    """What was typed, each that undoes with the note that last stood beside its code; the page may not know it."""
    undone = [one.entry for one in typed if one.undoes]
    if not undone:
        return list(typed)
    rows = Amendment.objects.filter(
        school=school,
        mark__pupil__in={entry.pupil_id for entry in undone},
        mark__on__in={entry.on for entry in undone},
    ).order_by("version")
    notes = {
        (pupil_id, on, session, code): note
        for pupil_id, on, session, code, note in rows.values_list(
            "mark__pupil_id", "mark__on", "mark__session", "old_code", "old_note"
        )
    }
    return [
        replace(one, entry=replace(one.entry, note=notes.get(_cell_of(one.entry), ""))) if one.undoes else one
        for one in typed
    ]


def _cell_of(entry: Entry) -> tuple[int, date, str, str]:
    return entry.pupil_id, entry.on, entry.session, entry.symbol


def _judged(school: School, typed: Sequence[Typed]) -> tuple[list[Entry], dict[Key, str]]:
    """The entries, those with a time of arrival given the code it means, and why."""
    timed = [one.entry for one in typed if one.arrived]
    pupils = Pupil.objects.in_bulk([entry.pupil_id for entry in timed]) if timed else {}
    times = {on: calendars.session_times(school, on) for on in {entry.on for entry in timed}}
    entries, whys = [], {}
    for one in typed:
        entry, pupil = one.entry, pupils.get(one.entry.pupil_id)
        if one.arrived is None or pupil is None:
            entries.append(entry)
            continue
        session_times = times[entry.on].get((pupil.key_stage(entry.on), entry.session))
        if session_times is None:
            message = "This session has no stated times, so an arrival cannot be judged. Give L or U with the minutes."
            raise MarksRefusedError([(entry, message)])
        arrival = arrivals.judge(one.arrived, entry.session, session_times)
        entries.append(replace(entry, symbol=arrival.code, minutes_late=arrival.minutes_late))
        whys[(entry.pupil_id, entry.place)] = arrival.why
    return entries, whys


def _before(outcome: Outcome) -> dict[Key, Was | None]:
    found: dict[Key, Was | None] = {_key(mark): None for mark in outcome.entered}
    amended = {mark.pk: mark for mark in outcome.amended}
    for row in Amendment.objects.filter(mark__in=list(amended), version=F("mark__version")):
        found[_key(amended[row.mark_id])] = Was(row.old_code, row.old_minutes_late)
    return found


def _key(mark: Mark) -> Key:
    return mark.pupil_id, SessionOn(mark.on, Session(mark.session))


def _standing(school: School, asked: Fill) -> dict[Key, Mark]:
    pupils = marks.lock_pupils(school, {pupil_id for pupil_id, _ in asked.cells})
    return marks.standing_marks(pupils, {place.on for _, place in asked.cells})


def _chosen(asked: Fill, standing: Mapping[Key, Mark]) -> list[Key]:
    """The cells that a way of filling touches, by what stands in them now."""
    touches = grid.TOUCHED[asked.filling]
    return [
        key
        for key in asked.cells
        if touches(*((mark.code, mark.source) if (mark := standing.get(key)) is not None else ("", "")))
    ]


def _fill(
    school: School,
    calendar: Calendar,
    asked: Fill,
    standing: Mapping[Key, Mark],
    *,
    reason: str,
    today: date,
    by: Membership,
    at: datetime,
) -> tuple[Outcome, list[tuple[Entry, str]]]:
    """Fill what can be filled; returns the refused entries with their messages."""
    enter = partial(marks.enter, school, calendar, door=Door.OFFICE, reason=reason, today=today, by=by, at=at)
    entries = [
        Entry(pupil_id, place.on, place.session, asked.symbol, note=asked.note, version=asked.cells[(pupil_id, place)])
        for pupil_id, place in _chosen(asked, standing)
    ]
    try:
        return enter(entries), []
    except MarksRefusedError as error:
        refused = {id(entry) for entry, _ in error.refusals}
        rest = [entry for entry in entries if id(entry) not in refused]
        return enter(rest), error.refusals
