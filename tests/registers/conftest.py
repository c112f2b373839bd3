from pathlib import Path

import pytest

from registers.models import ImportFile, Membership, School, SchoolClass
from registers.queries import calendars
from registers.rules.calendar import Calendar
from registers.rules.import_files import FileKind
from registers.rules.rights import Role
from registers.services import import_files
from tests import builders
from tests.registers import sheets
from tests.registers.sheets import Keep


@pytest.fixture
def calendar(school: School) -> Calendar:
    return calendars.of(school)


@pytest.fixture
def office(school: School) -> Membership:
    return builders.member(school, Role.OFFICE)


@pytest.fixture
def teacher(school: School) -> Membership:
    return builders.member(school, Role.TEACHER, "Ms Teacher")


@pytest.fixture
def school_class(school: School, teacher: Membership) -> SchoolClass:
    """The teacher's class."""
    return builders.school_class(school, "3 Test", teacher)


@pytest.fixture
def operator(school: School) -> Membership:
    """In whose name files are taken in from the command line."""
    return builders.member(school, Role.OPERATOR)


@pytest.fixture
def sheet(tmp_path: Path) -> sheets.Sheet:
    """Write rows as a CSV file and return its path."""
    return sheets.Sheet(tmp_path)


@pytest.fixture
def keep(school: School, office: Membership, settings, tmp_path: Path) -> Keep:
    """Keep an uploaded file, the roll of one pupil unless told otherwise."""
    settings.DATA_DIR = tmp_path

    def made(
        content: str | bytes = sheets.ROLL, kind: FileKind = FileKind.PUPILS, name: str = "roll.csv"
    ) -> ImportFile:
        raw = content.encode() if isinstance(content, str) else content
        return import_files.keep(school, kind, name, [raw], by=office, at=builders.AT)

    return made
