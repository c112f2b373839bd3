"""Taking in a calendar from a file: what each line would do is shown first, and written when that is confirmed."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.files.base import File
from django.http import HttpResponse
from django.shortcuts import redirect, render

from registers.access import SchoolRequest, school_view
from registers.files import FileRefusedError, Row, read_table
from registers.queries import calendar_files as queries
from registers.rules import calendar_files as rules
from registers.rules.calendar_files import Outcome, Plan
from registers.rules.closures import ClosureKind
from registers.rules.rights import Right
from registers.school_forms import MOST_BYTES, CalendarUploadForm
from registers.services import calendars as services
from registers.services.calendars import CalendarFileRefusedError

HOUR = 3600
EXPIRED = "The preview is over an hour old or was changed on its way. Choose the file again."
CHANGED = "The calendar was changed meanwhile. Below is what the file would do now; confirm again."


@school_view(Right.SET_UP)
def calendar_import(request: SchoolRequest) -> HttpResponse:
    """A calendar file: GET asks for it, POST shows what it would do, and a second POST does it."""
    if request.method != "POST":
        return _page(request, CalendarUploadForm())
    if "rows" in request.POST:
        return _confirmed(request)
    form = CalendarUploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        rows = _read(form.cleaned_data["file"])
    except FileRefusedError as refused:
        for fault in refused.faults[:20]:
            form.add_error("file", f"{refused.unit.capitalize()} {fault.line}: {fault.reason}")
        return _page(request, form, status=422)
    return _preview(request, rows)


def _read(file: "File[bytes]") -> list[Row]:
    """The rows of an uploaded file, which is gone when they are read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calendar"
        path.write_bytes(file.read())
        return read_table(path, required=rules.REQUIRED, known=rules.KNOWN, most_bytes=MOST_BYTES).rows


def _preview(request: SchoolRequest, rows: list[Row], error: str = "") -> HttpResponse:
    plan = queries.plan(request.school, rows)
    signed = "" if plan.refused else signing.dumps(_packed(rows, plan), salt=_salt(request), compress=True)
    return _page(
        request,
        CalendarUploadForm(),
        plan=plan,
        signed=signed,
        error=error,
        status=422 if plan.refused or error else 200,
    )


def _confirmed(request: SchoolRequest) -> HttpResponse:
    """Write what the preview showed, unless the calendar would now become another."""
    try:
        packed = signing.loads(request.POST["rows"], salt=_salt(request), max_age=HOUR)
    except signing.BadSignature:
        return _page(request, CalendarUploadForm(), error=EXPIRED, status=422)
    rows = [Row(line, cells) for line, cells in packed["rows"]]
    plan = queries.plan(request.school, rows)
    if _outcomes(plan) != packed["outcomes"]:
        return _preview(request, rows, error=CHANGED)
    try:
        done = services.take_in(request.school, rows, by=request.membership, at=request.moment.at)
    except CalendarFileRefusedError:
        return _preview(request, rows, error=CHANGED)
    counts = done.counts
    messages.success(
        request,
        f"Calendar taken in: {counts[Outcome.ADDED]} added, {counts[Outcome.CHANGED]} changed, "
        f"{counts[Outcome.UNCHANGED]} unchanged.",
    )
    return redirect("calendar", request.school.slug)


def _packed(rows: list[Row], plan: Plan) -> dict[str, Any]:
    return {"rows": [(row.line, row.cells) for row in rows], "outcomes": _outcomes(plan)}


def _outcomes(plan: Plan) -> list[str]:
    return [f"{line.outcome} {line.why}" for line in plan.lines]


def _salt(request: SchoolRequest) -> str:
    return f"calendar-import:{request.school.pk}:{request.user.pk}"


def _page(
    request: SchoolRequest,
    form: CalendarUploadForm,
    *,
    plan: Plan | None = None,
    signed: str = "",
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "registers/calendar_import.html",
        {
            "form": form,
            "lines": [_shown(line) for line in plan.lines] if plan else [],
            "counts": {str(outcome): number for outcome, number in plan.counts.items() if number} if plan else {},
            "refused": len(plan.refused) if plan else 0,
            "written": len(plan.written) if plan else 0,
            "signed": signed,
            "error": error,
            "kinds": [rules.TERM, *ClosureKind],
            "tab": "calendar_import",
        },
        status=status,
    )


def _shown(line: rules.Line) -> dict[str, object]:
    return {
        "number": line.number,
        "words": rules.in_words(line.entered) if line.entered else "",
        "outcome": line.outcome,
        "why": line.why,
    }
