"""The national threshold: ten sessions of G, N, O or U, in any mix, within ten school weeks.

Source: WTISA ch. 6 and the Education (Penalty Notices) (England) Regulations 2007 as amended by SI 2024/210, from
19 August 2024. The sessions need not follow each other; the weeks run on over half-terms, terms and school years. Only
sessions of compulsory school age count. To meet the threshold obliges a school to consider a notice, never to ask for
one by itself.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from registers.rules import ages, codes
from registers.rules.calendar import monday_of
from registers.rules.sessions import SessionOn

SESSIONS = 10
WEEKS = 10
FROM_WEEK = date(2024, 8, 19)
"""The Monday from which the national framework counts; earlier absence followed local codes."""


class Counted(NamedTuple):
    """One session that counts toward the threshold."""

    place: SessionOn
    code: str


@dataclass(frozen=True)
class DropOut:
    """The sessions of one week, and the day from which they no longer count: the Monday of the tenth school week after.

    `on` is None where the calendar does not reach that far.
    """

    week: date
    on: date | None
    number: int


@dataclass(frozen=True)
class Window:
    """A pupil's count in the school week of a day and the nine school weeks before, with its working.

    `first_week` and `last_week` are Mondays, None before the first school week that counts. `met_on` is the session at
    which the count rose to ten and since when it has not fallen below; None while it stands below.
    """

    on: date
    first_week: date | None
    last_week: date | None
    sessions: tuple[Counted, ...]
    met_on: SessionOn | None
    drop_outs: tuple[DropOut, ...]

    @property
    def count(self) -> int:
        return len(self.sessions)

    @property
    def provisional(self) -> int:
        """How many of them are N, whose reason may still become known."""
        return sum(session.code == codes.UNEXPLAINED for session in self.sessions)

    @property
    def met(self) -> bool:
        return self.count >= SESSIONS

    @property
    def left_before_threshold(self) -> int:
        return max(0, SESSIONS - self.count)

    @property
    def oldest_drop_out(self) -> DropOut | None:
        return self.drop_outs[0] if self.drop_outs else None


def counted(dob: date, marks: Iterable[Counted]) -> tuple[Counted, ...]:
    """The marks of a pupil that count, in order: G, N, O or U while of compulsory school age, from 19 August 2024."""
    return tuple(
        sorted(
            mark
            for mark in marks
            if mark.code in codes.THRESHOLD_CODES
            and mark.place.on >= FROM_WEEK
            and ages.is_compulsory_age(dob, mark.place.on)
        )
    )


def weeks_of(school_weeks: Sequence[date], on: date) -> tuple[date, ...]:
    """The Mondays of the window: the school week a day lies in, or the last before it, and the nine before that one."""
    weeks = _counting(school_weeks)
    end = bisect_right(weeks, monday_of(on))
    return tuple(weeks[max(0, end - WEEKS) : end])


def judge(school_weeks: Sequence[date], sessions: Iterable[Counted], on: date) -> Window:
    """The window of a pupil whose counted sessions are given, as it stands at the end of a day.

    `school_weeks` are the Mondays, in order, of every week with a session of the school. Sessions after the day are
    left alone. To know since when the threshold is met the sessions before the window are needed too.
    """
    weeks = _counting(school_weeks)
    so_far = sorted(session for session in sessions if FROM_WEEK <= session.place.on <= on)
    window = weeks_of(weeks, on)
    inside = tuple(session for session in so_far if monday_of(session.place.on) in window)
    return Window(
        on=on,
        first_week=window[0] if window else None,
        last_week=window[-1] if window else None,
        sessions=inside,
        met_on=_met_on(weeks, so_far, on) if len(inside) >= SESSIONS else None,
        drop_outs=_drop_outs(weeks, inside),
    )


def _counting(school_weeks: Sequence[date]) -> Sequence[date]:
    return school_weeks[bisect_left(school_weeks, FROM_WEEK) :]


def _met_on(weeks: Sequence[date], sessions: Sequence[Counted], on: date) -> SessionOn | None:
    """Walk the weeks up to a day: at each Monday a week drops out, then that week's own sessions come in."""
    by_week: dict[date, list[Counted]] = {}
    for session in sessions:
        by_week.setdefault(monday_of(session.place.on), []).append(session)
    met_on: SessionOn | None = None
    for place, week in enumerate(weeks):
        if week > on:
            break
        count = sum(len(by_week.get(earlier, ())) for earlier in weeks[max(0, place - WEEKS + 1) : place])
        if count < SESSIONS:
            met_on = None
        for session in by_week.get(week, ()):
            count += 1
            if count == SESSIONS:
                met_on = session.place
    return met_on


def _drop_outs(weeks: Sequence[date], sessions: Iterable[Counted]) -> tuple[DropOut, ...]:
    numbers = Counter(monday_of(session.place.on) for session in sessions)
    found = []
    for week, number in sorted(numbers.items()):
        leaves = bisect_left(weeks, week) + WEEKS
        found.append(DropOut(week, weeks[leaves] if leaves < len(weeks) else None, number))
    return tuple(found)
