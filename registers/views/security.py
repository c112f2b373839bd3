"""Which parts of the school sign in with a second step."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from registers.access import SchoolRequest, school_view
from registers.people_forms import SecondFactorForm
from registers.queries import staff
from registers.rules.people import PeopleRefusedError
from registers.rules.rights import Right
from registers.services import people as services


@school_view(Right.SET_UP)
def security(request: SchoolRequest) -> HttpResponse:
    """Choose the parts, with how many of each have a second step already."""
    form = SecondFactorForm(
        request.POST if request.method == "POST" else None, initial={"roles": request.school.second_factor_roles}
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.require_second_factor(
                request.school, form.cleaned_data["roles"], by=request.membership, at=request.moment.at
            )
        except PeopleRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Saved. Whoever still lacks a second step is asked with the next page.")
            return redirect("security", request.school.slug)
    return render(
        request,
        "registers/security.html",
        {
            "form": form,
            "tab": "security",
            "lines": staff.second_factors(request.school, timezone.localdate(request.moment.at)),
        },
        status=422 if request.method == "POST" else 200,
    )
