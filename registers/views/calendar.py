"""A school's calendar by school year: everybody at the school reads it; who sets the school up changes it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from registers.access import SchoolRequest, school_view
from registers.models import Closure, Term
from registers.queries import calendars, school_years
from registers.rules import calendar_files, closures, year_plan
from registers.rules.calendar import CalendarRefusedError
from registers.rules.rights import Right
from registers.rules.year_plan import DayKind
from registers.school_forms import ClosureForm, TermForm
from registers.services import calendars as services
from registers.services.calendars import Changed


@school_view(Right.HOME)
def calendar(request: SchoolRequest) -> HttpResponse:
    """One school year: half-terms, closures, counts and every month."""
    asked = request.GET.get("year", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else None
    return render(
        request,
        "registers/calendar.html",
        {
            "year": school_years.of(request.school, request.calendar, number, request.moment.today),
            "legend": [
                {"kind": kind, "name": name, "letter": year_plan.DAY_LETTERS.get(kind, "")}
                for kind, name in year_plan.DAY_NAMES.items()
                if kind is not DayKind.WEEKEND
            ],
            "tab": "calendar",
        },
    )


@school_view(Right.SET_UP)
def term_new(request: SchoolRequest) -> HttpResponse:
    """Enter a half-term."""
    form = TermForm(request.POST or None)
    return _edit(
        request,
        form,
        "Enter a half-term",
        lambda: services.add_term(request.school, form.term, by=request.membership, at=request.moment.at),
    )


@school_view(Right.SET_UP)
def term(request: SchoolRequest, term_id: int) -> HttpResponse:
    """Change a half-term, or confirm a placeholder as it stands."""
    row = get_object_or_404(Term.objects.filter(school=request.school), pk=term_id)
    stands = f"half-term {row.number}, {calendar_files.in_words(calendars.as_term(row))}"
    initial = {"number": row.number, "name": row.name, "first_on": row.first_on, "last_on": row.last_on}
    form = TermForm(request.POST or None, initial=initial | {"stood": stands})
    return _edit(
        request,
        form,
        f"Change {row.name}",
        lambda: services.change_term(row, form.term, by=request.membership, at=request.moment.at),
        stands=stands,
        remove=reverse("term_remove", args=[request.school.slug, row.pk]),
        is_placeholder=row.placeholder,
    )


@school_view(Right.SET_UP)
@require_POST
def term_remove(request: SchoolRequest, term_id: int) -> HttpResponse:
    """Take a half-term out of the calendar."""
    row = get_object_or_404(Term.objects.filter(school=request.school), pk=term_id)
    return _removed(
        request, lambda: services.remove_term(row, by=request.membership, at=request.moment.at), f"{row.name} removed."
    )


@school_view(Right.SET_UP)
def closure_new(request: SchoolRequest) -> HttpResponse:
    """Enter a planned closure."""
    form = ClosureForm(request.POST or None)
    return _edit(
        request,
        form,
        "Enter a planned closure",
        lambda: services.add_closure(request.school, form.closure, by=request.membership, at=request.moment.at),
    )


@school_view(Right.SET_UP)
def closure(request: SchoolRequest, closure_id: int) -> HttpResponse:
    """Change a planned closure."""
    row = get_object_or_404(Closure.objects.filter(school=request.school), pk=closure_id)
    stands = f"{closures.kind_name(row.kind)}: {closures.in_words(calendars.as_closure(row))}"
    initial = {name: getattr(row, name) for name in ("kind", "name", "first_on", "last_on", "session")}
    form = ClosureForm(request.POST or None, initial=initial | {"stood": stands})
    return _edit(
        request,
        form,
        f"Change {row.name}",
        lambda: services.change_closure(row, form.closure, by=request.membership, at=request.moment.at),
        stands=stands,
        remove=reverse("closure_remove", args=[request.school.slug, row.pk]),
        is_placeholder=row.placeholder,
    )


@school_view(Right.SET_UP)
@require_POST
def closure_remove(request: SchoolRequest, closure_id: int) -> HttpResponse:
    """Take a planned closure out of the calendar."""
    row = get_object_or_404(Closure.objects.filter(school=request.school), pk=closure_id)
    return _removed(
        request,
        lambda: services.remove_closure(row, by=request.membership, at=request.moment.at),
        f"{row.name} removed.",
    )


@school_view(Right.SET_UP)
@require_POST
def bank_holidays_add(request: SchoolRequest) -> HttpResponse:
    """Close the school on the bank holidays of a school year on which it is open."""
    asked = request.POST.get("year", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else None
    year = school_years.of(request.school, request.calendar, number, request.moment.today)
    try:
        _, added = services.add_bank_holidays(
            request.school, year.first_on, year.last_on, by=request.membership, at=request.moment.at
        )
    except CalendarRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{added} {'bank holiday' if added == 1 else 'bank holidays'} added.")
    return redirect(_address(request, year.year))


def _edit(
    request: SchoolRequest,
    form: TermForm | ClosureForm,
    title: str,
    save: Callable[[], Changed],
    *,
    stands: str = "",
    remove: str = "",
    is_placeholder: bool = False,
) -> HttpResponse:
    """One form of the calendar: shown, refused with the reason, or saved. `stands` is what a change would replace."""
    if request.method == "POST" and form.is_valid() and not _is_stale(form, stands):
        try:
            changed = save()
        except CalendarRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Saved." + _opened(request, changed))
            return redirect(_address(request, changed.after.school_year_of(form.cleaned_data["first_on"])[0].year))
    return render(
        request,
        "registers/calendar_edit.html",
        {"form": form, "title": title, "remove": remove, "is_placeholder": is_placeholder, "tab": "calendar"},
        status=422 if request.method == "POST" else 200,
    )


def _is_stale(form: TermForm | ClosureForm, stands: str) -> bool:
    """Whether somebody changed the same while the form stood open; saved again, what was typed replaces it."""
    if form.cleaned_data["stood"] in ("", stands):
        return False
    form.data = {**form.data, "stood": stands}
    form.add_error(
        None, f"Somebody changed this while your page stood open. Now it is: {stands}. Save again if yours is right."
    )
    return True


def _removed(request: SchoolRequest, remove: Callable[[], Changed], said: str) -> HttpResponse:
    try:
        changed = remove()
    except CalendarRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said + _opened(request, changed))
    return redirect("calendar", request.school.slug)


def _opened(request: SchoolRequest, changed: Changed) -> str:
    """What to do about days in the past that a change has opened: their registers were never taken."""
    opened = changed.opened_up_to(request.moment.today)
    if not opened:
        return ""
    sessions = "1 session" if len(opened) == 1 else f"{len(opened)} sessions"
    return (
        f" {sessions} up to today are now open, from {opened[0]}: their registers are blank. Enter them in the office."
    )


def _address(request: SchoolRequest, year: int) -> str:
    return f"{reverse('calendar', args=[request.school.slug])}?year={year}"
