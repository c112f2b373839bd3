"""The demonstration as anybody starts it, in a folder of its own, and Chromium in front of it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_BUILD = 300
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
SCHOOL = "Staplehurst School"
SCREEN: ViewportSize = {"width": 1280, "height": 900}
# A button half-way between two colours is no state of the page, and a scan for contrast that falls there finds a fault.
PERSON = {"locale": "en-GB", "reduced_motion": "reduce"}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # With it, closing a tab while its page is being exchanged is acknowledged and never done: the run hangs for ever.
    "--disable-features=RenderDocument,Translate,MediaRouter,OptimizationHints,HttpsUpgrades",
]


@dataclass(frozen=True)
class Site:
    """A running demonstration: its address, the password, and who signs in for each part of each school."""

    address: str
    password: str
    people: dict[tuple[str, str], str]
    data: Path
    """Where it keeps its database and files."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("demonstration")
    log = folder / "log"
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port)],
            cwd=ROOT,
            env=environment | {"DATA_DIR": str(folder / "data")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _ready(process, log, port)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _ready(process: subprocess.Popen[bytes], log: Path, port: int) -> Site:
    end = time.monotonic() + SECONDS_TO_BUILD
    while "Ctrl-C stops the site" not in (text := log.read_text()):
        assert process.poll() is None, text
        assert time.monotonic() < end, text
        time.sleep(0.5)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.2)
    password = re.search(r"password\s+(\S+)", text)
    assert password
    people, school = {}, ""
    for line in text.splitlines():
        if found := re.match(r"^ {4}(\S.*?)\s{2,}(\S+@\S+)$", line):
            people[(school, found[1])] = found[2]
        elif found := re.match(r"^ {2}(\S.*)$", line):
            school = found[1]
    return Site(f"http://127.0.0.1:{port}", password[1], people, log.parent / "data")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@dataclass
class Desk:
    """Somebody signed in at a screen."""

    site: Site
    page: Page
    school: str
    complaints: list[str]

    def open(self, path: str) -> Page:
        """Open a page of the school, or with a path that begins with / one that stands outside any school."""
        self.page.goto(self.site.address + (path if path.startswith("/") else f"/s/{self.school}/{path}"))
        return self.page


def is_complaint(message: ConsoleMessage) -> bool:
    """An error in the console; that the site refused something on purpose (422) is none."""
    return message.type == "error" and "status of 422" not in message.text


def take_seat(site: Site, context: BrowserContext, school: str) -> Desk:
    """A new page at which whatever the browser complains of is written down."""
    page = context.new_page()
    desk = Desk(site, page, school.split()[0].lower() if "Road" not in school else "carlton-road", [])
    page.on("console", lambda message: desk.complaints.append(message.text) if is_complaint(message) else None)
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    return desk


def type_in(desk: Desk, part: str, school: str) -> None:
    """Sign in with the password that everybody in the demonstration has."""
    page = desk.page
    page.goto(f"{desk.site.address}/")
    page.get_by_label("Email").fill(desk.site.people[(school, part)])
    page.get_by_label("Password").fill(desk.site.password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def sign_in(site: Site, browser: Browser):
    """Sign somebody in at a screen of some size; whatever the browser complains of fails the test."""
    desks: list[Desk] = []

    def sit_down(part: str, school: str = SCHOOL, width: int = 1280) -> Desk:
        context = browser.new_context(viewport={"width": width, "height": 900}, **PERSON)
        desk = take_seat(site, context, school)
        type_in(desk, part, school)
        desks.append(desk)
        return desk

    yield sit_down
    for desk in desks:
        desk.page.context.close()
        assert desk.complaints == []


@pytest.fixture(scope="module")
def rooms(site: Site, browser: Browser):
    """A room for each part, in which somebody has signed in once and every page is opened in the same tab."""
    desks: dict[str, Desk] = {}

    def room(part: str) -> Desk:
        if part not in desks:
            desks[part] = take_seat(site, browser.new_context(viewport=SCREEN, **PERSON), SCHOOL)
            if part:
                type_in(desks[part], part, SCHOOL)
        return desks[part]

    yield room
    for desk in desks.values():
        desk.page.context.close()


@pytest.fixture
def visit(rooms):
    """Sit down in a part's room (nobody's is ""); whatever the browser complains of fails the test."""
    desks: list[Desk] = []

    def sit_down(part: str) -> Desk:
        desk = rooms(part)
        desk.page.set_viewport_size(SCREEN)
        desk.complaints.clear()
        desks.append(desk)
        return desk

    yield sit_down
    for desk in desks:
        desk.page.goto("about:blank")
        assert desk.complaints == []


@pytest.fixture
def aim(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a measured figure of the product's aims where a reader of the run sees it."""

    def tell(words: str) -> None:
        with capsys.disabled():
            print(f"\nAIM {words}")  # noqa: T201

    return tell
