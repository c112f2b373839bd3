"""The ten-week count of each pupil, read from marks and never from a summary."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Q

from penalties.rules import threshold as rules
from penalties.rules.threshold import Counted, Window
from registers.models import Mark, Pupil, School
from registers.rules.calendar import Calendar
from registers.rules.codes import THRESHOLD_CODES
from registers.rules.sessions import Session, SessionOn


def of_school(school: School, calendar: Calendar, on: date) -> dict[int, Window]:
    """The window of every pupil on roll on a day, by pupil. Three queries at most, however many pupils."""
    dobs = dict(
        Pupil.objects.filter(Q(leaves_on__isnull=True) | Q(leaves_on__gte=on))
        .filter(school=school, starts_on__lte=on)
        .values_list("pk", "dob")
    )
    return _windows(school, calendar, dobs, on)


def of_pupils(school: School, calendar: Calendar, pupils: Iterable[Pupil], on: date) -> dict[int, Window]:
    """The window of each pupil given, by pupil; two queries at most, however many."""
    dobs = {pupil.pk: pupil.dob for pupil in pupils}
    return _windows(school, calendar, dobs, on, only=list(dobs))


def of_pupil(school: School, calendar: Calendar, pupil: Pupil, on: date, supposing: Iterable[Counted] = ()) -> Window:
    """One pupil's window on a day. `supposing` sessions stand in place of what is marked there: what if they were."""
    return _windows(school, calendar, {pupil.pk: pupil.dob}, on, {pupil.pk: tuple(supposing)})[pupil.pk]


def _windows(
    school: School,
    calendar: Calendar,
    dobs: dict[int, date],
    on: date,
    supposing: dict[int, tuple[Counted, ...]] | None = None,
    only: list[int] | None = None,
) -> dict[int, Window]:
    weeks = rules.weeks_of(calendar.school_weeks, on)
    if not weeks:
        return {pupil_id: rules.judge((), (), on) for pupil_id in dobs}
    recent = _marks(school, weeks[0], on, list(dobs) if len(dobs) == 1 else only)
    for pupil_id, supposed in (supposing or {}).items():
        recent[pupil_id] = _with(recent[pupil_id], supposed)
    sessions = {pupil_id: rules.counted(dob, recent[pupil_id]) for pupil_id, dob in dobs.items()}
    windows = {pupil_id: rules.judge(calendar.school_weeks, found, on) for pupil_id, found in sessions.items()}
    met = [pupil_id for pupil_id, window in windows.items() if window.met]
    # Only for those who meet it: since when is told by what came before the window.
    earlier = _marks(school, rules.FROM_WEEK, on, met) if met else {}
    for pupil_id in met:
        before = [mark for mark in earlier[pupil_id] if mark.place.on < weeks[0]]
        history = (*rules.counted(dobs[pupil_id], before), *sessions[pupil_id])
        windows[pupil_id] = rules.judge(calendar.school_weeks, history, on)
    return windows


def _marks(
    school: School, first_on: date, last_on: date, pupil_ids: Collection[int] | None
) -> defaultdict[int, list[Counted]]:
    marks = Mark.objects.filter(school=school, code__in=sorted(THRESHOLD_CODES), on__gte=first_on, on__lte=last_on)
    if pupil_ids is not None:
        marks = marks.filter(pupil__in=pupil_ids)
    found: defaultdict[int, list[Counted]] = defaultdict(list)
    for pupil_id, on, session, code in marks.values_list("pupil_id", "on", "session", "code"):
        found[pupil_id].append(Counted(SessionOn(on, Session(session)), code))
    return found


def _with(marks: list[Counted], supposed: tuple[Counted, ...]) -> list[Counted]:
    places = {session.place for session in supposed}
    return [mark for mark in marks if mark.place not in places] + list(supposed)
