"""Unexpected closures: those entered, and a new one, shown as numbers before it is written."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from registers.access import SchoolRequest, school_view
from registers.disruption_forms import DisruptionForm
from registers.queries import classes
from registers.queries import disruptions as queries
from registers.queries.disruptions import Preview
from registers.rules import disruptions as rules
from registers.rules.disruptions import Closing, DisruptionRefusedError
from registers.rules.rights import Right
from registers.services import disruptions as services


@school_view(Right.CLOSE_SCHOOL)
def disruptions(request: SchoolRequest) -> HttpResponse:
    """Every unexpected closure with how many marks it gave."""
    return render(
        request, "registers/disruptions.html", {"rows": queries.entered(request.school), "tab": "disruptions"}
    )


@school_view(Right.CLOSE_SCHOOL)
def disruption_new(request: SchoolRequest) -> HttpResponse:
    """Enter a closure: the first POST shows how many marks it gives, the second, with that number, gives them."""
    today = request.moment.today
    rooms = [(room.pk, room.name) for room in classes.all_of(request.school, today).order_by("name")]
    if request.method != "POST":
        form = DisruptionForm(classes=rooms, initial={"first_on": today, "last_on": today})
        return _page(request, form)
    form = DisruptionForm(request.POST, classes=rooms)
    if not form.is_valid():
        return _page(request, form, status=422)
    closing = form.closing
    try:
        rules.check(closing, request.calendar, today)
        if "expected" not in request.POST:
            return _page(request, form, _preview(request, closing))
        made = services.enter(
            request.school,
            request.calendar,
            closing,
            expected=_number(request.POST),
            today=today,
            by=request.membership,
            at=request.moment.at,
        )
    except DisruptionRefusedError as refused:
        if "expected" in request.POST:
            return _page(request, form, _preview(request, closing), error=str(refused), status=422)
        form.add_error(None, str(refused))
        return _page(request, form, status=422)
    number = _number(request.POST)
    messages.success(request, f"Entered: {number} {'session is' if number == 1 else 'sessions are'} now {made.code}.")
    return redirect("disruptions", request.school.slug)


def _number(posted: QueryDict) -> int:
    typed = str(posted["expected"]).strip().replace(",", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else -1


def _preview(request: SchoolRequest, closing: Closing) -> Preview:
    return queries.preview(request.school, request.calendar, closing, queries.concerned(request.school, closing))


def _page(
    request: SchoolRequest, form: DisruptionForm, preview: Preview | None = None, *, error: str = "", status: int = 200
) -> HttpResponse:
    return render(
        request,
        "registers/disruption_new.html",
        {
            "form": form,
            "preview": preview,
            "error": error,
            "is_counted": preview is not None and rules.is_counted(preview.number),
            # Every field as it was sent, to be sent again with the number that confirms it.
            "sent": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
            "closing": form.closing if preview is not None else None,
            "tab": "disruptions",
        },
        status=status,
    )
