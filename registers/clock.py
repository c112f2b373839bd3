"""The school's now and today, read once at the top of a page, a task or a command and passed down."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from registers.rules.calendar import Calendar


@dataclass(frozen=True)
class Moment:
    """`at` is the instant, for the record. `local` is what the school's clock shows; its day is `today`."""

    at: datetime
    local: datetime
    stands_in: bool = False
    is_demonstration: bool = False

    @property
    def today(self) -> date:
        return self.local.date()


def read(calendar: Calendar) -> Moment:
    """Now. A demonstration stands on the last school day while there is no school, at the same time of day."""
    at = timezone.now()
    local = timezone.localtime(at)
    if not settings.LAST_SCHOOL_DAY_AS_TODAY:
        return Moment(at, local)
    day = calendar.last_school_day(local.date())
    if day is None or day == local.date():
        return Moment(at, local, is_demonstration=True)
    shifted = local - timedelta(days=(local.date() - day).days)
    return Moment(at, shifted, stands_in=True, is_demonstration=True)
