"""Support plans: who has one that is open, and whose review is due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, QuerySet

from absences.models import SupportPlan, SupportReview
from absences.rules.support import PlanState
from registers.models import Pupil, School
from registers.queries import classes


@dataclass(frozen=True)
class PlanLine:
    """A plan in the list."""

    row: SupportPlan
    class_name: str
    is_due: bool


def of(school: School) -> QuerySet[SupportPlan]:
    """The school's plans with what a page of one needs."""
    return (
        SupportPlan.objects.filter(school=school)
        .select_related("school", "pupil", "recorded_by", "closed_by")
        .prefetch_related(Prefetch("reviews", SupportReview.objects.select_related("recorded_by")))
    )


def open_plans(pupils: Iterable[Pupil]) -> Mapping[int, SupportPlan]:
    """The open plan of each of these pupils who has one, the latest if there are several; one query.

    Whoever flags or writes to a family asks this first: support comes before any sanction.
    """
    rows = SupportPlan.objects.filter(pupil__in=[one.pk for one in pupils], state=PlanState.OPEN)
    return {row.pupil_id: row for row in rows.order_by("opened_on", "pk")}


def listed(school: School, on: date) -> list[PlanLine]:
    """The open plans, the one whose review is due first at the top."""
    names = classes.class_names(school, on)
    rows = of(school).filter(state=PlanState.OPEN).order_by("review_on", "pk")
    return [PlanLine(row, names.get(row.pupil_id, ""), row.review_on <= on) for row in rows]


def closed(school: School, since: date) -> list[SupportPlan]:
    return list(of(school).filter(state=PlanState.CLOSED, closed_on__gte=since).order_by("-closed_on", "-pk"))


def of_pupil(pupil: Pupil) -> list[SupportPlan]:
    """A pupil's plans, the open ones first, then the latest."""
    return list(SupportPlan.objects.filter(pupil=pupil).order_by("-state", "-opened_on", "-pk"))


def due_count(school: School, on: date) -> int:
    return SupportPlan.objects.filter(school=school, state=PlanState.OPEN, review_on__lte=on).count()
