"""A pupil's parents and other contacts: who they are, what they are to the pupil, and in which order they are rung."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import models, transaction

from registers.models import Contact, Membership, Parent, Pupil, School
from registers.rules import admissions as rules
from registers.rules.admissions import LISTED, AdmissionRefusedError
from registers.services import changes, record
from registers.services.admissions import Clash, StaleError, check_fresh
from registers.services.changes import Change

ADDED = "Added to the contacts"


@transaction.atomic
def add(
    school: School,
    pupil: Pupil,
    parent: Parent | None,
    particulars: Mapping[str, Any],
    what: Mapping[str, Any],
    *,
    by: Membership,
    at: datetime,
) -> Contact:
    """Add somebody to a pupil's contacts: a parent the school knows, or, if None, a new one with these particulars."""
    _lock(pupil)
    known = _known(school, pupil, parent) if parent is not None else _new(school, particulars)
    _check(known, what)
    contact = Contact.objects.create(
        school=school,
        pupil=pupil,
        parent=known,
        **{**what, "priority": Contact.objects.filter(pupil=pupil).count() + 1},
    )
    steps = [_step(contact, LISTED, "", "yes")]
    if parent is None:
        steps += changes.between({}, particulars, subject=changes.PARENT, parent_id=known.pk)
    steps += changes.between({}, what, subject=changes.CONTACT, pupil_id=pupil.pk, parent_id=known.pk)
    steps += _reorder(contact, what["priority"])
    changes.write(school.pk, steps, reason=ADDED, source=changes.SCREEN, by=by, at=at)
    record.write("contact added", by=by, at=at, pupil=pupil, subject=f"parent:{known.pk}")
    return contact


@transaction.atomic
def change(
    contact: Contact,
    particulars: Mapping[str, Any],
    what: Mapping[str, Any],
    stood: Mapping[str, str],
    reason: str,
    *,
    by: Membership,
    at: datetime,
) -> tuple[str, ...]:
    """Change a parent's particulars (for every pupil of theirs) and what they are to this one; say what changed.

    `stood` is what the form showed of each, as text. Raises StaleError or AdmissionRefusedError.
    """
    _lock(contact.pupil)
    standing = Contact.objects.select_related("parent", "pupil").filter(pk=contact.pk).first()
    if standing is None:
        raise AdmissionRefusedError("Somebody has taken this contact off the list since. Nothing was changed.")
    parent = Parent.objects.select_for_update(no_key=True).get(pk=standing.parent_id)
    _check_fresh(parent, particulars, standing, what, stood)
    others = {name: value for name, value in what.items() if name != "priority"}
    steps = _apply(parent, particulars, subject=changes.PARENT, parent_id=parent.pk)
    steps += _apply(standing, others, subject=changes.CONTACT, pupil_id=standing.pupil_id, parent_id=standing.parent_id)
    if what.get("priority", standing.priority) != standing.priority:
        steps += _reorder(standing, what["priority"])
    if not steps:
        return ()
    why = rules.check_reason(reason)
    _check(parent, {"emergency": standing.emergency})
    changes.write(standing.school_id, steps, reason=why, source=changes.SCREEN, by=by, at=at)
    fields = tuple(dict.fromkeys(step.field for step in steps))
    facts = {"fields": list(fields)}
    record.write("contact changed", by=by, at=at, pupil=standing.pupil, subject=f"parent:{parent.pk}", facts=facts)
    return fields


@transaction.atomic
def remove(contact: Contact, reason: str, *, by: Membership, at: datetime) -> None:
    """Take somebody off a pupil's contacts. What they were to the pupil stays in the chain; the parent stays known."""
    why = rules.check_reason(reason)
    pupil = contact.pupil
    _lock(pupil)
    standing = Contact.objects.filter(pk=contact.pk).first()
    if standing is None:
        raise AdmissionRefusedError("This contact is off the list already.")
    held = {name: getattr(standing, name) for name in rules.CONTACT_PARTICULARS}
    ids = {"pupil_id": standing.pupil_id, "parent_id": standing.parent_id}
    steps = changes.between(held, dict.fromkeys(held), subject=changes.CONTACT, **ids)
    steps.append(_step(standing, LISTED, "yes", ""))
    standing.delete()
    steps += _renumber(list(Contact.objects.filter(pupil=pupil).order_by("priority", "pk")))
    changes.write(pupil.school_id, steps, reason=why, source=changes.SCREEN, by=by, at=at)
    record.write("contact removed", by=by, at=at, pupil=pupil, subject=f"parent:{ids['parent_id']}")


def _lock(pupil: Pupil) -> None:
    """Let one person at a time change the contacts of a pupil."""
    Pupil.objects.select_for_update(no_key=True).get(pk=pupil.pk)


def _known(school: School, pupil: Pupil, parent: Parent) -> Parent:
    if parent.school_id != school.pk:
        raise AdmissionRefusedError("Choose somebody this school knows.", "parent")
    if Contact.objects.filter(pupil=pupil, parent=parent).exists():
        raise AdmissionRefusedError("They are among this pupil’s contacts already.", "parent")
    return parent


def _new(school: School, particulars: Mapping[str, Any]) -> Parent:
    if not particulars.get("surname"):
        raise AdmissionRefusedError("Give the surname, or choose somebody the school knows.", "surname")
    return Parent.objects.create(school=school, contact_id=f"entered-{uuid4().hex[:16]}", **particulars)


def _check(parent: Parent, what: Mapping[str, Any]) -> None:
    if what.get("emergency") and not (parent.phone1 or parent.phone2 or parent.phone3):
        raise AdmissionRefusedError("An emergency contact needs a telephone number.", "phone1")


def _check_fresh(
    parent: Parent,
    particulars: Mapping[str, Any],
    contact: Contact,
    what: Mapping[str, Any],
    stood: Mapping[str, str],
) -> None:
    """Refuse if either of the two rows is no longer what the form showed, and name all that differs."""
    clashes: list[Clash] = []
    for row, wanted in ((parent, particulars), (contact, what)):
        try:
            check_fresh(row, wanted, stood)
        except StaleError as stale:
            clashes += stale.clashes
    if clashes:
        raise StaleError(clashes)


def _apply(row: models.Model, given: Mapping[str, Any], **whose: Any) -> list[Change]:
    steps = changes.between({name: getattr(row, name) for name in given}, given, **whose)
    for name, value in given.items():
        setattr(row, name, value)
    if steps:
        row.save(update_fields=list(given))
    return steps


def _step(contact: Contact, field: str, old: str, new: str) -> Change:
    return Change(contact.pupil_id, contact.parent_id, changes.CONTACT, field, old, new)


def _reorder(contact: Contact, place: int) -> list[Change]:
    """Put a contact in a place of the order, and number the rest around it."""
    rows = [row for row in Contact.objects.filter(pupil=contact.pupil_id).order_by("priority", "pk") if row != contact]
    rows.insert(max(0, min(place, len(rows) + 1) - 1), contact)
    return _renumber(rows)


def _renumber(rows: list[Contact]) -> list[Change]:
    steps = []
    for number, row in enumerate(rows, start=1):
        if row.priority != number:
            steps.append(_step(row, "priority", str(row.priority), str(number)))
            row.priority = number
            row.save(update_fields=["priority"])
    return steps
