"""The same day scanned again: pupils are judged only where something that a rule goes by has changed."""

from datetime import date, datetime, timedelta

import pytest

from escalation.models import Flag, GroupFlag
from escalation.queries import standing, verdicts
from escalation.queries.standing import Standing
from escalation.services import scan
from registers.models import ClassPlace, Mark, Pupil, SchoolClass
from tests import builders
from tests.escalation import documents
from tests.escalation.test_services_scan import FIRST, FRIDAY, MONDAY, THURSDAY, attending

AT = builders.AT


@pytest.fixture
def run(school, calendar, night):
    """Scans the school for a day."""

    def scanned(on: date = FRIDAY, at: datetime = AT, **options):
        return scan.scan(school, calendar, on, by=night, at=at, **options)

    return scanned


@pytest.fixture
def judged(monkeypatch) -> list[date]:
    """The days on which pupils were judged, and not only counted."""
    days: list[date] = []
    of_school = verdicts.of_school

    def noted(at_school, calendar, on, *arguments):
        days.append(on)
        return of_school(at_school, calendar, on, *arguments)

    monkeypatch.setattr(verdicts, "of_school", noted)
    return days


def test_the_same_day_again_with_nothing_changed_judges_nobody(school, calendar, adopt, run, judged) -> None:
    adopt()
    attending(school, calendar, "O" * 20)
    run()
    assert run().continued == 1
    assert judged == [FRIDAY]
    run(MONDAY)
    assert judged == [FRIDAY, MONDAY]


def change_places(pupil) -> None:
    """A code moves to another session: every count stays as it was."""
    marks = {mark.on: mark for mark in Mark.objects.filter(pupil=pupil, session="AM")}
    marks[FIRST].code, marks[THURSDAY].code = marks[THURSDAY].code, marks[FIRST].code
    for mark in (marks[FIRST], marks[THURSDAY]):
        mark.version += 1
        mark.save()


CHANGES = {
    "another-code": lambda pupil: Mark.objects.filter(pupil=pupil, on=FIRST).update(code="I"),
    "codes-change-places": change_places,
    "on-roll-earlier": lambda pupil: Pupil.objects.filter(pk=pupil.pk).update(starts_on=FIRST - timedelta(days=1)),
    "born-later": lambda pupil: Pupil.objects.filter(pk=pupil.pk).update(dob=pupil.dob + timedelta(days=1)),
    "leaves-later": lambda pupil: Pupil.objects.filter(pk=pupil.pk).update(leaves_on=MONDAY),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_a_rule_may_go_by_has_pupils_judged_again(change, school, calendar, adopt, run, judged) -> None:
    adopt()
    pupil = attending(school, calendar, "O" * 20)
    run()
    change(pupil)
    run()
    assert judged == [FRIDAY, FRIDAY]
    run()
    assert judged == [FRIDAY, FRIDAY], "and only once"


def test_codes_that_change_places_change_the_sessions_of_a_flag(school, calendar, adopt, run) -> None:
    adopt()
    pupil = attending(school, calendar, "O" * 20)
    run()
    change_places(pupil)
    assert run().changed == 1
    assert [THURSDAY.isoformat(), "AM", "O"] in Flag.objects.get().counted


def test_a_change_of_class_is_noticed_where_classes_are_compared(school, calendar, adopt, run, judged) -> None:
    adopt(documents.rule("BEST", measure={"kind": "best_classes"}))
    pupil = attending(school, calendar, "O" * 20)
    run()
    school_class = SchoolClass.objects.create(school=school, name="Oak")
    ClassPlace.objects.create(school=school, pupil=pupil, school_class=school_class, starts_on=THURSDAY)
    run()
    assert judged == [FRIDAY, FRIDAY]
    assert GroupFlag.objects.get().school_class == school_class


def test_a_new_version_has_pupils_judged_again(school, calendar, adopt, run, judged) -> None:
    adopt()
    attending(school, calendar, "O" * 20)
    run()
    adopt(documents.rule(), documents.LATES, version="2")
    run()
    assert judged == [FRIDAY, FRIDAY]


def test_a_letter_that_went_out_has_pupils_judged_again(school, calendar, adopt, run, judged, monkeypatch) -> None:
    adopt()
    pupil = attending(school, calendar, "O" * 20)
    run()
    for known in (
        Standing(letters={pupil.pk: {"letter_of_concern": THURSDAY}}),
        Standing(reached={pupil.pk: frozenset({THURSDAY})}),
        Standing(reviews={pupil.pk: THURSDAY}),
    ):
        monkeypatch.setattr(standing, "of_school", lambda *_, known=known: known)
        run()
    assert judged == [FRIDAY] * 4
