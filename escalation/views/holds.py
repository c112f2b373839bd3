"""Flags put aside and taken up, and one's own views of the desk."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from escalation.case_forms import HoldForm
from escalation.forms import FILTERS
from escalation.models import Flag, SavedView
from escalation.queries import cases
from escalation.queries import holds as queries
from escalation.rules.cases import CaseRefusedError
from escalation.rules.holds import HoldKind, HoldRefusedError
from escalation.services import cases as case_services
from escalation.services import holds as services
from escalation.views.desk import flag_page
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right


@school_view(Right.SEE_DESK)
@require_POST
def flag_hold(request: SchoolRequest, pk: int) -> HttpResponse:
    """Snooze or dismiss a flag."""
    found = _flag(request, pk)
    form = HoldForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            row = services.hold(
                found,
                HoldKind(typed["kind"]),
                typed["reason"],
                typed["until_on"],
                today=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except HoldRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            until = f" until {row.until_on.day} {row.until_on:%B %Y}" if row.until_on else ""
            messages.success(request, f"{row.kind_name}{until}. It stands under “Put aside” and can be brought back.")
            return redirect("desk", request.school.slug)
    return flag_page(request, found, hold_form=form, status=422)


@school_view(Right.SEE_DESK)
@require_POST
def flag_back(request: SchoolRequest, pk: int) -> HttpResponse:
    """Bring a flag back before its day."""
    found = _flag(request, pk)
    try:
        services.bring_back(found, by=request.membership, at=request.moment.at)
    except HoldRefusedError as refused:
        return flag_page(request, found, refused=str(refused), status=422)
    messages.success(request, "Back on the desk.")
    return redirect("flag", request.school.slug, pk)


@school_view(Right.SEE_DESK)
@require_POST
def flag_follow(request: SchoolRequest, pk: int) -> HttpResponse:
    """Take a flag up: its pupil's case opens, or is joined, with the task the policy names."""
    found = _flag(request, pk)
    case_services.follow_flags(
        request.school, request.moment.today, by=request.membership, at=request.moment.at, only=found
    )
    case = cases.open_of(found.pupil_id)
    if case is None:
        try:
            case = case_services.open_case(
                request.school,
                found.pupil,
                f"Flagged: {found.title}",
                on=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except CaseRefusedError as refused:
            return flag_page(request, found, refused=str(refused), status=422)
    return redirect("case", request.school.slug, case.pk)


@school_view(Right.SEE_DESK)
def put_aside(request: SchoolRequest) -> HttpResponse:
    """The flags put aside: until when, why, by whom."""
    rows = queries.put_aside(request.school, request.moment.today)
    return render(request, "escalation/put_aside.html", {"rows": rows})


@school_view(Right.SEE_DESK)
@require_POST
def view_save(request: SchoolRequest) -> HttpResponse:
    """Keep the filters of the desk as a view of one's own."""
    filters = {name: request.POST[name] for name in FILTERS if request.POST.get(name)}
    try:
        view = services.save_view(
            request.school, request.POST.get("name", ""), filters, by=request.membership, at=request.moment.at
        )
    except HoldRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"Kept as “{view.name}”.")
    return redirect("desk", request.school.slug)


@school_view(Right.SEE_DESK)
@require_POST
def view_remove(request: SchoolRequest, pk: int) -> HttpResponse:
    """Remove one of one's own views."""
    view = get_object_or_404(SavedView.objects.filter(school=request.school, user=request.user), pk=pk)
    services.remove_view(view, by=request.membership, at=request.moment.at)
    messages.success(request, "View removed.")
    return redirect("desk", request.school.slug)


def _flag(request: SchoolRequest, pk: int) -> Flag:
    return get_object_or_404(
        Flag.objects.filter(school=request.school).select_related("pupil", "policy_version"), pk=pk
    )
