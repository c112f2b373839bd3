"""Real processes for the tests that need them: a Celery worker on Redis, working on the tests' own database."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from attendance_site.celery import app

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30


def environment() -> dict[str, str]:
    """This process's environment, with the tests' database in place of the one it was made from."""
    name = connection.settings_dict["NAME"]
    base = settings.DATABASE_URL.rpartition("/")[0]
    return os.environ | {"DATABASE_URL": f"{base}/{name}", "DJANGO_SETTINGS_MODULE": "attendance_site.settings"}


@pytest.fixture(autouse=True)
def _only_with_services() -> None:
    if connection.vendor != "postgresql" or not settings.REDIS_URL:
        pytest.fail("These tests need DATABASE_URL (PostgreSQL) and REDIS_URL; .ci/run sets both.")


@pytest.fixture
def empty_queue() -> None:
    app.control.purge()


@pytest.fixture
def worker(transactional_db, empty_queue) -> Iterator[subprocess.Popen[bytes]]:
    """A running worker; waits until it answers, and is stopped after the test."""
    # A name of its own, so that a worker some earlier run left behind is not taken for this one.
    name = f"test-{uuid.uuid4().hex}@localhost"
    command = [sys.executable, "-m", "celery", "-A", "attendance_site", "worker", "--concurrency", "2", "-l", "warning"]
    process = subprocess.Popen([*command, "-n", name], cwd=ROOT, env=environment(), start_new_session=True)
    try:
        until(lambda: app.control.inspect(destination=[name], timeout=1).ping(), "the worker to answer")
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # a killed worker leaves its children


def until(holds, what: str, *, seconds: int = SECONDS) -> object:
    """Wait for something to become true, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s for {what}")
