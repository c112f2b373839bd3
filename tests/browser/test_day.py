"""The office's day by keyboard: an arrival is entered and says why it is U; a disagreement is found and settled."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def test_an_arrival_at_0921_is_u_and_says_why(sign_in, aim) -> None:
    """On an earlier day, so that 09:21 has come whatever the clock of this machine shows."""
    desk = sign_in("School office")
    page = desk.open(f"door?on={an_earlier_day(desk)}")
    name = whoever_came_late(page)
    keys = type_in(page, name, "0921")
    ask = page.get_by_role("form", name=re.compile("what was the reason"))
    expect(ask.get_by_role("alert")).to_have_text("09:21 is after the register closed at 09:20, so U.")
    expect(ask.get_by_label("Reason", exact=True)).to_be_focused()
    sound(page)
    page.keyboard.type("Overslept")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Arrived at 09:21. 09:21 is after the register closed at 09:20, so U.")).to_be_visible()
    row = page.get_by_role("row").filter(has_text=name).first
    expect(row).to_contain_text("31 min")
    expect(row).to_contain_text("Overslept")
    expect(page.get_by_role("combobox", name="Pupil")).to_be_focused()
    aim(f"keys for an arrival, its reason apart: {keys}")
    row.get_by_role("button", name=re.compile("Undo")).click()
    expect(page.get_by_text("The mark this morning is L again.")).to_be_visible()
    sound(page)


def an_earlier_day(desk: Desk) -> str:
    """The school day before the one the demonstration stands on."""
    page = desk.open("door")
    today = page.get_by_label("Day", exact=True).input_value()
    days = page.evaluate(
        """today => [1, 2, 3, 4].map((back) => {
          const day = new Date(today + "T12:00:00Z");
          day.setUTCDate(day.getUTCDate() - back);
          return day.toISOString().slice(0, 10);
        })""",
        today,
    )
    for day in days:
        desk.open(f"door?on={day}")
        if (
            page.get_by_role("combobox", name="Pupil").count()
            and page.locator("#chosen option[data-more*='AM L']").count()
        ):
            return str(day)
    raise AssertionError(f"No school day with a late pupil in the days before {today}.")


def whoever_came_late(page: Page) -> str:
    return page.locator("#chosen option[data-more*='AM L']").first.inner_text()


def type_in(page: Page, name: str, time: str) -> int:
    """Find a pupil and type a time, by keyboard alone; returns the keys pressed."""
    expect(page.get_by_role("combobox", name="Pupil")).to_be_focused()
    page.keyboard.type(name.lower())
    expect(page.get_by_role("option").first).to_contain_text(name)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Time", exact=True)).to_be_focused()
    page.keyboard.type(time)
    page.keyboard.press("Enter")
    return len(name) + 1 + len(time) + 1


def test_a_disagreement_is_found_and_settled_by_keyboard(sign_in) -> None:
    """Somebody answers Absent in a class register where / stands: the mark stays, and the office settles it."""
    desk = sign_in("School office", "Carlton Road Academy")
    page = desk.page
    name = contradict(desk)
    page = desk.open("disagreements?days=today")
    row = page.locator("#queue tbody tr").filter(has_text=name)
    expect(row).to_contain_text("Absent")
    expect(row).to_contain_text("Present in the morning")
    sound(page)
    number = page.locator("#queue tbody tr").count()
    names = page.locator("#queue tbody th").all_inner_texts()
    for _ in range([found.startswith(name) for found in names].index(True) + 1):
        page.keyboard.press("ArrowDown")
    expect(row.get_by_role("button", name=re.compile("Keep"))).to_be_focused()
    page.keyboard.press("k")
    expect(row.get_by_label(re.compile("^Why"))).to_be_focused()
    page.keyboard.press("1")
    expect(page.get_by_text(re.compile(r"^/ stands\.$"))).to_be_visible()
    expect(page.locator("#queue tbody tr")).to_have_count(number - 1)


def contradict(desk: Desk) -> str:
    """Answer Absent for the first pupil of a taken class whose mark is a present stroke; returns the surname."""
    page = desk.open("registers")
    addresses = page.evaluate("[...document.querySelectorAll('main a[href*=\"/AM\"]')].map((link) => link.href)")
    for address in addresses:
        page.goto(address)
        for row in page.locator(".register__row:not([data-seen])").all():
            if row.locator(".register__lock").filter(has_text=re.compile(r"^\s*/")).count():
                # The row itself, not "the first unanswered one", which is another once this one is answered.
                answered = page.locator(f"#{row.get_attribute('id')}")
                answered.locator("input[type=radio]:not([disabled])").first.focus()
                page.keyboard.press("a")
                page.get_by_role("button", name=re.compile("Send")).click()
                expect(answered).to_contain_text("the office will look")
                return answered.locator("legend").inner_text().partition(",")[0]
    raise AssertionError("No class of this morning has a mark that the office or an import gave.")


def test_the_list_of_who_is_on_site_prints(sign_in) -> None:
    page = sign_in("Headteacher").open("on-site")
    sections = page.locator(".onsite").count()
    assert sections >= 14
    expect(page.get_by_role("link", name=re.compile("not yet registered"))).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Office pages")).to_be_hidden()
    expect(page.locator(".onsite__box").first).to_be_visible()


@pytest.mark.parametrize("path", ["door", "missing", "on-site", "disagreements"])
def test_a_page_is_sound(path: str, sign_in) -> None:
    page = sign_in("School office").open(path)
    sound(page)
    for width in (768, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, width


def sound(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
