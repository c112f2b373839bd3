"""Absences settled by keyboard, and a part-time timetable from its agreement to a lapse, as people go through them."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser

SECONDS = 60
TWENTY = 20


LEFT = 2
"""The latest of them, of this morning: the journey of the first-day list asks these families."""


def test_twenty_unexplained_absences_settled_by_keyboard(sign_in, aim) -> None:
    page = sign_in("School office").open("unexplained")
    rows = page.locator("#unexplained tbody tr")
    before = rows.count()
    number = min(TWENTY, before - LEFT)
    assert number >= 5
    began = time.monotonic()
    page.get_by_label("Told by").fill("Mum")
    page.locator(".settle__code").first.focus()
    for place in range(number):
        page.keyboard.type("i" if place % 3 else "o")
        page.keyboard.press("Tab")
        page.keyboard.type("Vomiting since the night" if place % 3 else "Overslept")
        if place < number - 1:
            page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.locator("main .notice--success, main [role=status]").first).to_be_visible()
    took = time.monotonic() - began
    expect(rows).to_have_count(before - number)
    # Twenty in a minute: of fewer, so much less time.
    most = SECONDS * number / TWENTY
    aim(f"{number} absences without a reason settled by keyboard: {took:.0f} s of {most:.0f} s")
    assert took < most


def test_a_part_time_timetable_from_agreement_to_lapse(sign_in) -> None:
    address = flo_proposes_and_the_parent_agrees(sign_in("Family Liaison Officer"))
    head_agrees(sign_in("Headteacher"), address)
    office = sign_in("School office")
    pupil_shows_it(office, address)
    lapsed_is_put_away(office)


def flo_proposes_and_the_parent_agrees(desk: Desk) -> str:
    """Refused without an end, then proposed, and a parent's agreement recorded; the address of its page."""
    page = desk.open("pupils/30")
    page.get_by_role("link", name="Record an arrangement").click()
    page.get_by_role("link", name=re.compile("Part-time timetable")).click()
    first_on, review_on, last_on = (_day(page, days) for days in (0, 7, 14))
    page.get_by_label("First day").fill(first_on)
    page.get_by_label("Last day").fill(last_on)
    page.get_by_label("First review on").fill(_day(page, 60))
    page.get_by_label("Mon PM").check()
    page.get_by_label("What is exceptional").fill("Back after an operation; tires by noon")
    page.get_by_label("It is not used to manage behaviour").check()
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text(re.compile("no later than the end"))).to_be_visible()
    page.get_by_label("First review on").fill(review_on)
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("Being agreed").first).to_be_visible()
    page.get_by_role("button", name="Record the agreement").click()
    expect(page.get_by_text("The parent’s agreement is recorded.")).to_be_visible()
    return page.url


def _day(page: Page, days: int) -> str:
    """A day from the school's today on, as a field of the page holds one."""
    return page.evaluate(
        "days => { const on = new Date(Date.now() + days * 864e5); return on.toISOString().slice(0, 10); }", days
    )


def head_agrees(desk: Desk, address: str) -> None:
    page = desk.page
    page.goto(address)
    page.get_by_role("button", name="I agree to this timetable").click()
    expect(page.get_by_text("Running").first).to_be_visible()
    expect(page.get_by_text("Gives its code until")).to_be_visible()


def pupil_shows_it(desk: Desk, address: str) -> None:
    page = desk.open("pupils/30")
    page.locator("#arranged").get_by_role("link", name="Part-time timetable").click()
    assert page.url == address


def lapsed_is_put_away(desk: Desk) -> None:
    """The home page says that one lapsed; the office reads why, and says what follows."""
    page = desk.open("")
    page.get_by_role("link", name=re.compile("part-time timetables? lapsed")).click()
    expect(page.get_by_text("No code is given for it any more")).to_be_visible()
    page.locator("#arranged tr", has_text="Lapsed").first.get_by_role("link", name="Part-time timetable").click()
    expect(page.get_by_text(re.compile("had not been held 5 school days later")).first).to_be_visible()
    page.get_by_label("Why").fill("Full time again; the family agrees")
    page.get_by_role("button", name="Put it away").click()
    expect(page.get_by_text(re.compile("^Ended: Full time again"))).to_be_visible()
    page = desk.open("arrangements")
    expect(page.get_by_text("No code is given for it any more")).to_have_count(0)
