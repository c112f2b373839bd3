"""Reading a school's policies: the one in force, the others as they were, two side by side, each as a file."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from escalation import policy_toml
from escalation.models import PolicyVersion
from escalation.policy_forms import CompareForm, ImportForm
from escalation.queries import policy_pages as queries
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right

FILE_TYPE = "application/toml; charset=utf-8"


@school_view(Right.SEE_DESK)
def policy(request: SchoolRequest) -> HttpResponse:
    """The policy in force today, and the ways to the others."""
    version = queries.in_force(request.school, request.moment.today)
    context = {
        "page": queries.page(version) if version else None,
        "versions": queries.versions(request.school),
        "draft": queries.draft(request.school),
        "import_form": ImportForm(),
    }
    return render(request, "escalation/policy.html", context)


@school_view(Right.SEE_DESK)
def policy_version(request: SchoolRequest, pk: int) -> HttpResponse:
    """One version, as it was adopted."""
    version = _version(request, pk)
    in_force = queries.in_force(request.school, request.moment.today)
    return render(
        request,
        "escalation/policy_version.html",
        {"page": queries.page(version), "is_in_force": in_force is not None and in_force.pk == version.pk},
    )


@school_view(Right.SEE_DESK)
def policy_file(request: SchoolRequest, pk: int) -> HttpResponse:
    """One version as a file that another school, or this one, can take in."""
    version = _version(request, pk)
    return as_file(version.document, f"policy-{version.pk}.toml")


def as_file(document: dict[str, object], name: str) -> HttpResponse:
    response = HttpResponse(policy_toml.write(document), content_type=FILE_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _version(request: SchoolRequest, pk: int) -> PolicyVersion:
    rows = PolicyVersion.objects.filter(school=request.school).select_related("adopted_by")
    return get_object_or_404(rows, pk=pk)


@school_view(Right.SEE_DESK)
def policy_compare(request: SchoolRequest) -> HttpResponse:
    """Two versions, or a version and the draft, rule by rule."""
    named = queries.named(request.school)
    if Right.SET_POLICY not in request.rights:
        named.pop(queries.DRAFT, None)
    choices = [(key, name) for key, (name, _) in named.items()]
    form = CompareForm(request.GET or None, versions=choices)
    context: dict[str, object] = {"form": form, "several": len(choices) > 1}
    if form.is_valid():
        first, second = (named[form.cleaned_data[name]] for name in ("first", "second"))
        context |= {
            "first": first[0],
            "second": second[0],
            "rows": queries.rules_beside(first[1], second[1]),
            "judged": queries.judgements_beside(first[1], second[1]),
        }
    return render(request, "escalation/policy_compare.html", context, status=422 if form.errors else 200)
