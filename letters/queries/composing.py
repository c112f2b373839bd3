"""A letter as it would be written now: the registers' facts, the caller's, the households, the wording, together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from letters.given import found
from letters.models import Wording
from letters.queries import letterheads, orders, standing
from letters.rules import addressees, blanks, conditions
from letters.rules import letters as rules
from letters.rules.addressees import Addressing, Household
from letters.rules.kinds import Recipients
from letters.rules.letters import Composed
from registers.models import Contact, Pupil, School
from registers.queries.figures import Period
from registers.rules.calendar import Calendar
from registers.rules.figures import Figures


@dataclass(frozen=True)
class Given:
    """What whoever asks for a letter says: values of given blanks, and given conditions that hold."""

    values: Mapping[str, str]
    conditions: frozenset[str]

    def check(self) -> None:
        """Refuse what only the registers may say."""
        blanks.check_given(self.values)
        conditions.check_given(self.conditions)


@dataclass(frozen=True)
class Written:
    """A letter to one household. `period` is that of the certificate, where one is enclosed."""

    household: Household
    composed: Composed
    signatory: str
    left_out: tuple[str, ...]
    period: Period | None


def write(
    school: School,
    calendar: Calendar,
    pupil: Pupil,
    wording: Wording,
    given: Given,
    today: date,
    *,
    dated_on: date | None = None,
) -> list[Written]:
    """The letter to each household of a pupil as it would read today; refused if anything is missing.

    `dated_on` is the day printed on it, where that is a later one than the day it is counted on.
    """
    given.check()
    kind = wording.read
    facts = standing.of(school, calendar, pupil, today, kind.named_conditions.union(kind.named_blanks))
    counted, held = found(kind, school, calendar, pupil, today)
    addressing = households(pupil, apart=kind.recipients is Recipients.PARENT)
    signatory = standing.signatory(school, kind.signatory_role, today)
    holding = facts.conditions | given.conditions | held | _expectation(given.values, facts.figures)
    values = {**facts.values, **standing.dated(calendar, dated_on or today), **counted, **given.values}
    if "reply_email" in kind.named_blanks:
        values["reply_email"] = letterheads.of(school).reply_email or school.email
    return [
        Written(
            household=household,
            composed=rules.compose(kind, values | household.blanks, holding),
            signatory=signatory,
            left_out=addressing.left_out,
            period=facts.period if kind.encloses_certificate else None,
        )
        for household in addressing.households
    ]


def households(pupil: Pupil, *, apart: bool = False) -> Addressing:
    """The households a letter about a pupil goes to; each parent `apart` where the kind is to one person alone."""
    rows = list(Contact.objects.filter(pupil=pupil).select_related("parent").order_by("priority", "pk"))
    decided = orders.decided(pupil) if any(row.court_order for row in rows) else frozenset()
    return addressees.households(
        [
            addressees.Contact(
                parent_id=row.parent_id,
                title=row.parent.title,
                forename=row.parent.forename,
                surname=row.parent.surname,
                address=row.parent.address,
                postcode=row.parent.postcode,
                parental_responsibility=row.parental_responsibility,
                lives_with_pupil=row.lives_with_pupil,
                court_order=row.court_order,
                decided_to_write=row.pk in decided,
            )
            for row in rows
        ],
        pupil.address,
        pupil.postcode,
        apart=apart,
    )


def _expectation(values: Mapping[str, str], counted: Figures) -> frozenset[str]:
    """Whether attendance is below what the school expects, compared unrounded."""
    expected = values.get("expected_attendance", "")
    if not expected or counted.attendance is None:
        return frozenset()
    try:
        line = Fraction(Decimal(expected)) / 100
    except (InvalidOperation, ValueError, OverflowError):
        raise blanks.BlankRefusedError(
            f"The attendance the school expects must be a number, not “{expected}”."
        ) from None
    return frozenset({"below_expected"}) if counted.attendance < line else frozenset()
