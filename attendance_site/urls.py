"""Every address of the site. A school's pages stand under its short name; none holds a name or number of a child."""

from django.urls import URLPattern, URLResolver, include, path

from absences.views import leave_public
from attendance_site.views import governors, home, leave, pupil, site, trust

school_patterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("pupils/<int:pupil_id>", pupil.pupil, name="pupil"),
    path("pupils/<int:pupil_id>/year", pupil.year, name="pupil_year"),
    path("leave/<int:request_id>", leave.leave_request, name="leave_request"),
    path("leave/<int:request_id>/decide", leave.leave_decide, name="leave_decide"),
    *(
        path(f"leave/<int:request_id>/{step}", leave.leave_change, {"step": step}, name=f"leave_{step}")
        for step in leave.STEPS
    ),
    path("governors", governors.governors_report, name="governors_report"),
    path("", include("registers.urls")),
    path("", include("letters.urls")),
    path("", include("absences.urls")),
    path("", include("penalties.urls")),
    path("", include("escalation.urls")),
]

urlpatterns = [
    path("", site.start, name="start"),
    path("", include("attendance_site.account_urls")),
    path("trust", trust.trust, name="trust"),
    path("ask/<str:token>", leave_public.ask_leave, name="ask_leave"),
    path("s/<slug:school>/", include(school_patterns)),
]
