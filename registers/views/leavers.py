"""Taking a name off the roll on screen, and taking that back."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from registers.access import SchoolRequest, school_view
from registers.admission_forms import LeaveRollForm, ReasonForm
from registers.models import Pupil
from registers.rules import deletion
from registers.rules.admissions import AdmissionRefusedError
from registers.rules.deletion import LeavingRefusedError
from registers.rules.rights import Right
from registers.services import leavers
from registers.services.leavers import CautionsError, Departure
from registers.views.admissions import form_page, pupil_of


@school_view(Right.EDIT_PUPILS)
def pupil_leave(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Enter the last day and its ground; what to make sure of is asked before anything is written."""
    pupil = pupil_of(request, pupil_id)
    if pupil.leaves_on is not None:
        return _left_already(request, pupil)
    form = LeaveRollForm(
        request.POST if request.method == "POST" else None,
        initial={
            "leaves_on": request.moment.today,
            "next_school": pupil.next_school,
            "next_school_from": pupil.next_school_from,
        },
    )
    context: dict[str, Any] = {"pupil": pupil, "grounds": deletion.TABLE}
    if request.method == "POST" and form.is_valid():
        # What was ticked about another ground or day is no word about this one.
        about = f"{form.cleaned_data['leaving_ground']} {form.cleaned_data['leaves_on']}"
        is_again = request.POST.get("asked") == about
        try:
            _leave(request, pupil, form, form.sure_of if is_again else frozenset())
        except LeavingRefusedError as refused:
            form.add_error(refused.field or None, str(refused))
        except CautionsError as stopped:
            form = LeaveRollForm(request.POST if is_again else form.without_ticks, cautions=stopped.cautions)
            context |= {"form": form, "asks": about}
            return render(request, "registers/pupil_leave.html", context, status=422 if is_again else 200)
        else:
            return redirect("pupil", request.school.slug, pupil.pk)
    return form_page(request, "registers/pupil_leave.html", context | {"form": form})


def _leave(request: SchoolRequest, pupil: Pupil, form: LeaveRollForm, sure_of: Collection[str]) -> None:
    typed = form.cleaned_data
    departure = Departure(
        typed["leaves_on"],
        typed["leaving_ground"],
        typed["leaving_note"],
        typed["next_school"],
        typed["next_school_from"],
    )
    leavers.leave(
        request.school,
        request.calendar,
        pupil,
        departure,
        sure_of=sure_of,
        today=request.moment.today,
        by=request.membership,
        at=request.moment.at,
    )
    messages.success(
        request,
        f"{pupil.name}’s last day is {typed['leaves_on'].day} {typed['leaves_on']:%B %Y}, ground "
        f"{typed['leaving_ground']}. The entry and its marks stay in the registers.",
    )


def _left_already(request: SchoolRequest, pupil: Pupil, form: ReasonForm | None = None) -> HttpResponse:
    """A pupil whose last day is entered: what was entered, and how to take it back."""
    action = reverse("pupil_take_back", args=[request.school.slug, pupil.pk])
    return render(
        request,
        "registers/pupil_left.html",
        {
            "pupil": pupil,
            "ground": deletion.GROUNDS.get(pupil.leaving_ground),
            "form": form or ReasonForm(action=action, button="Take the last day back"),
        },
        status=422 if form is not None else 200,
    )


@school_view(Right.EDIT_PUPILS)
@require_POST
def pupil_take_back(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Clear a last day that was entered wrongly."""
    pupil = pupil_of(request, pupil_id)
    form = ReasonForm(request.POST, action=request.path, button="Take the last day back")
    if form.is_valid():
        try:
            leavers.take_back(
                request.school, pupil, form.cleaned_data["reason"], by=request.membership, at=request.moment.at
            )
        except AdmissionRefusedError as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, f"{pupil.name} is on roll again; the last day is taken back.")
            return redirect("pupil", request.school.slug, pupil.pk)
    return _left_already(request, pupil, form)
