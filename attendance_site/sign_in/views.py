"""django-allauth's views on our own pages: what is refused is answered with 422, and nothing is kept by a browser."""

from typing import Any

from allauth.account import views as account
from allauth.core import ratelimit
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from axes.utils import reset
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from attendance_site.sign_in import sessions
from attendance_site.sign_in.forms import ForgottenForm
from registers import invitations


@method_decorator(never_cache, name="dispatch")
class _Refusing:
    """What was typed and cannot stand is answered with 422."""

    def form_invalid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = 422
        return response

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(*args, **kwargs)  # type: ignore[misc]
        return response


class SignIn(_Refusing, account.LoginView):  # type: ignore[misc]
    template_name = "account/sign_in.html"


class Code(_Refusing, mfa.AuthenticateView):  # type: ignore[misc]
    """The second step of signing in."""

    template_name = "account/code.html"


class PasswordAgain(_Refusing, account.ReauthenticateView):  # type: ignore[misc]
    template_name = "account/again.html"


class CodeAgain(_Refusing, mfa.ReauthenticateView):  # type: ignore[misc]
    template_name = "account/again.html"


class SetUp(_Refusing, totp.ActivateTOTPView):  # type: ignore[misc]
    template_name = "account/second_factor_set_up.html"

    def form_valid(self, form: Form) -> HttpResponse:
        """Set it up; whoever got in elsewhere with the password alone is out."""
        response: HttpResponse = super().form_valid(form)
        sessions.end_others(self.request)
        return response


class TakeAway(_Refusing, totp.DeactivateTOTPView):  # type: ignore[misc]
    template_name = "account/second_factor_take_away.html"


class RecoveryCodes(_Refusing, recovery_codes.ViewRecoveryCodesView):  # type: ignore[misc]
    template_name = "account/recovery_codes.html"


class NewRecoveryCodes(_Refusing, recovery_codes.GenerateRecoveryCodesView):  # type: ignore[misc]
    template_name = "account/recovery_codes_new.html"


class PasswordChange(_Refusing, account.PasswordChangeView):  # type: ignore[misc]
    template_name = "account/password_change.html"


class PasswordChosen(_Refusing, auth.PasswordResetConfirmView):
    """Choosing a password by a link; whoever has a second factor is still asked for it when they then sign in."""

    template_name = "account/password_chosen.html"
    success_url = reverse_lazy("sign_in")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        reset(username=form.user.email)
        messages.success(self.request, "Your password is set. Sign in with it.")
        return response


class Forgotten(_Refusing, FormView):  # type: ignore[type-arg]
    """Asking for such a link by e-mail; the answer is the same whether or not anybody has the address."""

    template_name = "account/forgotten.html"
    form_class = ForgottenForm
    success_url = reverse_lazy("sign_in")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"sends_mail": bool(settings.EMAIL_URL)}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.EMAIL_URL:
            return self.get(request, *args, **kwargs)
        email = request.POST.get("email", "").strip().lower()
        refused: HttpResponse | None = ratelimit.consume_or_429(request, action="reset_password", key=email)
        return refused or super().post(request, *args, **kwargs)

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        for user in form.get_users(form.cleaned_data["email"]):
            invitations.send(user, invitations.link(user, self.request.build_absolute_uri))
        messages.success(self.request, "If this is the address of a sign-in, a link is on its way to it.")
        return super().form_valid(form)
