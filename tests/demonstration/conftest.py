from collections.abc import Callable
from functools import cache

import pytest

from attendance_site.demonstration import generate
from tests.demonstration import files
from tests.demonstration.files import Made


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A school of 63 pupils on 20 November 2026."""
    plan = files.plan()
    return Made(plan, generate.write(plan, tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """Makes a school at its full size, once in the whole run."""

    @cache
    def make(slug: str) -> Made:
        plan = files.plan(slug, pupils=420)
        return Made(plan, generate.write(plan, tmp_path_factory.mktemp(slug)))

    return make


@pytest.fixture(params=["staplehurst", "carlton-road"])
def whole(request: pytest.FixtureRequest, made: Callable[[str], Made]) -> Made:
    """Each of the two schools at its full size."""
    # Tests run in random order; a fixture of the session with parameters would be made again at every change of them.
    return made(request.param)
