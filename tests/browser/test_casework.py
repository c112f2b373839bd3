"""The officer's journey: from a flag to its case, a meeting with a target, and the review the register answers."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREEN, Desk
from tests.browser.test_pages import is_sound

pytestmark = pytest.mark.browser


def test_from_a_flag_to_a_meeting_to_its_review(sign_in) -> None:
    desk = sign_in("Family Liaison Officer")
    takes_a_flag_up(desk)
    works_in_the_case(desk)
    today = plans_a_meeting(desk)
    says_what_came_of_it(desk, today)
    reviews_it(desk)


def look_it_over(page: Page) -> None:
    """The page is sound, and wide again: below a tablet's width a table's rows are blocks."""
    is_sound(page)
    page.set_viewport_size(SCREEN)


def takes_a_flag_up(desk: Desk) -> None:
    """By keyboard: the button of the first flag that nobody has taken up."""
    page = desk.open("flags?due=today")
    button = page.get_by_role("button", name=re.compile("^Take up")).first
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What to do now")).to_be_visible()


def works_in_the_case(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("textbox", name="Note", exact=True).fill("Dad rang back; the bus has been late all week.")
    page.get_by_role("button", name="Write", exact=True).click()
    expect(page.get_by_text("Dad rang back")).to_be_visible()
    page.get_by_label("What is to be done").fill("Ask the bus company")
    page.get_by_role("button", name="Set", exact=True).click()
    row = page.get_by_role("row").filter(has_text="Ask the bus company")
    row.get_by_role("textbox").fill("They have a new driver.")
    row.get_by_role("button", name="Done").click()
    expect(page.get_by_text("1 task settled")).to_be_visible()
    look_it_over(page)


def plans_a_meeting(desk: Desk) -> date:
    """For the school's own today, which the demonstration says in its banner or the machine's clock."""
    page = desk.page
    page.get_by_role("link", name="Plan a meeting").click()
    day = today_of(desk)
    page.get_by_label("Day").fill(day.isoformat())
    page.get_by_label("Time").fill("15:20")
    page.get_by_label("Who is to come").fill("Mum")
    look_it_over(page)
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_role("heading", name="Formal late meeting")).to_be_visible()
    return day


def today_of(desk: Desk) -> date:
    """The day the lists of the site are about."""
    link = desk.page.request.get(f"{desk.site.address}/s/{desk.school}/flags/improved").text()
    found = re.search(r"To (\d+) (\w+) (\d{4})\.", link)
    assert found
    return datetime.strptime(" ".join(found.groups()), "%d %B %Y").replace(tzinfo=UTC).date()


def says_what_came_of_it(desk: Desk, today: date) -> None:
    page = desk.page
    page.get_by_role("radio", name="Held").check()
    page.get_by_label("Minutes").fill("Two weeks of earlier nights.")
    page.get_by_label("Target: attendance in per cent").fill("95")
    page.get_by_label("Review on").fill((today + timedelta(days=14)).isoformat())
    page.get_by_role("textbox", name="Action", exact=True).first.fill("A place at breakfast club")
    look_it_over(page)
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("A place at breakfast club")).to_be_visible()
    expect(page.get_by_text("comes back to the desk that day")).to_be_visible()


def reviews_it(desk: Desk) -> None:
    """The result is the register's; what follows from it is the officer's."""
    page = desk.page
    page.get_by_label("What follows").fill("Another meeting in the spring.")
    page.get_by_role("button", name="Close the review").click()
    expect(page.get_by_role("heading", name="What to do now")).to_be_visible()
    row = page.get_by_role("region", name="Meetings").get_by_role("row").nth(1)
    expect(row).to_contain_text("Reviewed")
    expect(row).to_contain_text("The target is 95 %; no session was possible yet.")


def test_a_flag_is_snoozed_and_comes_back(sign_in) -> None:
    desk = sign_in("Family Liaison Officer", "Carlton Road Academy")
    page = desk.open("flags?due=today")
    page.get_by_role("row").nth(1).get_by_role("link").filter(has_text=re.compile("absent|danger", re.I)).first.click()
    name = page.get_by_role("heading", level=1).inner_text().partition(":")[0]
    page.get_by_label("Back on").fill((today_of(desk) + timedelta(days=10)).isoformat())
    page.get_by_role("textbox", name="Why").fill(f"{name} is at a funeral abroad.")
    page.get_by_role("button", name="Put aside", exact=True).click()
    page.get_by_role("link", name=re.compile("Put aside")).click()
    row = page.get_by_role("row").filter(has_text=f"{name} is at a funeral abroad.")
    expect(row).to_be_visible()
    look_it_over(page)
    row.get_by_role("button", name=re.compile(f"Bring back.*{name}")).click()
    expect(page.get_by_text("Back on the desk.")).to_be_visible()


def test_several_pupils_are_ticked_and_written_to(sign_in) -> None:
    desk = sign_in("Family Liaison Officer", "Carlton Road Academy")
    page = desk.open("flags")
    boxes = page.locator("input[name=pupil]")
    for number in range(10):
        boxes.nth(number).check()
    page.get_by_label("For those ticked").select_option(index=0)
    page.get_by_role("button", name="Write the letters").click()
    expect(page).to_have_url(re.compile(r"/letters/batches/\d+"))
