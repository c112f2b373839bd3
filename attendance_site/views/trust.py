"""The one page that speaks of several schools: a trust officer's comparison."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from attendance_site.queries import trust as queries
from registers.access import signed_in
from registers.queries import people
from registers.rules.rights import Right


@signed_in
def trust(request: HttpRequest) -> HttpResponse:
    """The schools at which this person may compare, side by side."""
    schools = people.schools_of(request.user, Right.COMPARE_SCHOOLS)  # type: ignore[arg-type]
    if not schools:
        raise PermissionDenied
    response = render(request, "site/trust.html", {"schools": queries.schools(schools, timezone.localdate())})
    add_never_cache_headers(response)
    return response
