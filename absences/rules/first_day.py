"""The first day of an absence: who is asked about first, which children are one family, and what is due by when.

Source: both policies (a family is asked on the first day; Staplehurst by 10.00, and every day for persistent
absentees); WTISA 2024 (pupils with a social worker first).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import IntEnum

from absences.rules.contacts import Outcome
from registers.rules import codes
from registers.rules.codes import StatClass
from registers.rules.sessions import Session

AGAIN_MINUTES = 30
"""When a family that could not be reached is tried again, unless somebody says otherwise."""
IN_SCHOOL = frozenset({StatClass.PRESENT, StatClass.ELSEWHERE})


class Urgency(IntEnum):
    """How soon a family is asked; the lowest first."""

    VULNERABLE = 1
    """A social worker, or looked after. Only those who may see sensitive fields are told so."""
    PERSISTENT = 2
    REST = 3
    IN_SCHOOL = 4
    """The child has come since: only the reason is still wanted."""


@dataclass(frozen=True)
class Child:
    """A pupil away without a reason, as the order of the list must know them."""

    pupil_id: int
    sort_name: str
    parents: frozenset[int] = frozenset()
    is_vulnerable: bool = False
    is_persistent: bool = False
    is_in_school: bool = False


def urgency(child: Child) -> Urgency:
    if child.is_in_school:
        return Urgency.IN_SCHOOL
    if child.is_vulnerable:
        return Urgency.VULNERABLE
    return Urgency.PERSISTENT if child.is_persistent else Urgency.REST


def families(children: Iterable[Child]) -> list[tuple[Child, ...]]:
    """Children who share a parent, directly or through another of them, together; the most urgent family first."""
    by_parent: dict[int, list[Child]] = {}
    by_child: dict[int, list[Child]] = {}
    for child in children:
        kin = {id(group): group for parent in child.parents if (group := by_parent.get(parent)) is not None}
        joined = [child, *(other for group in kin.values() for other in group)]
        for member in joined:
            by_child[member.pupil_id] = joined
            by_parent.update(dict.fromkeys(member.parents, joined))
    groups = {id(group): tuple(sorted(group, key=_place)) for group in by_child.values()}
    return sorted(groups.values(), key=lambda family: _place(family[0]))


def _place(child: Child) -> tuple[Urgency, str, int]:
    return urgency(child), child.sort_name, child.pupil_id


def unexplained(marks: Mapping[Session, str], taken: Iterable[Session]) -> tuple[Session, ...]:
    """Today's sessions in which a pupil is away without a reason: N, or no mark though the register was taken."""
    known = set(taken)
    return tuple(
        session
        for session in Session
        if marks.get(session) == codes.UNEXPLAINED or (session in known and session not in marks)
    )


def is_in_school(marks: Mapping[Session, str], away: Sequence[Session]) -> bool:
    """Whether a pupil who was away has come since: the later session has a mark of presence, here or elsewhere."""
    later = marks.get(Session.PM, "")
    return tuple(away) == (Session.AM,) and bool(later) and codes.code(later).stat_class in IN_SCHOOL


@dataclass(frozen=True)
class Tried:
    """One try to reach a family, as what is due next must know it."""

    at: datetime
    outcome: Outcome
    next_at: datetime | None = None


class Standing(IntEnum):
    """How a family stands; the lowest wants the office first."""

    NOT_TRIED = 1
    DUE = 2
    WAITING = 3
    TOLD = 4
    """A reason was given; what is left is to record it."""


@dataclass(frozen=True)
class Due:
    """What is to be done about a family, and from when."""

    standing: Standing
    at: datetime | None = None


def due(tries: Iterable[Tried], now: datetime) -> Due:
    """What the last try leaves to do: record the reason, wait for the next attempt, or make it."""
    last = max(tries, key=lambda one: one.at, default=None)
    if last is None:
        return Due(Standing.NOT_TRIED)
    if last.outcome is Outcome.REASON_GIVEN:
        return Due(Standing.TOLD)
    if last.next_at is None or last.next_at <= now:
        return Due(Standing.DUE, last.next_at)
    return Due(Standing.WAITING, last.next_at)


@dataclass(frozen=True)
class Clock:
    """How the hour by which every family has been asked stands to now; the minute itself is in time."""

    by: time
    minutes: int
    """Minutes left; below nought when it is past."""

    @property
    def is_past(self) -> bool:
        return self.minutes < 0

    @property
    def words(self) -> str:
        number = abs(self.minutes)
        minutes = "1 minute" if number == 1 else f"{number} minutes"
        hours = f"{number // 60} h {number % 60} min" if number >= 120 else minutes
        return f"{hours} {'past' if self.is_past else 'left'}"


def clock(local: datetime, by: time) -> Clock:
    return Clock(by, by.hour * 60 + by.minute - local.hour * 60 - local.minute)
