"""The headteacher tries a change of the policy and adopts it; a new school goes from a blank page to its first flag."""

import os
import re
import subprocess
import sys

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PERSON, ROOT, Desk, Site, take_seat

pytestmark = pytest.mark.browser
SECONDS = 60_000
"""A demonstration does its background work every few seconds, on a machine that may be busy."""


def field(page: Page, name: str) -> Locator:
    return page.locator(f"#id_{name}")


def test_the_headteacher_tries_a_change_of_the_policy_and_adopts_it(sign_in) -> None:
    desk = sign_in("Headteacher")
    page = desk.open("policy/draft")
    page.get_by_text("Drop the draft").first.click()
    page.get_by_role("button", name="Drop the draft").click()
    page.get_by_role("button", name="Change it in a draft").click()
    expect(page.get_by_text("Before it can be adopted")).to_be_visible()
    field(page, "version").fill("2027")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Before it can be adopted")).to_have_count(0)

    page.get_by_role("link", name="Change SH-LATE").click()
    field(page, "measure_at_least").fill("0")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("at_least must be 1 or more.")).to_be_visible()
    field(page, "measure_at_least").fill("2")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("2 or more late arrivals (L and U) in a half-term")).to_be_visible()

    page.get_by_role("link", name="Change SH-EH").click()
    field(page, "title").fill("Early Help, offered")
    page.get_by_role("button", name="Save the judgement").click()
    expect(page.get_by_role("heading", name="SH-EH Early Help, offered")).to_be_visible()

    page.get_by_role("button", name="Try these days").click()
    added = page.get_by_role("region", name="Added to the desk")
    expect(added).to_be_visible(timeout=SECONDS)
    assert added.locator("tbody tr").count() >= 1
    expect(page.get_by_role("region", name="Work")).to_contain_text("Meetings")
    page.get_by_role("link", name="Back to the draft").click()

    page.goto(page.url.replace("/draft", "/compare"))
    field(page, "first").select_option(index=1)
    field(page, "second").select_option("draft")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("row", name=re.compile("SH-LATE changed"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("SH-EH changed"))).to_be_visible()

    desk.open("policy/draft")
    field(page, "applies_from").fill("2027-01-04")
    page.get_by_role("button", name="Adopt the draft").click()
    expect(page.get_by_text("Version 2027 is adopted and applies from 4 January 2027.")).to_be_visible()
    expect(page.get_by_text("Version 2024-11 is in force.")).to_be_visible()


_NEW_SCHOOL = """
from datetime import date
import django
django.setup()
from registers.models import School
from registers.queries import calendars
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
school = builders.school("wealdbrook")
with schools_in_scope([school.pk]):
    builders.calendar(school)
    head = builders.member(school, Role.HEAD, "A New Headteacher")
    builders.nightly(school)
    pupil = builders.pupil(school, "Underhill", "Robin", school_class=builders.school_class(school))
    builders.marks(pupil, calendars.of(school), date(2026, 11, 3), "LLL" + "/" * 27)
print(head.user.email)
"""


def new_school(site: Site) -> str:
    """A third school with terms, one pupil and a headteacher, and no policy; how the headteacher signs in."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    made = subprocess.run(
        [sys.executable, "-c", _NEW_SCHOOL],
        cwd=ROOT,
        env=environment | {"DATA_DIR": str(site.data), "DJANGO_SETTINGS_MODULE": "attendance_site.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return made.stdout.splitlines()[-1].strip()


def test_a_new_school_goes_from_a_blank_page_to_its_first_flag(site, browser) -> None:
    email = new_school(site)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **PERSON)
    desk = take_seat(site, context, "Wealdbrook School")
    page = desk.page
    page.goto(f"{site.address}/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in").click()
    _write_the_first_rule(desk)
    field(page, "applies_from").fill("2026-09-01")
    page.get_by_role("button", name="Adopt the draft").click()
    expect(page.get_by_text(re.compile("is adopted and applies from"))).to_be_visible()

    desk.open("flags")
    page.get_by_role("button", name="Scan now").first.click()
    flag = page.get_by_role("link", name="Late three times").first
    for _ in range(30):
        if flag.count():
            break
        page.wait_for_timeout(2000)
        desk.open("flags")
    flag.click()
    expect(page.get_by_text("Late 3 times in Term 2")).to_be_visible()
    expect(page.get_by_text("Three late arrivals in a half-term are talked over.")).to_be_visible()
    context.close()
    assert desk.complaints == []


def _write_the_first_rule(desk: Desk) -> None:
    page = desk.open("policy")
    expect(page.get_by_text("No policy is in force, so nobody can be flagged.")).to_be_visible()
    page.get_by_role("button", name="From a blank page").click()
    expect(page.get_by_text("The draft has no rule yet.")).to_be_visible()
    page.get_by_label("What the new rule measures").select_option("lates_in_half_term")
    page.get_by_role("button", name="Add a rule").click()
    for name, value in (
        ("id", "LATE3"),
        ("title", "Late three times"),
        ("paragraph", "Section 4"),
        ("says", "Three late arrivals in a half-term are talked over."),
        ("measure_at_least", "3"),
        ("stage", "Late"),
        ("follow_up", "Speak to the parents."),
    ):
        field(page, name).fill(value)
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("Saved in the draft.")).to_be_visible()
