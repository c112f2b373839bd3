"""The records that a pupil's codes rest on, as a page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from registers.models import Arrangement, Pupil
from registers.rules import arrangements as rules
from registers.rules import codes
from registers.rules.arrangements import SuspendedDays
from registers.rules.calendar import Calendar, school_year_end, school_year_start
from registers.rules.codes import Ground


@dataclass(frozen=True)
class Recorded:
    """A record with its sessions of the week in words and, for a suspension, its school days numbered."""

    row: Arrangement
    sessions: str
    days: SuspendedDays | None


def running(pupil: Pupil, calendar: Calendar, on: date) -> list[Recorded]:
    """The records that still run on a day or begin later, the earliest first."""
    rows = list(Arrangement.objects.filter(pupil=pupil, ended_at__isnull=True).order_by("first_on", "pk"))
    return [_recorded(row, rows, calendar) for row in rows if row.ends_on >= max(on, row.first_on)]


def numbered(row: Arrangement, calendar: Calendar) -> SuspendedDays | None:
    """A suspension's school days as numbered through its school year; None for any other record."""
    rows = Arrangement.objects.filter(pupil=row.pupil_id, ended_at__isnull=True).order_by("first_on", "pk")
    return _recorded(row, rows, calendar).days


def suspended_this_year(pupil: Pupil, calendar: Calendar, on: date) -> list[date]:
    """The school days of suspensions in the school year of a day, those to come with them."""
    first_on, last_on = school_year_start(on), school_year_end(on)
    return [
        day
        for day in _suspended(Arrangement.objects.filter(pupil=pupil, ended_at__isnull=True), calendar)
        if first_on <= day <= last_on
    ]


def _recorded(row: Arrangement, rows: Iterable[Arrangement], calendar: Calendar) -> Recorded:
    days = None
    if _is_suspension(row):
        earlier = _suspended((each for each in rows if each.first_on < row.first_on), calendar)
        days = rules.suspended_days(calendar, row.first_on, row.ends_on, earlier)
    return Recorded(row, rules.pattern_words(row.weekdays), days)


def _suspended(rows: Iterable[Arrangement], calendar: Calendar) -> list[date]:
    found = {
        day for row in rows if _is_suspension(row) for day in calendar.school_days_between(row.first_on, row.ends_on)
    }
    return sorted(found)


def _is_suspension(row: Arrangement) -> bool:
    return codes.code(row.code).ground is Ground.SUSPENSION
