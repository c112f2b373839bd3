"""Children who left without the school knowing where to: the list, one of them, and each step of the search."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from absences.queries import missing as queries
from absences.rules.missing import FOUND_NAMES, Found, MissingRefusedError
from absences.services import missing as services
from registers.access import SchoolRequest, school_view
from registers.admission_forms import check_plain
from registers.forms import DayField
from registers.models import Pupil
from registers.rules.rights import Right


class StepForm(forms.Form):
    """A step of the search: on which day, and in a few words."""

    on = DayField(label="On")
    words = forms.CharField(label="Of whom, how, and what came of it", max_length=200, validators=[check_plain])


class CloseForm(forms.Form):
    """How the search ended."""

    found = forms.ChoiceField(label="The child is", choices=[(str(key), name) for key, name in FOUND_NAMES.items()])
    words = forms.CharField(label="How the school knows", max_length=200, validators=[check_plain])


@school_view(Right.ARRANGE)
def missing_children(request: SchoolRequest) -> HttpResponse:
    """Every leaver whose form is not complete, and every search."""
    lines = queries.listed(request.school, request.calendar, request.moment.today)
    context = {"open": [one for one in lines if one.is_open], "closed": [one for one in lines if not one.is_open]}
    return render(request, "absences/missing_children.html", context)


@school_view(Right.ARRANGE)
def missing_child(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """One child: what is not known, what was asked, and the next step."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    line = queries.of_pupil(pupil)
    if line.search is None and not (pupil.leaves_on and line.answers):
        raise Http404
    today = request.moment.today
    posted, does = request.POST, request.POST.get("does", "")
    steps: dict[str, tuple[forms.Form, Callable[[dict[str, Any]], object], str]] = {
        "enquire": (
            StepForm(posted if does == "enquire" else None, initial={"on": today}, prefix="enquire"),
            lambda typed: services.enquire(request.school, pupil, typed["on"], typed["words"], **_who(request)),
            "The enquiry is recorded.",
        ),
        "refer": (
            StepForm(posted if does == "refer" else None, initial={"on": today}, prefix="refer"),
            lambda typed: services.refer(request.school, pupil, typed["on"], typed["words"], **_who(request)),
            "Recorded: the local authority has been told.",
        ),
        "close": (
            CloseForm(posted if does == "close" else None, prefix="close"),
            lambda typed: services.close(request.school, pupil, Found(typed["found"]), typed["words"], **_who(request)),
            "The search is closed.",
        ),
    }
    if request.method == "POST" and does in steps and _did(*steps[does]):
        messages.success(request, steps[does][2])
        return redirect("missing_child", request.school.slug, pupil.pk)
    context = {"line": line, "pupil": pupil} | {f"{name}_form": step[0] for name, step in steps.items()}
    status = 422 if request.method == "POST" else 200
    return render(request, "absences/missing_child.html", context, status=status)


def _did(form: forms.Form, do: Callable[[dict[str, Any]], object], _said: str) -> bool:
    """Whether a step was taken; what is refused stands on its form."""
    if not form.is_valid():
        return False
    try:
        do(form.cleaned_data)
    except MissingRefusedError as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return False
    return True


def _who(request: SchoolRequest) -> dict[str, Any]:
    return {"today": request.moment.today, "by": request.membership, "at": request.moment.at}
