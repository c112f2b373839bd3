"""Issued letters joined for the printer: the files as they were sent, one after the other."""

from collections.abc import Iterable
from io import BytesIO

from pypdf import PdfReader, PdfWriter

from letters import store
from letters.models import Letter
from letters.store import Kept


def joined(letters: Iterable[Letter], *, two_sided: bool) -> tuple[bytes, int]:
    """One PDF of the letters' own files in their order, and its pages.

    For both sides of the paper each letter begins on a sheet of its own. Raises FileMissingError or FileAlteredError.
    """
    writer = PdfWriter()
    for letter in letters:
        reader = PdfReader(BytesIO(store.read(Kept(letter.pdf_path, letter.sha256))))
        writer.append(reader, import_outline=False)
        if two_sided and len(reader.pages) % 2:
            writer.add_blank_page()
    out = BytesIO()
    writer.write(out)
    return out.getvalue(), len(writer.pages)
