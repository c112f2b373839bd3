"""A session has an end, however busy it is."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse

BEGAN = "began"


class LongestSession:
    """Signs somebody out when their session has lasted as long as any may."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            now = time.time()
            if now - request.session.setdefault(BEGAN, now) > settings.SESSION_LONGEST:
                logout(request)
        return self.get_response(request)
