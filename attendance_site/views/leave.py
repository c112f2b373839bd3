"""A leave request on one page: the headteacher's decision, and what else happens to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from absences.leave_forms import DecisionForm, DetailsForm, ShortenForm, WordsForm
from absences.models import LeaveRequest
from absences.queries import leave as absences
from absences.rules.leave import Category, LeaveRefusedError
from absences.services import leave_changes
from attendance_site.queries import leave
from attendance_site.queries.leave import Decision
from attendance_site.services import leave_decisions
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right
from registers.services.marks import MarksRefusedError


@school_view(Right.ENTER_LEAVE)
def leave_request(request: SchoolRequest, request_id: int) -> HttpResponse:
    """One request with all its facts; whoever may decide finds the decision below them."""
    return _page(request, _asked(request, request_id))


@school_view(Right.DECIDE_LEAVE)
def leave_decide(request: SchoolRequest, request_id: int) -> HttpResponse:
    """Record the decision, for brothers and sisters as well where they were ticked; its letter is drafted."""
    asked = _asked(request, request_id)
    if request.method != "POST":
        return redirect("leave_request", request.school.slug, request_id)
    decision = leave.decision(asked, request.calendar, request.moment.today)
    form = _form(decision, request.POST)
    if not form.is_valid():
        return _page(request, asked, Typed(decide=form), decision)
    try:
        found = leave_decisions.decide_alike(
            [asked.pk, *form.same_for],
            request.school,
            request.calendar,
            **form.answer,
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except (LeaveRefusedError, MarksRefusedError) as refused:
        form.add_error(None, str(refused))
        return _page(request, asked, Typed(decide=form), decision)
    _say(request, found)
    return redirect("leave_request", request.school.slug, request_id)


def _say(request: SchoolRequest, found: list[tuple[LeaveRequest, str]]) -> None:
    alike = f", for {len(found)} children" if len(found) > 1 else ""
    messages.success(request, f"Decided: {found[0][0].state_name.lower()}{alike}.")
    for _, hindrance in found:
        if hindrance:
            messages.warning(request, f"The letter could not be drafted: {hindrance}")


@dataclass
class Typed:
    """What was typed and refused on the page, by the form it belongs to."""

    decide: DecisionForm | None = None
    changes: dict[str, forms.Form] = field(default_factory=dict)

    @property
    def is_refused(self) -> bool:
        return self.decide is not None or bool(self.changes)


@school_view(Right.ENTER_LEAVE)
@require_POST
def leave_change(request: SchoolRequest, request_id: int, step: str) -> HttpResponse:
    """What the office writes down of a request: more asked, an answer, particulars, shortened, withdrawn."""
    asked = _asked(request, request_id)
    decision = leave.decision(asked, request.calendar, request.moment.today)
    form = _change_forms(asked, decision, request.POST)[step]
    if form.is_valid():
        try:
            message = STEPS[step](request, asked, form)
        except (LeaveRefusedError, MarksRefusedError) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, message)
            return redirect("leave_request", request.school.slug, request_id)
    return _page(request, asked, Typed(changes={step: form}), decision)


def _ask(request: SchoolRequest, asked: LeaveRequest, form: forms.Form) -> str:
    leave_changes.ask_more(
        asked.pk, request.school, form.cleaned_data["words"], by=request.membership, at=request.moment.at
    )
    return "Written down. The request waits for the family’s answer."


def _answer(request: SchoolRequest, asked: LeaveRequest, form: forms.Form) -> str:
    leave_changes.take_answer(
        asked.pk, request.school, form.cleaned_data["words"], by=request.membership, at=request.moment.at
    )
    return "Written down. The request waits for its decision again."


def _details(request: SchoolRequest, asked: LeaveRequest, form: forms.Form) -> str:
    leave_changes.keep_details(asked.pk, request.school, form.cleaned_data, by=request.membership, at=request.moment.at)
    return "Kept with the request."


def _withdraw(request: SchoolRequest, asked: LeaveRequest, form: forms.Form) -> str:
    leave_changes.withdraw(
        asked.pk,
        request.school,
        request.calendar,
        form.cleaned_data["words"],
        by=request.membership,
        at=request.moment.at,
    )
    return "Withdrawn. What it had put into the registers is put right."


def _shorten(request: SchoolRequest, asked: LeaveRequest, form: forms.Form) -> str:
    typed = form.cleaned_data
    row = leave_changes.shorten(
        asked.pk,
        request.school,
        request.calendar,
        typed["keep"],
        typed["words"],
        by=request.membership,
        at=request.moment.at,
    )
    return f"Shortened: {row.granted_sessions} of {row.asked_sessions} sessions remain. The registers are put right."


STEPS: Mapping[str, Callable[[SchoolRequest, LeaveRequest, forms.Form], str]] = {
    "ask": _ask,
    "answer": _answer,
    "details": _details,
    "shorten": _shorten,
    "withdraw": _withdraw,
}


def _asked(request: SchoolRequest, request_id: int) -> LeaveRequest:
    return get_object_or_404(absences.of(request.school), pk=request_id)


def _form(decision: Decision, posted: object = None) -> DecisionForm:
    facts = decision.facts
    family = [(one.row.pk, f"{one.row.pupil.name}, {one.row.span}") for one in decision.page.beside]
    return DecisionForm(
        posted, asked=facts.sessions, symbols=facts.codes, may_grant=not facts.is_retrospective, family=family
    )


def _change_forms(asked: LeaveRequest, decision: Decision, posted: object = None) -> dict[str, forms.Form]:
    return {
        "ask": WordsForm(posted, prefix="ask", label="What the family is asked"),
        "answer": WordsForm(posted, prefix="answer", label="What they say"),
        "withdraw": WordsForm(posted, prefix="withdraw", label="Why, and who said so"),
        "shorten": ShortenForm(posted, prefix="shorten", label="Why, and who said so", granted=decision.page.granted),
        "details": DetailsForm(posted, category=Category(asked.category), initial=asked.details),
    }


def _page(
    request: SchoolRequest, asked: LeaveRequest, typed: Typed | None = None, decision: Decision | None = None
) -> HttpResponse:
    typed = typed or Typed()
    decision = decision or leave.decision(asked, request.calendar, request.moment.today)
    form = typed.decide or _form(decision)
    form.helper.form_action = reverse("leave_decide", args=[request.school.slug, asked.pk])
    return render(
        request,
        "site/leave_request.html",
        {
            "leave": asked,
            "decision": decision,
            "facts": decision.facts,
            "page": decision.page,
            "form": form,
            "changes": _change_forms(asked, decision) | typed.changes,
            "refusals": [str(error) for form in typed.changes.values() for error in form.non_field_errors()],
            "refused": [step for step in STEPS if step in typed.changes],
        },
        status=422 if typed.is_refused else 200,
    )
