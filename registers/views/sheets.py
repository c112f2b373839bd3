"""The register of some weeks as a sheet to read and print, and a pupil's registration certificate."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode

from registers.access import SchoolRequest, school_view
from registers.models import Pupil, SchoolClass
from registers.queries import certificates, classes, figures, register_sheets
from registers.queries.figures import Period
from registers.queries.register_sheets import MOST_DAYS, Group
from registers.rules.history import Show
from registers.rules.rights import Right
from registers.sheet_forms import AsOfForm, SheetForm


@school_view(Right.RECODE)
def register_sheet(request: SchoolRequest) -> HttpResponse:
    """A class's, a year group's or the school's register of some weeks, in the state that is asked for."""
    today = request.moment.today
    groups = _groups(request, today)
    week = register_sheets.week_of(today)
    chosen = {
        "group": next((key for key in groups if key), ""),
        "first_on": week.first_on.isoformat(),
        "last_on": week.last_on.isoformat(),
        "show": Show.NOW,
    } | request.GET.dict()
    choices = [(key, group.name) for key, group in groups.items()]
    form = SheetForm(chosen, choices, request.calendar, at=request.moment.at)
    sheet = None
    if form.is_valid():
        period = Period(form.cleaned_data["first_on"], form.cleaned_data["last_on"])
        group = groups[form.cleaned_data["group"]]
        sheet = register_sheets.of(request.school, request.calendar, group, period, form.cleaned_data["as_of"])
    return render(
        request,
        "registers/sheet.html",
        {
            "sheet": sheet,
            "form": form,
            "shortcuts": [(label, urlencode(chosen | dict(ends))) for label, ends in _shortcuts(request, today)],
            "query": urlencode({name: chosen.get(name, "") for name in form.fields}),
        },
        status=200 if sheet else 422,
    )


def _groups(request: SchoolRequest, today: date) -> dict[str, Group]:
    """Whose register may be chosen, by the word that stands for it in the address."""
    classes = SchoolClass.objects.filter(school=request.school)
    on_roll = figures.pupils_on_roll(request.school, Period(today, today))
    years = sorted({pupil.year_group(today) for pupil in on_roll})
    return (
        {f"class-{one.pk}": Group(one) for one in classes}
        | {f"year-{year}": Group(year=year) for year in years}
        | {"": Group()}
    )


def _shortcuts(request: SchoolRequest, today: date) -> list[tuple[str, Mapping[str, str]]]:
    """The periods most often wanted: this week, the week before, this half-term and the one before."""
    weeks = request.calendar.weeks_ending(today, 2)
    found = [
        (label, Period(monday, monday + timedelta(days=4)))
        for label, monday in zip(("This week", "The week before"), reversed(weeks), strict=False)
    ]
    begun = [term for term in request.calendar.terms if term.first_on <= today][-2:]
    for label, term in zip(("This half-term", "The half-term before"), reversed(begun), strict=False):
        period = Period(term.first_on, term.last_on)
        if len(request.calendar.school_days_between(period.first_on, period.last_on)) <= MOST_DAYS:
            found.append((label, period))
    return [(label, _dates(period)) for label, period in found]


@school_view(Right.SEE_PUPILS)
def certificate(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """A pupil's registration certificate for a period: this school year unless another is asked for."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    today = request.moment.today
    usual = figures.year_to_date(today, request.calendar)
    chosen = _dates(usual) | {"show": str(Show.NOW)} | request.GET.dict()
    form = AsOfForm(chosen, at=request.moment.at)
    made = None
    if form.is_valid():
        period = Period(form.cleaned_data["first_on"], form.cleaned_data["last_on"])
        made = certificates.of(
            request.school,
            request.calendar,
            pupil,
            period,
            form.cleaned_data["as_of"],
            shows_restricted=Right.SEE_SENSITIVE in request.rights,
        )
    return render(
        request,
        "registers/certificate.html",
        {
            "certificate": made,
            "pupil": pupil,
            "class_name": classes.class_names(request.school, today).get(pupil.pk, ""),
            "year": pupil.year_group(min(today, pupil.leaves_on or today)),
            "form": form,
            "periods": [
                (label, urlencode(_dates(period)), _dates(period).items() <= chosen.items())
                for label, period in _periods(request, usual)
            ],
            "query": urlencode({name: chosen.get(name, "") for name in form.fields} | {"pupil": pupil.pk}),
        },
        status=200 if made else 422,
    )


def _dates(period: Period) -> dict[str, str]:
    return {"first_on": period.first_on.isoformat(), "last_on": period.last_on.isoformat()}


def _periods(request: SchoolRequest, this_year: Period) -> list[tuple[str, Period]]:
    """The periods most often wanted: this year so far, last year, and each half-term that has begun."""
    last_year = Period(*request.calendar.school_year_of(this_year.first_on - timedelta(days=1)))
    begun = [term for term in request.calendar.terms if last_year.first_on <= term.first_on <= this_year.last_on]
    found = [("This year so far", this_year)]
    if any(term.first_on < this_year.first_on for term in begun):
        found.append(("Last year", last_year))
    return [
        *found,
        *((f"{term.name}, {term.first_on.year}", Period(term.first_on, term.last_on)) for term in reversed(begun[-6:])),
    ]
