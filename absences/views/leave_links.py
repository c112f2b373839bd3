"""Parents' links made, shown and taken back, and what was sent by them settled."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from absences import links
from absences.leave_link_forms import ChildrenForm, DropForm, LinkForm
from absences.models import LeaveLink, SentRequest
from absences.queries import leave_links as queries
from absences.queries.leave_page import rules_of
from absences.rules.leave import LeaveRefusedError
from absences.rules.leave_links import LINK_STATE_NAMES, MOST_LINK_DAYS
from absences.services import leave_links as services
from absences.services import leave_rules as choices
from registers.access import SchoolRequest, school_view
from registers.models import Contact, Pupil
from registers.rules.rights import Right


class RulesForm(forms.Form):
    """How much notice the school asks for, and how long a link is good."""

    religious_notice_days = forms.IntegerField(
        label="Days of notice for a religious observance", required=False, min_value=0, max_value=90
    )
    holiday_notice_days = forms.IntegerField(
        label="Days of notice for a holiday", required=False, min_value=0, max_value=90
    )
    link_days = forms.IntegerField(label="Days a parent’s link is good", min_value=1, max_value=MOST_LINK_DAYS)


@school_view(Right.ENTER_LEAVE)
def leave_links(request: SchoolRequest) -> HttpResponse:
    """What parents sent that waits for the office, and the links that were made."""
    rows = queries.listed(request.school)
    return render(
        request,
        "absences/leave_links.html",
        {
            "rows": [(row, LINK_STATE_NAMES[row.state(request.moment.at)]) for row in rows],
            "waiting": queries.to_settle(request.school),
        },
    )


@school_view(Right.ENTER_LEAVE)
def leave_link_new(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Make a link for a parent the pupil lives with, and for brothers and sisters who live there too."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    contacts = {
        contact.pk: contact for contact in pupil.contacts.select_related("parent").filter(lives_with_pupil=True)
    }
    family = {
        child.pk: child
        for contact in contacts.values()
        for child in queries.children_who_live_with(contact.parent_id, pupil)
    }
    form = LinkForm(
        request.POST if request.method == "POST" else None,
        applicants=[(pk, contact.parent.name) for pk, contact in contacts.items()],
        children=[(pk, child.name) for pk, child in family.items()],
        initial={"children": [pupil.pk], "applicant": next(iter(contacts), None)},
    )
    if request.method == "POST" and form.is_valid():
        chosen = [family[pk] for pk in form.cleaned_data["children"]]
        row = _make(request, contacts[form.cleaned_data["applicant"]], chosen, form)
        if row is not None:
            return redirect("leave_link", request.school.slug, row.pk)
    return render(
        request,
        "absences/leave_link_new.html",
        {"pupil": pupil, "form": form, "has_applicant": bool(contacts), "days": rules_of(request.school).link_days},
        status=422 if form.is_bound else 200,
    )


def _make(request: SchoolRequest, applicant: Contact, pupils: list[Pupil], form: forms.Form) -> LeaveLink | None:
    try:
        return services.make(request.school, applicant, pupils, by=request.membership, at=request.moment.at)
    except LeaveRefusedError as refused:
        form.add_error(None, str(refused))
        return None


@school_view(Right.ENTER_LEAVE)
def leave_link(request: SchoolRequest, link_id: int) -> HttpResponse:
    """One link: its address to copy while it is open, and what came of it."""
    row = _link(request, link_id)
    state = row.state(request.moment.at)
    return render(
        request,
        "absences/leave_link.html",
        {
            "link": row,
            "state": state,
            "state_name": LINK_STATE_NAMES[state],
            "address": request.build_absolute_uri(reverse("ask_leave", args=[links.token(row)])),
        },
    )


@school_view(Right.ENTER_LEAVE)
@require_POST
def leave_link_revoke(request: SchoolRequest, link_id: int) -> HttpResponse:
    """Take a link back."""
    services.revoke(_link(request, link_id), by=request.membership, at=request.moment.at)
    messages.success(request, "The link opens nothing any more. Another can be made at any time.")
    return redirect("leave_link", request.school.slug, link_id)


@school_view(Right.ENTER_LEAVE)
def sent_request(request: SchoolRequest, sent_id: int) -> HttpResponse:
    """What a parent sent whose children were not clear: the office says which are meant."""
    sent = _sent(request, sent_id)
    children = {pupil.pk: pupil for pupil in sent.link.pupils.all()}
    form = ChildrenForm(
        request.POST if request.method == "POST" else None,
        children=[(pk, pupil.name) for pk, pupil in children.items()],
    )
    if request.method == "POST" and form.is_valid():
        try:
            rows = services.settle(
                sent.pk,
                request.school,
                request.calendar,
                [children[pk] for pk in form.cleaned_data["children"]],
                today=request.moment.today,
                by=request.membership,
                at=request.moment.at,
            )
        except LeaveRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "It is a request now, received on the day it was sent.")
            return redirect("leave_request", request.school.slug, rows[0].pk)
    return _sent_page(request, sent, form, DropForm())


@school_view(Right.ENTER_LEAVE)
@require_POST
def sent_drop(request: SchoolRequest, sent_id: int) -> HttpResponse:
    """Put aside what a parent sent, with why."""
    sent = _sent(request, sent_id)
    form = DropForm(request.POST)
    if form.is_valid():
        try:
            services.drop(
                sent.pk, request.school, form.cleaned_data["words"], by=request.membership, at=request.moment.at
            )
        except LeaveRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Put aside. It is kept with the link.")
            return redirect("leave_links", request.school.slug)
    children = [(pupil.pk, pupil.name) for pupil in sent.link.pupils.all()]
    return _sent_page(request, sent, ChildrenForm(children=children), form)


@school_view(Right.SET_UP)
def leave_rules(request: SchoolRequest) -> HttpResponse:
    """Choose what the school asks of requests."""
    standing = rules_of(request.school)
    form = RulesForm(request.POST or None, initial={name: getattr(standing, name) for name in RulesForm.base_fields})
    if request.method == "POST" and form.is_valid():
        choices.choose(request.school, **form.cleaned_data, by=request.membership, at=request.moment.at)
        messages.success(request, "Chosen.")
        return redirect("leave_rules", request.school.slug)
    return render(request, "absences/leave_rules.html", {"form": form}, status=422 if form.is_bound else 200)


def _link(request: SchoolRequest, link_id: int) -> LeaveLink:
    return get_object_or_404(queries.of(request.school), pk=link_id)


def _sent(request: SchoolRequest, sent_id: int) -> SentRequest:
    rows = SentRequest.objects.filter(school=request.school).select_related("link__parent", "school")
    return get_object_or_404(rows, pk=sent_id)


def _sent_page(request: SchoolRequest, sent: SentRequest, form: forms.Form, drop: forms.Form) -> HttpResponse:
    refused = form.is_bound or drop.is_bound
    return render(
        request,
        "absences/sent_request.html",
        {"sent": sent, "form": form, "drop": drop, "files": sent.evidence.select_related("added_by", "aside__by")},
        status=422 if refused else 200,
    )
