"""A letter as a PDF: the file that was sent, or a draft that says it is one."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from letters import documents, pdf, store
from letters.queries import letters as queries
from letters.rules.refusals import LetterRefusedError
from letters.store import Kept
from registers.access import SchoolRequest, school_view
from registers.rules.rights import Right


@school_view(Right.WRITE_LETTERS)
def letter_pdf(request: SchoolRequest, pk: int) -> HttpResponse:
    """The stored file of an issued letter, never made anew; of anything else a PDF marked as a draft."""
    letter = get_object_or_404(queries.of_school(request.school), pk=pk)
    try:
        if letter.is_frozen:
            return as_pdf(store.read(Kept(letter.pdf_path, letter.sha256)), f"letter-{letter.pk}.pdf")
        page = documents.printed(queries.together(letter), request.calendar, request.moment.today, draft=True)
        return as_pdf(pdf.render(page), f"letter-{letter.pk}-draft.pdf")
    except store.FileMissingError as refused:
        return refused_pdf(request, str(refused), status=410)
    except store.FileAlteredError as refused:
        return refused_pdf(request, str(refused), status=409)
    except pdf.PdfUnavailableError as refused:
        return refused_pdf(request, str(refused), status=503)
    except (LetterRefusedError, pdf.PdfRefusedError) as refused:
        return refused_pdf(request, str(refused), status=422)


def as_pdf(document: bytes, name: str) -> HttpResponse:
    """A PDF to look at in the browser."""
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def refused_pdf(request: SchoolRequest, refused: str, *, status: int) -> HttpResponse:
    """A page that says why there is no PDF."""
    return render(request, "letters/refused.html", {"message": refused}, status=status)
