"""Common Transfer Files that come to a school."""

from pathlib import Path

from registers.files import MOST_BYTES
from registers.files.ctf import Transfer, read_ctf
from registers.models import School


def read(school: School, path: Path, *, name: str = "", most_bytes: int = MOST_BYTES) -> Transfer:
    """Read a file sent to this school. Raises FileRefusedError."""
    number = school.local_authority_code + school.establishment
    return read_ctf(path, own_number=number, name=name, most_bytes=most_bytes)
