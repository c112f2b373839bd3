from collections.abc import Callable
from typing import Any

import pytest

from escalation.models import PolicyVersion
from escalation.services import policies
from registers.models import Membership, School
from registers.queries import calendars
from registers.rules.calendar import Calendar
from tests import builders
from tests.escalation import documents


@pytest.fixture
def calendar(school: School) -> Calendar:
    return calendars.of(school)


@pytest.fixture
def night(school: School) -> Membership:
    return builders.nightly(school)


@pytest.fixture
def adopt(school: School, night: Membership) -> Callable[..., PolicyVersion]:
    """Adopts a policy of the rules given at the school."""

    def made(*rules: dict[str, Any], **fields: Any) -> PolicyVersion:
        return policies.adopt(school, documents.policy(*rules, **fields), by=night, at=builders.AT)

    return made
