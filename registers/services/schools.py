"""Setting a school up, again and again, from what its file says."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from registers.models import Closure, Membership, School, SessionTimes, Term, User
from registers.queries import calendars
from registers.rules import calendar as calendar_rules
from registers.rules.calendar import Calendar, term_year
from registers.rules.closures import ClosureKind
from registers.rules.rights import MACHINE, ROLE_NAMES, Role
from registers.rules.school_parts import ClosurePart, SchoolPart, TermPart, TimesPart
from registers.scope import schools_in_scope
from registers.services import record


class SchoolRefusedError(Exception):
    """A school that cannot be set up like this; the message says why."""


@transaction.atomic
def found(part: SchoolPart, *, at: datetime) -> Membership:
    """Make the school if it is new, with the users in whose names the machine works; return the operator's part.

    This alone has no `by`: before it there is nobody at the school.
    """
    particulars = {
        "name": part.name,
        "phase": part.phase,
        "local_authority": part.local_authority,
        "local_authority_code": part.local_authority_code,
        "establishment": part.establishment,
        "proprietor": part.proprietor,
        "address": "\n".join(part.address),
        "telephone": part.telephone,
        "email": part.email,
    }
    before = School.objects.filter(slug=part.slug).values(*particulars).first()
    school, _ = School.objects.update_or_create(slug=part.slug, defaults=particulars)
    parts = [_machine(school, role, at.date()) for role in MACHINE]
    operator = parts[MACHINE.index(Role.OPERATOR)]
    if changed := sorted(name for name in particulars if before is None or before[name] != particulars[name]):
        with schools_in_scope([school.pk]):
            kind = "school set up" if before is None else "school's particulars changed"
            record.write(kind, by=operator, at=at, facts={"changed": changed})
    return operator


def _machine(school: School, role: Role, starts_on: date) -> Membership:
    user, made = User.objects.get_or_create(
        email=f"{role}@system.invalid", defaults={"name": ROLE_NAMES[role], "is_active": False}
    )
    if made:
        user.set_unusable_password()
        user.save()
    membership, _ = Membership.objects.get_or_create(
        user=user, school=school, role=role, defaults={"starts_on": starts_on}
    )
    return membership


@transaction.atomic
def set_calendar(
    school: School,
    times: Sequence[TimesPart],
    terms: Sequence[TermPart],
    closures: Sequence[ClosurePart],
    *,
    by: Membership,
    at: datetime,
) -> None:
    """Enter the school's times, terms and closures, with the bank holidays; what an earlier file said gives way.

    What was entered on screen stays, and stands in place of what the file says of the same thing. Raises
    CalendarRefusedError, or SchoolRefusedError where marks stand on sessions that would now be closed.
    """
    calendar_rules.check_terms(
        tuple(calendar_rules.Term(term.name, term.number, term.first_on, term.last_on) for term in terms)
    )
    before = calendars.of(school)
    times_changed = _save_times(school, times)
    _save_terms(school, terms)
    _save_closures(school, [*closures, *_bank_holidays(terms, closures)])
    after = calendars.of(school)
    _check_marks(school, before, after)
    if before != after or times_changed:
        facts = {"school_days": len(after.school_days), "first_on": str(terms[0].first_on) if terms else ""}
        record.write("calendar set", by=by, at=at, facts=facts)


def _save_times(school: School, times: Sequence[TimesPart]) -> bool:
    """Put the file's times in place of those that stand; whether anything changed."""
    fields = ("key_stage", "session", "applies_from", "starts", "on_time_until", "closes", "assumed")
    wanted = {
        (stage, part.session, part.applies_from, part.starts, part.on_time_until, part.closes, part.assumed)
        for part in times
        for stage in part.key_stages
    }
    if len({values[:3] for values in wanted}) < len(wanted):
        raise SchoolRefusedError("A session of a key stage has two different times from the same day. Keep one.")
    by_hand = set(SessionTimes.objects.filter(school=school, from_file=False).values_list(*fields[:3]))
    wanted = {values for values in wanted if values[:3] not in by_hand}
    earlier = SessionTimes.objects.filter(school=school, from_file=True)
    if wanted == set(earlier.values_list(*fields)):
        return False
    earlier.delete()
    SessionTimes.objects.bulk_create(
        SessionTimes(school=school, from_file=True, **dict(zip(fields, values, strict=True)))
        for values in sorted(wanted)
    )
    return True


def _save_terms(school: School, terms: Sequence[TermPart]) -> None:
    """Put the file's terms in place of those that stand; nothing else points at a term."""
    fields = ("first_on", "last_on", "number", "name", "placeholder")
    entered = Term.objects.filter(school=school, from_file=False).values_list("first_on", "number")
    by_hand = {(term_year(first_on), number) for first_on, number in entered}
    wanted = [
        (term.first_on, term.last_on, term.number, term.name, term.placeholder)
        for term in terms
        if (term_year(term.first_on), term.number) not in by_hand
    ]
    earlier = Term.objects.filter(school=school, from_file=True)
    if wanted != list(earlier.order_by("first_on").values_list(*fields)):
        earlier.delete()
        Term.objects.bulk_create(
            Term(school=school, from_file=True, **dict(zip(fields, values, strict=True))) for values in wanted
        )


def _save_closures(school: School, closures: Sequence[ClosurePart]) -> None:
    Closure.objects.filter(school=school, from_file=True).delete()
    by_hand = set(Closure.objects.filter(school=school).values_list("first_on", "session"))
    Closure.objects.bulk_create(
        Closure(
            school=school,
            first_on=part.first_on,
            session=part.session or "",
            last_on=part.last_on or part.first_on,
            kind=part.kind,
            name=part.name,
            placeholder=part.placeholder,
            from_file=True,
        )
        for part in closures
        if (part.first_on, part.session or "") not in by_hand
    )


def _bank_holidays(terms: Sequence[TermPart], closures: Sequence[ClosurePart]) -> list[ClosurePart]:
    """England's bank holidays that fall on a weekday of a term and are not named as closures already."""
    named = {closure.first_on for closure in closures if closure.session is None}
    if not terms:
        return []
    known = calendars.bank_holidays(terms[0].first_on, terms[-1].last_on)
    return [
        ClosurePart(first_on=on, kind=ClosureKind.BANK_HOLIDAY, name=name)
        for on, name in known.items()
        if on not in named and any(term.first_on <= on <= term.last_on for term in terms)
    ]


def _check_marks(school: School, before: Calendar, after: Calendar) -> None:
    days = list(dict.fromkeys(place.on for place in calendars.marked_places(school, before, after)))[:5]
    if days:
        raise SchoolRefusedError(
            "Marks stand on days this calendar closes: "
            + ", ".join(f"{on:%d/%m/%Y}" for on in days)
            + ". A day with marks cannot become a holiday; correct the file."
        )
