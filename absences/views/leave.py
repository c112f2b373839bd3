"""The school's leave requests, and entering one that came on paper."""

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from absences.leave_forms import LeaveForm
from absences.models import LeaveRequest
from absences.queries import leave as queries
from absences.rules.leave import Category, LeaveRefusedError, LeaveState
from absences.services import leave as services
from registers.access import SchoolRequest, school_view
from registers.models import Contact, Pupil
from registers.queries import families
from registers.rules.rights import Right


@school_view(Right.ENTER_LEAVE)
def leave_requests(request: SchoolRequest) -> HttpResponse:
    """Every request, those waiting for the headteacher first."""
    rows = queries.listed(request.school)
    return render(
        request,
        "absences/leave_requests.html",
        {"rows": rows, "waiting": sum(row.state == LeaveState.RECEIVED for row in rows)},
    )


@school_view(Right.ENTER_LEAVE)
def leave_request_new(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Enter a parent's request: GET shows the form, POST enters it."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    contacts = {contact.pk: contact for contact in pupil.contacts.select_related("parent")}
    siblings = {one.pk: one for one in families.latest_spells(_on_roll(request, pupil))}
    form = LeaveForm(
        request.POST if request.method == "POST" else None,
        applicants=[(pk, _label(contact)) for pk, contact in contacts.items()],
        siblings=[(pk, one.name) for pk, one in siblings.items()],
        initial={"received_on": request.moment.today},
    )
    if request.method == "POST" and form.is_valid():
        pupils = [pupil, *(siblings[pk] for pk in form.cleaned_data["siblings"])]
        row = _enter(request, pupils, contacts[form.cleaned_data["applicant"]], form)
        if row is not None:
            return redirect("leave_request", request.school.slug, row.pk)
    return render(
        request,
        "absences/leave_request_new.html",
        {"pupil": pupil, "form": form, "has_applicant": any(row.lives_with_pupil for row in contacts.values())},
        status=422 if request.method == "POST" else 200,
    )


def _on_roll(request: SchoolRequest, pupil: Pupil) -> QuerySet[Pupil]:
    """The brothers and sisters for whom leave may be asked as well."""
    return families.siblings(pupil).filter(Q(leaves_on__isnull=True) | Q(leaves_on__gte=request.moment.today))


def _enter(request: SchoolRequest, pupils: list[Pupil], applicant: Contact, form: LeaveForm) -> LeaveRequest | None:
    """Enter what was typed and say what it comes to; a refusal goes onto the form."""
    typed = form.cleaned_data
    try:
        rows = services.enter_family(
            request.school,
            request.calendar,
            pupils,
            applicant,
            typed["received_on"],
            form.span,
            typed["reason"],
            Category(typed["category"]),
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except LeaveRefusedError as refused:
        form.add_error(None, str(refused))
        return None
    asked = f"{rows[0].asked_sessions} {'session' if rows[0].asked_sessions == 1 else 'sessions'}"
    alike = f" for each of {len(rows)} children" if len(rows) > 1 else ""
    messages.success(request, f"Request entered: {asked}{alike}. It waits for the headteacher.")
    return rows[0]


def _label(contact: Contact) -> str:
    """A contact as a choice, with what decides whether they may ask."""
    relationship = f" ({contact.relationship})" if contact.relationship else ""
    return f"{contact.parent.name}{relationship}{'' if contact.lives_with_pupil else ', does not live with the pupil'}"
