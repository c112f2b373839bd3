"""Suspensions and dual registrations: the days they cover, counted as the law counts them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from registers.rules.calendar import Calendar, school_year_end, school_year_start
from registers.rules.sessions import Session

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
PATTERN_CHOICES: tuple[tuple[str, str], ...] = tuple(
    (f"{number}{session}", f"{name[:3]} {session}")
    for number, name in enumerate(WEEKDAYS, start=1)
    for session in Session
)
"""Every session of a school week, as a pattern holds it and as a page shows it."""
RECORDED = frozenset({"K", "B", "M"})
"""Codes that may rest on a record though they need none: what goes on for weeks is agreed once."""
BY_WEEKDAY = frozenset({"D", "C2", "K", "B", "M"})
"""Codes of arrangements that may hold for some sessions of the week only."""
MOST_SUSPENDED_DAYS = 45
EDUCATION_FROM_DAY = 6
"""From the sixth school day of a suspension the school arranges education elsewhere (Education Act 2002 s.51A)."""


def pattern_of(ticked: Collection[str]) -> str:
    """The sessions ticked as a pattern in the order of the week; blank for all of them."""
    if len(set(ticked)) == len(PATTERN_CHOICES):
        return ""
    return " ".join(key for key, _ in PATTERN_CHOICES if key in ticked)


def pattern_words(pattern: str) -> str:
    """A pattern as a page shows it, whole days as one word: "Monday, Friday AM"."""
    sessions = set(pattern.split())
    parts = []
    for number, name in enumerate(WEEKDAYS, start=1):
        held = [session for session in Session if f"{number}{session}" in sessions]
        if held:
            parts.append(name if len(held) == len(Session) else f"{name} {held[0]}")
    return ", ".join(parts)


@dataclass(frozen=True)
class SuspendedDays:
    """A suspension's school days, numbered through its school year; `education_from` is its own sixth day."""

    first: int
    last: int
    education_from: date | None

    @property
    def is_too_many(self) -> bool:
        return self.last > MOST_SUSPENDED_DAYS


def suspended_days(calendar: Calendar, first_on: date, last_on: date, earlier: Sequence[date]) -> SuspendedDays | None:
    """The numbers of a suspension's school days, after the earlier suspended days; None if it covers no school day."""
    year = school_year_start(first_on), school_year_end(first_on)
    before = sum(year[0] <= day <= year[1] for day in earlier)
    days = calendar.school_days_between(first_on, last_on)
    if not days:
        return None
    sixth = days[EDUCATION_FROM_DAY - 1] if len(days) >= EDUCATION_FROM_DAY else None
    return SuspendedDays(before + 1, before + len(days), sixth)
