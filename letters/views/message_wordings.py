"""What the school's texts and e-mails say."""

from django.contrib import messages as notices
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from letters.forms import WordingForm
from letters.queries import message_wordings as queries
from letters.rules import message_wordings as rules
from letters.rules.message_wordings import KINDS, SAMPLES, Purpose
from letters.rules.messages import MessageRefusedError
from letters.services import message_wordings as services
from registers.access import SchoolRequest, school_view
from registers.models import School
from registers.rules.rights import Right


@school_view(Right.SET_UP)
def message_wording(request: SchoolRequest, purpose: str) -> HttpResponse:
    """The words of one purpose, with a sample of what they come to; POST adopts new ones."""
    if purpose not in set(Purpose):
        raise Http404
    known = Purpose(purpose)
    words = queries.current(request.school, known)
    form = WordingForm(request.POST or None, initial={"text": words.text, "subject": words.subject, "body": words.body})
    if request.method == "POST" and form.is_valid():
        try:
            services.adopt(request.school, known, form.words, by=request.membership, at=request.moment.at)
        except MessageRefusedError as refused:
            form.add_error(None, str(refused))
        else:
            notices.success(request, "These are the school’s words from now on. What was prepared already stays.")
            return redirect("message_wording", request.school.slug, known.value)
    return render(
        request,
        "letters/message_wording.html",
        {
            "kind": KINDS[known],
            "form": form,
            "blanks": rules.TABLE,
            "sample": rules.fill(words, {**SAMPLES, **_own(request.school)}),
            "own": queries.latest(request.school, known),
        },
        status=422 if form.is_bound else 200,
    )


def _own(school: School) -> dict[str, str]:
    """The blanks that are the same for every family."""
    return {"school_name": school.name, "telephone": school.telephone}
