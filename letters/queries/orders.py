"""Contacts about whom there is a court order, and what was decided about writing to them."""

from dataclasses import dataclass

from letters.models import OrderDecision
from registers.models import Contact, Pupil


@dataclass(frozen=True)
class Ordered:
    """A contact with a court order, and the decision that counts, if anybody has taken one."""

    contact: Contact
    decision: OrderDecision | None

    @property
    def may_write(self) -> bool:
        return self.decision is not None and self.decision.may_write


def of_pupil(pupil: Pupil) -> list[Ordered]:
    """A pupil's contacts with a court order, each with its latest decision; two queries."""
    rows = Contact.objects.filter(pupil=pupil, court_order=True).select_related("parent").order_by("priority", "pk")
    found = list(rows.prefetch_related("order_decisions__decided_by"))
    return [Ordered(contact, next(reversed(contact.order_decisions.all()), None)) for contact in found]


def decided(pupil: Pupil) -> frozenset[int]:
    """The contacts of a pupil who are written to though there is a court order, because somebody decided so."""
    return frozenset(one.contact.pk for one in of_pupil(pupil) if one.may_write)
