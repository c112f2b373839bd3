"""HTML to PDF: the only module that knows WeasyPrint. Its libraries are loaded at the first letter, not before.

One font configuration and one parsed stylesheet serve the whole process: a fresh pair for each letter grows memory
without end. Nothing is fetched but the images of letterheads that the school keeps: any other address stops the letter.
"""

import ctypes
import gc
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes.util import find_library
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from django.contrib.staticfiles import finders

from letters import images
from letters.rules.refusals import LetterRefusedError

LIBRARIES = {
    "libpango-1.0-0": ("libpango-1.0.so.0", "pango-1.0"),
    "libpangoft2-1.0-0": ("libpangoft2-1.0.so.0", "pangoft2-1.0"),
    "libharfbuzz-subset0": ("libharfbuzz-subset.so.0", "harfbuzz-subset"),
    "fontconfig": ("libfontconfig.so.1", "fontconfig"),
}
"""Debian package to the library it brings: its file, and its plain name for other systems."""
FONTS = "fonts-dejavu-core"
FONT_DIRECTORIES = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/Library/Fonts")
NARROW_FACES = ("LiberationSans-Regular.*", "[Aa]rial.*")
"""The stylesheet's first fonts. Without them letters are set in a wider one, a little smaller, to keep their pages."""
_one_at_a_time = Lock()


class PdfUnavailableError(Exception):
    """This machine cannot make PDFs; the message names the packages to install."""

    def __init__(self, missing: list[str], why: str = "") -> None:
        self.missing = missing
        packages = " ".join(missing or [*LIBRARIES, FONTS])
        super().__init__(
            "Letters cannot be made into PDF on this machine: a system library is missing. Everything else works. "
            f"On Debian: apt install {packages}" + (f" ({why})" if why else "")
        )


class PdfRefusedError(Exception):
    """HTML that asked for something outside itself; no PDF is made of it."""


def missing_libraries() -> list[str]:
    """The Debian packages that PDFs need and this machine does not have."""
    missing = [package for package, names in LIBRARIES.items() if not _loads(*names)]
    return missing if _has_fonts("*.[to]t[fc]") else [*missing, FONTS]


def has_font_for(language: str) -> bool:
    """Whether a font of this machine holds the letters of a language, by its BCP 47 tag; true where nobody can say."""
    program = shutil.which("fc-list")
    if program is None:
        return True
    found = subprocess.run([program, f":lang={language}", "family"], capture_output=True, timeout=10, check=False)  # noqa: S603
    return bool(found.stdout.strip())


def render(html: str) -> bytes:
    """A whole HTML document as a tagged PDF; the same HTML gives the same bytes.

    Raises PdfUnavailableError without the system's libraries, PdfRefusedError for HTML that wants anything fetched.
    """
    engine = _engine()
    with _one_at_a_time, _uncollected():
        return engine.render(html)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking, while a document is made, which of its parts can go: all of them can at once when it is done."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
            gc.collect(0)


class Document(bytes):
    """A PDF that knows its pages: to read them out of it would cost a tenth of making it."""

    pages: int


def pages(document: bytes) -> int | None:
    """How many pages a PDF has that was made here."""
    return document.pages if isinstance(document, Document) else None


class _Engine:
    """WeasyPrint, loaded once, with what all letters share."""

    def __init__(self) -> None:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

        class OwnImagesOnly(URLFetcher):  # type: ignore[misc]
            """Gives the images of letterheads, refuses every other address, and remembers that it was asked."""

            asked = False

            def fetch(self, url: str, headers: Any = None) -> Any:
                with suppress(LetterRefusedError):
                    if found := images.at(url):
                        return URLFetcherResponse(url, found[0], {"Content-Type": found[1]})
                self.asked = True
                raise FatalURLFetchingError("Nothing outside the letter is fetched.")

        self._fatal: type[BaseException] = FatalURLFetchingError
        self._html = weasyprint.HTML
        self._fetcher = OwnImagesOnly()
        self._fonts = FontConfiguration()
        style = _stylesheet().read_text(encoding="utf-8")
        if not _has_fonts(*NARROW_FACES):
            style += "html { font-size: 9.6pt }"
        self._style = weasyprint.CSS(string=style, font_config=self._fonts, url_fetcher=self._fetcher)

    def render(self, html: str) -> bytes:
        self._fetcher.asked = False
        document = b""
        # Inside a drawing the refusal is swallowed and the letter goes on without, so the fetcher is asked as well.
        with suppress(self._fatal):
            page = self._html(string=html, url_fetcher=self._fetcher)
            laid_out = page.render(font_config=self._fonts, stylesheets=[self._style], pdf_variant="pdf/ua-1")
            document = Document(laid_out.write_pdf(pdf_variant="pdf/ua-1"))
            document.pages = len(laid_out.pages)
        if self._fetcher.asked:
            raise PdfRefusedError("A letter asked for something outside itself. No PDF was made.")
        return document


@cache
def _engine() -> _Engine:
    try:
        engine = _Engine()
    except (OSError, ImportError) as error:
        raise PdfUnavailableError(missing_libraries(), type(error).__name__) from error
    # A letter leaves much behind to be collected. What has been loaded by now stays for good, and going through it
    # each time to find that out takes a seventh of the time that a letter does.
    gc.collect()
    gc.freeze()
    return engine


def _stylesheet() -> Path:
    found = finders.find("letters/letter.css")
    if not isinstance(found, str):
        raise FileNotFoundError("letters/letter.css is not among the static files.")
    return Path(found)


def _loads(file: str, name: str) -> bool:
    with suppress(OSError):
        ctypes.CDLL(file)
        return True
    return find_library(name) is not None


def _has_fonts(*patterns: str) -> bool:
    folders = [Path(directory).expanduser() for directory in FONT_DIRECTORIES]
    return any(next(folder.rglob(pattern), None) is not None for folder in folders for pattern in patterns)
