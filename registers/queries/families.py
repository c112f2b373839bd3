"""A pupil's parents in the order they are rung, and the pupils who share one."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from registers.models import Contact, Parent, Pupil

_IS_PARENT = Q(parental_responsibility=True) | Q(lives_with_pupil=True)


def contacts_of(pupil: Pupil) -> list[Contact]:
    """Everybody the school may ring about a pupil, first first."""
    return list(Contact.objects.filter(pupil=pupil).select_related("parent").order_by("priority", "pk"))


def siblings(pupil: Pupil) -> QuerySet[Pupil]:
    """The other children of the school who share a parent: someone with parental responsibility or living with both.

    The child's own earlier and later enrolments are none; a brother's or sister's stand each for itself.
    """
    parents = Contact.objects.filter(_IS_PARENT, pupil=pupil).values("parent")
    children = Contact.objects.filter(_IS_PARENT, parent__in=parents).values("pupil")
    return Pupil.objects.filter(school=pupil.school_id, pk__in=children).exclude(upn=pupil.upn)


def pupils_of(parent: Parent) -> QuerySet[Pupil]:
    """Every pupil whose contact a parent is, by name."""
    children = Contact.objects.filter(parent=parent).values("pupil")
    return Pupil.objects.filter(school=parent.school_id, pk__in=children).order_by("legal_surname", "legal_forename")


def latest_spells(pupils: Iterable[Pupil]) -> list[Pupil]:
    """Each child once, as the latest enrolment has them; the eldest first."""
    latest = {pupil.upn: pupil for pupil in sorted(pupils, key=lambda pupil: pupil.starts_on)}
    return sorted(latest.values(), key=lambda pupil: (pupil.dob, pupil.pk))
