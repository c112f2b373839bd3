"""The editor of a letter's words: what can be saved, what is refused, versions, previews and comparison."""

from copy import deepcopy

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from letters import pdf, wording_forms
from letters.models import Letter, Wording
from letters.queries import previews
from letters.queries import wordings as queries
from letters.rules import kinds
from letters.rules.blanks import BlankRefusedError
from letters.rules.kinds import KINDS, WordingRefusedError
from letters.services import wordings
from letters.services.wordings import LawRefusedError, OvertakenRefusedError
from letters.wording_forms import Editor, paragraph_of, rows_of, stepped
from registers.models import Event
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT

KIND = "register_summary"


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


def own(text="Our own opening.", kind=KIND):
    document = deepcopy(kinds.packaged(kind))
    document["paragraphs"].insert(0, {"text": text})
    return document


def save(desk, document, based_on=1, by=None):
    return wordings.save(desk.school, document["slug"], document, based_on=based_on, by=by or desk.head, at=AT)


class TestSaving:
    def test_adds_a_version_with_its_author_and_event(self, desk):
        saved = save(desk, own())
        assert (saved.version, saved.origin, saved.adopted_by, saved.adopted_at) == (2, "school", desk.head.user, AT)
        assert queries.current(desk.school, KIND) == saved
        event = Event.objects.filter(kind="wording adopted").latest("pk")
        assert (event.subject, event.facts) == (f"wording:{saved.pk}", {"kind": KIND, "version": 2})

    def test_a_letter_already_drafted_keeps_its_words(self, desk):
        (letter,) = desk.draft(KIND)
        save(desk, own())
        letter.refresh_from_db()
        assert letter.wording.version == 1
        assert "Our own opening" not in letter.body
        (drafted,) = desk.draft(KIND, because="flag:1")
        assert "Our own opening" in drafted.body

    def test_the_same_words_add_no_version(self, desk):
        document = kinds.packaged(KIND)
        assert save(desk, document).version == 1
        for paragraph in document["paragraphs"]:
            paragraph["text"] = f"\n{paragraph['text'].strip()}\n"
        assert save(desk, document).version == 1
        assert Wording.objects.filter(kind=KIND).count() == 1

    def test_what_the_product_keeps_cannot_be_changed(self, desk):
        document = own() | {"needs": [], "corrections": [], "statements": [], "slug": KIND}
        saved = save(desk, document)
        assert saved.document["corrections"] == kinds.packaged(KIND)["corrections"]
        assert saved.document["statements"] == kinds.packaged(KIND)["statements"]

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            pytest.param("Dear «forname»", WordingRefusedError, id="unknown blank"),
            pytest.param("**bold", WordingRefusedError, id="bold not closed"),
            pytest.param("the Regulations 2006", LawRefusedError, id="stale law"),
            pytest.param("a penalty of £60", LawRefusedError, id="another sum"),
        ],
    )
    def test_refuses_and_writes_nothing(self, desk, text, error):
        with pytest.raises(error):
            save(desk, own(text))
        assert Wording.objects.filter(kind=KIND).count() == 1

    def test_refuses_what_leaves_out_a_statement_of_law(self, desk):
        document = kinds.packaged("leave_refused")
        document["paragraphs"] = [{"text": "No, «forename» «surname»."}]
        with pytest.raises(LawRefusedError, match=r"no longer says the Regulations in force.*SI|Regulations 2024"):
            save(desk, document)

    def test_a_warning_does_not_keep_it_from_being_saved(self, desk):
        saved = save(desk, own("There was no option but to write."))
        assert saved.version == 2
        assert [finding.is_error for finding in wordings.findings(saved.document)] == [False]

    def test_two_people_at_once_the_second_is_told(self, desk):
        save(desk, own("One."))
        with pytest.raises(OvertakenRefusedError, match=r"A head has saved version 2 since you opened version 1"):
            save(desk, own("Two."))

    @pytest.mark.parametrize("role", [Role.OFFICE, Role.FLO, Role.ADMINISTRATOR])
    def test_needs_the_right(self, desk, role):
        with pytest.raises(RightRefusedError):
            save(desk, own(), by=builders.member(desk.school, role))


class TestGoingBack:
    def test_an_earlier_version_becomes_the_newest_and_nothing_is_lost(self, desk):
        save(desk, own())
        again = wordings.adopt_again(desk.school, KIND, 1, by=desk.head, at=AT)
        assert (again.version, again.origin, again.document) == (3, "packaged", kinds.packaged(KIND))
        assert Wording.objects.filter(kind=KIND).count() == 3

    def test_the_products_text(self, desk):
        save(desk, own())
        assert wordings.adopt_again(desk.school, KIND, None, by=desk.head, at=AT).document == kinds.packaged(KIND)

    def test_what_is_in_use_already_adds_none(self, desk):
        assert wordings.adopt_again(desk.school, KIND, 1, by=desk.head, at=AT).version == 1
        assert wordings.adopt_again(desk.school, KIND, None, by=desk.head, at=AT).version == 1

    def test_another_schools_version_is_not_found(self, desk, other_school):
        with schools_in_scope([desk.school.pk, other_school.pk]):
            head = builders.member(other_school, Role.HEAD)
            wordings.adopt(other_school, [KIND], by=head, at=AT)
            wordings.save(other_school, KIND, own("Theirs."), based_on=1, by=head, at=AT)
            with pytest.raises(queries.KindRefusedError, match="no version 2"):
                wordings.adopt_again(desk.school, KIND, 2, by=desk.head, at=AT)

    def test_a_schools_own_words_are_not_overwritten_by_a_newer_text_of_the_product(self, desk, monkeypatch):
        save(desk, own())
        newer = kinds.packaged(KIND) | {"title": "Newer"}
        monkeypatch.setattr(kinds, "packaged", lambda slug: newer)
        assert wordings.adopt(desk.school, [KIND], by=desk.head, at=AT) == []
        assert queries.current(desk.school, KIND).version == 2


class TestTheForm:
    @pytest.mark.parametrize("slug", sorted(KINDS))
    def test_what_is_shown_is_read_back_as_it_was(self, slug):
        document = kinds.packaged(slug)
        back = [paragraph_of({"caption": "", **row}) for row in rows_of(document)]
        again = {**document, "paragraphs": back}
        read, was = kinds.read(again), kinds.read(document)
        assert [(each.text.strip(), each.when, each.block, each.run_on, each.table) for each in read.paragraphs] == [
            (each.text.strip(), each.when, each.block, each.run_on, each.table) for each in was.paragraphs
        ]

    @pytest.mark.parametrize(
        ("step", "left"),
        [
            ("up:2", "acb"),
            ("down:0", "bac"),
            ("up:0", "abc"),
            ("down:2", "abc"),
            ("remove:1", "ac"),
            ("add:0", "a?bc"),
            ("up:9", "abc"),
            ("dance:1", "abc"),
            ("remove:x", "abc"),
        ],
    )
    def test_steps(self, step, left):
        rows = [{"text": name, "block": "text", "when": "", "caption": ""} for name in "abc"]
        assert "".join(row["text"] or "?" for row in stepped(rows, step)) == left


def fields(document, version=1):
    """What the editor of a document sends."""
    editor = Editor(document, version)
    sent = {name: value if (value := editor.form[name].value()) is not None else "" for name in editor.form.fields}
    for form in (editor.paragraphs.management_form, *editor.paragraphs.forms):
        sent |= {form.add_prefix(name): form[name].value() or "" for name in form.fields}
    rows = len(editor.paragraphs.forms)
    return sent | {"p-TOTAL_FORMS": rows, "p-INITIAL_FORMS": rows}


class TestThePages:
    @pytest.fixture
    def go(self, desk, client):
        client.force_login(desk.head.user)

        def ask(name, *args, post=None, **headers):
            url = reverse(name, args=[desk.school.slug, *args])
            return client.post(url, post, **headers) if post is not None else client.get(url, **headers)

        return ask

    def page(self, response):
        return BeautifulSoup(response.content, "html.parser")

    def test_the_list_names_each_letter_and_those_to_adopt(self, other_school, client):
        with schools_in_scope([other_school.pk]):
            head = builders.member(other_school, Role.HEAD)
            wordings.adopt(other_school, ["late_l", KIND], by=head, at=AT)
        client.force_login(head.user)
        page = self.page(client.get(reverse("wordings", args=[other_school.slug])))
        ours, offered = page.find_all("table")
        assert [row.th.get_text() for row in ours.tbody.find_all("tr")] == [
            KINDS["late_l"].title,
            KINDS[KIND].title,
        ]
        assert len(offered.tbody.find_all("tr")) == len(KINDS) - 2
        adopt = reverse("wording_adopt", args=[other_school.slug, "late_u"])
        assert client.post(adopt, {"version": "product"}).status_code == 302
        with schools_in_scope([other_school.pk]):
            assert queries.current(other_school, "late_u").version == 1

    @pytest.mark.parametrize("slug", sorted(KINDS))
    def test_every_kind_opens_with_its_blanks_corrections_and_sample(self, desk, go, slug):
        response = go("wording", slug)
        page = self.page(response)
        assert response.status_code == 200
        assert len(page.select(".wording-paragraph")) == len(KINDS[slug].paragraphs)
        assert "Nothing wrong found" in page.get_text()
        assert "Dear Mr and Mrs Example" in " ".join(page.select_one(".paper").get_text(" ").split())
        for correction in KINDS[slug].corrections:
            assert correction.name in page.get_text()
            assert correction.source in page.get_text()
        assert page.find("button", attrs={"data-blank": "«salutation»"})

    def test_what_was_opened_and_saved_changes_nothing(self, desk, go):
        for slug in KINDS:
            sent = fields(queries.current(desk.school, slug).document)
            assert go("wording", slug, post={**sent, "action": "save"}).status_code == 302
        assert not Wording.objects.filter(version=2).exists()

    def test_a_change_is_saved_and_shown(self, desk, go):
        sent = fields(kinds.packaged(KIND)) | {
            "p-0-text": "Hello «forename»!",
            "p-0-when": "academy",
            "marking": "Private",
        }
        response = go("wording", KIND, post={**sent, "action": "save"})
        assert response.status_code == 302
        kind = queries.current(desk.school, KIND).read
        assert (kind.paragraphs[0].text, kind.paragraphs[0].when, kind.marking) == (
            "Hello «forename»!",
            "academy",
            "Private",
        )

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"p-0-text": "«forname»"}, "«forname» is no known blank"),
            ({"p-0-text": ""}, "Write something, or take it out"),
            ({"p-0-text": "{{ school }} **"}, "** is opened and not closed"),
            ({"p-0-when": "full_moon"}, "full_moon"),
            ({"p-0-text": "under the 2006 Regulations"}, "name the 2024 Regulations"),
            ({"based_on": "7"}, "since you opened version 7"),
            ({"title": ""}, "This field is required"),
            ({"summary_language": "pl"}, "Enter the summary, or choose no language"),
            ({"summary_text": "Drodzy"}, "Choose the language of the summary"),
            ({"summary_language": "pl", "summary_text": "«nikt»"}, "«nikt» is no known blank"),
            ({"p-TOTAL_FORMS": "0"}, "paragraphs is empty"),
            ({"p-TOTAL_FORMS": ""}, "cannot be read"),
            ({"p-0-block": "table", "p-0-text": "one line"}, "a table needs a head and rows"),
        ],
    )
    def test_what_cannot_be_saved_says_why_and_keeps_what_was_typed(self, desk, go, change, said):
        sent = fields(kinds.packaged(KIND)) | {"p-1-text": "Typed by hand «forename»."} | change
        response = go("wording", KIND, post={**sent, "action": "save"})
        assert response.status_code == 422
        assert said in self.page(response).get_text()
        assert not Wording.objects.filter(version=2).exists()
        if change.get("p-TOTAL_FORMS", "x") == "x":
            assert "Typed by hand «forename»." in self.page(response).get_text()

    def test_looking_saves_nothing_and_steps_move_paragraphs(self, desk, go):
        sent = fields(kinds.packaged(KIND))
        page = self.page(go("wording", KIND, post={**sent, "p-0-text": "Only looking.", "action": "look"}))
        assert "Only looking." in page.select_one(".paper").get_text()
        moved = self.page(go("wording", KIND, post={**sent, "p-0-text": "First.", "action": "down:0"}))
        texts = [area.get_text().strip() for area in moved.select(".wording-paragraph textarea")]
        assert texts[1] == "First."
        assert not Wording.objects.filter(version=2).exists()

    def test_the_partial_is_the_panel_of_the_page(self, desk, go):
        sent = fields(kinds.packaged(KIND)) | {"p-0-text": "Typed just now."}
        whole = self.page(go("wording", KIND, post=sent)).select_one("#look")
        part = self.page(go("wording", KIND, post=sent, headers={"HX-Request": "true"}))
        assert part.find("html") is None
        assert part.get_text().split() == whole.get_text().split()

    def test_staff_text_never_reaches_the_template_engine(self, desk, go):
        text = "{{ request.user }} {% load static %} {{7*7}} <script>alert(1)</script>"
        sent = fields(kinds.packaged(KIND)) | {"p-0-text": text}
        page = self.page(go("wording", KIND, post=sent))
        assert text in " ".join(page.select_one(".paper").get_text().split())
        assert page.select_one(".paper script") is None

    def test_about_a_real_pupil_it_says_what_the_registers_say(self, desk, go):
        sent = fields(kinds.packaged(KIND)) | {"pupil": desk.pupil.pk}
        paper = self.page(go("wording", KIND, post=sent)).select_one(".paper").get_text(" ")
        assert "Dear Ms Example" in " ".join(paper.split())
        assert "76 sessions" in paper
        assert not Letter.objects.exists()

    def test_about_a_pupil_to_whom_it_cannot_go_it_says_why(self, desk, go):
        well = builders.pupil(desk.school, "Well", "Kim")
        sent = fields(kinds.packaged("late_l")) | {"pupil": well.pk}
        page = self.page(go("wording", "late_l", post=sent))
        assert page.select_one(".paper") is None
        assert "could not be written" in page.get_text()

    @pytest.mark.parametrize("whose", ["another school's", "nobody's", "no number"])
    def test_another_schools_pupil_is_not_found(self, desk, go, other_school, whose):
        with schools_in_scope([other_school.pk]):
            theirs = builders.pupil(other_school).pk
        chosen = {"another school's": theirs, "nobody's": 0, "no number": "x"}[whose]
        sent = fields(kinds.packaged(KIND)) | {"pupil": chosen}
        for name in ("wording", "wording_pdf"):
            assert go(name, KIND, post=sent).status_code == 404

    def test_the_pdf_is_of_what_stands_in_the_editor(self, desk, go, plain_pdf):
        sent = fields(kinds.packaged(KIND)) | {"p-0-text": "Not saved yet."}
        response = go("wording_pdf", KIND, post=sent)
        assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
        assert "Not saved yet." in plain_pdf[-1]
        assert "DRAFT, not sent" in plain_pdf[-1]
        assert go("wording_pdf", KIND, post={**sent, "title": ""}).status_code == 422
        assert go("wording_pdf", KIND, post={**sent, "p-0-text": "«x»"}).status_code == 422

    def test_without_the_libraries_the_pdf_says_what_to_install(self, go, monkeypatch):
        def render(page):
            raise pdf.PdfUnavailableError(["libpango-1.0-0"])

        monkeypatch.setattr(pdf, "render", render)
        response = go("wording_pdf", KIND, post=fields(kinds.packaged(KIND)))
        assert response.status_code == 503
        assert b"libpango-1.0-0" in response.content

    def test_two_versions_side_by_side(self, desk, go):
        save(desk, own("Ours alone."))
        page = self.page(go("wording_compare", KIND))
        assert [cell.get_text() for cell in page.select("thead th")] == ["The product’s text", "Version 2"]
        assert [mark.get_text() for mark in page.select("ins")] == ["Ours alone."]

    @pytest.mark.parametrize("query", ["old=9", "old=x", "new=-1", "old=1&new=²"])
    def test_versions_that_are_not_there(self, desk, client, query):
        client.force_login(desk.head.user)
        url = reverse("wording_compare", args=[desk.school.slug, KIND])
        assert client.get(f"{url}?{query}").status_code == 404

    @pytest.mark.parametrize("version", ["9", "x", "", "1; drop"])
    def test_only_a_version_of_this_letter_can_be_adopted(self, go, version):
        assert go("wording_adopt", KIND, post={"version": version}).status_code == 404

    def test_a_letter_nobody_adopted_is_not_found(self, go):
        assert go("wording", "birthday_card").status_code == 404
        assert go("wording_adopt", "birthday_card", post={"version": "product"}).status_code == 404

    def test_the_pages_ask_a_fixed_number_of_questions(self, desk, go, django_assert_max_num_queries):
        for number in range(12):
            builders.pupil(desk.school, f"P{number}")
        with django_assert_max_num_queries(22):
            go("wording", KIND)
        with django_assert_max_num_queries(16):
            go("wordings")


class TestPreviews:
    @pytest.mark.parametrize("slug", sorted(KINDS))
    def test_a_sample_of_every_kind(self, desk, slug):
        letter = previews.of_sample(desk.school, kinds.packaged(slug), previews.SAMPLE_HOLDING, builders.TODAY)
        assert "Sam" in letter.body
        assert letter.pk is None

    def test_an_academys_sample_is_an_academys(self, desk):
        document = kinds.packaged("leave_refused")
        assert "The academy" not in previews.of_sample(desk.school, document, {"academy"}, builders.TODAY).body
        desk.school.proprietor = "academy trust"
        assert "The academy" in previews.of_sample(desk.school, document, (), builders.TODAY).body

    def test_a_summary_is_filled_or_refused(self, desk):
        document = kinds.packaged(KIND) | {"summary": {"language": "ur", "text": "«leave_reason»"}}
        save(desk, document)
        with pytest.raises(BlankRefusedError, match="«leave_reason»"):
            desk.draft(KIND)


def test_the_editor_offers_every_condition_both_ways():
    offered = [value for label, group in wording_forms._WHEN[1:] for value, _ in group]
    assert len(offered) == len(set(offered))
    assert "not academy" in offered
