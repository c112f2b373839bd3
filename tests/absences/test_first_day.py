"""The first-day list: the right families in the right order, for a constant number of queries, and its page."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from absences.models import AbsenceRules, ContactAttempt
from absences.queries import first_day as queries
from absences.rules.first_day import Standing
from registers.models import ClassPlace, Contact, Mark, Parent, Pupil, RegisterTaken
from registers.queries import calendars
from registers.rules.rights import RIGHTS, Right, Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT, TODAY

LOCAL = AT + timedelta(minutes=20)
"""09:25 on the Friday."""


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(LOCAL, tick=False)


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.fixture
def office(school, client):
    membership = builders.member(school)
    client.force_login(membership.user)
    return membership


@pytest.fixture
def oak(school, office):
    """A class whose morning register is in."""
    made = builders.school_class(school, "3 Oak")
    send(made, office)
    return made


def send(school_class, by, session=Session.AM):
    RegisterTaken.objects.create(
        school=school_class.school,
        school_class=school_class,
        on=TODAY,
        session=session,
        at=AT,
        by=by.user,
        role=by.role,
    )


def away(school, surname, school_class=None, *, code="N", **fields):
    made = builders.pupil(school, surname, school_class=school_class, **fields)
    if code:
        builders.mark(made, TODAY, Session.AM, code)
    return made


def tried(pupil, by, *, minutes=10, outcome="no answer", again=None, on=TODAY, parent=None):
    at = LOCAL - timedelta(minutes=minutes)
    return ContactAttempt.objects.create(
        school_id=pupil.school_id,
        pupil=pupil,
        parent=parent,
        about_on=on,
        tried_at=at,
        channel="phone",
        outcome=outcome,
        next_at=LOCAL + timedelta(minutes=again) if again is not None else None,
        recorded_at=at,
        recorded_by=by.user,
        recorded_role=by.role,
    )


def share_parent(one, other):
    Contact.objects.create(
        school=one.school, pupil=other, parent=one.contacts.get().parent, priority=2, lives_with_pupil=True
    )


def names(found):
    return [[child.pupil.legal_surname for child in family.children] for family in found.families]


def test_lists_n_and_blanks_of_registers_that_are_in(school, calendar, office, oak):
    away(school, "Noted", oak)
    away(school, "Blank", oak, code="")
    away(school, "Here", oak, code="/")
    away(school, "Ill", oak, code="I")
    elm = builders.school_class(school, "4 Elm")
    away(school, "Unknown", elm, code="")
    away(school, "Known", elm)
    away(school, "Left", oak, leaves_on=date(2026, 11, 19), code="")
    found = queries.of(school, calendar, LOCAL)
    assert names(found) == [["Blank"], ["Known"], ["Noted"]]
    assert [(state.school_class.name, state.session, state.blank) for state in found.unknown] == [("4 Elm", "AM", 1)]
    assert found.waiting == 2, "the afternoon's registers"


def test_an_afternoon_without_a_register_is_not_awaited_yet(school, calendar, office, oak):
    child = away(school, "Here", oak, code="/")
    assert names(queries.of(school, calendar, LOCAL)) == []
    send(oak, office, Session.PM)
    [family] = queries.of(school, calendar, LOCAL).families
    assert (family.first.pupil, family.first.sessions) == (child, (Session.PM,))
    assert not family.counts_for_the_clock, "the hour is the morning's"


def test_the_order_vulnerable_persistent_the_rest_and_who_has_come(school, calendar, office, oak):
    back = away(school, "Aback", oak, social_worker=True)
    builders.mark(back, TODAY, Session.PM, "\\")
    away(school, "Brown", oak)
    persistent = away(school, "Clark", oak)
    builders.marks(persistent, calendar, date(2026, 9, 1), "II" + "/" * 10)
    too_early_to_say = away(school, "Adams", oak)
    builders.marks(too_early_to_say, calendar, date(2026, 9, 1), "I" + "/" * 8)
    away(school, "Young", oak, lac=True)
    found = queries.of(school, calendar, LOCAL)
    assert names(found) == [["Young"], ["Clark"], ["Adams"], ["Brown"], ["Aback"]]
    assert [family.first.is_persistent for family in found.families] == [False, True, False, False, False]


def test_brothers_and_sisters_stand_together_with_their_contacts_in_order(school, calendar, office, oak):
    one, other = away(school, "Baker", oak, forename="Ann"), away(school, "Baker", oak, forename="Ben")
    share_parent(one, other)
    Contact.objects.filter(pupil=other, priority=1).update(court_order=True)
    [family] = queries.of(school, calendar, LOCAL).families
    assert [child.pupil for child in family.children] == [one, other]
    shared, own = one.contacts.get().parent, other.contacts.get(priority=1).parent
    assert [(person.parent, person.pupil_ids, person.court_order) for person in family.people] == [
        (shared, (one.pk, other.pk), False),
        (own, (other.pk,), True),
    ]


def test_a_grandmother_of_two_families_does_not_join_them(school, calendar, office, oak):
    one, other = away(school, "Baker", oak), away(school, "Cook", oak)
    share_parent(one, other)
    Contact.objects.filter(pupil=other, priority=2).update(lives_with_pupil=False, parental_responsibility=False)
    assert names(queries.of(school, calendar, LOCAL)) == [["Baker"], ["Cook"]]


@pytest.mark.parametrize(
    ("log", "standing", "to_ask"),
    [
        pytest.param([], Standing.NOT_TRIED, 1, id="nobody asked"),
        pytest.param([{"again": 20}], Standing.WAITING, 0, id="next try to come"),
        pytest.param([{"again": -1}], Standing.DUE, 1, id="next try due"),
        pytest.param([{"outcome": "reason given"}], Standing.TOLD, 0, id="told"),
        pytest.param([{"on": date(2026, 11, 19)}], Standing.NOT_TRIED, 1, id="yesterday's call is not today's"),
    ],
)
def test_what_was_tried_today(school, calendar, office, oak, log, standing, to_ask):
    pupil = away(school, "Baker", oak)
    for facts in log:
        tried(pupil, office, **facts)
    found = queries.of(school, calendar, LOCAL)
    assert (found.families[0].due.standing, found.to_ask) == (standing, to_ask)
    assert found.on_the_clock == (1 if standing is Standing.NOT_TRIED else 0)


def test_a_call_recorded_for_two_children_shows_once_and_for_one_leaves_the_other(school, calendar, office, oak):
    one, other = away(school, "Baker", oak), away(school, "Baker", oak)
    share_parent(one, other)
    tried(one, office, again=20)
    [family] = queries.of(school, calendar, LOCAL).families
    assert family.due.standing is Standing.NOT_TRIED
    tried(other, office, again=20)
    [family] = queries.of(school, calendar, LOCAL).families
    assert (family.due.standing, len(family.attempts)) == (Standing.WAITING, 1)


def test_the_clock_is_the_schools_own(school, calendar, office, oak):
    assert queries.of(school, calendar, LOCAL).clock.words == "35 minutes left"
    AbsenceRules.objects.create(school=school, first_contact_by=time(9, 15))
    assert queries.of(school, calendar, LOCAL).clock.words == "10 minutes past"


def test_count_says_how_many_are_away_and_of_how_many_nobody_asked(school, calendar, office, oak):
    tried(away(school, "Asked", oak), office)
    away(school, "Waits", oak)
    back = away(school, "Back", oak)
    builders.mark(back, TODAY, Session.PM, "\\")
    assert queries.count(school, calendar, TODAY) == (2, 1)


def test_another_school_stays_out(school, other_school, calendar, office, oak):
    with schools_in_scope([other_school.pk]):
        away(other_school, "Stranger")
    with schools_in_scope([school.pk, other_school.pk]):
        assert names(queries.of(school, calendar, LOCAL)) == []


def test_fifteen_hundred_pupils_cost_as_many_queries_as_three(school, calendar, office, oak, django_assert_num_queries):
    for number in range(3):
        tried(away(school, f"Few{number}", oak), office)
    with django_assert_num_queries(QUERIES):
        assert len(queries.of(school, calendar, LOCAL).families) == 3
    crowd(school, oak, office, 1500)
    with django_assert_num_queries(QUERIES):
        assert len(queries.of(school, calendar, LOCAL).families) == 1503


QUERIES = 18


def crowd(school, school_class, by, number):
    """That many more pupils of one class, all away, each with a parent, without a query for each."""
    first = Pupil.objects.order_by("pk").first()
    plain = {"school": school, "dob": first.dob, "sex": "F", "starts_on": first.starts_on}
    pupils = Pupil.objects.bulk_create(
        Pupil(upn=f"Z{each:012}", legal_surname=f"Many{each}", legal_forename="Sam", **plain) for each in range(number)
    )
    parents = Parent.objects.bulk_create(
        Parent(school=school, contact_id=f"P{pupil.pk}", surname=pupil.legal_surname) for pupil in pupils
    )
    pairs = list(zip(pupils, parents, strict=True))
    Contact.objects.bulk_create(
        Contact(school=school, pupil=one, parent=parent, priority=1, lives_with_pupil=True) for one, parent in pairs
    )
    ClassPlace.objects.bulk_create(
        ClassPlace(school=school, pupil=one, school_class=school_class, starts_on=one.starts_on) for one in pupils
    )
    common = {"school": school, "on": TODAY, "session": "AM", "code": "N", "source": "teacher", "recorded_at": AT}
    common |= {"recorded_by": by.user, "recorded_role": by.role}
    Mark.objects.bulk_create(Mark(pupil=one, **common) for one in pupils)


def page(client, school):
    response = client.get(reverse("first_day", args=[school.slug]))
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


class TestThePage:
    def test_shows_the_clock_the_contacts_and_what_was_tried(self, client, school, office, oak):
        pupil = away(school, "Baker", oak)
        Parent.objects.update(phone1="01632 960111", phone2="07700 900222")
        Contact.objects.update(court_order=True)
        found = page(client, school)
        assert found.select_one(".clock strong").get_text() == "35 minutes left"
        text = found.select_one(".person").get_text(" ", strip=True)
        assert "Ms Pat Baker" in text
        assert "01632 960111 , 07700 900222" in text or "01632 960111, 07700 900222" in text
        assert "Court order: ask before any contact" in text
        tried(pupil, office, again=20, parent=pupil.contacts.get().parent)
        found = page(client, school)
        assert "Everybody was tried" in found.select_one(".clock").get_text()
        assert "09:15 Telephone, Ms Pat Baker: no answer" in found.select_one(".tries li").get_text(" ", strip=True)
        assert found.select_one(".family__due").get_text(strip=True) == "Next try 09:45"

    @pytest.mark.parametrize(("role", "told"), [(Role.OFFICE, False), (Role.FLO, True), (Role.HEAD, True)])
    def test_why_somebody_stands_first_is_for_those_who_may_know(self, client, school, oak, role, told):
        away(school, "Adams", oak)
        away(school, "Young", oak, social_worker=True)
        away(school, "Zane", oak, lac=True)
        client.force_login(builders.member(school, role).user)
        found = page(client, school)
        first = [link.get_text().split(",")[0] for link in found.select(".child__name")]
        assert first == ["Young", "Zane", "Adams"]
        text = found.main.get_text()
        assert ("Social worker" in text, "Looked after" in text) == (told, told)

    def test_a_register_that_is_not_in_is_one_line(self, client, school, office):
        away(school, "Unknown", builders.school_class(school, "4 Elm"), code="")
        found = page(client, school)
        [line] = found.select(".unknown li")
        assert line.get_text() == "Register of 4 Elm (morning) not in yet: 1 pupil unknown."
        assert line.a["href"] == reverse("missing", args=[school.slug])
        assert "still to come" in found.select_one(".empty").get_text()

    def test_a_reason_leads_back_here(self, client, school, office, oak):
        pupil = away(school, "Baker", oak)
        link = page(client, school).select_one("[data-key=r]")["href"]
        form = BeautifulSoup(client.get(link).content, "html.parser")
        assert [form.select_one(f"[name={name}]")["value"] for name in ("first_on", "last_on")] == ["2026-11-20"] * 2
        assert form.select_one("[name=last_session] [selected]")["value"] == "PM"
        typed = {"first_on": TODAY, "first_session": "AM", "last_on": TODAY, "last_session": "PM", "code": "I"}
        typed |= {"text": "High temperature", "told_by": "Mum", "channel": "phone", "outcome": "accepted"}
        assert client.post(link, typed)["Location"] == reverse("first_day", args=[school.slug])
        assert page(client, school).select_one(".family") is None
        assert "".join(Mark.objects.filter(pupil=pupil).order_by("session").values_list("code", flat=True)) == "II"

    @pytest.mark.parametrize(
        ("at", "words"),
        [
            pytest.param(datetime(2026, 11, 20, 7, 30, tzinfo=UTC), "No register has opened yet", id="early"),
            pytest.param(datetime(2026, 11, 21, 9, 0, tzinfo=UTC), "There is no school today", id="Saturday"),
        ],
    )
    def test_says_so_when_there_is_nothing_to_show(self, client, school, time_machine, at, words):
        time_machine.move_to(at, tick=False)
        client.force_login(builders.member(school).user)
        away(school, "Later", builders.school_class(school), code="")
        assert words in page(client, school).select_one(".empty").get_text()


def test_whoever_may_record_reasons_may_see_families():
    """The list shows telephone numbers."""
    assert all(Right.SEE_FAMILY in rights for rights in RIGHTS.values() if Right.RECORD_REASON in rights)
