"""Leave requests, and everything the headteacher needs on one page to decide one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from types import MappingProxyType

from django.db.models import Case, Count, F, Q, QuerySet, When

from absences.models import LeaveRequest
from absences.rules import leave as rules
from absences.rules import spans
from absences.rules.leave import CATEGORY_WORDS, CODES_FOR, Category, LeaveState
from absences.rules.spans import SESSION_WORDS
from registers.models import Mark, Pupil, School
from registers.queries import families, figures
from registers.rules.calendar import Calendar
from registers.rules.figures import Figures
from registers.rules.sessions import Session, SessionOn


@dataclass(frozen=True)
class AskedDay:
    """One school day of a request and its sessions."""

    on: date
    sessions: tuple[Session, ...]


@dataclass(frozen=True)
class LikeDecisions:
    """What the school decided on requests of the same kind, counted in requests."""

    granted: int
    partly_granted: int
    refused: int

    @property
    def total(self) -> int:
        return self.granted + self.partly_granted + self.refused


@dataclass(frozen=True)
class LeaveFacts:
    """A request as the headteacher weighs it. `notice` is in school days, the first day of leave included.

    The figures are of this school year up to today, then with the sessions asked for taken with leave and taken
    without; `next_year` sessions lie beyond this school year and are in none of them. `would_miss` are the sessions the
    leave would take: all but those whose mark shows that the pupil was there, ill, or not required.
    """

    sessions: tuple[SessionOn, ...]
    is_retrospective: bool
    notice: int
    codes: tuple[str, ...]
    now: Figures
    if_authorised: Figures
    if_unauthorised: Figures
    next_year: int
    would_miss: tuple[SessionOn, ...]
    earlier: tuple[LeaveRequest, ...]
    like: LikeDecisions

    @property
    def count(self) -> int:
        return len(self.sessions)

    @property
    def days(self) -> tuple[AskedDay, ...]:
        return tuple(
            AskedDay(on, tuple(place.session for place in places))
            for on, places in groupby(self.sessions, key=lambda place: place.on)
        )


def of(school: School) -> QuerySet[LeaveRequest]:
    """The school's requests, each with its pupil, its applicant and whoever entered and decided it."""
    return LeaveRequest.objects.filter(school=school).select_related(
        "school", "pupil", "applicant", "entered_by", "decided_by"
    )


def waiting(school: School) -> list[LeaveRequest]:
    """The requests that wait for a decision and not for the family, the soonest leave first."""
    return list(of(school).filter(state=LeaveState.RECEIVED).order_by("first_on", "pk"))


def listed(school: School) -> list[LeaveRequest]:
    """Every request the school has had: the waiting ones first, the soonest leave first; then the newest decision."""
    order = Case(When(state=LeaveState.RECEIVED, then=0), When(state=LeaveState.ASKED, then=1), default=2)
    return list(of(school).order_by(order, F("decided_at").desc(nulls_last=True), "first_on", "pk"))


def facts(request: LeaveRequest, calendar: Calendar, today: date) -> LeaveFacts:
    """What bears on a request, as of today; four queries for a request that came from `of`."""
    pupil = request.pupil
    places = spans.sessions(request.span, calendar, pupil.starts_on, pupil.leaves_on)
    this_year = [place for place in places if place.on <= calendar.school_year_of(today)[1]]
    now = figures.by_pupil(request.school, calendar, figures.year_to_date(today, calendar), [pupil])[pupil.pk]
    standing = _standing(pupil, places)
    return LeaveFacts(
        sessions=places,
        is_retrospective=bool(places) and rules.is_retrospective(request.received_on, places[0].on),
        notice=len(calendar.school_days_between(request.received_on + timedelta(days=1), places[0].on))
        if places
        else 0,
        codes=CODES_FOR[Category(request.category)],
        now=now,
        if_authorised=_if_taken(now, this_year, standing, CODES_FOR[Category(request.category)][0], today),
        if_unauthorised=_if_taken(now, this_year, standing, "G", today),
        next_year=len(places) - len(this_year),
        would_miss=tuple(place for place in places if rules.takes(standing.get(place), place, today)),
        earlier=tuple(_earlier(request)),
        like=_like(request, today),
    )


def letter_facts(request: LeaveRequest) -> dict[str, str]:
    """The blanks a letter about a request fills: its days in full, its sessions and what it was for."""
    return {
        "leave_first_on": _day(request.span.first, whole_from=Session.AM),
        "leave_last_on": _day(request.span.last, whole_from=Session.PM),
        "leave_sessions": f"{request.asked_sessions} {'session' if request.asked_sessions == 1 else 'sessions'}",
        "leave_reason": CATEGORY_WORDS[Category(request.category)],
    }


def _earlier(request: LeaveRequest) -> QuerySet[LeaveRequest]:
    """The other requests for the pupil (in every enrolment here) and for siblings, the latest first."""
    family = Q(pupil__upn=request.pupil.upn) | Q(pupil__in=families.siblings(request.pupil).values("pk"))
    rows = LeaveRequest.objects.filter(family, school=request.school_id).exclude(pk=request.pk)
    return rows.select_related("pupil").order_by("-received_on", "-pk")


def _like(request: LeaveRequest, today: date) -> LikeDecisions:
    since = rules.like_since(today)
    rows = LeaveRequest.objects.filter(
        school=request.school_id, category=request.category, decided_at__date__gte=since
    ).exclude(pk=request.pk)
    counts = dict(rows.values_list("state").annotate(number=Count("pk")))
    return LikeDecisions(
        counts.get(LeaveState.GRANTED, 0),
        counts.get(LeaveState.PARTLY_GRANTED, 0),
        counts.get(LeaveState.REFUSED, 0),
    )


def _standing(pupil: Pupil, places: Iterable[SessionOn]) -> dict[SessionOn, str]:
    marks = Mark.objects.filter(pupil=pupil, on__in=sorted({place.on for place in places}))
    return {SessionOn(on, Session(session)): code for on, session, code in marks.values_list("on", "session", "code")}


def _if_taken(
    now: Figures, places: Iterable[SessionOn], standing: dict[SessionOn, str], code: str, today: date
) -> Figures:
    """The figures with a code in every session asked for that would take it; what is in them already is replaced."""
    counts, unmarked = Counter(now.by_code), now.unmarked
    for place in places:
        mark = standing.get(place)
        if not rules.takes(mark, place, today):
            continue
        if place.on <= today:
            if mark is None:
                unmarked -= 1
            else:
                counts[mark] -= 1
        counts[code] += 1
    return Figures(MappingProxyType(dict(+counts)), unmarked)


def _day(place: SessionOn, whole_from: Session) -> str:
    """A day in full, with the half of it where the leave does not begin or end with the whole day."""
    half = "" if place.session is whole_from else f" ({SESSION_WORDS[place.session]})"
    return f"{place.on:%A} {place.on.day} {place.on:%B %Y}{half}"
