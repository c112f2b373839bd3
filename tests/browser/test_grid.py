"""The office grid by keyboard alone: codes, fills, undo, clashes and the chain behind a mark; and how fast it is."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser

WEEKS = "office?span=fortnight"
IS_UP = """() => new Promise((done) => {
  const two = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  document.readyState === "complete" ? two() : window.addEventListener("load", two);
})"""


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1


PLAIN_MORNING = """(number) => {
  const rows = [...document.querySelectorAll("#grid tbody tr")].slice(0, number);
  const plain = (column) => rows.every((row) => row.cells[column + 1].textContent === "/");
  return [...Array(20).keys()].find((column) => column % 2 === 0 && plain(column)) ?? -1;
}"""


@dataclass
class Class:
    """Two weeks of one class, with the focus at the head of a morning on which the first pupils were present."""

    page: Page
    column: int

    def home(self) -> None:
        self.page.keyboard.press("Control+Home")
        for _ in range(self.column):
            self.page.keyboard.press("ArrowRight")
        expect(self.cell(0)).to_be_focused()

    def cell(self, row: int) -> Locator:
        return self.page.locator("#grid tbody tr").nth(row).locator("td").nth(self.column)


def open_class(desk: Desk, place: int, number: int = 2) -> tuple[Page, Class]:
    page = desk.open(WEEKS)
    key = page.locator("#group option").nth(place).get_attribute("value")
    page = desk.open(f"{WEEKS}&group={key}")
    expect(page.locator("#tools")).to_be_visible()
    found = Class(page, page.evaluate(PLAIN_MORNING, number))
    assert found.column >= 0, "no morning with so many present"
    found.home()
    return page, found


def said(page: Page) -> Locator:
    return page.locator("#said")


def make_unexplained(shown: Class, number: int) -> None:
    """The first pupils' morning becomes N, by a fill that is previewed and given a reason."""
    page = shown.page
    for _ in range(number - 1):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("n")
    box = page.get_by_role("dialog", name="Fill with a code")
    expect(box.get_by_label("Code")).to_be_focused()
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(box.get_by_role("status")).to_contain_text(f"{number} are changed to N")
    page.keyboard.press("Tab")
    page.keyboard.type("Marked in error")
    page.keyboard.press("Enter")
    for row in range(number):
        expect(shown.cell(row)).to_have_text("N")
    page.keyboard.press("Escape")
    shown.home()


def test_ten_unexplained_sessions_become_illness(sign_in, aim) -> None:
    page, shown = open_class(sign_in("School office"), 1, 10)
    make_unexplained(shown, 10)
    keys = Keys(page)
    keys.press("i", "1", *"i" * 9)
    for row in range(10):
        expect(shown.cell(row)).to_have_text("I")
    expect(said(page)).to_contain_text("to I")
    expect(page.locator("td.saving")).to_have_count(0)
    aim(f"ten Ns to I: {keys.pressed} keys, the reason included")
    page.reload()
    assert [shown.cell(row).inner_text() for row in range(10)] == ["I"] * 10


def test_undo_is_named_and_several_steps_deep(sign_in) -> None:
    page, shown = open_class(sign_in("School office"), 2)
    make_unexplained(shown, 2)
    keys = Keys(page)
    keys.press("i", "1", "o", "3")
    undo = page.locator("#undo")
    expect(undo).to_have_text(re.compile(r"^Undo: .+ to O$"))
    keys.press("Control+z")
    expect(shown.cell(1)).to_have_text("N")
    expect(undo).to_have_text(re.compile(r"^Undo: .+ to I$"))
    keys.press("Control+z")
    expect(shown.cell(0)).to_have_text("N")
    expect(undo).to_have_text(re.compile(r"^Undo: 2 marks in .+ to N$"))


def test_a_blank_cannot_come_back_and_undo_says_so(sign_in) -> None:
    """A planned code for a coming day fills blanks without a reason; N cannot stand there, and the page says why."""
    desk = sign_in("School office")
    page = desk.open("office?span=week")
    page.get_by_role("link", name="Later →").click()
    expect(page.locator("#tools")).to_be_visible()
    blank = page.locator("#grid td:not(.x):empty").first
    blank.click()
    page.keyboard.press("m")
    expect(said(page)).to_contain_text("Saved")
    page.keyboard.press("Control+z")
    box = page.get_by_role("dialog", name=re.compile("^Undo"))
    expect(box).to_contain_text("cannot be blank again")
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_contain_text("N cannot be entered before the day")
    page.keyboard.press("ArrowUp")
    Keys(page).press("i", "3")
    expect(page.locator("#trouble")).to_contain_text("I cannot be entered before the day")


def test_fill_down_previews_and_fills_blanks(sign_in) -> None:
    """A visit is planned for three pupils: the first is typed, the rest filled; who is marked already stays."""
    desk = sign_in("School office")
    page = desk.open("office?span=week")
    page.get_by_role("link", name="Later →").click()
    expect(page.locator("#tools")).to_be_visible()
    keys = Keys(page)
    keys.press("Control+End", "ArrowUp", "ArrowUp", "v")
    expect(said(page)).to_contain_text("to V")
    keys.press("ArrowUp", "Shift+ArrowDown", "Shift+ArrowDown", "Control+d")
    box = page.get_by_role("dialog", name="Fill with a code")
    expect(box.get_by_label("Code")).to_have_value("V")
    expect(box.get_by_role("status")).to_have_text("2 blank become V.")
    keys.press("Enter")
    expect(said(page)).to_contain_text("Saved: 2 marks in 2 pupils")
    last = page.locator("#grid tbody tr td:last-child")
    for row in (-3, -2, -1):
        expect(last.nth(row)).to_have_text("V")


def test_fill_right_takes_each_rows_own_code(sign_in) -> None:
    desk = sign_in("School office")
    page = desk.open("office?span=week")
    page.get_by_role("link", name="Later →").click()
    expect(page.locator("#tools")).to_be_visible()
    keys = Keys(page)
    keys.press("Control+Home", "m", "b")
    page.get_by_role("dialog", name="B needs a note").get_by_role("textbox").fill("A college day")
    keys.press("Enter")
    expect(said(page)).to_contain_text("to B")
    keys.press("Control+Home", "Shift+ArrowDown", "Shift+ArrowRight", "Control+r")
    box = page.get_by_role("dialog", name="Fill with a code")
    expect(box.get_by_label("Code")).to_have_value("M")
    expect(box.get_by_role("status")).to_have_text("1 blank become M.")
    keys.press("Enter")
    expect(box.get_by_label("Code")).to_have_value("B")
    expect(box.get_by_role("status")).to_have_text("1 blank become B.")
    box.get_by_role("textbox", name="Note").fill("A college day")
    keys.press("Enter")
    rows = page.locator("#grid tbody tr")
    for row, code in enumerate("MB"):
        expect(rows.nth(row).locator("td").nth(1)).to_have_text(code)


def test_the_numbers_above_the_grid_fall_while_one_types(sign_in) -> None:
    page, shown = open_class(sign_in("School office"), 4, 3)
    number = page.locator("[data-count=unexplained]")
    before = int(number.inner_text())
    make_unexplained(shown, 3)
    expect(number).to_have_text(str(before + 3))
    Keys(page).press("i", "1")
    expect(number).to_have_text(str(before + 2))
    page.reload()
    expect(number).to_have_text(str(before + 2))


def test_codes_of_two_characters_wait_for_their_digit(sign_in) -> None:
    page, shown = open_class(sign_in("School office"), 3)
    keys = Keys(page)
    keys.press("y")
    expect(shown.cell(0)).to_have_text("Y_")
    keys.press("6", "5")
    expect(shown.cell(0)).to_have_text("Y6")
    expect(shown.cell(1)).to_be_focused()
    keys.press("y", "Escape")
    expect(shown.cell(1)).not_to_have_text("Y_")


def test_an_arrival_makes_the_code_and_says_why(sign_in) -> None:
    page, shown = open_class(sign_in("School office"), 4)
    keys = Keys(page)
    keys.press("l", *"0921", "Enter", "2")
    expect(shown.cell(0)).to_have_text("U")
    expect(said(page)).to_contain_text("to U. 09:21 is after the register closed at 09:20, so U")


def test_a_stale_write_shows_both_values_and_asks(sign_in) -> None:
    clerk, head = sign_in("School office"), sign_in("Headteacher")
    mine, shown = open_class(clerk, 5)
    theirs, _ = open_class(head, 5)
    Keys(theirs).press("m", "4")
    expect(said(theirs)).to_contain_text("to M")
    Keys(mine).press("o", "3")
    box = mine.get_by_role("dialog", name="Somebody changed this mark meanwhile")
    expect(box).to_contain_text("Keep theirs: M")
    expect(box).to_contain_text("Appointment confirmed")
    expect(box).to_contain_text("Make it mine: O")
    mine.keyboard.press("Escape")
    expect(shown.cell(0)).to_have_text("M")
    mine.keyboard.press("ArrowUp")
    Keys(theirs).press("ArrowUp", "g", "3")
    expect(said(theirs)).to_contain_text("to G")
    Keys(mine).press("o")
    expect(box).to_contain_text("Keep theirs: G")
    Keys(mine).press("Tab", "Enter")
    expect(shown.cell(0)).to_have_text("O")
    expect(mine.locator("td.saving")).to_have_count(0)
    mine.reload()
    expect(shown.cell(0)).to_have_text("O")


def test_the_detail_shows_the_whole_chain_and_escape_returns(sign_in) -> None:
    page, shown = open_class(sign_in("School office"), 6)
    keys = Keys(page)
    keys.press("m", "4", "ArrowUp")
    expect(said(page)).to_contain_text("to M")
    keys.press("F2")
    box = page.get_by_role("dialog")
    expect(box.get_by_role("row", name=re.compile("^Original"))).to_be_visible()
    expect(box.get_by_role("row", name=re.compile(r"^Amendment \d+ M Appointment confirmed"))).to_be_visible()
    box.get_by_label("Note").fill("Dentist, 10:15")
    box.get_by_label("Why it is changed").fill("The card was shown")
    keys.press("Enter")
    expect(shown.cell(0)).to_have_class(re.compile("note"))
    expect(shown.cell(0)).to_be_focused()
    keys.press("Enter")
    expect(box).to_contain_text("Dentist, 10:15")
    keys.press("Escape")
    expect(box).not_to_be_visible()
    expect(shown.cell(0)).to_be_focused()


def test_a_lost_network_loses_nothing(sign_in) -> None:
    desk = sign_in("School office")
    page, shown = open_class(desk, 7)
    keys = Keys(page)
    page.context.set_offline(True)
    keys.press("g", "3")
    expect(page.locator("#trouble")).to_contain_text("1 mark is not saved")
    expect(shown.cell(0)).to_have_class("unsaved")
    page.context.set_offline(False)
    expect(said(page)).to_contain_text("to G")
    expect(page.locator("#trouble")).to_be_empty()
    desk.complaints[:] = [words for words in desk.complaints if "ERR_INTERNET_DISCONNECTED" not in words]


def test_one_tab_stop_and_names_that_stay(sign_in) -> None:
    page, _ = open_class(sign_in("School office"), 1)
    assert page.locator("#grid [tabindex='0']").count() == 1
    page.keyboard.press("End")
    expect(page.locator("#grid td:focus")).to_be_in_viewport()
    first = page.locator("#grid tbody th").first
    expect(first).to_be_in_viewport()
    page.keyboard.press("Control+End")
    expect(page.locator("#grid thead th").first).to_be_in_viewport()


def test_the_whole_school_for_two_weeks_is_painted_at_once(sign_in, aim) -> None:
    """Printed, not asserted: a machine that does other things is slower."""
    desk = sign_in("School office")
    times = []
    for _ in range(4):
        page = desk.open(WEEKS)
        times.append(page.evaluate(IS_UP))
    served = page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
    rows, cells = page.locator("#grid tbody tr").count(), page.locator("#grid td").count()
    assert rows > 400
    aim(
        f"{rows} pupils, {cells} cells: painted in {min(times):.0f} ms at best, {sorted(times)[2]:.0f} ms in the middle"
    )
    aim(f"of which the page was {served:.0f} ms on its way")
