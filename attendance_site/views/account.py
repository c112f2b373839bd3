"""A person's own account: password, second factor, where they work, when they signed in."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from registers.queries import people, sign_ins


@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """What somebody sees and changes of their own sign-in."""
    user = request.user
    codes = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES).first()
    return render(
        request,
        "account/account.html",
        {
            "parts": people.parts_of(user),  # type: ignore[arg-type]
            "has_second_factor": people.has_second_factor(user.pk or 0),
            "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
            "asking": people.asking_for_second_factor(user),  # type: ignore[arg-type]
            "sign_ins": sign_ins.of_person(user),  # type: ignore[arg-type]
        },
    )


@never_cache
@login_required
def second_factor_asked(request: HttpRequest) -> HttpResponse:
    """Why a page did not open: a school asks for a second factor, and how to set it up."""
    asking = people.asking_for_second_factor(request.user)  # type: ignore[arg-type]
    if not asking or people.has_second_factor(request.user.pk or 0):
        return redirect("start")
    return render(request, "account/second_factor_asked.html", {"asking": asking})
