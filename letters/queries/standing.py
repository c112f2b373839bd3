"""What the registers say of a pupil on a day, as values ready to print and conditions that hold."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Q

from registers.models import ClassPlace, Mark, Membership, Pupil, School
from registers.queries import calendars, figures
from registers.queries.figures import Period
from registers.rules import figures as figure_rules
from registers.rules.calendar import Calendar, CalendarRefusedError
from registers.rules.figures import Figures
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn

GOOD = Fraction(95, 100)
"""From here on a letter may call attendance good."""
NINETY = Fraction(90, 100)
ACADEMY = "academy"
CLASS = frozenset({"class_name"})
TIMES = frozenset(
    f"register_{session.lower()}_{when}" for session in Session for when in ("starts", "late_from", "closes")
)
LATES = frozenset(
    {
        "half_term",
        "lates_this_year",
        "lates_this_half_term",
        "all_lates_this_year",
        "all_lates_this_half_term",
        "time_missed",
        "total_lates_after",
        "dates_of_lates_after",
        "dates_without_reason",
        "late_this_year",
        "late_after_this_year",
        "late_at_all_this_year",
        "without_reason",
        "minutes_recorded",
    }
)
"""The blanks and conditions that take a query of their own to fill."""
EVERYTHING = CLASS | TIMES | LATES
SCHOOL_DAYS_TO_REPLY = 10
SESSION_WORDS = {Session.AM: "morning", Session.PM: "afternoon"}


@dataclass(frozen=True)
class Standing:
    """A pupil's facts on a day; `period` is what the figures take in."""

    values: Mapping[str, str]
    conditions: frozenset[str]
    figures: Figures
    period: Period


def of(school: School, calendar: Calendar, pupil: Pupil, today: date, wanted: Collection[str] = EVERYTHING) -> Standing:
    """The facts that letters are filled with: four queries at most, and none for what is not `wanted`.

    `wanted` are names of blanks and conditions.
    """
    period = figures.year_to_date(today, calendar)
    counted = figures.by_pupil(school, calendar, period, [pupil])[pupil.pk]
    values = school_values(school) | _names(pupil) | _counts(counted) | {"figures_on": day(today)}
    values |= dated(calendar, today)
    holding = _conditions(school, counted)
    if not CLASS.isdisjoint(wanted):
        values |= _class(pupil, today)
    if not TIMES.isdisjoint(wanted):
        values |= times(school, pupil.key_stage(today), today)
    if not LATES.isdisjoint(wanted):
        lates = _Lates.of(pupil, calendar, period)
        values, holding = values | lates.values, holding | lates.conditions
    return Standing(values, holding, counted, period)


def is_academy(school: School) -> bool:
    return "academy" in school.proprietor.lower()


def signatory(school: School, role: Role, on: date) -> str:
    """The name of whoever plays a part at the school on a day; nobody's if several do or none."""
    names = (
        Membership.objects.filter(school=school, role=role, user__is_active=True, starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        .values_list("user__name", flat=True)[:2]
    )
    return names[0] if len(names) == 1 else ""


def day(on: date) -> str:
    """A day as a letter writes it: 3 November 2026."""
    return f"{on.day} {on:%B %Y}"


def days_in_words(places: Sequence[SessionOn]) -> str:
    """Sessions as a letter names them: each day, with its half where it is one and not both."""
    return ", ".join(_days((place.on, place.session) for place in places))


def _days(places: Iterable[tuple[date, Session]]) -> Iterator[str]:
    for on, on_that_day in groupby(places, key=itemgetter(0)):
        halves = [SESSION_WORDS[session] for _, session in on_that_day]
        yield day(on) if len(halves) > 1 else f"{day(on)} ({halves[0]})"


def clock(at: time) -> str:
    """A time as a letter writes it: 8.50am."""
    hour = at.hour % 12 or 12
    return f"{hour}.{at.minute:02}{'am' if at.hour < 12 else 'pm'}"


def duration(minutes: int) -> str:
    """A length of time as a letter writes it: 1 hour 5 minutes."""
    hours, rest = divmod(minutes, 60)
    parts = [_of(hours, "hour"), _of(rest, "minute")]
    return " ".join(part for number, part in zip((hours, rest), parts, strict=True) if number) or parts[1]


def _of(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def school_values(school: School) -> dict[str, str]:
    """What letters say of the school itself."""
    return {
        "school_name": school.name,
        "school_telephone": school.telephone,
        "school_email": school.email,
        "proprietor": school.proprietor,
        "local_authority": school.local_authority,
    }


def _names(pupil: Pupil) -> dict[str, str]:
    return {"forename": pupil.forename, "surname": pupil.legal_surname}


def _class(pupil: Pupil, today: date) -> dict[str, str]:
    place = (
        ClassPlace.objects.filter(pupil=pupil, starts_on__lte=today)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))
        .select_related("school_class")
        .first()
    )
    return {"class_name": place.school_class.name if place else ""}


def dated(calendar: Calendar, on: date) -> dict[str, str]:
    """What follows the day that is printed on the letter, whatever day its figures were counted on."""
    return {"date_of_printing": day(on), "reply_by": _reply_by(calendar, on)}


def _reply_by(calendar: Calendar, today: date) -> str:
    """The day by which an answer is asked for; nothing where the calendar does not reach that far."""
    try:
        return day(calendar.add_school_days(today, SCHOOL_DAYS_TO_REPLY))
    except CalendarRefusedError:
        return ""


def times(school: School, key_stage: str, today: date) -> dict[str, str]:
    """What letters say of the session times of a key stage in force on a day."""
    in_force = calendars.session_times(school, today)
    values: dict[str, str] = {}
    for session in Session:
        found = in_force.get((key_stage, session))
        if found is None:
            continue
        start = f"register_{session.lower()}"
        late = found.on_time_until.hour * 60 + found.on_time_until.minute + 1
        values |= {
            f"{start}_starts": clock(found.starts),
            f"{start}_late_from": clock(time(late // 60, late % 60)),
            f"{start}_closes": clock(found.closes),
        }
    return values


def _counts(counted: Figures) -> dict[str, str]:
    return {
        "attendance": figure_rules.shown(counted.attendance) if counted.possible else "",
        "sessions_possible": _of(counted.possible, "session"),
        "sessions_missed": _of(counted.absent, "session"),
        "sessions_authorised": _of(counted.authorised, "session"),
        "sessions_unauthorised": _of(counted.unauthorised, "session"),
        "total_authorised_absences": str(counted.authorised),
        "total_unauthorised_absences": str(counted.unauthorised),
    }


def _conditions(school: School, counted: Figures) -> frozenset[str]:
    attendance = counted.attendance
    holds = {
        "ill_this_year": counted.by_code.get("I", 0) > 0,
        "attendance_good": attendance is not None and attendance >= GOOD,
        "attendance_short": attendance is not None and attendance < GOOD and not counted.is_persistently_absent,
        "persistently_absent": counted.is_persistently_absent,
        "below_90": attendance is not None and attendance < NINETY,
        "unauthorised_this_year": counted.unauthorised > 0,
        ACADEMY: is_academy(school),
    }
    return frozenset(name for name, is_so in holds.items() if is_so)


class _Late(NamedTuple):
    """One mark: its day, its session, and the minutes where they are recorded."""

    on: date
    session: Session
    minutes: int | None


@dataclass(frozen=True)
class _Lates:
    """Marks L, U and N of a school year, with what is known of the minutes."""

    half_term: str
    before: tuple[_Late, ...]
    after: tuple[_Late, ...]
    without_reason: tuple[_Late, ...]
    half_term_began_on: date | None

    @classmethod
    def of(cls, pupil: Pupil, calendar: Calendar, period: Period) -> "_Lates":
        term = calendar.term_of(period.last_on)
        rows = (
            Mark.objects.filter(pupil=pupil, code__in=["L", "U", "N"], on__gte=period.first_on, on__lte=period.last_on)
            .order_by("on", "session")
            .values_list("code", "on", "session", "minutes_late")
        )
        marks: dict[str, list[_Late]] = {"L": [], "U": [], "N": []}
        for code, on, session, minutes in rows:
            marks[code].append(_Late(on, Session(session), minutes))
        return cls(
            half_term=term.name if term else "",
            before=tuple(marks["L"]),
            after=tuple(marks["U"]),
            without_reason=tuple(marks["N"]),
            half_term_began_on=term.first_on if term else None,
        )

    @property
    def minutes(self) -> int:
        return sum(late.minutes or 0 for late in self.before)

    def _in_half_term(self, lates: Sequence[_Late]) -> str:
        began = self.half_term_began_on
        return str(sum(began is not None and late.on >= began for late in lates) or "none")

    @property
    def values(self) -> dict[str, str]:
        missed = duration(self.minutes)
        all_timed = all(late.minutes is not None for late in self.before)
        both = (*self.before, *self.after)
        return {
            "half_term": self.half_term,
            "lates_this_year": _of(len(self.before), "occasion"),
            "lates_this_half_term": self._in_half_term(self.before),
            "all_lates_this_year": _of(len(both), "occasion"),
            "all_lates_this_half_term": self._in_half_term(both),
            "time_missed": missed if all_timed else f"at least {missed}",
            "total_lates_after": str(len(self.after)),
            "dates_of_lates_after": _listed(self.after),
            "dates_without_reason": _listed(self.without_reason),
        }

    @property
    def conditions(self) -> frozenset[str]:
        holds = {
            "late_this_year": bool(self.before),
            "late_after_this_year": bool(self.after),
            "late_at_all_this_year": bool(self.before or self.after),
            "without_reason": bool(self.without_reason),
            "minutes_recorded": self.minutes > 0,
        }
        return frozenset(name for name, is_so in holds.items() if is_so)


def _listed(marks: Sequence[_Late]) -> str:
    """Each day on a line of its own."""
    return "\n".join(_days((mark.on, mark.session) for mark in marks))
