from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from letters.forms import OrderForm
from letters.rules.refusals import LetterRefusedError
from letters.services import orders as services
from registers.access import SchoolRequest, school_view
from registers.models import Contact
from registers.rules.rights import Right


@school_view(Right.DECIDE_ORDERS)
def order_decision(request: SchoolRequest, contact_id: int) -> HttpResponse:
    """Whether a contact about whom there is a court order is written to: what was decided, and a form to decide."""
    rows = Contact.objects.filter(school=request.school).select_related("pupil", "parent")
    contact = get_object_or_404(rows, pk=contact_id)
    form, refused = OrderForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            services.decide(
                contact,
                may_write=form.cleaned_data["may_write"] == "yes",
                reason=form.cleaned_data["reason"],
                by=request.membership,
                at=request.moment.at,
            )
        except LetterRefusedError as why:
            refused = str(why)
        else:
            messages.success(request, "Kept. Draft the letter again: it follows the decision.")
            return redirect("pupil", request.school.slug, contact.pupil_id)
    context = {
        "contact": contact,
        "decisions": contact.order_decisions.select_related("decided_by").order_by("-decided_at", "-pk"),
        "form": form,
        "refused": refused,
    }
    return render(request, "letters/order.html", context, status=422 if request.method == "POST" else 200)
