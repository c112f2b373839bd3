"""One pupil's register as a line of codes, and the measures a scan would make of it, counted by hand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from escalation.rules import measures as rules
from escalation.rules.measures import Marked, Measures, Stretch
from escalation.rules.measuring import overs_of
from escalation.rules.policy import Policy
from registers.rules.calendar import Calendar, Term
from registers.rules.figures import Figures
from registers.rules.sessions import SessionOn

CALENDAR = Calendar(
    (
        Term("Term 5", 5, date(2026, 4, 20), date(2026, 5, 22)),
        Term("Term 6", 6, date(2026, 6, 1), date(2026, 7, 21)),
        Term("Term 1", 1, date(2026, 9, 1), date(2026, 10, 16)),
        Term("Term 2", 2, date(2026, 11, 2), date(2026, 12, 18)),
        Term("Term 3", 3, date(2027, 1, 4), date(2027, 2, 12)),
        Term("Term 4", 4, date(2027, 2, 22), date(2027, 3, 25)),
        Term("Term 5", 5, date(2027, 4, 12), date(2027, 5, 28)),
        Term("Term 6", 6, date(2027, 6, 7), date(2027, 7, 22)),
    )
)
YEAR_BEGAN = date(2026, 9, 1)
BLANK = "."
PLAIN = ("/", "\\", "V")


def sessions(number: int, first_on: date = YEAR_BEGAN) -> tuple[SessionOn, ...]:
    return CALENDAR.sessions_between(first_on, date(2027, 7, 22))[:number]


def last_day(number: int, first_on: date = YEAR_BEGAN) -> date:
    """The day on which so many sessions are over."""
    return sessions(number, first_on)[-1].on


def line(codes: str | Sequence[str], first_on: date = YEAR_BEGAN) -> dict[SessionOn, str]:
    """A code a session from a day on; a dot is no mark."""
    return dict(zip(CALENDAR.sessions_between(first_on, date(2027, 7, 22)), codes, strict=False))


def measured(policy: Policy, codes: Mapping[SessionOn, str], on: date | None = None, **fields: Any) -> Measures:
    """What a scan on a day makes of a register; every open session that the line does not name was attended."""
    on = on or max(place.on for place in codes)
    overs = {over for rule in policy.rules for over in overs_of(rule.measure)} - {"year"}
    firsts = {over: first for over in overs if (first := rules.first_day(CALENDAR, on, over)) is not None}
    places = CALENDAR.sessions_between(min([YEAR_BEGAN, *firsts.values()]), on)
    told = {place: codes.get(place, "/") for place in places}
    return Measures(
        since=YEAR_BEGAN,
        on=on,
        figures=_figures(told, YEAR_BEGAN),
        marks=tuple(Marked(place, code) for place, code in told.items() if code not in (*PLAIN, BLANK)),
        blanks=tuple(place for place, code in told.items() if code == BLANK),
        half_term=CALENDAR.term_of(on),
        stretches={over: Stretch(first, on, _figures(told, first)) for over, first in firsts.items()},
        places=places,
        remaining=len(CALENDAR.sessions_between(on + timedelta(days=1), date(2027, 8, 31))),
        **{"ends": rules.ends(CALENDAR, on), **fields},
    )


def _figures(told: Mapping[SessionOn, str], first_on: date) -> Figures:
    codes = [code for place, code in told.items() if place.on >= first_on]
    return Figures(Counter(code for code in codes if code != BLANK), codes.count(BLANK))
