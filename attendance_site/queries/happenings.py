"""One line of a pupil's timeline."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Happening:
    """One line of the timeline. `url_name` and `key` lead to the thing itself, where it has a page.

    One `for_desk` is read only by those who work through flagged pupils.
    """

    at: datetime
    what: str
    who: str
    url_name: str = ""
    key: int = 0
    for_desk: bool = False
