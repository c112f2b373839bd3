"""What is typed to sign in, in our own words; a code of the second factor counts once."""

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter as account_adapter
from allauth.core import context
from allauth.mfa import app_settings as mfa
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.core.validators import MaxLengthValidator
from django.db.models import QuerySet

from registers.models import User
from registers.rules.people import MOST_ADDRESS

_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


def _name(form: forms.Form, name: str, label: str, **attributes: Any) -> None:
    """Give a field our label, without a placeholder that repeats it."""
    field = form.fields[name]
    field.label = label
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attributes)


class SignInForm(account.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self, "login", "Email", autocomplete="username", autofocus=True, maxlength=MOST_ADDRESS)
        # What is refused is written down as it was typed, and that has an end.
        self.fields["login"].validators.append(MaxLengthValidator(MOST_ADDRESS))
        _name(self, "password", "Password")
        self.fields["password"].help_text = ""

    def clean_login(self) -> str:
        """The address as it is kept: the lock on guessing counts every way to write it as one."""
        login: str = super().clean_login()
        return login.lower()


class ForgottenForm(PasswordResetForm):
    def get_users(self, email: str) -> QuerySet[User]:
        """Whoever signs in with the address, also somebody whose first link ran out before a password was chosen."""
        return User.objects.filter(email=email.strip().lower(), is_active=True)


class PasswordAgainForm(account.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self, "password", "Your password", autofocus=True)
        self.fields["password"].help_text = ""


class PasswordChangeForm(account.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self, "oldpassword", "Your present password")
        _name(self, "password1", "A new password")
        _name(self, "password2", "The new password again")
        self.fields["oldpassword"].help_text = ""
        self.fields["password1"].help_text = " ".join(password_validation.password_validators_help_texts())


def use_once(user: User, code: str) -> bool:
    """Note that a code of the authenticator app was used; whether it was the first time."""
    digits = "".join(letter for letter in code if letter.isdigit())
    valid_for = mfa.TOTP_PERIOD * (2 * mfa.TOTP_TOLERANCE + 1)
    return cache.add(f"second-factor:{user.pk}:{digits}", True, timeout=valid_for)


class _Counted:
    """A code is tried as a password is: it counts towards the lock, and one that was right is right only once."""

    user: User
    authenticator: Authenticator
    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self, "code", "Code", **_CODE)  # type: ignore[arg-type]

    def clean_code(self) -> str:
        self._refuse_while_locked()
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP and not use_once(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        return code

    def _refuse_while_locked(self) -> None:
        request, credentials = context.request, {"email": self.user.email}
        if settings.AXES_ENABLED and not AxesProxyHandler.is_allowed(request, credentials):
            request.axes_locked_out, request.axes_credentials = True, credentials
            raise account_adapter().validation_error("too_many_login_attempts")

    def _emit_authentication_failed(self, _authenticator: Authenticator) -> None:
        user_login_failed.send(sender=__name__, credentials={"email": self.user.email}, request=context.request)


class CodeForm(_Counted, codes.AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class CodeAgainForm(_Counted, codes.ReauthenticateForm):  # type: ignore[misc]
    """The second factor asked again, before something that matters."""


class SetUpForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an app that has just been set up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name(self, "code", "The code that the app shows", **_CODE)

    @property
    def secret_in_groups(self) -> str:
        """The secret as one types it into an app, four letters at a time."""
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))

    def clean_code(self) -> str:
        code: str = super().clean_code()
        if not use_once(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        return code
