"""Two people at the same request at the same moment, on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from absences.models import LeaveRequest
from absences.rules.leave import Decision, LeaveRefusedError
from registers.models import Arrangement, Event, Mark
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
from tests.absences.builders import decide, request

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def school(transactional_db):
    made = builders.school("ashdown")
    with schools_in_scope([made.pk]):
        builders.calendar(made)
        yield made


def together(school, work):
    """Run the same work twice at once, each with its own connection; the refusals come back as words."""
    gate = Barrier(2, timeout=20)

    def run(number):
        try:
            with schools_in_scope([school.pk]):
                gate.wait()
                work(number)
        except LeaveRefusedError as refused:
            return str(refused)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as threads:
        return sorted(threads.map(run, range(2)))


def test_a_request_is_decided_once(school):
    head = builders.member(school, Role.HEAD)
    row = request(builders.pupil(school), builders.member(school))
    said = together(school, lambda number: decide(row, head, (Decision.ALL, Decision.REFUSE)[number]))
    assert said[0] == ""
    assert "already decided" in said[1]
    granted = LeaveRequest.objects.get().granted_sessions
    assert Mark.objects.count() == granted
    assert Arrangement.objects.count() == bool(granted)
    assert Event.objects.filter(kind__in=["leave granted", "leave refused"]).count() == 1


def test_the_same_form_sent_twice_at_once_is_one_request(school):
    office, pupil = builders.member(school), builders.pupil(school)
    said = together(school, lambda _: request(pupil, office))
    assert said[0] == ""
    assert "already waiting" in said[1]
    assert LeaveRequest.objects.count() == 1
