"""The first-day list, and the log of who was asked."""

from datetime import date, datetime, time, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from absences.forms import ContactForm
from absences.queries import contacts as log
from absences.queries import first_day as queries
from absences.rules.contacts import OUTCOME_NAMES, Channel, ContactRefusedError, Outcome
from absences.rules.first_day import AGAIN_MINUTES
from absences.services import contacts as services
from absences.services.contacts import Try
from registers.access import SchoolRequest, school_view
from registers.models import Contact, Pupil
from registers.queries import families
from registers.rules.rights import Right


@school_view(Right.RECORD_REASON)
def first_day(request: SchoolRequest) -> HttpResponse:
    """Every family to ask today, the most urgent first."""
    today = request.moment.today
    if not request.calendar.is_school_day(today):
        why = request.calendar.why_closed(today)
        return render(request, "absences/first_day.html", {"why_closed": why})
    found = queries.of(request.school, request.calendar, request.moment.local)
    return render(request, "absences/first_day.html", {"list": found, "again": AGAIN_MINUTES})


@school_view(Right.RECORD_REASON)
def contact_attempt(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Log one try to reach a pupil's family: GET fills in whom `?parent=` names, POST records it."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    on = _day(request)
    people = families.contacts_of(pupil)
    siblings = _siblings(pupil, on)
    choices = {
        "people": [(contact.parent_id, _label(contact)) for contact in people],
        "siblings": [(child.pk, child.name) for child in siblings],
    }
    form = ContactForm(request.POST if request.method == "POST" else None, initial=_initial(request, people), **choices)
    if request.method == "POST" and form.is_valid() and _record(request, pupil, form, on):
        if form.cleaned_data["outcome"] == Outcome.REASON_GIVEN:
            return redirect(f"{reverse('reason_new', args=[request.school.slug, pupil.pk])}?on={on}&back=first")
        return redirect(f"{reverse('first_day', args=[request.school.slug])}#pupil-{pupil.pk}")
    if request.method != "POST":
        form.initial["siblings"] = _away(request, siblings, on)
    return render(
        request,
        "absences/contact_attempt.html",
        {"pupil": pupil, "on": on, "form": form, "people": people, "log": log.of_pupil(pupil)},
        status=422 if form.is_bound else 200,
    )


def _record(request: SchoolRequest, pupil: Pupil, form: ContactForm, on: date) -> bool:
    """Record what was typed and say what comes next; a refusal goes onto the form."""
    typed, local = form.cleaned_data, request.moment.local
    tried_at = _at(local, typed["tried_time"] or local.time())
    next_at = _at(local, typed["next_time"]) if typed["next_time"] else None
    if typed["next_in"] and next_at is None:
        next_at = _at(local, local.time()) + timedelta(minutes=typed["next_in"])
    tried = Try(
        Channel(typed["channel"]), typed["parent"], Outcome(typed["outcome"]), tried_at, next_at, typed["words"]
    )
    try:
        services.record(
            request.school,
            pupil,
            typed["siblings"],
            tried,
            on,
            local=local,
            by=request.membership,
            at=request.moment.at,
        )
    except ContactRefusedError as refused:
        form.add_error(None, str(refused))
        return False
    after = f" The next try is due at {next_at:%H:%M}." if next_at else ""
    if tried.outcome is Outcome.REASON_GIVEN:
        after = " Now record the reason, and the code follows."
    messages.success(request, f"Logged at {tried_at:%H:%M}: {OUTCOME_NAMES[tried.outcome].lower()}.{after}")
    return True


def _siblings(pupil: Pupil, on: date) -> list[Pupil]:
    """The brothers and sisters on roll that day."""
    rows = families.latest_spells(families.siblings(pupil))
    return [row for row in rows if row.starts_on <= on and (row.leaves_on is None or row.leaves_on >= on)]


def _away(request: SchoolRequest, siblings: list[Pupil], on: date) -> list[int]:
    """Those of them who are away without a reason: one call serves for all."""
    ids = [child.pk for child in siblings]
    return sorted(queries.still_away(request.school, request.calendar, on, ids)) if ids else []


def _initial(request: SchoolRequest, people: list[Contact]) -> dict[str, object]:
    named = request.GET.get("parent", "")
    known = {str(contact.parent_id): contact.parent_id for contact in people}
    first = people[0].parent_id if people else ""
    return {
        "channel": Channel.PHONE,
        "parent": known.get(named, first),
        "tried_time": request.moment.local.time().replace(second=0, microsecond=0),
    }


def _label(contact: Contact) -> str:
    order = " – court order: ask before any contact" if contact.court_order else ""
    relationship = f" ({contact.relationship})" if contact.relationship else ""
    return f"{contact.parent.name}{relationship}{order}"


def _at(local: datetime, minute: time) -> datetime:
    """A minute of the school's day, as an instant."""
    return local.replace(hour=minute.hour, minute=minute.minute, second=0, microsecond=0)


def _day(request: SchoolRequest) -> date:
    """The day of the absence that is asked about: today, or an earlier one that `?on=` names."""
    try:
        on = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return request.moment.today
    return min(on, request.moment.today)
