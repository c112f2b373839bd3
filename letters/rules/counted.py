"""The marks a letter was counted from, kept with it, held against the marks as they stand now."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from registers.rules import figures
from registers.rules.figures import Figures
from registers.rules.sessions import Session, SessionOn

STAND_DAYS = 7
"""So many days after a letter was checked its figures may still be issued; later they are counted anew."""

Kept = Sequence[object]
"""A mark as it is kept: day, session, code, minutes late."""


class Said(NamedTuple):
    """What a mark says: its code, and the minutes where they were noted."""

    code: str
    minutes: int | None

    def __str__(self) -> str:
        return self.code + (f", {self.minutes} minutes" if self.minutes is not None else "")


@dataclass(frozen=True)
class Amended:
    """A session whose mark is no longer what was counted."""

    place: SessionOn
    then: Said
    now: Said


@dataclass(frozen=True)
class Difference:
    """What has been amended of the sessions counted, and what they come to, then and now."""

    amended: tuple[Amended, ...]
    then: Figures
    now: Figures

    @property
    def figures(self) -> tuple[tuple[str, str, str], ...]:
        """What each figure was and is, in words; those that are the same are left out."""
        rows = (
            ("Attendance", _percent(self.then), _percent(self.now)),
            ("Sessions missed", str(self.then.absent), str(self.now.absent)),
            ("Authorised", str(self.then.authorised), str(self.now.authorised)),
            ("Unauthorised", str(self.then.unauthorised), str(self.now.unauthorised)),
            ("Late before the register closed (L)", str(self.then.late), str(self.now.late)),
            ("Late after it closed (U)", str(self.then.late_after_close), str(self.now.late_after_close)),
        )
        return tuple(row for row in rows if row[1] != row[2])


def keep(marks: Iterable[tuple[date, str, str, int | None]]) -> list[list[object]]:
    """Marks in the form in which a letter keeps them."""
    return [[on.isoformat(), session, code, minutes] for on, session, code, minutes in marks]


def said(kept: Iterable[Kept]) -> dict[SessionOn, Said]:
    """What was counted, by session."""
    return {
        SessionOn(date.fromisoformat(str(on)), Session(str(session))): Said(
            str(code), minutes if isinstance(minutes, int) else None
        )
        for on, session, code, minutes in kept
    }


def difference(kept: Iterable[Kept], now: Mapping[SessionOn, Said]) -> Difference | None:
    """What has changed of the sessions counted; None where nothing has. A session marked since was not counted."""
    then = said(kept)
    amended = tuple(
        Amended(place, old, now[place]) for place, old in sorted(then.items()) if place in now and now[place] != old
    )
    if not amended:
        return None
    return Difference(amended, _figures(then.values()), _figures(now.get(place, old) for place, old in then.items()))


def _figures(marks: Iterable[Said]) -> Figures:
    return Figures(Counter(mark.code for mark in marks))


def _percent(counted: Figures) -> str:
    return f"{figures.shown(counted.attendance)} %" if counted.possible else "none"
