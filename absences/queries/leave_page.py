"""What stands beside a request on its page: the family's other open ones, like decisions, steps, files, particulars."""

from dataclasses import dataclass
from datetime import date

from absences.models import Evidence, LeaveRequest, LeaveRules, LeaveStep
from absences.queries import leave
from absences.rules import leave as rules
from absences.rules import leave_details
from absences.rules.leave import DECIDED, OPEN, Category
from absences.rules.leave_details import Detail, Notice
from registers.models import School
from registers.queries import families, figures
from registers.rules.calendar import Calendar
from registers.rules.figures import Figures
from registers.rules.sessions import SessionOn

MOST_LIKE = 8


@dataclass(frozen=True)
class Beside:
    """An open request for a brother or sister, with the child's figures."""

    row: LeaveRequest
    now: Figures


@dataclass(frozen=True)
class Particular:
    """One thing kept with this kind of leave, and whether the fitting code is not given without it."""

    detail: Detail
    value: str
    is_missing: bool


@dataclass(frozen=True)
class LeavePage:
    """A request's surroundings. `granted` are the sessions that still stand."""

    beside: tuple[Beside, ...]
    like: tuple[LeaveRequest, ...]
    steps: tuple[LeaveStep, ...]
    evidence: tuple[Evidence, ...]
    granted: tuple[SessionOn, ...]
    particulars: tuple[Particular, ...]
    notice: Notice | None

    @property
    def is_missing(self) -> bool:
        return any(one.is_missing for one in self.particulars)


def of(request: LeaveRequest, calendar: Calendar, today: date) -> LeavePage:
    """Everything beside the facts of a request; seven queries at most."""
    granted = tuple(one.place for one in request.granted.filter(given_back_at__isnull=True))
    return LeavePage(
        tuple(_beside(request, calendar, today)),
        tuple(_like(request, today)),
        tuple(LeaveStep.objects.filter(request=request).select_related("by")),
        tuple(_evidence(request)),
        granted,
        tuple(_particulars(request)),
        notice_of(request),
    )


def rules_of(school: School) -> LeaveRules:
    """What the school asks of requests; nothing until it has chosen."""
    return LeaveRules.objects.filter(school=school).first() or LeaveRules(school=school)


def notice_of(request: LeaveRequest) -> Notice | None:
    """The notice a request gave, where the school asks for some with this kind."""
    chosen = rules_of(request.school)
    asked = {Category.RELIGIOUS: chosen.religious_notice_days, Category.HOLIDAY: chosen.holiday_notice_days}
    return leave_details.notice(request.received_on, request.first_on, asked.get(Category(request.category)))


def _beside(request: LeaveRequest, calendar: Calendar, today: date) -> list[Beside]:
    """The open requests for brothers and sisters over the same days, or entered with this one."""
    rows = [
        row
        for row in leave.of(request.school)
        .filter(state__in=OPEN, pupil__in=families.siblings(request.pupil).values("pk"))
        .exclude(pk=request.pk)
        .order_by("pupil__dob", "pk")
        if row.span.overlaps(request.span) or (row.together and row.together == request.together)
    ]
    if not rows:
        return []
    period = figures.year_to_date(today, calendar)
    found = figures.by_pupil(request.school, calendar, period, [row.pupil for row in rows])
    return [Beside(row, found[row.pupil_id]) for row in rows]


def _like(request: LeaveRequest, today: date) -> list[LeaveRequest]:
    """The latest decisions of two years on the same kind of leave, for consistency."""
    rows = leave.of(request.school).filter(
        category=request.category, state__in=DECIDED, decided_at__date__gte=rules.like_since(today)
    )
    return list(rows.exclude(pk=request.pk).order_by("-decided_at", "-pk")[:MOST_LIKE])


def _evidence(request: LeaveRequest) -> list[Evidence]:
    """The files sent with this request, or with the family's request it belongs to."""
    ids = [request.pk]
    if request.together:
        ids = list(
            LeaveRequest.objects.filter(school=request.school_id, together=request.together).values_list(
                "pk", flat=True
            )
        )
    return list(
        Evidence.objects.filter(leave__in=ids).select_related("added_by", "aside__by").order_by("added_at", "pk")
    )


def _particulars(request: LeaveRequest) -> list[Particular]:
    category = Category(request.category)
    wanted = leave_details.missing(category, request.details, rules.CODES_FOR[category][0])
    return [
        Particular(detail, request.details.get(detail.name, ""), detail in wanted)
        for detail in leave_details.of(category)
    ]
