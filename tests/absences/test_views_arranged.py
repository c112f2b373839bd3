"""The pages of longer arrangements: choosing a kind, recording, agreeing, reviewing, ending, and the list."""

from datetime import date

import pytest
from django.urls import reverse

from absences.models import LongArrangement
from absences.rules.arranged import State
from registers.models import Arrangement, Event, Mark
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders
from tests.absences import test_part_time as steps
from tests.builders import AT, TODAY
from tests.registers import pages


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def office(school, client):
    membership = builders.member(school)
    client.force_login(membership.user)
    return membership


@pytest.fixture
def head(school):
    return builders.member(school, Role.HEAD)


@pytest.fixture
def pupil(school):
    return builders.pupil(school, "Ash", "Kim")


def new(pupil, kind: str) -> str:
    return reverse("arrangement_new", args=[pupil.school.slug, pupil.pk]) + f"?kind={kind}"


def at(name: str, row: LongArrangement) -> str:
    return reverse(name, args=[row.school.slug, row.pk])


def words(response) -> str:
    return pages.text(pages.soup(response).main)


def test_the_kinds_are_offered_with_their_codes(client, office, pupil) -> None:
    page = pages.soup(client.get(reverse("arrangement_new", args=[pupil.school.slug, pupil.pk])))
    offered = [
        (pages.text(row.select_one(".todo__count")), row["href"].partition("=")[2]) for row in page.select(".todo a")
    ]
    assert offered == [
        ("C2", "part-time"),
        ("D", "dual"),
        ("K", "provision"),
        ("B", "activity"),
        ("E", "suspension"),
        ("E", "exclusion"),
        ("M", "appointments"),
    ]


SUSPENSION = {
    "first_on": "2026-11-20", "first_session": "PM", "last_on": "2026-11-24", "last_session": "AM",
    "reference": "Letter of today", "notice_on": "2026-11-20",
}  # fmt: skip
DUAL = {
    "first_on": "2026-11-20", "first_session": "AM", "last_on": "2026-11-24", "last_session": "PM",
    "institution": "Hillside Primary", "number": "886/2345", "is_main": "yes", "weekdays": ["1AM", "1PM", "5AM"],
}  # fmt: skip


def test_a_suspension_is_recorded(client, office, pupil) -> None:
    response = client.post(new(pupil, "suspension"), SUSPENSION)
    row = LongArrangement.objects.get()
    assert (response.status_code, response["Location"]) == (302, at("arrangement", row))
    rests = Arrangement.objects.get()
    assert (rests.pupil, rests.code, rests.first_on, rests.first_session) == (pupil, "E", TODAY, "PM")
    assert (rests.last_on, rests.last_session, rests.reference) == (date(2026, 11, 24), "AM", "Letter of today")
    assert (rests.recorded_by, rests.recorded_role) == (office.user, "office")
    event = Event.objects.get(kind="arrangement recorded")
    assert (event.pupil, event.by) == (pupil, office.user)
    said = words(client.get(at("arrangement", row)))
    assert "Suspended school days 1 to 3 of the school year" in said
    assert "Until 24 November 2026 (the first 3 school days)" in said


def test_a_dual_registration_keeps_to_its_sessions(client, office, pupil) -> None:
    said = words(client.post(new(pupil, "dual"), DUAL, follow=True))
    rests = Arrangement.objects.get()
    assert (rests.code, rests.weekdays, rests.reference) == ("D", "1AM 1PM 5AM", "Hillside Primary (8862345)")
    assert Event.objects.get(kind="arrangement recorded").facts["weekdays"] == "1AM 1PM 5AM"
    assert "Hillside Primary (8862345)" in said
    assert "Monday, Friday AM" in said
    assert "main school" in said


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("dual", {"last_on": "2026-11-19"}, "comes before the first"),
        ("dual", {"last_on": "2026-11-20", "first_session": "PM", "last_session": "AM"}, "comes before the first"),
        ("suspension", {"reference": "  "}, "Name the headteacher’s letter."),
        ("suspension", {"notice_on": ""}, "Give the day of the notice to the parents."),
        ("dual", {"institution": " "}, "Name the place where the pupil is then."),
        ("dual", {"number": ""}, "Give the other school’s DfE number or URN."),
        ("dual", {"number": "12345"}, "has seven digits"),
        ("dual", {"is_main": ""}, "Say whether this is the pupil’s main school."),
        ("dual", {"weekdays": []}, "Tick the sessions of the week."),
        ("dual", {"weekdays": ["6AM"]}, "Select a valid choice."),
        ("dual", {"first_session": "EV"}, "Select a valid choice."),
        ("dual", {"first_on": "soon"}, "Enter a valid date."),
        ("appointments", {"nature": "Dentist", "at_time": "25:00"}, "Enter a valid time."),
        ("provision", {"nature": "", "institution": "College"}, "the register must tell the nature"),
        ("provision", {"nature": "Tuition\u202e", "institution": "College"}, "cannot be seen"),
    ],
    ids=[
        "day-before", "session-before", "no-letter", "no-notice", "no-school", "no-number", "short-number",
        "main-or-not", "no-session", "saturday", "session", "day", "time", "no-nature", "turned-text",
    ],
)  # fmt: skip
def test_a_record_that_cannot_stand_is_refused(client, office, pupil, kind, change, message) -> None:
    response = client.post(new(pupil, kind), (SUSPENSION if kind == "suspension" else DUAL) | change)
    assert response.status_code == 422
    assert message in words(response)
    assert not Arrangement.objects.exists()
    assert not LongArrangement.objects.exists()


def test_leave_and_unknown_kinds_are_not_recorded_here(client, office, pupil) -> None:
    response = client.post(new(pupil, "leave"), DUAL)
    assert response.status_code == 422
    assert not LongArrangement.objects.exists()


PART_TIME = {
    "first_on": "2026-11-23", "last_on": "2026-12-18", "weekdays": ["1PM", "5AM"], "why": "A staged return",
    "review_on": "2026-12-07", "is_no_sanction": "on",
}  # fmt: skip


def test_a_part_time_timetable_from_proposal_to_review(client, school, office, head, pupil, time_machine) -> None:
    client.post(new(pupil, "part-time"), PART_TIME)
    row = LongArrangement.objects.get()
    assert row.state == State.AGREEING
    parent = {"parent": pupil.contacts.get().pk, "agreed_on": "2026-11-20", "how": "signed"}
    assert client.post(at("part_time_parent", row), parent).status_code == 302
    assert "I agree to this timetable" not in words(client.get(at("arrangement", row)))
    assert client.post(at("part_time_head", row)).status_code == 403
    client.force_login(head.user)
    assert "I agree to this timetable" in words(client.get(at("arrangement", row)))
    assert client.post(at("part_time_head", row)).status_code == 302
    row.refresh_from_db()
    assert row.state == State.RUNNING
    client.force_login(office.user)
    told = {"told_on": "2026-11-20", "how": "Form to the inclusion team"}
    client.post(at("part_time_told", row), told)
    time_machine.move_to(AT.replace(month=12, day=7), tick=False)
    client.force_login(office.user)
    review = {"held_on": "2026-12-07", "outcome": "continues", "next_on": "2026-12-14", "words": "Two more sessions"}
    client.post(at("part_time_review", row), review)
    said = words(client.get(at("arrangement", row)))
    assert "Form to the inclusion team" in said
    assert "Two more sessions" in said
    assert "Next review 14 December 2026" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"last_on": ""}, "has an end"),
        ({"is_no_sanction": ""}, "may not be used to manage behaviour"),
        ({"review_on": "2026-12-22"}, "within 28 days"),
        ({"weekdays": [f"{day}{half}" for day in range(1, 6) for half in ("AM", "PM")]}, "kept from every session"),
        ({"why": " "}, "This field is required."),
    ],
    ids=["no-end", "a-sanction", "29-days", "every-session", "no-reason"],
)
def test_a_proposal_that_cannot_stand_says_why(client, office, pupil, change, message) -> None:
    response = client.post(new(pupil, "part-time"), PART_TIME | change)
    assert response.status_code == 422
    assert message in words(response)
    assert not LongArrangement.objects.exists()


def test_a_step_that_is_refused_stands_on_the_page(client, school, office, head, pupil) -> None:
    row = steps.propose(pupil, office)
    builders.parent_of(pupil, priority=2, lives_with_pupil=False)
    away = pupil.contacts.get(lives_with_pupil=False)
    response = client.post(at("part_time_parent", row), {"parent": away.pk, "agreed_on": "2026-11-20", "how": "signed"})
    assert response.status_code == 422
    assert "Select a valid choice" in words(response)
    mother = pupil.contacts.get(lives_with_pupil=True)
    response = client.post(
        at("part_time_parent", row), {"parent": mother.pk, "agreed_on": "2026-11-21", "how": "signed"}
    )
    assert response.status_code == 422
    assert "cannot be dated after today" in words(response)


def test_a_suspension_has_no_part_time_steps(client, office, pupil) -> None:
    client.post(new(pupil, "suspension"), SUSPENSION)
    row = LongArrangement.objects.get()
    assert client.post(at("part_time_told", row), {"told_on": "2026-11-20", "how": "x"}).status_code == 404


def test_ending_one_says_what_becomes_of_its_codes(client, office, pupil) -> None:
    client.post(new(pupil, "suspension"), SUSPENSION)
    row = LongArrangement.objects.get()
    refused = client.post(at("arrangement_end", row), {"last_on": "2026-11-24", "why": "Back"})
    assert refused.status_code == 422
    assert "when it ends anyway" in words(refused)
    said = words(client.post(at("arrangement_end", row), {"last_on": "2026-11-19", "why": "Withdrawn"}, follow=True))
    assert "Ended: Withdrawn" in said
    assert Mark.objects.get(pupil=pupil).code == "N"


def test_the_list_says_what_lapsed(client, school, office, head, pupil) -> None:
    row = steps.propose(pupil, office, review_on=date(2026, 11, 11), first_on=date(2026, 11, 9))
    steps.agree_parent(row, office)
    steps.agree_head(row, head)
    night = builders.nightly(school)
    steps.look(night, date(2026, 11, 18))
    page = pages.soup(client.get(reverse("arrangements", args=[school.slug])))
    assert "1 part-time timetable lapsed." in pages.text(page.main)
    line = page.select_one("#arranged tbody tr")
    assert "Lapsed: it gives no code any more." in pages.text(line)
    home = pages.soup(client.get(reverse("home", args=[school.slug])))
    todo = next(pages.text(one) for one in home.select(".todo a") if "arrangements" in one["href"])
    assert todo.startswith("1 longer arrangement wants something")
    assert "1 part-time timetable lapsed: the pupil is expected in school." in todo


def test_another_schools_arrangement_is_not_in_the_list(client, school, other_school, office) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = builders.member(other_school)
        steps.propose(builders.pupil(other_school, "Elsewhere"), theirs)
    assert "Nothing is arranged" in words(client.get(reverse("arrangements", args=[school.slug])))


def test_the_pupils_page_leads_to_it(client, office, pupil) -> None:
    client.post(new(pupil, "dual"), DUAL)
    row = LongArrangement.objects.get()
    page = pages.soup(client.get(reverse("pupil", args=[pupil.school.slug, pupil.pk])))
    assert page.select_one("#arranged a")["href"] == at("arrangement", row)
    assert page.select("#arrangements li") == []


def test_no_pupil_is_named_in_an_address(client, office, pupil) -> None:
    client.post(new(pupil, "dual"), DUAL)
    for url in (reverse("arrangements", args=[pupil.school.slug]), at("arrangement", LongArrangement.objects.get())):
        page = pages.soup(client.get(url))
        targets = [str(link.get(part, "")) for link in page.select("[href], [action]") for part in ("href", "action")]
        assert not any(word in target for target in targets for word in ("Ash", "Kim", pupil.upn))


def test_the_list_can_be_taken_away(client, school, office, pupil) -> None:
    client.post(new(pupil, "dual"), DUAL)
    response = client.get(reverse("export", args=[school.slug, "arrangements", "csv"]))
    head, row = b"".join(response).decode("utf-8-sig").splitlines()
    assert head.startswith("arrangement,state,code,legal_surname")
    assert row.startswith("Dual registration,running,D,Ash,Kim,2017-05-04,,2026-11-20,2026-11-24")
