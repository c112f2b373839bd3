"""Recording why a pupil was away, and the list of absences nobody has explained."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from absences.forms import ReasonForm, span_initial
from absences.queries import contacts
from absences.queries import reasons as queries
from absences.queries.reasons import Unexplained
from absences.rules import reasons as rules
from absences.rules.reasons import CHANNEL_NAMES, Channel, ReasonRefusedError
from absences.rules.spans import Span
from absences.services import reasons as services
from absences.services import reasons_many as many
from absences.services.reasons import Recorded
from absences.services.reasons_many import Line
from registers.access import SchoolRequest, school_view
from registers.models import Pupil
from registers.rules.rights import Right
from registers.rules.sessions import Session, SessionOn

MOST_TYPED = 300
BACK = {"list": "unexplained", "first": "first_day"}
"""The lists a reason is recorded from, and gone back to."""


@school_view(Right.RECORD_REASON)
def unexplained(request: SchoolRequest) -> HttpResponse:
    """Every absence whose reason is not yet established, the oldest first."""
    return _list(request, _rows(request))


@school_view(Right.RECORD_REASON)
@require_POST
def reasons_many(request: SchoolRequest) -> HttpResponse:
    """Settle every line of the list that has something typed; what is refused stays typed, with why."""
    rows = _rows(request)
    lines = [line for row in rows if (line := _line(request, row)).code or line.text]
    typed = {name.removeprefix("code-") for name, value in request.POST.items() if name.startswith("code-") and value}
    channel = request.POST.get("channel", "")
    settled = many.settle(
        request.school,
        request.calendar,
        lines,
        request.POST.get("told_by", "")[:120],
        Channel(channel) if channel in set(Channel) else Channel.OTHER,
        today=request.moment.today,
        by=request.membership,
        at=request.moment.at,
    )
    if gone := len(typed - {row.key for row in rows}):
        messages.warning(request, f"{gone} no longer without a reason: somebody else was quicker. Nothing was changed.")
    if done := len(lines) - len(settled.refused):
        messages.success(request, f"{done} settled: {_sessions(settled.sessions)} recoded.")
    if not settled.refused:
        return redirect("unexplained", request.school.slug)
    why = settled.refused
    refused = {line.key: Refused(line.code, line.text, why[line.key]) for line in lines if line.key in why}
    return _list(request, _rows(request), refused)


@dataclass(frozen=True)
class Refused:
    """A line that could not be settled: what was typed, and why not."""

    code: str
    text: str
    why: str


def _rows(request: SchoolRequest) -> list[Unexplained]:
    return queries.unexplained(request.school, request.calendar, request.moment.today)


def _line(request: SchoolRequest, row: Unexplained) -> Line:
    code = request.POST.get(f"code-{row.key}", "").strip().upper()
    text = " ".join(request.POST.get(f"text-{row.key}", "").split())
    return Line(row.key, row.pupil, row.places, code[:2], text[:MOST_TYPED])


def _list(
    request: SchoolRequest, rows: list[Unexplained], refused: Mapping[str, Refused] = MappingProxyType({})
) -> HttpResponse:
    return render(
        request,
        "absences/unexplained.html",
        {
            "rows": [(row, refused.get(row.key)) for row in rows],
            "refused": len(refused),
            "sessions": sum(len(row.sessions) for row in rows),
            "overdue": sum(len(row.sessions) for row in rows if row.is_overdue),
            "channels": CHANNEL_NAMES.items(),
            "common": rules.COMMON,
            "told_by": request.POST.get("told_by", "Parent"),
            "channel": request.POST.get("channel", Channel.PHONE),
        },
        status=422 if refused else 200,
    )


@school_view(Right.RECORD_REASON)
def reason_new(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Record a reason: GET fills in the stretch of absence around `?on=`, POST records and recodes."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    if request.method == "POST":
        form = ReasonForm(request.POST)
        if form.is_valid() and _record(request, pupil, form):
            if (back := BACK.get(request.GET.get("back", ""))) is not None:
                return redirect(back, request.school.slug)
            return redirect("pupil", request.school.slug, pupil.pk)
    runs = queries.runs(pupil, request.calendar)
    if request.method != "POST":
        form = ReasonForm(initial=_initial(request, pupil, runs))
    return render(
        request,
        "absences/reason_new.html",
        {"pupil": pupil, "form": form, "runs": runs, "recorded": queries.recorded(pupil)},
        status=422 if form.is_bound else 200,
    )


def _initial(request: SchoolRequest, pupil: Pupil, runs: Sequence[Span]) -> dict[str, object]:
    """The stretch to explain, and what was said already when the family was asked."""
    on = _day(request)
    span = _span(runs, on)
    if request.GET.get("back") == "first" and span.last.on == on:
        span = Span(span.first, SessionOn(on, Session.PM))
    filled = span_initial(span)
    if (told := contacts.told(pupil, on)) is not None:
        filled |= {"text": told.text, "told_by": told.told_by, "channel": told.channel}
    return filled


def _record(request: SchoolRequest, pupil: Pupil, form: ReasonForm) -> bool:
    """Record what was typed and say what came of it; a refusal goes onto the form."""
    outcome, code = form.decided
    try:
        recorded = services.record(
            request.school,
            request.calendar,
            pupil,
            form.span,
            form.told,
            outcome,
            code,
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except ReasonRefusedError as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(request, _words(recorded))
    return True


def _words(recorded: Recorded) -> str:
    number = len(recorded.recoded)
    changed = f"{_sessions(number)} now {recorded.reason.code}." if number else "No mark was changed."
    left = Counter(left.why for left in recorded.left)
    kept = "; ".join(f"{_sessions(count)} {why}" for why, count in left.items())
    return f"Reason recorded. {changed}" + (f" Left as they are: {kept}." if kept else "")


def _sessions(number: int) -> str:
    return f"{number} {'session' if number == 1 else 'sessions'}"


def _day(request: SchoolRequest) -> date:
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return request.moment.today


def _span(runs: Sequence[Span], on: date) -> Span:
    """The stretch of unexplained absence a day lies in, or else the whole day."""
    return next((run for run in runs if run.first.on <= on <= run.last.on), Span.of_days(on, on))
