"""The settings, calendar, import and closures pages as somebody at the screen uses them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from registers.models import Closure, Disruption, Event, Mark, Membership, School, SessionTimes, Term
from registers.rules.rights import Role
from registers.rules.sessions import Session
from tests import builders
from tests.registers import pages

FRIDAY = builders.TODAY
pytestmark = pytest.mark.time_machine(datetime(2026, 11, 20, 10, 0, tzinfo=UTC), tick=False)
HEADER = "kind,name,number,first_on,last_on,session\n"
TERM_1 = "term,,1,01/09/2027,15/10/2027,\n"


@pytest.fixture
def head(client: Client, school: School) -> Membership:
    member = builders.member(school, Role.HEAD)
    client.force_login(member.user)
    return member


@pytest.fixture
def page(client: Client, school: School) -> Callable[..., BeautifulSoup]:
    def read(name: str, *arguments: object, query: str = "") -> BeautifulSoup:
        response = client.get(reverse(name, args=[school.slug, *arguments]) + query)
        assert response.status_code == 200
        return pages.soup(response)

    return read


def _post(client: Client, school: School, name: str, data: dict[str, object], *arguments: object):
    return client.post(reverse(name, args=[school.slug, *arguments]), data)


TIMES = {
    "save": "times",
    "session": "PM",
    "applies_from": "2027-01-04",
    "key_stages": ["KS1", "KS2"],
    "starts": "13:30",
    "on_time_until": "13:30",
    "closes": "14:00",
}


def _rows() -> list[tuple[str, date, time]]:
    found = SessionTimes.objects.filter(session="PM").order_by("applies_from", "key_stage")
    return list(found.values_list("key_stage", "applies_from", "closes"))


def test_the_settings_show_times_and_what_guidance_says(head: Membership, page) -> None:
    shown = pages.text(page("settings").find("main"))
    assert "EYFS, KS1, KS2 13:30 13:30 13:45 15" in shown
    assert "The registers are open for different lengths" in shown
    assert "Nothing here changes by itself" in shown


def test_times_are_entered_from_a_day_and_earlier_ones_stay(client: Client, school: School, head, page) -> None:
    before = _rows()
    response = _post(client, school, "settings", TIMES)
    assert response.status_code == 302
    assert _rows() == [*before, ("KS1", date(2027, 1, 4), time(14)), ("KS2", date(2027, 1, 4), time(14))]
    assert Event.objects.get().kind == "session times entered"
    assert "Entered for later" in pages.text(page("settings"))
    row = SessionTimes.objects.get(key_stage="KS1", applies_from=date(2027, 1, 4))
    _post(client, school, "times_remove", {}, row.pk)
    assert len(_rows()) == len(before) + 1


def test_times_that_have_been_in_force_stay(client: Client, school: School, head) -> None:
    before = _rows()
    _post(client, school, "times_remove", {}, SessionTimes.objects.filter(session="PM").first().pk)
    assert _rows() == before


def test_times_from_a_past_day_are_entered_once_it_is_known_that_marks_stay(
    client: Client, school: School, head
) -> None:
    builders.mark(builders.pupil(school), date(2026, 11, 19), Session.PM, "L")
    past = TIMES | {"applies_from": "2026-11-09"}
    refused = _post(client, school, "settings", past)
    assert refused.status_code == 422
    assert "1 late mark (L or U)" in pages.notices(pages.soup(refused))[0]
    assert len(_rows()) == 3
    confirm = pages.soup(refused).find("input", attrs={"name": "confirmed"})["value"]
    assert _post(client, school, "settings", past | {"confirmed": confirm}).status_code == 302
    assert len(_rows()) == 5
    assert Mark.objects.get().code == "L"


def test_times_out_of_order_are_refused(client: Client, school: School, head) -> None:
    refused = _post(client, school, "settings", TIMES | {"closes": "13:30"})
    assert refused.status_code == 422
    assert "must close after" in pages.text(pages.soup(refused))
    assert len(_rows()) == 3


@pytest.mark.parametrize(
    ("folder", "status"), [("registers_2026-27", 302), ("", 302), ("../etc", 422), ("Registers", 422), ("a/b", 422)]
)
def test_the_copies_folder_is_a_plain_name(client: Client, school: School, head, folder: str, status: int) -> None:
    assert _post(client, school, "settings", {"save": "copies", "folder": folder}).status_code == status
    school.refresh_from_db()
    assert school.copies_folder == (folder if status == 302 else "")


def test_lateness_from_the_start_is_switched_on_and_recorded_once(client: Client, school: School, head) -> None:
    for _ in range(2):
        _post(client, school, "settings", {"save": "lateness", "from_start": "on"})
    school.refresh_from_db()
    assert school.late_from_start is True
    assert Event.objects.get().kind == "lateness counted otherwise"


def test_the_calendar_counts_and_says_every_day_in_words(head: Membership, page) -> None:
    shown = page("calendar")
    assert "376 sessions" not in pages.text(shown)
    assert "School year 2026/27" in pages.text(shown)
    days = {day["title"]: day for day in shown.select(".year__day[title]")}
    assert "2 November: Closed: In-service day" in days
    assert "Closed: In-service day" in pages.text(days["2 November: Closed: In-service day"])
    assert "20 November: Open" in days
    assert "26 October: School holiday" in days
    assert [pages.text(one) for one in shown.select(".tabs a[aria-current=true]")] == ["2026/27"]
    assert "School year 2027/28" in pages.text(page("calendar", query="?year=2027"))
    assert "School year 2026/27" in pages.text(page("calendar", query="?year=1066"))


def test_a_teacher_reads_the_calendar_and_sees_no_button(client: Client, school: School, page) -> None:
    client.force_login(builders.member(school, Role.TEACHER).user)
    shown = page("calendar")
    assert shown.select("main form") == []
    assert shown.select("main .page-head a") == []
    assert [pages.text(one) for one in shown.select("nav[aria-label='School settings'] a")] == ["Calendar"]


def test_a_half_term_is_entered_changed_and_removed(client: Client, school: School, head, page) -> None:
    sent = {"number": "1", "name": "", "first_on": "2027-08-26", "last_on": "2027-10-15"}
    response = _post(client, school, "term_new", sent)
    assert response["Location"].endswith("?year=2027")
    row = Term.objects.get(first_on=date(2027, 8, 26))
    assert row.name == "Term 1"
    refused = _post(client, school, "term", sent | {"first_on": "2027-07-22"}, row.pk)
    assert refused.status_code == 422
    assert "before Term 6 ends" in pages.text(pages.soup(refused))
    assert "August 2027" in pages.text(page("calendar", query="?year=2027"))
    _post(client, school, "term_remove", {}, row.pk)
    assert not Term.objects.filter(pk=row.pk).exists()


def test_a_day_with_marks_is_not_closed(client: Client, school: School, head) -> None:
    builders.mark(builders.pupil(school), date(2026, 11, 20), Session.AM, "/")
    sent = {"kind": "polling_station", "name": "", "first_on": "2026-11-20", "last_on": "", "session": ""}
    refused = _post(client, school, "closure_new", sent)
    assert refused.status_code == 422
    assert "Marks stand on 20/11/2026" in pages.text(pages.soup(refused))
    assert _post(client, school, "closure_new", sent | {"session": "PM"}).status_code == 302
    assert Closure.objects.get(first_on=FRIDAY).name == "Polling station"


def test_a_day_in_the_past_that_opens_is_said(client: Client, school: School, head) -> None:
    row = Closure.objects.get()
    response = client.post(reverse("closure_remove", args=[school.slug, row.pk]), follow=True)
    assert "2 sessions up to today are now open, from Mon 2 Nov 2026 AM" in pages.notices(pages.soup(response))[0]


def test_missing_bank_holidays_are_added(client: Client, school: School, head, page) -> None:
    assert "1 bank holiday in term is not entered" in pages.text(page("calendar"))
    _post(client, school, "bank_holidays_add", {"year": "2026"})
    assert Closure.objects.filter(kind="bank_holiday").count() == 1
    assert "is not entered" not in pages.text(page("calendar"))


def _upload(client: Client, school: School, text: str) -> BeautifulSoup:
    file = SimpleUploadedFile("calendar.csv", (HEADER + text).encode())
    response = _post(client, school, "calendar_import", {"file": file})
    return pages.soup(response)


def test_a_calendar_file_is_shown_before_it_is_written(client: Client, school: School, head) -> None:
    shown = _upload(client, school, TERM_1 + "inset,,,2026-11-02,,\n")
    assert "1 added, 1 changed" in pages.text(shown.find("caption"))
    assert Term.objects.count() == len(builders.TERMS)
    fields = pages.fields(shown, "confirm")
    assert _post(client, school, "calendar_import", fields).status_code == 302
    assert Term.objects.filter(first_on=date(2027, 9, 1)).exists()
    assert "nothing to write" in pages.text(_upload(client, school, TERM_1))


def test_a_file_with_a_fault_offers_no_button(client: Client, school: School, head) -> None:
    shown = _upload(client, school, TERM_1 + "inset,,,2027-08-10,,\n")
    assert shown.find("form", id="confirm") is None
    assert "lies outside the school's terms" in pages.text(shown)


def test_a_preview_that_was_tampered_with_is_refused(client: Client, school: School, head) -> None:
    fields = pages.fields(_upload(client, school, TERM_1), "confirm")
    refused = _post(client, school, "calendar_import", {"rows": fields["rows"][:-1] + "_"})
    assert refused.status_code == 422
    assert "Choose the file again" in pages.notices(pages.soup(refused))[0]
    assert Term.objects.count() == len(builders.TERMS)


def test_a_preview_is_shown_again_when_the_calendar_has_changed(client: Client, school: School, head) -> None:
    fields = pages.fields(_upload(client, school, TERM_1), "confirm")
    Term.objects.create(school=school, name="Term 1", number=1, first_on=date(2027, 9, 2), last_on=date(2027, 10, 15))
    again = _post(client, school, "calendar_import", fields)
    assert again.status_code == 422
    assert "changed meanwhile" in pages.notices(pages.soup(again))[0]
    assert "was Term 1, 02/09/2027" in pages.text(pages.soup(again))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\x89PNG\r\n\x1a\n", "picture"), (b"x" * 262_145, "larger than 256 KB"), (b"kind,name\n", "first_on")],
    ids=["picture", "too-large", "a-column-short"],
)
def test_a_file_that_is_no_calendar_is_refused(
    client: Client, school: School, head, content: bytes, words: str
) -> None:
    refused = _post(client, school, "calendar_import", {"file": SimpleUploadedFile("calendar.csv", content)})
    assert refused.status_code == 422
    assert words in pages.text(pages.soup(refused))


SNOW = {
    "code": "Y4",
    "first_on": "2026-11-20",
    "first_session": "AM",
    "last_on": "2026-11-20",
    "last_session": "PM",
    "reason": "Snow",
}


@pytest.fixture
def in_office(client: Client, office: Membership) -> Membership:
    client.force_login(office.user)
    return office


def test_a_closure_is_shown_then_entered(client: Client, school: School, in_office, page) -> None:
    builders.pupil(school)
    shown = pages.soup(_post(client, school, "disruption_new", SNOW))
    assert "Marks Y4 2" in pages.text(shown)
    assert not Mark.objects.exists()
    assert _post(client, school, "disruption_new", pages.fields(shown, "confirm")).status_code == 302
    assert set(Mark.objects.values_list("code", flat=True)) == {"Y4"}
    assert "Snow 2 0" in pages.text(page("disruptions"))


def test_over_fifty_marks_the_number_is_typed(client: Client, school: School, in_office) -> None:
    for _ in range(26):
        builders.pupil(school)
    shown = pages.soup(_post(client, school, "disruption_new", SNOW))
    fields = pages.fields(shown, "confirm")
    assert fields["expected"] == ""
    for typed in ("", "51", "fifty-two"):
        refused = _post(client, school, "disruption_new", fields | {"expected": typed})
        assert refused.status_code == 422
        assert "52 marks would be given now" in pages.notices(pages.soup(refused))[0]
    assert not Disruption.objects.exists()
    assert _post(client, school, "disruption_new", fields | {"expected": "52"}).status_code == 302
    assert Mark.objects.count() == 52


def test_a_closure_that_lies_ahead_is_refused(client: Client, school: School, in_office) -> None:
    refused = _post(client, school, "disruption_new", SNOW | {"last_on": "2026-11-23"})
    assert refused.status_code == 422
    assert "23/11/2026 has not come" in pages.text(pages.soup(refused))


def test_the_pages_ask_a_constant_number_of_questions(
    client: Client, school: School, head, page, django_assert_max_num_queries: Callable
) -> None:
    for name in ("settings", "calendar", "disruptions", "disruption_new", "calendar_import"):
        page(name)
        with django_assert_max_num_queries(14):
            page(name)
