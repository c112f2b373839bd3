"""What each person has to do now: their home page, put together from what their rights open."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from absences.queries import (
    arranged,
    clocks,
    first_day,
    illness,
    leave,
    leave_links,
    leave_taken,
    missing,
    reasons,
    support,
)
from escalation.queries import desk
from letters.models import Batch, Letter
from letters.queries import messages
from letters.rules.batches import LOOKED_THROUGH
from letters.rules.states import WAITING
from registers.models import ImportFile, Mark, Membership, School
from registers.queries import classes, disagreements, staff
from registers.queries.classes import RegisterState
from registers.rules import codes
from registers.rules.calendar import Calendar
from registers.rules.import_files import FileState
from registers.rules.rights import Right, Role
from registers.rules.sessions import Session


@dataclass(frozen=True)
class Todo:
    """One thing to do: how many, what, why it matters, and where it is done (a url name and its query)."""

    count: int
    what: str
    detail: str
    action: str
    url_name: str
    query: str = ""


@dataclass(frozen=True)
class Today:
    """How the school stands in the session that runs."""

    session: Session
    present: int
    elsewhere: int
    absent: int
    blank: int


@dataclass(frozen=True)
class Home:
    today: Today | None
    todos: tuple[Todo, ...]
    registers: tuple[RegisterState, ...]
    upkeep: tuple[Todo, ...] = ()
    """What a system administrator looks after; nothing of it is about a child."""


@dataclass(frozen=True)
class Asked:
    """For whom and when the page is put together."""

    school: School
    calendar: Calendar
    memberships: Sequence[Membership]
    on: date
    session: Session
    rights: frozenset[Right]
    at: datetime

    @cached_property
    def registers(self) -> list[RegisterState]:
        """The registers of every class in the session, read once for all parts of the page."""
        everyone = classes.all_of(self.school, self.on)
        return classes.register_states(everyone, self.school, self.on, self.session)


def of(asked: Asked) -> Home:
    """The home page of a person; the same number of queries however many pupils."""
    is_open = asked.calendar.is_open(asked.on, asked.session)
    shows_today = is_open and bool(asked.rights & {Right.RECODE, Right.SEE_DESK})
    return Home(
        today=_today(asked) if shows_today else None,
        todos=tuple(todo for right, part in PARTS if right in asked.rights for todo in part(asked)),
        registers=_own_registers(asked) if is_open else (),
        upkeep=tuple(_upkeep(asked)) if any(part.role == Role.ADMINISTRATOR for part in asked.memberships) else (),
    )


def _today(asked: Asked) -> Today:
    counts = dict.fromkeys(codes.StatClass, 0)
    marked = Mark.objects.filter(school=asked.school, on=asked.on, session=asked.session)
    for symbol in marked.values_list("code", flat=True):
        counts[codes.code(symbol).stat_class] += 1
    states = asked.registers
    return Today(
        asked.session,
        counts[codes.StatClass.PRESENT],
        counts[codes.StatClass.ELSEWHERE],
        counts[codes.StatClass.AUTHORISED] + counts[codes.StatClass.UNAUTHORISED],
        sum(state.blank for state in states),
    )


def _own_registers(asked: Asked) -> tuple[RegisterState, ...]:
    """A class teacher's own registers of the session; those who run the office have their list below."""
    if not any(part.role == Role.TEACHER for part in asked.memberships):
        return ()
    teaching = [part for part in asked.memberships if part.role == Role.TEACHER]
    mine = classes.open_to(teaching, asked.school, asked.on)
    return tuple(classes.register_states(mine, asked.school, asked.on, asked.session))


def _named(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def _missing_registers(asked: Asked) -> Iterator[Todo]:
    if not asked.calendar.is_open(asked.on, asked.session):
        return
    missing = [state for state in asked.registers if not state.is_complete]
    if missing:
        names = ", ".join(state.school_class.name for state in missing[:6]) + (" …" if len(missing) > 6 else "")
        what = _named(len(missing), "register", "registers")
        yield Todo(len(missing), f"{what} not in yet ({asked.session})", names, "Chase them", "missing")


def _to_settle(asked: Asked) -> Iterator[Todo]:
    number = disagreements.count(asked.school, disagreements.queue_from(asked.calendar, asked.on), asked.on)
    if number:
        yield Todo(
            number,
            f"{_named(number, 'mark', 'marks')} where the teacher saw something else",
            "The code stands until the office has looked.",
            "Look at them",
            "disagreements",
        )


def _first_day(asked: Asked) -> Iterator[Todo]:
    if not asked.calendar.is_school_day(asked.on):
        return
    away, not_asked = first_day.count(asked.school, asked.calendar, asked.on)
    if away:
        detail = f"Nobody has been asked about {not_asked} yet." if not_asked else "Every family has been tried."
        what = f"{_named(away, 'pupil', 'pupils')} away without a reason today"
        yield Todo(away, what, detail, "Ask their families", "first_day")


def _unexplained(asked: Asked) -> Iterator[Todo]:
    rows = reasons.unexplained(asked.school, asked.calendar, asked.on)
    if rows:
        late = sum(row.is_overdue for row in rows)
        detail = f"{late} past the fifth school day." if late else "None has passed its fifth school day."
        what = f"{_named(len(rows), 'absence', 'absences')} without a reason"
        yield Todo(len(rows), what, detail, "Find out why", "unexplained")


def _deadlines(asked: Asked) -> Iterator[Todo]:
    waiting, overdue = clocks.open_count(asked.school, asked.calendar, asked.on)
    if waiting:
        past = "1 is past its day." if overdue == 1 else f"{overdue} are past their day."
        detail = past if overdue else "None is past its day."
        what = _named(waiting, "return or other deadline", "returns and other deadlines")
        yield Todo(waiting, what, detail, "Answer them", "deadlines")


def _messages(asked: Asked) -> Iterator[Todo]:
    failed, unknown = messages.to_look_at(asked.school, asked.at)
    if failed:
        what = "message failed" if failed == 1 else "messages failed"
        yield Todo(failed, what, "The family has not read it.", "Retry or ring", "messages", "state=look-at")
    if unknown:
        what = "message that may not have gone" if unknown == 1 else "messages that may not have gone"
        detail = "Sending broke off. Send again, or say that it arrived."
        yield Todo(unknown, what, detail, "Settle", "messages", "state=look-at")


def _arranged(asked: Asked) -> Iterator[Todo]:
    asking = arranged.asking(asked.school, asked.calendar, asked.on)
    if asking.number:
        detail = "Reviews, agreements, evidence and teaching elsewhere."
        if asking.lapsed:
            timetables = "timetable" if asking.lapsed == 1 else "timetables"
            detail = f"{asking.lapsed} part-time {timetables} lapsed: the pupil is expected in school."
        elif asking.late:
            detail = f"{asking.late} of them {'is' if asking.late == 1 else 'are'} late."
        what = "longer arrangement wants something" if asking.number == 1 else "longer arrangements want something"
        yield Todo(asking.number, what, detail, "Look at them", "arrangements")
    if asking.for_the_head and Right.DECIDE_LEAVE in asked.rights:
        detail = "Nothing is given for them before you and a parent have agreed."
        what = _named(asking.for_the_head, "part-time timetable waits", "part-time timetables wait")
        yield Todo(asking.for_the_head, f"{what} for your agreement", detail, "Read them", "arrangements")


def _illness(asked: Asked) -> Iterator[Todo]:
    waiting = illness.waiting(asked.school, asked.calendar, asked.on)
    if waiting:
        not_asked = sum(one.last is None for one in waiting)
        detail = f"Evidence of {not_asked} has not been asked for." if not_asked else "Evidence of each is asked for."
        what = "stretch of illness wants evidence" if len(waiting) == 1 else "stretches of illness want evidence"
        yield Todo(len(waiting), what, detail, "Answer them", "illness_evidence")


def _missing(asked: Asked) -> Iterator[Todo]:
    if number := missing.open_count(asked.school, asked.calendar, asked.on):
        what = "leaver has no known school" if number == 1 else "leavers have no known school"
        yield Todo(number, what, "Ask the family, then the local authority.", "Look for them", "missing_children")


def _support_due(asked: Asked) -> Iterator[Todo]:
    if number := support.due_count(asked.school, asked.on):
        detail = "The day on which somebody looks at them again has come."
        yield Todo(
            number, f"support plan{'' if number == 1 else 's'} to review", detail, "Review them", "support_plans"
        )


def _leave_to_decide(asked: Asked) -> Iterator[Todo]:
    rows = leave.waiting(asked.school)
    if rows:
        detail = f"The first leave begins on {rows[0].first_on:%A} {rows[0].first_on.day} {rows[0].first_on:%B}."
        what = f"leave {_named(len(rows), 'request', 'requests')} to decide"
        yield Todo(len(rows), what, detail, "Decide", "leave_requests")


def _missed_without_leave(asked: Asked) -> Iterator[Todo]:
    rows = leave_taken.missed(asked.school, asked.calendar, asked.on)
    if rows:
        sessions = sum(len(one.places) for one in rows)
        detail = f"{sessions} {'session' if sessions == 1 else 'sessions'} after a refusal or beyond a grant."
        what = f"{_named(len(rows), 'child', 'children')} away without leave"
        yield Todo(len(rows), what, detail, "Confirm the code", "leave_missed")


def _sent_by_parents(asked: Asked) -> Iterator[Todo]:
    if rows := leave_links.to_settle(asked.school):
        detail = "Sent by a parent’s link, and not clear for whom."
        what = f"online {_named(len(rows), 'request', 'requests')} to settle"
        yield Todo(len(rows), what, detail, "Say for whom", "leave_links")


def _flagged(asked: Asked) -> Iterator[Todo]:
    if number := desk.number(asked.school, asked.on):
        what = f"{_named(number, 'pupil', 'pupils')} on the desk"
        yield Todo(number, what, "What is due stands first.", "Open the list", "desk")


def _letters(asked: Asked) -> Iterator[Todo]:
    waiting = Letter.objects.filter(school=asked.school, state__in=WAITING, item=None).count()
    if waiting:
        yield Todo(
            waiting,
            f"{_named(waiting, 'letter', 'letters')} drafted",
            "Read, then issue or drop them.",
            "Read them",
            "letters",
        )
    piles = Batch.objects.filter(school=asked.school, state__in=LOOKED_THROUGH).count()
    if piles:
        yield Todo(
            piles,
            _named(piles, "letter to many", "letters to many"),
            "Look through them, then approve.",
            "Look through",
            "batches",
        )


def _upkeep(asked: Asked) -> Iterator[Todo]:
    here = [person for person in staff.everybody(asked.school) if person.stands(asked.on)]
    new = sum(person.user.last_login is None for person in here)
    detail = f"{new} never signed in yet." if new else "Everybody has signed in."
    yield Todo(len(here), "people with a part here", detail, "See them", "people")
    waiting = ImportFile.objects.filter(school=asked.school, state=FileState.UPLOADED).count()
    yield Todo(waiting, "uploaded files not taken in yet", "Rolls, contacts and marks.", "Imports", "imports")
    secured = sum(person.has_second_factor for person in here)
    yield Todo(secured, "with a second step at sign-in", f"Of {len(here)} people.", "Say who must", "security")
    terms = sum(term.last_on >= asked.on for term in asked.calendar.terms)
    yield Todo(terms, "half-terms in the calendar that are not over", "And session times.", "Settings", "settings")


PARTS: tuple[tuple[Right, Callable[[Asked], Iterator[Todo]]], ...] = (
    (Right.RECODE, _missing_registers),
    (Right.RECODE, _to_settle),
    (Right.RECORD_REASON, _first_day),
    (Right.SEND_MESSAGES, _messages),
    (Right.RECORD_REASON, _unexplained),
    (Right.RECORD_REASON, _deadlines),
    (Right.RECORD_REASON, _illness),
    (Right.ARRANGE, _arranged),
    (Right.ARRANGE, _missing),
    (Right.SUPPORT, _support_due),
    (Right.DECIDE_LEAVE, _leave_to_decide),
    (Right.RECORD_REASON, _missed_without_leave),
    (Right.ENTER_LEAVE, _sent_by_parents),
    (Right.SEE_DESK, _flagged),
    (Right.WRITE_LETTERS, _letters),
)
"""What may stand on a home page, in the order in which a day asks for it."""
