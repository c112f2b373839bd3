"""The office's morning: from the first-day list to released texts, and what became of them; every page axe clean."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def sound(page: Page) -> None:
    """The page has nothing that an accessibility scan finds, and nothing hangs out of it."""
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_from_the_first_day_list_to_released_texts(sign_in) -> None:
    desk = sign_in("School office")
    page = desk.open("first-day")
    sound(page)
    away = page.locator(".family:not(.family--quiet)").count()
    assert away, "nobody is left to ask in the demonstration"
    page.get_by_role("button", name="Write to the families still to ask").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Write to the families still to ask")).to_be_visible()
    expect(page.get_by_text("Nothing leaves this site by text or e-mail")).to_be_visible()
    sound(page)

    rows = page.locator(".letter-row")
    prepared = rows.count()
    assert prepared >= 1
    first = rows.first
    name = first.get_by_role("link").first.inner_text()
    words = first.get_by_role("textbox").last
    expect(words).to_have_value(re.compile(r"no reason has reached us yet"))
    words.fill(f"Please ring us about {name.split()[0]}.")
    expect(first.get_by_text(re.compile(r"^\d+ characters, 1 text$"))).to_be_visible()
    if prepared > 1:
        rows.nth(1).get_by_role("checkbox").uncheck()
        expect(page.get_by_role("button", name=re.compile("Release"))).to_have_text(
            "Release 1 message" if prepared == 2 else f"Release {prepared - 1} messages"
        )
    page.get_by_role("button", name=re.compile("Release")).click()
    expect(page.get_by_text(re.compile(r"messages? released\."))).to_be_visible()
    assert page.locator(".letter-row").count() == (1 if prepared > 1 else 0)
    sound(page)

    # The background work finds that there is no account, keeps each message, and says so.
    for _ in range(20):
        desk.open("messages?state=kept")
        if page.get_by_text(f"Please ring us about {name.split()[0]}.").count():
            break
        page.wait_for_timeout(500)
    row = page.get_by_role("row").filter(has_text=f"Please ring us about {name.split()[0]}.")
    expect(row).to_contain_text("Kept here, not sent")
    sound(page)

    page = desk.open("first-day")
    family = page.locator(".family").filter(has_text=name.split()[-1]).first
    expect(family.get_by_role("list", name="Tried today")).to_contain_text("kept here, not sent")
    sound(page)


def test_a_dropped_message_is_put_back(sign_in) -> None:
    desk = sign_in("School office", "Carlton Road Academy")
    page = desk.open("first-day/messages")
    # By day the demonstration's office has written one already; at night everybody is still to be written to.
    if (write := page.get_by_role("button", name=re.compile("^Write (it|them)$"))).count():
        write.click()
    rows = page.locator(".letter-row")
    expect(rows.first).to_be_visible()
    before = rows.count()
    rows.first.get_by_role("button", name=re.compile("Drop")).click()
    expect(page.get_by_text("Dropped. Nothing more is sent.")).to_be_visible()
    expect(rows).to_have_count(before - 1)
    page.get_by_role("button", name=re.compile("Put back")).first.click()
    expect(rows).to_have_count(before)


@pytest.mark.parametrize("width", [768, 390])
def test_the_pages_fit_a_narrow_screen(sign_in, width: int) -> None:
    desk = sign_in("Headteacher", width=width)
    for path in ("first-day/messages", "messages", "messages/wording/first-day"):
        sound(desk.open(path))


def test_the_school_says_it_in_its_own_words(sign_in) -> None:
    desk = sign_in("Headteacher", "Carlton Road Academy")
    page = desk.open("messages/wording/first-day")
    text = page.get_by_role("textbox", name=re.compile("^Text"))
    text.fill("Dear «mum», ring us.")
    page.get_by_role("button", name="Use these words").click()
    expect(page.get_by_text("«mum» is no known blank.")).to_be_visible()
    sound(page)
    text.fill("«school_name» asks after «forenames». Please ring «telephone».")
    page.get_by_role("button", name="Use these words").click()
    expect(page.get_by_text("Carlton Road Academy asks after Sam and Alex.")).to_be_visible()
