"""Requests that no page sent: another school's pupils, numbers and days that cannot be, each answered without harm."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from registers.models import Amendment, Mark, Membership, Pupil, School
from registers.rules.marks import Door
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders

AM = "2026-11-20AM"
pytestmark = pytest.mark.time_machine(datetime(2026, 11, 20, 10, 0, tzinfo=UTC), tick=False)


@pytest.fixture
def roll(school: School) -> list[Pupil]:
    """Ash with an unexplained morning, Birch with nothing."""
    pupils = [builders.pupil(school, name) for name in ("Ash", "Birch")]
    builders.mark(pupils[0], date(2026, 11, 20), Session.AM, "N", source=Door.TEACHER, seen="A")
    return pupils


@pytest.fixture
def signed_in(client: Client, office: Membership) -> Client:
    client.force_login(office.user)
    client.raise_request_exception = False
    return client


@pytest.fixture
def stranger(other_school: School) -> Pupil:
    with schools_in_scope([other_school.pk]):
        return builders.pupil(other_school)


def good(pupil: Pupil) -> dict[str, Any]:
    return {"pupil": pupil.pk, "place": AM, "code": "I", "version": 0}


HOSTILE: dict[str, Callable[[Pupil, Pupil], Any]] = {
    "another-schools-pupil": lambda _, stranger: {"cells": [good(stranger)]},
    "ours-and-another-schools": lambda ours, stranger: {"cells": [good(ours), good(stranger)]},
    "nobody": lambda ours, _: {"cells": [good(ours) | {"pupil": 999_999_999}]},
    "a-number-too-large": lambda ours, _: {"cells": [good(ours) | {"pupil": 10**30}]},
    "a-number-in-words": lambda ours, _: {"cells": [good(ours) | {"pupil": str(ours.pk)}]},
    "no-version": lambda ours, _: {"cells": [{"pupil": ours.pk, "place": AM, "code": "I"}]},
    "a-version-that-is-true": lambda ours, _: {"cells": [good(ours) | {"version": True}]},
    "a-version-below-nought": lambda ours, _: {"cells": [good(ours) | {"version": -1}]},
    "a-version-not-there-yet": lambda ours, _: {"cells": [good(ours) | {"version": 7}]},
    "the-same-cell-twice": lambda ours, _: {"cells": [good(ours), good(ours) | {"code": "O"}]},
    "a-session-nobody-knows": lambda ours, _: {"cells": [good(ours) | {"place": "2026-11-20EV"}]},
    "no-such-day": lambda ours, _: {"cells": [good(ours) | {"place": "2026-02-30AM"}]},
    "no-day": lambda ours, _: {"cells": [good(ours) | {"place": None}]},
    "a-day-far-off": lambda ours, _: {"cells": [good(ours) | {"place": "9999-12-31AM"}]},
    "a-code-too-long": lambda ours, _: {"cells": [good(ours) | {"code": "ILL"}]},
    "a-code-that-is-a-list": lambda ours, _: {"cells": [good(ours) | {"code": ["I"]}]},
    "a-note-too-long": lambda ours, _: {"cells": [good(ours) | {"note": "x" * 201}]},
    "a-note-with-half-a-character": lambda ours, _: {"cells": [good(ours) | {"note": "\ud83d"}]},
    "a-note-with-a-null": lambda ours, _: {"cells": [good(ours) | {"note": "a\x00b"}]},
    "minutes-of-a-day": lambda ours, _: {"cells": [good(ours) | {"code": "U", "minutes": 1440}]},
    "no-such-time": lambda ours, _: {"cells": [good(ours) | {"code": "L", "arrived": "25:00"}]},
    "cells-that-are-words": lambda *_: {"cells": ["I"]},
    "no-cells": lambda *_: {},
    "a-list": lambda *_: [],
    "nothing": lambda *_: None,
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_a_save_that_no_page_sent_is_answered_and_does_no_harm(
    school: School, other_school: School, stranger: Pupil, roll: list[Pupil], signed_in: Client, make: Callable
) -> None:
    body = json.dumps(make(roll[1], stranger))
    response = signed_in.post(reverse("grid_save", args=[school.slug]), body, content_type="application/json")
    assert response.status_code in ((200,) if "7" in body and '"version": 7' in body else (400, 404, 422))
    with schools_in_scope([school.pk, other_school.pk]):
        assert not Mark.objects.exclude(pupil=roll[0]).exists()
        assert Mark.objects.get().code == "N"


FILLS: dict[str, Callable[[Pupil, Pupil], Any]] = {
    "another-schools-pupil": lambda _, stranger: {"cells": [[stranger.pk, AM, 0]]},
    "a-way-nobody-knows": lambda ours, _: {"cells": [[ours.pk, AM, 0]], "filling": "everything"},
    "cells-too-short": lambda ours, _: {"cells": [[ours.pk, AM]]},
    "a-cell-that-is-a-number": lambda *_: {"cells": [1]},
    "a-count-in-words": lambda ours, _: {"cells": [[ours.pk, AM, 0]], "count": "many", "code": "#"},
}


@pytest.mark.parametrize("name", ["grid_fill", "grid_preview"])
@pytest.mark.parametrize("make", FILLS.values(), ids=FILLS)
def test_a_fill_that_no_page_sent_is_answered_and_does_no_harm(
    school: School,
    other_school: School,
    stranger: Pupil,
    roll: list[Pupil],
    signed_in: Client,
    make: Callable,
    name: str,
) -> None:
    body = {"code": "I", "filling": "blanks"} | make(roll[1], stranger)
    answer = signed_in.post(reverse(name, args=[school.slug]), json.dumps(body), content_type="application/json")
    assert answer.status_code in ((200, 400) if "count" in body else (400, 404))
    with schools_in_scope([school.pk, other_school.pk]):
        assert Mark.objects.get().pupil == roll[0]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"cells": NaN}'])
def test_what_is_no_json_is_answered(school: School, roll: list[Pupil], signed_in: Client, body: bytes) -> None:
    answer = signed_in.post(reverse("grid_save", args=[school.slug]), body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("reason", ["a\x00b", "x" * 201])
def test_a_reason_the_record_cannot_keep_is_refused(
    school: School, roll: list[Pupil], signed_in: Client, reason: str
) -> None:
    body = {"reason": reason, "cells": [good(roll[0]) | {"version": 1}]}
    answer = signed_in.post(reverse("grid_save", args=[school.slug]), json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert not Amendment.objects.exists()


def test_a_form_with_files_is_no_json(school: School, roll: list[Pupil], office: Membership) -> None:
    """The guard against forgery reads a form before the grid can."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(office.user)
    client.get(reverse("office_day", args=[school.slug]))
    address, token = reverse("grid_save", args=[school.slug]), client.cookies["csrftoken"].value
    assert client.post(address, {"cells": "[]"}, headers={"X-CSRFToken": token}).status_code == 400
    assert client.post(address, {"cells": "[]"}).status_code == 403


def test_more_sessions_than_one_request_may_hold(school: School, signed_in: Client, monkeypatch) -> None:
    monkeypatch.setattr("registers.views.grid_requests.MOST_CELLS", 1)
    answer = signed_in.post(
        reverse("grid_fill", args=[school.slug]), '{"cells": [1, 2]}', content_type="application/json"
    )
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "2 sessions are too many at once. Choose at most 1.",
    )


def test_a_name_is_text_and_never_markup(school: School, signed_in: Client) -> None:
    builders.pupil(school, "<img src=x onerror=alert(1)>", school_class=builders.school_class(school, "<b>3</b>"))
    page = signed_in.get(reverse("office_day", args=[school.slug])).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    assert "<b>3</b>" not in page


def test_nothing_changes_by_asking(school: School, roll: list[Pupil], signed_in: Client) -> None:
    for name in ("grid_save", "grid_preview", "grid_fill"):
        assert signed_in.get(reverse(name, args=[school.slug])).status_code == 405
