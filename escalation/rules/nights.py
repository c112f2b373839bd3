"""Which day a scan looks at: the last school day whose registers are complete."""

from datetime import date, datetime, time, timedelta

from registers.rules.calendar import Calendar

COMPLETE_FROM = time(18, 0)
"""From this hour of the school's own clock, today's registers are taken to be complete."""


def day_to_scan(calendar: Calendar, local: datetime) -> date | None:
    """Today in the evening of a school day, else the last school day before today; None before the calendar begins."""
    today = local.date()
    if local.time() >= COMPLETE_FROM and calendar.is_school_day(today):
        return today
    return day_due(calendar, today)


def day_due(calendar: Calendar, today: date) -> date | None:
    """The day that last night's scan should have reached: the last school day before today."""
    return calendar.last_school_day(today - timedelta(days=1))
