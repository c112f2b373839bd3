"""The class register in front of a teacher: by keyboard, by thumb, without a network and without scripts."""

import re
import time
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import PERSON, Desk

pytestmark = pytest.mark.browser
KEY_EVERY = 150
"""Milliseconds between two keys of somebody who types without haste."""
TAP_EVERY = 0.8
"""Seconds between two taps of a thumb that looks before it taps."""


@pytest.fixture
def registers(sign_in) -> Iterator[Desk]:
    """The office at its list of registers: it may take any class's, so each journey has a class of its own."""
    return sign_in("School office")


def open_register(desk: Desk, number: int, session: str = "PM") -> Page:
    """A class's register that nobody has sent yet; the number counts classes from the end of the list."""
    page = desk.open("registers")
    column = 1 if session == "AM" else 2
    link = page.locator("tbody tr").nth(-number).get_by_role("link").nth(column - 1)
    page.goto(desk.site.address + link.get_attribute("href"))
    expect(page.get_by_role("button", name="Send the register")).to_be_visible()
    return page


def kept_in(page: Page) -> list[str]:
    """What the tab keeps of registers that are not sent yet."""
    return page.evaluate("Object.entries(sessionStorage).filter(([key]) => key.startsWith('register.')).map(String)")


def open_rows(page: Page) -> list[int]:
    """The places of the rows without a code of the office."""
    locked = page.locator(".register__row").evaluate_all(
        "rows => rows.map((row) => !!row.querySelector('.register__lock'))"
    )
    return [at for at, is_locked in enumerate(locked) if not is_locked]


def keep_answers(page: Page) -> dict[str, str]:
    """Pupil and answer of every checked button."""
    checked = page.locator(".register__choice input:checked")
    return dict(checked.evaluate_all("fields => fields.map((field) => [field.name, field.value])"))


def test_thirty_pupils_two_absent_by_keyboard_alone(registers: Desk, aim) -> None:
    page = open_register(registers, 1)
    rows = page.locator(".register__row")
    size, mine = rows.count(), open_rows(page)
    absent = {mine[len(mine) // 3], mine[2 * len(mine) // 3]}
    pressed = 0

    def press(key: str) -> None:
        nonlocal pressed
        page.keyboard.press(key)
        page.wait_for_timeout(KEY_EVERY)
        pressed += 1

    begun = time.monotonic()
    while page.evaluate("document.activeElement.closest('.register__row') !== null"):
        at = page.evaluate(
            "[...document.querySelectorAll('.register__row')].indexOf(document.activeElement.closest('.register__row'))"
        )
        press("a" if at in absent else "p" if at in mine else "ArrowDown")
        if at == max(absent):
            press("m")
    press("Enter")
    expect(page.locator(".register__sent")).to_contain_text(
        re.compile(rf"{size - 2 - (size - len(mine))} of {size} present, sent \d\d:\d\d by you")
    )
    seconds = time.monotonic() - begun
    expect(page.locator("#state")).to_contain_text("All sent")
    aim(f"keys for {size} pupils, 2 absent: {pressed}; {seconds:.1f} s at {KEY_EVERY} ms a key")
    aim(f"keys for {size} pupils, a letter each: {len(mine) + 1}")
    assert pressed <= size + 2
    assert seconds < 15


def test_thirty_pupils_two_absent_by_thumb(site, browser, aim) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True, **PERSON)
    desk = Desk(site, context.new_page(), "staplehurst", [])
    sign_in_at(desk, "School office")
    page = open_register(desk, 2)
    mine, size = open_rows(page), page.locator(".register__row").count()
    boxes = [row.bounding_box() for row in page.locator(".register__row").all()]
    assert min(box["height"] for box in boxes) >= 44
    assert {choice.bounding_box()["height"] >= 44 for choice in page.locator(".register__choice").all()} == {True}
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    taps = 0

    def tap(place) -> None:
        nonlocal taps
        place.scroll_into_view_if_needed()
        time.sleep(TAP_EVERY)
        place.tap()
        taps += 1

    begun = time.monotonic()
    for at in (mine[len(mine) // 3], mine[2 * len(mine) // 3]):
        tap(page.locator(".register__row").nth(at).locator(".register__choice--A"))
    tap(page.get_by_role("button", name=re.compile(r"Mark \d+ remaining present")))
    tap(page.get_by_role("button", name="Send the register"))
    expect(page.locator(".register__sent")).to_contain_text("present, sent")
    seconds = time.monotonic() - begun
    aim(f"taps for {size} pupils, 2 absent: {taps}; {seconds:.1f} s at {TAP_EVERY} s a tap")
    assert seconds < 30
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    is_sound(page)
    context.close()


def is_sound(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def sign_in_at(desk: Desk, part: str) -> None:
    desk.page.goto(f"{desk.site.address}/")
    desk.page.get_by_label("Email").fill(desk.site.people[("Staplehurst School", part)])
    desk.page.get_by_label("Password").fill(desk.site.password)
    desk.page.get_by_role("button", name="Sign in").click()


def test_a_dropped_network_loses_nothing(registers: Desk, aim) -> None:
    page = open_register(registers, 3)
    size = page.locator(".register__row").count()
    sends: list[Request] = []
    page.on("request", lambda request: sends.append(request) if request.method == "POST" else None)
    first = open_rows(page)[0]
    page.locator(".register__row").nth(first).locator(".register__choice--L").click()
    page.keyboard.type("7m")
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#state")).to_contain_text("not sent yet – waiting for the network")
    # Answers may still change while they wait.
    last = open_rows(page)[-1]
    page.locator(".register__row").nth(last).locator(".register__choice--A").click()
    before = keep_answers(page)
    page.context.set_offline(False)
    expect(page.locator("#state")).to_contain_text("All sent", timeout=20_000)
    assert keep_answers(page) == before
    saved = len(sends)
    page.reload()
    expect(page.locator("#state")).to_contain_text("All sent")
    assert keep_answers(page) == before
    assert page.locator(".register__row").nth(first).locator(".register__minutes input").input_value() == "7"
    # The very same request once more, as a network may repeat it, changes nothing.
    again = page.request.post(
        page.url, data=sends[-1].post_data, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert "Nothing changed." in again.text()
    page.reload()
    assert keep_answers(page) == before
    aim(f"network dropped with {size} answers waiting: all kept, {saved} requests, one register")
    registers.complaints[:] = [each for each in registers.complaints if "ERR_INTERNET_DISCONNECTED" not in each]


def test_answers_not_sent_survive_a_reload(registers: Desk) -> None:
    page = open_register(registers, 4)
    mine = open_rows(page)
    page.keyboard.press("a")
    page.locator(".register__row").nth(mine[1]).locator(".register__choice--L").click()
    page.locator(".register__row").nth(mine[1]).locator(".register__minutes input").fill("12")
    page.locator(".register__row").nth(mine[2]).locator(".register__choice--A").click()
    page.locator(".register__row").nth(mine[2]).get_by_text("Note").click()
    page.keyboard.type("feels sick")
    before = keep_answers(page)
    [stored] = kept_in(page)
    name = page.locator(".register__row").nth(mine[2]).locator("legend strong").inner_text()
    assert name not in stored
    page.reload()
    expect(page.locator("#state")).to_contain_text("3 answers not sent yet")
    assert keep_answers(page) == before
    assert page.locator(".register__row").nth(mine[2]).locator(".register__note input").input_value() == "feels sick"
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Email").wait_for()
    assert kept_in(page) == []


def test_undo_goes_back_step_by_step_and_a_blank_is_not_sent(registers: Desk) -> None:
    page = open_register(registers, 5)
    blank = len(open_rows(page))
    page.keyboard.press("a")
    page.get_by_role("button", name=f"Mark {blank - 1} remaining present").click()
    expect(page.locator("#count")).not_to_contain_text("blank")
    page.keyboard.press("Control+z")
    expect(page.locator("#count")).to_contain_text(f"{blank - 1} still blank")
    expect(page.locator("#undo")).to_contain_text("Undo: Absent")
    page.get_by_role("button", name=re.compile("Undo: Absent")).click()
    expect(page.locator("#count")).to_contain_text(f"{blank} still blank")
    expect(page.locator("#undo")).to_be_hidden()
    page.get_by_role("button", name="Send the register").click()
    expect(page.locator("#count")).to_have_text(f"{blank} pupils have no mark yet.")
    assert page.evaluate("document.activeElement.closest('.register__row').id") == page.locator(
        ".register__row--missing"
    ).first.get_attribute("id")


def test_signed_out_in_the_middle_nothing_is_lost(registers: Desk) -> None:
    page = open_register(registers, 6)
    first = page.locator(".register__row").nth(open_rows(page)[0])
    page.keyboard.press("t")
    page.keyboard.type("feels sick")
    page.keyboard.press("Enter")
    page.keyboard.press("a")
    page.keyboard.press("m")
    before = keep_answers(page)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#state")).to_contain_text("you are signed out. Sign in again in another tab; nothing is lost")
    assert keep_answers(page) == before
    page.context.add_cookies(cookies)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("#state")).to_contain_text("All sent")
    assert keep_answers(page) == before
    assert first.locator(".register__note input").input_value() == "feels sick"
    registers.complaints[:] = [each for each in registers.complaints if "status of 403" not in each]


def test_without_scripts_a_register_is_taken_by_plain_form(site, browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False, **PERSON)
    desk = Desk(site, context.new_page(), "staplehurst", [])
    sign_in_at(desk, "School office")
    page = open_register(desk, 7)
    rows = page.locator(".register__row").all()
    for number, row in enumerate(rows[:-1]):
        row.get_by_role("radio", name="Absent" if number == 3 else "Present").check()
    page.get_by_role("button", name="Send the register").click()
    if rows[-1].locator(".register__lock").count() == 0:
        expect(page.get_by_role("alert")).to_contain_text("1 pupil has no mark yet")
        page.locator(".register__row").last.get_by_role("radio", name="Present").check()
        page.get_by_role("button", name="Send the register").click()
    expect(page.locator(".register__sent")).to_contain_text(re.compile(r"\d+ of \d+ present, sent \d\d:\d\d by you"))
    context.close()


def test_the_offices_code_stands_beside_what_the_teacher_saw(registers: Desk) -> None:
    """In the demonstration the office has marked most of this morning: its code is locked and says where it is from."""
    page = registers.open("registers")
    for link in page.locator("tbody td:nth-child(2) a").all():
        other = page.context.new_page()
        other.goto(registers.site.address + link.get_attribute("href"))
        row = other.locator(".register__row:not([data-present])").filter(has=other.locator(".register__lock")).first
        if row.count():
            break
        other.close()
    lock = row.locator(".register__lock").inner_text()
    assert re.search(r", (office|from a file|leave granted) ", lock)
    row.locator(".register__choice--P").click()
    missing = other.get_by_role("button", name=re.compile("remaining present"))
    if missing.is_visible():
        missing.click()
    other.get_by_role("button", name="Send the register").click()
    expect(other.locator(".notice").first).to_be_visible()
    expect(row.locator(".register__lock")).to_have_text(lock)
    expect(row.get_by_text("You say Present: the office will look")).to_be_visible()
    is_sound(other)
