"""A pupil's parents and other contacts on screen."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from registers.access import SchoolRequest, school_view
from registers.admission_forms import ReasonForm, sign, signed
from registers.contact_forms import ContactForm, NewContactForm
from registers.models import Contact, Parent, Pupil
from registers.queries import admissions as queries
from registers.queries import families
from registers.rules import admissions as rules
from registers.rules.admissions import AdmissionRefusedError, as_text
from registers.rules.rights import Right
from registers.services import contacts as services
from registers.services.admissions import StaleError
from registers.views.admissions import TOO_OLD, told, unclashed

NAMES: Mapping[str, str] = {**rules.PARENT_PARTICULARS, **rules.CONTACT_PARTICULARS}
REMOVE = "Take off the contacts"


@school_view(Right.EDIT_PUPILS)
def contact_new(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Add a parent the school knows, or a new person, to a pupil's contacts."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    form = NewContactForm(
        request.POST if request.method == "POST" else None,
        parents=queries.parent_choices(request.school, pupil),
        initial={"priority": len(families.contacts_of(pupil)) + 1},
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["parent"]
        parent = Parent.objects.get(school=request.school, pk=chosen) if chosen is not None else None
        try:
            contact = services.add(
                request.school,
                pupil,
                parent,
                form.particulars,
                form.what,
                by=request.membership,
                at=request.moment.at,
            )
        except AdmissionRefusedError as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, f"{contact.parent.name} is among the contacts.")
            return redirect("pupil", request.school.slug, pupil.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "registers/contact_new.html", {"pupil": pupil, "form": form}, status=status)


@school_view(Right.EDIT_PUPILS)
def contact_edit(request: SchoolRequest, contact_id: int) -> HttpResponse:
    """Change a parent's particulars and what they are to this pupil."""
    contact = _contact(request, contact_id)
    clashes: list[dict[str, str]] = []
    form = ContactForm(request.POST if request.method == "POST" else None, initial=_shown(contact))
    if request.method == "POST" and form.is_valid():
        stood = signed(_key(contact), form.cleaned_data["stood"])
        try:
            if stood is None:
                raise AdmissionRefusedError(TOO_OLD)
            fields = services.change(
                contact,
                form.particulars,
                form.what,
                stood,
                form.cleaned_data["reason"],
                by=request.membership,
                at=request.moment.at,
            )
        except AdmissionRefusedError as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        except StaleError as stale:
            typed = form.particulars | form.what
            clashes = told(stale.clashes, typed, NAMES)
            now = _shown(_contact(request, contact_id))
            form = ContactForm(initial=unclashed(now, typed, stood or {}) | {"reason": form.data["reason"]})
        else:
            messages.success(request, "Changed." if fields else "Nothing was different, so nothing was changed.")
            return redirect("pupil", request.school.slug, contact.pupil_id)
    return _edit_page(request, contact, form, clashes)


def _edit_page(
    request: SchoolRequest,
    contact: Contact,
    form: ContactForm,
    clashes: list[dict[str, str]],
    removal: ReasonForm | None = None,
) -> HttpResponse:
    action = reverse("contact_remove", args=[request.school.slug, contact.pk])
    return render(
        request,
        "registers/contact_edit.html",
        {
            "contact": contact,
            "pupil": contact.pupil,
            "others": families.pupils_of(contact.parent).exclude(pk=contact.pupil_id),
            "form": form,
            "clashes": clashes,
            "removal": removal or ReasonForm(action=action, button=REMOVE, prefix="remove"),
        },
        status=422 if request.method == "POST" else 200,
    )


@school_view(Right.EDIT_PUPILS)
@require_POST
def contact_remove(request: SchoolRequest, contact_id: int) -> HttpResponse:
    """Take somebody off a pupil's contacts; what they were stays in the chain."""
    contact = _contact(request, contact_id)
    removal = ReasonForm(request.POST, action=request.path, button=REMOVE, prefix="remove")
    if removal.is_valid():
        try:
            services.remove(contact, removal.cleaned_data["reason"], by=request.membership, at=request.moment.at)
        except AdmissionRefusedError as refused:
            removal.add_error(None, str(refused))
        else:
            messages.success(request, f"{contact.parent.name} is off the contacts. The history keeps what they were.")
            return redirect("pupil", request.school.slug, contact.pupil_id)
    return _edit_page(request, contact, ContactForm(initial=_shown(contact)), [], removal)


def _shown(contact: Contact) -> dict[str, Any]:
    """What the form shows of a contact, with the same signed."""
    values = {name: getattr(contact.parent, name) for name in rules.PARENT_PARTICULARS}
    values |= {name: getattr(contact, name) for name in rules.CONTACT_PARTICULARS}
    return values | {"stood": sign(_key(contact), {name: as_text(value) for name, value in values.items()})}


def _key(contact: Contact) -> str:
    return f"contact:{contact.pk}"


def _contact(request: SchoolRequest, contact_id: int) -> Contact:
    rows = Contact.objects.filter(school=request.school).select_related("parent", "pupil")
    return get_object_or_404(rows, pk=contact_id)
