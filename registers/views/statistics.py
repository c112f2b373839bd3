"""Pages of figures: the school over any days, the classes' week for the assembly, and the colour-tracking sheet."""

from datetime import date, timedelta
from typing import TypeVar

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registers.access import SchoolRequest, holder, school_view
from registers.forms import EARLIEST, LATEST, PeriodForm
from registers.queries import classes, figures
from registers.queries import statistics as queries
from registers.queries.figures import Period
from registers.rules import statistics as rules
from registers.rules.calendar import monday_of
from registers.rules.rights import Right
from registers.rules.statistics import BandsRefusedError, Basis, Span
from registers.services import tracking

Choice = TypeVar("Choice", Span, Basis)


@school_view(Right.SEE_STATISTICS)
def statistics(request: SchoolRequest) -> HttpResponse:
    """The school, its classes, year groups and other groups over the days asked for."""
    span = _chosen(Span, request.GET.get("span", ""), Span.YEAR)
    basis = _chosen(Basis, request.GET.get("basis", ""), Basis.DFE)
    today = request.moment.today
    first_on, last_on = rules.first_and_last(span, today, request.calendar, _year(request).first_on)
    form = PeriodForm(
        request.GET if "first_on" in request.GET else None, initial={"first_on": first_on, "last_on": last_on}
    )
    if span is Span.OTHER and form.is_bound and form.is_valid():
        first_on, last_on = form.cleaned_data["first_on"], form.cleaned_data["last_on"]
    wrong = span is Span.OTHER and form.is_bound and not form.is_valid()
    return render(
        request,
        "registers/statistics.html",
        {
            "statistics": queries.of(
                request.school,
                request.calendar,
                Period(first_on, last_on),
                basis,
                with_sensitive=Right.SEE_SENSITIVE in request.rights,
            ),
            "span": span,
            "spans": rules.SPAN_NAMES,
            "basis": basis,
            "bases": rules.BASIS_NAMES,
            "with_persistent": span in rules.LONG_ENOUGH,
            "minimum_possible": rules.MINIMUM_POSSIBLE[basis],
            "form": form,
        },
        status=422 if wrong else 200,
    )


@school_view(Right.SEE_STATISTICS)
def class_table(request: SchoolRequest) -> HttpResponse:
    """The classes' attendance in one week, the best first, to read out on Friday."""
    today = request.moment.today
    monday = monday_of(_day(request.GET.get("week", ""), today))
    return render(
        request,
        "registers/class_table.html",
        {
            "places": queries.class_table(
                request.school, request.calendar, monday, min(monday + timedelta(days=6), today)
            ),
            "monday": monday,
            "previous": rules.week_before(monday, request.calendar),
            "next": next((week for week in request.calendar.school_weeks if monday < week <= today), None),
        },
    )


@school_view(Right.SEE_PUPILS)
def colour_sheet(request: SchoolRequest) -> HttpResponse:
    """Every pupil's attendance by half-term in colours; POST chooses where the colours begin."""
    percents, error = request.school.colour_bands or list(rules.USUAL_BANDS), ""
    if request.method == "POST":
        by = holder(request, Right.SET_UP)
        asked = [request.POST.get(name, "")[:10] for name in ("green", "amber", "red")]
        try:
            tracking.set_bands(request.school, asked, by=by, at=request.moment.at)
        except BandsRefusedError as refused:
            error = str(refused)
        else:
            messages.success(request, "The colours begin where you said.")
            return redirect("colour_sheet", request.school.slug)
    sheet = queries.colour_sheet(
        request.school, request.calendar, request.moment.today, _year(request), rules.bands(percents)
    )
    class_name = request.GET.get("class", "")
    return render(
        request,
        "registers/colour_sheet.html",
        {
            "sheet": sheet,
            "rows": [row for row in sheet.rows if not class_name or row.class_name == class_name],
            "class_name": class_name,
            "class_names": sorted({row.class_name for row in sheet.rows if row.class_name}),
            "percents": [request.POST.get(name, "") for name in ("green", "amber", "red")] if error else percents,
            "error": error,
        },
        status=422 if error else 200,
    )


@school_view(Right.TAKE_REGISTER)
def class_colours(request: SchoolRequest, class_id: int) -> HttpResponse:
    """The colour tracking of one class for its teacher: attendance and colour, and nothing else of a child."""
    today = request.moment.today
    school_class = get_object_or_404(classes.open_to(request.memberships, request.school, today), pk=class_id)
    bands = rules.bands(request.school.colour_bands or list(rules.USUAL_BANDS))
    sheet = queries.colour_sheet(request.school, request.calendar, today, _year(request), bands)
    context = {
        "school_class": school_class,
        "sheet": sheet,
        "rows": [row for row in sheet.rows if row.class_name == school_class.name],
    }
    return render(request, "registers/class_colours.html", context)


def _year(request: SchoolRequest) -> Period:
    return figures.year_to_date(request.moment.today, request.calendar)


def _chosen(choices: type[Choice], text: str, usual: Choice) -> Choice:
    try:
        return choices(text)
    except ValueError:
        return usual


def _day(text: str, usual: date) -> date:
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        return usual
    return asked if EARLIEST <= asked <= LATEST else usual
