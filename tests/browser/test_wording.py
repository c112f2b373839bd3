"""Putting a letter into the school's own words, in the browser: blanks, preview, PDF, saving, back."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def said(name: str) -> re.Pattern[str]:
    """The name of a button whose end is for screen readers only: a browser may put a space before it."""
    return re.compile("^" + re.escape(name).replace(":", r"\s?:") + "$")


def test_a_letter_in_the_schools_own_words(sign_in) -> None:
    desk = sign_in("Headteacher")
    page = desk.open("letters/wordings")
    page.get_by_role("link", name=said("Edit: Late letter (code U)")).click()
    first = page.get_by_label("Text of paragraph 1", exact=True)
    first.fill("A word about mornings, ")
    page.get_by_role("button", name="«salutation»", exact=True).click()
    paper = page.get_by_role("article", name="The letter as it prints")
    expect(paper).to_contain_text("A word about mornings, Mr and Mrs Example")

    first.fill("A word about mornings, «salutatoin».")
    expect(page.locator("#look")).to_contain_text("«salutatoin» is no known blank")
    first.fill("Under the 2006 Regulations, «salutation».")
    expect(page.locator("#look")).to_contain_text("name the 2024 Regulations")
    page.get_by_role("button", name="Save as a new version").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Not saved")

    page.get_by_label("Text of paragraph 1", exact=True).fill("A word about mornings, «salutation».")
    # It is asked for in a tab of its own.
    with page.context.expect_event("request", lambda request: request.url.endswith("/late_u/pdf")) as asked:
        page.get_by_role("button", name="As a PDF").click()
    assert asked.value.method == "POST"
    page.get_by_role("button", name="Save as a new version").first.click()
    expect(page.get_by_role("status").first).to_contain_text("Saved as version 2")

    page.get_by_role("link", name=said("Compare with the one in use: version 1")).click()
    expect(page.locator("ins").first).to_contain_text("A word")
    page.get_by_role("link", name="Back to the editor").click()
    page.get_by_role("button", name=said("Go back to it: version 1")).click()
    expect(page.get_by_role("status").first).to_contain_text("This is now version 3")
    expect(page.get_by_label("Text of paragraph 1", exact=True)).to_have_value(re.compile("I am concerned"))


def test_paragraphs_move_without_losing_what_is_typed(sign_in) -> None:
    desk = sign_in("Headteacher")
    page = desk.open("letters/wordings/register_summary")
    page.get_by_label("Text of paragraph 1", exact=True).fill("First, and typed.")
    page.get_by_role("button", name=said("Down: paragraph 1")).click()
    expect(page.get_by_label("Text of paragraph 2", exact=True)).to_have_value("First, and typed.")
    page.get_by_role("button", name=said("Take out: paragraph 1")).click()
    expect(page.get_by_label("Text of paragraph 1", exact=True)).to_have_value("First, and typed.")
