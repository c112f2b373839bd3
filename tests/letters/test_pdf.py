"""Real PDFs, read back; nothing is ever fetched; and what is said where they cannot be made."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import checks as django_checks
from pypdf import PdfReader

from letters import checks, documents, pdf
from letters.services import letters
from registers.models import Mark
from tests import builders
from tests.letters.conftest import LEAVE, needs_libraries

PAGE = "<!DOCTYPE html><html lang='en-GB'><head><title>T</title>{head}</head><body><p>Here</p>{body}</body></html>"
SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{}</svg>"


def read(document):
    """The pages of a PDF, each as text on one line."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(document)).pages]


def printed(desk, kind, *, draft=False, pupil=None, **told):
    (letter,) = desk.draft(kind, pupil, **told)
    return documents.printed([letter], desk.calendar, builders.TODAY, draft=draft)


SAYS = {
    "late_l": ["5 occasions", "3 of them in Term 2", "1 hour 3 minutes", "8.50am", "9.20am", "30 minutes 19 days"],
    "stage1_medical": ["94.7%", "That is below the level", "an appointment card"],
    "leave_refused": ["1 December 2026", "8 sessions", "Regulations 2024", "£160", "£80"],
    "letter_of_concern": ["94.7%", "4 sessions missed of 76 sessions possible", "at least 96%"],
}
TOLD = {
    "leave_refused": {"facts": LEAVE, "conditions": ["penalty_notice_possible"]},
    "letter_of_concern": {"facts": {"expected_attendance": "96"}},
}


@needs_libraries
@pytest.mark.parametrize("kind", sorted(SAYS))
def test_each_kind_is_read_back_from_its_pdf(desk, kind):
    for number, mark in enumerate(Mark.objects.filter(pupil=desk.pupil, code="L")):
        Mark.objects.filter(pk=mark.pk).update(minutes_late=15 if number else 3)
    pages = read(pdf.render(printed(desk, kind, **TOLD.get(kind, {}))))
    for part in [
        "Ashdown School",
        "Example Lane, Exampleton",
        "Telephone 01632 960200",
        "office@ashdown.example",
        "20 November 2026",
        "Ms Pat Example 1 Example Street Exampleton EX4 0XX",
        "Dear Ms Example",
        "Sam Example",
        "Yours sincerely",
        f"Page 1 of {len(pages)}",
        *SAYS[kind],
    ]:
        assert part in pages[0], part
    assert "DRAFT" not in "".join(pages)
    if kind == "leave_refused":
        assert len(pages) == 1
    else:
        assert len(pages) == 2
        assert "Registration certificate Sam Example" in pages[1]
        assert "Possible sessions 76 Attended 72 Attendance 94.7 %" in pages[1]
        assert "14 Sep 2026 / \\ / \\ / \\ / \\ / \\" in pages[1]


@needs_libraries
def test_the_same_html_gives_the_same_bytes_tagged_and_titled(desk):
    html = printed(desk, "late_l")
    document = pdf.render(html)
    assert document == pdf.render(html)
    reader = PdfReader(io.BytesIO(document))
    assert reader.metadata.title.startswith("Late letter (code L), reference ")
    assert reader.trailer["/Root"]["/Lang"] == "en-GB"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "Example" not in reader.metadata.title
    fonts = {
        str(font.get_object()["/BaseFont"]) for page in reader.pages for font in page["/Resources"]["/Font"].values()
    }
    assert fonts
    assert all(re.match(r"/[A-Z]{6}\+", name) for name in fonts), "every font is embedded as a subset"


@needs_libraries
def test_a_draft_says_so_on_every_page(desk):
    pages = read(pdf.render(printed(desk, "late_l", draft=True)))
    assert len(pages) == 2
    assert all("DRAFT, not sent" in page for page in pages)


@needs_libraries
@pytest.mark.parametrize(
    ("forename", "surname"),
    [
        ("<script>alert(1)</script>", "{{7*7}}"),
        ("Marks & Spencer", "**bold** «surname»"),
        ("X" * 80, "Y" * 80),
        ("<img src=file:///etc/hostname>", "<style>@import url(http://127.0.0.1/)</style>"),
    ],
)
def test_a_hostile_name_is_printed_as_it_is(desk, forename, surname):
    pupil = builders.pupil(desk.school, surname, forename)
    text = "".join(read(pdf.render(printed(desk, "leave_refused", pupil=pupil, facts=LEAVE))))
    for name in (forename, surname):
        assert name.replace(" ", "") in text.replace(" ", "")


@needs_libraries
def test_a_name_from_right_to_left_is_on_the_paper(desk):
    pupil = builders.pupil(desk.school, "الأحمد", "محمد")
    text = "".join(read(pdf.render(printed(desk, "leave_refused", pupil=pupil, facts=LEAVE))))
    # A reader gives the letters in the order in which they are drawn, so only their presence is compared.
    assert set("محمد") <= set(text)
    assert "For the attention of the parents of" in text


@needs_libraries
def test_letters_of_four_bytes_are_in_the_page_and_stop_no_pdf(desk):
    pupil = builders.pupil(desk.school, "𠮷田", "Zoë 𝒜")
    html = printed(desk, "leave_refused", pupil=pupil, facts=LEAVE)
    assert "Zoë 𝒜" in html
    assert "𠮷田" in html
    # The reader puts a zero before each letter once one of four bytes is on the page. Whether a machine has a font for
    # them is its own affair; the rest of the letter is there.
    text = "".join(read(pdf.render(html))).replace("\x00", "")
    assert "For the attention of the parents of" in " ".join(text.split())


@needs_libraries
@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param("", "<img src='file://{path}'>", id="image file"),
        pytest.param("", "<img src='http://127.0.0.1:9/x.png'>", id="image over the network"),
        pytest.param("", "<img src='data:image/png;base64,iVBORw0KGgo='>", id="image in itself"),
        pytest.param("<link rel=stylesheet href='file://{path}'>", "", id="stylesheet"),
        pytest.param("<style>@import url('http://127.0.0.1:9/x.css');</style>", "", id="style import"),
        pytest.param("<style>p {{ background: url('file://{path}') }}</style>", "", id="background"),
        pytest.param(
            "<style>@font-face {{ font-family: x; src: url('file://{path}') }} p {{ font-family: x }}</style>",
            "",
            id="font",
        ),
        pytest.param("", SVG.format("<image href='file://{path}' width='9' height='9'/>"), id="image in svg"),
        pytest.param("", "<object data='file://{path}' type='image/png'></object>", id="object"),
        pytest.param("", "<embed src='file://{path}' type='image/svg+xml'>", id="embed"),
        pytest.param("<link rel=attachment href='file://{path}'>", "", id="attachment"),
        pytest.param("<base href='file:///'>", "<img src='{path}'>", id="base"),
    ],
)
def test_nothing_is_fetched(tmp_path, head, body):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    html = PAGE.format(head=head.format(path=secret), body=body.format(path=secret))
    with pytest.raises(pdf.PdfRefusedError, match="outside itself"):
        pdf.render(html)


@needs_libraries
@pytest.mark.parametrize(
    "inside", ["<use href='file://{path}#a'/>", "<style>@import url('file://{path}');</style>"], ids=["use", "style"]
)
def test_what_a_drawing_never_asks_for_is_not_in_the_pdf(tmp_path, inside):
    (tmp_path / "secret.svg").write_text(SVG.format("<text id='a' y='9'>the secret</text>"))
    html = PAGE.format(head="", body=SVG.format(inside.format(path=tmp_path / "secret.svg")))
    assert read(pdf.render(html)) == ["Here Page 1 of 1"]


@needs_libraries
def test_a_refused_letter_does_not_spoil_the_next():
    with pytest.raises(pdf.PdfRefusedError):
        pdf.render(PAGE.format(head="", body="<img src='file:///etc/hostname'>"))
    assert read(pdf.render(PAGE.format(head="", body=""))) == ["Here Page 1 of 1"]


@needs_libraries
def test_what_asks_for_nothing_is_made():
    assert read(pdf.render(PAGE.format(head="", body="<p>There</p>"))) == ["Here There Page 1 of 1"]


@needs_libraries
def test_an_issued_letter_is_that_pdf_whatever_happens_to_the_marks(desk, settings):
    issued = letters.issue(desk.draft()[0], desk.calendar, today=builders.TODAY, by=desk.head, at=builders.AT)
    file = Path(settings.LETTERS_DIR) / issued.pdf_path
    before = file.read_bytes()
    Mark.objects.filter(pupil=desk.pupil, code="L").update(code="I")
    assert file.read_bytes() == before
    assert "5 occasions" in read(before)[0]


def test_weasyprint_is_loaded_by_the_first_letter_and_not_before():
    code = "import django; django.setup(); import letters.urls, sys; sys.exit('weasyprint' in sys.modules)"
    environment = {"DJANGO_SETTINGS_MODULE": "attendance_site.settings", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=Path(__file__).parents[2])
    assert done.returncode == 0


@pytest.fixture
def _no_pango(monkeypatch):
    monkeypatch.setattr(pdf, "_loads", lambda file, name: "pango" not in name)


@pytest.mark.usefixtures("_no_pango")
def test_what_is_missing_is_named_as_debian_packages():
    assert [name for name in pdf.missing_libraries() if "pango" in name] == ["libpango-1.0-0", "libpangoft2-1.0-0"]
    (warning,) = checks.pdf_libraries()
    assert isinstance(warning, django_checks.Warning)
    assert "apt install libpango-1.0-0 libpangoft2-1.0-0" in warning.hint


def test_missing_fonts_are_named(monkeypatch):
    monkeypatch.setattr(pdf, "_loads", lambda file, name: True)
    monkeypatch.setattr(pdf, "FONT_DIRECTORIES", ("/nowhere",))
    assert pdf.missing_libraries() == ["fonts-dejavu-core"]


def test_with_everything_there_the_check_is_silent(monkeypatch):
    monkeypatch.setattr(pdf, "missing_libraries", list)
    assert checks.pdf_libraries() == []


@pytest.mark.usefixtures("_no_pango")
@pytest.mark.parametrize("error", [OSError, ImportError])
def test_a_machine_without_the_libraries_says_which(monkeypatch, error):
    def does_not_load(self):
        raise error("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(pdf._Engine, "__init__", does_not_load)
    pdf._engine.cache_clear()
    with pytest.raises(pdf.PdfUnavailableError, match=r"apt install libpango.* libpangoft2"):
        pdf.render("<p>x</p>")
