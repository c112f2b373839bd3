"""Deadlines: what the register says is due, the return for the local authority as a file, and the answer given."""

from datetime import date
from io import BytesIO

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string

from absences.models import EvidenceWanted
from absences.queries import clocks as queries
from absences.queries import reasons, returns
from absences.queries.clocks import Due
from absences.rules.clocks import ClockKind
from absences.rules.part_time import REVIEW_DAYS
from absences.services import clocks as services
from absences.services.clocks import ClockRefusedError
from letters import pdf
from letters.pdf import PdfUnavailableError
from registers import exports
from registers.access import SchoolRequest, school_view
from registers.admission_forms import check_plain
from registers.exports import Export
from registers.forms import DayField
from registers.models import Pupil
from registers.rules import exports as exports_rules
from registers.rules.exports import Form
from registers.rules.marks import Door
from registers.rules.rights import Right


class AnswerForm(forms.Form):
    """On which day a deadline was answered, and how."""

    answered_on = DayField(label="Done on")
    words = forms.CharField(label="How, and to whom", max_length=200, validators=[check_plain])


class RulesForm(forms.Form):
    """What the law or the school's policy leaves to the school."""

    writes_o = forms.BooleanField(
        label="An N becomes O by itself on the evening of its fifth school day", required=False
    )
    first_contact_by = forms.TimeField(
        label="By when every family is asked on the first day", widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    illness_occasions = forms.IntegerField(
        label="Occasions of illness in a school year", required=False, min_value=1, max_value=30
    )
    illness_days = forms.IntegerField(label="School days of illness on end", required=False, min_value=1, max_value=30)
    review_days = forms.IntegerField(
        label="Days between the reviews of a part-time timetable, at most",
        required=False,
        min_value=1,
        max_value=60,
        help_text=f"Empty is {REVIEW_DAYS}.",
    )
    pnar_days = forms.IntegerField(
        label="School days without leave after which a notice (PNAR) goes to the local authority",
        required=False,
        min_value=1,
        max_value=60,
        help_text="Empty where the local authority has no such notice.",
    )

    def clean_review_days(self) -> int:
        return self.cleaned_data["review_days"] or REVIEW_DAYS


@school_view(Right.RECORD_REASON)
def deadlines(request: SchoolRequest) -> HttpResponse:
    """Everything that falls due, the longest overdue first, and the illness that meets the school's limit."""
    return _page(request)


def _page(request: SchoolRequest, error: str = "") -> HttpResponse:
    today = request.moment.today
    rows = queries.due(request.school, request.calendar, today)
    return render(
        request,
        "absences/deadlines.html",
        {
            "waiting": [row for row in rows if row.answer is None],
            "answered": [row for row in rows if row.answer is not None],
            "ill": queries.illness(request.school, request.calendar, today),
            "rules": queries.rules_of(request.school),
            "error": error,
        },
        status=422 if error else 200,
    )


@school_view(Right.RECORD_REASON)
def deadline(request: SchoolRequest, pupil_id: int, kind: str, since: str) -> HttpResponse:
    """One deadline: what it asks for, the return as a file, and the form that answers it."""
    due = _due(request, pupil_id, kind, since)
    form = AnswerForm(request.POST or None, initial={"answered_on": request.moment.today})
    if request.method == "POST" and form.is_valid():
        try:
            services.answer(
                request.school,
                request.calendar,
                due.pupil,
                due.kind,
                due.since,
                form.cleaned_data["answered_on"],
                form.cleaned_data["words"],
                today=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except ClockRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Answered, with today’s date and your name.")
            return redirect("deadlines", request.school.slug)
    return render(
        request,
        "absences/deadline.html",
        {"due": due, "form": form},
        status=422 if form.is_bound else 200,
    )


@school_view(Right.RECORD_REASON)
def deadline_pdf(request: SchoolRequest, pupil_id: int, kind: str, since: str) -> HttpResponse:
    """The return of one deadline as a PDF, with what regulation 13 wants told."""
    due = _due(request, pupil_id, kind, since)
    page = render_to_string(
        "absences/return.html",
        {"due": due, "school": request.school, "parts": returns.parts(due), "today": request.moment.today},
    )
    try:
        made = pdf.render(page)
    except PdfUnavailableError as unavailable:
        messages.error(request, str(unavailable))
        return redirect("deadline", request.school.slug, pupil_id, kind, since)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="return-{due.pupil.pk}-{due.since}.pdf"'
    return response


@school_view(Right.RECORD_REASON)
def deadline_csv(request: SchoolRequest, pupil_id: int, kind: str, since: str) -> HttpResponse:
    """The same as a file of two columns, for the local authority's own form."""
    due = _due(request, pupil_id, kind, since)
    facts = [(fact.label, fact.value) for part in returns.parts(due) for fact in part.facts]
    rows = [("Return", due.title), ("What the register says", due.words), *facts]
    out = BytesIO()
    exports.write(
        Export("Return", "return", exports_rules.texts("field", "value"), rows), Form.CSV, out, at=request.moment.at
    )
    response = HttpResponse(out.getvalue(), content_type=exports.TYPES[Form.CSV])
    response["Content-Disposition"] = f'attachment; filename="return-{due.pupil.pk}-{due.since}.csv"'
    return response


def _due(request: SchoolRequest, pupil_id: int, kind: str, since: str) -> Due:
    """The deadline an address names; 404 where the register no longer says so."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    try:
        wanted = (ClockKind(kind.replace("-", " ")), date.fromisoformat(since))
    except ValueError:
        raise Http404 from None
    for one in queries.due(request.school, request.calendar, request.moment.today, pupil):
        if (one.kind, one.since) == wanted:
            return one
    raise Http404


@school_view(Right.RECODE)
def give_up(request: SchoolRequest) -> HttpResponse:
    """Make O of every N past its fifth school day; the number is typed, so that nobody does it by a slip."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    today = request.moment.today
    yesterday = date.fromordinal(today.toordinal() - 1)
    overdue = sum(
        len(row.sessions) for row in reasons.unexplained(request.school, request.calendar, today) if row.is_overdue
    )
    if request.POST.get("number", "").strip() != str(overdue):
        messages.error(request, f"Type how many marks there are, {overdue}, to make them O. Nothing was changed.")
        return redirect("unexplained", request.school.slug)
    try:
        outcome = services.give_up(
            request.school,
            request.calendar,
            yesterday,
            door=Door.OFFICE,
            today=today,
            by=request.membership,
            at=request.moment.at,
        )
    except ClockRefusedError as refused:
        messages.error(request, str(refused))
    else:
        number = len(outcome.amended)
        messages.success(
            request, f"{number} {'mark is' if number == 1 else 'marks are'} now O. A late reason amends it."
        )
    return redirect("unexplained", request.school.slug)


@school_view(Right.WANT_EVIDENCE)
def evidence_want(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """The headteacher confirms that a pupil's illness needs evidence from today on."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    try:
        services.want_evidence(
            request.school,
            request.calendar,
            pupil,
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except ClockRefusedError as refused:
        return _page(request, str(refused))
    messages.success(request, "From today each further mark of illness asks for evidence or for your decision.")
    return redirect("deadlines", request.school.slug)


@school_view(Right.WANT_EVIDENCE)
def evidence_end(request: SchoolRequest, evidence_id: int) -> HttpResponse:
    """The headteacher ends it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row = get_object_or_404(
        EvidenceWanted.objects.filter(school=request.school).select_related("pupil", "school"), pk=evidence_id
    )
    services.end_evidence(row, today=request.moment.today, by=request.membership, at=request.moment.at)
    messages.success(request, "Evidence of illness is wanted no longer.")
    return redirect("deadlines", request.school.slug)


@school_view(Right.SET_UP)
def absence_rules(request: SchoolRequest) -> HttpResponse:
    """Choose what the law or the policy leaves to the school."""
    standing = queries.rules_of(request.school)
    initial = {name: getattr(standing, name) for name in RulesForm.base_fields}
    form = RulesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.choose(request.school, **form.cleaned_data, by=request.membership, at=request.moment.at)
        messages.success(request, "Chosen.")
        return redirect("deadlines", request.school.slug)
    return render(request, "absences/absence_rules.html", {"form": form}, status=422 if form.is_bound else 200)
