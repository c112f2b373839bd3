"""Two people and one entry of the admission register, in real transactions."""

from datetime import date, timedelta
from typing import Any

import pytest

from registers.models import Contact, School
from registers.queries import calendars
from registers.rules import admissions as rules
from registers.rules import upn as numbers
from registers.rules.admissions import AdmissionRefusedError, as_text
from registers.scope import schools_in_scope
from registers.services import admissions, contacts, leavers
from registers.services.admissions import StaleError
from registers.services.leavers import Departure
from tests import builders
from tests.builders import AT, TODAY
from tests.services.test_concurrency import at_once, school  # noqa: F401 - the fixture of real transactions

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
NUMBER = numbers.check_letter("886299900777") + "886299900777"
REFUSED = (AdmissionRefusedError, StaleError)


def told(work) -> Any:
    """The work, its refusal told as the name of what was raised."""

    def done() -> object:
        try:
            work()
        except REFUSED as refused:
            return type(refused).__name__
        return "done"

    return done


def enrolling(of: School, member, upn: str) -> Any:
    particulars = {
        "upn": upn,
        "legal_surname": "Example",
        "legal_forename": "Sam",
        "dob": date(2017, 5, 4),
        "sex": "F",
        "starts_on": TODAY + timedelta(days=3),
    }
    return told(lambda: admissions.enrol(of, particulars, None, today=TODAY, by=member, at=AT))


@pytest.mark.parametrize("repeat", range(5))
def test_one_child_is_enrolled_once(school, repeat) -> None:  # noqa: F811
    with schools_in_scope([school.pk]):
        office = builders.member(school)
    works = [enrolling(school, office, NUMBER) for _ in range(3)]
    assert sorted(at_once(school, *works)) == ["AdmissionRefusedError", "AdmissionRefusedError", "done"]


@pytest.mark.parametrize("repeat", range(5))
def test_a_leaving_taken_back_while_the_child_is_enrolled_again(school, repeat) -> None:  # noqa: F811
    with schools_in_scope([school.pk]):
        office = builders.member(school)
        pupil = builders.pupil(school)
        sure = {"held", "authority"}
        calendar = calendars.of(school)
        leavers.leave(school, calendar, pupil, Departure(TODAY, "F"), sure_of=sure, today=TODAY, by=office, at=AT)
    back = told(lambda: leavers.take_back(school, pupil, "The wrong child", by=office, at=AT))
    assert sorted(at_once(school, back, enrolling(school, office, pupil.upn))) == ["AdmissionRefusedError", "done"]


@pytest.mark.parametrize("repeat", range(5))
def test_a_parent_of_two_pupils_is_changed_by_one_of_two_clerks(school, repeat) -> None:  # noqa: F811
    with schools_in_scope([school.pk]):
        office = builders.member(school)
        first = builders.pupil(school).contacts.get()
        second = builders.pupil(school).contacts.get()
        Contact.objects.filter(pk=second.pk).update(parent=first.parent)
        second.refresh_from_db()

    def changing(contact: Contact, phone: str) -> Any:
        held = {name: getattr(contact.parent, name) for name in rules.PARENT_PARTICULARS}
        what = {name: getattr(contact, name) for name in rules.CONTACT_PARTICULARS}
        stood = {name: as_text(value) for name, value in (held | what).items()}
        wanted = held | {"phone1": phone}
        return told(lambda: contacts.change(contact, wanted, what, stood, "They rang", by=office, at=AT))

    assert sorted(at_once(school, changing(first, "01"), changing(second, "02"))) == ["StaleError", "done"]
