"""The images of letterheads: made safe when they come in, kept under their school by their hash, read by it."""

import base64
import io
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from PIL import Image, UnidentifiedImageError

from letters import store, svg
from letters.rules.refusals import LetterRefusedError

SCHEME = "letterhead"
"""In a letter's HTML an image is named letterhead:school/name; the printer knows no other address."""
MOST_BYTES = 2_000_000
MOST_PIXELS = 16_000_000
WIDEST, HIGHEST = 1_600, 800
"""Pixels: enough for 60 mm on paper at 600 dots to the inch."""
TYPES = {"png": "image/png", "svg": "image/svg+xml"}
_NAME = re.compile(r"[0-9a-f]{64}\.(png|svg)")
_PLACE = re.compile(rf"{SCHEME}:([a-z0-9_-]+)/({_NAME.pattern})")


class ImageRefusedError(LetterRefusedError):
    """An upload that is no usable image."""


@dataclass(frozen=True)
class Safe:
    """An image that may be kept; `left_out` parts of a drawing were not safe to keep."""

    content: bytes
    suffix: str
    left_out: int = 0

    @property
    def name(self) -> str:
        return f"{sha256(self.content).hexdigest()}.{self.suffix}"


def make_safe(content: bytes) -> Safe:
    """What an upload holds, drawn anew: a PNG without anything but its pixels, an SVG without anything but shapes.

    What the file is called and what type the browser gives it are not asked.
    """
    if len(content) > MOST_BYTES:
        raise ImageRefusedError("This file is larger than 2 MB. Save it smaller.")
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Safe(_drawn_anew(content), "png")
    if b"<svg" in content[:4096].lower() or content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        drawing = svg.safe(content)
        return Safe(drawing.content, "svg", drawing.left_out)
    raise ImageRefusedError("This is neither a PNG nor an SVG file. Save the image as one of them.")


def keep(school: str, image: Safe) -> str:
    """Keep an image under its school and return its name; the same image twice is one file."""
    target = _folder(school) / image.name
    if not target.is_file():
        store.write(target, image.content)
    return image.name


def read(school: str, name: str) -> bytes:
    """A kept image; FileMissingError or FileAlteredError if it is not there or not the one that was kept."""
    if not _NAME.fullmatch(name):
        raise store.FileMissingError("There is no such image.")
    try:
        content = (_folder(school) / name).read_bytes()
    except OSError:
        raise store.FileMissingError(
            "An image of the letterhead is missing from the store. Upload it again, or restore it from a backup."
        ) from None
    if not name.startswith(sha256(content).hexdigest()):
        raise store.FileAlteredError(
            "An image of the letterhead is not the one that was uploaded: its hash does not match. Upload it again."
        )
    return content


def address(school: str, name: str) -> str:
    """What a letter's HTML for paper calls an image."""
    return f"{SCHEME}:{school}/{name}"


def at(url: str) -> tuple[bytes, str] | None:
    """The image an address names and its type, for the printer; None for every other address."""
    match = _PLACE.fullmatch(url)
    return (read(match[1], match[2]), TYPES[match[3]]) if match else None


def in_page(school: str, name: str) -> str:
    """An image as it stands in a page on screen."""
    return f"data:{TYPES[name.rpartition('.')[2]]};base64,{base64.b64encode(read(school, name)).decode()}"


def _drawn_anew(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise ImageRefusedError("This image has more than 16 million pixels. Save it smaller.")
            opened.load()
            pixels = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageRefusedError("This PNG file cannot be read. Save the image again.") from error
    pixels.thumbnail((WIDEST, HIGHEST))
    drawn = io.BytesIO()
    pixels.save(drawn, format="PNG")
    return drawn.getvalue()


def _folder(school: str) -> Path:
    return Path(settings.LETTERHEADS_DIR) / school
