"""Letters about many pupils at once: chosen, looked through, approved, followed while they are made, printed."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from letters import store
from letters.forms import ChosenForm, SentForm
from letters.models import Batch
from letters.queries import batch_index, wordings
from letters.queries import batches as queries
from letters.rules.batches import LOOKED_THROUGH, UNDER_WAY, BatchState, Chosen, ItemState
from letters.rules.posting import How
from letters.rules.refusals import LetterRefusedError
from letters.rules.states import LetterState
from letters.services import batches as services
from letters.services import posting
from letters.store import Kept
from letters.views.signing import may_sign, part_for
from registers.access import SchoolRequest, school_view
from registers.queries import classes
from registers.rules.rights import Right

INDEX = batch_index
"""The list of a batch's letters, offered by being imported."""


@school_view(Right.WRITE_LETTERS)
def batches(request: SchoolRequest) -> HttpResponse:
    """The batches of the last months."""
    found = queries.lately(request.school, request.moment.today)
    return render(request, "letters/batches.html", {"batches": found})


@school_view(Right.WRITE_LETTERS)
def batch_new(request: SchoolRequest) -> HttpResponse:
    """Choose a kind and pupils; posted from here or from any list, it starts a batch.

    Takes `kind`, `pupil` for each pupil and, optionally, `because_<pupil>` (flag:12).
    """
    if request.method != "POST":
        return _choosing(request, request.GET)
    form = ChosenForm(request.POST)
    if not form.is_valid():
        return _choosing(request, request.POST, refused=form.said, status=422)
    try:
        batch = services.start(
            request.school,
            form.cleaned_data["kind"],
            [Chosen(pk, form.because.get(pk, "")) for pk in form.cleaned_data["pupil"]],
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
    except LetterRefusedError as refused:
        return _choosing(request, request.POST, refused=str(refused), status=422)
    return redirect("batch", request.school.slug, batch.pk)


@school_view(Right.WRITE_LETTERS)
def batch(request: SchoolRequest, pk: int) -> HttpResponse:
    """One batch: who gets a letter, who does not and why, how far it is, and its one file."""
    return _page(request, _batch(request, pk))


@school_view(Right.WRITE_LETTERS)
@require_POST
def batch_drop(request: SchoolRequest, pk: int) -> HttpResponse:
    """Leave the ticked pupils out."""
    items = [int(item) for item in request.POST.getlist("item") if item.isdecimal()]

    def drop(found: Batch) -> str:
        number = services.drop(found, items, by=request.membership, at=request.moment.at)
        return f"{number} left out. They get no letter from this batch."

    return _step(request, pk, drop)


@school_view(Right.WRITE_LETTERS)
@require_POST
def batch_check(request: SchoolRequest, pk: int) -> HttpResponse:
    """Pass the batch on to whoever may issue it."""

    def check(found: Batch) -> str:
        services.check(found, by=request.membership, at=request.moment.at)
        return f"Checked. It now waits for: {found.wording.read.issuer_names}."

    return _step(request, pk, check)


@school_view(Right.WRITE_LETTERS)
@require_POST
def batch_approve(request: SchoolRequest, pk: int) -> HttpResponse:
    """Sign every letter and have them issued."""

    def approve(found: Batch) -> str:
        by = part_for(request, found.wording.read)
        services.approve(found, two_sided="two_sided" in request.POST, by=by, at=request.moment.at)
        return "Approved. The letters are being issued; this page follows them."

    return _step(request, pk, approve)


@school_view(Right.WRITE_LETTERS)
@require_POST
def batch_send_back(request: SchoolRequest, pk: int) -> HttpResponse:
    """Give a checked batch back."""

    def send_back(found: Batch) -> str:
        services.send_back(found, by=request.membership, at=request.moment.at)
        return "Given back to be looked through again."

    return _step(request, pk, send_back)


@school_view(Right.WRITE_LETTERS)
@require_POST
def batch_again(request: SchoolRequest, pk: int) -> HttpResponse:
    """Bring letters up to date whose figures have changed, or issue once more what failed."""

    def again(found: Batch) -> str:
        if found.state == BatchState.DONE:
            by = part_for(request, found.wording.read)
            return f"{services.try_again(found, by=by, at=request.moment.at)} tried again."
        number = services.write_again(found, today=request.moment.today, by=request.membership, at=request.moment.at)
        return f"{number} being brought up to date. Look at them again before they are approved."

    return _step(request, pk, again)


@school_view(Right.WRITE_LETTERS)
@require_POST
def batch_cancel(request: SchoolRequest, pk: int) -> HttpResponse:
    """Stop the batch."""

    def cancel(found: Batch) -> str:
        services.cancel(found, by=request.membership, at=request.moment.at)
        return "Cancelled. What was issued stands; nothing else of it will be sent."

    return _step(request, pk, cancel)


@school_view(Right.WRITE_LETTERS)
@require_POST
def batch_sent(request: SchoolRequest, pk: int) -> HttpResponse:
    """Keep that every issued letter of the batch went, how and when."""
    form = SentForm(request.POST)
    if not form.is_valid():
        return _page(request, _batch(request, pk), refused="Enter the day on which the letters went.", status=422)

    def send(found: Batch) -> str:
        number = posting.mark_sent(
            request.school,
            [letter.pk for letter in queries.printed(found)],
            how=How(form.cleaned_data["how"]),
            on=form.cleaned_data["on"],
            today=request.moment.today,
            by=request.membership,
            at=request.moment.at,
        )
        return f"Kept: {number} sent on {form.cleaned_data['on']:%d/%m/%Y}."

    return _step(request, pk, send)


@school_view(Right.WRITE_LETTERS)
def batch_pdf(request: SchoolRequest, pk: int) -> HttpResponse:
    """The one file for the printer, as it was joined."""
    found = _batch(request, pk)
    if not found.print_path:
        return _page(request, found, refused="The file for the printer is not made yet.", status=404)
    try:
        document = store.read(Kept(found.print_path, found.print_sha256))
    except (store.FileMissingError, store.FileAlteredError) as refused:
        return _page(request, found, refused=str(refused), status=410)
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="letters-{found.pk}.pdf"'
    return response


def _batch(request: SchoolRequest, pk: int) -> Batch:
    return get_object_or_404(queries.of_school(request.school), pk=pk)


def _step(request: SchoolRequest, pk: int, take: Callable[[Batch], str]) -> HttpResponse:
    """Take one step with a batch and show it again; what is refused is said on its page."""
    try:
        messages.success(request, take(_batch(request, pk)))
    except LetterRefusedError as refused:
        return _page(request, _batch(request, pk), refused=str(refused), status=422)
    return redirect("batch", request.school.slug, pk)


def _page(request: SchoolRequest, found: Batch, *, refused: str = "", status: int = 200) -> HttpResponse:
    state, progress, kind = BatchState(found.state), queries.progress(found), found.wording.read
    # While it is worked on the page asks every two seconds how far it is, and shows nothing else.
    rows = [] if state in UNDER_WAY else queries.rows(found)
    signs = may_sign(request, kind)
    context = {
        "batch": found,
        "kind": kind,
        "progress": progress,
        "drafted": progress.total - progress.number(ItemState.WAITING),
        "written": progress.number(ItemState.WRITTEN),
        "without": progress.number(ItemState.REFUSED),
        "groups": _groups(rows),
        "changed": sum(row.changed is not None and row.item.state == ItemState.WRITTEN for row in rows),
        "today": request.moment.today,
        "to_send": sum(letter.state == LetterState.ISSUED for row in rows for letter in row.letters),
        "refused": refused,
        "is_working": state in UNDER_WAY or _is_joining(found, progress.issued),
        "is_joining": _is_joining(found, progress.issued),
        "may_look": state in LOOKED_THROUGH,
        "may_check": state == BatchState.OPEN and not signs,
        "may_approve": state in LOOKED_THROUGH and signs,
        "may_cancel": state in LOOKED_THROUGH or state in UNDER_WAY,
        "may_send_back": state == BatchState.CHECKED,
        "may_try_again": state == BatchState.DONE and signs and progress.number(ItemState.FAILED) > 0,
    }
    return render(request, "letters/batch.html", context, status=status)


def _is_joining(found: Batch, issued: int) -> bool:
    """Whether the file for the printer has still to be made."""
    ended = found.state in (BatchState.DONE, BatchState.CANCELLED)
    return ended and issued > 0 and found.print_round != found.round and not found.print_refused


def _groups(rows: list[queries.Row]) -> list[tuple[str, str, list[queries.Row]]]:
    """The pupils under what becomes of them: what needs somebody first."""
    headings = (
        (ItemState.FAILED, "Not issued"),
        (ItemState.REFUSED, "No letter can be written"),
        (ItemState.WAITING, "Being written"),
        (ItemState.WRITTEN, "Will be issued"),
        (ItemState.ISSUED, "Issued"),
        (ItemState.DROPPED, "Left out"),
    )
    by_state = {state: [row for row in rows if row.item.state == state] for state, _ in headings}
    return [(str(state), heading, by_state[state]) for state, heading in headings if by_state[state]]


def _choosing(request: SchoolRequest, data: QueryDict, *, refused: str = "", status: int = 200) -> HttpResponse:
    """The page on which a kind and pupils are chosen: a class's, the whole school's, or those that were posted."""
    today = request.moment.today
    offered = list(classes.all_of(request.school, today))
    picked = {int(pk) for pk in data.getlist("pupil") if pk.isdecimal()}
    asked = data.get("class", "")
    one_class = next((one for one in offered if str(one.pk) == asked), None)
    found = queries.to_choose_from(request.school, today, one_class, everybody=asked == "all", also=picked)
    listed = [
        (pupil, name, one_class is not None or pupil.pk in picked, data.get(f"because_{pupil.pk}", ""))
        for pupil, name in found
    ]
    context = {
        "kinds": wordings.kinds_in_use(request.school),
        "kind": data.get("kind", ""),
        "classes": offered,
        "chosen_class": asked,
        "listed": listed,
        "refused": refused,
    }
    return render(request, "letters/batch_new.html", context, status=status)
