"""What is done to a part-time timetable on its page: agreements, telling the local authority, reviews."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from absences.arranged_forms import ParentForm, RefusableForm, ReviewForm, ToldForm
from absences.models import LongArrangement
from absences.rules.arranged import ArrangedRefusedError
from absences.services import part_time as services
from absences.views.arranged import page, parents_of, row_of
from registers.access import SchoolRequest, school_view
from registers.models import Contact
from registers.rules.rights import Right


def _timetable(request: SchoolRequest, row_id: int) -> LongArrangement:
    row = row_of(request, row_id)
    if not row.is_part_time:
        raise Http404
    return row


def _do(
    request: SchoolRequest,
    row: LongArrangement,
    name: str,
    form: RefusableForm,
    do: Callable[[], object],
    said: str,
) -> HttpResponse:
    """Do what a form asks, and go back to the page; what is refused stands beside its field."""
    if form.is_valid():
        try:
            do()
        except ArrangedRefusedError as refused:
            form.refuse(refused)
        else:
            messages.success(request, said)
            return redirect("arrangement", request.school.slug, row.pk)
    return page(request, row, **{name: form})


@school_view(Right.ARRANGE)
@require_POST
def part_time_parent(request: SchoolRequest, row_id: int) -> HttpResponse:
    """Record a parent's agreement."""
    row = _timetable(request, row_id)
    form = ParentForm(request.POST, parents=parents_of(row))

    def agree() -> None:
        services.agree_parent(
            row.pk,
            request.school,
            request.calendar,
            get_object_or_404(Contact.objects.filter(school=request.school), pk=form.cleaned_data["parent"]),
            form.cleaned_data["agreed_on"],
            form.how_agreed,
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )

    return _do(request, row, "parent_form", form, agree, "The parent’s agreement is recorded.")


@school_view(Right.DECIDE_LEAVE)
@require_POST
def part_time_head(request: SchoolRequest, row_id: int) -> HttpResponse:
    """The headteacher agrees."""
    row = _timetable(request, row_id)
    try:
        services.agree_head(
            row.pk,
            request.school,
            request.calendar,
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except ArrangedRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Agreed, with today’s date and your name.")
    return redirect("arrangement", request.school.slug, row.pk)


@school_view(Right.ARRANGE)
@require_POST
def part_time_told(request: SchoolRequest, row_id: int) -> HttpResponse:
    """Record that the local authority was told."""
    row = _timetable(request, row_id)
    form = ToldForm(request.POST)

    def tell() -> None:
        services.tell(
            row.pk,
            request.school,
            form.cleaned_data["told_on"],
            form.cleaned_data["how"],
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )

    return _do(request, row, "told_form", form, tell, "Recorded: the local authority knows of it.")


@school_view(Right.ARRANGE)
@require_POST
def part_time_review(request: SchoolRequest, row_id: int) -> HttpResponse:
    """Record a review."""
    row = _timetable(request, row_id)
    form = ReviewForm(request.POST, most_days=row.terms.review_days, last_on=row.last_on)

    def review() -> None:
        services.review(
            row.pk,
            request.school,
            request.calendar,
            form.held,
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )

    return _do(request, row, "review_form", form, review, "The review is recorded.")
