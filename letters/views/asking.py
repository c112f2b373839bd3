"""Drafting a letter that asks something first: a meeting's day, a target, what was agreed."""

import re

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from letters.asking_forms import AskingForm
from letters.queries import wordings
from letters.rules.kinds import Kind
from letters.rules.refusals import LetterRefusedError
from letters.services import letters as services
from registers.access import SchoolRequest, school_view
from registers.models import Pupil
from registers.rules.rights import Right

_BECAUSE = re.compile(r"[a-z_]{1,20}:[0-9]{1,18}")


@school_view(Right.WRITE_LETTERS)
def letter_ask(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Choose a letter about a pupil, answer what it asks, and draft it."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    sent = request.POST if request.method == "POST" else request.GET
    kinds = wordings.kinds_to_ask(request.school)
    kind = next((kind for kind in kinds if kind.slug == sent.get("kind")), None)
    because = sent.get("because", "") if _BECAUSE.fullmatch(sent.get("because", "")) else ""
    if kind is None or request.method != "POST":
        form = AskingForm(wordings.asked(kind)) if kind else None
        return _page(request, pupil, kinds, kind, because, form)
    form = AskingForm(wordings.asked(kind), request.POST)
    if not form.is_valid():
        return _page(request, pupil, kinds, kind, because, form)
    try:
        drafted = services.draft(
            request.school,
            request.calendar,
            pupil,
            kind.slug,
            because=because,
            facts=form.values,
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except LetterRefusedError as refused:
        form.add_error(None, str(refused))
        return _page(request, pupil, kinds, kind, because, form)
    messages.success(request, "Drafted. Nothing is sent until it is issued.")
    return redirect("letter", request.school.slug, drafted[0].pk)


def _page(
    request: SchoolRequest, pupil: Pupil, kinds: list[Kind], kind: Kind | None, because: str, form: AskingForm | None
) -> HttpResponse:
    return render(
        request,
        "letters/letter_ask.html",
        {"pupil": pupil, "kinds": kinds, "kind": kind, "because": because, "form": form},
        status=422 if form is not None and form.is_bound else 200,
    )
