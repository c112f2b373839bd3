"""Who left persistent absence this week, and whose attendance has risen enough to praise."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from escalation.models import Flag
from escalation.queries.desk_details import RECENT_DAYS
from escalation.rules import improvement as rules
from letters.models import Letter
from letters.rules.states import LetterState
from registers.models import Pupil, School
from registers.queries import classes, figures
from registers.queries.figures import Period
from registers.rules.calendar import Calendar
from registers.rules.figures import Figures

PRAISE = "praise_postcard"
PRAISED_FOR = timedelta(days=60)
MOST = 30


@dataclass(frozen=True)
class Left:
    """A pupil out of persistent absence: then and now."""

    pupil: Pupil
    class_name: str
    flag: Flag
    figures: Figures


@dataclass(frozen=True)
class Improved:
    """A pupil whose last twenty school days are much better than the twenty before."""

    pupil: Pupil
    class_name: str
    before: Fraction
    recent: Fraction
    praised_on: date | None

    @property
    def rise(self) -> Fraction:
        return self.recent - self.before


def left_persistent(school: School, calendar: Calendar, on: date) -> list[Left]:
    """Pupils on roll whose flag of persistent absence ended in the seven days up to a day, and who are out of it."""
    flags: dict[int, Flag] = {}
    for flag in (
        Flag.objects.filter(school=school, ended_on__gt=on - timedelta(days=7), ended_on__lte=on)
        .filter(pupil__leaves_on__isnull=True)
        .select_related("pupil")
        .defer("counted", "left_out")
        .order_by("ended_on")
    ):
        if rules.was_persistent(flag.figures):
            flags[flag.pupil_id] = flag
    pupils = [flag.pupil for flag in flags.values()]
    counted = figures.by_pupil(school, calendar, figures.year_to_date(on, calendar), pupils)
    names = classes.class_names(school, on)
    found = [Left(flag.pupil, names.get(pk, ""), flag, counted[pk]) for pk, flag in flags.items()]
    return sorted((one for one in found if not one.figures.is_persistently_absent), key=lambda one: one.pupil.sort_name)


def improved(school: School, calendar: Calendar, on: date) -> list[Improved]:
    """The pupils to praise, the greatest rise first; empty before there are two times twenty school days."""
    days = calendar.school_days_between(calendar.school_year_of(on)[0], on)[-2 * RECENT_DAYS :]
    if len(days) < 2 * RECENT_DAYS:
        return []
    pupils = figures.pupils_on_roll(school, Period(on, on))
    before = figures.by_pupil(school, calendar, Period(days[0], days[RECENT_DAYS - 1]))
    recent = figures.by_pupil(school, calendar, Period(days[RECENT_DAYS], on))
    names = classes.class_names(school, on)
    praised = _praised(school, on)
    found = []
    for pupil in pupils:
        then, now = before.get(pupil.pk, Figures()), recent.get(pupil.pk, Figures())
        if rules.is_improved(then, now) and then.attendance is not None and now.attendance is not None:
            found.append(
                Improved(pupil, names.get(pupil.pk, ""), then.attendance, now.attendance, praised.get(pupil.pk))
            )
    return sorted(found, key=lambda one: (-one.rise, one.pupil.sort_name))[:MOST]


def _praised(school: School, on: date) -> dict[int, date]:
    rows = Letter.objects.filter(
        school=school, kind=PRAISE, state=LetterState.ISSUED, issued_on__gt=on - PRAISED_FOR
    ).order_by("issued_on")
    return {pk: day for pk, day in rows.values_list("pupil_id", "issued_on") if day is not None}
