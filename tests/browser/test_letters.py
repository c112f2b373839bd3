"""Letters on the screen: a changed mark behind one, and forty at once from choice to one file for the printer."""

import re
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser
MINUTES = 4 * 60_000


def test_a_letter_whose_mark_is_amended_says_so(sign_in) -> None:
    lead = sign_in("Attendance lead")
    name, address = draft_and_issue(lead)
    amend_a_mark_of(lead, name)
    page = lead.page
    page.goto(address)
    warning = page.get_by_role("region", name="Figures have changed")
    expect(warning).to_contain_text("stands as it was sent")
    expect(warning.get_by_role("row", name=re.compile("Attendance"))).to_be_visible()
    lead.open("letters")
    expect(page.get_by_role("row").filter(has_text=name).first).to_contain_text("Figures have changed")


def draft_and_issue(desk: Desk) -> tuple[str, str]:
    """A summary about the first pupil of the list, read, issued and marked as posted; the name, and its address."""
    page = desk.open("pupils")
    page.locator("tbody tr").first.get_by_role("link").first.click()
    name = page.get_by_role("heading", level=1).inner_text().split("\n")[0]
    writing = page.get_by_role("region", name="Write a letter")
    writing.get_by_label("Letter", exact=True).select_option(label="Summary of attendance")
    writing.get_by_role("button", name="Draft it").click()
    expect(page.locator("article.paper")).to_contain_text("Dear")
    page.get_by_role("button", name="Issue", exact=True).click()
    expect(page.locator("main")).to_contain_text("SHA-256", timeout=60_000)
    page.get_by_role("button", name="It went").click()
    expect(page.get_by_role("status").first).to_contain_text("1 sent on")
    page.go_back()
    return name, page.url


def amend_a_mark_of(desk: Desk, name: str) -> None:
    page = desk.open("office?span=week")
    page.get_by_label("Find a pupil").fill(name.split()[-1])
    row = page.locator("#grid tbody tr:visible").filter(has_text=name.split()[0])
    cell = row.locator("td", has_text=re.compile(r"^[/\\]$")).first
    cell.click()
    page.keyboard.press("i")
    page.keyboard.press("1")
    expect(page.locator("#said")).to_contain_text("to I")


def test_forty_letters_from_choice_to_one_file(sign_in) -> None:
    desk = sign_in("Attendance lead")
    page = desk.open("letters/batches/new")
    choose_forty(page)
    expect(page.get_by_role("button", name="Approve and issue all")).to_be_visible(timeout=MINUTES)
    leave_one_out(page)
    preview_one(page)
    page.get_by_label("Printed on both sides: begin each letter on a new sheet").check()
    page.get_by_role("button", name="Approve and issue all").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    link = page.get_by_role("link", name="Open the file for the printer")
    expect(link).to_be_visible(timeout=MINUTES)
    check_the_file(desk, link.get_attribute("href") or "")
    page.get_by_role("button", name="It went").click()
    expect(page.get_by_text("All of them went.")).to_be_visible()


def choose_forty(page: Page) -> None:
    page.get_by_label("Whose pupils").select_option(label="The whole school")
    page.get_by_role("button", name="Show them").click()
    boxes = page.locator("input[name=pupil]")
    for number in range(40):
        boxes.nth(number * 3).check()
    page.get_by_label("Which letter").select_option(label="Summary of attendance")
    page.get_by_role("button", name="Draft the letters").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Summary of attendance")


def leave_one_out(page: Page) -> None:
    page.get_by_label(re.compile("^Leave out ")).first.check()
    page.get_by_role("button", name="Leave the ticked ones out").click()
    expect(page.get_by_role("heading", name="Left out (1)")).to_be_visible()


def preview_one(page: Page) -> None:
    page.get_by_role("link", name=re.compile(r"^Look\b")).first.click()
    expect(page.locator("article.paper")).to_contain_text("Dear")
    page.go_back()


def check_the_file(desk: Desk, href: str) -> None:
    response = desk.page.request.get(f"{desk.site.address}{href}")
    sheets = PdfReader(BytesIO(response.body())).pages
    assert len(sheets) % 2 == 0
    beginnings = [number for number, sheet in enumerate(sheets) if "Dear " in sheet.extract_text()]
    assert len(beginnings) >= 30
    assert all(number % 2 == 0 for number in beginnings)
    listed = desk.page.request.get(
        desk.site.address + (desk.page.get_by_role("link", name="CSV").get_attribute("href") or "")
    )
    assert len(listed.text().splitlines()) == len(beginnings) + 1
