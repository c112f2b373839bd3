"""The files sent as evidence: outside the web root, under random names, told by their content, whole or not at all."""

import os
import secrets
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import filetype
from django.conf import settings

from absences.rules.evidence import EvidenceRefusedError, FileKind, check_size, kind_of


@dataclass(frozen=True)
class Kept:
    """Where a file lies inside the directory of evidence, what it is, how large, and its hash."""

    stored: str
    kind: FileKind
    size: int
    sha256: str


def keep(content: bytes) -> Kept:
    """Write a file under a name that says nothing, or raise EvidenceRefusedError if it is not of a kind that is taken.

    The type is read from the first bytes alone: a page or a program that calls itself a picture is refused.
    """
    check_size(len(content))
    found = filetype.guess(content)
    kind = kind_of(found.mime if found else None)
    stored = secrets.token_hex(24)
    try:
        _write(place(stored), content)
    except OSError as error:
        raise EvidenceRefusedError(
            f"The site cannot keep the file ({error.strerror}). Tell whoever looks after the site."
        ) from error
    return Kept(stored, kind, len(content), sha256(content).hexdigest())


def read(stored: str, digest: str) -> bytes:
    """The file as it was sent; EvidenceRefusedError if it is missing or is another."""
    try:
        content = place(stored).read_bytes()
    except FileNotFoundError:
        raise EvidenceRefusedError(
            "The file is missing from the store. Its name and hash are on record; restore it from a backup."
        ) from None
    if sha256(content).hexdigest() != digest:
        raise EvidenceRefusedError(
            "The file in the store is not the one that was sent: its hash does not match. Restore it from a backup."
        )
    return content


def forget(kept: Kept) -> None:
    """Take away a file whose row could not be written."""
    place(kept.stored).unlink(missing_ok=True)


def place(stored: str) -> Path:
    return Path(settings.EVIDENCE_DIR) / stored[:2] / stored


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".part", delete=False) as part:
        try:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
            os.replace(part.name, target)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
