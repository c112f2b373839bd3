"""A person's home page at a school: what there is to do now."""

from django.http import HttpResponse
from django.shortcuts import render

from attendance_site.queries import home as queries
from registers.access import SchoolRequest, school_view
from registers.queries import calendars
from registers.rules.rights import Right


@school_view(Right.HOME)
def home(request: SchoolRequest) -> HttpResponse:
    """What waits for this person, most pressing first."""
    moment = request.moment
    asked = queries.Asked(
        school=request.school,
        calendar=request.calendar,
        memberships=request.memberships,
        on=moment.today,
        session=calendars.session_at(request.school, moment.local),
        rights=request.rights,
        at=moment.at,
    )
    why_closed = "" if request.calendar.is_school_day(moment.today) else request.calendar.why_closed(moment.today)
    return render(
        request, "site/home.html", {"home": queries.of(asked), "why_closed": why_closed, "session": asked.session}
    )
