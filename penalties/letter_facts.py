"""What letters ask of the ten-week count."""

from collections.abc import Mapping
from datetime import date

from letters.given import finds
from letters.queries.standing import day
from penalties.queries import threshold
from registers.models import Pupil, School
from registers.rules.calendar import Calendar


@finds("threshold_met", "unauthorised_in_window", "window_first_on")
def window(school: School, calendar: Calendar, pupil: Pupil, today: date) -> Mapping[str, str | bool]:
    """Whether the national threshold is met today, and the sessions and the first day it is counted from."""
    found = threshold.of_pupil(school, calendar, pupil, today)
    number = len(found.sessions)
    return {
        "threshold_met": found.met,
        "unauthorised_in_window": f"{number} session" if number == 1 else f"{number} sessions",
        "window_first_on": day(found.first_week) if found.first_week else "",
    }
