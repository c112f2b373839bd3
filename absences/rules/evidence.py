"""Which files are taken as evidence: told by what is in them, never by what they are called."""

from collections.abc import Mapping
from enum import StrEnum

MOST_BYTES = 10 * 1024 * 1024
MOST_NAME = 120


class EvidenceRefusedError(Exception):
    """A file that is not taken; the message says what to send instead."""


class FileKind(StrEnum):
    """The type of a file, as its ending."""

    PDF = "pdf"
    JPEG = "jpg"
    PNG = "png"
    HEIC = "heic"


KIND_NAMES: Mapping[FileKind, str] = {
    FileKind.PDF: "PDF",
    FileKind.JPEG: "JPEG picture",
    FileKind.PNG: "PNG picture",
    FileKind.HEIC: "HEIC picture",
}
MEDIA_TYPES: Mapping[FileKind, str] = {
    FileKind.PDF: "application/pdf",
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
    FileKind.HEIC: "image/heic",
}
"""The type a file is served with: that of its content, one of four, whatever the sender claimed."""
_BY_MEDIA_TYPE = {media: kind for kind, media in MEDIA_TYPES.items()}
TAKEN = "PDF, JPEG, PNG or HEIC"


def kind_of(media_type: str | None) -> FileKind:
    """The kind of a content of this type, or EvidenceRefusedError."""
    kind = _BY_MEDIA_TYPE.get(media_type or "")
    if kind is None:
        raise EvidenceRefusedError(
            f"This is no {TAKEN} file, whatever its name says. Send a photograph, a scan or a PDF."
        )
    return kind


def check_size(size: int) -> None:
    if size == 0:
        raise EvidenceRefusedError("The file is empty. Choose it again.")
    if size > MOST_BYTES:
        raise EvidenceRefusedError(f"The file is larger than {MOST_BYTES // 1024**2} MB. Send a smaller picture.")


def shown_name(name: str) -> str:
    """A sender's file name as it may be shown: no folders, nothing that cannot be seen, not too long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = " ".join("".join(sign for sign in last if sign.isprintable()).split())
    return plain[-MOST_NAME:].strip(". ") or "file"
