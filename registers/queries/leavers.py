"""What the registers say about a pupil whose name is to come off the roll."""

from datetime import date, timedelta

from django.db.models import Max

from registers.models import Mark, Pupil
from registers.rules import deletion
from registers.rules.calendar import Calendar
from registers.rules.codes import NOT_ON_ROLL
from registers.rules.deletion import Leaving
from registers.rules.sessions import Session, SessionOn

DAYS_LOOKED_AT = timedelta(days=120)
"""Twenty school days lie well within these, summer holiday and all."""


def asked(
    calendar: Calendar,
    pupil: Pupil,
    ground: str,
    last_on: date,
    next_school: str,
    next_school_from: date | None,
    *,
    today: date,
) -> Leaving:
    """A leaving as the rules judge it. Z, which says that a pupil is not on the roll, is no mark of attendance."""
    rows = Mark.objects.filter(pupil=pupil).exclude(code=NOT_ON_ROLL)
    return Leaving(
        ground=ground,
        last_on=last_on,
        today=today,
        starts_on=pupil.starts_on,
        dob=pupil.dob,
        next_school=next_school.strip(),
        next_school_from=next_school_from,
        marked_until=rows.filter(on__lte=today).aggregate(last_on=Max("on"))["last_on"],
        marked_ahead=rows.filter(on__gt=max(last_on, today)).count(),
        absent_run=_run(calendar, pupil, min(last_on, today)),
    )


def _run(calendar: Calendar, pupil: Pupil, until: date) -> int:
    since = max(pupil.starts_on, until - DAYS_LOOKED_AT)
    rows = Mark.objects.filter(pupil=pupil, on__gte=since, on__lte=until).values_list("on", "session", "code")
    codes = {SessionOn(on, Session(session)): code for on, session, code in rows}
    places = calendar.sessions_between(since, until)
    # The last day's register may not have been taken yet.
    return deletion.absent_run([place for place in places if place.on < until or place in codes], codes)
