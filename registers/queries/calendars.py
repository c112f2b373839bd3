"""A school's calendar, and the times of its sessions, read for the rules to count with."""

from datetime import date, datetime

import holidays

from registers.models import Closure, Mark, School, SessionTimes, Term
from registers.rules import calendar as rules
from registers.rules import taking
from registers.rules.arrivals import Times
from registers.rules.sessions import Session, SessionOn


def of(school: School) -> rules.Calendar:
    """Every term and closure the school has entered, as one calendar."""
    return rules.Calendar(
        terms=tuple(as_term(term) for term in Term.objects.filter(school=school).order_by("first_on")),
        closures=tuple(
            as_closure(closure) for closure in Closure.objects.filter(school=school).order_by("first_on", "session")
        ),
    )


def as_term(row: Term) -> rules.Term:
    return rules.Term(row.name, row.number, row.first_on, row.last_on)


def as_closure(row: Closure) -> rules.Closure:
    return rules.Closure(row.first_on, row.last_on, row.kind, row.name, Session(row.session) if row.session else None)


def marked_places(school: School, before: rules.Calendar, after: rules.Calendar) -> list[SessionOn]:
    """The sessions that one calendar closes though marks stand in them, in order; one query."""
    closed = set(before.sessions) - set(after.sessions)
    held = Mark.objects.filter(school=school, on__in={place.on for place in closed}).order_by("on", "session")
    places = (SessionOn(on, Session(session)) for on, session in held.values_list("on", "session").distinct())
    return [place for place in places if place in closed]


def bank_holidays(first_on: date, last_on: date) -> dict[date, str]:
    """England's bank holidays on weekdays of a stretch of days, by day."""
    years = range(first_on.year, last_on.year + 1)
    known = holidays.country_holidays("GB", subdiv="ENG", years=years, language="en_GB")
    return {
        on: name for on, name in sorted(known.items()) if first_on <= on <= last_on and on.weekday() < rules.SATURDAY
    }


def missing_bank_holidays(calendar: rules.Calendar, first_on: date, last_on: date) -> dict[date, str]:
    """The bank holidays of a stretch of days that lie in term and on which the school is open."""
    return {on: name for on, name in bank_holidays(first_on, last_on).items() if calendar.is_school_day(on)}


def session_times(school: School, on: date) -> dict[tuple[str, Session], Times]:
    """The times in force on a day, by key stage and session; without grace where the school is strict."""
    found: dict[tuple[str, Session], Times] = {}
    for row in SessionTimes.objects.filter(school=school, applies_from__lte=on).order_by("applies_from"):
        on_time_until = row.starts if school.late_from_start else row.on_time_until
        found[(row.key_stage, Session(row.session))] = Times(row.starts, on_time_until, row.closes, row.assumed)
    return found


def session_at(school: School, local: datetime) -> Session:
    """The session a school's pages speak of at a minute: the afternoon from the earliest afternoon register on."""
    afternoons = [
        times.starts for (_, session), times in session_times(school, local.date()).items() if session is Session.PM
    ]
    return taking.session_now(local, min(afternoons, default=None))
