"""The headteacher's page for one leave request: what absences know of it, beside the ten-week count if it is taken."""

from dataclasses import dataclass
from datetime import date

from absences.models import LeaveRequest
from absences.queries import leave, leave_page
from absences.queries.leave import LeaveFacts
from absences.queries.leave_page import LeavePage
from letters.models import Letter
from penalties.queries import threshold
from penalties.rules.threshold import Counted, Window
from registers.rules.calendar import Calendar

TAKEN_WITHOUT_LEAVE = "G"


@dataclass(frozen=True)
class Decision:
    """One request with all that bears on it; `window_if_taken` is the count if it is refused and taken all the same."""

    facts: LeaveFacts
    page: LeavePage
    window: Window
    window_if_taken: Window
    letters: tuple[Letter, ...]


def decision(request: LeaveRequest, calendar: Calendar, today: date) -> Decision:
    """Everything the headteacher weighs on one page."""
    facts = leave.facts(request, calendar, today)
    return Decision(
        facts,
        leave_page.of(request, calendar, today),
        threshold.of_pupil(request.school, calendar, request.pupil, today),
        window_if_taken(request, facts, calendar),
        tuple(Letter.objects.filter(school=request.school, because=because(request)).order_by("pk")),
    )


def window_if_taken(request: LeaveRequest, facts: LeaveFacts, calendar: Calendar) -> Window:
    """The ten-week count on the last day asked for, were every session still to be taken taken without leave."""
    supposed = [Counted(place, TAKEN_WITHOUT_LEAVE) for place in facts.would_miss]
    return threshold.of_pupil(request.school, calendar, request.pupil, request.last_on, supposed)


def because(request: LeaveRequest) -> str:
    """How a letter names the request it answers."""
    return f"leave:{request.pk}"
