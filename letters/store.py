"""The files of issued letters: written whole or not at all, read only if they are what was sent."""

import os
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from letters.rules.refusals import LetterRefusedError


class NotKeptError(LetterRefusedError):
    """A file that could not be written; the letter is not issued."""


class FileMissingError(LetterRefusedError):
    """The file of an issued letter is not where it was kept."""


class FileAlteredError(LetterRefusedError):
    """The file of an issued letter is not the one that was sent."""


@dataclass(frozen=True)
class Kept:
    """Where a file lies inside the directory of letters, and its hash."""

    path: str
    sha256: str


def keep(school: str, name: int | str, document: bytes) -> Kept:
    """Write a file under its school, named by letter or batch: a temporary one made durable, then given its name."""
    digest = sha256(document).hexdigest()
    kept = Kept(f"{school}/{name}-{digest[:16]}.pdf", digest)
    target = _place(kept.path)
    try:
        _write(target, document)
    except OSError as error:
        raise NotKeptError(
            f"The letter could not be kept on disk ({error.strerror}), so it is not issued. "
            "Tell whoever looks after the system, then issue it again."
        ) from error
    return kept


def write(target: Path, content: bytes) -> None:
    """Write any file whole or not at all."""
    try:
        _write(target, content)
    except OSError as error:
        raise NotKeptError(
            f"The file could not be kept on disk ({error.strerror}). "
            "Tell whoever looks after the system, then try again."
        ) from error


def read(kept: Kept) -> bytes:
    """The file as it was sent; FileMissingError or FileAlteredError if it is not to be had."""
    try:
        document = _place(kept.path).read_bytes()
    except FileNotFoundError:
        raise FileMissingError(
            "The file of this letter is missing from the store. Its text and its hash are on record; restore the file "
            "from a backup."
        ) from None
    if sha256(document).hexdigest() != kept.sha256:
        raise FileAlteredError(
            "The file of this letter is not the one that was issued: its hash does not match the record. Restore the "
            "file from a backup, and find out who changed it."
        )
    return document


def _place(path: str) -> Path:
    return Path(settings.LETTERS_DIR) / path


def _write(target: Path, document: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", suffix=".part", delete=False) as part:
        try:
            part.write(document)
            part.flush()
            os.fsync(part.fileno())
            os.replace(part.name, target)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
