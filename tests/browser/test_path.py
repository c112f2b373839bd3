"""The whole path, as a school would follow it with its finger: from a mark to a letter, and on to the governors."""

import re
from io import BytesIO

import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from tests.browser.conftest import Desk
from tests.browser.test_register import open_rows

pytestmark = pytest.mark.browser


def test_from_a_mark_to_a_letter(sign_in) -> None:
    absent = teacher_takes_a_register(sign_in("Class teacher"))
    office_recodes(sign_in("School office"), absent)
    flo = sign_in("Family Liaison Officer")
    scan(flo)
    flo_reads_why(flo)
    letter_is_previewed_and_issued(flo)
    head_refuses_leave(sign_in("Headteacher"))
    governor_reads_and_opens_nothing_else(sign_in("Governor"))


def teacher_takes_a_register(desk: Desk) -> str:
    """By keyboard alone: one absent, one ten minutes late, the rest present; returns the absent pupil's surname."""
    page = desk.page
    page.get_by_role("link", name=re.compile("Take the register")).first.click()
    rows = page.locator(".register__row")
    size, mine = rows.count(), open_rows(page)
    assert len(mine) >= 25
    expect(rows.nth(mine[0]).locator(":focus")).to_have_count(1)  # the page is listening
    before = int(page.locator("#count").inner_text().split()[0])
    absent = rows.nth(mine[0]).locator("legend").inner_text()
    page.keyboard.press("a")
    page.keyboard.press("l")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    for _ in range(len(mine) - 2):
        page.keyboard.press("p")
    present = before + len(mine) - 1
    expect(page.locator("#count")).to_have_text(f"{present} of {size} present")
    expect(page.get_by_role("button", name="Send the register")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{present} of {size} present, sent").first).to_be_visible()
    return absent.partition(",")[0]


def office_recodes(desk: Desk, surname: str) -> None:
    """N becomes I by keyboard, with a reason of one key; the chain of entries shows both."""
    page = desk.open("office?show=attention")
    find = page.get_by_label("Find a pupil")
    find.fill(surname)
    cell = page.locator("#grid tbody tr:visible td", has_text="N").first
    cell.click()
    page.keyboard.press("i")
    page.keyboard.press("1")
    expect(page.locator("#said")).to_contain_text("to I")
    cell = page.locator("#grid tbody tr:visible td", has_text=re.compile("^I$")).first
    cell.click()
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog")
    expect(box.get_by_role("row", name=re.compile("^Original N"))).to_be_visible()
    expect(box.get_by_role("row", name=re.compile("^Amendment 1 I Reason established with the family"))).to_be_visible()
    certificate_prints(desk, box)


def certificate_prints(desk: Desk, box: Locator) -> None:
    """From the mark to its pupil's certificate, on paper: the amended session stands in it with its footnote."""
    page = desk.page
    box.get_by_role("link", name=re.compile("pupil", re.IGNORECASE)).first.click()
    page.get_by_role("link", name="Registration certificate").first.click()
    expect(page.get_by_role("heading", name="Registration certificate").first).to_be_visible()
    expect(page.locator("main")).to_contain_text(re.compile("Reason established with the family"))
    page.emulate_media(media="print")
    expect(page.locator(".masthead")).to_be_hidden()
    printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    text = " ".join(sheet.extract_text() for sheet in printed.pages)
    assert "Registration certificate" in text
    assert "Reason established with the family" in text
    assert len(printed.pages) <= 2
    page.emulate_media(media="screen")


def scan(desk: Desk) -> None:
    page = desk.open("flags")
    page.get_by_role("button", name="Scan now").click()
    expect(page.locator(".notice").first).to_be_visible()


def flo_reads_why(desk: Desk) -> None:
    """The list stands by risk; a flag quotes its paragraph and lists the sessions it counted."""
    page = desk.open("flags")
    expect(page.locator("tbody tr").first).to_contain_text("Below 90 %")
    page.locator("tbody tr").first.get_by_role("link", name=re.compile("Below 90 %")).click()
    expect(page.locator("main")).to_contain_text("Timeline of the Staged Approach, third point")
    page = desk.open("flags?stage=Late")
    page.locator("tbody tr").first.get_by_role("link", name=re.compile("Late five times")).click()
    expect(page.locator("main")).to_contain_text("Lateness, fourth paragraph")
    lates = int(re.search(r"Late (\d+) times", page.locator("main").inner_text()).group(1))
    assert lates >= 5
    counted = page.get_by_role("region", name="Sessions counted").locator("tbody tr")
    assert counted.count() == lates


def letter_is_previewed_and_issued(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("button", name="Write the letter").first.click()
    expect(page.locator("article.paper")).to_contain_text("Dear")
    page.get_by_role("button", name="Issue", exact=True).click()
    expect(page.locator("main")).to_contain_text("SHA-256")
    link = page.get_by_role("link", name="Open the file that was issued").get_attribute("href")
    response = page.request.get(f"{desk.site.address}{link}")
    assert response.headers["content-type"] == "application/pdf"
    assert response.body().startswith(b"%PDF-")
    assert "no-store" in response.headers["cache-control"]


def head_refuses_leave(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name=re.compile("leave requests to decide")).click()
    page.get_by_role("row").filter(has_text="Holiday").get_by_role("link", name=re.compile("Decide")).last.click()
    expect(page.get_by_text("If refused and taken").first).to_be_visible()
    page.get_by_role("radio", name="Refuse").check()
    page.get_by_label("Your reasons").fill("A holiday is not an exceptional circumstance.")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("Decided: refused.")).to_be_visible()
    page.get_by_role("link", name="The decision in writing").first.click()
    expect(page.locator("article.paper")).to_contain_text("leave")


def governor_reads_and_opens_nothing_else(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("link", name=re.compile("The termly attendance report")).click()
    expect(page.get_by_role("heading", name=re.compile("Governors’ report"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Attendance by school week"))).to_be_visible()
    for path in ("registers", "office", "pupils", "pupils/1", "flags", "letters", "leave", "unexplained", "scans"):
        assert status(page, desk, path) == 403, path
    assert status(page, desk, "", school="carlton-road") == 404


def status(page: Page, desk: Desk, path: str, school: str = "") -> int:
    return page.request.get(f"{desk.site.address}/s/{school or desk.school}/{path}").status


def test_another_school_applies_its_own_policy(sign_in) -> None:
    desk = sign_in("Family Liaison Officer", "Carlton Road Academy")
    page = desk.open("flags")
    expect(page.locator("tbody")).to_contain_text("Persistently absent")
    expect(page.locator("tbody")).to_contain_text("In danger")
    expect(page.locator("tbody")).not_to_contain_text("Below 90 %")


def test_a_register_can_be_taken_by_thumb(sign_in) -> None:
    """At 390 px: nothing scrolls sideways, answers are large enough, the rest is marked present and undone."""
    desk = sign_in("Class teacher", "Carlton Road Academy", width=390)
    page = desk.page
    page.get_by_role("link", name=re.compile("Take the register")).first.click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = page.locator(".register__choice").first.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    # Somebody may have a code of the office already; which of the class it is differs from day to day.
    size, mine = page.locator(".register__row").count(), open_rows(page)
    before = int(page.locator("#count").inner_text().split()[0])
    page.locator(".register__row").nth(mine[0]).locator(".register__choice--A").click()
    page.get_by_role("button", name=f"Mark {len(mine) - 1} remaining present").click()
    expect(page.locator("#count")).to_have_text(f"{before + len(mine) - 1} of {size} present")
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(page.locator("#count")).to_contain_text("still blank")
    page.get_by_role("button", name="Send the register").click()
    expect(page.locator("#count")).to_contain_text("have no mark yet")
