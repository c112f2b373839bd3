"""Every page as its people see it: no accessibility violation, nothing too wide, no error in the console."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from registers.rules import upn
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser

NOBODY, TEACHER, OFFICE, FLO = "", "Class teacher", "School office", "Family Liaison Officer"
LEAD, HEAD, GOVERNOR = "Attendance lead", "Headteacher", "Governor"
ADMINISTRATOR, TRUST = "System administrator", "Trust officer"

PAGES = [
    (NOBODY, "/sign-in"),
    (NOBODY, "/forgotten"),
    (TEACHER, ""),
    (TEACHER, "registers"),
    (TEACHER, "registers/{class}/AM"),
    (TEACHER, "registers/{class}/PM"),
    (TEACHER, "classes/{class}/colours"),
    (TEACHER, "calendar"),
    (TEACHER, "/account"),
    (TEACHER, "/account/password"),
    (TEACHER, "/account/again"),
    (OFFICE, ""),
    (OFFICE, "registers"),
    (OFFICE, "registers/sheet"),
    (OFFICE, "office"),
    (OFFICE, "office?span=week&show=attention"),
    (OFFICE, "door"),
    (OFFICE, "missing"),
    (OFFICE, "on-site"),
    (OFFICE, "disagreements"),
    (OFFICE, "disagreements?days=today"),
    (OFFICE, "marks/{mark}"),
    (OFFICE, "pupils"),
    (OFFICE, "pupils/new"),
    (OFFICE, "pupils/20"),
    (OFFICE, "pupils/20/edit"),
    (OFFICE, "pupils/20/class"),
    (OFFICE, "pupils/20/leave-roll"),
    (OFFICE, "pupils/20/history"),
    (OFFICE, "pupils/20/contacts/new"),
    (OFFICE, "contacts/{contact}"),
    (OFFICE, "pupils/20/certificate"),
    (OFFICE, "pupils/20/arrangements/new"),
    (OFFICE, "pupils/20/arrangements/new?kind=part-time"),
    (OFFICE, "pupils/20/arrangements/new?kind=dual"),
    (OFFICE, "pupils/20/arrangements/new?kind=suspension"),
    (OFFICE, "pupils/20/arrangements/new?kind=appointments"),
    (OFFICE, "arrangements"),
    (OFFICE, "arrangements/{arrangement}"),
    (OFFICE, "illness"),
    (OFFICE, "leavers"),
    (OFFICE, "{leaver}"),
    (HEAD, "arrangements/{agreeing}"),
    (HEAD, "illness"),
    (FLO, "support"),
    (FLO, "support/{plan}"),
    (FLO, "pupils/20/support/new"),
    (OFFICE, "pupils/20/reasons/new"),
    (OFFICE, "pupils/20/leave/new"),
    (OFFICE, "pupils/20/contact"),
    (OFFICE, "first-day"),
    (OFFICE, "unexplained"),
    (OFFICE, "deadlines"),
    (OFFICE, "{deadline}"),
    (OFFICE, "leave"),
    (OFFICE, "leave/missed"),
    (OFFICE, "leave/links"),
    (OFFICE, "leave/links/1"),
    (OFFICE, "leave/1/evidence"),
    (OFFICE, "pupils/20/leave/link"),
    (OFFICE, "imports"),
    (OFFICE, "exports"),
    (OFFICE, "closures"),
    (OFFICE, "closures/new"),
    (OFFICE, "figures"),
    (OFFICE, "figures/classes"),
    (OFFICE, "figures/colours"),
    (FLO, ""),
    (FLO, "pupils/20"),
    (FLO, "pupils/20/sensitive"),
    (FLO, "flags"),
    (FLO, "flags/1"),
    (FLO, "flags/aside"),
    (FLO, "flags/improved"),
    (FLO, "flags/meeting-list"),
    (FLO, "pupils/20/year"),
    (FLO, "cases/{case}"),
    (FLO, "cases/{case}/meeting"),
    (FLO, "cases/{case}/referral"),
    (FLO, "meetings/{meeting}"),
    (FLO, "scans"),
    (LEAD, ""),
    (LEAD, "figures?by=class"),
    (LEAD, "deadlines/rules"),
    (HEAD, ""),
    (HEAD, "leave/1"),
    (HEAD, "leave/3"),
    (HEAD, "leave/8"),
    (HEAD, "leave/11"),
    (HEAD, "leave/rules"),
    (HEAD, "letters"),
    (HEAD, "letters/wordings"),
    (HEAD, "letters/wordings/late_l"),
    (HEAD, "letters/wordings/percentage/compare"),
    (HEAD, "letters/letterhead"),
    (FLO, "pupils/20/letters/new"),
    (FLO, "pupils/20/letters/new?kind=holiday_as_illness"),
    (HEAD, "settings"),
    (HEAD, "calendar"),
    (HEAD, "calendar/terms/new"),
    (HEAD, "calendar/terms/{term}"),
    (HEAD, "calendar/closures/new"),
    (HEAD, "calendar/closures/{closure}"),
    (HEAD, "people"),
    (HEAD, "people/invite"),
    (HEAD, "people/{person}"),
    (HEAD, "people/{person}/parts/new"),
    (HEAD, "people/{person}/classes/new"),
    (HEAD, "people/parts/{part}/move"),
    (HEAD, "people/parts/{part}/end"),
    (HEAD, "people/classes/{place}/end"),
    (ADMINISTRATOR, ""),
    (ADMINISTRATOR, "calendar/import"),
    (ADMINISTRATOR, "settings/copies"),
    (ADMINISTRATOR, "settings/security"),
    (ADMINISTRATOR, "people/sign-ins"),
    (ADMINISTRATOR, "people/{person}/second-step"),
    (GOVERNOR, ""),
    (GOVERNOR, "governors"),
    (TRUST, "/trust"),
    (TRUST, "governors"),
]

FOUND = {
    "class": ("registers", r"/registers/(\d+)/AM"),
    "mark": ("disagreements", r"/marks/(\d+)"),
    "case": ("flags", r"/cases/(\d+)"),
    "meeting": ("cases/1", r"/meetings/(\d+)"),
    "contact": ("pupils/20", r"/contacts/(\d+)"),
    "deadline": ("deadlines", r"/(deadlines/\d+/[a-z-]+/\d{4}-\d\d-\d\d)\""),
    "arrangement": ("arrangements?kind=suspension", r"/arrangements/(\d+)\""),
    "agreeing": (
        "arrangements?kind=part-time",
        r"/arrangements/(\d+)\">Part-time timetable<[^>]*>[^<]*<[^>]*><[^>]*> <span[^>]*>Being",
    ),
    "leaver": ("leavers", r"/(leavers/\d+)\""),
    "plan": ("support", r"/support/(\d+)\""),
    "term": ("calendar", r"/calendar/terms/(\d+)"),
    "closure": ("calendar", r"/calendar/closures/(\d+)"),
    "person": ("people", r"/people/(\d+)\"[^>]*>[^<]*</a>(?:(?!</tr>).)*Class teacher"),
    "part": ("people/{person}", r"/people/parts/(\d+)/move"),
    "place": ("people/{person}", r"/people/classes/(\d+)/end"),
}
"""Where the number in an address comes from: a page that links there, and the link."""

WIDTHS = (768, 390)


@pytest.mark.parametrize(("part", "path"), PAGES, ids=[f"{part or 'Nobody'}: {path or 'home'}" for part, path in PAGES])
def test_a_page_is_sound(part: str, path: str, visit) -> None:
    desk = visit(part)
    address = found(desk, path)
    page = desk.open(address)
    assert page.url.endswith(address), "sent elsewhere"
    assert page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus") == 200
    is_sound(page)


def found(desk: Desk, path: str) -> str:
    """An address with the numbers of rows that the demonstration's own pages link to."""
    for name in re.findall(r"{(\w+)}", path):
        page, link = FOUND[name]
        match = re.search(link, desk.open(found(desk, page)).content(), re.DOTALL)
        assert match, f"No {name} on {page}"
        path = path.replace(f"{{{name}}}", match[1])
    return path


def is_sound(page: Page) -> None:
    """A page that is there, that axe has nothing against, and that fits a tablet's and a telephone's screen."""
    assert page.locator("main h1, main h2").count()
    assert page.title()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} px too wide at {width}"


def test_setting_up_a_second_step_is_sound(visit) -> None:
    """The password is asked for once more first."""
    desk = visit(GOVERNOR)
    page = desk.open("/account/second-step/set-up")
    if "/account/again" in page.url:
        page.get_by_label("Password").fill(desk.site.password)
        page.locator("main button[type=submit]").first.click()
        page.wait_for_url(re.compile("/second-step/set-up$"))
    is_sound(page)


def test_the_preview_of_an_import_is_sound(visit, tmp_path: Path) -> None:
    """A new pupil, and one whose date of birth cannot be."""
    number = "8862997" + "26" + "001"
    rows = (
        f"{upn.check_letter(number)}{number},Preview,Robin,2019-03-01,2026-11-23,3 Heron",
        f"{upn.check_letter(number)}{number},Preview,Jay,yesterday,2026-11-23,3 Heron",
    )
    file = tmp_path / "pupils.csv"
    file.write_text("upn,legal_surname,legal_forename,dob,start_date,class\n" + "\n".join(rows), encoding="utf-8")
    page = visit(OFFICE).open("imports")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form:has(input[type=file]) button[type=submit]").click()
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    assert page.get_by_text("Preview").count()
    is_sound(page)


def test_sessions_and_scripts_keep_to_the_policy(visit) -> None:
    """Nothing inline runs and nothing foreign loads: every address asked for is the site's own."""
    desk = visit(OFFICE)
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.open("office")
    assert asked
    assert all(url.startswith((desk.site.address, "data:")) for url in asked)
