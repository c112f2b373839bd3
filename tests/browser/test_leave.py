"""Leave in Chromium: four of ten granted and in the registers, nothing granted a day late, a parent’s link."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PERSON, Desk, Site

pytestmark = pytest.mark.browser

PUPIL = "pupils/40"


def _enter(desk: Desk, first_on: date, last_on: date, received_on: date) -> None:
    """The office enters what came on paper."""
    page = desk.open(f"{PUPIL}/leave/new")
    page.get_by_label("Asked for by").select_option(index=1)
    page.get_by_label("Received on").fill(received_on.isoformat())
    page.get_by_label("First day").fill(first_on.isoformat())
    page.get_by_label("Last day").fill(last_on.isoformat())
    page.get_by_label("What for").select_option("holiday")
    page.get_by_label("The family’s reason").fill("A week with relatives abroad.")
    page.get_by_role("button", name="Enter the request").click()


def _today(desk: Desk) -> date:
    """The day on which the demonstration stands, as a form offers it."""
    value = desk.open(f"{PUPIL}/leave/new").get_by_label("Received on").input_value()
    return date.fromisoformat(value)


def _week_ahead(today: date) -> tuple[date, date]:
    monday = today + timedelta(days=7 - today.weekday())
    return monday, monday + timedelta(days=4)


def test_a_head_grants_four_of_ten_and_the_registers_show_it(sign_in) -> None:
    office = sign_in("School office")
    today = _today(office)
    first_on, last_on = _week_ahead(today)
    _enter(office, first_on, last_on, today)
    address = office.page.url
    asked = int(re.search(r"(\d+) sessions?\.", office.page.get_by_role("status").first.inner_text())[1])  # type: ignore[index]
    head = sign_in("Headteacher")
    page = head.page
    page.goto(address)
    page.get_by_label("Grant part").check()
    ticks = page.locator("[name=granted]")
    for place in (0, 1, 3, 5):
        ticks.nth(place).check()
    page.get_by_label("Your reasons").fill("The days of the celebration itself.")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("Decided: partly granted.")).to_be_visible()
    expect(page.get_by_text(f"4 of {asked} sessions granted, code C")).to_be_visible()
    chosen = [word for word in page.locator("#leave-decision ~ p").all_inner_texts() if "sessions granted:" in word]
    assert chosen[0].count(";") == 3
    page.goto(address.rsplit("/", 2)[0] + f"/{PUPIL}")
    expect(page.locator("main")).to_contain_text("Leave partly granted")


def test_the_same_request_a_day_late_cannot_be_granted(sign_in) -> None:
    office = sign_in("School office")
    today = _today(office)
    _enter(office, today, today, today)
    address = office.page.url
    head = sign_in("Headteacher")
    head.page.goto(address)
    expect(head.page.get_by_text("It cannot be granted afterwards, whoever asks")).to_be_visible()
    expect(head.page.get_by_label("Grant all")).to_have_count(0)
    expect(head.page.get_by_label("Refuse", exact=True)).to_be_checked()


def test_a_parents_link_works_once_and_cannot_be_walked_to_another_child(sign_in, site: Site, browser: Browser) -> None:
    office = sign_in("School office")
    first_on, _ = _week_ahead(_today(office) + timedelta(days=14))
    page = office.open("pupils/41/leave/link")
    page.get_by_role("button", name="Make the link").click()
    address = page.get_by_label("Copy this address").input_value()
    parent = browser.new_context(viewport={"width": 390, "height": 800}, **PERSON).new_page()
    assert parent.goto(address).status == 200  # type: ignore[union-attr]
    expect(parent.get_by_role("heading", name="Ask for leave of absence")).to_be_visible()
    walked = re.sub(r"-(\d+)\.", lambda found: f"-{int(found[1]) + 1}.", address)
    assert parent.goto(walked).status == 404  # type: ignore[union-attr]
    parent.goto(address)
    parent.get_by_label("For which child or children").fill("Some Other Child")
    parent.get_by_label("First day").fill(first_on.isoformat())
    parent.get_by_label("Last day").fill(first_on.isoformat())
    parent.get_by_label("What for").select_option("other")
    parent.get_by_label("Why, and why it has to be").fill("A citizenship ceremony.")
    parent.get_by_role("button", name="Send to the school").click()
    expect(parent.get_by_role("heading", name="Thank you")).to_be_visible()
    parent.goto(address)
    expect(parent.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(parent.locator("form[enctype]")).to_have_count(0)
    parent.context.close()
    office.open("leave/links")
    expect(office.page.get_by_role("region", name="To settle")).to_contain_text("do not say clearly")
    office.open("pupils/42/leave/link").get_by_role("button", name="Make the link").click()
    other = office.page.get_by_label("Copy this address").input_value()
    office.page.get_by_role("button", name="Take the link back").click()
    stranger = browser.new_context(**PERSON).new_page()
    assert stranger.goto(other).status == 410  # type: ignore[union-attr]
    stranger.context.close()
