"""A school's letterhead: logo, signatures, footer, reply address and envelope, with the letter as it would print."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from letters import documents, images, pdf
from letters.letterhead_forms import ImageForm, LetterheadForm
from letters.models import Letter
from letters.queries import letterheads as queries
from letters.queries import previews, wordings
from letters.rules import kinds
from letters.rules.refusals import LetterRefusedError
from letters.services import letterheads as services
from letters.views.pdfs import as_pdf, refused_pdf
from registers.access import SchoolRequest, school_view
from registers.rules.rights import ROLE_NAMES, Right, Role

SHOWN = "register_summary"
"""The letter that shows the letterhead: the plainest of them."""


@dataclass(frozen=True)
class Place:
    """A place for an image: what it is called, what is there, and the form that changes it."""

    key: str
    name: str
    image: str
    form: ImageForm


@school_view(Right.EDIT_WORDING)
def letterhead(request: SchoolRequest) -> HttpResponse:
    """The letterhead's settings with the letter beside them; POST saves all but the images."""
    found = queries.of(request.school)
    form = LetterheadForm(
        request.POST or None,
        initial={"reply_email": found.reply_email, "footer": found.footer, "window": found.window},
    )
    if request.method == "POST" and form.is_valid():
        services.arrange(request.school, **form.answer, by=request.membership, at=request.moment.at)
        messages.success(request, "Saved. Letters issued from now on look like this; those sent stay as they are.")
        return redirect("letterhead", request.school.slug)
    return _page(request, form)


@school_view(Right.EDIT_WORDING)
@require_POST
def letterhead_image(request: SchoolRequest) -> HttpResponse:
    """Take in an image, or take one away."""
    taken = request.POST.get("take_away", "")
    if taken in _names(request):
        services.take_away(request.school, taken, by=request.membership, at=request.moment.at)
        messages.success(request, "Taken away. Letters issued from now on go without it.")
        return redirect("letterhead", request.school.slug)
    form = ImageForm(list(_names(request)), request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, _settings(request), image=form)
    place, content = form.cleaned_data["place"], form.cleaned_data["image"]
    try:
        left_out = services.set_image(request.school, place, content, by=request.membership, at=request.moment.at)
    except LetterRefusedError as refused:
        form.add_error("image", str(refused))
        return _page(request, _settings(request), image=form)
    messages.success(request, "Kept. It stands on letters issued from now on.")
    if left_out:
        messages.warning(
            request,
            f"{left_out} part{'s' if left_out > 1 else ''} of the drawing could not be kept safely. "
            "If something is missing, save it as PNG and send that.",
        )
    return redirect("letterhead", request.school.slug)


@school_view(Right.EDIT_WORDING)
def letterhead_pdf(request: SchoolRequest) -> HttpResponse:
    """A sample letter with this letterhead, as it prints."""
    try:
        page = documents.printed([_sample(request)], request.calendar, request.moment.today, draft=True)
        return as_pdf(pdf.render(page), "letterhead-sample.pdf")
    except pdf.PdfUnavailableError as refused:
        return refused_pdf(request, str(refused), status=503)
    except (LetterRefusedError, pdf.PdfRefusedError) as refused:
        return refused_pdf(request, str(refused), status=422)


def _page(request: SchoolRequest, form: LetterheadForm, *, image: ImageForm | None = None) -> HttpResponse:
    found = queries.of(request.school)
    names = _names(request)
    places = [
        Place(
            key,
            name,
            _shown(request, found.logo if key == services.LOGO else found.signature(key)),
            image if image is not None and image["place"].value() == key else _image_form(names, key),
        )
        for key, name in names.items()
    ]
    bound = form.is_bound or image is not None
    return render(
        request,
        "letters/letterhead.html",
        {"form": form, "places": places, **documents.face([_sample(request)], request.moment.today)},
        status=422 if bound else 200,
    )


def _settings(request: SchoolRequest) -> LetterheadForm:
    found = queries.of(request.school)
    return LetterheadForm(initial={"reply_email": found.reply_email, "footer": found.footer, "window": found.window})


def _image_form(names: dict[str, str], key: str) -> ImageForm:
    return ImageForm(list(names), initial={"place": key}, auto_id=f"id_{key}_%s")


def _names(request: SchoolRequest) -> dict[str, str]:
    """The places for images: the logo, and a signature for each part that signs one of the school's letters."""
    signing = {row.read.signatory_role for row in wordings.adopted(request.school)}
    return {services.LOGO: "Logo"} | {role.value: f"Signature: {ROLE_NAMES[role]}" for role in Role if role in signing}


def _shown(request: SchoolRequest, name: str) -> str:
    try:
        return images.in_page(request.school.slug, name) if name else ""
    except LetterRefusedError:
        return ""


def _sample(request: SchoolRequest) -> Letter:
    adopted = {row.kind: row.document for row in wordings.adopted(request.school)}
    document = adopted.get(SHOWN) or kinds.packaged(SHOWN)
    return previews.of_sample(request.school, document, (), request.moment.today)
