"""What django-allauth asks of the site: no sign-up, our own words, and no way to another site."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from registers.models import User

SAID: Mapping[str, str] = {
    "mfa/messages/totp_activated.txt": (
        "The authenticator app is set up. You will be asked for a code at sign-in. You are signed out everywhere else."
    ),
    "mfa/messages/totp_deactivated.txt": "The second step is removed. Your password alone signs you in.",
    "mfa/messages/recovery_codes_generated.txt": "These are your recovery codes. Older ones no longer work.",
    "account/messages/password_changed.txt": "Your password is changed. You are signed out everywhere else.",
}
"""What is said after a change; of everything else allauth would say, nothing."""

WRONG_CODE = "This code is wrong or was used before. Wait for the next one and try again."


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "This email address and password do not go together. Check both, then try again.",
        "incorrect_password": "This is not your password. Try again.",
        "enter_current_password": "This is not your present password. Try again.",
        "too_many_login_attempts": "Too many wrong codes. Wait a quarter of an hour, then try again.",
        "rate_limited": "Too many tries. Wait a quarter of an hour, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether an address may be gone on to: one of this site, as it was reached, and of no other."""
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Ask Django's backends alone: django-axes counts, and a closed account is answered like a wrong password."""
        return authenticate(request, **credentials)

    def reauthenticate(self, user: User, password: str) -> bool:
        return self.authenticate(context.request, email=user.email, password=password) == user

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        said = message or SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, said, extra_tags=extra_tags)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": WRONG_CODE}
