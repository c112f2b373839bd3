"""The facts a referral states, gathered once and frozen with it."""

from datetime import date
from typing import Any

from django.db.models import QuerySet

from escalation.models import Case, Flag, Meeting, Referral
from escalation.rules.cases import BARRIER_NAMES, Barrier
from letters.models import Letter
from letters.queries import standing
from letters.rules.states import LetterState
from penalties.queries import threshold
from registers.models import School
from registers.queries import classes, families, figures
from registers.rules.calendar import Calendar


def of_school(school: School) -> QuerySet[Referral, Referral]:
    """A school's referrals."""
    return Referral.objects.filter(school=school).select_related("case__pupil", "made_by")


def facts(case: Case, calendar: Calendar, on: date) -> dict[str, Any]:
    """Everything a referral states about a pupil and what the school has done, as plain values."""
    pupil, school = case.pupil, case.school
    counted = figures.by_pupil(school, calendar, figures.year_to_date(on, calendar), [pupil])[pupil.pk]
    window = threshold.of_pupil(school, calendar, pupil, on)
    return {
        "school": school.name,
        "school_address": school.address.splitlines(),
        "telephone": school.telephone,
        "day": standing.day(on),
        "pupil": f"{pupil.legal_forename} {pupil.legal_surname}",
        "dob": standing.day(pupil.dob),
        "upn": pupil.upn,
        "address": [*pupil.address.splitlines(), pupil.postcode],
        "class_name": classes.class_names(school, on).get(pupil.pk, ""),
        "stage": case.stage,
        "parents": _parents(case),
        "figures": {**counted.as_counts, "absent": counted.absent},
        "unauthorised_in_ten_weeks": window.count,
        "barriers": [BARRIER_NAMES[Barrier(one)] for one in case.barriers],
        "agencies": case.agencies.splitlines(),
        "plan": case.plan,
        "flags": _flags(case),
        "done": _done(case),
    }


def _parents(case: Case) -> list[dict[str, str]]:
    """Those with parental responsibility or who live with the pupil; one under a court order is left to a person."""
    return [
        {"name": row.parent.name, "relationship": row.relationship, "telephone": row.parent.phone1}
        for row in families.contacts_of(case.pupil)
        if (row.parental_responsibility or row.lives_with_pupil) and not row.court_order
    ]


def _flags(case: Case) -> list[dict[str, str]]:
    rows = Flag.objects.filter(pupil=case.pupil, ended_on__isnull=True).order_by("-risk", "opened_on")
    return [{"title": row.title, "paragraph": row.paragraph, "words": row.words} for row in rows]


def _done(case: Case) -> list[dict[str, str]]:
    """The school's steps so far, oldest first: letters that went, meetings that were held or not attended."""
    steps = [
        (row.issued_on, f"Letter: {row.title}")
        for row in Letter.objects.filter(pupil=case.pupil, state=LetterState.ISSUED).select_related("wording")
    ]
    steps += [(row.on, f"{row.kind_name}: {row.state_name.lower()}") for row in Meeting.objects.filter(case=case)]
    return [{"on": standing.day(on), "what": what} for on, what in sorted(steps, key=lambda step: str(step[0])) if on]
