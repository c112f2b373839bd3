"""The office grid: pupils down, sessions across; what is typed is saved at once, and stale writes ask."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse, JsonResponse
from django.http.request import RawPostDataException
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST

from registers.access import SchoolRequest, school_view
from registers.models import Mark, Pupil
from registers.queries import grid as queries
from registers.queries import grid_entries, history
from registers.rules import codes, taking
from registers.rules import grid as rules
from registers.rules.grid import Span
from registers.rules.marks import MarkRefusedError
from registers.rules.rights import Right
from registers.services import grid as services
from registers.services.grid import Key, Saved
from registers.services.marks import Clash, MarksRefusedError
from registers.views import grid_cells, grid_requests
from registers.views.grid_requests import UnreadableError

REASONS = (
    "Reason established with the family",
    "Arrived after the register was sent",
    "Marked in error",
    "Appointment confirmed",
    "Evidence seen",
)
"""The common reasons for an amendment, one key each; any other may be typed."""

SHOWN = {"all": "Everybody", "attention": "Needs a look", "absent": "Away"}


@school_view(Right.RECODE)
def office_day(request: SchoolRequest) -> HttpResponse:
    """The grid of a day, a week, two weeks or a half-term."""
    on, span = _day(request), _span(request)
    columns = rules.columns(*rules.bounds(span, on, request.calendar), request.calendar)
    if all(column.why_closed for column in columns):
        return render(
            request,
            "registers/closed.html",
            {
                "why_closed": request.calendar.why_closed(on),
                "on": on,
                "previous": request.calendar.last_school_day(min(on, request.moment.today)),
            },
        )
    asked = queries.Asked(request.GET.get("group", ""), request.GET.get("show", "all"))
    due_until = queries.due_until(request.school, request.moment.today, request.moment.local)
    grid = queries.grid(request.school, request.calendar, columns, due_until, asked)
    return render(
        request,
        "registers/office_grid.html",
        {
            "grid": grid,
            "last_shown": columns[-1].place.on,
            "body": grid_cells.body(grid, request.school, _remarks(request, on) if span is Span.DAY else None),
            "days": _days(columns),
            "due_until": grid_requests.name(due_until),
            "on": on,
            "span": span,
            "spans": rules.SPAN_NAMES,
            "asked": asked,
            "shown_choices": SHOWN,
            "reasons": REASONS,
            "fillings": rules.FILLING_NAMES,
            "most_uncounted": rules.MOST_UNCOUNTED,
            "codes": [code for code in codes.TABLE if code.until_on is None],
            "last_on": rules.last_day(request.calendar, request.moment.today),
            "earlier": rules.earlier(span, on, request.calendar),
            "later": rules.later(span, on, request.calendar, rules.last_day(request.calendar, request.moment.today)),
        },
    )


def _remarks(request: SchoolRequest, on: date) -> grid_cells.Remarks:
    return grid_entries.remarks(request.school, on, shows_restricted=Right.SEE_SENSITIVE in request.rights)


@school_view(Right.RECODE)
def mark(request: SchoolRequest, mark_id: int) -> HttpResponse:
    """One mark's whole chain: the first entry and every amendment."""
    found = get_object_or_404(
        Mark.objects.filter(school=request.school).select_related("pupil", "recorded_by"), pk=mark_id
    )
    return render(
        request,
        "registers/mark.html",
        {"mark": found, "history": history.chain_of(found, shows_restricted=Right.SEE_SENSITIVE in request.rights)},
    )


@school_view(Right.RECODE)
def grid_cell(request: SchoolRequest, pupil_id: int, place: str) -> HttpResponse:
    """What is known of one session of one pupil: every entry, what the teacher saw, the note."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    try:
        at = grid_requests.place(place)
    except UnreadableError:
        raise Http404 from None
    found = Mark.objects.filter(pupil=pupil, on=at.on, session=at.session).select_related("recorded_by").first()
    code = codes.code(found.code) if found else None
    sees_restricted = Right.SEE_SENSITIVE in request.rights
    chain = history.chain_of(found, shows_restricted=sees_restricted) if found else None
    return render(
        request,
        "registers/office_cell.html",
        {
            "pupil": pupil,
            "place": at,
            "mark": found,
            "code": code,
            "chain": chain,
            "saw": taking.SEEN_NAMES[taking.Seen(found.seen)] if found and found.seen else "",
            "is_kept_back": code is not None and code.restricted and not sees_restricted,
            "takes_minutes": code is not None and code.symbol in codes.LATE_CODES,
        },
    )


Answer = Callable[[SchoolRequest, Mapping[str, Any]], JsonResponse]


def _answers_json(view: Answer) -> Callable[[SchoolRequest], JsonResponse]:
    """Read what the grid sends, and answer what is refused with its message; nothing refused is half done."""

    @wraps(view)
    def answered(request: SchoolRequest) -> JsonResponse:
        try:
            return view(request, grid_requests.read(request.body))
        except (UnreadableError, RawPostDataException, RequestDataTooBig):
            return JsonResponse({"message": "This could not be read. Load the page again."}, status=400)
        except Pupil.DoesNotExist:
            raise Http404 from None
        except (rules.GridRefusedError, MarkRefusedError) as error:
            return JsonResponse({"message": str(error), "refused": []}, status=422)
        except MarksRefusedError as error:
            refused = [
                {"pupil": entry.pupil_id, "place": grid_requests.name(entry.place), "message": message}
                for entry, message in error.refusals
            ]
            return JsonResponse({"message": str(error), "refused": refused}, status=422)

    return answered


@school_view(Right.RECODE)
@require_POST
@_answers_json
def grid_save(request: SchoolRequest, sent: Mapping[str, Any]) -> JsonResponse:
    """Save what was typed: the new state of each cell, and both values of each that somebody else had changed."""
    typed = grid_requests.typed(sent)
    saved = services.save(
        request.school,
        request.calendar,
        typed,
        reason=grid_requests.reason(sent),
        count=grid_requests.count(sent),
        today=request.moment.today,
        by=request.membership,
        at=request.moment.at,
    )
    return _saved(request, saved, [(one.entry.pupil_id, one.entry.place) for one in typed])


@school_view(Right.RECODE)
@require_POST
@_answers_json
def grid_preview(request: SchoolRequest, sent: Mapping[str, Any]) -> JsonResponse:
    """What a fill would do."""
    found = services.preview(
        request.school,
        request.calendar,
        grid_requests.fill(sent),
        today=request.moment.today,
        by=request.membership,
        at=request.moment.at,
    )
    return JsonResponse(
        {
            "touched": found.touched,
            "entered": found.entered,
            "amended": found.amended,
            "clashes": found.clashes,
            "refused": [{"message": message, "number": number} for message, number in found.refused.items()],
        }
    )


@school_view(Right.RECODE)
@require_POST
@_answers_json
def grid_fill(request: SchoolRequest, sent: Mapping[str, Any]) -> JsonResponse:
    """Fill many sessions with one code, as previewed."""
    asked = grid_requests.fill(sent)
    saved = services.fill(
        request.school,
        request.calendar,
        asked,
        reason=grid_requests.reason(sent),
        count=grid_requests.count(sent),
        today=request.moment.today,
        by=request.membership,
        at=request.moment.at,
    )
    return _saved(request, saved, asked.cells)


def _saved(request: SchoolRequest, saved: Saved, keys: Collection[Key]) -> JsonResponse:
    """The cells as they now stand, which of them changed and from what, and the clashes."""
    if not keys:
        return JsonResponse({"cells": [], "clashes": []})
    days = [place.on for _, place in keys]
    now = queries.cells_of(request.school, min(days), max(days), {pupil_id for pupil_id, _ in keys})
    cells = []
    for key in keys:
        cell = now.get(key[0], {}).get((key[1].on, key[1].session), queries.BLANK)
        cells.append(_named(key) | grid_cells.as_json(cell) | _change(saved, key))
    return JsonResponse({"cells": cells, "clashes": _clashes(request, saved.clashes)})


def _named(key: Key) -> dict[str, Any]:
    return {"pupil": key[0], "place": grid_requests.name(key[1])}


def _change(saved: Saved, key: Key) -> dict[str, Any]:
    """What the cell said before, if this request changed it, and why an arrival is L or U."""
    found: dict[str, Any] = {"why": saved.whys[key]} if key in saved.whys else {}
    if key in saved.was:
        was = saved.was[key]
        found["was"] = {"code": was.code, "minutes": was.minutes} if was else {"code": ""}
    return found


def _clashes(request: SchoolRequest, clashes: list[Clash]) -> list[dict[str, Any]]:
    if not clashes:
        return []
    last = grid_entries.last_entries(
        [clash.mark for clash in clashes], shows_restricted=Right.SEE_SENSITIVE in request.rights
    )
    return [
        _named((clash.entry.pupil_id, clash.entry.place))
        | {
            "yours": clash.entry.symbol.upper(),
            "minutes": clash.entry.minutes_late,
            "note": clash.entry.note,
            "theirs": clash.mark.code,
            "theirs_minutes": clash.mark.minutes_late,
            "version": clash.mark.version,
            "by": last[clash.mark.pk].name,
            "at": date_format(timezone.localtime(last[clash.mark.pk].at), "j M Y, H:i"),
            "reason": last[clash.mark.pk].reason,
        }
        for clash in clashes
    ]


@dataclass(frozen=True)
class DayHead:
    """A day at the head of its sessions."""

    on: date
    columns: list[rules.Column]
    why_closed: str


def _days(columns: tuple[rules.Column, ...]) -> list[DayHead]:
    by_day: dict[date, list[rules.Column]] = {}
    for column in columns:
        by_day.setdefault(column.place.on, []).append(column)
    return [
        DayHead(on, found, found[0].why_closed if all(column.why_closed for column in found) else "")
        for on, found in by_day.items()
    ]


def _day(request: SchoolRequest) -> date:
    try:
        return date.fromisoformat(request.GET.get("from") or request.GET.get("on", ""))
    except ValueError:
        return request.moment.today


def _span(request: SchoolRequest) -> Span:
    try:
        return Span(request.GET.get("span", ""))
    except ValueError:
        return Span.DAY
