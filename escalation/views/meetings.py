"""Meetings and referrals of a case."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from escalation import case_forms
from escalation.models import Case, Meeting
from escalation.queries import cases as case_queries
from escalation.queries import meetings as queries
from escalation.queries import referrals as referral_queries
from escalation.rules.cases import CaseRefusedError
from escalation.rules.meetings import AWAITING_REVIEW, MeetingKind, MeetingState
from escalation.rules.referrals import ReferralKind
from escalation.services import meetings as services
from escalation.services import referrals
from escalation.services.meetings import Action, Outcome
from letters import pdf, store
from letters.rules.refusals import LetterRefusedError
from letters.store import Kept
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right, Role


@school_view(Right.SEE_DESK)
def meeting_new(request: SchoolRequest, pk: int) -> HttpResponse:
    """Plan a meeting in a case."""
    found = get_object_or_404(case_queries.of_school(request.school), pk=pk)
    form = case_forms.MeetingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            meeting = services.plan(
                found,
                request.calendar,
                MeetingKind(typed["kind"]),
                typed["on"],
                typed["time"],
                typed["place"],
                typed["invited"],
                today=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except CaseRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Planned. Write the invitation next.")
            return redirect("meeting", request.school.slug, meeting.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "escalation/meeting_new.html", {"case": found, "form": form}, status=status)


@school_view(Right.SEE_DESK)
def meeting(request: SchoolRequest, pk: int) -> HttpResponse:
    """One meeting: what was planned, what came of it, and its result."""
    return _page(request, _meeting(request, pk))


@school_view(Right.SEE_DESK)
@require_POST
def meeting_letter(request: SchoolRequest, pk: int) -> HttpResponse:
    """Draft the invitation, or the plan once it is over, and show it."""
    try:
        letter = services.write_letter(
            _meeting(request, pk),
            request.calendar,
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except (CaseRefusedError, LetterRefusedError) as refused:
        return _page(request, _meeting(request, pk), refused=str(refused), status=422)
    messages.success(request, "Drafted. Nothing is sent until it is issued.")
    return redirect("letter", request.school.slug, letter.pk)


@school_view(Right.SEE_DESK)
@require_POST
def meeting_outcome(request: SchoolRequest, pk: int) -> HttpResponse:
    """Say what came of it, with the target and the actions agreed."""
    found = _meeting(request, pk)
    form = case_forms.OutcomeForm(request.POST)
    actions = case_forms.ActionForms(request.POST, prefix="actions")
    if form.is_valid() and actions.is_valid():
        typed = form.cleaned_data
        try:
            services.settle(
                found,
                request.calendar,
                MeetingState(typed["state"]),
                Outcome(
                    typed["attendees"],
                    typed["minutes"],
                    typed["target"],
                    typed["review_on"],
                    [_action(each.cleaned_data) for each in actions if each.cleaned_data.get("title")],
                ),
                today=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except CaseRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Kept.")
            return redirect("meeting", request.school.slug, pk)
    return _page(request, _meeting(request, pk), forms={"form": form, "actions": actions}, status=422)


@school_view(Right.SEE_DESK)
@require_POST
def meeting_cancel(request: SchoolRequest, pk: int) -> HttpResponse:
    """Call it off."""
    try:
        services.cancel(_meeting(request, pk), request.POST.get("why", ""), by=request.membership, at=request.moment.at)
    except CaseRefusedError as refused:
        return _page(request, _meeting(request, pk), refused=str(refused), status=422)
    messages.success(request, "Called off.")
    return redirect("meeting", request.school.slug, pk)


@school_view(Right.SEE_DESK)
@require_POST
def meeting_review(request: SchoolRequest, pk: int) -> HttpResponse:
    """Close it with the result the register gives, and what follows."""
    found = _meeting(request, pk)
    form = case_forms.ReviewForm(request.POST)
    if form.is_valid():
        try:
            services.review(
                found,
                form.cleaned_data["words"],
                today=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except CaseRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Reviewed. The result is kept as the register stood today.")
            return redirect("case", request.school.slug, found.case_id)
    return _page(request, _meeting(request, pk), forms={"review_form": form}, status=422)


@school_view(Right.SEE_DESK)
def referral_new(request: SchoolRequest, pk: int) -> HttpResponse:
    """Refer a family on."""
    found = get_object_or_404(case_queries.of_school(request.school), pk=pk)
    form = case_forms.ReferralForm(request.POST if request.method == "POST" else None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            _refer(request, found, form.cleaned_data)
        except (CaseRefusedError, LetterRefusedError) as refused:
            form.add_error(None, str(refused))
        except pdf.PdfUnavailableError as refused:
            form.add_error(None, str(refused))
            status = 503
        else:
            messages.success(request, "Referral made. Send the file below; it will not change any more.")
            return redirect("case", request.school.slug, found.pk)
    return render(request, "escalation/referral_new.html", {"case": found, "form": form}, status=status)


def _refer(request: SchoolRequest, found: Case, typed: dict[str, Any]) -> None:
    referrals.refer(
        found,
        request.calendar,
        ReferralKind(typed["kind"]),
        typed["to"],
        typed["reason"],
        consent=typed["consent"],
        today=request.moment.today,
        by=request.membership,
        at=request.moment.at,
    )


@school_view(Right.SEE_DESK)
def referral_pdf(request: SchoolRequest, pk: int) -> HttpResponse:
    """The file of a referral as it was made."""
    found = get_object_or_404(referral_queries.of_school(request.school), pk=pk)
    try:
        document = store.read(Kept(found.pdf_path, found.sha256))
    except (store.FileMissingError, store.FileAlteredError) as refused:
        return render(request, "letters/refused.html", {"message": str(refused)}, status=410)
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="referral-{found.pk}.pdf"'
    return response


def _action(typed: dict[str, Any]) -> Action:
    return Action(typed["title"], Role(typed["owner_role"] or Role.FLO), typed["in_days"] or 5)


def _meeting(request: SchoolRequest, pk: int) -> Meeting:
    rows = Meeting.objects.filter(school=request.school)
    return get_object_or_404(rows.select_related("case__pupil", "school", "letter", "planned_by"), pk=pk)


def _page(
    request: SchoolRequest,
    found: Meeting,
    *,
    forms: dict[str, Any] | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    today = request.moment.today
    awaits = found.state in AWAITING_REVIEW
    context = {
        "meeting": found,
        "case": found.case,
        "refused": refused,
        "may_settle": found.is_planned and found.on <= today,
        "awaits_review": awaits,
        "result": queries.result(found, today) if awaits else None,
        "review_is_due": case_queries.is_due(found, today),
        "letter_kind": queries.letter_kind(found) if found.is_planned or awaits else None,
        "letters": queries.letters_of(found),
        "tasks": found.tasks.select_related("owner"),
        "form": case_forms.OutcomeForm(initial={"attendees": found.invited}),
        "actions": case_forms.ActionForms(prefix="actions"),
        "review_form": case_forms.ReviewForm(),
        **(forms or {}),
    }
    return render(request, "escalation/meeting.html", context, status=status)
