"""One judgement of the draft: a step that a person takes when they judge it right."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from escalation.models import PolicyDraft
from escalation.policy_forms import JudgementForm
from escalation.rules.drafting import DraftRefusedError
from escalation.services import drafts
from escalation.views.draft_rules import open_draft, saved
from escalation.views.drafts import revision
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right


@school_view(Right.SET_POLICY)
def judgement_new(request: SchoolRequest) -> HttpResponse:
    """A new judgement."""
    return _judgement(request, open_draft(request), None, {})


@school_view(Right.SET_POLICY)
def judgement_edit(request: SchoolRequest, place: int) -> HttpResponse:
    """A judgement of the draft."""
    draft = open_draft(request)
    judgements = draft.document.get("judgements", [])
    if place >= len(judgements):
        raise Http404
    return _judgement(request, draft, place, judgements[place])


def _judgement(request: SchoolRequest, draft: PolicyDraft, place: int | None, initial: dict[str, Any]) -> HttpResponse:
    form = JudgementForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid() and saved(form, lambda: _save(request, draft, place, form)):
        messages.success(request, "Saved in the draft. It says nothing to anybody until the draft is adopted.")
        return redirect("policy_draft", request.school.slug)
    context = {"draft": draft, "form": form, "place": place}
    return render(request, "escalation/policy_judgement.html", context, status=422 if request.method == "POST" else 200)


def _save(request: SchoolRequest, draft: PolicyDraft, place: int | None, form: JudgementForm) -> None:
    drafts.save_judgement(draft, place, form.document(), revision(request), by=request.membership, at=request.moment.at)


@school_view(Right.SET_POLICY)
@require_POST
def judgement_remove(request: SchoolRequest, place: int) -> HttpResponse:
    """Take a judgement out of the draft."""
    try:
        drafts.remove_judgement(
            open_draft(request), place, revision(request), by=request.membership, at=request.moment.at
        )
    except DraftRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The judgement is out of the draft. The policy in force still has it.")
    return redirect("policy_draft", request.school.slug)
