"""The blanks a wording may hold: «name» in the text, filled with one value ready to print.

A blank without a value is a refusal that says what to do; a letter never goes out with a hole in it.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from letters.rules.refusals import LetterRefusedError

BLANK = re.compile(r"«([^«»]*)»")


class Entry(StrEnum):
    """How a given blank is asked for on the page that drafts a letter."""

    LINE = "line"
    DAY = "day"
    PERCENT = "percent"
    LINES = "lines"
    """One item on each line; a paragraph that is only this blank becomes a list."""


@dataclass(frozen=True)
class Blank:
    """One blank: what it stands for, how it looks filled in, and what to do when there is nothing to fill in.

    A `given` blank is filled by whoever asks for the letter; every other one from the registers. Those with an `entry`
    can be asked for on a page; those without come with a decision.
    """

    name: str
    meaning: str
    sample: str
    if_missing: str = "Check that the pupil's registers are complete."
    given: bool = False
    entry: Entry | None = None


class BlankRefusedError(LetterRefusedError):
    """A blank that is unknown or has no value."""


_NAMES = "Complete the pupil's or the contact's record first."
_SCHOOL = "Complete the school's own details first."
_TIMES = "Enter the session times of the pupil's key stage first."
_LEAVE = "Write this letter from the decision on the leave request."
_CALENDAR = "Enter the school's next terms first."
_WINDOW = "The ten-week count cannot be had for this pupil."


def _asked(name: str, meaning: str, sample: str, entry: Entry = Entry.LINE) -> Blank:
    """A blank that is asked for when the letter is drafted."""
    return Blank(name, meaning, sample, "Enter it when you draft the letter.", given=True, entry=entry)


TABLE: tuple[Blank, ...] = (
    Blank("salutation", "who the letter speaks to", "Mr and Mrs Example", _NAMES),
    Blank("addressee", "the names above the address", "Mr Alex Example, Mrs Pat Example", _NAMES),
    Blank("address_block", "the address the letter goes to", "1 Example Street, Exampleton, EX4 0XX", _NAMES),
    Blank("forename", "what the pupil is called", "Sam", _NAMES),
    Blank("surname", "the pupil's surname", "Example", _NAMES),
    Blank("class_name", "the pupil's class", "3 Oak", "Give the pupil a place in a class first."),
    Blank("date_of_printing", "the day the letter is issued", "20 November 2026"),
    Blank("figures_on", "the last day the figures take in", "20 November 2026"),
    Blank("reply_by", "the day ten school days after the letter is issued", "4 December 2026", _CALENDAR),
    Blank("school_name", "the school", "Example School", _SCHOOL),
    Blank("school_telephone", "the school's telephone", "01632 960200", _SCHOOL),
    Blank("school_email", "the school's e-mail address", "office@example.example", _SCHOOL),
    Blank(
        "reply_email",
        "where answers go: the letterhead's reply address, or the school's",
        "flo@example.example",
        _SCHOOL,
    ),
    Blank("proprietor", "who the headteacher acts for", "governing body", _SCHOOL),
    Blank("local_authority", "the local authority", "Kent", _SCHOOL),
    Blank("attendance", "attendance this school year in per cent", "83.7", "No session has been possible this year."),
    Blank("sessions_possible", "possible half-day sessions this school year, with the word", "104 sessions"),
    Blank("sessions_missed", "half-day sessions missed this school year, with the word", "17 sessions"),
    Blank("sessions_authorised", "half-day sessions missed with leave or good cause, with the word", "6 sessions"),
    Blank("sessions_unauthorised", "half-day sessions missed without authority, with the word", "11 sessions"),
    Blank("total_authorised_absences", "half-day sessions missed with leave or good cause, the number alone", "6"),
    Blank("total_unauthorised_absences", "half-day sessions missed without authority, the number alone", "11"),
    Blank("lates_this_year", "late before the register closed (L) this school year", "12 occasions"),
    Blank("lates_this_half_term", "late before the register closed (L) this half-term", "5"),
    Blank("all_lates_this_year", "late before or after the register closed (L and U) this school year", "14 occasions"),
    Blank("all_lates_this_half_term", "late before or after the register closed (L and U) this half-term", "6"),
    Blank("half_term", "the half-term", "Term 2", "Enter the school's terms first."),
    Blank("time_missed", "time missed on late arrival, from the minutes recorded", "4 hours 10 minutes"),
    Blank("total_lates_after", "half-day sessions late after the register closed (U) this school year", "2"),
    Blank(
        "dates_of_lates_after",
        "each day late after the register closed (U) this school year; alone in a paragraph, a list",
        "10 November 2026 (morning)\n17 November 2026 (morning)",
        "The register shows no arrival after close (U) this school year.",
    ),
    Blank(
        "dates_without_reason",
        "each day whose absence has no reason yet (N) this school year; alone in a paragraph, a list",
        "18 November 2026\n19 November 2026 (afternoon)",
        "No absence of this pupil waits for a reason.",
    ),
    Blank(
        "unauthorised_in_window",
        "half-day sessions of unauthorised absence (G, N, O, U) in the ten-week count, with the word",
        "11 sessions",
        _WINDOW,
    ),
    Blank("window_first_on", "the first day of the ten-week count", "14 September 2026", _WINDOW),
    Blank("register_am_starts", "when the morning register is taken", "8.50am", _TIMES),
    Blank("register_am_late_from", "the first minute that is late in the morning", "8.51am", _TIMES),
    Blank("register_am_closes", "when the morning register closes", "9.20am", _TIMES),
    Blank("register_pm_starts", "when the afternoon register is taken", "1.30pm", _TIMES),
    Blank("register_pm_late_from", "the first minute that is late in the afternoon", "1.31pm", _TIMES),
    Blank("register_pm_closes", "when the afternoon register closes", "1.45pm", _TIMES),
    Blank("leave_first_on", "first day of the leave asked for", "1 December 2026", _LEAVE, given=True),
    Blank("leave_last_on", "last day of the leave asked for", "4 December 2026", _LEAVE, given=True),
    Blank(
        "leave_sessions", "half-day sessions in the leave asked for, with the word", "8 sessions", _LEAVE, given=True
    ),
    Blank("leave_reason", "what the leave was asked for", "a family holiday", _LEAVE, given=True),
    Blank("leave_granted_sessions", "half-day sessions granted, with the word", "2 sessions", _LEAVE, given=True),
    Blank("leave_granted_when", "the days granted", "1 December 2026", _LEAVE, given=True),
    Blank(
        "leave_refused_sessions",
        "half-day sessions asked for and not granted, with the word",
        "6 sessions",
        _LEAVE,
        given=True,
    ),
    Blank(
        "expected_attendance",
        "the attendance the school expects, per cent",
        "95",
        "The headteacher must set it in the school's policy.",
        given=True,
    ),
    _asked("holiday_first_on", "first day of the absence believed to be a holiday", "9 November 2026", Entry.DAY),
    _asked("holiday_last_on", "last day of the absence believed to be a holiday", "13 November 2026", Entry.DAY),
    _asked("belief_reason", "why the school believes so: “we believe this because …”", "Sam told the class about it"),
    _asked("travel_from_on", "the day from which the family travels", "23 November 2026", Entry.DAY),
    _asked("panel_on", "the day of the panel meeting", "1 December 2026", Entry.DAY),
    _asked("panel_time", "the time of the panel meeting", "3.45pm"),
    _asked("panel_place", "where the panel meets", "the meeting room beside reception"),
    _asked(
        "plan_actions",
        "what was agreed, an action and its owner on each line",
        "Breakfast club from 7.45am: the school\nIn bed by 8pm on school nights: home",
        Entry.LINES,
    ),
    _asked("plan_support", "the support offered beyond the plan, Early Help included", "an Early Help assessment"),
    _asked("target_attendance", "the attendance aimed for, per cent", "96", Entry.PERCENT),
    _asked("review_on", "the day of the review", "15 January 2027", Entry.DAY),
    _asked("part_time_first_on", "first day of the part-time timetable", "2 November 2026", Entry.DAY),
    _asked("part_time_last_on", "last day of the part-time timetable", "11 December 2026", Entry.DAY),
    _asked("part_time_times", "when the pupil is in school", "each morning, 8.50am to 12 noon"),
    _asked("review_time", "the time of the review", "2.30pm"),
    _asked(
        "support_given",
        "the support given so far, an item on each line",
        "A meeting with the Family Liaison Officer on 5 October 2026\nA place at breakfast club since 12 October 2026",
        Entry.LINES,
    ),
    _asked(
        "support_open",
        "the support that stays on offer, an item on each line",
        "A place at breakfast club\nA weekly call from the Family Liaison Officer",
        Entry.LINES,
    ),
    _asked("improve_from_on", "first day of the improvement period", "23 November 2026", Entry.DAY),
    _asked("improve_until_on", "last day of the improvement period, 3 to 6 weeks later", "11 January 2027", Entry.DAY),
    _asked(
        "improvement_wanted",
        "what sufficient improvement is: “it will be enough if …”",
        "there is no unauthorised absence in this time",
    ),
    _asked("praised_for", "what the pupil is praised for: “well done for …”", "three weeks without one late arrival"),
)
"""Of this table the rows that speak of sessions mean half-days: the school day has two."""

OF_THE_HOUSEHOLD = frozenset(
    {
        "salutation",
        "addressee",
        "address_block",
        "date_of_printing",
        "reply_by",
        "school_name",
        "school_telephone",
        "school_email",
        "reply_email",
        "proprietor",
        "local_authority",
    }
)
"""The blanks that say the same of whichever child of a household a letter is about; every other is one child's own."""

ALIASES: Mapping[str, str] = {"percentage_attendance": "attendance"}
"""Names that the schools' own letters use for a blank that has another name here."""

BLANKS: Mapping[str, Blank] = {blank.name: blank for blank in TABLE}

SAMPLES: Mapping[str, str] = {blank.name: blank.sample for blank in TABLE}
"""A value for every blank, to show a wording by itself."""


def named_in(text: str) -> tuple[str, ...]:
    """The names of the blanks in a text, in order, each as often as it stands there."""
    return tuple(match[1] for match in BLANK.finditer(text))


def canonical(name: str) -> str:
    """The name a blank has here, whichever of its names a text uses."""
    return ALIASES.get(name, name)


def is_of_one_child(text: str) -> bool:
    """Whether a text says something that is so of one child of a household and need not be of another."""
    return any(canonical(name) not in OF_THE_HOUSEHOLD for name in named_in(text))


def check_known(name: str) -> None:
    """Raise BlankRefusedError for a blank that is none of these."""
    if canonical(name) not in BLANKS:
        raise BlankRefusedError(f"«{name}» is no known blank.")


def check_given(names: Collection[str]) -> None:
    """Refuse what a caller fills in without being asked: an unknown blank, or one the registers fill."""
    for name in names:
        check_known(name)
        if not BLANKS[canonical(name)].given:
            raise BlankRefusedError(f"«{name}» is filled from the registers and cannot be given.")


def value_of(name: str, values: Mapping[str, str]) -> str:
    """The value of a blank, or a refusal that names it and says what to do."""
    check_known(name)
    name = canonical(name)
    value = values.get(name, "").strip()
    if not value:
        blank = BLANKS[name]
        raise BlankRefusedError(f"There is nothing to put for «{name}», {blank.meaning}. {blank.if_missing}")
    return value
