"""The office's hatch: whom one can find there, what was entered there today, and who is expected when."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from registers.models import Mark, Pupil, School, SiteEvent
from registers.queries import classes, figures
from registers.queries.figures import Period
from registers.rules import codes
from registers.rules import on_site as rules
from registers.rules.calendar import Calendar
from registers.rules.codes import Group, StatClass
from registers.rules.on_site import Expected, SiteEventKind
from registers.rules.sessions import Session

OUTING = 5
"""From how many pupils of one class with one code on they are told in one line."""


@dataclass(frozen=True)
class Choice:
    """A pupil who can be found, with the day's codes."""

    pupil: Pupil
    class_name: str
    codes: str


@dataclass(frozen=True)
class EventRow:
    """One thing that was entered, the session's mark as it stands, and what to think of next."""

    event: SiteEvent
    class_name: str
    mark: Mark | None
    proposal: str


@dataclass(frozen=True)
class ExpectedRow:
    """One pupil, or several of a class who are away together, whom codes entered beforehand speak of."""

    who: str
    pupil: Pupil | None
    class_name: str
    codes: str
    notes: tuple[str, ...]
    since: str = ""


@dataclass(frozen=True)
class Door:
    choices: tuple[Choice, ...]
    events: tuple[EventRow, ...]
    expected: Mapping[Expected, list[ExpectedRow]]


def of(school: School, calendar: Calendar, on: date, *, shows_notes: bool) -> Door:
    """The hatch on a day; the same number of queries however many pupils. Notes are for those who may see them."""
    pupils = figures.pupils_on_roll(school, Period(on, on))
    names = classes.class_names(school, on)
    marks: dict[int, dict[Session, Mark]] = defaultdict(dict)
    for mark in Mark.objects.filter(school=school, on=on):
        marks[mark.pupil_id][Session(mark.session)] = mark
    entered = list(
        SiteEvent.objects.filter(school=school, on=on, cancelled_by__isnull=True)
        .exclude(kind=SiteEventKind.CANCELLED)
        .select_related("pupil")
        .order_by("-recorded_at", "-pk")
    )
    here = {event.pupil_id: event for event in sorted(entered, key=lambda event: event.time)}
    events = [
        EventRow(
            event,
            names.get(event.pupil_id, ""),
            marks[event.pupil_id].get(Session(event.session)),
            _next(event, marks[event.pupil_id]) if here[event.pupil_id] == event else "",
        )
        for event in entered
    ]
    sessions = [session for session in Session if calendar.is_open(on, session)]
    return Door(
        tuple(Choice(pupil, names.get(pupil.pk, ""), _codes(marks[pupil.pk])) for pupil in pupils),
        tuple(events),
        _expected(pupils, names, marks, sessions, here, shows_notes=shows_notes),
    )


def _notes(marks: list[Mark]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mark.note for mark in marks if mark.note))


def _next(event: SiteEvent, marks: Mapping[Session, Mark]) -> str:
    """What to think of after somebody's last going out, while the next session of the day is blank."""
    if event.kind != SiteEventKind.LEFT or (event.session == Session.AM and Session.PM in marks):
        return ""
    return rules.proposal_after_leaving(Session(event.session), event.reason)


def _codes(marks: Mapping[Session, Mark]) -> str:
    return ", ".join(f"{session} {marks[session].code}" for session in Session if session in marks)


def _expected(
    pupils: list[Pupil],
    names: Mapping[int, str],
    marks: Mapping[int, Mapping[Session, Mark]],
    sessions: list[Session],
    here: Mapping[int, SiteEvent],
    *,
    shows_notes: bool,
) -> dict[Expected, list[ExpectedRow]]:
    """Whom the day's planned absences speak of, by what they lead one to expect; whole outings in one line."""
    alike: dict[tuple[Expected, str, str], list[Pupil]] = defaultdict(list)
    away: dict[int, list[Mark]] = {}
    for pupil in pupils:
        planned = {session: mark for session, mark in marks.get(pupil.pk, {}).items() if _is_planned(mark)}
        kind = rules.expected({session: mark.code for session, mark in planned.items()}, sessions)
        if kind is not None:
            away[pupil.pk] = list(planned.values())
            alike[(kind, names.get(pupil.pk, ""), _codes(planned))].append(pupil)
    found: dict[Expected, list[ExpectedRow]] = {kind: [] for kind in Expected}
    for (kind, class_name, symbols), own in alike.items():
        out = [mark for pupil in own for mark in away[pupil.pk]]
        if len(own) >= OUTING and all(codes.code(mark.code).group is Group.ELSEWHERE for mark in out):
            found[kind].append(
                ExpectedRow(f"{len(own)} pupils", None, class_name, symbols, _notes(out) if shows_notes else ())
            )
            continue
        for pupil in own:
            event = here.get(pupil.pk)
            since = f"{event.kind} {event.time:%H:%M}" if event else ""
            found[kind].append(
                ExpectedRow(
                    pupil.sort_name, pupil, class_name, symbols, _notes(away[pupil.pk]) if shows_notes else (), since
                )
            )
    return found


def _is_planned(mark: Mark) -> bool:
    """Whether a mark says beforehand that a pupil who has to be here will not be; no restricted code does."""
    code = codes.code(mark.code)
    return code.planned and code.stat_class in (StatClass.AUTHORISED, StatClass.ELSEWHERE)
