"""Changing a school's calendar on screen or from a file. A session in which marks stand is never closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from registers.files import Row
from registers.models import Closure, Membership, School, Term
from registers.queries import calendar_files, calendars
from registers.queries.calendar_files import Stored
from registers.rules import calendar as rules
from registers.rules import closures
from registers.rules.calendar import Calendar, CalendarRefusedError
from registers.rules.calendar_files import Outcome, Plan
from registers.rules.closures import ClosureKind
from registers.rules.sessions import SessionOn
from registers.services import record


@dataclass(frozen=True)
class Changed:
    """What a change did: the calendar before and after."""

    before: Calendar
    after: Calendar

    def opened_up_to(self, on: date) -> list[SessionOn]:
        """The sessions up to a day that were closed and are now open: their registers are blank."""
        return sorted(place for place in set(self.after.sessions) - set(self.before.sessions) if place.on <= on)


class CalendarFileRefusedError(Exception):
    """A calendar file with lines that cannot be taken; nothing of it was written."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"{len(plan.refused)} lines of the file cannot be taken.")
        self.plan = plan


@transaction.atomic
def add_term(school: School, term: rules.Term, *, by: Membership, at: datetime) -> Changed:
    """Enter a half-term. Raises CalendarRefusedError."""
    before = _locked(school)
    closures.check_all_terms([*before.terms, term])
    Term.objects.create(school=school, **_term_fields(term))
    return _settle(school, before, "term added", {"first_on": str(term.first_on)}, by, at)


@transaction.atomic
def change_term(row: Term, term: rules.Term, *, by: Membership, at: datetime) -> Changed:
    """Give a half-term other dates, number or name, and confirm it if it was a placeholder."""
    before = _locked(row.school)
    old = calendars.as_term(_standing(row))
    closures.check_all_terms([*(other for other in before.terms if other != old), term])
    Term.objects.filter(pk=row.pk).update(**_term_fields(term), placeholder=False, from_file=False)
    facts = {"was": [str(old.first_on), str(old.last_on), old.number], "now": [str(term.first_on), str(term.last_on)]}
    return _settle(row.school, before, "term changed", facts, by, at)


@transaction.atomic
def remove_term(row: Term, *, by: Membership, at: datetime) -> Changed:
    """Take a half-term out of the calendar; refused while marks stand in it."""
    before = _locked(row.school)
    row = _standing(row)
    Term.objects.filter(pk=row.pk).delete()
    facts = {"first_on": str(row.first_on), "last_on": str(row.last_on)}
    return _settle(row.school, before, "term removed", facts, by, at)


@transaction.atomic
def add_closure(school: School, closure: rules.Closure, *, by: Membership, at: datetime) -> Changed:
    """Enter a planned closure inside a term. Raises CalendarRefusedError."""
    before = _locked(school)
    closures.check_closure(closure, before.terms, before.closures)
    Closure.objects.create(school=school, **_closure_fields(closure))
    return _settle(school, before, "closure added", _closure_facts(closure), by, at)


@transaction.atomic
def change_closure(row: Closure, closure: rules.Closure, *, by: Membership, at: datetime) -> Changed:
    """Give a planned closure other days, kind or name, and confirm it if it was a placeholder."""
    before = _locked(row.school)
    old = calendars.as_closure(_standing(row))
    closures.check_closure(closure, before.terms, [other for other in before.closures if other != old])
    Closure.objects.filter(pk=row.pk).update(**_closure_fields(closure), placeholder=False, from_file=False)
    facts = _closure_facts(closure) | {"was": [str(old.first_on), str(old.last_on)]}
    return _settle(row.school, before, "closure changed", facts, by, at)


@transaction.atomic
def remove_closure(row: Closure, *, by: Membership, at: datetime) -> Changed:
    """Take a planned closure out of the calendar: its sessions are open again."""
    before = _locked(row.school)
    row = _standing(row)
    Closure.objects.filter(pk=row.pk).delete()
    return _settle(row.school, before, "closure removed", _closure_facts(calendars.as_closure(row)), by, at)


@transaction.atomic
def add_bank_holidays(
    school: School, first_on: date, last_on: date, *, by: Membership, at: datetime
) -> tuple[Changed, int]:
    """Close the school on every bank holiday of a stretch of days on which it is open; how many there were."""
    before = _locked(school)
    missing = calendars.missing_bank_holidays(before, first_on, last_on)
    if not missing:
        raise CalendarRefusedError("Every bank holiday in term is entered already.")
    closures_new = [rules.Closure(on, on, ClosureKind.BANK_HOLIDAY, name[:80]) for on, name in missing.items()]
    for closure in closures_new:
        closures.check_closure(closure, before.terms, before.closures)
    Closure.objects.bulk_create(Closure(school=school, **_closure_fields(closure)) for closure in closures_new)
    facts = {"days": [str(on) for on in missing]}
    return _settle(school, before, "bank holidays added", facts, by, at), len(missing)


@transaction.atomic
def take_in(school: School, rows: Sequence[Row], *, by: Membership, at: datetime, dry_run: bool = False) -> Plan:
    """Enter a calendar file, all of it or nothing; a file taken in before changes nothing.

    Raises CalendarFileRefusedError with every line's fate.
    """
    before = _locked(school)
    plan = calendar_files.plan(school, rows)
    if plan.refused:
        raise CalendarFileRefusedError(plan)
    if dry_run or not plan.written:
        return plan
    Term.objects.filter(pk__in=calendar_files.changed(school, plan, Term)).delete()
    Closure.objects.filter(pk__in=calendar_files.changed(school, plan, Closure)).delete()
    Term.objects.bulk_create(
        Term(school=school, **_term_fields(line.entered))
        for line in plan.written
        if isinstance(line.entered, rules.Term)
    )
    Closure.objects.bulk_create(
        Closure(school=school, **_closure_fields(line.entered))
        for line in plan.written
        if isinstance(line.entered, rules.Closure)
    )
    facts = {"added": plan.counts[Outcome.ADDED], "changed": plan.counts[Outcome.CHANGED]}
    _settle(school, before, "calendar imported", facts, by, at)
    return plan


def _locked(school: School) -> Calendar:
    """The calendar as it stands, held still until the change is made: two people changing it wait for each other."""
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    return calendars.of(school)


def _standing(row: Stored) -> Stored:
    """The row as it stands once the calendar is held still."""
    found: Stored | None = type(row).objects.filter(pk=row.pk).first()
    if found is None:
        raise CalendarRefusedError("Somebody has taken this out of the calendar meanwhile. Nothing was changed.")
    return found


def _settle(
    school: School, before: Calendar, kind: str, facts: Mapping[str, Any], by: Membership, at: datetime
) -> Changed:
    """Refuse what would close sessions with marks, else record the change."""
    after = calendars.of(school)
    days = list(dict.fromkeys(place.on for place in calendars.marked_places(school, before, after)))
    if days:
        named = ", ".join(f"{on:%d/%m/%Y}" for on in days[:5]) + (f" and {len(days) - 5} more" if days[5:] else "")
        raise CalendarRefusedError(
            f"Marks stand on {named}: a day with marks cannot be closed. If the school was closed without warning, "
            "enter an unexpected closure instead."
        )
    record.write(f"calendar: {kind}", by=by, at=at, facts=dict(facts))
    return Changed(before, after)


def _term_fields(term: rules.Term) -> dict[str, Any]:
    return {"name": term.name, "number": term.number, "first_on": term.first_on, "last_on": term.last_on}


def _closure_fields(closure: rules.Closure) -> dict[str, Any]:
    return {
        "first_on": closure.first_on,
        "last_on": closure.last_on,
        "session": closure.session or "",
        "kind": closure.kind,
        "name": closure.name,
    }


def _closure_facts(closure: rules.Closure) -> dict[str, Any]:
    return {
        "kind": closure.kind,
        "first_on": str(closure.first_on),
        "last_on": str(closure.last_on),
        "session": closure.session or "",
    }
