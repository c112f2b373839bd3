"""The one door to a school's pages: signed in, a member of the school in the address, with the right, then its data."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, cast

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache

from registers import clock
from registers.models import Membership, School, User
from registers.queries import calendars, people
from registers.rules.calendar import Calendar
from registers.rules.rights import Right
from registers.scope import schools_in_scope


class SchoolRequest(HttpRequest):
    """A request with school, person and moment settled. `membership` is the one that holds the page's right."""

    user: User
    school: School
    membership: Membership
    memberships: list[Membership]
    rights: frozenset[Right]
    """Whatever any of the person's parts at this school may do; buttons ask this."""
    calendar: Calendar
    moment: clock.Moment


class GuardedView(Protocol):
    right: Right

    def __call__(self, request: HttpRequest, school: str, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


def school_view(right: Right) -> Callable[[Callable[..., HttpResponseBase]], GuardedView]:
    """Guard a view: anonymous to sign-in, no member of the school 404, without the right 403, then with scope open.

    Whoever lacks a second factor that the school asks of one of their parts is sent to set one up.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> GuardedView:
        @wraps(view)
        def guarded(request: HttpRequest, school: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            settled = _settle(request, school, right)
            if people.lacks_second_factor(settled.memberships):
                return redirect(settings.SECOND_FACTOR_URL)
            with schools_in_scope([settled.school.pk]):
                settled.calendar = calendars.of(settled.school)
                settled.moment = clock.read(settled.calendar)
                response = view(settled, *args, **kwargs)
                if isinstance(response, HttpResponse) and hasattr(response, "render"):
                    response.render()
            add_never_cache_headers(response)
            return response

        wrapped = cast(GuardedView, login_required(guarded))
        wrapped.right = right
        return wrapped

    return decorate


def holder(request: SchoolRequest, right: Right) -> Membership:
    """The part in which a person does what a page offers beyond its own right. Without that right 403."""
    held = next((membership for membership in request.memberships if membership.holds(right)), None)
    if held is None:
        raise PermissionDenied
    return held


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Guard a page of several schools: signed in, and with a second factor if any of the person's schools asks."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = cast(User, request.user)
        if people.asking_for_second_factor(user) and not people.has_second_factor(user.pk):
            return redirect(settings.SECOND_FACTOR_URL)
        return view(request, *args, **kwargs)

    return never_cache(login_required(guarded))


def _settle(request: HttpRequest, slug: str, right: Right) -> SchoolRequest:
    settled = cast(SchoolRequest, request)
    memberships = people.memberships(settled.user, slug)
    if not memberships:
        raise Http404
    holding = [membership for membership in memberships if membership.holds(right)]
    if not holding:
        raise PermissionDenied
    settled.memberships = memberships
    settled.rights = frozenset[Right]().union(*(membership.rights for membership in memberships))
    settled.membership = holding[0]
    settled.school = holding[0].school
    structlog.contextvars.bind_contextvars(school=slug)
    return settled
