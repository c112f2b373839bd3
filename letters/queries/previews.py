"""A wording as it would be printed, before anybody saves it: on the samples of its blanks, or about a real pupil."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from letters.models import Letter, Wording
from letters.queries import composing, letterheads, standing
from letters.queries.composing import Given
from letters.rules import blanks, conditions, kinds
from letters.rules import letters as rules
from letters.rules.kinds import Kind
from registers.models import Pupil, School
from registers.queries import calendars
from registers.rules.calendar import Calendar

SAMPLE_ADDRESSEES = ["Mr Alex Example", "Mrs Pat Example"]
SAMPLE_KEY_STAGE = "KS2"
SAMPLE_HOLDING = frozenset(conditions.CONDITIONS) - {"attendance_good", "attendance_short"}
"""What is so of the sample family: all but what its sample of 83.7 % attendance rules out."""
SAMPLE_ADDRESS = "1 Example Street\nExampleton\nEX4 0XX"


def of_sample(school: School, document: Mapping[str, Any], holding: Collection[str], today: date) -> Letter:
    """The letter to a sample family, with the school's own particulars; nothing is kept.

    `holding` are the conditions to be shown as so; what the kind needs is taken to be so, and what is so of the school.
    """
    kind = kinds.read(document)
    own = standing.school_values(school) | standing.times(school, SAMPLE_KEY_STAGE, today)
    own["reply_email"] = letterheads.of(school).reply_email or school.email
    own |= standing.dated(calendars.of(school), today)
    values = {**blanks.SAMPLES, **_known(own), "figures_on": standing.day(today)}
    so = {*holding, *kind.needs} - {standing.ACADEMY}
    composed = rules.compose(kind, values, so | {standing.ACADEMY} if standing.is_academy(school) else so)
    return Letter(
        school=school,
        kind=kind.slug,
        wording=Wording(school=school, kind=kind.slug, document=document),
        addressees=SAMPLE_ADDRESSEES,
        address=SAMPLE_ADDRESS,
        signatory=standing.signatory(school, kind.signatory_role, today),
        body=composed.body,
        facts={"values": dict(composed.values), "conditions": sorted(composed.conditions), "left_out": []},
    )


def of_pupil(
    school: School, calendar: Calendar, document: Mapping[str, Any], pupil: Pupil, holding: Collection[str], today: date
) -> Letter:
    """The letter to a real pupil's first household as the registers stand; what is asked for when drafting is sampled.

    Raises LetterRefusedError where the letter would be refused. Nothing is kept.
    """
    wording = Wording(school=school, kind=document["slug"], document=document)
    kind = wording.read
    said = frozenset(name for name in holding if conditions.CONDITIONS[name].given)
    told = Given({name: blanks.SAMPLES[name] for name in kind.given_blanks}, said)
    written = composing.write(school, calendar, pupil, wording, told, today)[0]
    return Letter(
        school=school,
        pupil=pupil,
        kind=kind.slug,
        wording=wording,
        addressees=list(written.household.names),
        address="\n".join(written.household.address),
        signatory=written.signatory,
        body=written.composed.body,
        facts={"values": dict(written.composed.values), "conditions": [], "left_out": []},
        certificate_first_on=written.period.first_on if written.period else None,
        certificate_last_on=written.period.last_on if written.period else None,
    )


def pupils(school: School, today: date) -> QuerySet[Pupil, Pupil]:
    """The pupils on roll today, for a preview about one of them, by name."""
    on_roll = Pupil.objects.filter(school=school, starts_on__lte=today)
    return on_roll.filter(Q(leaves_on__isnull=True) | Q(leaves_on__gte=today)).order_by(
        "legal_surname", "legal_forename", "pk"
    )


def choices(kind: Kind) -> list[tuple[str, str]]:
    """The conditions that change what the letter says, with their meaning; not what it needs or the school settles."""
    names = kind.named_conditions - {*kind.needs, standing.ACADEMY}
    return [(name, conditions.CONDITIONS[name].meaning) for name in conditions.CONDITIONS if name in names]


def _known(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
