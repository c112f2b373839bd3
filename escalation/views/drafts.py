"""Working on a draft of the policy: head, rules, file, adoption. The headteacher's."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from escalation import policy_file, policy_toml
from escalation.models import PolicyDraft, PolicyVersion
from escalation.policy_file import PolicyRefusedError
from escalation.policy_forms import AdoptForm, HeadForm, ImportForm, KindForm, SimulateForm
from escalation.queries import policy_pages as queries
from escalation.rules import describing
from escalation.rules.drafting import DraftRefusedError
from escalation.services import drafts
from escalation.views.policy import as_file
from letters.rules import kinds
from registers.access import SchoolRequest, school_view
from registers.files import FileRefusedError
from registers.rules.rights import Right


@school_view(Right.SET_POLICY)
@require_POST
def draft_begin(request: SchoolRequest) -> HttpResponse:
    """Begin a draft from a version, or from a blank page."""
    version = None
    if request.POST.get("version"):
        rows = PolicyVersion.objects.filter(school=request.school)
        version = get_object_or_404(rows, pk=_number(request.POST["version"]))
    try:
        drafts.begin(request.school, version=version, by=request.membership, at=request.moment.at)
    except DraftRefusedError as refused:
        messages.error(request, str(refused))
    return redirect("policy_draft", request.school.slug)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise Http404
    return int(text)


@school_view(Right.SET_POLICY)
def draft(request: SchoolRequest) -> HttpResponse:
    """The draft as it stands, what still keeps it from being adopted, and the steps from here."""
    found = queries.draft(request.school)
    if found is None:
        messages.info(request, "There is no draft. Begin one from a version, from a blank page or from a file.")
        return redirect("policy", request.school.slug)
    if request.method != "POST":
        return _draft_page(request, found, HeadForm(initial=found.document))
    form = HeadForm(request.POST)
    if form.is_valid() and _done(request, form, lambda: _save_head(request, found, form)):
        messages.success(request, "Saved.")
        return redirect("policy_draft", request.school.slug)
    return _draft_page(request, found, form, status=422)


def _save_head(request: SchoolRequest, found: PolicyDraft, form: HeadForm) -> None:
    drafts.save_head(found, form.document(), revision(request), by=request.membership, at=request.moment.at)


def revision(request: SchoolRequest) -> int:
    """The state of the draft that the form was filled in for."""
    text = request.POST.get("revision", "")
    return int(text) if text.isdecimal() else 0


def _done(request: SchoolRequest, form: Form, work: Any) -> bool:
    """Whether a change was made; a refusal stands on the form."""
    try:
        work()
    except DraftRefusedError as refused:
        form.add_error(None, str(refused))
        return False
    return True


def _draft_page(request: SchoolRequest, found: PolicyDraft, form: HeadForm, **fields: Any) -> HttpResponse:
    status = fields.pop("status", 200)
    today = request.moment.today
    context = {
        "draft": found,
        "form": form,
        "rules": describing.rules_of(found.document),
        "judgements": describing.judgements_of(found.document),
        "faults": policy_file.faults_of(found.document, frozenset(kinds.KINDS)),
        "kind_form": KindForm(),
        "simulate_form": SimulateForm(initial={"first_on": today, "last_on": today}),
        "adopt_form": AdoptForm(initial={"applies_from": today, "revision": found.revision}),
        "changed": queries.changed(found),
        "trials": queries.trials(found),
        "terms": [term for term in reversed(request.calendar.terms) if term.last_on <= today][:6],
        **fields,
    }
    return render(request, "escalation/policy_draft.html", context, status=status)


@school_view(Right.SET_POLICY)
@require_POST
def draft_drop(request: SchoolRequest) -> HttpResponse:
    found = queries.draft(request.school)
    if found is not None:
        drafts.drop(found, by=request.membership, at=request.moment.at)
        messages.success(request, "The draft is dropped. The policy in force is as it was.")
    return redirect("policy", request.school.slug)


@school_view(Right.SET_POLICY)
def draft_file(request: SchoolRequest) -> HttpResponse:
    """The draft as a file."""
    found = queries.draft(request.school)
    if found is None:
        raise Http404
    return as_file(found.document, "policy-draft.toml")


@school_view(Right.SET_POLICY)
@require_POST
def draft_import(request: SchoolRequest) -> HttpResponse:
    """Take a policy's file in as the draft; every fault is shown with its line, and then nothing is taken in."""
    form = ImportForm(request.POST, request.FILES)
    faults = []
    if form.is_valid():
        try:
            document = policy_toml.read(_content(form), frozenset(kinds.KINDS))
            drafts.take_in(request.school, document, by=request.membership, at=request.moment.at)
        except FileRefusedError as refused:
            faults = refused.faults
        except DraftRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Taken in as a draft. Look it over, try it, then adopt it.")
            return redirect("policy_draft", request.school.slug)
    version = queries.in_force(request.school, request.moment.today)
    context = {
        "page": queries.page(version) if version else None,
        "versions": queries.versions(request.school),
        "draft": queries.draft(request.school),
        "import_form": form,
        "file_faults": faults,
    }
    return render(request, "escalation/policy.html", context, status=422)


def _content(form: ImportForm) -> bytes:
    file = form.cleaned_data["file"]
    content: bytes = file.read(policy_toml.MOST_BYTES + 1)
    return content


@school_view(Right.SET_POLICY)
@require_POST
def draft_adopt(request: SchoolRequest) -> HttpResponse:
    """Adopt the draft from a day on."""
    found = queries.draft(request.school)
    if found is None:
        messages.error(request, "There is no draft to adopt; it was adopted or dropped meanwhile.")
        return redirect("policy", request.school.slug)
    form = AdoptForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            version = drafts.adopt(
                found,
                told["applies_from"],
                told["revision"],
                by=request.membership,
                at=request.moment.at,
                today=request.moment.today,
            )
        except (DraftRefusedError, PolicyRefusedError) as refused:
            form.add_error(None, str(refused))
        else:
            since = version.applies_from
            messages.success(
                request, f"Version {version.version} is adopted and applies from {since.day} {since:%B %Y}."
            )
            return redirect("policy", request.school.slug)
    return _draft_page(request, found, HeadForm(initial=found.document), adopt_form=form, status=422)
