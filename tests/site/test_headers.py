"""What the site tells a browser: load nothing from elsewhere, store nothing, send cookies over HTTPS alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from registers.rules.rights import Role
from tests import builders, whole_school

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(builders.AT, tick=False)


@pytest.fixture
def rows(school) -> whole_school.Rows:
    return whole_school.fill(school)


@pytest.fixture
def pages(school, rows, client):
    """One of each kind: before signing in, a page, a refusal, a redirect, nothing there."""
    answers = {"sign in": client.get(reverse("sign_in")), "nowhere": client.get("/nowhere")}
    client.force_login(rows.members[Role.TEACHER].user)
    answers["forbidden"] = client.get(reverse("desk", args=[school.slug]))
    client.force_login(rows.members[Role.HEAD].user)
    answers["home"] = client.get(reverse("home", args=[school.slug]))
    answers["pupil"] = client.get(reverse("pupil", args=[school.slug, rows.pupil.pk]))
    answers["redirect"] = client.get(reverse("leave_decide", args=[school.slug, rows.leave_id]))
    answers["refused"] = client.post(reverse("leave_decide", args=[school.slug, rows.leave_id]), {})
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {
        "sign in": 200,
        "nowhere": 404,
        "forbidden": 403,
        "home": 200,
        "pupil": 200,
        "redirect": 302,
        "refused": 422,
    }
    return answers


def policy(answer) -> dict[str, list[str]]:
    parts = [part.split() for part in answer["Content-Security-Policy"].split(";")]
    return {name: values for name, *values in parts}


def test_every_answer_forbids_what_the_site_does_not_need(pages) -> None:
    for answer in pages.values():
        found = policy(answer)
        assert found["default-src"] == ["'none'"]
        assert found["script-src"] == found["style-src"] == found["connect-src"] == found["form-action"] == ["'self'"]
        assert found["object-src"] == found["base-uri"] == ["'none'"]
        assert found["frame-ancestors"] == ["'none'"]
        assert not [
            value for values in found.values() for value in values if value.startswith(("'unsafe", "http", "*"))
        ]
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        for device in ("camera", "geolocation", "microphone", "payment", "usb"):
            assert f"{device}=()" in answer["Permissions-Policy"]


def test_every_page_loads_from_the_site_itself_and_runs_nothing_inline(pages) -> None:
    for name, answer in pages.items():
        if name == "redirect":
            continue
        page = BeautifulSoup(answer.content, "html.parser")
        sources = [each.get("src") or each.get("href") for each in page.select("script, link, img, iframe")]
        assert sources
        assert all(source and source.startswith("/static/") for source in sources), sources
        assert not page.select("style, [style]")
        assert not [each for each in page.select("script") if each.get_text(strip=True)]
        assert not [key for each in page.find_all(True) for key in each.attrs if key.startswith("on")]


def test_what_belongs_to_a_school_is_never_stored(pages) -> None:
    for name in ("home", "pupil", "redirect", "refused"):
        directives = {part.strip() for part in pages[name]["Cache-Control"].split(",")}
        assert {"no-store", "private"} <= directives


def test_the_sign_in_page_is_never_stored_either(pages) -> None:
    assert "no-store" in pages["sign in"]["Cache-Control"]


def test_a_refusal_names_no_school_and_no_child(pages, rows, school) -> None:
    for name in ("nowhere", "forbidden"):
        text = pages[name].content.decode()
        assert not [told for told in (rows.pupil.name, rows.pupil.upn) if told in text]
    other = Client()
    other.force_login(builders.member(builders.school("cedar")).user)
    stranger = other.get(reverse("pupil", args=[school.slug, rows.pupil.pk]))
    assert stranger.status_code == 404
    assert school.name not in stranger.content.decode()


class TestCookies:
    @pytest.fixture
    def cookies(self, settings, school):
        def sign_in(*, https: bool):
            settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = https
            member = builders.member(school)
            client = Client()
            client.get(reverse("sign_in"), secure=https)
            client.post(reverse("sign_in"), {"login": member.user.email, "password": "correct horse"}, secure=https)
            return client.cookies

        return sign_in

    def test_travel_over_https_alone(self, cookies) -> None:
        found = cookies(https=True)
        assert found["sessionid"]["secure"]
        assert found["csrftoken"]["secure"]

    def test_are_out_of_reach_of_scripts_and_of_other_sites(self, cookies) -> None:
        found = cookies(https=False)
        assert found["sessionid"]["httponly"]
        assert {found[name]["samesite"] for name in ("sessionid", "csrftoken")} == {"Lax"}

    def test_the_session_ends_with_the_browser(self, cookies) -> None:
        assert not cookies(https=True)["sessionid"]["max-age"]


class TestHttps:
    def test_plain_http_is_sent_on(self, client, settings, school) -> None:
        settings.SECURE_SSL_REDIRECT = True
        response = client.get(reverse("home", args=[school.slug]))
        assert response.status_code == 301
        assert response["Location"].startswith("https://")

    def test_the_browser_is_told_to_stay_with_it(self, client, settings, school) -> None:
        settings.SECURE_HSTS_SECONDS = 31_536_000
        assert "max-age=31536000" in client.get(reverse("sign_in"), secure=True)["Strict-Transport-Security"]

    @pytest.mark.parametrize(("https", "secure"), [("", True), ("on", True), ("off", False)])
    def test_it_is_on_unless_somebody_turns_it_off(self, tmp_path, https: str, secure: bool) -> None:
        names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_INCLUDE_SUBDOMAINS")
        program = (
            f"from attendance_site import settings; print([getattr(settings, n) for n in {names}], settings.DEBUG)"
        )
        environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)} | ({"HTTPS": https} if https else {})
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == f"{[secure] * 4} False"
