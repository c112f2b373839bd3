"""The attendance codes as one table: meaning, group, statistical class, validity and what each must rest on.

Source: School Attendance (Pupil Registration) (England) Regulations 2024 (SI 2024/208) reg 10 and Tables 1-3; WTISA
2024 for the wording of the guidance; the class of each code from the DfE's daily attendance data and its methodology.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from registers.rules.sessions import Session

CODES_FROM = date(2024, 8, 19)
"""The day the 2024 Regulations and their codes came into force."""


class StatClass(StrEnum):
    """The only thing a percentage depends on."""

    PRESENT = "present"
    ELSEWHERE = "elsewhere"
    AUTHORISED = "authorised"
    UNAUTHORISED = "unauthorised"
    NOT_POSSIBLE = "not possible"


ATTENDED = frozenset({StatClass.PRESENT, StatClass.ELSEWHERE})
ABSENT = frozenset({StatClass.AUTHORISED, StatClass.UNAUTHORISED})


class Group(StrEnum):
    """The headings under which the guidance prints the codes."""

    PRESENT = "Present"
    ELSEWHERE = "Attending a place other than the school"
    LEAVE = "Absent: leave of absence"
    OTHER = "Absent: other authorised reasons"
    UNABLE = "Unable to attend: unavoidable cause"
    UNAUTHORISED = "Absent: unauthorised"
    ADMINISTRATIVE = "Administrative"
    LEGACY = "No longer used"


class Age(StrEnum):
    """Which children a code may be given to."""

    ANY = "any"
    COMPULSORY = "of compulsory school age"
    NOT_COMPULSORY = "not of compulsory school age"


class Ground(StrEnum):
    """What must be on record before a code is given on screen; imported history is never refused for it."""

    NONE = ""
    LEAVE = "a leave of absence granted by the headteacher"
    DUAL_REGISTRATION = "a dual registration"
    SUSPENSION = "a suspension or exclusion"
    MOBILE_CHILD = "a mobile child in the admission register"
    CALENDAR = "the school's calendar"


@dataclass(frozen=True)
class Code:
    """One row of the table. `planned` codes may be entered before the day; `until` ends new entries, never history."""

    symbol: str
    meaning: str
    group: Group
    stat_class: StatClass
    session: Session | None = None
    age: Age = Age.ANY
    ground: Ground = Ground.NONE
    planned: bool = False
    from_on: date = CODES_FROM
    until_on: date | None = None
    primary: bool = True
    """False where a primary school is asked to look twice; never refused."""
    detail: str = ""
    """What the register or the school's policy wants noted beside the code; a list shows the marks that lack it."""
    must_detail: bool = False
    """Whether the regulations want that note, so that the code is refused on screen without it (reg 10)."""
    restricted: bool = False
    """Whether the note is only for those who may see sensitive fields."""

    @property
    def is_attended(self) -> bool:
        return self.stat_class in ATTENDED

    @property
    def is_absent(self) -> bool:
        return self.stat_class in ABSENT

    @property
    def is_possible(self) -> bool:
        return self.stat_class is not StatClass.NOT_POSSIBLE

    def may_be_entered(self, on: date) -> bool:
        """Whether a new mark for that day may carry the code."""
        return self.from_on <= on and (self.until_on is None or on <= self.until_on)


_EVER = date.min
_BEFORE = date(2024, 8, 18)
_P, _E, _A, _U, _NP = (
    StatClass.PRESENT,
    StatClass.ELSEWHERE,
    StatClass.AUTHORISED,
    StatClass.UNAUTHORISED,
    StatClass.NOT_POSSIBLE,
)

TABLE: tuple[Code, ...] = (
    Code("/", "Present in the morning", Group.PRESENT, _P, session=Session.AM, from_on=_EVER),
    Code("\\", "Present in the afternoon", Group.PRESENT, _P, session=Session.PM, from_on=_EVER),
    Code("L", "Late, before the register closed", Group.PRESENT, _P, from_on=_EVER),
    Code(
        "K",
        "Provision arranged by the local authority",
        Group.ELSEWHERE,
        _E,
        planned=True,
        detail="the nature of the provision",
        must_detail=True,
    ),
    Code("V", "Educational visit", Group.ELSEWHERE, _E, planned=True, from_on=_EVER, detail="the visit and its leader"),
    Code("P", "Sporting activity", Group.ELSEWHERE, _E, planned=True, from_on=_EVER, detail="the venue and supervisor"),
    Code(
        "W",
        "Work experience",
        Group.ELSEWHERE,
        _E,
        planned=True,
        primary=False,
        from_on=_EVER,
        detail="the employer and the dates",
    ),
    Code(
        "B",
        "Other approved educational activity",
        Group.ELSEWHERE,
        _E,
        planned=True,
        from_on=_EVER,
        detail="the nature of the activity",
        must_detail=True,
    ),
    Code(
        "D",
        "Dual registered, at the other school",
        Group.ELSEWHERE,
        _NP,
        planned=True,
        ground=Ground.DUAL_REGISTRATION,
        from_on=_EVER,
    ),
    Code("C1", "Leave: performance or employment abroad", Group.LEAVE, _A, planned=True, ground=Ground.LEAVE),
    Code(
        "M",
        "Medical or dental appointment",
        Group.LEAVE,
        _A,
        planned=True,
        from_on=_EVER,
        detail="the day and time of the appointment",
    ),
    Code("J1", "Leave: interview", Group.LEAVE, _A, planned=True, ground=Ground.LEAVE, primary=False),
    Code(
        "S",
        "Leave: study for a public examination",
        Group.LEAVE,
        _A,
        planned=True,
        ground=Ground.LEAVE,
        primary=False,
        from_on=_EVER,
    ),
    Code(
        "X",
        "Under compulsory school age, not required",
        Group.LEAVE,
        _NP,
        planned=True,
        age=Age.NOT_COMPULSORY,
        from_on=_EVER,
    ),
    Code(
        "C2",
        "Leave: part-time timetable",
        Group.LEAVE,
        _A,
        planned=True,
        age=Age.COMPULSORY,
        ground=Ground.LEAVE,
    ),
    Code(
        "C",
        "Leave: exceptional circumstances",
        Group.LEAVE,
        _A,
        planned=True,
        ground=Ground.LEAVE,
        from_on=_EVER,
    ),
    Code(
        "T",
        "Parent travelling for work",
        Group.OTHER,
        _A,
        planned=True,
        age=Age.COMPULSORY,
        ground=Ground.MOBILE_CHILD,
        from_on=_EVER,
        detail="the days of travel and the expected return",
    ),
    Code("R", "Religious observance", Group.OTHER, _A, planned=True, from_on=_EVER, detail="the festival"),
    Code("I", "Illness", Group.OTHER, _A, from_on=_EVER, detail="the symptom or illness"),
    Code(
        "E",
        "Suspended or excluded, no other provision",
        Group.OTHER,
        _A,
        planned=True,
        ground=Ground.SUSPENSION,
        from_on=_EVER,
    ),
    Code(
        "Q",
        "No access arrangements by the local authority",
        Group.UNABLE,
        _NP,
        detail="the missing arrangement, and the day the local authority was told",
        must_detail=True,
    ),
    Code("Y1", "Usual transport not available", Group.UNABLE, _NP, detail="the route and its provider"),
    Code("Y2", "Widespread disruption to travel", Group.UNABLE, _NP, detail="the event"),
    Code("Y3", "Part of the school closed", Group.UNABLE, _NP, ground=Ground.CALENDAR),
    Code("Y4", "Whole school unexpectedly closed", Group.UNABLE, _NP, ground=Ground.CALENDAR),
    Code("Y5", "Criminal justice detention", Group.UNABLE, _NP, planned=True, restricted=True),
    Code("Y6", "Public health guidance or law", Group.UNABLE, _NP, detail="the guidance"),
    Code(
        "Y7",
        "Other unavoidable cause",
        Group.UNABLE,
        _NP,
        detail="the nature of the cause, which must be the pupil's own",
        must_detail=True,
    ),
    Code("G", "Holiday not granted", Group.UNAUTHORISED, _U, from_on=_EVER),
    Code("N", "Reason not yet established", Group.UNAUTHORISED, _U, from_on=_EVER),
    Code("O", "Absent, no accepted reason", Group.UNAUTHORISED, _U, from_on=_EVER),
    Code("U", "Arrived after the register closed", Group.UNAUTHORISED, _U, from_on=_EVER),
    Code("Z", "Not yet on the admission register", Group.ADMINISTRATIVE, _NP, from_on=_EVER),
    Code(
        "#",
        "Planned closure of the whole school",
        Group.ADMINISTRATIVE,
        _NP,
        planned=True,
        ground=Ground.CALENDAR,
        from_on=_EVER,
    ),
    Code("H", "Authorised holiday", Group.LEGACY, _A, from_on=_EVER, until_on=_BEFORE),
    Code("F", "Extended family holiday", Group.LEGACY, _A, from_on=_EVER, until_on=date(2013, 8, 31)),
    Code("J", "Interview", Group.LEGACY, _E, from_on=_EVER, until_on=_BEFORE),
    Code("Y", "Unable to attend, undivided", Group.LEGACY, _NP, from_on=_EVER, until_on=_BEFORE),
)

CODES: Mapping[str, Code] = {code.symbol: code for code in TABLE}
"""Every symbol once: no code has changed its statistical class while keeping its symbol (J became J1)."""

PRESENT_STROKE: Mapping[Session, str] = {Session.AM: "/", Session.PM: "\\"}
UNEXPLAINED = "N"
NOT_ON_ROLL = "Z"
LATE_CODES = ("L", "U")
THRESHOLD_CODES = frozenset({"G", "N", "O", "U"})
"""What counts toward the ten sessions of the national framework (WTISA ch. 6)."""

TEACHER_CODES = frozenset({"/", "\\", "N", "L"})
"""What a class teacher may record; the office gives every other code (both policies work this way)."""


class CodeRefusedError(Exception):
    """A symbol that is no attendance code; the message says so."""


def code(symbol: str) -> Code:
    """The code of a symbol as it is written in the register, or a refusal."""
    try:
        return CODES[symbol]
    except KeyError:
        raise CodeRefusedError(f"“{symbol}” is not an attendance code.") from None


def symbols_of(*classes: StatClass) -> tuple[str, ...]:
    return tuple(row.symbol for row in TABLE if row.stat_class in classes)
