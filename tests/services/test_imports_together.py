"""Two people and one uploaded file, in real transactions: it is taken in once, or dropped, and never both."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from django.db import transaction

from registers.files import FileRefusedError, Row, Table
from registers.models import AdmissionChange, Contact, ImportFile, Mark, Membership, School
from registers.models import Event as Recorded
from registers.queries import calendars
from registers.rules.import_files import FileKind, ImportRefusedError
from registers.rules.jobs import JobState
from registers.scope import schools_in_scope
from registers.services import contacts, import_files, import_jobs, rolls
from tests import builders
from tests.registers.sheets import ROLL
from tests.services.conftest import until
from tests.services.test_concurrency import at_once

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
AT = builders.AT
WHEN = {"today": builders.TODAY, "at": AT}


@pytest.fixture
def folder(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def school(transactional_db) -> School:
    made = builders.school("ashdown")
    with schools_in_scope([made.pk]):
        builders.calendar(made)
    return made


def _keep(school: School, by: Membership, content: str, kind: FileKind) -> ImportFile:
    return import_files.keep(school, kind, "file.csv", [content.encode()], by=by, at=AT)


def _taking(row: ImportFile, by: Membership) -> Callable[[], object]:
    calendar = calendars.of(row.school)
    seen = import_files.look(row, calendar, **WHEN).digest

    def take() -> object:
        try:
            return import_files.take_in(row, calendar, seen=seen, by=by, **WHEN)
        except (ImportRefusedError, FileRefusedError) as refused:
            return refused

    return take


def _dropping(row: ImportFile, by: Membership) -> Callable[[], object]:
    def drop() -> object:
        try:
            return import_files.drop(row, by=by, at=AT)
        except ImportRefusedError as refused:
            return refused

    return drop


@pytest.mark.parametrize("second", [_taking, _dropping])
@pytest.mark.parametrize("repeat", range(3))
def test_one_file_is_settled_once(school: School, folder: None, second: Callable, repeat: int) -> None:
    with schools_in_scope([school.pk]):
        clerks = [builders.member(school), builders.member(school)]
        content = f"upn,date,session,mark\n{builders.pupil(school).upn},2026-11-19,AM,/\n"
        row = _keep(school, clerks[0], content, FileKind.MARKS)
        outcomes = at_once(school, _taking(row, clerks[0]), second(row, clerks[1]))
        assert sum(isinstance(one, ImportRefusedError) for one in outcomes) == 1
        row.refresh_from_db()
        assert Mark.objects.count() == (row.state == "taken")
        assert Recorded.objects.filter(kind__in=("file taken in", "file dropped")).count() == 1
        assert not list(import_files.folder().iterdir())


@pytest.mark.parametrize("repeat", range(3))
def test_the_same_roll_uploaded_twice_is_taken_in_once(school: School, folder: None, repeat: int) -> None:
    """Whoever comes second has looked at a register without these pupils: it is another plan."""
    with schools_in_scope([school.pk]):
        clerks = [builders.member(school), builders.member(school)]
        rows = [_keep(school, clerk, ROLL, FileKind.PUPILS) for clerk in clerks]
        outcomes = at_once(school, *(_taking(row, clerk) for row, clerk in zip(rows, clerks, strict=True)))
        assert sum(isinstance(one, ImportRefusedError) for one in outcomes) == 1
        assert sorted(ImportFile.objects.values_list("state", flat=True)) == ["taken", "uploaded"]
        assert AdmissionChange.objects.filter(field="enrolled").count() == 1


def test_a_change_on_screen_is_not_taken_back_by_a_file(school: School) -> None:
    """The file changes one column of one parent and another of another, while somebody changes the other of the
    first."""
    with schools_in_scope([school.pk]):
        clerk = builders.member(school)
        one, two = (builders.pupil(school).contacts.select_related("parent", "pupil").get() for _ in range(2))
        table = Table(
            ["upn", "contact_id", "surname", "phone1", "email"],
            [
                Row(2, _cells(one) | {"phone1": "01632 960201", "email": one.parent.email}),
                Row(3, _cells(two) | {"phone1": "", "email": "new@family.example"}),
            ],
        )
        is_changed, stood = Event(), {"email": one.parent.email}

        def on_screen() -> None:
            with transaction.atomic():
                contacts.change(one, {"email": "b@c.example"}, {}, stood, "Asked", by=clerk, at=AT)
                is_changed.set()
                time.sleep(0.5)

        def from_file() -> None:
            is_changed.wait(timeout=10)
            rolls.take_in_tables(school, None, table, on=builders.TODAY, by=clerk, at=AT)

        at_once(school, on_screen, from_file)
        steps = AdmissionChange.objects.filter(parent=one.parent, field="email").order_by("pk")
        assert [(step.old, step.new) for step in steps] == [
            (one.parent.email, "b@c.example"),
            ("b@c.example", one.parent.email),
        ]


def _cells(contact: Contact) -> dict[str, str]:
    return {
        "upn": contact.pupil.upn,
        "contact_id": contact.parent.contact_id,
        "surname": contact.parent.surname,
    }


def test_a_large_file_is_looked_at_and_taken_in_by_a_worker(worker, school: School) -> None:
    """In the folder that both processes were started with."""
    with schools_in_scope([school.pk]):
        clerk = builders.member(school)
        content = f"upn,date,session,mark\n{builders.pupil(school).upn},2026-11-19,AM,/\n"
        row = _keep(school, clerk, content, FileKind.MARKS)
        import_jobs.ask(row, import_jobs.LOOK, by=clerk, **WHEN)
        told = until(lambda: ImportFile.objects.get(pk=row.pk).report, "the look")
        until(lambda: import_jobs.latest(row).state == JobState.DONE, "the end of the look")
        import_jobs.ask(row, import_jobs.TAKE, seen=told["digest"], by=clerk, **WHEN)
        until(lambda: ImportFile.objects.get(pk=row.pk).state == "taken", "the marks")
        assert Mark.objects.get().recorded_by_id == clerk.user_id
        until(lambda: not (import_files.folder() / row.stored).exists(), "the end of the file")
