"""The letterhead: who may change it, what it takes, and what it looks like in a page and on paper."""

import io

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pypdf import PdfReader

from letters import documents, images, pdf
from letters.models import Letterhead
from letters.queries import letterheads as queries
from letters.rules.letterheads import Window
from letters.services import letterheads
from letters.svg import DrawingRefusedError
from registers.models import Event
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT
from tests.letters.conftest import needs_libraries
from tests.letters.test_svg import drawing, png

LOGO = drawing('<rect width="9" height="9" fill="#084557"/>')


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


def set_image(desk, place="logo", content=LOGO, by=None):
    return letterheads.set_image(desk.school, place, content, by=by or desk.head, at=AT)


def arrange(desk, **changes):
    told = {"reply_email": "", "footer": "", "window": Window.LEFT, "by": desk.head, "at": AT, **changes}
    return letterheads.arrange(desk.school, **told)


def printed(desk):
    (letter,) = desk.draft("late_l")
    return documents.printed([letter], desk.calendar, builders.TODAY, draft=False)


def test_a_school_without_one_has_a_plain_one(desk):
    look = queries.look(desk.school, Role.HEAD, on_paper=True)
    assert (look.logo, look.signature, look.footer, look.window) == ("", "", "", "left")
    assert look.reply_email == desk.school.email
    assert not Letterhead.objects.exists()


def test_each_change_is_recorded_and_there_is_one_row(desk):
    arrange(desk, footer="Every day counts", reply_email="flo@ashdown.example")
    set_image(desk)
    set_image(desk, "flo")
    letterheads.take_away(desk.school, "flo", by=desk.head, at=AT)
    found = Letterhead.objects.get()
    assert (found.footer, found.reply_email, found.signatures) == ("Every day counts", "flo@ashdown.example", {})
    assert found.logo.endswith(".svg")
    events = Event.objects.filter(kind="letterhead changed").order_by("pk")
    assert [event.facts["changed"] for event in events] == ["arrangement", "logo", "flo", "no flo"]


def test_the_signature_is_that_of_the_letters_signatory(desk):
    set_image(desk, "flo")
    assert queries.look(desk.school, Role.FLO, on_paper=True).signature.startswith("letterhead:ashdown/")
    assert queries.look(desk.school, Role.HEAD, on_paper=True).signature == ""


@pytest.mark.parametrize("role", [Role.OFFICE, Role.FLO, Role.ADMINISTRATOR, Role.TEACHER])
def test_needs_the_right(desk, role):
    somebody = builders.member(desk.school, role)
    with pytest.raises(RightRefusedError):
        set_image(desk, by=somebody)
    with pytest.raises(RightRefusedError):
        arrange(desk, by=somebody)


def test_a_refused_image_changes_nothing(desk):
    with pytest.raises(DrawingRefusedError):
        set_image(desk, content=b"<svg")
    assert not Letterhead.objects.exists()


def test_answers_go_where_the_letterhead_says(desk):
    (before,) = desk.draft("percentage")
    assert before.values["reply_email"] == desk.school.email
    arrange(desk, reply_email="flo@ashdown.example")
    (after,) = desk.draft("percentage")
    assert after.values["reply_email"] == "flo@ashdown.example"


def test_another_schools_letterhead_is_its_own(desk, other_school):
    with schools_in_scope([other_school.pk]):
        head = builders.member(other_school, Role.HEAD)
        letterheads.arrange(other_school, reply_email="", footer="Theirs", window=Window.NONE, by=head, at=AT)
    assert queries.look(desk.school, Role.HEAD, on_paper=True).footer == ""


def test_on_paper_an_image_is_named_and_in_a_page_it_is_inside(desk):
    set_image(desk)
    assert queries.look(desk.school, Role.HEAD, on_paper=True).logo.startswith("letterhead:ashdown/")
    assert queries.look(desk.school, Role.HEAD, on_paper=False).logo.startswith("data:image/svg+xml;base64,")


@needs_libraries
@pytest.mark.parametrize("content", [LOGO, png()], ids=["svg", "png"])
def test_logo_signature_and_footer_are_printed(desk, content):
    plain = pdf.render(printed(desk))
    set_image(desk, content=content)
    set_image(desk, "flo", png((40, 20)))
    arrange(desk, footer="Every day counts", reply_email="flo@ashdown.example")
    html = printed(desk)
    document = pdf.render(html)
    assert "data:" not in html
    assert document != plain
    assert document == pdf.render(html)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(document)).pages]
    assert all("Every day counts" in page for page in pages)
    assert "flo@ashdown.example" in pages[0]
    assert "Alt" not in pages[0]


@needs_libraries
def test_an_image_that_is_gone_or_altered_stops_the_letter(desk, settings):
    set_image(desk)
    html = printed(desk)
    file = settings.LETTERHEADS_DIR / "ashdown" / Letterhead.objects.get().logo
    file.write_bytes(drawing("<rect/>"))
    with pytest.raises(pdf.PdfRefusedError):
        pdf.render(html)
    file.unlink()
    with pytest.raises(pdf.PdfRefusedError):
        pdf.render(html)
    # A page shows a gap where paper would not be printed.
    assert queries.look(desk.school, Role.HEAD, on_paper=False).logo == ""


@needs_libraries
def test_an_issued_letter_keeps_the_letterhead_it_was_sent_with(desk, settings):
    set_image(desk)
    issued = desk.issue(desk.draft("late_l")[0])
    file = settings.LETTERS_DIR / issued.pdf_path
    before = file.read_bytes()
    letterheads.take_away(desk.school, "logo", by=desk.head, at=AT)
    assert file.read_bytes() == before


class TestThePage:
    @pytest.fixture
    def send(self, desk, client):
        client.force_login(desk.head.user)

        def post(name="letterhead_image", **sent):
            return client.post(reverse(name, args=[desk.school.slug]), sent)

        return post

    def upload(self, content, name="logo.png"):
        return SimpleUploadedFile(name, content, content_type="image/png")

    def test_shows_a_place_for_the_logo_and_each_signature_and_the_letter(self, desk, client):
        client.force_login(desk.head.user)
        page = BeautifulSoup(client.get(reverse("letterhead", args=[desk.school.slug])).content, "html.parser")
        headings = [heading.get_text() for heading in page.find_all("h2")]
        assert headings[:2] == ["Logo", "Signature: School office"]
        assert "Signature: Headteacher" in headings
        assert "Dear Mr and Mrs Example" in " ".join(page.select_one(".paper").get_text(" ").split())

    def test_an_image_is_kept_whatever_it_is_called(self, desk, send):
        assert send(place="logo", image=self.upload(LOGO, "../../logo.png.exe")).status_code == 302
        assert images.read("ashdown", Letterhead.objects.get().logo)

    def test_what_was_left_out_is_said(self, desk, send, client):
        hostile = drawing("<script>alert(1)</script><rect width='9' height='9'/>")
        send(place="logo", image=self.upload(hostile))
        page = client.get(reverse("letterhead", args=[desk.school.slug])).content.decode()
        assert "1 part of the drawing could not be kept safely" in page
        assert "alert" not in page

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"GIF89a" + b"x" * 50, "neither a PNG nor an SVG"),
            (b"x" * 2_000_001, "larger than 2 MB"),
            (b"", "empty"),
        ],
    )
    def test_a_bad_file_is_refused_with_words_at_its_place(self, send, content, said):
        response = send(place="flo", image=self.upload(content))
        assert response.status_code == 422
        assert said in response.content.decode()
        assert not Letterhead.objects.exists()

    @pytest.mark.parametrize("place", ["governor", "", "../x"])
    def test_only_a_place_of_the_school_takes_an_image(self, send, place):
        assert send(place=place, image=self.upload(LOGO)).status_code == 422
        assert not Letterhead.objects.exists()

    def test_an_image_is_taken_away(self, desk, send):
        set_image(desk)
        assert send(take_away="logo").status_code == 302
        assert Letterhead.objects.get().logo == ""

    def test_the_rest_is_saved_or_refused(self, desk, send):
        assert send("letterhead", reply_email="x@ashdown.example", footer="A", window="right").status_code == 302
        assert Letterhead.objects.get().window == "right"
        assert send("letterhead", reply_email="nonsense", footer="B", window="right").status_code == 422
        assert send("letterhead", reply_email="", footer="B", window="roof").status_code == 422
        assert Letterhead.objects.get().footer == "A"

    def test_the_sample_is_printed(self, desk, client, plain_pdf):
        arrange(desk, footer="Every day counts")
        client.force_login(desk.head.user)
        response = client.get(reverse("letterhead_pdf", args=[desk.school.slug]))
        assert response["Content-Type"] == "application/pdf"
        assert "Every day counts" in plain_pdf[-1]
