"""The admission register: a child's spells and classes, leavers, what is still missing, and what a form offers."""

from collections.abc import Iterable, Sequence
from datetime import date

from registers.models import ClassPlace, Contact, Parent, Pupil, School, SchoolClass
from registers.rules import admissions as rules
from registers.rules import ages
from registers.rules.admissions import ParentHeld


def other_spells(pupil: Pupil) -> list[Pupil]:
    """The child's other enrolments here, the latest first."""
    rows = Pupil.objects.filter(school=pupil.school_id, upn=pupil.upn).exclude(pk=pupil.pk)
    return list(rows.order_by("-starts_on"))


def places(pupil: Pupil) -> list[ClassPlace]:
    """The classes a pupil has been in, the latest first."""
    return list(ClassPlace.objects.filter(pupil=pupil).select_related("school_class").order_by("-starts_on"))


def last_class_names(pupils: Iterable[Pupil]) -> dict[int, str]:
    """The last class each pupil was in, by pupil."""
    rows = ClassPlace.objects.filter(pupil__in=[pupil.pk for pupil in pupils]).order_by("starts_on")
    return dict(rows.values_list("pupil_id", "school_class__name"))


def left_between(school: School, first_on: date, before: date) -> list[Pupil]:
    """Whoever's last day lies between two days, the second not included; by name."""
    rows = Pupil.objects.filter(school=school, leaves_on__gte=first_on, leaves_on__lt=before)
    return list(rows.order_by("legal_surname", "legal_forename", "pk"))


def class_choices(school: School) -> list[tuple[int, str]]:
    """Every class of the school as a choice."""
    return list(SchoolClass.objects.filter(school=school).order_by("name").values_list("pk", "name"))


def parent_choices(school: School, pupil: Pupil) -> list[tuple[str, list[tuple[int, str]]]]:
    """The parents the school knows who are not this pupil's contacts yet; those likely to be theirs first."""
    standing = Contact.objects.filter(pupil=pupil).values("parent")
    rows = list(Parent.objects.filter(school=school).exclude(pk__in=standing).order_by("surname", "forename", "pk"))
    before = set(Contact.objects.filter(pupil__school=school, pupil__upn=pupil.upn).values_list("parent_id", flat=True))
    likely = [row for row in rows if row.pk in before or _is_likely(row, pupil)]
    named = {row.pk for row in likely}
    groups = (
        ("Same surname or address, or known from before", likely),
        ("Everybody else the school knows", [row for row in rows if row.pk not in named]),
    )
    return [(title, [(row.pk, _choice(row)) for row in group]) for title, group in groups if group]


def _is_likely(parent: Parent, pupil: Pupil) -> bool:
    has_name = parent.surname.casefold() == pupil.legal_surname.casefold()
    return has_name or bool(pupil.postcode and parent.postcode == pupil.postcode)


def _choice(parent: Parent) -> str:
    street = parent.address.partition("\n")[0]
    return f"{parent.surname}, {' '.join(part for part in (parent.title, parent.forename) if part)}" + (
        f" ({street})" if street else ""
    )


def still_missing(pupil: Pupil, contacts: Sequence[Contact]) -> tuple[str, ...]:
    """What regulation 8 asks for and the register does not hold of a pupil."""
    held = {name: rules.as_text(getattr(pupil, name)) for name in ("sex", "address", "previous_school")}
    began = ages.year_group(pupil.dob, pupil.starts_on, pupil.year_offset) <= 0
    return rules.missing(held, [_held(contact, pupil) for contact in contacts], began_in_reception=began)


def _held(contact: Contact, pupil: Pupil) -> ParentHeld:
    parent = contact.parent
    return ParentHeld(
        has_responsibility=contact.parental_responsibility,
        lives_with=contact.lives_with_pupil,
        is_emergency=contact.emergency,
        has_phone=bool(parent.phone1 or parent.phone2 or parent.phone3),
        has_address=bool(parent.address or (contact.lives_with_pupil and pupil.address)),
    )
