"""One rule of the draft: its form follows what it measures."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from escalation.models import PolicyDraft
from escalation.policy_file import PolicyRefusedError
from escalation.policy_forms import KIND_NAMES, JudgementForm, KindForm, RuleForm, initial_of, kind_of, measure_of
from escalation.queries import policy_pages as queries
from escalation.rules.drafting import DraftRefusedError
from escalation.rules.measuring import Measure
from escalation.services import drafts
from escalation.views.drafts import revision
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right


def open_draft(request: SchoolRequest) -> PolicyDraft:
    """The school's draft, or 404."""
    found = queries.draft(request.school)
    if found is None:
        raise Http404
    return found


@school_view(Right.SET_POLICY)
def rule_new(request: SchoolRequest) -> HttpResponse:
    """A new rule; `kind` says what it measures."""
    draft = open_draft(request)
    measure = measure_of(request.GET.get("kind", "attendance_band"))
    if measure is None:
        raise Http404
    return _rule(request, draft, None, measure, {"desk": True})


@school_view(Right.SET_POLICY)
def rule_edit(request: SchoolRequest, place: int) -> HttpResponse:
    """A rule of the draft; `kind` changes what it measures."""
    draft = open_draft(request)
    rules = draft.document.get("rules", [])
    if place >= len(rules):
        raise Http404
    measure = measure_of(request.GET.get("kind") or rules[place]["measure"]["kind"])
    if measure is None:
        raise Http404
    return _rule(request, draft, place, measure, initial_of(rules[place]))


def _rule(
    request: SchoolRequest, draft: PolicyDraft, place: int | None, measure: type[Measure], initial: dict[str, Any]
) -> HttpResponse:
    form = RuleForm(request.POST if request.method == "POST" else None, initial=initial, measure=measure)
    if request.method == "POST" and form.is_valid() and saved(form, lambda: _save(request, draft, place, form)):
        messages.success(request, "Saved in the draft. Nothing is flagged by it until it is adopted.")
        return redirect("policy_draft", request.school.slug)
    context = {
        "draft": draft,
        "form": form,
        "place": place,
        "kind_name": KIND_NAMES[kind_of(measure)],
        "kind_form": KindForm(initial={"kind": kind_of(measure)}),
    }
    return render(request, "escalation/policy_rule.html", context, status=422 if request.method == "POST" else 200)


def _save(request: SchoolRequest, draft: PolicyDraft, place: int | None, form: RuleForm) -> None:
    drafts.save_rule(draft, place, form.document(), revision(request), by=request.membership, at=request.moment.at)


def saved(form: RuleForm | JudgementForm, save: Callable[[], None]) -> bool:
    """Whether a rule or judgement was saved; what is wrong with it stands beside its fields."""
    try:
        save()
    except PolicyRefusedError as refused:
        form.show(refused.faults)
    except DraftRefusedError as refused:
        form.add_error(None, str(refused))
    else:
        return True
    return False


@school_view(Right.SET_POLICY)
@require_POST
def rule_remove(request: SchoolRequest, place: int) -> HttpResponse:
    """Take a rule out of the draft."""
    draft = open_draft(request)
    try:
        drafts.remove_rule(draft, place, revision(request), by=request.membership, at=request.moment.at)
    except DraftRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The rule is out of the draft. The policy in force still has it.")
    return redirect("policy_draft", request.school.slug)
