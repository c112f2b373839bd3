"""Longer arrangements: what each kind is, what its record must hold, and the code it gives to which session.

Source: SI 2024/208 reg 10 (K, B, D, E, M, C2, X) and reg 11(6); Education and Inspections Act 2006 ss.100-104.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from absences.rules.spans import Span
from registers.rules import ages
from registers.rules.calendar import Calendar
from registers.rules.sessions import SessionOn, is_in_pattern

PUBLIC_PLACE_DAYS = 5
"""The first school days of an exclusion on which a parent must keep the child from public places (s.103)."""


class ArrangedRefusedError(Exception):
    """An arrangement that cannot stand as it is; the message says what to do. `field` is what to look at."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Kind(StrEnum):
    """What is arranged."""

    PART_TIME = "part-time"
    DUAL = "dual"
    PROVISION = "provision"
    ACTIVITY = "activity"
    SUSPENSION = "suspension"
    EXCLUSION = "exclusion"
    APPOINTMENTS = "appointments"


class State(StrEnum):
    """How far an arrangement has come."""

    AGREEING = "being agreed"
    RUNNING = "running"
    LAPSED = "lapsed"
    ENDED = "ended"


MOVES: Mapping[State, frozenset[State]] = {
    State.AGREEING: frozenset({State.RUNNING, State.ENDED}),
    State.RUNNING: frozenset({State.LAPSED, State.ENDED}),
    State.LAPSED: frozenset({State.ENDED}),
    State.ENDED: frozenset(),
}
"""What lapsed does not come back: what goes on is agreed anew."""


def check_move(old: State, new: State) -> None:
    if new not in MOVES[old]:
        raise ArrangedRefusedError(f"This arrangement is {old}; it cannot become {new}. Look at it again.")


@dataclass(frozen=True)
class KindRule:
    """One kind: its code, what its record must hold and what it may, and whether it keeps to sessions of the week."""

    kind: Kind
    title: str
    code: str
    what: str
    wants: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    by_weekday: bool = True
    is_attending: bool = False
    """Whether the child is to be somewhere then, so that a reported illness goes before it."""

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.wants, *self.may)


TABLE: tuple[KindRule, ...] = (
    KindRule(
        Kind.PART_TIME,
        "Part-time timetable",
        "C2",
        "The school and a parent agree, for a short time, that the pupil is not in school for some sessions.",
    ),
    KindRule(
        Kind.DUAL,
        "Dual registration",
        "D",
        "The pupil is on the roll of two schools, and is due at the other one for these sessions.",
        wants=("institution", "number", "is_main"),
        may=("contact",),
    ),
    KindRule(
        Kind.PROVISION,
        "Provision of the local authority",
        "K",
        "The local authority has arranged teaching elsewhere: home tuition, a college course, a unit.",
        wants=("nature", "institution"),
        may=("contact",),
        is_attending=True,
    ),
    KindRule(
        Kind.ACTIVITY,
        "Educational activity arranged by the school",
        "B",
        "The school has arranged supervised education elsewhere. Not remote learning, and not at another school.",
        wants=("nature", "institution"),
        may=("contact",),
        is_attending=True,
    ),
    KindRule(
        Kind.SUSPENSION,
        "Suspension",
        "E",
        "The headteacher has suspended the pupil for these school days.",
        wants=("reference", "notice_on"),
        by_weekday=False,
    ),
    KindRule(
        Kind.EXCLUSION,
        "Permanent exclusion",
        "E",
        "The headteacher has excluded the pupil for good; the name stays on the roll until every review is over.",
        wants=("reference", "notice_on"),
        by_weekday=False,
    ),
    KindRule(
        Kind.APPOINTMENTS,
        "Medical appointments that repeat",
        "M",
        "The pupil is away for the same appointment each week.",
        wants=("nature", "at_time"),
        may=("evidence_on",),
        is_attending=True,
    ),
)
KINDS: Mapping[Kind, KindRule] = {row.kind: row for row in TABLE}
TAUGHT_ELSEWHERE = frozenset({Kind.DUAL, Kind.PROVISION, Kind.ACTIVITY})
"""What may take the place of E from the sixth day of an exclusion."""
EXCLUDED = frozenset({Kind.SUSPENSION, Kind.EXCLUSION})
PRECEDENCE: tuple[Kind, ...] = (
    Kind.DUAL,
    Kind.PROVISION,
    Kind.ACTIVITY,
    Kind.EXCLUSION,
    Kind.SUSPENSION,
    Kind.PART_TIME,
    Kind.APPOINTMENTS,
)
"""Which kind gives the code where several hold: E is only for whom no other provision is made (reg 10)."""


@dataclass(frozen=True)
class Particulars:
    """What the record of one arrangement holds; which of it is wanted depends on the kind."""

    institution: str = ""
    number: str = ""
    nature: str = ""
    contact: str = ""
    reference: str = ""
    is_main: bool | None = None
    notice_on: date | None = None
    at_time: time | None = None
    evidence_on: date | None = None

    @property
    def words(self) -> str:
        """The particulars in one line, for the record that the code rests on."""
        school = f"{self.institution} ({self.number})" if self.number else self.institution
        at = f"at {self.at_time:%H.%M}" if self.at_time else ""
        parts = (self.reference, self.nature, school, at, self.contact)
        return ", ".join(part for part in parts if part)


WANTED: Mapping[str, str] = {
    "institution": "Name the place where the pupil is then.",
    "number": "Give the other school’s DfE number or URN.",
    "nature": "Say what it is: the register must tell the nature of it.",
    "reference": "Name the headteacher’s letter.",
    "is_main": "Say whether this is the pupil’s main school.",
    "notice_on": "Give the day of the notice to the parents.",
    "at_time": "Give the time of the appointment.",
}
"""What to do where something that is wanted is missing."""


def check(kind: Kind, particulars: Particulars, weekdays: str, today: date) -> None:
    """Refuse a record that does not hold what its kind wants."""
    for name in KINDS[kind].wants:
        if getattr(particulars, name) in ("", None):
            raise ArrangedRefusedError(WANTED[name], name)
    if weekdays and not KINDS[kind].by_weekday:
        raise ArrangedRefusedError("This holds for every session from the first to the last.", "weekdays")
    for name in ("notice_on", "evidence_on"):
        on = getattr(particulars, name)
        if on is not None and on > today:
            raise ArrangedRefusedError("This day has not come yet. Correct it.", name)


@dataclass(frozen=True)
class Holding:
    """An arrangement that runs, as the register must know it. `until` is the last day it may give a code."""

    number: int
    kind: Kind
    span: Span
    weekdays: str
    until: date
    note: str = ""

    def covers(self, place: SessionOn) -> bool:
        return place in self.span and place.on <= self.until and is_in_pattern(place, self.weekdays)


def giving(holdings: Iterable[Holding], place: SessionOn) -> Holding | None:
    """The arrangement that gives a session its code: by kind, and of two of a kind the later recorded."""
    found = [one for one in holdings if one.covers(place)]
    return min(found, key=lambda one: (PRECEDENCE.index(one.kind), -one.number), default=None)


def code_on(kind: Kind, dob: date, on: date) -> str:
    """The code an arrangement gives on a day: below compulsory school age a part-time timetable gives X (reg 11(6))."""
    if kind is Kind.PART_TIME and not ages.is_compulsory_age(dob, on):
        return "X"
    return KINDS[kind].code


def codes_of(kind: Kind) -> frozenset[str]:
    """Every code an arrangement may have given."""
    return frozenset({KINDS[kind].code, "X"} if kind is Kind.PART_TIME else {KINDS[kind].code})


def public_place_days(calendar: Calendar, first_on: date, last_on: date) -> tuple[date, ...]:
    """The school days on which the child may not be found in a public place without good cause (s.103).

    A day begun in school counts if the exclusion began before its afternoon session, as a span of it does.
    """
    return calendar.school_days_between(first_on, last_on)[:PUBLIC_PLACE_DAYS]


def teaching_from(calendar: Calendar, span: Span, sixth: int) -> date | None:
    """The school day of an exclusion from which the pupil is taught elsewhere; None for a shorter one."""
    days = calendar.school_days_between(span.first.on, span.last.on)
    return days[sixth - 1] if len(days) >= sixth else None


def note_of(kind: Kind, particulars: Particulars) -> str:
    """What stands beside each mark: K and B tell their nature, M its time; nothing else is said of a child there."""
    if kind in (Kind.PROVISION, Kind.ACTIVITY):
        return ", ".join(part for part in (particulars.nature, particulars.institution) if part)
    if kind is Kind.APPOINTMENTS and particulars.at_time:
        return f"appointment at {particulars.at_time:%H.%M}"
    return particulars.institution if kind is Kind.DUAL else ""
