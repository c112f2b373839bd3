"""What a policy can be held against: one pupil's sessions up to a day, counted over every period its rules name."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from escalation.rules import measuring
from registers.rules import codes
from registers.rules.calendar import Calendar, Term, monday_of
from registers.rules.codes import StatClass
from registers.rules.figures import Figures
from registers.rules.sessions import SessionOn

NO_MARK = "No mark in the register."
LAST_DAYS = 5
"""School days at a term's end that count as its end, together with the holiday after it."""
ATTENDED = "/"


class Marked(NamedTuple):
    """One session and its code."""

    place: SessionOn
    code: str


class LeftOut(NamedTuple):
    """One session that was not counted, its code ("" for none), and why."""

    place: SessionOn
    code: str
    why: str


class Stretch(NamedTuple):
    """A pupil's figures from a day to a day, both included."""

    first_on: date
    last_on: date
    figures: Figures


@dataclass(frozen=True)
class Ends:
    """Whether a day belongs to the end of a term (of two half-terms) or of a half-term."""

    term: bool = False
    half_term: bool = False


@dataclass(frozen=True)
class Measures:
    """One pupil's school year up to a day.

    `marks` are the sessions that were not plainly attended, in order: absences, lates and sessions that were not
    possible; they may reach back before `since`, where the year begins, if a period of the policy does. `blanks` are
    open sessions on roll without a mark. `half_term` is the one the day lies in. `stretches` holds the figures of the
    policy's other periods, `places` the open sessions on roll from the earliest period on, `remaining` those still to
    come this year. `letters` tells when each kind was last issued, `reached` the days about which somebody was reached.
    """

    since: date
    on: date
    figures: Figures
    marks: tuple[Marked, ...] = ()
    blanks: tuple[SessionOn, ...] = ()
    half_term: Term | None = None
    stretches: Mapping[str, Stretch] = field(default_factory=lambda: MappingProxyType({}))
    places: tuple[SessionOn, ...] = ()
    remaining: int = 0
    ends: Ends = Ends()
    year_group: int = 0
    of_compulsory_age: bool = True
    letters: Mapping[str, date] = field(default_factory=lambda: MappingProxyType({}))
    reached: frozenset[date] = frozenset()
    review_due: date | None = None

    def over(self, period: str) -> Stretch | None:
        """The figures of a period a rule names; None where the calendar has no such period on the day."""
        if period == measuring.YEAR:
            return Stretch(self.since, self.on, self.figures)
        return self.stretches.get(period)

    @cached_property
    def this_year(self) -> tuple[Marked, ...]:
        return self.between(self.since, self.on)

    def between(self, first_on: date, last_on: date) -> tuple[Marked, ...]:
        """The marks of a period, its first and last day included."""
        start = bisect_left(self.marks, first_on, key=lambda mark: mark.place.on)
        return self.marks[start : bisect_right(self.marks, last_on, key=lambda mark: mark.place.on)]

    @property
    def absences(self) -> tuple[Marked, ...]:
        return absences(self.this_year)

    @property
    def lates(self) -> tuple[Marked, ...]:
        return tuple(mark for mark in self.this_year if mark.code in codes.LATE_CODES)

    @property
    def outside(self) -> tuple[LeftOut, ...]:
        """The sessions of the year outside every percentage, in order."""
        return self.outside_between(self.since, self.on)

    def outside_between(self, first_on: date, last_on: date) -> tuple[LeftOut, ...]:
        not_possible = [
            LeftOut(mark.place, mark.code, f"{codes.code(mark.code).meaning}: not a possible session.")
            for mark in self.between(first_on, last_on)
            if codes.code(mark.code).stat_class is StatClass.NOT_POSSIBLE
        ]
        blanks = [LeftOut(place, "", NO_MARK) for place in self.blanks if first_on <= place.on <= last_on]
        return tuple(sorted([*not_possible, *blanks]))

    @cached_property
    def told(self) -> Mapping[SessionOn, str]:
        """What the register tells of every open session: its code, "" for none, and one stroke for plain attendance."""
        told = dict.fromkeys(self.places, ATTENDED)
        told.update((place, "") for place in self.blanks if place in told)
        told.update((place, code) for place, code in self.marks if place in told)
        return told

    @cached_property
    def places_this_year(self) -> tuple[SessionOn, ...]:
        return self.places[bisect_left(self.places, self.since, key=lambda place: place.on) :]

    @cached_property
    def turning_places(self) -> tuple[SessionOn, ...]:
        """The open sessions of the year on which a run or an occasion can turn.

        Those not plainly attended, and of the attended ones between two of them the first and the last: what lies
        further in breaks nothing that these have not broken. A tenth of the year, as a rule.
        """
        places = self.places_this_year
        told = sorted({*(mark.place for mark in self.this_year), *self.blanks})
        found: list[SessionOn] = []
        end = 0
        for place in told:
            start = bisect_left(places, place, end)
            if start == len(places) or places[start] != place:
                continue
            found.extend(_ends_of(places[end:start]))
            found.append(place)
            end = start + 1
        found.extend(_ends_of(places[end:]))
        return tuple(found)

    def figures_between(self, first_on: date, last_on: date) -> Figures:
        """The figures of a period of the pupil's own, counted session by session."""
        told = [code for place, code in self.told.items() if first_on <= place.on <= last_on]
        counted = Counter(code for code in told if code not in ("", codes.NOT_ON_ROLL))
        return Figures(MappingProxyType(dict(counted)), told.count(""))

    def weeks_since(self, on: date) -> int:
        """School weeks that have begun after a day's own week."""
        return len({monday_of(place.on) for place in self.places if monday_of(place.on) > monday_of(on)})


def _ends_of(places: tuple[SessionOn, ...]) -> tuple[SessionOn, ...]:
    return places if len(places) < 3 else (places[0], places[-1])


def absences(marks: Iterable[Marked]) -> tuple[Marked, ...]:
    return tuple(mark for mark in marks if codes.code(mark.code).is_absent)


def ends(calendar: Calendar, on: date) -> Ends:
    """Which ends a day belongs to: the last five school days of a half-term, and the holiday after them."""
    term = calendar.term_of(on)
    if term is None:
        return Ends()
    last = calendar.school_days_between(term.first_on, term.last_on)[-LAST_DAYS:]
    is_end = bool(last) and on >= last[0]
    return Ends(term=is_end and term.number % 2 == 0, half_term=is_end)


def first_day(calendar: Calendar, on: date, over: str) -> date | None:
    """The first day of a period that runs to a day; None where the calendar has none."""
    if over == measuring.YEAR:
        return calendar.school_year_of(on)[0]
    weeks = measuring.weeks_of(over)
    if weeks is not None:
        mondays = calendar.weeks_ending(on, weeks)
        return mondays[0] if mondays else None
    term = calendar.term_of(on)
    if term is None or over == measuring.HALF_TERM:
        return term.first_on if term else None
    year_began_on = calendar.school_year_of(on)[0]
    odd = (term.number - 1) // 2 * 2 + 1
    opening = (one.first_on for one in calendar.terms if one.number == odd and year_began_on <= one.first_on <= on)
    return min(opening, default=term.first_on)
