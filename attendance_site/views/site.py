"""Where somebody lands after signing in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from registers.queries import people
from registers.rules.rights import Right


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """On to the one school a person has a part at, or the choice between several."""
    schools = people.schools_of(request.user)  # type: ignore[arg-type]
    if len(schools) == 1:
        return redirect("home", schools[0].slug)
    compares = bool(people.schools_of(request.user, Right.COMPARE_SCHOOLS))  # type: ignore[arg-type]
    return render(request, "site/schools.html", {"schools": schools, "compares": compares})
