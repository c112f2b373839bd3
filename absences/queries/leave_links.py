"""Parents' links and what was sent by them."""

from collections.abc import Iterable

from django.db.models import QuerySet

from absences.models import LeaveLink, SentRequest
from absences.rules.leave_links import Child
from registers.models import Contact, Pupil, School
from registers.queries import families

MOST_LISTED = 100


def of(school: School) -> QuerySet[LeaveLink]:
    """The school's links, the latest first, each with its parent and children."""
    rows = LeaveLink.objects.filter(school=school).select_related("school", "parent", "made_by", "sent")
    return rows.prefetch_related("pupils").order_by("-made_at", "-pk")


def listed(school: School) -> list[LeaveLink]:
    return list(of(school)[:MOST_LISTED])


def to_settle(school: School) -> list[SentRequest]:
    """What parents sent that did not become a request by itself, the oldest first."""
    rows = SentRequest.objects.filter(school=school, settled_at__isnull=True).exclude(hindrance="")
    return list(rows.select_related("link__parent").order_by("sent_at", "pk"))


def children_who_live_with(parent_id: int, pupil: Pupil) -> list[Pupil]:
    """The child and those brothers and sisters on roll who live with a parent as well; the eldest first."""
    family = [pupil, *families.latest_spells(families.siblings(pupil).filter(leaves_on__isnull=True))]
    lives = set(
        Contact.objects.filter(parent=parent_id, pupil__in=family, lives_with_pupil=True).values_list(
            "pupil", flat=True
        )
    )
    return [one for one in family if one.pk in lives]


def as_children(pupils: Iterable[Pupil]) -> list[Child]:
    """The children of a link as the rule that matches names knows them."""
    return [
        Child(
            one.pk,
            (one.legal_forename, one.preferred_forename, f"{one.legal_forename} {one.middle_names}".strip()),
            (one.legal_surname, one.preferred_surname),
        )
        for one in pupils
    ]
