"""The admission register on screen: enrolling, changing, moving class, and the chain of later entries."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registers.access import SchoolRequest, holder, school_view
from registers.admission_forms import (
    AsStoodForm,
    EnrolForm,
    MoveForm,
    PupilForm,
    sign,
    signed,
)
from registers.models import Pupil, SchoolClass
from registers.queries import admission_history as chains
from registers.queries import admissions as queries
from registers.rules import admissions as rules
from registers.rules import ages
from registers.rules.admissions import AdmissionRefusedError, as_text
from registers.rules.rights import Right
from registers.services import admissions, sensitive
from registers.services.admissions import Clash, StaleError

TOO_OLD = "This page was opened too long ago or in another way than from here. Open it again, then make your change."


@school_view(Right.EDIT_PUPILS)
def pupil_new(request: SchoolRequest) -> HttpResponse:
    """Enrol a pupil, with the class from the starting day."""
    form = EnrolForm(
        request.POST if request.method == "POST" else None,
        classes=queries.class_choices(request.school),
        sensitive=Right.SEE_SENSITIVE in request.rights,
        initial={"starts_on": request.moment.today},
    )
    if request.method == "POST" and form.is_valid():
        pupil = _enrol(request, form)
        if pupil is not None:
            return redirect("pupil", request.school.slug, pupil.pk)
    return form_page(request, "registers/pupil_new.html", {"form": form})


def _enrol(request: SchoolRequest, form: EnrolForm) -> Pupil | None:
    """Enter what was typed; a refusal goes onto the form."""
    class_id = form.cleaned_data["school_class"]
    school_class = SchoolClass.objects.get(school=request.school, pk=class_id) if class_id is not None else None
    try:
        pupil = admissions.enrol(
            request.school,
            form.particulars,
            school_class,
            is_another_child=form.cleaned_data["is_another_child"],
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except AdmissionRefusedError as refused:
        if refused.field == "is_another_child":
            form.ask_whether_another()
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return None
    due = rules.return_due(request.moment.today)
    messages.success(
        request,
        f"{pupil.name} is enrolled, {ages.year_group_name(pupil.year_group(pupil.starts_on))}. Add the parents next. "
        f"The new pupil return is due at the local authority by {due.day} {due:%B} (not for the most junior class on "
        "the first day of the school year).",
    )
    return pupil


@school_view(Right.EDIT_PUPILS)
def pupil_edit(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Change a pupil's particulars; who may see the sensitive ones finds them here too, and that is recorded."""
    pupil = pupil_of(request, pupil_id)
    sees = Right.SEE_SENSITIVE in request.rights
    if sees:
        _note_reading(request, pupil)
    clashes: list[dict[str, str]] = []
    form = PupilForm(request.POST if request.method == "POST" else None, sensitive=sees, initial=_shown(pupil, sees))
    if request.method == "POST" and form.is_valid():
        stood = signed(_key(pupil), form.cleaned_data["stood"])
        try:
            if stood is None:
                raise AdmissionRefusedError(TOO_OLD)
            fields = admissions.change(
                pupil,
                form.particulars,
                stood,
                form.cleaned_data["reason"],
                by=request.membership,
                at=request.moment.at,
            )
        except AdmissionRefusedError as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        except StaleError as stale:
            pupil.refresh_from_db()
            clashes = told(stale.clashes, form.particulars, rules.PARTICULARS)
            again = unclashed(_shown(pupil, sees), form.particulars, stood or {}) | {"reason": form.data["reason"]}
            form = PupilForm(sensitive=sees, initial=again)
        else:
            _say_changed(request, fields)
            return redirect("pupil", request.school.slug, pupil.pk)
    today = request.moment.today
    return form_page(
        request,
        "registers/pupil_edit.html",
        {
            "pupil": pupil,
            "form": form,
            "clashes": clashes,
            "year": pupil.year_group(today),
            "compulsory_from": ages.compulsory_from(pupil.dob),
            "compulsory_until": ages.compulsory_until(pupil.dob),
            "is_compulsory_age": ages.is_compulsory_age(pupil.dob, today),
        },
    )


def _shown(pupil: Pupil, sees: bool) -> dict[str, Any]:
    """What the form shows of a pupil, with the same signed."""
    values = {name: getattr(pupil, name) for name in PupilForm(sensitive=sees).particular_names}
    token = sign(_key(pupil), {name: as_text(value) for name, value in values.items()})
    return values | {"stood": token}


def _key(pupil: Pupil) -> str:
    return f"pupil:{pupil.pk}"


def told(clashes: list[Clash], typed: Mapping[str, Any], names: Mapping[str, str]) -> list[dict[str, str]]:
    """Clashes as a page shows them: what was seen, what stands now, and what was typed."""
    return [
        {
            "name": names[clash.field],
            "seen": chains.in_words(clash.field, clash.seen),
            "stands": chains.in_words(clash.field, clash.stands),
            "typed": chains.in_words(clash.field, as_text(typed[clash.field])),
        }
        for clash in clashes
    ]


def unclashed(now: Mapping[str, Any], typed: Mapping[str, Any], stood: Mapping[str, str]) -> dict[str, Any]:
    """What the form shows after a clash: what somebody typed where they changed it, else what stands now."""
    return dict(now) | {name: value for name, value in typed.items() if as_text(value) != stood.get(name)}


def _say_changed(request: SchoolRequest, fields: tuple[str, ...]) -> None:
    if fields:
        messages.success(request, "Changed. What stood before is kept with the reason, your name and the time.")
    else:
        messages.info(request, "Nothing was different, so nothing was changed.")


@school_view(Right.EDIT_PUPILS)
def class_move(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Move a pupil to another class from a day."""
    pupil = pupil_of(request, pupil_id)
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        classes=queries.class_choices(request.school),
        initial={"on": request.moment.today},
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        by, at, on, why = request.membership, request.moment.at, typed["on"], typed["reason"]
        try:
            if typed["new_class"]:
                place = admissions.move_to_new_class(pupil, typed["new_class"], on, why, by=by, at=at)
            else:
                to = SchoolClass.objects.get(school=request.school, pk=typed["school_class"])
                place = admissions.move_class(pupil, to, on, why, by=by, at=at)
        except AdmissionRefusedError as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, f"{pupil.name} is in {place.school_class.name} from {on.day} {on:%B %Y}.")
            return redirect("pupil", request.school.slug, pupil.pk)
    return form_page(
        request, "registers/class_move.html", {"pupil": pupil, "form": form, "places": queries.places(pupil)}
    )


@school_view(Right.EDIT_PUPILS)
def admission_history(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """A pupil's entry as first made, as it stood on a day, and now; with every later entry."""
    pupil = pupil_of(request, pupil_id)
    sees = Right.SEE_SENSITIVE in request.rights
    if sees:
        _note_reading(request, pupil)
    asked = request.GET if "on" in request.GET else None
    form = AsStoodForm(asked, initial={"on": request.moment.today})
    on: date = form.cleaned_data["on"] if asked is not None and form.is_valid() else request.moment.today
    return render(
        request,
        "registers/admission_history.html",
        {"pupil": pupil, "on": on, "form": form, "history": chains.history(pupil, on, sensitive=sees)},
        status=422 if form.is_bound and not form.is_valid() else 200,
    )


@school_view(Right.SEE_SENSITIVE)
def pupil_sensitive(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """The notes that only some may see; that they were read is recorded."""
    pupil = pupil_of(request, pupil_id)
    notes = sensitive.read(pupil, on=request.moment.today, by=request.membership, at=request.moment.at)
    is_part = request.headers.get("HX-Request") == "true"
    template = "registers/sensitive_notes.html" if is_part else "registers/pupil_sensitive.html"
    return render(request, template, {"pupil": pupil, "notes": notes})


def _note_reading(request: SchoolRequest, pupil: Pupil) -> None:
    by = holder(request, Right.SEE_SENSITIVE)
    sensitive.note_reading(pupil, on=request.moment.today, by=by, at=request.moment.at)


def pupil_of(request: SchoolRequest, pupil_id: int) -> Pupil:
    return get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)


def form_page(request: SchoolRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page with a form; one that was refused says so to machines too."""
    return render(request, template, context, status=422 if request.method == "POST" else 200)
