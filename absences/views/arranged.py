"""Longer arrangements: the school's list, one of them, recording one, and ending one."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from absences.arranged_forms import (
    ArrangementForm,
    EndForm,
    ParentForm,
    PartTimeForm,
    ReviewForm,
    ToldForm,
)
from absences.models import LongArrangement
from absences.queries import arranged as queries
from absences.queries import clocks
from absences.rules import arranged as rules
from absences.rules import part_time as part_time_rules
from absences.rules.arranged import KINDS, TABLE, ArrangedRefusedError, Kind, State
from absences.services import long_arrangements, part_time
from registers.access import SchoolRequest, school_view
from registers.models import Pupil
from registers.queries import arrangements, families
from registers.rules.arrangements import EDUCATION_FROM_DAY
from registers.rules.rights import Right

OVER_FOR = timedelta(days=60)
"""How long an arrangement that is over stays in the list."""


@school_view(Right.ARRANGE)
def arrangement_list(request: SchoolRequest) -> HttpResponse:
    """Everything that is arranged now, what wants somebody first, and what has ended lately."""
    today = request.moment.today
    lines = queries.listed(request.school, request.calendar, today)
    kind = request.GET.get("kind", "")
    return render(
        request,
        "absences/arrangements.html",
        {
            "lines": [line for line in lines if not kind or line.row.kind == kind],
            "over": queries.over(request.school, today - OVER_FOR),
            "kinds": TABLE,
            "kind": kind,
            "lapsed": [line for line in lines if line.row.state == State.LAPSED],
        },
    )


@school_view(Right.ARRANGE)
def arrangement_new(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Record an arrangement: first its kind is chosen, then its particulars are asked for."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    chosen = request.GET.get("kind", "")
    if chosen not in set(Kind):
        return _choose(request, pupil)
    rule = KINDS[Kind(chosen)]
    form = _new_form(request, rule)
    if request.method == "POST" and form.is_valid():
        try:
            row = _record(request, pupil, form)
        except ArrangedRefusedError as refused:
            form.refuse(refused)
        else:
            messages.success(request, _recorded_words(row))
            return redirect("arrangement", request.school.slug, row.pk)
    context = {"pupil": pupil, "form": form, "rule": rule}
    status = 422 if request.method == "POST" else 200
    return render(request, "absences/arrangement_new.html", context, status=status)


def _choose(request: SchoolRequest, pupil: Pupil) -> HttpResponse:
    """The kinds there are, and what is recorded for the pupil already."""
    today = request.moment.today
    suspended = arrangements.suspended_this_year(pupil, request.calendar, today)
    rows = [row for row in queries.of_pupil(request.school, pupil.pk) if not row.is_over]
    context = {"pupil": pupil, "kinds": TABLE, "rows": rows, "suspended": len(suspended)}
    status = 422 if request.method == "POST" else 200
    return render(request, "absences/arrangement_choose.html", context, status=status)


def _new_form(request: SchoolRequest, rule: rules.KindRule) -> ArrangementForm | PartTimeForm:
    typed = request.POST if request.method == "POST" else None
    if rule.kind is Kind.PART_TIME:
        return PartTimeForm(typed, most_days=clocks.rules_of(request.school).review_days)
    return ArrangementForm(typed, rule=rule, initial={"first_on": request.moment.today})


def _record(request: SchoolRequest, pupil: Pupil, form: ArrangementForm | PartTimeForm) -> LongArrangement:
    who: dict[str, Any] = {"by": request.membership, "at": request.moment.at}
    if isinstance(form, PartTimeForm):
        return part_time.propose(request.school, request.calendar, pupil, form.proposal, **who)
    return long_arrangements.record(
        request.school,
        request.calendar,
        pupil,
        form.rule.kind,
        form.span,
        form.pattern,
        form.particulars,
        today=request.moment.today,
        **who,
    )


def _recorded_words(row: LongArrangement) -> str:
    if row.is_part_time:
        return "Proposed. It runs when a parent and the headteacher have agreed."
    return f"Recorded. {row.rule.code} is given each school morning for these sessions."


@school_view(Right.ARRANGE)
def arrangement(request: SchoolRequest, row_id: int) -> HttpResponse:
    """One arrangement: what was agreed, what it wants now, and what can be done."""
    return page(request, row_of(request, row_id))


def row_of(request: SchoolRequest, row_id: int) -> LongArrangement:
    return get_object_or_404(queries.of(request.school), pk=row_id)


def page(request: SchoolRequest, row: LongArrangement, **bound: forms.Form) -> HttpResponse:
    """The page of one arrangement; a form that was refused stands in it with its message."""
    today, rule = request.moment.today, row.rule
    lines = queries.of_pupil(request.school, row.pupil_id)
    taught = [one for one in lines if Kind(one.kind) in rules.TAUGHT_ELSEWHERE and one.state == State.RUNNING]
    context: dict[str, Any] = {
        "row": row,
        "rule": rule,
        "wanted": list(queries.wanted(row, request.calendar, today, taught)),
        "until": queries.until(row, request.calendar),
        "end_form": EndForm(asks_day=row.state == State.RUNNING, initial={"last_on": today}),
    }
    if row.is_exclusion:
        last_on = row.ended_on or row.last_on
        context |= {
            "public_days": rules.public_place_days(request.calendar, row.first_on, last_on),
            "sixth": rules.teaching_from(request.calendar, row.span, EDUCATION_FROM_DAY),
            "numbered": arrangements.numbered(row.arrangement, request.calendar) if row.arrangement else None,
        }
    if row.is_part_time:
        context |= _part_time_forms(request, row)
    return render(request, "absences/arrangement.html", context | bound, status=422 if any(bound.values()) else 200)


def _part_time_forms(request: SchoolRequest, row: LongArrangement) -> dict[str, Any]:
    today, terms = request.moment.today, row.terms
    latest = part_time_rules.first_review(today, row.last_on, terms.review_days)
    return {
        "terms": terms,
        "parent_form": ParentForm(parents=parents_of(row), initial={"agreed_on": today}),
        "told_form": ToldForm(initial={"told_on": today}),
        "review_form": ReviewForm(
            most_days=terms.review_days, last_on=latest, initial={"held_on": today, "with_parent": True}
        ),
    }


def parents_of(row: LongArrangement) -> list[tuple[int, str]]:
    """The contacts the pupil lives with, as choices."""
    rows = [contact for contact in families.contacts_of(row.pupil) if contact.lives_with_pupil]
    return [(contact.pk, f"{contact.parent.name} ({contact.relationship or 'contact'})") for contact in rows]


@school_view(Right.ARRANGE)
@require_POST
def arrangement_end(request: SchoolRequest, row_id: int) -> HttpResponse:
    """End an arrangement before its time, withdraw a proposal, or put away what has lapsed."""
    row = row_of(request, row_id)
    form = EndForm(request.POST, asks_day=row.state == State.RUNNING)
    if form.is_valid():
        try:
            row = long_arrangements.end(
                row.pk,
                request.school,
                request.calendar,
                form.cleaned_data.get("last_on", row.last_on),
                form.cleaned_data["why"],
                today=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except ArrangedRefusedError as refused:
            form.refuse(refused)
        else:
            messages.success(request, "Ended. Codes entered for later days are N now, for the register to settle.")
            return redirect("arrangement", request.school.slug, row.pk)
    return page(request, row, end_form=form)
