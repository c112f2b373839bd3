"""Messages on real workers and a stand-in for GOV.UK Notify on loopback: whatever is killed or away, once is once."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from celery.exceptions import OperationalError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from attendance_site.celery import app
from letters import tasks
from letters.models import Message
from letters.services import messages
from letters.services.messages import Draft
from registers import tasks as register_tasks
from registers.models import Job, Mark, Membership, Parent, School
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.letters import notify
from tests.letters.notify import FakeNotify
from tests.services.conftest import ROOT, SECONDS, environment, until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def school(transactional_db) -> Iterator[School]:
    made = builders.school("ashdown")
    with schools_in_scope([made.pk]):
        builders.calendar(made)
        builders.nightly(made)
        yield made


@pytest.fixture
def office(school) -> Membership:
    return builders.member(school)


@pytest.fixture
def fake() -> Iterator[tuple[FakeNotify, str]]:
    made = FakeNotify()
    server = notify.serve(made)
    yield made, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@contextmanager
def working(address: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker whose account is with the stand-in."""
    name = f"test-{uuid.uuid4().hex}@localhost"
    account = {"NOTIFY_API_KEY": notify.KEY, "NOTIFY_BASE_URL": address, **notify.TEMPLATES}
    command = [sys.executable, "-m", "celery", "-A", "attendance_site", "worker", "--concurrency", "1", "-l", "warning"]
    process = subprocess.Popen([*command, "-n", name], cwd=ROOT, env=environment() | account, start_new_session=True)
    try:
        until(lambda: app.control.inspect(destination=[name], timeout=1).ping(), "the worker to answer")
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=SECONDS)


def released(school: School, by: Membership) -> Message:
    pupil = builders.pupil(school, "Baker")
    parent = pupil.contacts.get().parent
    Parent.objects.filter(pk=parent.pk).update(phone1="07700 900123")
    parent.refresh_from_db()
    draft = Draft("tested", f"tested:{parent.pk}", messages.Channel.TEXT, parent, (pupil,), "Please ring us.")
    [row] = messages.prepare(school, [draft], by=by, at=timezone.now())
    messages.release(school, [row.pk], by=by, at=timezone.now())
    return row


def state(row: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=row.pk)


def test_a_worker_killed_between_sending_and_having_sent_never_sends_twice(school, office, fake, empty_queue) -> None:
    """The provider has taken the text; the worker dies before it hears so; the next one asks before it sends."""
    notified, address = fake
    row = released(school, office)
    with working(address) as worker:

        def die(method: str, path: str) -> None:
            if method == "POST":
                os.killpg(worker.pid, signal.SIGKILL)

        notified.after = die
        assert tasks.nudge_messages() == 1
        until(lambda: worker.poll() is not None, "the worker to be killed")
    assert len(notified.taken) == 1
    assert state(row) == "sending"
    notified.after = lambda method, path: None
    app.control.purge()
    with working(address):
        assert tasks.nudge_messages() == 0, "the lease still holds"
        Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        assert tasks.nudge_messages() == 1
        until(lambda: state(row) == "sent", "the message to be settled")
    assert len(notified.taken) == 1
    assert Message.objects.get(pk=row.pk).provider_id == notified.taken[0]["id"]


def test_a_worker_killed_before_the_provider_had_it_is_made_up_for(school, office, fake, empty_queue) -> None:
    notified, address = fake
    row = released(school, office)
    with working(address) as worker:

        def die(method: str, path: str) -> notify.Answer:
            os.killpg(worker.pid, signal.SIGKILL)
            return 500, {}

        notified.before = die
        tasks.nudge_messages()
        until(lambda: worker.poll() is not None, "the worker to be killed")
    notified.before = lambda method, path: None
    assert (state(row), notified.taken) == ("sending", [])
    app.control.purge()
    with working(address):
        Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        tasks.nudge_messages()
        until(lambda: state(row) == "sent", "the message to be sent")
    assert len(notified.taken) == 1


def test_a_message_nudged_many_times_is_sent_once_by_two_workers(school, office, fake, empty_queue) -> None:
    notified, address = fake
    rows = [released(school, office) for _ in range(4)]
    for _ in range(5):
        tasks.nudge_messages()
    with working(address), working(address):
        until(lambda: all(state(row) == "sent" for row in rows), "the messages")
        until(lambda: not Job.objects.exclude(state="done").exists(), "the jobs")
    assert sorted(one["reference"] for one in notified.taken) == sorted(row.reference for row in rows)


def test_two_who_release_the_same_message_release_it_once(school, office) -> None:
    pupil = builders.pupil(school, "Baker")
    parent = pupil.contacts.get().parent
    draft = Draft("tested", "tested", messages.Channel.EMAIL, parent, (pupil,), "Please ring us.", "Absence")
    start = threading.Barrier(2)

    def press(_number: int) -> tuple[int, int]:
        try:
            with schools_in_scope([school.pk]):
                start.wait(timeout=SECONDS)
                [row] = messages.prepare(school, [draft], by=office, at=timezone.now())
                start.wait(timeout=SECONDS)
                return row.pk, len(messages.release(school, [row.pk], by=office, at=timezone.now()))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        outcomes = list(both.map(press, range(2)))
    assert len({pk for pk, _ in outcomes}) == 1
    assert sorted(number for _, number in outcomes) == [0, 1]
    assert Message.objects.count() == Job.objects.count() == 1


@pytest.mark.parametrize("redis", ["down", "hung"])
def test_redis_away_the_offices_morning_still_works(school, office, settings, time_machine, redis) -> None:
    """Writing and releasing publish nothing, so neither waits for a queue that is not there."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if redis == "hung":
            silent.listen(1)
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        app.conf.broker_url = settings.CELERY_BROKER_URL
        try:
            _morning(school, office, time_machine)
        finally:
            app.conf.broker_url = settings.REDIS_URL


def _morning(school: School, office: Membership, time_machine: object) -> None:
    time_machine.move_to(builders.AT)  # type: ignore[attr-defined]
    for number in range(12):
        pupil = builders.pupil(school, f"Family{number}")
        builders.mark(pupil, builders.TODAY, Session.AM, "N")
    client = Client()
    client.force_login(office.user)
    address = reverse("first_day_messages", args=[school.slug])
    client.get(address)  # the templates are read once
    client.post(reverse("first_day_prepare", args=[school.slug]))
    rows = list(Message.objects.all())
    typed = {"send": [row.pk for row in rows]}
    typed |= {f"{name}-{row.pk}": getattr(row, name) for row in rows for name in ("subject", "body")}
    began = time.perf_counter()
    response = client.post(address, typed)
    took = time.perf_counter() - began
    assert response.status_code == 302
    assert set(Message.objects.values_list("state", flat=True)) == {"released"}
    assert Mark.objects.count() == Job.objects.count() == 12
    assert took < 0.3, f"{took:.3f} s"


def test_a_queue_that_is_away_is_told_later(school, office, monkeypatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("away")

    row = released(school, office)
    with monkeypatch.context() as broken:
        broken.setattr(register_tasks.run_job, "delay", away)
        assert tasks.nudge_messages() == 0
    assert state(row) == "released"
