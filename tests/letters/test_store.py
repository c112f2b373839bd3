"""The files of issued letters: whole or not at all, and read only if they are what was sent."""

import os
from pathlib import Path

import pytest

from letters import store
from letters.store import FileAlteredError, FileMissingError, Kept, NotKeptError


def test_a_file_is_kept_under_its_school_by_number_and_hash(settings):
    kept = store.keep("ashdown", 12, b"%PDF")
    assert kept.path == f"ashdown/12-{kept.sha256[:16]}.pdf"
    assert (Path(settings.LETTERS_DIR) / kept.path).read_bytes() == b"%PDF"
    assert store.read(kept) == b"%PDF"


def test_only_the_site_itself_may_read_it(settings):
    kept = store.keep("ashdown", 12, b"%PDF")
    assert (Path(settings.LETTERS_DIR) / kept.path).stat().st_mode & 0o077 == 0


def test_a_missing_file_is_told_of():
    with pytest.raises(FileMissingError, match="missing from the store"):
        store.read(Kept("ashdown/12-0.pdf", "0" * 64))


@pytest.mark.parametrize("document", [b"", b"%PDG", b"%PDF "])
def test_an_altered_file_is_told_of(settings, document):
    kept = store.keep("ashdown", 12, b"%PDF")
    (Path(settings.LETTERS_DIR) / kept.path).write_bytes(document)
    with pytest.raises(FileAlteredError, match="does not match"):
        store.read(kept)


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_nothing_behind(settings, monkeypatch, fails):
    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, no_space)
    with pytest.raises(NotKeptError, match="not issued"):
        store.keep("ashdown", 12, b"%PDF")
    assert list((Path(settings.LETTERS_DIR) / "ashdown").iterdir()) == []
