"""Scans at the same time on PostgreSQL, where two of them really can be."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection

from escalation.models import Flag, ScanRun
from escalation.rules.runs import OvertakenError
from escalation.services import scan
from escalation.services.scan import ScanResult
from registers.models import Event, Membership, School
from registers.rules.calendar import Calendar
from registers.scope import schools_in_scope
from tests import builders
from tests.escalation import documents

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
PUPILS = 20
FRIDAY = builders.TODAY
THURSDAY = date(2026, 11, 19)


@pytest.fixture(autouse=True)
def _pupils(school, calendar, adopt) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time; there is nothing to try.")
    adopt(documents.rule())
    for _ in range(PUPILS):
        builders.marks(builders.pupil(school), calendar, date(2026, 9, 1), "O" * 20 + "/" * 90)


def scanned_at_once(
    days: list[date], school: School, calendar: Calendar, night: Membership
) -> list[ScanResult | OvertakenError]:
    together = Barrier(len(days))

    def one(on: date) -> ScanResult | OvertakenError:
        try:
            with schools_in_scope([school.pk]):
                together.wait(timeout=10)
                return scan.scan(school, calendar, on, by=night, at=builders.AT)
        except OvertakenError as overtaken:
            return overtaken
        finally:
            connection.close()

    with ThreadPoolExecutor(len(days)) as pool:
        return list(pool.map(one, days))


def test_two_scans_of_the_same_day_flag_each_pupil_once(school, calendar, night) -> None:
    results = scanned_at_once([FRIDAY] * 4, school, calendar, night)
    assert sorted(result.opened for result in results) == [0, 0, 0, PUPILS]
    assert Flag.objects.count() == PUPILS
    assert Event.objects.filter(kind="flag opened").count() == PUPILS
    run = ScanRun.objects.get()
    assert (run.state, run.opened) == ("done", PUPILS)


def test_a_day_and_the_next_at_once_never_go_backwards(school, calendar, night) -> None:
    earlier, later = scanned_at_once([THURSDAY, FRIDAY], school, calendar, night)
    assert later.opened + (0 if isinstance(earlier, OvertakenError) else earlier.opened) == PUPILS
    assert {flag.last_seen_on for flag in Flag.objects.all()} == {FRIDAY}
    assert Flag.objects.count() == PUPILS
