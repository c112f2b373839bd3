"""Files sent as evidence: adding one to a leave request or a reason, and fetching one."""

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from absences.models import Evidence, LeaveRequest, Reason
from absences.rules.evidence import MEDIA_TYPES, MOST_BYTES, TAKEN, EvidenceRefusedError, FileKind, check_size
from absences.services import evidence as services
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right

ACCEPT = ".pdf,.jpg,.jpeg,.png,.heic"


class EvidenceForm(forms.Form):
    """One file."""

    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        widget=forms.ClearableFileInput({"accept": ACCEPT}),
        help_text=f"{TAKEN}, at most {MOST_BYTES // 1024**2} MB.",
    )


@school_view(Right.SEE_EVIDENCE)
def leave_evidence(request: SchoolRequest, request_id: int) -> HttpResponse:
    """The files of a leave request, and a form for another."""
    row = get_object_or_404(
        LeaveRequest.objects.filter(school=request.school).select_related("school", "pupil"), pk=request_id
    )
    form = EvidenceForm(request.POST, request.FILES) if request.method == "POST" else EvidenceForm()
    if request.method == "POST" and _add(request, form, row):
        return redirect("leave_request", request.school.slug, row.pk)
    what = f"Leave request, {row.span}"
    return _page(request, form, row.pupil, what, row.evidence)


@school_view(Right.SEE_EVIDENCE)
def reason_evidence(request: SchoolRequest, reason_id: int) -> HttpResponse:
    """The files of a reason for an absence, and a form for another."""
    row = get_object_or_404(
        Reason.objects.filter(school=request.school).select_related("school", "pupil"), pk=reason_id
    )
    form = EvidenceForm(request.POST, request.FILES) if request.method == "POST" else EvidenceForm()
    if request.method == "POST" and _add(request, form, row):
        return redirect("reason_evidence", request.school.slug, row.pk)
    what = f"Reason for {row.span}: {row.code}, {row.outcome}"
    return _page(request, form, row.pupil, what, row.evidence)


@school_view(Right.SEE_EVIDENCE)
@require_safe
def evidence_file(request: SchoolRequest, file_id: int) -> HttpResponse:
    """Fetch one file, as what its content is and never to be shown in the page; the look is recorded."""
    row = _row(request, file_id)
    try:
        content = services.look(row, by=request.membership, at=request.moment.at)
    except EvidenceRefusedError as refused:
        return render(request, "absences/evidence_refused.html", {"message": str(refused)}, status=422)
    response = HttpResponse(content, content_type=MEDIA_TYPES[FileKind(row.kind)])
    response["Content-Disposition"] = f'attachment; filename="{row.file_name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@school_view(Right.SEE_EVIDENCE)
@require_POST
def evidence_aside(request: SchoolRequest, file_id: int) -> HttpResponse:
    """Put a file aside that lies with the wrong child; it is kept, and shown no longer."""
    row = _row(request, file_id)
    try:
        services.put_aside(row, request.POST.get("why", ""), by=request.membership, at=request.moment.at)
    except EvidenceRefusedError as refused:
        return render(request, "absences/evidence_refused.html", {"message": str(refused)}, status=422)
    messages.success(request, "The file is put aside. It is kept, and only those who decide leave can open it.")
    return redirect(*_where(request, row))


def _row(request: SchoolRequest, file_id: int) -> Evidence:
    return get_object_or_404(
        Evidence.objects.filter(school=request.school).select_related("school", "pupil"), pk=file_id
    )


def _where(request: SchoolRequest, row: Evidence) -> tuple[str, str, int]:
    """The page that a file lies on."""
    if row.leave_id:
        return "leave_request", request.school.slug, row.leave_id
    if row.reason_id:
        return "reason_evidence", request.school.slug, row.reason_id
    return "sent_request", request.school.slug, row.sent_id or 0


def read_upload(upload: "UploadedFile[bytes]") -> bytes:
    """What was uploaded, or EvidenceRefusedError before a byte of something too large is read."""
    check_size(upload.size or 0)
    return bytes(upload.read())


def _add(request: SchoolRequest, form: EvidenceForm, row: LeaveRequest | Reason) -> bool:
    """Take the file that was chosen and say so; a refusal goes onto the form."""
    if not form.is_valid():
        return False
    upload = form.cleaned_data["file"]
    at, by = request.moment.at, request.membership
    try:
        content = read_upload(upload)
        if isinstance(row, LeaveRequest):
            services.add_to_leave(row, upload.name, content, by=by, at=at)
        else:
            services.add_to_reason(row, upload.name, content, by=by, at=at)
    except EvidenceRefusedError as refused:
        form.add_error("file", str(refused))
        return False
    messages.success(
        request, "The file is kept. Only those who may see evidence can open it, and each look is recorded."
    )
    return True


def _page(request: SchoolRequest, form: EvidenceForm, pupil: object, what: str, files: object) -> HttpResponse:
    rows = files.select_related("added_by", "aside__by").order_by("added_at", "pk")  # type: ignore[attr-defined]  # a related manager
    return render(
        request,
        "absences/evidence.html",
        {"form": form, "pupil": pupil, "what": what, "files": rows},
        status=422 if request.method == "POST" else 200,
    )
