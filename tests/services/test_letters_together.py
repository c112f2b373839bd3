"""Letters under two pairs of hands and on workers that die: none is lost, none goes twice."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from letters import pdf, store
from letters.models import Batch, BatchItem, Letter
from letters.queries import batches as queries
from letters.rules.batches import Chosen
from letters.rules.kinds import KINDS
from letters.rules.refusals import LetterRefusedError
from letters.services import batch_work, batches, letters, wordings
from registers.models import Contact, Event, Job, Membership, Parent, School
from registers.queries import calendars
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from registers.services import jobs
from tests import builders
from tests.services.conftest import ROOT, environment, until
from tests.services.test_concurrency import at_once

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
NOW = {"today": builders.TODAY, "at": builders.AT}
PUPILS = 5
WORKER = """
import django, datetime, time_machine
django.setup()
from django.core.management import call_command
with time_machine.travel(datetime.datetime(2026, 11, 20, 9, 5, tzinfo=datetime.timezone.utc)):
    call_command("run_jobs")
"""
"""What does background work where there is no queue, on the day of the tests."""


@pytest.fixture
def school(transactional_db) -> Iterator[School]:
    made = builders.school("ashdown")
    with schools_in_scope([made.pk]):
        builders.calendar(made)
        yield made


@pytest.fixture
def head(school: School) -> Membership:
    made = builders.member(school, Role.HEAD)
    wordings.adopt(school, KINDS, by=made, at=builders.AT)
    return made


@pytest.fixture
def batch(school: School, head: Membership) -> Batch:
    """A batch that is written and looked through."""
    calendar, school_class = calendars.of(school), builders.school_class(school)
    chosen = []
    for number in range(PUPILS):
        pupil = builders.pupil(school, f"Pupil{number}", school_class=school_class)
        builders.marks(pupil, calendar, builders.TODAY.replace(month=9, day=1), "LILIO/////" + "/" * 30)
        chosen.append(Chosen(pupil.pk))
    made = batches.start(school, "register_summary", chosen, by=head, **NOW)
    Job.objects.all().delete()
    for item in made.items.all():
        batch_work.write(item.pk, calendar, by=head, **NOW)
    batch_work.settle(made.pk, batches.WRITE, by=head, at=builders.AT)
    made.refresh_from_db()
    return made


@pytest.fixture
def quick_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "render", lambda html: b"%PDF-stand-in " + hashlib.sha256(html.encode()).digest())


def issued() -> int:
    return Letter.objects.filter(state="issued").count()


def begin_work(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment() | {"DATA_DIR": str(folder)})


def finish(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the next worker does once the lease of the lost one has run out."""
    later = builders.AT + jobs.LEASE + timedelta(minutes=1)
    monkeypatch.setattr("registers.clock.timezone.now", lambda: later)
    while jobs.run_waiting(lambda: later):
        pass


def check_whole(settings, batch: Batch) -> None:
    """Every letter once, with its own file and its own event, and all of them in the one for the printer."""
    batch.refresh_from_db()
    assert batch.state == "done"
    assert set(BatchItem.objects.values_list("state", flat=True)) == {"issued"}
    rows = list(Letter.objects.all())
    assert len(rows) == PUPILS
    assert {row.state for row in rows} == {"issued"}
    for row in rows:
        assert hashlib.sha256(store.read(store.Kept(row.pdf_path, row.sha256))).hexdigest() == row.sha256
    assert Event.objects.filter(kind="letter issued").count() == PUPILS
    files = {path.name for path in Path(settings.LETTERS_DIR).glob("ashdown/*.pdf")}
    assert len([name for name in files if not name.startswith("batch-")]) == PUPILS
    assert batch.print_pages == sum(row.pages for row in rows)
    assert len(queries.printed(batch)) == PUPILS


def test_a_worker_killed_in_the_middle_of_a_batch_loses_and_doubles_nothing(
    batch, head, tmp_path, settings, monkeypatch
) -> None:
    batches.approve(batch, by=head, at=builders.AT)
    process = begin_work(tmp_path)
    try:
        until(lambda: issued() >= 2, "the first letters", seconds=240)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert 2 <= issued() < PUPILS, "killed in the middle"
    assert Job.objects.get(kind=batches.ISSUE).state == "running"
    assert jobs.run_waiting(lambda: builders.AT) == 0, "nobody takes the job while its lease runs"
    finish(monkeypatch)
    check_whole(settings, batch)


def test_stopped_while_a_worker_is_at_it_what_is_issued_stands_and_no_more_comes(
    batch, head, tmp_path, settings
) -> None:
    batches.approve(batch, by=head, at=builders.AT)
    process = begin_work(tmp_path)
    try:
        until(lambda: issued() >= 1, "the first letter", seconds=240)
        batches.cancel(batch, by=head, at=builders.AT)
        process.wait(timeout=240)
    finally:
        process.kill()
        process.wait()
    done = issued()
    assert 1 <= done < PUPILS
    assert Letter.objects.filter(state="dropped").count() == PUPILS - done
    assert BatchItem.objects.filter(state="issued").count() == done
    assert BatchItem.objects.filter(state="dropped").count() == PUPILS - done
    assert Event.objects.filter(kind="letter issued").count() == done


def refusing(step):
    """A step whose refusal is its answer."""

    def take() -> object:
        try:
            return step()
        except LetterRefusedError as refused:
            return refused

    return take


@pytest.mark.parametrize("repeat", range(3))
def test_two_people_approve_one_batch_and_it_is_approved_once(batch, head, school, repeat) -> None:
    other = builders.member(school, Role.HEAD)
    outcomes = at_once(
        school,
        refusing(lambda: batches.approve(batch, by=head, at=builders.AT)),
        refusing(lambda: batches.approve(batch, by=other, at=builders.AT)),
    )
    assert sum(isinstance(one, LetterRefusedError) for one in outcomes) == 1
    assert Event.objects.filter(kind="letters approved").count() == 1
    assert Job.objects.filter(kind=batches.ISSUE).count() == 1


@pytest.mark.parametrize("repeat", range(3))
def test_two_people_issue_one_letter_and_it_is_issued_once(school, head, quick_pdf, settings, repeat) -> None:
    pupil, calendar = builders.pupil(school), calendars.of(school)
    builders.marks(pupil, calendar, builders.TODAY.replace(month=9, day=1), "LILIO/////")
    (letter,) = letters.draft(school, calendar, pupil, "register_summary", by=head, **NOW)
    other = builders.member(school, Role.FLO)
    issue = [refusing(lambda by=by: letters.issue(letter, calendar, by=by, **NOW)) for by in (head, other)]
    outcomes = at_once(school, *issue)
    assert sum(isinstance(one, LetterRefusedError) for one in outcomes) == 1
    assert Event.objects.filter(kind="letter issued").count() == 1
    letter.refresh_from_db()
    assert store.read(store.Kept(letter.pdf_path, letter.sha256))


@pytest.mark.parametrize("repeat", range(3))
def test_two_people_issue_the_letter_of_two_siblings_from_either_and_it_is_issued_once(
    school, head, quick_pdf, repeat
) -> None:
    calendar, chosen = calendars.of(school), []
    for forename in ("Ann", "Ben"):
        pupil = builders.pupil(school, forename=forename)
        builders.marks(pupil, calendar, builders.TODAY.replace(month=9, day=1), "LILIO/////")
        chosen.append(Chosen(pupil.pk))
    Contact.objects.update(parent=Parent.objects.first())
    made = batches.start(school, "register_summary", chosen, by=head, **NOW)
    for item in made.items.all():
        batch_work.write(item.pk, calendar, by=head, **NOW)
    batch_work.settle(made.pk, batches.WRITE, by=head, at=builders.AT)
    either = list(Letter.objects.order_by("pk"))
    assert len({one.number for one in either}) == 1
    issue = [refusing(lambda one=one: letters.issue(one, calendar, by=head, **NOW)) for one in either]
    outcomes = at_once(school, *issue)
    assert sum(isinstance(one, LetterRefusedError) for one in outcomes) == 1
    assert Event.objects.filter(kind="letter issued").count() == 2
    assert len(set(Letter.objects.values_list("state", "sha256"))) == 1


@pytest.mark.parametrize("repeat", range(3))
def test_the_same_letter_from_two_drafts_goes_once_in_its_interval(school, head, quick_pdf, repeat) -> None:
    pupil, calendar = builders.pupil(school), calendars.of(school)
    builders.marks(pupil, calendar, builders.TODAY.replace(month=9, day=1), "LLLLL/////")
    drafts = [
        letters.draft(school, calendar, pupil, "late_l", because=f"flag:{number}", by=head, **NOW)[0]
        for number in (1, 2)
    ]
    lead = builders.member(school, Role.ATTENDANCE_LEAD)
    issue = [refusing(lambda one=one: letters.issue(one, calendar, by=lead, **NOW)) for one in drafts]
    outcomes = at_once(school, *issue)
    assert sum(isinstance(one, LetterRefusedError) for one in outcomes) == 1
    assert issued() == 1
