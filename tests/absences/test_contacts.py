"""Logging a try to reach a family: the rows, the record, the refusals, and the page."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from absences.models import ContactAttempt
from absences.rules.contacts import Channel, ContactRefusedError, Outcome
from absences.services import contacts as services
from absences.services.contacts import Try
from attendance_site.queries import pupil_page
from registers.models import Contact, Event, Pupil
from registers.queries import calendars
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT, TODAY


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def office(school, client):
    membership = builders.member(school, name="Olive Office")
    client.force_login(membership.user)
    return membership


@pytest.fixture
def pupil(school):
    return builders.pupil(school, "Baker", "Ann")


@pytest.fixture
def sister(school, pupil):
    made = builders.pupil(school, "Baker", "Bea")
    Contact.objects.create(school=school, pupil=made, parent=mother(pupil), priority=2, parental_responsibility=True)
    return made


def mother(pupil):
    return pupil.contacts.get().parent


def log(pupil, by, *siblings, **facts):
    tried = {"channel": Channel.PHONE, "parent_id": mother(pupil).pk, "outcome": Outcome.NO_ANSWER, "tried_at": AT}
    chosen = [one.pk for one in siblings]
    return services.record(pupil.school, pupil, chosen, Try(**(tried | facts)), TODAY, local=AT, by=by, at=AT)


def test_keeps_how_whom_when_what_and_who_recorded_it(pupil, office):
    again = AT + timedelta(minutes=30)
    [row] = log(pupil, office, words="  Phone   rang out ", next_at=again)
    row.refresh_from_db()
    assert (row.pupil, row.parent, row.about_on, row.tried_at) == (pupil, mother(pupil), TODAY, AT)
    assert (row.channel, row.outcome, row.words, row.next_at) == ("phone", "no answer", "Phone rang out", again)
    assert (row.recorded_at, row.recorded_by, row.recorded_role) == (AT, office.user, "office")
    event = Event.objects.get()
    assert (event.kind, event.pupil, event.subject) == (
        "contact attempt recorded",
        pupil,
        f"contact_attempt:{row.pk}",
    )
    assert event.facts == {
        "on": "2026-11-20",
        "channel": "phone",
        "outcome": "no answer",
        "parent": mother(pupil).pk,
    }


def test_one_call_is_recorded_for_each_child_and_once_however_often_it_is_sent(pupil, sister, office):
    for _ in range(2):
        assert {row.pupil for row in log(pupil, office, sister)} == {pupil, sister}
    assert ContactAttempt.objects.count() == Event.objects.count() == 2
    log(pupil, office, sister, tried_at=AT - timedelta(minutes=1))
    assert ContactAttempt.objects.count() == 4


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        pytest.param({"tried_at": AT + timedelta(minutes=1)}, "still to come", id="in the future"),
        pytest.param({"next_at": AT}, "is past already", id="next before now"),
        pytest.param(
            {"outcome": Outcome.REASON_GIVEN, "next_at": AT + timedelta(minutes=5)}, "no next try", id="nothing to ask"
        ),
    ],
)
def test_a_refusal_writes_nothing(pupil, office, facts, message):
    with pytest.raises(ContactRefusedError, match=message):
        log(pupil, office, **facts)
    assert not ContactAttempt.objects.exists()
    assert not Event.objects.exists()


def test_a_contact_of_another_family_is_refused(school, pupil, sister, office):
    with pytest.raises(ContactRefusedError, match="not a contact of the pupil"):
        log(pupil, office, parent_id=mother(builders.pupil(school, "Stranger")).pk)
    # The father of one is no business of the other, though they share their mother.
    with pytest.raises(ContactRefusedError, match="of every child ticked"):
        log(pupil, office, sister, parent_id=sister.contacts.get(priority=1).parent_id)
    assert not ContactAttempt.objects.exists()


def test_a_child_of_another_family_is_refused(school, pupil, office):
    with pytest.raises(ContactRefusedError, match="not of this family"):
        log(pupil, office, builders.pupil(school, "Stranger"), parent_id=None)


def test_a_pupil_of_another_school_is_not_found(pupil, office, other_school):
    with schools_in_scope([pupil.school_id, other_school.pk]):
        stranger = builders.pupil(other_school)
        with pytest.raises(Pupil.DoesNotExist):
            log(pupil, office, stranger)
        assert not ContactAttempt.objects.exists()


@pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR, Role.NIGHTLY])
def test_only_those_who_may_record_reasons(pupil, role):
    with pytest.raises(RightRefusedError):
        log(pupil, builders.member(pupil.school, role))


def test_the_pupils_timeline_tells_of_it(school, pupil, office):
    log(pupil, office, words="Rang out")
    line = pupil_page.of(school, calendars.of(school), pupil, TODAY).timeline[0]
    assert (line.at, line.who) == (AT, "Olive Office")
    assert line.what == "Telephone, Ms Pat Baker: no answer – “Rang out”"


def address(pupil, query=""):
    return reverse("contact_attempt", args=[pupil.school.slug, pupil.pk]) + query


def page(response):
    return BeautifulSoup(response.content, "html.parser")


class TestThePage:
    def test_has_the_contact_and_the_brothers_and_sisters_who_are_away_filled_in(self, client, pupil, sister, office):
        here = builders.pupil(pupil.school, "Baker", "Cal")
        Contact.objects.create(school=pupil.school, pupil=here, parent=mother(pupil), priority=2, lives_with_pupil=True)
        for child, code in ((pupil, "N"), (sister, "N"), (here, "/")):
            builders.mark(child, TODAY, Session.AM, code)
        found = page(client.get(address(pupil, f"?parent={mother(pupil).pk}")))
        ticked = [(box["value"], box.has_attr("checked")) for box in found.select("[name=siblings]")]
        assert sorted(ticked) == sorted([(str(sister.pk), True), (str(here.pk), False)])
        [chosen] = found.select("[name=parent][checked]")
        assert chosen["value"] == str(mother(pupil).pk)
        assert found.select_one("[name=tried_time]")["value"] == "09:05"

    def test_logs_and_goes_back_to_the_family_on_the_list(self, client, school, pupil, sister, office):
        for child in (pupil, sister):
            builders.mark(child, TODAY, Session.AM, "N")
        typed = {"channel": "text", "parent": mother(pupil).pk, "siblings": [sister.pk], "outcome": "sent"}
        response = client.post(address(pupil), typed | {"tried_time": "08:59", "next_time": "09:40"})
        assert response["Location"] == f"{reverse('first_day', args=[school.slug])}#pupil-{pupil.pk}"
        rows = ContactAttempt.objects.order_by("pk")
        assert [(row.pupil, row.channel) for row in rows] == [(pupil, "text"), (sister, "text")]
        assert {(f"{row.tried_at:%H:%M}", f"{row.next_at:%H:%M}") for row in rows} == {("08:59", "09:40")}

    def test_the_button_of_the_list_needs_no_more_than_a_press(self, client, school, pupil, office):
        builders.mark(pupil, TODAY, Session.AM, "N")
        form = page(client.get(reverse("first_day", args=[school.slug]))).select_one(".person__log")
        typed = {field["name"]: field["value"] for field in form.select("input") if "csrf" not in field["name"]}
        button = form.select_one("[data-key=n]")
        assert client.post(form["action"], typed | {button["name"]: button["value"]}).status_code == 302
        row = ContactAttempt.objects.get()
        assert (row.parent, row.outcome, row.tried_at) == (mother(pupil), "no answer", AT)
        assert row.next_at == AT + timedelta(minutes=30)

    def test_a_reason_leads_on_to_recording_it_with_what_was_said(self, client, pupil, office):
        builders.mark(pupil, TODAY, Session.AM, "N")
        typed = {"channel": "phone", "parent": mother(pupil).pk, "outcome": "reason given"}
        response = client.post(address(pupil), typed | {"words": "Sick in the night"})
        assert response["Location"].endswith(f"/pupils/{pupil.pk}/reasons/new?on=2026-11-20&back=first")
        form = page(client.get(response["Location"]))
        assert form.select_one("[name=text]").get_text().strip() == "Sick in the night"
        assert form.select_one("[name=told_by]")["value"] == "Ms Pat Baker"
        assert form.select_one("[name=channel] [selected]")["value"] == "phone"

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            pytest.param({"tried_time": "09:06"}, "still to come", id="in the future"),
            pytest.param({"next_time": "09:05"}, "is past already", id="next before now"),
            pytest.param({"outcome": ""}, "This field is required", id="nothing came of it"),
            pytest.param({"parent": "999999"}, "not one of the available choices", id="not a contact"),
            pytest.param({"siblings": ["999999"]}, "is not a brother or sister", id="not a sister"),
        ],
    )
    def test_a_refusal_says_why_and_keeps_what_was_typed(self, client, pupil, office, changes, message):
        typed = {"channel": "phone", "parent": mother(pupil).pk, "outcome": "no answer", "words": "Rang out"}
        response = client.post(address(pupil), typed | changes)
        assert response.status_code == 422
        found = page(response)
        assert message in found.main.get_text()
        assert found.select_one("[name=words]")["value"] == "Rang out"
        assert not ContactAttempt.objects.exists()

    def test_a_day_still_to_come_is_today(self, client, pupil, office):
        typed = {"channel": "phone", "parent": "", "outcome": "no answer"}
        client.post(address(pupil, "?on=2026-11-23"), typed)
        client.post(address(pupil, "?on=2026-11-19"), typed)
        days = ContactAttempt.objects.order_by("pk").values_list("about_on", flat=True)
        assert list(days) == [TODAY, date(2026, 11, 19)]
