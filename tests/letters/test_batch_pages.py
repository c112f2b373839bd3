"""The pages of letters to many, and what is done with several letters at once, through the client."""

import csv

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from letters.models import Batch, BatchItem, Letter
from letters.services import letters
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
from tests.letters.test_batches import pupils, real_pages, run  # noqa: F401 (fixtures)
from tests.letters.test_issuing import amend
from tests.letters.test_pages import _today, address, alert, client_of, get, main, post  # noqa: F401 (fixture)

pytestmark = pytest.mark.usefixtures("real_pages", "_today")


def begin(desk, pupils, **fields):  # noqa: F811
    ids = [pupil.pk for pupil in pupils]
    return post(desk, desk.flo, "batch_new", kind="late_l", pupil=ids, **fields)


def test_any_list_may_post_pupils_with_what_their_letters_answer(desk, pupils, run):  # noqa: F811
    response = begin(desk, pupils[:2], **{f"because_{pupils[0].pk}": "flag:12"})
    batch = Batch.objects.get()
    assert response.url == address(desk, "batch", batch.pk)
    run()
    assert set(Letter.objects.values_list("pupil", "because")) == {(pupils[0].pk, "flag:12"), (pupils[1].pk, "")}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"kind": ""}, "Choose which letter", id="no kind"),
        pytest.param({"kind": "no_such_letter"}, "adopted no letter of this kind", id="kind not adopted"),
        pytest.param({"pupil": []}, "Nobody is chosen", id="nobody"),
        pytest.param({"pupil": ["x"]}, "no pupils of this school", id="no number"),
        pytest.param({"because": "Sam Example"}, "not one this page knows", id="what it answers is no id"),
    ],
)
def test_a_choice_that_cannot_be_is_said_and_nothing_begun(desk, fields, said):
    posted = {"kind": "late_l", "pupil": [desk.pupil.pk]} | {k: v for k, v in fields.items() if k != "because"}
    if "because" in fields:
        posted[f"because_{desk.pupil.pk}"] = fields["because"]
    response = post(desk, desk.flo, "batch_new", status=422, **posted)
    assert said in alert(response)
    assert not Batch.objects.exists()


def test_another_schools_pupil_cannot_be_posted(desk, other_school):
    with schools_in_scope([other_school.pk]):
        stranger = builders.pupil(other_school, "Stranger")
    response = post(desk, desk.flo, "batch_new", status=422, kind="late_l", pupil=[desk.pupil.pk, stranger.pk])
    assert "not at this school" in alert(response)
    assert "Stranger" not in response.content.decode()
    assert not Batch.objects.exists()


def test_a_class_is_offered_with_everybody_ticked(desk, pupils):  # noqa: F811
    place = desk.pupil.places.get().school_class
    page = BeautifulSoup(
        client_of(desk.flo).get(address(desk, "batch_new"), {"class": place.pk}).content, "html.parser"
    )
    boxes = page.select("input[name=pupil]")
    assert [box["value"] for box in boxes] == [str(desk.pupil.pk)]
    assert boxes[0].has_attr("checked")
    whole = client_of(desk.flo).get(address(desk, "batch_new"), {"class": "all"})
    assert len(BeautifulSoup(whole.content, "html.parser").select("input[name=pupil]")) == len(pupils)


def test_the_page_follows_the_work_by_itself_and_stops_when_it_is_done(desk, pupils, run):  # noqa: F811
    begin(desk, pupils)
    batch = Batch.objects.get()
    page = get(desk, desk.flo, "batch", batch.pk)
    assert page.find(id="batch")["hx-get"] == address(desk, "batch", batch.pk)
    assert page.progress["max"] == "5"
    run()
    page = get(desk, desk.flo, "batch", batch.pk)
    assert not page.find(id="batch").has_attr("hx-get")
    assert "5 pupils will be written about" in main(page)
    post(desk, desk.flo, "batch_approve", batch.pk, two_sided="on")
    assert get(desk, desk.flo, "batch", batch.pk).progress["value"] == "0"
    run()
    page = get(desk, desk.flo, "batch", batch.pk)
    assert "5 pupils, 10 pages" in main(page)
    document = client_of(desk.office).get(address(desk, "batch_pdf", batch.pk))
    assert document.content.startswith(b"%PDF-")
    assert document["Content-Type"] == "application/pdf"


def test_before_it_is_joined_there_is_no_file(desk, pupils):  # noqa: F811
    begin(desk, pupils)
    assert "not made yet" in alert(client_of(desk.flo).get(address(desk, "batch_pdf", Batch.objects.get().pk)))


def test_whoever_cannot_have_one_stands_with_why_and_others_are_left_out(desk, pupils, run):  # noqa: F811
    begin(desk, [*pupils, builders.pupil(desk.school, "Ontime")])
    run()
    batch = Batch.objects.get()
    page = get(desk, desk.flo, "batch", batch.pk)
    assert "Ontime" in page.find("section", attrs={"aria-labelledby": "group-refused"}).get_text()
    item = BatchItem.objects.get(pupil__legal_surname="Zebra")
    post(desk, desk.flo, "batch_drop", batch.pk, item=[item.pk])
    page = get(desk, desk.flo, "batch", batch.pk)
    assert "Zebra" in page.find("section", attrs={"aria-labelledby": "group-dropped"}).get_text()
    response = post(desk, desk.flo, "batch_drop", batch.pk, status=422)
    assert "Tick those who are to be left out" in alert(response)


def test_the_office_checks_and_the_signatory_approves(desk, pupils, run):  # noqa: F811
    begin(desk, pupils)
    run()
    batch = Batch.objects.get()
    assert "only Family" in alert(post(desk, desk.office, "batch_approve", batch.pk, status=422))
    page = get(desk, desk.office, "batch", batch.pk)
    assert not page.find("button", string="Approve and issue all")
    post(desk, desk.office, "batch_check", batch.pk)
    assert "waits for you to approve" in main(get(desk, desk.flo, "letters"))
    post(desk, desk.flo, "batch_send_back", batch.pk)
    batch.refresh_from_db()
    assert batch.state == "open"


def test_changed_figures_are_shown_and_brought_up_to_date(desk, pupils, run):  # noqa: F811
    begin(desk, pupils)
    run()
    batch = Batch.objects.get()
    amend(desk, "L", "I")
    page = get(desk, desk.flo, "batch", batch.pk)
    assert "Figures have changed" in main(page)
    assert "have been amended" in alert(post(desk, desk.flo, "batch_approve", batch.pk, status=422))
    post(desk, desk.flo, "batch_again", batch.pk)
    run()
    assert "Figures have changed" not in main(get(desk, desk.flo, "batch", batch.pk))


def test_the_list_of_the_pile_has_its_order_and_its_pages(desk, pupils, run):  # noqa: F811
    begin(desk, pupils)
    run()
    batch = Batch.objects.get()
    post(desk, desk.flo, "batch_approve", batch.pk)
    run()
    response = client_of(desk.flo).get(address(desk, "export", "letters", "csv"), {"batch": batch.pk})
    rows = list(csv.DictReader(b"".join(response).decode("utf-8-sig").splitlines()))
    assert [row["surname"] for row in rows] == ["Late", "Middle", "Apple", "Zebra", "Example"]
    assert [row["position"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert {row["state"] for row in rows} == {"issued"}


def test_another_schools_pile_is_not_found(desk, other_school):
    with schools_in_scope([other_school.pk]):
        stranger = builders.member(other_school, Role.HEAD)
    begin(desk, [desk.pupil])
    url = reverse("export", args=[other_school.slug, "letters", "csv"])
    assert client_of(stranger).get(url, {"batch": Batch.objects.get().pk}).status_code == 404


def test_a_whole_batch_is_said_to_have_gone(desk, pupils, run):  # noqa: F811
    begin(desk, pupils)
    run()
    batch = Batch.objects.get()
    post(desk, desk.flo, "batch_approve", batch.pk)
    run()
    post(desk, desk.office, "batch_sent", batch.pk, how="post", on="2026-11-20")
    assert set(Letter.objects.values_list("state", "sent_how")) == {("sent", "post")}
    assert "All of them went." in main(get(desk, desk.office, "batch", batch.pk))


def test_cancelling_asks_nobody_twice_and_drops_the_rest(desk, pupils, run):  # noqa: F811
    begin(desk, pupils)
    run()
    batch = Batch.objects.get()
    post(desk, desk.flo, "batch_cancel", batch.pk)
    assert set(Letter.objects.values_list("state", flat=True)) == {"dropped"}
    assert "was cancelled" in alert(post(desk, desk.flo, "batch_cancel", batch.pk, status=422))


def test_the_head_signs_several_from_the_list(desk, run):  # noqa: F811
    other = builders.pupil(desk.school, "Other")
    builders.marks(other, desk.calendar, builders.TODAY.replace(month=9, day=1), "I/////////")
    (first,), (second,) = desk.draft("stage1_medical"), desk.draft("stage1_medical", other)
    for letter in (first, second):
        post(desk, desk.flo, "letter_check", letter.pk)
    assert not get(desk, desk.flo, "letters").find(id="to-sign")
    page = get(desk, desk.head, "letters")
    assert [box["value"] for box in page.select("input[name=letter][checked]")] == [str(first.pk), str(second.pk)]
    post(desk, desk.head, "letters_sign", letter=[first.pk, second.pk])
    run()
    assert set(Letter.objects.values_list("state", "approved_role")) == {("issued", "head")}
    assert "No letter is ticked" in alert(post(desk, desk.head, "letters_sign", status=422))


def test_a_letter_given_back_says_why_to_whoever_checked_it(desk):
    (letter,) = desk.draft("stage1_medical")
    post(desk, desk.flo, "letter_check", letter.pk)
    post(desk, desk.head, "letter_send_back", letter.pk, status=422, reason="")
    post(desk, desk.head, "letter_send_back", letter.pk, reason="Ring them first")
    assert "Ring them first" in main(get(desk, desk.flo, "letter", letter.pk))


def test_issued_letters_are_ticked_as_posted(desk):
    letter = desk.issue(desk.draft()[0])
    assert "Issued, to send" in main(get(desk, desk.office, "letters"))
    refused = post(desk, desk.office, "letters_sent", status=422, letter=[letter.pk], how="post", on="2026-11-21")
    assert "not come yet" in alert(refused)
    post(desk, desk.office, "letters_sent", letter=[letter.pk], how="post", on="2026-11-20")
    assert "Posted 20 Nov" in main(get(desk, desk.office, "letters"))


def test_a_changed_mark_is_told_of_on_the_letter_and_the_list(desk):
    letter = desk.issue(desk.draft()[0])
    amend(desk, "O", "I")
    warning = get(desk, desk.flo, "letter", letter.pk).find("section", attrs={"aria-labelledby": "changed"})
    rows = [[cell.get_text(strip=True) for cell in row.find_all(["th", "td"])] for row in warning.tbody.find_all("tr")]
    assert ["Unauthorised", "2", "1"] in rows
    assert rows[-1][1:] == ["O", "I"]
    assert "Figures have changed" in main(get(desk, desk.flo, "letters"))


def test_why_it_goes_again_is_asked_for_and_kept(desk):
    desk.issue(desk.draft(because="flag:1")[0])
    (second,) = desk.draft(because="flag:2")
    assert get(desk, desk.flo, "letter", second.pk).find(attrs={"name": "why_again"})["form"] == "forward"
    assert "Say why it goes again" in alert(post(desk, desk.flo, "letter_issue", second.pk, status=422))
    post(desk, desk.flo, "letter_issue", second.pk, why_again="The first never came")
    assert "The first never came" in main(get(desk, desk.flo, "letter", second.pk))


def test_an_approved_letter_is_issued_by_whoever_writes_letters(desk):
    (letter,) = desk.draft("stage1_medical")
    letters.approve(letter, desk.calendar, today=builders.TODAY, by=desk.head, at=builders.AT)
    post(desk, desk.office, "letter_issue", letter.pk)
    letter.refresh_from_db()
    assert (letter.approved_role, letter.issued_role) == ("head", "office")
