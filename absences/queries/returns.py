"""What a return to the local authority tells of a pupil, by what regulation 13 wants for its kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from absences.models import Reason
from absences.queries.clocks import Due
from absences.rules.clocks import ClockKind
from registers.models import Contact, Pupil
from registers.queries import families
from registers.rules import deletion


@dataclass(frozen=True)
class Fact:
    """One line of a return."""

    label: str
    value: str


@dataclass(frozen=True)
class Part:
    """Lines that belong together: the pupil's, a parent's, the leaving."""

    facts: tuple[Fact, ...]


def parts(due: Due) -> list[Part]:
    """Everything the return of a deadline tells; two queries."""
    pupil, everything = due.pupil, due.kind is ClockKind.NEW_PUPIL
    found = [Part(tuple(_of_pupil(pupil, everything=everything)))]
    if due.kind is ClockKind.DELETION:
        found.append(Part(tuple(_of_leaving(pupil))))
    elif due.kind is not ClockKind.NEW_PUPIL:
        found.append(Part((Fact("Cause, as far as it is known", _cause(due)),)))
    contacts = [row for row in families.contacts_of(pupil) if everything or row.lives_with_pupil]
    found += [Part(tuple(_of_parent(row))) for row in contacts]
    if not contacts:
        found.append(Part((Fact("Lives with", "no parent whom the pupil lives with is recorded"),)))
    return found


def _of_pupil(pupil: Pupil, *, everything: bool) -> Iterator[Fact]:
    yield Fact("Full name", " ".join(filter(None, (pupil.legal_forename, pupil.middle_names, pupil.legal_surname))))
    if everything and (pupil.preferred_forename or pupil.preferred_surname):
        yield Fact("Known as", f"{pupil.forename} {pupil.preferred_surname or pupil.legal_surname}")
    yield Fact("Date of birth", _day(pupil.dob))
    if everything:
        yield Fact("Sex", pupil.sex)
    yield Fact("Address", _address(pupil.address, pupil.postcode))
    yield Fact("Starting day", _day(pupil.starts_on))
    if everything:
        yield Fact("Boarder", "yes" if pupil.boarder else "no")
        yield Fact("School before", _address(pupil.previous_school, pupil.previous_school_address) or "none recorded")


def _of_leaving(pupil: Pupil) -> Iterator[Fact]:
    ground = deletion.GROUNDS.get(pupil.leaving_ground)
    yield Fact("Last day on roll", _day(pupil.leaves_on))
    yield Fact("Ground of deletion", f"{ground} ({ground.source})" if ground else "not yet recorded")
    if pupil.leaving_note:
        yield Fact("Note", pupil.leaving_note)
    yield Fact("Next school", pupil.next_school or "not known")
    if pupil.next_school_from:
        yield Fact("First day there", _day(pupil.next_school_from))
    if pupil.future_address:
        yield Fact("Future address", _address(pupil.future_address))
        if pupil.future_address_with:
            yield Fact("With", pupil.future_address_with)
        if pupil.future_address_from:
            yield Fact("From", _day(pupil.future_address_from))


def _of_parent(contact: Contact) -> Iterator[Fact]:
    parent, relationship = contact.parent, f" ({contact.relationship})" if contact.relationship else ""
    yield Fact("Lives with" if contact.lives_with_pupil else "Another parent or contact", parent.name + relationship)
    yield Fact("Address", _address(parent.address, parent.postcode))
    yield Fact("Emergency telephone", parent.phone1 or "none recorded")


def _cause(due: Due) -> str:
    """The last reason told for these days, in the words of the register's record."""
    rows = Reason.objects.filter(pupil=due.pupil, last_on__gte=due.since).order_by("-last_on", "-pk")
    last = rows.first()
    return last.text if last else "not known to the school"


def _address(*lines: str) -> str:
    return ", ".join(part.strip() for text in lines for part in text.splitlines() if part.strip())


def _day(on: date | None) -> str:
    return f"{on.day} {on:%B %Y}" if on else ""
