"""Too many wrong passwords: whose address they came from, and what is answered."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers


def client_address(request: HttpRequest) -> str | None:
    """The address a request came from; a forwarded one counts only as far as our own proxies wrote it."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return None


def locked(request: HttpRequest, _response: HttpResponseBase | None = None, _credentials: Any = None) -> HttpResponse:
    """The answer while an account is locked for an address: the same whether or not there is such an account."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    response = render(request, "account/locked.html", {"minutes": minutes}, status=429)
    add_never_cache_headers(response)
    return response
