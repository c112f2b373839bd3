"""Who is on site, as far as the school knows: the last known fact about each pupil, with its time and source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from registers.rules import codes, taking
from registers.rules.codes import Group, StatClass
from registers.rules.sessions import Session
from registers.rules.taking import Seen


class SiteEventKind(StrEnum):
    """What can happen to a pupil at the door."""

    ARRIVED = "arrived"
    LEFT = "left"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class Where(StrEnum):
    """Where a pupil is, as far as anybody knows. The order is the order in which a fire roll is read."""

    ON_SITE = "on site"
    NOT_REGISTERED = "not yet registered"
    NOT_CERTAIN = "not certain"
    ELSEWHERE = "at a visit or other place"
    AWAY = "not on site"


SESSION_NAMES: Mapping[Session, str] = {Session.AM: "this morning", Session.PM: "this afternoon"}
SEEN_IN = frozenset({Seen.PRESENT, Seen.LATE})


@dataclass(frozen=True)
class Marked:
    """A mark as a fact: its code, what the teacher saw if anything, when its last entry was made today, and by whom.

    `seen` is what nobody has settled; `told` is the last word from the classroom, settled or not.
    """

    code: str
    seen: str = ""
    at: time | None = None
    source: str = ""
    seen_at: time | None = None
    seen_by: str = ""
    told: str = ""


@dataclass(frozen=True)
class Happened:
    """A site event as a fact."""

    kind: SiteEventKind
    session: Session
    at: time
    source: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Known:
    """The last known fact about a pupil. `code` stands where it rests on a mark, `reason` where somebody gave one."""

    where: Where
    fact: str
    at: time | None = None
    source: str = ""
    code: str = ""
    reason: str = ""


def last_known(marks: Mapping[Session, Marked], events: Sequence[Happened], now: Session) -> Known:
    """Where a pupil is in the session that runs; `events` stand in the order of their times.

    Only facts of this session place a pupil: what the morning's register says, it does not say of the afternoon. The
    afternoon begins when its register opens; until then the morning's facts stand.
    """
    known = _in_session(marks, events, now)
    if known is not None:
        return known
    before = _in_session(marks, events, Session.AM) if now is Session.PM else None
    if before is None:
        return Known(Where.NOT_REGISTERED, f"No mark {SESSION_NAMES[now]} yet")
    return Known(
        Where.NOT_REGISTERED,
        f"No mark {SESSION_NAMES[now]} yet. Before: {before.fact[:1].lower()}{before.fact[1:]}",
        before.at,
        before.source,
        before.code,
        before.reason,
    )


def _in_session(marks: Mapping[Session, Marked], events: Sequence[Happened], session: Session) -> Known | None:
    """What is known of one session. An event at the door outlasts its mark: a code amended later moves nobody.

    Only a teacher who says otherwise after it casts doubt on it.
    """
    own = [event for event in events if event.session is session]
    mark = marks.get(session)
    if own:
        return _doubted(own[-1], mark) or _of_event(own[-1])
    return _of_mark(mark, session) if mark else None


EVENT_FACTS: Mapping[SiteEventKind, tuple[Where, str]] = {
    SiteEventKind.ARRIVED: (Where.ON_SITE, "Arrived"),
    SiteEventKind.RETURNED: (Where.ON_SITE, "Came back"),
    SiteEventKind.LEFT: (Where.AWAY, "Left"),
}


def _of_event(event: Happened) -> Known:
    where, fact = EVENT_FACTS[event.kind]
    return Known(where, f"{fact} at {event.at:%H:%M}", event.at, event.source, reason=event.reason)


def _doubted(event: Happened, mark: Marked | None) -> Known | None:
    """What to make of somebody whom a teacher has seen since they left, or has missed since they came, if anybody."""
    if mark is None or mark.seen_at is None or mark.seen_at.replace(second=0, microsecond=0) <= event.at:
        return None
    known = _of_event(event)
    if known.where is Where.ON_SITE:
        # A late child is often missed by the register that is sent meanwhile; the L or U tells that they came.
        is_in = mark.code in codes.LATE_CODES or codes.code(mark.code).stat_class is StatClass.PRESENT
        is_doubted, since = mark.told == Seen.ABSENT and not is_in, "not seen in class since"
    else:
        is_doubted, since = mark.told in SEEN_IN, "seen in class since"
    if not is_doubted:
        return None
    return Known(Where.NOT_CERTAIN, f"{known.fact}, but {since}", mark.seen_at, mark.seen_by, reason=event.reason)


def _of_mark(mark: Marked, session: Session) -> Known:
    when = SESSION_NAMES[session]
    code = codes.code(mark.code)
    if taking.disagrees(mark.seen, mark.code):
        if mark.seen in SEEN_IN:
            return Known(Where.ON_SITE, f"Seen in class {when}", mark.seen_at, mark.seen_by, mark.code)
        return Known(
            Where.NOT_CERTAIN, f"Marked present {when}, but not seen in class", mark.at, mark.source, mark.code
        )
    if code.stat_class is StatClass.PRESENT:
        fact = "Late" if mark.code == "L" else "Present"
        return Known(Where.ON_SITE, f"{fact} {when}", mark.at, mark.source, mark.code)
    if mark.code == "U":
        return Known(Where.ON_SITE, f"Arrived after the register closed {when}", mark.at, mark.source, mark.code)
    if code.group is Group.ELSEWHERE:
        return Known(Where.ELSEWHERE, f"{code.meaning} {when}", mark.at, mark.source, mark.code)
    fact = f"Absent {when}" + (", nobody knows why yet" if mark.code == codes.UNEXPLAINED else "")
    return Known(Where.AWAY, fact, mark.at, mark.source, mark.code)


class SiteEventRefusedError(Exception):
    """Something at the door that cannot have happened; the message says why."""


def kind_of_coming_in(events: Sequence[Happened], session: Session, at: time) -> SiteEventKind:
    """Whether somebody who comes in arrives, or comes back in the session in which they left.

    Coming back never touches a mark. Coming in a later session than the one they left in is an arrival: the register
    of that session may be open, or closed without them.
    """
    last = _last(events, session, at)
    if last is not None and last.kind is SiteEventKind.LEFT:
        return SiteEventKind.RETURNED
    if last is not None and last.kind is SiteEventKind.RETURNED:
        raise SiteEventRefusedError(f"Back since {last.at:%H:%M} already. Undo that one if it is wrong.")
    for event in events:
        if event.kind is SiteEventKind.ARRIVED and event.session is session:
            raise SiteEventRefusedError(
                f"An arrival at {event.at:%H:%M} is on record {SESSION_NAMES[session]}. Undo that one if it is wrong."
            )
    return SiteEventKind.ARRIVED


def check_may_leave(events: Sequence[Happened], session: Session, at: time) -> None:
    """Refuse that somebody leaves twice in a session. Who left in the morning may have come to the next register."""
    last = _last(events, session, at)
    if last is not None and last.kind is SiteEventKind.LEFT:
        raise SiteEventRefusedError(f"Out since {last.at:%H:%M} already. Enter the return first, or undo it.")
    later = [event for event in events if event.session is session and event.at > at]
    if later and later[0].kind is SiteEventKind.LEFT:
        raise SiteEventRefusedError(f"Leaving at {later[0].at:%H:%M} is on record. Undo that one if it is wrong.")


def _last(events: Sequence[Happened], session: Session, at: time) -> Happened | None:
    """The last thing that had happened in a session by a minute."""
    return next((event for event in reversed(events) if event.session is session and event.at <= at), None)


def check_may_cancel(events: Sequence[Happened], place: int) -> None:
    """Refuse to undo a departure whose return stands."""
    later = events[place + 1 :]
    if events[place].kind is SiteEventKind.LEFT and later and later[0].kind is SiteEventKind.RETURNED:
        raise SiteEventRefusedError(f"Undo the return at {later[0].at:%H:%M} first.")


def proposal_after_leaving(session: Session, reason: str) -> str:
    """What to do about the next session when somebody left without a reason; nothing is written by itself."""
    if reason.strip():
        return ""
    if session is Session.AM:
        return "No reason given. If they miss the afternoon register and nobody can say why, the afternoon is O."
    return "No reason given. Ask the family why; if the next session is missed as well without a reason, it is O."


class Expected(StrEnum):
    """What codes entered beforehand lead the school to expect of a pupil today."""

    LATER = "Expected later"
    LEAVING = "Leaving during the day"
    AWAY = "Away all day"


def expected(planned: Mapping[Session, str], sessions: Sequence[Session]) -> Expected | None:
    """What to expect of a pupil with planned absences in some of today's sessions; one code fits one session."""
    away = [session for session in sessions if planned.get(session)]
    if not away:
        return None
    if len(away) == len(sessions):
        return Expected.AWAY
    return Expected.LATER if away[0] is sessions[0] else Expected.LEAVING
