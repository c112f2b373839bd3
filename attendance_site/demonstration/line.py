"""One child's line in the register for one school year, filled in layer by layer."""

from attendance_site.demonstration.years import SchoolYear
from registers.rules.sessions import Session

UNEXPLAINED = "?"
"""An absence nobody has explained: written as N while it is recent, as O afterwards."""


class Line:
    """The codes of one child, one for each session of the year; the first code written on a session stays."""

    def __init__(self, year: SchoolYear) -> None:
        self.year = year
        self.codes: list[str] = [""] * len(year.sessions)
        self.comments: dict[int, str] = {}
        self.minutes: dict[int, int] = {}

    def put(self, session: int, code: str, comment: str = "") -> None:
        """Write a code on a session, unless something already stands there."""
        if not self.codes[session]:
            self.codes[session] = code
            if comment:
                self.comments[session] = comment

    def put_day(self, day: int, code: str, comment: str = "") -> None:
        for session in self.year.places[day]:
            self.put(session, code, comment)

    def put_days(self, first: int, count: int, code: str, comment: str = "") -> None:
        """Write a code on some school days in a row, as far as the year goes."""
        for day in range(max(0, first), min(first + count, len(self.year.days))):
            self.put_day(day, code, comment)

    def put_half_day(self, day: int, half: Session, code: str, comment: str = "") -> None:
        """Write a code on one half of a school day, if the school is open then."""
        for session in self.year.places[day]:
            if self.year.sessions[session].session is half:
                self.put(session, code, comment)
