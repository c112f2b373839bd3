"""A school's settings: session times, what guidance says of them, how lateness is counted, where copies go."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from registers.access import SchoolRequest, school_view
from registers.models import SessionTimes
from registers.queries import school_settings as queries
from registers.queries.school_settings import Settings
from registers.rules.rights import Right
from registers.rules.school_settings import SettingRefusedError
from registers.school_forms import CopiesForm, LatenessForm, TimesForm
from registers.services import settings as services


@school_view(Right.SET_UP)
def settings(request: SchoolRequest) -> HttpResponse:
    """The settings: GET shows them, POST saves the one form that was sent."""
    found = queries.of(request.school, request.calendar, request.moment.today)
    forms: dict[str, Form] = {
        "times": TimesForm(initial={"key_stages": found.key_stages}, key_stages=found.key_stages),
        "lateness": LatenessForm(initial={"from_start": request.school.late_from_start}),
        "copies": CopiesForm(initial={"folder": request.school.copies_folder}),
    }
    warned = 0
    if request.method == "POST":
        name = request.POST.get("save", "")
        save = SAVERS.get(name, _save_times)
        form, said, warned = save(request, found)
        if said:
            messages.success(request, said)
            return redirect("settings", request.school.slug)
        forms[name if name in SAVERS else "times"] = form
    return render(
        request,
        "registers/settings.html",
        {"settings": found, "forms": forms, "tab": "settings", "warned": warned},
        status=422 if request.method == "POST" else 200,
    )


@school_view(Right.SET_UP)
@require_POST
def times_remove(request: SchoolRequest, times_id: int) -> HttpResponse:
    """Take back times that are not yet in force."""
    row = get_object_or_404(SessionTimes.objects.filter(school=request.school), pk=times_id)
    try:
        services.remove_times(row, request.moment.today, by=request.membership, at=request.moment.at)
    except SettingRefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Taken back. The times before them stay in force.")
    return redirect("settings", request.school.slug)


Saved = tuple[Form, str, int]
"""The form as it was sent, what to say if it was saved, and how many late marks a past day would leave standing."""


def _save_times(request: SchoolRequest, found: Settings) -> Saved:
    form = TimesForm(request.POST, key_stages=found.key_stages)
    if not form.is_valid():
        return form, "", 0
    new = form.times
    standing = 0
    if new.applies_from <= request.moment.today:
        standing = queries.late_marks_since(request.school, new.session, new.applies_from)
    if standing and form.cleaned_data["confirmed"] != new.applies_from.isoformat():
        sent = request.POST.copy()
        sent["confirmed"] = new.applies_from.isoformat()
        return TimesForm(sent, key_stages=found.key_stages), "", standing
    try:
        services.enter_times(request.school, new, by=request.membership, at=request.moment.at)
    except SettingRefusedError as refused:
        form.add_error(None, str(refused))
        return form, "", 0
    kept = f" {standing} late marks since then stay as they were entered." if standing else ""
    return form, f"Times entered from {new.applies_from:%d/%m/%Y}.{kept}", 0


def _save_lateness(request: SchoolRequest, found: Settings) -> Saved:
    form = LatenessForm(request.POST)
    if not form.is_valid():
        return form, "", 0
    changed = services.set_lateness(
        request.school, from_start=form.cleaned_data["from_start"], by=request.membership, at=request.moment.at
    )
    said = "Saved. It holds for arrivals entered from now on." if changed else "Nothing changed."
    return form, said, 0


def _save_copies(request: SchoolRequest, found: Settings) -> Saved:
    form = CopiesForm(request.POST)
    if not form.is_valid():
        return form, "", 0
    folder = form.cleaned_data["folder"]
    try:
        changed = services.set_copies_folder(request.school, folder, by=request.membership, at=request.moment.at)
    except SettingRefusedError as refused:
        form.add_error("folder", str(refused))
        return form, "", 0
    if not changed:
        return form, "Nothing changed.", 0
    return form, f"Copies go to “{folder}”." if folder else "No copies will be made.", 0


SAVERS: Mapping[str, Callable[[SchoolRequest, Settings], Saved]] = {
    "times": _save_times,
    "lateness": _save_lateness,
    "copies": _save_copies,
}
