"""Support plans: the list, opening one, one of them, its reviews, and its end."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from absences.models import SupportPlan
from absences.queries import support as queries
from absences.rules.support import SupportRefusedError
from absences.services import support as services
from absences.support_forms import PlanCloseForm, PlanForm, PlanReviewForm
from registers.access import SchoolRequest, school_view
from registers.models import Pupil
from registers.rules.rights import Right

CLOSED_FOR = timedelta(days=365)
REVIEW_AFTER = timedelta(days=28)
"""The day offered for the next look at a plan."""


@school_view(Right.SUPPORT)
def support_plans(request: SchoolRequest) -> HttpResponse:
    """Every open plan, the one due first at the top, and those closed within a year."""
    today = request.moment.today
    context = {
        "lines": queries.listed(request.school, today),
        "closed": queries.closed(request.school, today - CLOSED_FOR),
    }
    return render(request, "absences/support_plans.html", context)


@school_view(Right.SUPPORT)
def support_plan_new(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Open a plan for a pupil."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    form = PlanForm(request.POST or None, initial={"review_on": request.moment.today + REVIEW_AFTER})
    if request.method == "POST" and form.is_valid():
        try:
            row = services.start(
                request.school,
                pupil,
                form.plan,
                today=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except SupportRefusedError as refused:
            form.refuse(refused)
        else:
            messages.success(request, "The plan is open.")
            return redirect("support_plan", request.school.slug, row.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "absences/support_plan_new.html", {"pupil": pupil, "form": form}, status=status)


@school_view(Right.SUPPORT)
def support_plan(request: SchoolRequest, plan_id: int) -> HttpResponse:
    """One plan with its reviews."""
    return _page(request, _row(request, plan_id))


def _row(request: SchoolRequest, plan_id: int) -> SupportPlan:
    return get_object_or_404(queries.of(request.school), pk=plan_id)


def _page(request: SchoolRequest, row: SupportPlan, **bound: forms.Form) -> HttpResponse:
    today = request.moment.today
    context: dict[str, Any] = {
        "row": row,
        "review_form": PlanReviewForm(
            initial={
                "held_on": today,
                "adjustments": row.adjustments,
                "agencies": row.agencies,
                "review_on": today + REVIEW_AFTER,
            }
        ),
        "close_form": PlanCloseForm(),
    }
    return render(request, "absences/support_plan.html", context | bound, status=422 if bound else 200)


@school_view(Right.SUPPORT)
@require_POST
def support_plan_review(request: SchoolRequest, plan_id: int) -> HttpResponse:
    """Record a look at a plan."""
    row, form = _row(request, plan_id), PlanReviewForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.review(
                row.pk,
                request.school,
                typed["held_on"],
                typed["words"],
                typed["adjustments"],
                typed["agencies"],
                typed["review_on"],
                today=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except SupportRefusedError as refused:
            form.refuse(refused)
        else:
            messages.success(request, "The review is recorded.")
            return redirect("support_plan", request.school.slug, row.pk)
    return _page(request, row, review_form=form)


@school_view(Right.SUPPORT)
@require_POST
def support_plan_close(request: SchoolRequest, plan_id: int) -> HttpResponse:
    """Close a plan."""
    row, form = _row(request, plan_id), PlanCloseForm(request.POST)
    if form.is_valid():
        try:
            services.close(
                row.pk,
                request.school,
                form.cleaned_data["why"],
                today=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except SupportRefusedError as refused:
            form.refuse(refused)
        else:
            messages.success(request, "The plan is closed.")
            return redirect("support_plans", request.school.slug)
    return _page(request, row, close_form=form)
