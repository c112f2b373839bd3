from collections.abc import Iterator

import pytest

from registers.models import School
from registers.scope import schools_in_scope
from tests import builders


@pytest.fixture(autouse=True)
def _plain_settings(settings, tmp_path):
    """No compressed manifest, no HTTPS redirect, no real files: what a test of a page does not mean to test."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.SECURE_SSL_REDIRECT = False
    settings.STATIC_ROOT = tmp_path
    settings.LETTERS_DIR = tmp_path / "letters"
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    settings.LETTERHEADS_DIR = tmp_path / "letterheads"
    settings.AXES_ENABLED = False  # the lock on guessing has tests of its own
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def school(db) -> Iterator[School]:
    """A school with Staplehurst's calendar, in scope for the length of the test."""
    made = builders.school("ashdown")
    with schools_in_scope([made.pk]):
        builders.calendar(made)
        yield made


@pytest.fixture
def other_school(db) -> School:
    """A second school, not in scope unless a test opens it."""
    made = builders.school("birchwood")
    with schools_in_scope([made.pk]):
        builders.calendar(made)
    return made
