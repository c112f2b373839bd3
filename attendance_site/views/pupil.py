"""One pupil's page."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from attendance_site.queries import pupil_page, pupil_year
from escalation.queries import cases
from letters import given
from letters.queries import wordings
from letters.rules.kinds import Kind
from registers.access import SchoolRequest, school_view
from registers.models import Pupil, School
from registers.rules.rights import Right


def _kinds(school: School) -> list[Kind]:
    """The letters a pupil's page offers; those that answer a leave request are drafted with its decision."""
    kinds = [wording.read for wording in wordings.adopted(school)]
    return [kind for kind in kinds if all(given.is_answered(blank) for blank in kind.given_blanks)]


@school_view(Right.SEE_PUPILS)
def pupil(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Figures, the ten-week count, flags, family and everything that happened, newest first."""
    found = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    return render(
        request,
        "site/pupil.html",
        {
            "page": pupil_page.of(request.school, request.calendar, found, request.moment.today),
            "letter_kinds": _kinds(request.school),
        },
    )


@school_view(Right.SEE_DESK)
def year(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """The year at a glance, the family side by side, and whom to ring in order."""
    found = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    context = {
        "pupil": found,
        "year": pupil_year.of(request.school, request.calendar, found, request.moment.today),
        "case": cases.open_of(found.pk),
    }
    return render(request, "site/pupil_year.html", context)
