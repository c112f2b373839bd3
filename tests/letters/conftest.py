from dataclasses import dataclass
from hashlib import sha256

import pytest

from letters import pdf
from letters.models import Letter
from letters.rules.kinds import KINDS
from letters.services import letters, wordings
from registers.models import Membership, Pupil, School
from registers.queries import calendars
from registers.rules.calendar import Calendar
from registers.rules.rights import Role
from tests import builders
from tests.letters import notify
from tests.letters.notify import FakeNotify

LEAVE = {
    "leave_first_on": "1 December 2026",
    "leave_last_on": "4 December 2026",
    "leave_sessions": "8 sessions",
    "leave_reason": "a family holiday",
}
YEAR_BEGAN = builders.TODAY.replace(month=9, day=1)

needs_libraries = pytest.mark.skipif(
    bool(pdf.missing_libraries()), reason=f"not installed: {' '.join(pdf.missing_libraries())}"
)


@dataclass
class Desk:
    """A school that has adopted every letter, a pupil with a term of marks, and who may sign."""

    school: School
    calendar: Calendar
    pupil: Pupil
    head: Membership
    flo: Membership
    office: Membership

    def draft(self, kind: str = "late_l", pupil: Pupil | None = None, **changes) -> list[Letter]:
        told = {"today": builders.TODAY, "by": self.flo, "at": builders.AT, **changes}
        return letters.draft(self.school, self.calendar, pupil or self.pupil, kind, **told)

    def issue(self, letter: Letter, **changes) -> Letter:
        told = {"today": builders.TODAY, "by": self.head, "at": builders.AT, **changes}
        return letters.issue(letter, self.calendar, **told)


@pytest.fixture
def desk(school) -> Desk:
    head, flo, office = (builders.member(school, role) for role in (Role.HEAD, Role.FLO, Role.OFFICE))
    wordings.adopt(school, KINDS, by=head, at=builders.AT)
    pupil = builders.pupil(school, "Example", "Sam", school_class=builders.school_class(school))
    calendar = calendars.of(school)
    # 68 sessions before the half-term holiday, 8 after it: 72 of 76 attended.
    builders.marks(pupil, calendar, YEAR_BEGAN, "LILIO/////" + "/" * 58 + "LL//U/L/")
    return Desk(school, calendar, pupil, head, flo, office)


@pytest.fixture
def plain_pdf(monkeypatch):
    """No printing: a file that stands for its HTML. The HTML printed last is at hand as `pages[-1]`."""
    pages: list[str] = []

    def render(html: str) -> bytes:
        pages.append(html)
        return b"%PDF-stand-in " + sha256(html.encode()).hexdigest().encode()

    monkeypatch.setattr(pdf, "render", render)
    return pages


@pytest.fixture
def account(settings):
    settings.NOTIFY_API_KEY = notify.KEY
    for name, template in notify.TEMPLATES.items():
        setattr(settings, name, template)


@pytest.fixture
def fake(account, monkeypatch):
    made = FakeNotify()
    notify.in_process(made, monkeypatch)
    return made
