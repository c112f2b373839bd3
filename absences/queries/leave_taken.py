"""What the register says of leave once its days have passed: taken or not, and what was missed without leave."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from absences.models import LeaveRequest, LeaveSession
from absences.queries import leave
from absences.rules import leave_outcomes as rules
from absences.rules import spans
from absences.rules.leave import DECIDED, Category, LeaveState
from absences.rules.leave_outcomes import Outcome, Standing
from registers.models import Mark, School
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.sessions import Session, SessionOn

LOOK_BACK = timedelta(days=120)
"""How long after its last day a request may still explain what was missed; a school year's half-term and a holiday."""


@dataclass(frozen=True)
class Missed:
    """Sessions missed without leave that a request speaks of, and the code proposed for them."""

    row: LeaveRequest
    places: tuple[SessionOn, ...]
    proposed: str

    @property
    def keys(self) -> str:
        """The sessions in one word each, as the form sends them back."""
        return " ".join(spans.key(place) for place in self.places)

    @property
    def days(self) -> str:
        return "; ".join(spans.short(place) for place in self.places)


Marks = Mapping[int, Mapping[SessionOn, Standing]]
Granted = Mapping[int, frozenset[SessionOn]]


def missed(school: School, calendar: Calendar, today: date, only: int | None = None) -> list[Missed]:
    """Every request after which sessions were missed that nobody has explained, the oldest first; three queries."""
    rows = leave.of(school).filter(state__in=DECIDED, first_on__lte=today, last_on__gte=today - LOOK_BACK)
    if only is not None:
        rows = rows.filter(pupil__in=LeaveRequest.objects.filter(school=school, pk=only).values("pupil"))
    requests = list(rows.order_by("-decided_at", "-pk"))
    marks, granted = _marks(school, requests, today), _granted(school, requests)
    told: dict[int, set[SessionOn]] = defaultdict(set)
    found = []
    for row in requests:
        # Where two requests speak of the same session, the later decision does.
        places = [place for place in _of(row, calendar, today, marks, granted) if place not in told[row.pupil_id]]
        told[row.pupil_id].update(places)
        if places and (only is None or row.pk == only):
            code = rules.proposed_code(LeaveState(row.state), Category(row.category))
            found.append(Missed(row, tuple(places), code))
    return sorted(found, key=lambda one: (one.places[0], one.row.pk))


def outcomes(school: School, calendar: Calendar, before: date) -> list[tuple[LeaveRequest, Outcome]]:
    """What each decided request that ended before a day has come to, as the register stands; three queries."""
    since = before - timedelta(days=rules.SETTLED_AGAIN_FOR)
    requests = list(
        leave.of(school).filter(state__in=DECIDED, last_on__lt=before, last_on__gte=since).order_by("last_on", "pk")
    )
    marks, granted = _marks(school, requests, before), _granted(school, requests)
    return [(row, _outcome(row, calendar, marks, granted)) for row in requests]


def _outcome(row: LeaveRequest, calendar: Calendar, marks: Marks, granted: Granted) -> Outcome:
    places = sorted(granted[row.pk]) if row.is_held else _asked(row, calendar)
    codes = {place: standing.code for place, standing in marks[row.pupil_id].items()}
    return rules.outcome_of(codes, places, row.code)


def _of(row: LeaveRequest, calendar: Calendar, today: date, marks: Marks, granted: Granted) -> tuple[SessionOn, ...]:
    past = row.span.last
    after = [place for place in calendar.sessions_between(past.on, today) if place > past]
    asked = [place for place in _asked(row, calendar) if place.on <= today]
    return rules.without_leave(marks[row.pupil_id], asked, granted[row.pk], after, row.code)


def _asked(row: LeaveRequest, calendar: Calendar) -> tuple[SessionOn, ...]:
    return spans.sessions(row.span, calendar, row.pupil.starts_on, row.pupil.leaves_on)


def _marks(school: School, requests: Iterable[LeaveRequest], until: date) -> dict[int, dict[SessionOn, Standing]]:
    """The marks of the pupils from the first day of any of the requests on."""
    found: dict[int, dict[SessionOn, Standing]] = defaultdict(dict)
    pupils = {row.pupil_id for row in requests}
    if not pupils:
        return found
    rows = Mark.objects.filter(
        school=school, pupil__in=pupils, on__gte=min(row.first_on for row in requests), on__lte=until
    )
    for pupil_id, on, session, code, source in rows.values_list("pupil", "on", "session", "code", "source"):
        found[pupil_id][SessionOn(on, Session(session))] = Standing(code, source == Door.NIGHTLY)
    return found


def _granted(school: School, requests: Iterable[LeaveRequest]) -> dict[int, frozenset[SessionOn]]:
    found: dict[int, set[SessionOn]] = defaultdict(set)
    for row in LeaveSession.objects.filter(school=school, request__in=list(requests), given_back_at__isnull=True):
        found[row.request_id].add(row.place)
    return defaultdict(frozenset, {pk: frozenset(places) for pk, places in found.items()})
