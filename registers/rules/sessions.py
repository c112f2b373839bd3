"""The two halves of a school day."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple


class Session(StrEnum):
    """A morning or an afternoon; the names sort in the order of the day."""

    AM = "AM"
    PM = "PM"


class SessionOn(NamedTuple):
    """One session of one day."""

    on: date
    session: Session

    def __str__(self) -> str:
        return f"{self.on:%a} {self.on.day} {self.on:%b %Y} {self.session}"


def is_in_pattern(place: SessionOn, pattern: str) -> bool:
    """Whether a session is one of a week's pattern such as "1AM 1PM 5AM" (1 is Monday); blank is every one."""
    return not pattern or f"{place.on.isoweekday()}{place.session}" in pattern.split()
