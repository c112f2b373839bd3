"""The words of a school's letters: the list, the editor with its preview, versions, and two of them compared."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from letters import documents, pdf
from letters.models import Letter, Wording
from letters.queries import previews
from letters.queries import wordings as queries
from letters.rules import blanks, comparison, conditions, kinds, readability
from letters.rules.kinds import KINDS, WordingRefusedError
from letters.rules.refusals import LetterRefusedError
from letters.services import wordings as services
from letters.views.pdfs import as_pdf, refused_pdf
from letters.wording_forms import Editor
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right

SAVE, LOOK, PRODUCT = "save", "look", "product"


@school_view(Right.EDIT_WORDING)
def wordings(request: SchoolRequest) -> HttpResponse:
    """Every letter the school writes, with its version and what is doubtful about it, and those it could adopt."""
    adopted = queries.adopted(request.school)
    rows = [(row, row.read, services.findings(row.document), readability.of(row.read)) for row in adopted]
    rows.sort(key=lambda row: row[1].title)
    offered = sorted((kind for slug, kind in KINDS.items() if slug not in {row.kind for row in adopted}), key=_title)
    return render(request, "letters/wordings.html", {"rows": rows, "offered": offered, "own": services.OWN})


@school_view(Right.EDIT_WORDING)
def wording(request: SchoolRequest, kind: str) -> HttpResponse:
    """The editor of one letter: GET opens it, POST saves it, looks at it, or moves a paragraph."""
    current = _current(request, kind)
    if request.method != "POST":
        return _page(request, current, Editor(current.document, current.version))
    action = request.POST.get("action", LOOK)
    editor = Editor(current.document, current.version, request.POST, action if ":" in action else "")
    if action != SAVE or not editor.is_valid():
        return _page(request, current, editor, status=422 if action == SAVE else 200)
    try:
        saved = services.save(
            request.school,
            kind,
            editor.document,
            based_on=editor.form.cleaned_data["based_on"],
            by=request.membership,
            at=request.moment.at,
        )
    except LetterRefusedError as refused:
        return _page(request, current, editor, refused=str(refused), status=422)
    if saved.version == current.version:
        messages.success(request, "Nothing was changed, so there is no new version.")
    else:
        messages.success(request, f"Saved as version {saved.version}. Letters drafted from now on say this.")
    return redirect("wording", request.school.slug, kind)


@school_view(Right.EDIT_WORDING)
@require_POST
def wording_pdf(request: SchoolRequest, kind: str) -> HttpResponse:
    """What stands in the editor as a PDF, saved or not."""
    current = _current(request, kind)
    editor = Editor(current.document, current.version, request.POST)
    if not editor.is_valid():
        return refused_pdf(request, "Some of what is typed cannot be read yet: the editor says what.", status=422)
    try:
        letter = _preview(request, editor.document)
        page = documents.printed([letter], request.calendar, request.moment.today, draft=True)
        return as_pdf(pdf.render(page), f"{kind}-sample.pdf")
    except pdf.PdfUnavailableError as refused:
        return refused_pdf(request, str(refused), status=503)
    except (LetterRefusedError, pdf.PdfRefusedError) as refused:
        return refused_pdf(request, str(refused), status=422)


@school_view(Right.EDIT_WORDING)
@require_POST
def wording_adopt(request: SchoolRequest, kind: str) -> HttpResponse:
    """Make an earlier version, or the product's text, the newest."""
    chosen = request.POST.get("version", "")
    if chosen != PRODUCT and not chosen.isdecimal():
        raise Http404
    version = None if chosen == PRODUCT else int(chosen)
    try:
        saved = services.adopt_again(request.school, kind, version, by=request.membership, at=request.moment.at)
    except (queries.KindRefusedError, WordingRefusedError):
        raise Http404 from None
    messages.success(request, f"This is now version {saved.version}. The ones before are kept.")
    return redirect("wording", request.school.slug, kind)


@school_view(Right.EDIT_WORDING)
def wording_compare(request: SchoolRequest, kind: str) -> HttpResponse:
    """Two versions side by side; either may be the product's text."""
    current = _current(request, kind)
    sides = [request.GET.get("old", PRODUCT), request.GET.get("new", str(current.version))]
    old, new = (_side(request, kind, side) for side in sides)
    lines = comparison.lines(kinds.read(old), kinds.read(new))
    return render(
        request,
        "letters/wording_compare.html",
        {
            "kind": current.read,
            "lines": lines,
            "old": _side_name(sides[0]),
            "new": _side_name(sides[1]),
            "pickers": (("old", "On the left", sides[0]), ("new", "On the right", sides[1])),
            "versions": queries.versions(request.school, kind),
            "product": PRODUCT,
            "has_product": kind in KINDS,
            "same": not any(line.differs for line in lines),
        },
    )


def _page(
    request: SchoolRequest, current: Wording, editor: Editor, *, refused: str = "", status: int = 200
) -> HttpResponse:
    looked = _look(request, editor)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "letters/wording_look.html", looked, status=200)
    context: dict[str, Any] = {
        "wording": current,
        "kind": current.read,
        "editor": editor,
        "blanks": blanks.TABLE,
        "versions": queries.versions(request.school, current.kind),
        "product": PRODUCT,
        "has_product": current.kind in KINDS,
        "is_product": current.kind in KINDS and current.document == kinds.packaged(current.kind),
        "pupils": previews.pupils(request.school, request.moment.today),
        "chosen": request.POST.get("pupil", ""),
        "refused": refused,
        **looked,
    }
    return render(request, "letters/wording.html", context, status=status)


def _look(request: SchoolRequest, editor: Editor) -> dict[str, Any]:
    """What the panel beside the editor shows: findings, plainness, and the letter, as far as it can be read."""
    if editor.form.is_bound and not editor.is_valid():
        return {"unreadable": ["Some of what is typed cannot be read yet: look for the words in red."]}
    try:
        document = editor.document
        kind = kinds.read(document)
    except WordingRefusedError as refused:
        return {"unreadable": refused.problems}
    asked = _asked(request)
    shown: dict[str, Any] = {
        "findings": services.findings(document),
        "plain": readability.of(kind),
        "choices": [(name, meaning, name in asked) for name, meaning in previews.choices(kind)],
        "given": [blanks.BLANKS[name] for name in kind.given_blanks],
        "no_font": bool(kind.summary) and not pdf.has_font_for(document["summary"]["language"]),
    }
    try:
        return shown | documents.face([_preview(request, document)], request.moment.today)
    except LetterRefusedError as refused:
        return shown | {"no_preview": str(refused)}


def _preview(request: SchoolRequest, document: Mapping[str, Any]) -> Letter:
    """The letter about the pupil that was chosen, or to a sample family."""
    today, holding, chosen = request.moment.today, _asked(request), request.POST.get("pupil", "")
    if not chosen:
        return previews.of_sample(request.school, document, holding, today)
    found = previews.pupils(request.school, today)
    pupil = get_object_or_404(found, pk=int(chosen) if chosen.isdecimal() else 0)
    return previews.of_pupil(request.school, request.calendar, document, pupil, holding, today)


def _asked(request: SchoolRequest) -> set[str]:
    """The conditions to show as so: the sample's at first, those ticked once the panel has been sent."""
    if "conditions_sent" not in request.POST:
        return set(previews.SAMPLE_HOLDING)
    return set(request.POST.getlist("holds")) & conditions.CONDITIONS.keys()


def _current(request: SchoolRequest, kind: str) -> Wording:
    try:
        return queries.current(request.school, kind)
    except queries.KindRefusedError:
        raise Http404 from None


def _side(request: SchoolRequest, kind: str, side: str) -> Mapping[str, Any]:
    try:
        if side == PRODUCT:
            return kinds.packaged(kind)
        if not side.isdecimal():
            raise Http404
        document: Mapping[str, Any] = queries.version(request.school, kind, int(side)).document
    except (queries.KindRefusedError, WordingRefusedError):
        raise Http404 from None
    return document


def _side_name(side: str) -> str:
    return "The product’s text" if side == PRODUCT else f"Version {side}"


def _title(kind: kinds.Kind) -> str:
    return kind.title
