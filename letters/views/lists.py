"""The letters of a school: what waits for whom, what went, and what is done with several at once."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from letters.forms import SentForm
from letters.models import Letter
from letters.queries import batches, counted
from letters.queries import letters as queries
from letters.rules.batches import BatchState
from letters.rules.posting import How
from letters.rules.refusals import LetterRefusedError
from letters.rules.states import LetterState
from letters.services import posting, signing
from letters.views.signing import may_sign, part_for
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right


@school_view(Right.WRITE_LETTERS)
def letters(request: SchoolRequest) -> HttpResponse:
    """The letters to sign and to look at, and what was issued this half-term."""
    return _page(request)


@school_view(Right.WRITE_LETTERS)
@require_POST
def letters_sign(request: SchoolRequest) -> HttpResponse:
    """Sign the ticked letters; they are issued in the background."""
    chosen = list(queries.of_school(request.school).filter(pk__in=_ticked(request), state=LetterState.CHECKED))
    if not chosen:
        return _page(request, refused="No letter is ticked that waits to be signed.", status=422)
    by = part_for(request, chosen[0].wording.read)
    signed = signing.sign(
        request.school, request.calendar, chosen, today=request.moment.today, by=by, at=request.moment.at
    )
    if signed.letters:
        messages.success(request, f"Signed: {len(signed.letters)}. They are being issued.")
    if signed.refused:
        words = " ".join(f"Letter {letter.pk}: {why}" for letter, why in signed.refused)
        return _page(request, refused=f"Not signed: {len(signed.refused)}. {words}", status=422)
    return redirect("letters", request.school.slug)


@school_view(Right.WRITE_LETTERS)
@require_POST
def letters_sent(request: SchoolRequest) -> HttpResponse:
    """Keep that the ticked letters went, how and when."""
    form = SentForm(request.POST)
    if not form.is_valid():
        return _page(request, refused="Enter the day on which the letters went, and how.", status=422)
    try:
        number = posting.mark_sent(
            request.school,
            _ticked(request),
            how=How(form.cleaned_data["how"]),
            on=form.cleaned_data["on"],
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except LetterRefusedError as refused:
        return _page(request, refused=str(refused), status=422)
    messages.success(request, f"Kept: {number} sent on {form.cleaned_data['on']:%d/%m/%Y}.")
    return redirect("letters", request.school.slug)


def _ticked(request: SchoolRequest) -> list[int]:
    return [int(pk) for pk in request.POST.getlist("letter") if pk.isascii() and pk.isdecimal() and len(pk) < 19]


def _page(request: SchoolRequest, *, refused: str = "", status: int = 200) -> HttpResponse:
    today = request.moment.today
    began_on = queries.term_began_on(request.calendar, today)
    waiting, issued = queries.waiting(request.school), queries.issued_since(request.school, began_on)
    changed = counted.differences([*waiting, *issued])
    mine, to_sign, others = _parted(request, waiting)
    context = {
        "to_sign": _with_changes(to_sign, changed),
        "mine": _with_changes(mine, changed),
        "others": [(each, each.wording.read.issuer_names, each.pk in changed) for each in others],
        "issued": _with_changes(issued, changed),
        "to_send": sum(each.state == LetterState.ISSUED for each in issued),
        "batches": [
            (batch, batch.state == BatchState.CHECKED and may_sign(request, batch.wording.read))
            for batch in batches.waiting(request.school)
        ],
        "began_on": began_on,
        "today": today,
        "refused": refused,
    }
    return render(request, "letters/letters.html", context, status=status)


def _parted(request: SchoolRequest, waiting: list[Letter]) -> tuple[list[Letter], list[Letter], list[Letter]]:
    """What waits: for this person to look at, for them to sign, and for somebody else."""
    mine: list[Letter] = []
    to_sign: list[Letter] = []
    others: list[Letter] = []
    for each in waiting:
        if each.state == LetterState.APPROVED:
            mine.append(each)
        elif not may_sign(request, each.wording.read):
            others.append(each)
        else:
            (to_sign if each.state == LetterState.CHECKED else mine).append(each)
    return mine, to_sign, others


def _with_changes(letters: list[Letter], changed: Collection[int]) -> list[tuple[Letter, bool]]:
    return [(each, each.pk in changed) for each in letters]
