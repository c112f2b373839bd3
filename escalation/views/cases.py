"""One case: what to do now, and every step that can be taken in it."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from escalation import case_forms
from escalation.models import Case, Task
from escalation.queries import cases as queries
from escalation.queries import policies
from escalation.rules import cases as rules
from escalation.rules.cases import Barrier, CaseRefusedError
from escalation.services import cases as services
from escalation.services import tasks
from registers.access import SchoolRequest, school_view
from registers.models import Pupil, User
from registers.rules.rights import Right, Role

Typed = Mapping[str, Any]


@school_view(Right.SEE_DESK)
def case(request: SchoolRequest, pk: int) -> HttpResponse:
    """A case: due first, then flags, meetings, notes and the plan."""
    return case_page(request, _case(request, pk))


@school_view(Right.SEE_DESK)
@require_POST
def case_open(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Open a case by judgement, without waiting for a flag; an open one is shown."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    why = request.POST.get("why", "").strip() or "Opened by the school’s own judgement."
    try:
        found = services.open_case(
            request.school, pupil, why, on=request.moment.today, by=request.membership, at=request.moment.at
        )
    except CaseRefusedError as refused:
        messages.error(request, str(refused))
        return redirect("pupil", request.school.slug, pupil.pk)
    return redirect("case", request.school.slug, found.pk)


@school_view(Right.SEE_DESK)
@require_POST
def case_note(request: SchoolRequest, pk: int) -> HttpResponse:
    """Write a note."""
    found = _case(request, pk)

    def do(typed: Typed) -> None:
        services.add_note(
            found, typed["text"], restricted=typed["restricted"], by=request.membership, at=request.moment.at
        )

    return _step(request, found, "note_form", case_forms.NoteForm(request.POST), do, "Note written.")


@school_view(Right.SEE_DESK)
@require_POST
def case_task(request: SchoolRequest, pk: int) -> HttpResponse:
    """Set a task."""
    found = _case(request, pk)

    def do(typed: Typed) -> None:
        tasks.add(
            found,
            request.calendar,
            typed["title"],
            owner_role=Role(typed["owner_role"]),
            in_days=typed["in_days"],
            on=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )

    return _step(request, found, "task_form", case_forms.TaskForm(request.POST), do, "Task set.")


@school_view(Right.SEE_DESK)
@require_POST
def case_stage(request: SchoolRequest, pk: int) -> HttpResponse:
    """Move to another stage."""
    found = _case(request, pk)

    def do(typed: Typed) -> None:
        services.move_stage(found, typed["stage"], typed["why"], by=request.membership, at=request.moment.at)

    stages = rules.stage_table(policies.read(found.policy_version)).stages
    form = case_forms.StageForm(request.POST, stages=stages)
    return _step(request, found, "stage_form", form, do, "Moved.")


@school_view(Right.SEE_DESK)
@require_POST
def case_carry_over(request: SchoolRequest, pk: int) -> HttpResponse:
    """Carry on under the policy now in force."""
    found = _case(request, pk)
    version = policies.in_force(request.school, request.moment.today)
    if version is None:
        raise Http404

    def do(_: Typed) -> None:
        services.carry_over(found, version, by=request.membership, at=request.moment.at)

    return _step(request, found, "carry_form", forms.Form(request.POST), do, "Carried over.")


@school_view(Right.SEE_DESK)
@require_POST
def case_describe(request: SchoolRequest, pk: int) -> HttpResponse:
    """Owner, barriers, agencies and plan."""
    found = _case(request, pk)
    form = case_forms.DescribeForm(request.POST, owners=queries.owners(request.school, request.moment.today))

    def do(typed: Typed) -> None:
        owner = User.objects.get(pk=typed["owner"]) if typed["owner"] else None
        services.describe(
            found,
            owner=owner,
            barriers=[Barrier(one) for one in typed["barriers"]],
            agencies=typed["agencies"],
            plan=typed["plan"],
            by=request.membership,
            at=request.moment.at,
        )

    return _step(request, found, "describe_form", form, do, "Kept.")


@school_view(Right.SEE_DESK)
@require_POST
def case_close(request: SchoolRequest, pk: int) -> HttpResponse:
    """Close with a reason."""
    found = _case(request, pk)

    def do(typed: Typed) -> None:
        services.close(found, typed["why"], by=request.membership, at=request.moment.at)

    done = "Closed. It stays with the pupil and can be opened again."
    return _step(request, found, "close_form", case_forms.WhyForm(request.POST), do, done)


@school_view(Right.SEE_DESK)
@require_POST
def case_reopen(request: SchoolRequest, pk: int) -> HttpResponse:
    """Open again with a reason."""
    found = _case(request, pk)

    def do(typed: Typed) -> None:
        services.reopen(found, typed["why"], by=request.membership, at=request.moment.at)

    return _step(request, found, "close_form", case_forms.WhyForm(request.POST), do, "Opened again.")


@school_view(Right.SEE_DESK)
@require_POST
def task_settle(request: SchoolRequest, pk: int) -> HttpResponse:
    """Done, set aside, or taken up again."""
    task = get_object_or_404(Task.objects.filter(school=request.school), pk=pk)
    words = request.POST.get("words", "")
    by, at = request.membership, request.moment.at
    try:
        match request.POST.get("what"):
            case "done":
                tasks.finish(task, words, by=by, at=at)
            case "aside":
                tasks.set_aside(task, words, by=by, at=at)
            case "again":
                tasks.take_up(task, by=by, at=at)
            case _:
                raise CaseRefusedError("Choose what became of the task.")
    except CaseRefusedError as refused:
        return case_page(request, _case(request, task.case_id), refused=str(refused), status=422)
    messages.success(request, "Done." if request.POST["what"] == "done" else "Kept.")
    if request.POST.get("back") == "desk":
        return redirect("desk", request.school.slug)
    return redirect("case", request.school.slug, task.case_id)


def _case(request: SchoolRequest, pk: int) -> Case:
    return get_object_or_404(queries.of_school(request.school), pk=pk)


def _step(
    request: SchoolRequest,
    found: Case,
    name: str,
    form: forms.Form,
    do: Callable[[Typed], None],
    said: str,
) -> HttpResponse:
    """Take one step from a form of the case's page; a refusal goes onto that form."""
    if form.is_valid():
        try:
            do(form.cleaned_data)
        except CaseRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, said)
            return redirect("case", request.school.slug, found.pk)
    return case_page(request, _case(request, found.pk), forms={name: form}, status=422)


def case_page(
    request: SchoolRequest,
    found: Case,
    *,
    forms: Mapping[str, forms.Form] | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page, with whichever form was refused in place of its empty self."""
    page = queries.page(found, request.calendar, request.moment.today, request.memberships)
    described = {name: getattr(found, name) for name in ("barriers", "agencies", "plan")}
    context = {
        "page": page,
        "case": found,
        "refused": refused,
        "note_form": case_forms.NoteForm(),
        "task_form": case_forms.TaskForm(),
        "stage_form": case_forms.StageForm(stages=page.stages, initial={"stage": page.suggested or page.next_stage}),
        "describe_form": case_forms.DescribeForm(
            owners=queries.owners(request.school, request.moment.today),
            initial={**described, "owner": found.owner_id},
        ),
        "close_form": case_forms.WhyForm(),
        **(forms or {}),
    }
    return render(request, "escalation/case.html", context, status=status)
