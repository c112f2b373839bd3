"""A copy of the registers on disk: plain CSV files, a manifest with their hashes, written whole or not at all.

Nothing here knows what the tables mean. A copy is written beside its place, made durable, and then given its name.
"""

import csv
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hashlib import file_digest, sha256
from io import BufferedIOBase, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from django.conf import settings

from registers.rules import copies as rules
from registers.rules.copies import CopyRefusedError
from registers.rules.exports import escaped, plain
from registers.rules.school_settings import SettingRefusedError, check_folder

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

FORMAT = "school-attendance registers, version 1"
MANIFEST, README = "manifest.json", "README.txt"
_PART = ".part-"
_STALE = timedelta(days=1)


@dataclass(frozen=True)
class Listed:
    """One file of a copy as its manifest names it."""

    name: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a copy holds, of which school, made when and by whom."""

    school: str
    school_name: str
    made_at: str
    made_by: str
    files: tuple[Listed, ...]
    format: str = FORMAT
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.files)

    @property
    def size(self) -> int:
        return sum(one.size for one in self.files)

    def says_the_same(self, other: "Manifest") -> bool:
        """Whether two copies hold the same, whenever each was made."""
        return {(one.name, one.sha256) for one in self.files} == {(one.name, one.sha256) for one in other.files}


def root(folder: str) -> Path:
    """Where a school's copies go; the name was checked when it was given, and is once more."""
    try:
        check_folder(folder)
    except SettingRefusedError as refused:
        raise CopyRefusedError(str(refused)) from None
    return Path(settings.COPIES_DIR) / folder


class _Hashed(BufferedIOBase):
    """A binary file that is hashed while it is written."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self.digest, self.size, self.rows = out, sha256(), 0, 0

    def writable(self) -> bool:
        return True

    def write(self, block: "Buffer") -> int:
        self.digest.update(block)
        self.size += memoryview(block).nbytes
        return self._out.write(block)


class Writing:
    """A copy being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: list[Listed] = []

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
        """Write one CSV file, its cells safe in a spreadsheet, and say how many rows it has."""
        number = 0
        with self._file(name) as out:
            text = TextIOWrapper(cast(BinaryIO, out), encoding="utf-8", newline="")
            # Python quotes a carriage return only where the line ends with one; unquoted, it would end the row.
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(columns)
            for number, row in enumerate(rows, start=1):  # noqa: B007 - the last is the count
                writer.writerow([escaped(cell) for cell in row])
            text.flush()
            text.detach()
            out.rows = number
        return number

    def read_me(self, words: str) -> None:
        """Say what the copy is. The manifest leaves it out, for it names the day of the copy."""
        _durable(self.folder / README, words.encode())

    def manifest(self, made: Manifest) -> None:
        """Write the manifest, last of all: a copy without one is half a copy."""
        words = json.dumps(asdict(made), indent=2, ensure_ascii=False)
        _durable(self.folder / MANIFEST, words.encode())

    @contextmanager
    def _file(self, name: str) -> Iterator[_Hashed]:
        with (self.folder / name).open("xb") as raw:
            out = _Hashed(raw)
            yield out
            raw.flush()
            os.fsync(raw.fileno())
        (self.folder / name).chmod(0o440)
        self.files.append(Listed(name, out.rows, out.size, out.digest.hexdigest()))


def _durable(path: Path, content: bytes) -> None:
    with path.open("xb") as raw:
        raw.write(content)
        raw.flush()
        os.fsync(raw.fileno())
    path.chmod(0o440)


@contextmanager
def writing(folder: Path, at: datetime) -> Iterator[Writing]:
    """A new copy beside its place; gone again, if it was not given its name by `keep`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _clear_stale(folder, at)
        part = Path(tempfile.mkdtemp(prefix=_PART, dir=folder))
    except OSError as error:
        raise _refused(error) from error
    try:
        yield Writing(part)
    except OSError as error:
        raise _refused(error) from error
    finally:
        if part.exists():
            shutil.rmtree(part, ignore_errors=True)


def keep(copy: Writing, folder: Path, slug: str, month: str) -> Path:
    """Give a finished copy its name: the month's first that is free. No copy is ever written over."""
    part = copy.folder
    number = 1
    while True:
        target = folder / rules.name_of(slug, month, number)
        number += 1
        if target.exists():
            continue
        try:
            part.rename(target)
        except OSError:
            if target.exists():  # another copy took the name meanwhile
                continue
            raise
        target.chmod(0o550)
        _sync(folder)
        return target


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear_stale(folder: Path, at: datetime) -> None:
    """Take away what a copy that was cut short left behind."""
    for part in folder.glob(f"{_PART}*"):
        with suppress(FileNotFoundError):  # another copy was given its name meanwhile
            if at.timestamp() - part.stat().st_mtime > _STALE.total_seconds():
                shutil.rmtree(part, ignore_errors=True)


def _refused(error: OSError) -> CopyRefusedError:
    return CopyRefusedError(
        f"The copy could not be written ({error.strerror}), so there is none. Make room or give the site the right to "
        "write there, then make a copy again."
    )


def manifest_of(folder: Path) -> Manifest:
    """What a copy says it holds. Raises CopyRefusedError where that cannot be read."""
    if not (folder / MANIFEST).is_file():
        raise CopyRefusedError(f"{folder.name} has no {MANIFEST}: it is half a copy, or none. Choose another.")
    try:
        read = json.loads((folder / MANIFEST).read_bytes())
        files = tuple(_listed(one) for one in read.pop("files"))
        made = Manifest(files=files, **read)
        datetime.fromisoformat(made.made_at)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OSError):
        raise CopyRefusedError(f"The {MANIFEST} of {folder.name} cannot be read. Choose another copy.") from None
    if made.format != FORMAT:
        raise CopyRefusedError(f"{folder.name} is a copy of another format: {made.format}.")
    if any(Path(one.name).name != one.name for one in files):
        raise CopyRefusedError(f"The {MANIFEST} of {folder.name} names a file outside it. Choose another copy.")
    return made


def _listed(one: Mapping[str, Any]) -> Listed:
    if not (isinstance(one["name"], str) and isinstance(one["rows"], int) and isinstance(one["size"], int)):
        raise TypeError(one)
    return Listed(**one)


def manifest_hash(folder: Path) -> str:
    return sha256((folder / MANIFEST).read_bytes()).hexdigest()


def check_present(folder: Path, made: Manifest) -> None:
    """Refuse a copy that lacks a file or has one of another size; quick, for a page."""
    for one in made.files:
        try:
            found = (folder / one.name).stat()
        except OSError:
            raise CopyRefusedError(f"{one.name} is missing from {folder.name}. Choose another copy.") from None
        if not stat.S_ISREG(found.st_mode) or found.st_size != one.size:
            raise CopyRefusedError(f"{one.name} in {folder.name} is not as it was written. Choose another copy.")


def check_whole(folder: Path, made: Manifest) -> None:
    """Refuse a copy of which any byte is not as it was written."""
    check_present(folder, made)
    for one in made.files:
        try:
            with (folder / one.name).open("rb") as raw:
                digest = file_digest(raw, "sha256")
        except OSError:
            raise CopyRefusedError(f"{one.name} in {folder.name} cannot be read. Choose another copy.") from None
        if digest.hexdigest() != one.sha256:
            raise CopyRefusedError(
                f"{one.name} in {folder.name} was changed after it was written: its hash is not the manifest’s. "
                "Choose another copy, and find out who changed it."
            )


def columns_of(folder: Path, name: str) -> list[str]:
    """The columns of one file."""
    with (folder / name).open(encoding="utf-8", newline="") as text:
        return next(csv.reader(text), [])


def read_table(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """The rows of one file by column, as they were before they were made safe for a spreadsheet."""
    with (folder / name).open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text, strict=True):
            yield {column: plain(cell) for column, cell in row.items()}
