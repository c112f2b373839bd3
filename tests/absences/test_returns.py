"""Returns to the local authority: the school's own clocks in the list, and what each file tells."""

import csv
from datetime import date
from io import StringIO

import pytest
from django.urls import reverse

from absences.models import AbsenceRules
from absences.queries import clocks, returns
from absences.rules.clocks import ClockKind
from absences.rules.reasons import Channel, Outcome, Told
from absences.rules.spans import Span
from absences.services import reasons
from letters import pdf
from registers.models import Pupil
from registers.queries import calendars
from tests import builders
from tests.builders import AT, TODAY

NOV = date(2026, 11, 3)


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.fixture
def office(school, client):
    membership = builders.member(school)
    client.force_login(membership.user)
    return membership


def due(school, calendar) -> dict[ClockKind, clocks.Due]:
    return {one.kind: one for one in clocks.due(school, calendar, TODAY)}


def told(found: clocks.Due) -> dict[str, str]:
    return {fact.label: fact.value for part in returns.parts(found) for fact in part.facts}


def test_the_notice_stands_beside_the_return_where_the_school_chose_it(school, calendar) -> None:
    builders.marks(builders.pupil(school), calendar, NOV, "O" * 20)
    assert set(due(school, calendar)) == {ClockKind.ATTENDANCE}
    AbsenceRules.objects.create(school=school, pnar_days=10)
    assert set(due(school, calendar)) == {ClockKind.ATTENDANCE, ClockKind.PNAR}


def test_a_school_may_ask_for_fewer_days(school, calendar) -> None:
    AbsenceRules.objects.create(school=school, pnar_days=4)
    builders.marks(builders.pupil(school), calendar, NOV, "O" * 8 + "//" * 2)
    assert set(due(school, calendar)) == {ClockKind.PNAR}


def test_a_travelling_family_is_asked_until_it_names_the_day(school, calendar, office) -> None:
    pupil = builders.pupil(school, mobile_child=True)
    builders.marks(pupil, calendar, NOV, "T" * 22)
    assert due(school, calendar)[ClockKind.TRAVELLING].reached_on == date(2026, 11, 16)
    span = Span.of_days(TODAY, date(2026, 12, 4))
    said = Told("Travelling for the winter fair, back on 7 December", "Dad", Channel.PHONE)
    reasons.record(school, calendar, pupil, span, said, Outcome.ACCEPTED, "T", today=TODAY, by=office, at=AT)
    assert due(school, calendar) == {}


def test_an_attendance_return_tells_name_address_and_cause(school, calendar, office) -> None:
    pupil = builders.pupil(school, "Away", "Kim")
    builders.marks(pupil, calendar, NOV, "O" * 20)
    found = due(school, calendar)[ClockKind.ATTENDANCE]
    facts = told(found)
    assert (facts["Full name"], facts["Cause, as far as it is known"]) == ("Kim Away", "not known to the school")
    assert facts["Address"] == "1 Example Street, Exampleton, EX4 0XX"
    said = Told("Says the school run is too far", "Mum", Channel.PHONE)
    span = Span.of_days(TODAY, TODAY)
    reasons.record(school, calendar, pupil, span, said, Outcome.NOT_ACCEPTED, "O", today=TODAY, by=office, at=AT)
    assert told(found)["Cause, as far as it is known"] == "Says the school run is too far"


def test_a_new_pupils_return_tells_everything_of_the_register(school, calendar) -> None:
    pupil = builders.pupil(
        school, "New", starts_on=date(2026, 11, 18), entered_on=date(2026, 11, 17), previous_school="Hillside"
    )
    builders.parent_of(pupil, priority=2, lives_with_pupil=False, relationship="Father")
    facts = told(due(school, calendar)[ClockKind.NEW_PUPIL])
    assert (facts["Sex"], facts["Boarder"], facts["School before"]) == ("F", "no", "Hillside")
    assert facts["Another parent or contact"] == "Ms Pat New (Father)"
    assert "Cause, as far as it is known" not in facts


def test_a_deletions_return_tells_the_ground_and_where_to(school, calendar) -> None:
    builders.pupil(
        school,
        "Gone",
        leaves_on=date(2026, 11, 27),
        leaving_ground="G",
        next_school="Hillside",
        next_school_from=date(2026, 12, 1),
        future_address="1 Far Road",
        future_address_with="Pat Gone",
    )
    builders.parent_of(Pupil.objects.get(legal_surname="Gone"), priority=2, lives_with_pupil=False)
    facts = told(due(school, calendar)[ClockKind.DELETION])
    assert facts["Ground of deletion"].startswith("G: no longer lives within reasonable distance")
    assert (facts["Next school"], facts["First day there"]) == ("Hillside", "1 December 2026")
    assert (facts["Future address"], facts["With"]) == ("1 Far Road", "Pat Gone")
    assert "Another parent or contact" not in facts


def test_the_file_and_the_paper_say_the_same(client, school, calendar, office, monkeypatch) -> None:
    pupil = builders.pupil(school, "=Away", "Kim")
    builders.marks(pupil, calendar, NOV, "O" * 20)
    found = due(school, calendar)[ClockKind.ATTENDANCE]
    pages_made: list[str] = []
    monkeypatch.setattr(pdf, "render", lambda page: pages_made.append(page) or b"%PDF-1.7")
    arguments = [school.slug, pupil.pk, "attendance", "2026-11-03"]
    client.get(reverse("deadline_pdf", args=arguments))
    response = client.get(reverse("deadline_csv", args=arguments))
    assert response["Content-Disposition"] == f'attachment; filename="return-{pupil.pk}-2026-11-03.csv"'
    rows = list(csv.reader(StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0] == ["field", "value"]
    assert ["Full name", "Kim =Away"] in rows
    for label, value in told(found).items():
        assert [label, value] in rows
        assert label in pages_made[0]
        assert value.replace("'", "&#x27;") in pages_made[0]
