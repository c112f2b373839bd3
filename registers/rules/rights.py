"""Who may do what: one table from role to rights, asked by pages, buttons and tests alike."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """The part a person plays at one school."""

    TEACHER = "teacher"
    OFFICE = "office"
    FLO = "flo"
    ATTENDANCE_LEAD = "attendance_lead"
    HEAD = "head"
    DEPUTY = "deputy"
    """Whom the school names to decide leave besides the headteacher (reg 11: a person the proprietor authorises)."""
    GOVERNOR = "governor"
    TRUST = "trust"
    ADMINISTRATOR = "administrator"
    NIGHTLY = "nightly"
    """Work that runs at night; nobody signs in with it."""
    OPERATOR = "operator"
    """Whoever sets schools up and imports files from the command line; nobody signs in with it."""
    ONLINE = "online"
    """A parent who sends a form by a link of the school; nobody signs in with it."""


MACHINE = (Role.NIGHTLY, Role.OPERATOR, Role.ONLINE)
"""The parts that nobody plays: what comes in by them is recorded in their name."""


ROLE_NAMES: Mapping[Role, str] = {
    Role.TEACHER: "Class teacher",
    Role.OFFICE: "School office",
    Role.FLO: "Family Liaison Officer",
    Role.ATTENDANCE_LEAD: "Attendance lead",
    Role.HEAD: "Headteacher",
    Role.DEPUTY: "Deputy headteacher",
    Role.GOVERNOR: "Governor",
    Role.TRUST: "Trust officer",
    Role.ADMINISTRATOR: "System administrator",
    Role.NIGHTLY: "Nightly scan",
    Role.OPERATOR: "Command line",
    Role.ONLINE: "Parent, online",
}


class Right(StrEnum):
    """One thing a role may do at its school."""

    HOME = "see the school's home page"
    TAKE_REGISTER = "take a class's register"
    RECODE = "recode marks for the whole school"
    SEE_PUPILS = "see any pupil's attendance"
    SEE_FAMILY = "see addresses and contacts"
    SEE_SENSITIVE = "see medical notes, social workers and who is looked after"
    EDIT_PUPILS = "change the admission register"
    SEE_ON_SITE = "see who is on site"
    SEE_STATISTICS = "see figures by class and year group"
    EXPORT = "export lists and registers"
    IMPORT = "import rolls and marks from files"
    CLOSE_SCHOOL = "enter an unexpected closure"
    SET_UP = "change session times, terms, closures and settings"
    MANAGE_PEOPLE = "invite people and change their parts"
    COMPARE_SCHOOLS = "compare the schools of a trust"
    RECORD_REASON = "record why a pupil was away"
    ENTER_LEAVE = "enter a leave request"
    DECIDE_LEAVE = "decide a leave request"
    SEE_EVIDENCE = "see the files families sent as evidence"
    WANT_EVIDENCE = "say that illness needs evidence"
    ARRANGE = "record longer arrangements"
    SUPPORT = "see and keep support plans"
    SEE_DESK = "work through flagged pupils"
    SEE_RESTRICTED = "read restricted notes of cases"
    SCAN = "run the scan now"
    SET_POLICY = "change the school's attendance policy"
    DECIDE_ORDERS = "decide whether somebody is written to in spite of a court order"
    WRITE_LETTERS = "draft and issue the school's letters"
    EDIT_WORDING = "change the words and the letterhead of the school's letters"
    SEND_MESSAGES = "send texts and e-mails to families"
    SEE_REPORT = "read the governors' report"


_OFFICE = {
    Right.HOME,
    Right.TAKE_REGISTER,
    Right.RECODE,
    Right.SEE_PUPILS,
    Right.SEE_FAMILY,
    Right.EDIT_PUPILS,
    Right.SEE_ON_SITE,
    Right.SEE_STATISTICS,
    Right.EXPORT,
    Right.IMPORT,
    Right.CLOSE_SCHOOL,
    Right.RECORD_REASON,
    Right.ENTER_LEAVE,
    Right.ARRANGE,
    Right.SEE_EVIDENCE,
    Right.WRITE_LETTERS,
    Right.SEND_MESSAGES,
}
_FLO = {
    Right.HOME,
    Right.SEE_PUPILS,
    Right.SEE_FAMILY,
    Right.SEE_SENSITIVE,
    Right.SEE_ON_SITE,
    Right.SEE_STATISTICS,
    Right.EXPORT,
    Right.RECORD_REASON,
    Right.ENTER_LEAVE,
    Right.ARRANGE,
    Right.SUPPORT,
    Right.SEE_EVIDENCE,
    Right.SEE_DESK,
    Right.SCAN,
    Right.WRITE_LETTERS,
    Right.SEND_MESSAGES,
    Right.SEE_REPORT,
}

_LEAD = {Right.SET_UP, Right.EDIT_WORDING, Right.SEE_RESTRICTED, Right.DECIDE_ORDERS}
_HEAD = {
    Right.SET_UP,
    Right.DECIDE_LEAVE,
    Right.WANT_EVIDENCE,
    Right.MANAGE_PEOPLE,
    Right.SEE_RESTRICTED,
    Right.SET_POLICY,
    Right.EDIT_WORDING,
    Right.DECIDE_ORDERS,
}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.TEACHER: frozenset({Right.HOME, Right.TAKE_REGISTER}),
    Role.OFFICE: frozenset(_OFFICE),
    Role.FLO: frozenset(_FLO),
    Role.ATTENDANCE_LEAD: frozenset(_FLO | _OFFICE | _LEAD),
    Role.HEAD: frozenset(_FLO | _OFFICE | _HEAD),
    Role.DEPUTY: frozenset(_FLO | _OFFICE | {Right.DECIDE_LEAVE, Right.SEE_RESTRICTED, Right.DECIDE_ORDERS}),
    Role.GOVERNOR: frozenset({Right.HOME, Right.SEE_REPORT}),
    Role.TRUST: frozenset({Right.HOME, Right.SEE_REPORT, Right.COMPARE_SCHOOLS}),
    Role.ADMINISTRATOR: frozenset({Right.HOME, Right.IMPORT, Right.SET_UP, Right.MANAGE_PEOPLE}),
    Role.NIGHTLY: frozenset(),
    Role.OPERATOR: frozenset(),
    Role.ONLINE: frozenset(),
}


def holds(role: Role, right: Right) -> bool:
    return right in RIGHTS[role]


class RightRefusedError(Exception):
    """Somebody asked for what their role does not hold."""


def check(role: Role, right: Right) -> None:
    """Refuse work that a role does not hold; services ask this again behind the page."""
    if not holds(role, right):
        raise RightRefusedError(f"{ROLE_NAMES[role]}: not allowed to {right.value}.")
