"""The people of a school: who plays which part, who is invited, moved and ended."""

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from registers import invitations
from registers.access import SchoolRequest, school_view
from registers.models import ClassTeacher, User
from registers.people_forms import ClassForm, FromForm, InviteForm, PartForm, SureForm
from registers.queries import sign_ins as sign_in_queries
from registers.queries import staff
from registers.queries.staff import Person
from registers.rules.people import PeopleRefusedError
from registers.rules.rights import Right
from registers.services import people as services


@school_view(Right.MANAGE_PEOPLE)
def people(request: SchoolRequest) -> HttpResponse:
    """Everybody with a part now or to come, and below them who had one."""
    today = _today(request)
    everybody = staff.everybody(request.school)
    return render(
        request,
        "registers/people.html",
        {
            "here": [each for each in everybody if each.stands(today)],
            "gone": [each for each in everybody if not each.stands(today)],
            "today": today,
        },
    )


@school_view(Right.MANAGE_PEOPLE)
def person(request: SchoolRequest, user_id: int) -> HttpResponse:
    """One person: their parts and classes, how they sign in, and what can be done about it."""
    found = _person(request, user_id)
    return render(
        request,
        "registers/person.html",
        {"person": found, "today": _today(request), "is_self": found.user.pk == request.user.pk},
    )


@school_view(Right.MANAGE_PEOPLE)
def person_new(request: SchoolRequest) -> HttpResponse:
    """Invite somebody; the link by which they choose a password is shown once."""
    form = InviteForm(
        request.POST or None,
        initial={"starts_on": _today(request)},
        classes=staff.classes(request.school),
        button="Invite",
    )
    if request.method == "POST" and form.is_valid():
        role, starts_on, classes = form.chosen
        given = form.cleaned_data
        try:
            invited = services.invite(
                request.school,
                given["email"],
                given["name"],
                role,
                starts_on,
                classes,
                by=request.membership,
                at=request.moment.at,
            )
        except PeopleRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            if invited.is_new:
                return _link_page(request, invited.part.user)
            messages.success(
                request,
                f"{invited.part.user.name} signs in to this site already, so the part is theirs and no link is needed.",
            )
            return redirect("person", request.school.slug, invited.part.user_id)
    return _form_page(request, form, "Invite somebody", "They get a link by which they choose their own password.")


@school_view(Right.MANAGE_PEOPLE)
def part_new(request: SchoolRequest, user_id: int) -> HttpResponse:
    """Another part for somebody who is here."""
    found = _person(request, user_id)
    form = PartForm(request.POST or None, initial={"starts_on": _today(request)}, classes=staff.classes(request.school))
    return _change(
        request,
        found.user,
        form,
        lambda: services.give_part(
            request.school, found.user, *form.chosen, by=request.membership, at=request.moment.at
        ),
        heading="Another part",
        says=f"{found.user.name} keeps the parts they have.",
        done="Given.",
    )


@school_view(Right.MANAGE_PEOPLE)
def part_move(request: SchoolRequest, part_id: int) -> HttpResponse:
    """One part ends and another begins on the same day."""
    part = get_object_or_404(staff.parts(request.school), pk=part_id)
    form = PartForm(
        request.POST or None,
        initial={"starts_on": _today(request)},
        classes=staff.classes(request.school),
        button="Move",
        without=part.role,
    )
    return _change(
        request,
        part.user,
        form,
        lambda: services.move_part(request.school, part.pk, *form.chosen, by=request.membership, at=request.moment.at),
        heading="Move to another part",
        says=f"{part.user.name} is {part.role_name} until the day before, and from that day on what you choose here.",
        done="Moved.",
    )


@school_view(Right.MANAGE_PEOPLE)
def part_end(request: SchoolRequest, part_id: int) -> HttpResponse:
    """A part ends; with today's date it opens nothing from this minute on."""
    part = get_object_or_404(staff.parts(request.school), pk=part_id)
    form = FromForm(request.POST or None, initial={"from_on": _today(request)}, button="End the part")
    return _change(
        request,
        part.user,
        form,
        lambda: services.end_part(
            request.school, part.pk, form.cleaned_data["from_on"], by=request.membership, at=request.moment.at
        ),
        heading=f"End the part: {part.role_name}",
        says=f"{part.user.name}. With today’s date it ends at once, on every screen. What they did stays on record.",
        done="Ended.",
    )


@school_view(Right.MANAGE_PEOPLE)
def class_give(request: SchoolRequest, user_id: int) -> HttpResponse:
    """A class for a class teacher."""
    found = _person(request, user_id)
    form = ClassForm(
        request.POST or None, initial={"starts_on": _today(request)}, classes=staff.classes(request.school)
    )
    return _change(
        request,
        found.user,
        form,
        lambda: services.give_class(
            request.school,
            found.user,
            form.school_class_chosen,
            form.cleaned_data["starts_on"],
            by=request.membership,
            at=request.moment.at,
        ),
        heading="Give a class",
        says=f"{found.user.name} can take its register from that day on.",
        done="Given.",
    )


@school_view(Right.MANAGE_PEOPLE)
def class_take(request: SchoolRequest, row_id: int) -> HttpResponse:
    """A class is taken from its teacher."""
    rows = ClassTeacher.objects.filter(school=request.school).select_related("user", "school_class")
    row = get_object_or_404(rows, pk=row_id)
    form = FromForm(request.POST or None, initial={"from_on": _today(request)}, button="Take the class away")
    return _change(
        request,
        row.user,
        form,
        lambda: services.take_class(
            request.school, row.pk, form.cleaned_data["from_on"], by=request.membership, at=request.moment.at
        ),
        heading=f"Take away {row.school_class.name}",
        says=f"{row.user.name} no longer takes its register from that day on.",
        done="Taken away.",
    )


@school_view(Right.MANAGE_PEOPLE)
def second_factor_reset(request: SchoolRequest, user_id: int) -> HttpResponse:
    """Remove a second step whose phone is lost."""
    found = _person(request, user_id)
    form = SureForm(request.POST if request.method == "POST" else None, button="Remove the second step")
    return _change(
        request,
        found.user,
        form,
        lambda: services.reset_second_factor(
            request.school, found.user, _today(request), by=request.membership, at=request.moment.at
        ),
        heading="Remove the second step",
        says=(
            f"Be sure that it is {found.user.name} who asks: speak to them, do not go by a message. "
            "Their password alone then signs them in, until they set up a new app."
        ),
        done="Removed. They can set up a new one on their account page.",
    )


@school_view(Right.MANAGE_PEOPLE)
@require_POST
def password_link(request: SchoolRequest, user_id: int) -> HttpResponse:
    """A new link to choose a password, shown once."""
    found = _person(request, user_id)
    try:
        services.allow_link(request.school, found.user, _today(request), by=request.membership, at=request.moment.at)
    except PeopleRefusedError as refused:
        messages.error(request, str(refused))
        return redirect("person", request.school.slug, user_id)
    return _link_page(request, found.user)


@school_view(Right.MANAGE_PEOPLE)
def sign_ins(request: SchoolRequest) -> HttpResponse:
    """Who signed in, and who tried to and was refused, newest first."""
    rows, page = sign_in_queries.of_school(request.school, request.GET.get("page", "1"))
    return render(request, "registers/sign_ins.html", {"rows": rows, "page": page})


def _today(request: SchoolRequest) -> date:
    """The real day: who may come in is never asked of a demonstration's."""
    return timezone.localdate(request.moment.at)


def _person(request: SchoolRequest, user_id: int) -> Person:
    found = staff.person(request.school, user_id)
    if found is None:
        raise Http404
    return found


def _link_page(request: SchoolRequest, user: User) -> HttpResponse:
    link = invitations.link(user, request.build_absolute_uri)
    sent = invitations.send(user, link)
    return render(request, "registers/person_link.html", {"person": user, "link": link, "sent": sent})


def _change(
    request: SchoolRequest,
    user: User,
    form: Form,
    change: Callable[[], object],
    *,
    heading: str,
    says: str,
    done: str,
) -> HttpResponse:
    """Ask, change, and go back to the person; what cannot be is said on the form."""
    if request.method == "POST" and form.is_valid():
        try:
            change()
        except PeopleRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, done)
            still_here = staff.person(request.school, user.pk) is not None
            return (
                redirect("person", request.school.slug, user.pk)
                if still_here
                else redirect("people", request.school.slug)
            )
    return _form_page(request, form, heading, says, user)


def _form_page(request: SchoolRequest, form: Form, heading: str, says: str, user: User | None = None) -> HttpResponse:
    return render(
        request,
        "registers/person_form.html",
        {"form": form, "heading": heading, "says": says, "person": user},
        status=422 if request.method == "POST" else 200,
    )
