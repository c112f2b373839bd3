"""The governors' report."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from attendance_site.queries import governors
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right


@school_view(Right.SEE_REPORT)
def governors_report(request: SchoolRequest) -> HttpResponse:
    """One term's report; the term that runs, or the last one, unless another is asked for."""
    terms = governors.terms(request.school, request.calendar, request.moment.today)
    if not terms:
        return render(request, "site/governors.html", {"terms": terms})
    wanted = request.GET.get("term", terms[0].key)
    term = next((term for term in terms if term.key == wanted), None)
    if term is None:
        raise Http404
    before = next((other for other in terms if (other.year, other.name) == (term.year - 1, term.name)), None)
    return render(
        request,
        "site/governors.html",
        {"terms": terms, "report": governors.report(request.school, request.calendar, term, before)},
    )
