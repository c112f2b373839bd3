"""The list of pupils."""

from django.http import HttpResponse
from django.shortcuts import render

from registers.access import SchoolRequest, school_view
from registers.queries import admissions, classes, figures
from registers.queries.figures import Period
from registers.rules.rights import Right


@school_view(Right.SEE_PUPILS)
def pupils(request: SchoolRequest) -> HttpResponse:
    """Everybody on roll today, or who left this year, with this year's attendance; narrowed by class."""
    today = request.moment.today
    class_name, left = request.GET.get("class", ""), request.GET.get("left") == "yes"
    year = figures.year_to_date(today, request.calendar)
    names = classes.class_names(request.school, today)
    if left:
        everyone = admissions.left_between(request.school, year.first_on, today)
        names = admissions.last_class_names(everyone)
    else:
        everyone = figures.pupils_on_roll(request.school, Period(today, today))
    counts = figures.by_pupil(request.school, request.calendar, year)
    rows = [
        {
            "pupil": pupil,
            "class_name": names.get(pupil.pk, ""),
            "year": pupil.year_group(min(today, pupil.leaves_on or today)),
            "figures": counts[pupil.pk],
        }
        for pupil in everyone
        if not class_name or names.get(pupil.pk) == class_name
    ]
    return render(
        request,
        "registers/pupils.html",
        {"rows": rows, "class_name": class_name, "class_names": sorted(set(names.values())), "left": left},
    )
