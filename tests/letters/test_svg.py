"""Hostile drawings and images: nothing in them runs, reads or fetches; what is harmless stays."""

import io
import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from letters import images, store, svg
from letters.images import ImageRefusedError
from letters.svg import DrawingRefusedError

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9" {}>{}</svg>'
)


def drawing(inside="", attributes=""):
    return HEAD.format(attributes, inside).encode()


def png(size=(20, 10), **told):
    made = io.BytesIO()
    Image.new("RGB", size, "#084557").save(made, format="PNG", **told)
    return made.getvalue()


@pytest.mark.parametrize(
    ("inside", "gone"),
    [
        pytest.param("<script>alert(1)</script>", "alert", id="script"),
        pytest.param("<SCRIPT>alert(1)</SCRIPT>", "alert", id="script in capitals"),
        pytest.param('<rect onload="alert(1)" width="1"/>', "alert", id="handler"),
        pytest.param('<a xlink:href="javascript:alert(1)"><rect/></a>', "alert", id="link"),
        pytest.param(
            "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>x</body></foreignObject>", "body", id="html"
        ),
        pytest.param('<image href="file:///etc/hostname" width="1"/>', "hostname", id="image of a file"),
        pytest.param('<image xlink:href="http://127.0.0.1:9/x.png"/>', "127.0.0.1", id="image over the network"),
        pytest.param('<use href="http://127.0.0.1:9/x.svg#a"/>', "127.0.0.1", id="use"),
        pytest.param("<style>@import url(http://127.0.0.1:9/x.css);</style>", "import", id="style"),
        pytest.param('<rect style="fill:url(http://127.0.0.1:9/#a)"/>', "127.0.0.1", id="fetching style"),
        pytest.param('<rect style="background:red;fill:expression(alert(1))"/>', "alert", id="style that runs"),
        pytest.param('<rect fill="url(file:///etc/hostname#a)"/>', "hostname", id="fetching fill"),
        pytest.param('<rect fill="\\75rl(//127.0.0.1)"/>', "127.0.0.1", id="escaped fill"),
        pytest.param('<animate attributeName="href" values="javascript:alert(1)"/>', "alert", id="animation"),
        pytest.param('<set attributeName="onload" to="alert(1)"/>', "alert", id="set"),
        pytest.param("<filter><feImage href='http://127.0.0.1:9/'/></filter>", "127.0.0.1", id="filter"),
        pytest.param("<rect xmlns='http://evil.example/' width='1'/>", "evil", id="other namespace"),
        pytest.param(
            "<?xml-stylesheet href='http://127.0.0.1:9/x.css'?><!-- hidden -->", "127.0.0.1", id="instruction"
        ),
    ],
)
def test_what_could_run_or_fetch_is_left_out(inside, gone):
    made = svg.safe(drawing(inside + '<circle cx="4" cy="4" r="3" fill="#084557"/>'))
    assert gone.encode() not in made.content
    assert b'<circle cx="4" cy="4" r="3" fill="#084557"' in made.content
    # Instructions and comments never reach the tree.
    assert made.left_out or "instruction" in inside or "<?" in inside


def test_handlers_of_the_drawing_itself_are_left_out():
    assert b"alert" not in svg.safe(drawing(attributes='onload="alert(1)"')).content


def test_a_harmless_drawing_keeps_its_looks():
    inside = (
        '<defs><linearGradient id="g"><stop offset="0" style="stop-color:#fff;opacity:.5"/></linearGradient></defs>'
        '<g transform="translate(1 2)"><path d="M0 0h4" style="fill: url(#g); stroke: rgb(1, 2, 3)"/></g>'
        '<text x="1" y="2">Oak <tspan font-weight="bold">&amp;</tspan> Ash</text>'
    )
    made = svg.safe(drawing(inside))
    text = made.content.decode()
    assert made.left_out == 0
    for part in ('stop-color="#fff"', 'fill="url(#g)"', 'stroke="rgb(1, 2, 3)"', "translate(1 2)", "&amp;</tspan> Ash"):
        assert part in text
    assert svg.safe(made.content).content == made.content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"<svg", "readable SVG", id="broken"),
        pytest.param(b"<svg viewBox='0 0 1 1'/>", "not an SVG drawing", id="no namespace"),
        pytest.param(b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "not an SVG drawing", id="a page"),
        pytest.param(b'<svg xmlns="http://www.w3.org/2000/svg"/>', "how large", id="no size"),
        pytest.param(
            b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + drawing("<text>&b;</text>"),
            "entities",
            id="entities that grow",
        ),
        pytest.param(
            b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + drawing("<text>&x;</text>"),
            "entities",
            id="an entity that reads a file",
        ),
        pytest.param(drawing("<g>" * 60 + "</g>" * 60), "too many parts", id="too deep"),
        pytest.param(drawing("<rect/>" * 2_001), "too many parts", id="too many"),
        pytest.param("<svg/>".encode("utf-16"), "SVG", id="another encoding"),
    ],
)
def test_what_is_no_drawing_is_refused(content, said):
    with pytest.raises(DrawingRefusedError, match=said):
        svg.safe(content)


def test_a_png_is_drawn_anew_without_anything_but_its_pixels():
    info = PngInfo()
    info.add_text("comment", "<script>alert(1)</script>")
    content = png(pnginfo=info) + b"<script>alert(2)</script>"
    made = images.make_safe(content)
    assert made.suffix == "png"
    assert b"alert" not in made.content
    with Image.open(io.BytesIO(made.content)) as seen:
        assert seen.size == (20, 10)
        assert seen.convert("RGB").getpixel((3, 3)) == (8, 69, 87)


def test_a_large_png_is_made_smaller_in_proportion():
    with Image.open(io.BytesIO(images.make_safe(png((3_200, 800))).content)) as seen:
        assert seen.size == (1_600, 400)


def _bomb():
    """A PNG that says it is 60,000 pixels wide and high."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "neither a PNG nor an SVG", id="empty"),
        pytest.param(b"GIF89a", "neither a PNG nor an SVG", id="GIF"),
        pytest.param(b"%PDF-1.7", "neither a PNG nor an SVG", id="PDF"),
        pytest.param(png()[:40], "cannot be read", id="cut short"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"x" * 99, "cannot be read", id="a lying head"),
        pytest.param(_bomb(), "cannot be read|16 million", id="bomb"),
        pytest.param(b"x" * 2_000_001, "larger than 2 MB", id="too large"),
    ],
)
def test_what_is_no_image_is_refused(content, said):
    with pytest.raises(ImageRefusedError, match=said):
        images.make_safe(content)


def test_an_image_is_kept_under_its_school_by_its_hash(settings):
    name = images.keep("ashdown", images.make_safe(png()))
    assert images.keep("ashdown", images.make_safe(png())) == name
    assert images.read("ashdown", name).startswith(b"\x89PNG")
    with pytest.raises(store.FileMissingError):
        images.read("birchwood", name)
    (settings.LETTERHEADS_DIR / "ashdown" / name).write_bytes(b"another")
    with pytest.raises(store.FileAlteredError):
        images.read("ashdown", name)


@pytest.mark.parametrize("name", ["../secret.png", "x.png", "", "0" * 64 + ".gif", "0" * 64 + ".png/../x"])
def test_only_a_hash_names_an_image(name):
    with pytest.raises(store.FileMissingError):
        images.read("ashdown", name)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/hostname", "data:image/png;base64,AA==", "letterhead:../x/" + "0" * 64 + ".png", "letterhead:a/b"],
)
def test_no_other_address_is_an_image(url):
    assert images.at(url) is None
