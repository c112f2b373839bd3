"""The letters' pages through the client: what they show, what they refuse, and to whom they open."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from letters import pdf
from letters.models import Letter
from registers.models import Contact, Mark, Parent
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
from tests.letters.conftest import LEAVE

pytestmark = pytest.mark.usefixtures("plain_pdf", "_today")


@pytest.fixture
def _today():
    """The school's own day, as the pages read it."""
    with time_machine.travel(builders.AT, tick=False):
        yield


def client_of(membership):
    client = Client()
    client.force_login(membership.user)
    return client


def address(desk, name, *arguments):
    return reverse(name, args=[desk.school.slug, *arguments])


def get(desk, member, name, *arguments, status=200):
    response = client_of(member).get(address(desk, name, *arguments))
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def post(desk, member, name, *arguments, status=302, **fields):
    response = client_of(member).post(address(desk, name, *arguments), fields)
    assert response.status_code == status, BeautifulSoup(response.content, "html.parser").main
    return response


def main(response_or_page):
    page = response_or_page
    if not isinstance(page, BeautifulSoup):
        page = BeautifulSoup(page.content, "html.parser")
    return " ".join(page.main.get_text(" ").split())


def alert(response):
    return BeautifulSoup(response.content, "html.parser").find(role="alert").get_text(" ", strip=True)


def test_a_letter_goes_from_draft_to_issued_and_withdrawn(desk, plain_pdf):
    drafted = post(desk, desk.flo, "letter_draft", desk.pupil.pk, kind="late_l", because="flag:12")
    letter = Letter.objects.get()
    assert drafted.url == address(desk, "letter", letter.pk)
    assert letter.because == "flag:12"
    page = get(desk, desk.flo, "letter", letter.pk)
    assert page.find("button", string="Issue")
    issued = post(desk, desk.flo, "letter_issue", letter.pk)
    assert issued.url == drafted.url
    letter.refresh_from_db()
    assert (letter.state, letter.issued_by) == ("issued", desk.flo.user)
    page = get(desk, desk.flo, "letter", letter.pk)
    assert not page.find("button", string="Issue")
    assert letter.sha256 in main(page)
    post(desk, desk.flo, "letter_withdraw", letter.pk, reason="Sent in error")
    assert "Withdrawn on 20 November 2026 by A flo: Sent in error" in main(get(desk, desk.flo, "letter", letter.pk))


def test_the_page_shows_the_letter_as_it_prints_with_its_facts_and_corrections(desk, plain_pdf):
    (letter,) = desk.draft()
    page = get(desk, desk.flo, "letter", letter.pk)
    desk.issue(letter)
    on_paper = BeautifulSoup(plain_pdf[-1], "html.parser")
    on_paper.find(class_="enclosure").decompose()
    on_screen = page.find("article", attrs={"aria-label": "The letter as it prints"})
    assert " ".join(on_screen.get_text(" ").split()) == " ".join(on_paper.body.get_text(" ").split())
    facts = {row.dt.get_text(strip=True): row.dd.get_text(strip=True) for row in page.select(".stated > div")}
    assert facts["Late before the register closed (L) this school year"] == "5 occasions"
    assert facts["When the morning register closes"] == "9.20am"
    assert facts["Both counts"].startswith("The policy acts on lates in a half-term")


def test_two_households_are_drafted_at_once_and_name_each_other(desk):
    contact = builders.parent_of(desk.pupil, priority=2)
    Parent.objects.filter(pk=contact.parent_id).update(forename="Ben", surname="Other", address="9 Elsewhere Road")
    response = client_of(desk.flo).post(address(desk, "letter_draft", desk.pupil.pk), {"kind": "late_l"}, follow=True)
    text = main(response)
    assert "Drafted 2 letters" in text
    assert "to the parent at another address: Ms Ben Other (draft)" in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"kind": "birthday_card"}, "has adopted no letter of this kind", id="kind not adopted"),
        pytest.param({}, "no letter this page knows", id="no kind"),
        pytest.param({"kind": "../x"}, "no letter this page knows", id="no name of a kind"),
        pytest.param({"kind": "late_l", "because": "Sam Example"}, "no letter this page knows", id="reason is no id"),
        pytest.param({"kind": "leave_refused"}, "decision on the leave request", id="facts missing"),
    ],
)
def test_a_draft_that_cannot_be_made_says_why(desk, fields, said):
    response = post(desk, desk.flo, "letter_draft", desk.pupil.pk, status=422, **fields)
    assert said in alert(response)
    assert not Letter.objects.exists()


def test_a_pupil_without_a_living_contact_is_refused_with_words(desk):
    Contact.objects.filter(pupil=desk.pupil).update(court_order=True)
    response = post(desk, desk.flo, "letter_draft", desk.pupil.pk, status=422, kind="late_l")
    assert "There is nobody to write to" in alert(response)


def test_changed_figures_are_refused_on_the_page_which_shows_the_new_ones(desk):
    (letter,) = desk.draft()
    Mark.objects.filter(pupil=desk.pupil, code="L", on=builders.TODAY.replace(month=9, day=1)).update(code="/")
    response = post(desk, desk.flo, "letter_issue", letter.pk, status=422)
    assert "5 occasions before, now 4 occasions" in alert(response)
    article = BeautifulSoup(response.content, "html.parser").article
    assert "4 occasions" in article.get_text()
    post(desk, desk.flo, "letter_issue", letter.pk)


def test_a_letter_for_the_headteacher_waits_for_the_headteacher(desk):
    (letter,) = desk.draft("stage1_medical")
    page = get(desk, desk.flo, "letter", letter.pk)
    assert "Waits to be issued by: Headteacher." in main(page)
    assert not page.find("button", string="Issue")
    assert "only Headteacher may issue" in alert(post(desk, desk.flo, "letter_issue", letter.pk, status=422))
    assert get(desk, desk.head, "letter", letter.pk).find("button", string="Issue")
    post(desk, desk.head, "letter_issue", letter.pk)


def test_somebody_with_two_parts_issues_in_the_one_that_may(desk):
    (letter,) = desk.draft("stage1_medical")
    also_head = desk.office.user.memberships.create(
        school=desk.school, role=Role.ATTENDANCE_LEAD, starts_on=builders.TODAY
    )
    (late,) = desk.draft("late_l")
    post(desk, desk.office, "letter_issue", letter.pk, status=422)
    post(desk, desk.office, "letter_issue", late.pk)
    late.refresh_from_db()
    assert late.issued_role == also_head.role


@pytest.mark.parametrize(
    ("days", "is_warned"), [(27, True), (28, False)], ids=["inside the interval", "on its last day"]
)
def test_the_same_letter_within_its_interval_is_warned_of(desk, days, is_warned):
    desk.issue(desk.draft(because="flag:1")[0])
    (second,) = desk.draft(because="flag:2")
    with time_machine.travel(builders.AT + timedelta(days=days), tick=False):
        text = main(get(desk, desk.flo, "letter", second.pk))
    assert ("The same letter went to this family on 20 November 2026" in text) is is_warned


def test_other_families_kinds_and_states_are_not_warned_of(desk):
    desk.issue(desk.draft("stage1_medical")[0])
    other = builders.pupil(desk.school, "Other")
    builders.marks(other, desk.calendar, builders.TODAY.replace(month=9, day=1), "LLLL")
    desk.issue(desk.draft(pupil=other)[0])
    dropped = desk.draft(because="flag:1")[0]
    post(desk, desk.flo, "letter_drop", dropped.pk)
    (letter,) = desk.draft()
    assert "The same letter went" not in main(get(desk, desk.flo, "letter", letter.pk))


def test_the_list_parts_what_is_mine_from_what_waits_for_another(desk):
    (late,) = desk.draft("late_l")
    (stage1,) = desk.draft("stage1_medical")
    sent = desk.issue(desk.draft("leave_refused", facts=LEAVE)[0])
    page = get(desk, desk.flo, "letters")
    mine, others, issued = page.main.find_all("table")
    assert [link["href"] for link in mine.find_all("a")] == [address(desk, "letter", late.pk)]
    assert "Headteacher" in others.get_text()
    assert [link["href"] for link in others.find_all("a")] == [address(desk, "letter", stage1.pk)]
    assert [link["href"] for link in issued.find_all("a")] == [address(desk, "letter", sent.pk)]
    assert len(get(desk, desk.head, "letters").main.find_all("table")) == 2


def test_an_empty_list_says_what_to_do(desk):
    text = main(get(desk, desk.flo, "letters"))
    assert "No draft waits for you" in text
    assert "Nothing issued since 2 November 2026" in text


def test_last_half_terms_letters_have_left_the_list(desk):
    before = builders.TODAY - timedelta(days=30)
    desk.issue(desk.draft(today=before)[0], today=before)
    assert "Nothing issued since" in main(get(desk, desk.flo, "letters"))


def test_a_draft_is_dropped_from_its_page(desk):
    (letter,) = desk.draft()
    response = post(desk, desk.office, "letter_drop", letter.pk)
    assert response.url == address(desk, "letters")
    assert "was dropped" in main(get(desk, desk.office, "letter", letter.pk))
    assert "was dropped" in alert(post(desk, desk.office, "letter_drop", letter.pk, status=422))


def test_withdrawing_without_a_reason_asks_for_one(desk):
    letter = desk.issue(desk.draft()[0])
    response = post(desk, desk.flo, "letter_withdraw", letter.pk, status=422, reason="")
    assert "This field is required" in main(response)
    assert "only Family" in alert(post(desk, desk.office, "letter_withdraw", letter.pk, status=422, reason="x"))


def test_the_file_of_an_issued_letter_is_the_stored_one(desk, settings, monkeypatch):
    letter = desk.issue(desk.draft()[0])
    stored = (Path(settings.LETTERS_DIR) / letter.pdf_path).read_bytes()
    monkeypatch.setattr(pdf, "render", lambda html: pytest.fail("printed again"))
    Mark.objects.filter(pupil=desk.pupil, code="L").update(code="I")
    response = client_of(desk.office).get(address(desk, "letter_pdf", letter.pk))
    assert response.content == stored
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="letter-{letter.pk}.pdf"'
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        pytest.param(lambda file: file.unlink(), 410, "missing from the store", id="missing"),
        pytest.param(lambda file: file.write_bytes(b"other"), 409, "does not match", id="altered"),
    ],
)
def test_a_file_that_is_not_what_was_sent_is_never_shown(desk, settings, change, status, said):
    letter = desk.issue(desk.draft()[0])
    change(Path(settings.LETTERS_DIR) / letter.pdf_path)
    response = client_of(desk.flo).get(address(desk, "letter_pdf", letter.pk))
    assert response.status_code == status
    assert said in alert(response)


def test_the_pdf_of_a_draft_is_marked_as_one(desk, plain_pdf):
    (letter,) = desk.draft()
    response = client_of(desk.flo).get(address(desk, "letter_pdf", letter.pk))
    assert "DRAFT, not sent" in plain_pdf[-1]
    assert response["Content-Disposition"] == f'inline; filename="letter-{letter.pk}-draft.pdf"'
    assert not Letter.objects.exclude(state="draft").exists()


def test_without_the_libraries_pages_work_and_pdfs_name_the_package(desk, monkeypatch):
    def unavailable(html):
        raise pdf.PdfUnavailableError(["libpango-1.0-0"])

    (letter,) = desk.draft()
    monkeypatch.setattr(pdf, "render", unavailable)
    get(desk, desk.flo, "letter", letter.pk)
    for response in (
        client_of(desk.flo).get(address(desk, "letter_pdf", letter.pk)),
        client_of(desk.flo).post(address(desk, "letter_issue", letter.pk)),
    ):
        assert response.status_code == 503
        assert "apt install libpango-1.0-0" in alert(response)
    letter.refresh_from_db()
    assert letter.state == "draft"


LETTER_PAGES = ["letter", "letter_issue", "letter_drop", "letter_withdraw", "letter_pdf"]


@pytest.mark.parametrize("name", LETTER_PAGES)
def test_another_schools_letter_is_not_found(desk, other_school, name):
    (letter,) = desk.draft()
    with schools_in_scope([other_school.pk]):
        stranger = builders.member(other_school, Role.HEAD)
    client = client_of(stranger)
    method = client.get if name in {"letter", "letter_pdf"} else client.post
    assert method(reverse(name, args=[other_school.slug, letter.pk])).status_code == 404
    assert method(reverse(name, args=[desk.school.slug, letter.pk])).status_code == 404
    assert Letter.objects.get().state == "draft"


def test_another_schools_pupil_is_not_found(desk, other_school):
    with schools_in_scope([other_school.pk]):
        stranger = builders.pupil(other_school, "Stranger")
    post(desk, desk.flo, "letter_draft", stranger.pk, status=404, kind="late_l")


@pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR])
@pytest.mark.parametrize("name", ["letters", *LETTER_PAGES, "letter_draft"])
def test_a_role_without_the_right_is_turned_away(desk, name, role):
    (letter,) = desk.draft()
    arguments = {"letters": [], "letter_draft": [desk.pupil.pk]}.get(name, [letter.pk])
    client = client_of(builders.member(desk.school, role))
    assert client.get(address(desk, name, *arguments)).status_code == 403
    assert client.post(address(desk, name, *arguments)).status_code == 403


@pytest.mark.parametrize("name", ["letter_issue", "letter_drop", "letter_withdraw", "letter_draft"])
def test_nothing_changes_on_get(desk, name):
    (letter,) = desk.draft()
    argument = desk.pupil.pk if name == "letter_draft" else letter.pk
    get(desk, desk.flo, name, argument, status=405)
    assert Letter.objects.get().state == "draft"


def test_a_hostile_name_is_text_on_every_page(desk):
    name = "<script>alert(1)</script>{{7*7}}"
    pupil = builders.pupil(desk.school, name, "Sam & Co")
    builders.marks(pupil, desk.calendar, builders.TODAY.replace(month=9, day=1), "LLLL")
    (letter,) = desk.draft(pupil=pupil)
    for page in (get(desk, desk.flo, "letter", letter.pk), get(desk, desk.flo, "letters")):
        assert name in page.main.get_text()
        assert not page.main.find_all("script")


def test_no_page_puts_a_name_in_an_address(desk):
    (letter,) = desk.draft()
    for page in (get(desk, desk.flo, "letter", letter.pk), get(desk, desk.flo, "letters")):
        addresses = [element.get("href") or element.get("action") or "" for element in page.find_all(["a", "form"])]
        assert not any("example" in each.lower() or desk.pupil.upn in each for each in addresses)


@pytest.mark.parametrize("name", ["letters", "letter"])
def test_pages_ask_as_many_questions_for_many_letters_as_for_one(desk, name, django_assert_max_num_queries):
    for number in range(8):
        pupil = builders.pupil(desk.school, f"Pupil{number}")
        builders.marks(pupil, desk.calendar, builders.TODAY.replace(month=9, day=1), "LLLL")
        letter = desk.draft(pupil=pupil)[0]
        if number % 2:
            desk.issue(letter)
    client = client_of(desk.flo)
    arguments = [letter.pk] if name == "letter" else []
    with django_assert_max_num_queries(12):
        assert client.get(address(desk, name, *arguments)).status_code == 200
