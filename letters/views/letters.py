"""One letter with its facts beside it, and its steps."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from letters import documents, pdf, store
from letters.forms import DraftForm, SendBackForm, WithdrawForm
from letters.models import Letter
from letters.queries import counted, orders
from letters.queries import letters as queries
from letters.rules import states
from letters.rules.counted import Difference
from letters.rules.refusals import LetterRefusedError
from letters.rules.states import LetterState
from letters.services import letters as services
from letters.services import mailing
from letters.views.signing import may_sign, part_for
from registers.access import SchoolRequest, holder, school_view
from registers.models import Membership, Pupil
from registers.rules.rights import Right


@school_view(Right.WRITE_LETTERS)
@require_POST
def letter_draft(request: SchoolRequest, pupil_id: int) -> HttpResponse:
    """Draft a letter about a pupil to each household, and show the first."""
    pupil = get_object_or_404(Pupil.objects.filter(school=request.school), pk=pupil_id)
    form = DraftForm(request.POST)
    if not form.is_valid():
        return _refused(request, "That is no letter this page knows. Go back and choose one.", pupil)
    try:
        drafted = services.draft(
            request.school,
            request.calendar,
            pupil,
            form.cleaned_data["kind"],
            because=form.cleaned_data["because"],
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except LetterRefusedError as refused:
        return _refused(request, str(refused), pupil)
    if len(drafted) > 1:
        messages.success(request, f"Drafted {len(drafted)} letters: the parents live at different addresses.")
    else:
        messages.success(request, "Drafted. Nothing is sent until it is issued.")
    return redirect("letter", request.school.slug, drafted[0].pk)


@school_view(Right.WRITE_LETTERS)
def letter(request: SchoolRequest, pk: int) -> HttpResponse:
    """One letter as it reads, with its facts, its corrections and what can be done with it."""
    return _page(request, _letter(request, pk))


@school_view(Right.WRITE_LETTERS)
@require_POST
def letter_check(request: SchoolRequest, pk: int) -> HttpResponse:
    """Say that a draft has been read, and pass it on to whoever may sign it."""
    found = _letter(request, pk)
    try:
        services.check(found, request.calendar, **_told(request, request.membership))
    except LetterRefusedError as refused:
        return _page(request, _letter(request, pk), refused=str(refused), status=422)
    messages.success(request, f"Checked. It now waits for: {found.wording.read.issuer_names}.")
    return redirect("letter", request.school.slug, pk)


@school_view(Right.WRITE_LETTERS)
@require_POST
def letter_issue(request: SchoolRequest, pk: int) -> HttpResponse:
    """Freeze a letter as the one that is sent; whoever may sign it checks and approves a draft with it."""
    found = _letter(request, pk)
    try:
        services.issue(found, request.calendar, **_told(request, part_for(request, found.wording.read)))
    except (pdf.PdfUnavailableError, store.NotKeptError) as refused:
        return _page(request, _letter(request, pk), refused=str(refused), status=503)
    except (LetterRefusedError, pdf.PdfRefusedError) as refused:
        return _page(request, _letter(request, pk), refused=str(refused), status=422)
    messages.success(request, "Issued. Print the file and post it; it will not change any more.")
    return redirect("letter", request.school.slug, pk)


@school_view(Right.WRITE_LETTERS)
@require_POST
def letter_send_back(request: SchoolRequest, pk: int) -> HttpResponse:
    """Give a letter back to whoever checked it, for a reason."""
    found = _letter(request, pk)
    form = SendBackForm(request.POST)
    if not form.is_valid():
        return _page(request, found, refused="Say what is to be looked at again, in a few words.", status=422)
    by = part_for(request, found.wording.read)
    try:
        services.send_back(found, reason=form.cleaned_data["reason"], by=by, at=request.moment.at)
    except LetterRefusedError as refused:
        return _page(request, _letter(request, pk), refused=str(refused), status=422)
    messages.success(request, "Given back. It is a draft again.")
    return redirect("letters", request.school.slug)


@school_view(Right.WRITE_LETTERS)
@require_POST
def letter_drop(request: SchoolRequest, pk: int) -> HttpResponse:
    """Put a draft aside."""
    try:
        services.drop(_letter(request, pk), by=request.membership, at=request.moment.at)
    except LetterRefusedError as refused:
        return _page(request, _letter(request, pk), refused=str(refused), status=422)
    messages.success(request, "Dropped. It was not sent, and can be drafted again.")
    return redirect("letters", request.school.slug)


@school_view(Right.WRITE_LETTERS)
@require_POST
def letter_withdraw(request: SchoolRequest, pk: int) -> HttpResponse:
    """Take back an issued letter, for a reason."""
    found = _letter(request, pk)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    try:
        services.withdraw(
            found, reason=form.cleaned_data["reason"], by=part_for(request, found.wording.read), at=request.moment.at
        )
    except LetterRefusedError as refused:
        return _page(request, _letter(request, pk), refused=str(refused), status=422)
    messages.success(request, "Withdrawn. The file is kept.")
    return redirect("letter", request.school.slug, pk)


@school_view(Right.WRITE_LETTERS)
@require_POST
def letter_email(request: SchoolRequest, pk: int) -> HttpResponse:
    """E-mail an issued letter to those it is addressed to."""
    found = _letter(request, pk)
    by = holder(request, Right.SEND_MESSAGES)
    try:
        released = mailing.email(found, today=request.moment.today, by=by, at=request.moment.at)
    except LetterRefusedError as refused:
        return _page(request, _letter(request, pk), refused=str(refused), status=422)
    messages.success(request, f"On its way by e-mail: {len(released)}. What becomes of it stands on this page.")
    return redirect("letter", request.school.slug, pk)


def _letter(request: SchoolRequest, pk: int) -> Letter:
    return get_object_or_404(queries.with_mails(request.school), pk=pk)


def _told(request: SchoolRequest, by: Membership) -> dict[str, Any]:
    return {
        "why_again": request.POST.get("why_again", "")[:200],
        "today": request.moment.today,
        "by": by,
        "at": request.moment.at,
    }


def _page(
    request: SchoolRequest, found: Letter, *, refused: str = "", form: WithdrawForm | None = None, status: int = 200
) -> HttpResponse:
    today = request.moment.today
    may, state = may_sign(request, found.wording.read), LetterState(found.state)
    together = queries.together(found)
    context: dict[str, Any] = {
        **documents.face(together, today),
        "letter": found,
        "children": [_child(one) for one in together],
        "sent_lately": queries.sent_lately(found, today),
        "drafted_with": queries.drafted_with(found),
        "changed": _changed(together),
        "sent_back": queries.sent_back(found) if found.is_draft else "",
        "may_issue": states.may_reach(state, LetterState.ISSUED) and (may or state == LetterState.APPROVED),
        "may_check": state == LetterState.DRAFT and not may,
        "may_send_back": may and state in (LetterState.CHECKED, LetterState.APPROVED),
        "may_drop": states.may_move(state, LetterState.DROPPED),
        "may_withdraw": may and states.may_move(state, LetterState.WITHDRAWN),
        "may_send": states.may_move(state, LetterState.SENT),
        "may_email": state in states.WENT and Right.SEND_MESSAGES in request.rights,
        "mails": queries.mails(found),
        "orders": orders.of_pupil(found.pupil) if found.left_out else [],
        "today": today,
        "form": form or WithdrawForm(),
        "refused": refused,
    }
    return render(request, "letters/letter.html", context, status=status)


def _changed(together: Sequence[Letter]) -> list[tuple[Letter, Difference]]:
    """The children behind whose figures a mark has been amended."""
    found = counted.differences(together)
    return [(one, found[one.pk]) for one in together if one.pk in found]


def _child(letter: Letter) -> tuple[Letter, list[queries.Fact], list[str]]:
    """What the letter states of one child, and what holds."""
    return letter, queries.facts(letter), queries.conditions_met(letter)


def _refused(request: HttpRequest, message: str, pupil: Pupil) -> HttpResponse:
    context = {"message": message, "pupil": pupil, "orders": orders.of_pupil(pupil)}
    return render(request, "letters/refused.html", context, status=422)
