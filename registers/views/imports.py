from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from registers.access import SchoolRequest, school_view
from registers.files import Fault, FileRefusedError
from registers.import_forms import ChoicesForm, UploadForm
from registers.models import ImportFile, SchoolClass
from registers.rules.import_files import (
    KIND_NAMES,
    STATE_NAMES,
    FileKind,
    FileState,
    ImportRefusedError,
    without_quotes,
)
from registers.rules.jobs import JobState
from registers.rules.rights import Right
from registers.services import import_files, import_jobs, import_reports
from registers.services.import_files import Report
from registers.services.mark_imports import MarksReport

MOST_LISTED = 100
MOST_FAULTS = 20


@school_view(Right.IMPORT)
def imports(request: SchoolRequest) -> HttpResponse:
    """The files that were uploaded, latest first, and a form for another."""
    form = UploadForm(request.POST or None, request.FILES or None)
    faults: list[Fault] = []
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            row = import_files.keep(
                request.school,
                FileKind(form.cleaned_data["kind"]),
                upload.name,
                upload.chunks(),
                by=request.membership,
                at=request.moment.at,
            )
        except FileRefusedError as refused:
            faults = _shown_faults(request, refused)
        else:
            _ask_for_a_look(request, row)
            return redirect("import_file", request.school.slug, row.pk)
    rows = ImportFile.objects.filter(school=request.school).select_related("uploaded_by").order_by("-pk")
    context = {
        "form": form,
        "faults": faults,
        "files": [_listed(row) for row in rows[:MOST_LISTED]],
    }
    return render(request, "registers/imports.html", context, status=422 if request.method == "POST" else 200)


def _shown_faults(request: SchoolRequest, refused: FileRefusedError) -> list[Fault]:
    faults = refused.faults[:MOST_FAULTS]
    if Right.SEE_PUPILS in request.rights:
        return faults
    return [Fault(fault.line, without_quotes(fault.reason)) for fault in faults]


def _listed(row: ImportFile) -> dict[str, Any]:
    return {
        "row": row,
        "kind": KIND_NAMES[FileKind(row.kind)],
        "state": STATE_NAMES[FileState(row.state)],
        "is_open": row.state == FileState.UPLOADED,
        "counts": _counts(row.report.get("counts")),
    }


def _counts(counts: object) -> list[tuple[str, int]]:
    """What a file that was taken in did, in the words of its report."""
    if not isinstance(counts, dict):
        return []
    return [(name.replace("_", " "), number) for name, number in counts.items() if number]


@school_view(Right.IMPORT)
def import_file(request: SchoolRequest, file_id: int) -> HttpResponse:
    """What a file would do, row by row, before anything is written; its columns can be chosen again."""
    row = _row(request, file_id)
    if row.state != FileState.UPLOADED:
        if request.method == "POST":
            messages.error(request, "This file is settled already. Upload it again if needed.")
        return render(request, "registers/import_settled.html", _listed(row))
    form = _form(request, row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            import_files.settle_columns(row, form.mapping(), form.told(), by=request.membership, at=request.moment.at)
        except (FileRefusedError, ImportRefusedError) as refused:
            form.add_error(None, str(refused))
        else:
            row.refresh_from_db()
            _ask_for_a_look(request, row)
            return redirect("import_file", request.school.slug, row.pk)
    return _page(request, row, form, status=422 if request.method == "POST" else 200)


def _row(request: SchoolRequest, file_id: int) -> ImportFile:
    rows = ImportFile.objects.filter(school=request.school).select_related("school", "uploaded_by")
    return get_object_or_404(rows, pk=file_id)


def _form(request: SchoolRequest, row: ImportFile, data: Any) -> ChoicesForm:
    names = SchoolClass.objects.filter(school=request.school).values_list("name", flat=True)
    return ChoicesForm(data, row, list(names), sees_sensitive=Right.SEE_SENSITIVE in request.rights)


def _ask_for_a_look(request: SchoolRequest, row: ImportFile) -> None:
    """Have a large file looked at in the background."""
    if import_files.is_large(row):
        today = request.moment.today
        import_jobs.ask(row, import_jobs.LOOK, today=today, by=request.membership, at=request.moment.at)


def _page(
    request: SchoolRequest, row: ImportFile, form: ChoicesForm, *, refused: str = "", status: int = 200
) -> HttpResponse:
    told, job = _told(request, row)
    told = import_reports.for_eyes(
        told, sees_pupils=Right.SEE_PUPILS in request.rights, sees_sensitive=Right.SEE_SENSITIVE in request.rights
    )
    is_working = job is not None and job.state in (JobState.WAITING, JobState.RUNNING)
    looked_at = told.get("looked_at")
    context = {
        "file": row,
        "kind": KIND_NAMES[FileKind(row.kind)],
        "form": form,
        "told": told,
        "refused": refused or told.get("refused", ""),
        "job": job,
        "is_working": is_working,
        "is_given_up": job is not None and job.state == JobState.FAILED,
        "is_large": import_files.is_large(row),
        "looked_at": datetime.fromisoformat(looked_at) if looked_at else None,
        "may_take": bool(told.get("changes")) and not told.get("refused_rows") and not told.get("faults"),
        "most_shown": import_reports.MOST_SHOWN,
    }
    return render(request, "registers/import_file.html", context, status=status)


def _told(request: SchoolRequest, row: ImportFile) -> tuple[dict[str, Any], Any]:
    """What a look at the file says: at once, or, of a large one, what the last job kept."""
    if import_files.is_large(row):
        return row.report, import_jobs.latest(row)
    try:
        look = import_files.look(row, request.calendar, today=request.moment.today, at=request.moment.at)
    except ImportRefusedError as gone:
        return {"refused": str(gone), "refused_rows": 1}, None
    return import_reports.shown(look), None


@school_view(Right.IMPORT)
@require_POST
def import_take(request: SchoolRequest, file_id: int) -> HttpResponse:
    """Take a file in as it was looked at, all of it or nothing."""
    row = _row(request, file_id)
    moment, seen = request.moment, request.POST.get("seen", "")[:64]
    seen = seen if seen.isalnum() else ""
    if import_files.is_large(row) and row.state == FileState.UPLOADED:
        import_jobs.ask(row, import_jobs.TAKE, seen=seen, today=moment.today, by=request.membership, at=moment.at)
        return redirect("import_file", request.school.slug, row.pk)
    try:
        report = import_files.take_in(
            row, request.calendar, seen=seen, today=moment.today, by=request.membership, at=moment.at
        )
    except ImportRefusedError as refused:
        if row.state != FileState.UPLOADED:
            messages.error(request, str(refused))
            return redirect("imports", request.school.slug)
        return _page(request, row, _form(request, row, None), refused=str(refused), status=422)
    except FileRefusedError:
        words = "Some rows are refused, so nothing was written. Each is listed below with what to do."
        return _page(request, row, _form(request, row, None), refused=words, status=422)
    messages.success(request, f"Taken in. {_in_words(report)}.")
    return redirect("imports", request.school.slug)


def _in_words(report: Report) -> str:
    if isinstance(report, MarksReport):
        return f"Marks added: {report.added:,}, changed: {report.amended:,}, unchanged: {report.unchanged:,}"
    return (
        f"Pupils added: {report.pupils_added}, changed: {report.pupils_changed}. "
        f"Contacts added: {report.contacts_added}, changed: {report.contacts_changed}"
    )


@school_view(Right.IMPORT)
@require_POST
def import_drop(request: SchoolRequest, file_id: int) -> HttpResponse:
    """Throw an uploaded file away."""
    row = _row(request, file_id)
    try:
        import_files.drop(row, by=request.membership, at=request.moment.at)
    except ImportRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The file was dropped. Nothing of it was written.")
    return redirect("imports", request.school.slug)
