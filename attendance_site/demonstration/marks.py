"""The rows of the marks file: the lines of the register, cut to the days that are asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from attendance_site.demonstration import stamps
from attendance_site.demonstration.chances import Chances
from attendance_site.demonstration.line import UNEXPLAINED, Line
from attendance_site.demonstration.localities import Locality
from attendance_site.demonstration.register import line_of
from attendance_site.demonstration.rolls import OnRoll
from attendance_site.demonstration.years import SchoolYear
from registers.rules.calendar import Calendar
from registers.rules.codes import PRESENT_STROKE
from registers.rules.sessions import Session, SessionOn

RECENT_DAYS = 5
"""School days before today on which an absence may still stand unexplained (reg 10(7)-(9))."""
UNHEARD = 0.6
"""The share of today's newly ill children whose parents have not rung yet."""
PRESENT = frozenset(PRESENT_STROKE.values())

Row = Sequence[str]


@dataclass(frozen=True)
class Cut:
    """Which marks are written: days after `since`, up to the morning of `today` but for the untaken classes."""

    today: date
    since: date
    calendar: Calendar
    untaken: frozenset[str]

    def takes(self, place: SessionOn) -> bool:
        if place.on == self.today:
            return place.session is Session.AM and self.since < self.today
        return self.since < place.on < self.today

    @property
    def recent_from(self) -> date:
        """The first day whose unexplained absences are still N."""
        days = self.calendar.school_days_between(date.min, self.today)
        return days[-RECENT_DAYS - 1 :][0]


@dataclass(frozen=True)
class Page:
    """One child's line together with what every one of its rows repeats."""

    entry: OnRoll
    line: Line
    class_name: str
    minute: int

    @property
    def upn(self) -> str:
        return self.entry.child.upn


def rows(everyone: Sequence[OnRoll], year: SchoolYear, chances: Chances, area: Locality, cut: Cut) -> Iterator[Row]:
    """Every mark of a school year that the cut takes, day by day and class by class."""
    taken = [session for session, place in enumerate(year.sessions) if cut.takes(place)]
    if not taken:
        return
    pages = [_page(entry, year, chances, area) for entry in everyone]
    recent_from = cut.recent_from
    for session in taken:
        place = year.sessions[session]
        unexplained = "N" if place.on >= recent_from else "O"
        if place.on == cut.today:
            here = [page for page in pages if page.class_name not in cut.untaken]
            unheard = _unheard(here, session, chances)
        else:
            here, unheard = pages, frozenset()
        yield from _session_rows(here, session, place, unexplained, unheard)


def _page(entry: OnRoll, year: SchoolYear, chances: Chances, area: Locality) -> Page:
    child = entry.child
    group = child.year_group(year.number)
    minute = 2 + (group * 2 + child.form) % 7
    return Page(entry, line_of(child, year, chances), area.class_name(group, child.form), minute)


def _unheard(pages: Sequence[Page], session: int, chances: Chances) -> frozenset[str]:
    """The children newly ill this morning of whom nobody has heard yet, by UPN."""
    return frozenset(
        page.upn
        for page in pages
        if page.line.codes[session] == "I"
        and (session == 0 or page.line.codes[session - 1] != "I")
        and chances.of("unheard", page.entry.child.place, page.line.year.number, session).random() < UNHEARD
    )


def _session_rows(
    pages: Sequence[Page], session: int, place: SessionOn, unexplained: str, unheard: frozenset[str]
) -> Iterator[Row]:
    on, half = place.on.isoformat(), str(place.session)
    by_teacher = {minute: stamps.stamp(place, minute) for minute in {page.minute for page in pages}}
    by_office = stamps.stamp(place, stamps.OFFICE_MINUTES)
    for page in pages:
        if not page.entry.is_on_roll(place.on):
            continue
        code = page.line.codes[session]
        if code in PRESENT:
            yield page.upn, on, half, code, "", "", stamps.TEACHER, by_teacher[page.minute]
        elif code == UNEXPLAINED or page.upn in unheard:
            # What was once N became O later, at a time that nobody wrote down.
            code, at = (unexplained, "") if unexplained == "O" else ("N", by_teacher[page.minute])
            yield page.upn, on, half, code, "", "", stamps.TEACHER if at else stamps.OFFICE, at
        elif minutes := page.line.minutes.get(session):
            yield page.upn, on, half, code, str(minutes), "", stamps.OFFICE, stamps.stamp(place, minutes)
        else:
            comment = page.line.comments.get(session, "")
            yield page.upn, on, half, code, "", comment, stamps.OFFICE, by_office
