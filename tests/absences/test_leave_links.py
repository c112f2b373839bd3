"""A parent's link made, used, expired and taken back; what is sent by it, and what the office settles."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from absences import links
from absences.models import Evidence, LeaveLink, LeaveRequest, LeaveRules, SentRequest
from absences.rules.leave import Category, LeaveRefusedError, LeaveState
from absences.rules.spans import Span
from absences.services import leave_links, leave_rules
from absences.services.leave_links import LinkClosedError, Typed
from registers.models import Event
from registers.queries import calendars
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from tests import builders
from tests.absences.builders import FAR, am, pm, request
from tests.absences.test_evidence import PDF
from tests.builders import AT, TODAY

MONDAY, FRIDAY = FAR


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def online(school):
    return builders.member(school, Role.ONLINE)


@pytest.fixture
def family(school):
    """Two who live with one parent."""
    eldest = builders.pupil(school, "Ash", "Kim", dob=date(2016, 1, 1))
    younger = builders.pupil(school, "Ash", "Ben")
    younger.contacts.update(parent=eldest.contacts.get().parent)
    return [eldest, younger]


@pytest.fixture
def link(school, family, office, online):
    return leave_links.make(school, family[0].contacts.get(), family, by=office, at=AT)


def typed(children="Kim Ash", first=None, last=None, **changes):
    values = {"category": Category.HOLIDAY, "reason": "A grandparent’s golden wedding"} | changes
    return Typed(children, Span(first or am(MONDAY), last or pm(FRIDAY)), **values)


def send(link, by, what=None, *, today=TODAY, at=AT, upload=None):
    return leave_links.send(
        link.pk, link.school, calendars.of(link.school), what or typed(), upload, today=today, by=by, at=at
    )


def url(link):
    return reverse("ask_leave", args=[links.token(link)])


def form(**changes):
    return {
        "children": "Kim Ash",
        "first_on": "2026-12-07",
        "first_session": "AM",
        "last_on": "2026-12-11",
        "last_session": "PM",
        "category": "holiday",
        "reason": "A grandparent’s golden wedding",
        "website": "",
    } | changes


def page(response):
    return BeautifulSoup(response.content, "html.parser").main


class TestMaking:
    def test_it_is_for_one_parent_and_the_children_named(self, school, link, family, office):
        assert (link.parent, set(link.pupils.all())) == (family[0].contacts.get().parent, set(family))
        assert link.expires_at == AT + timedelta(days=14)
        event = Event.objects.get(kind="leave link made")
        assert (event.by, event.subject) == (office.user, f"leave link:{link.pk}")
        assert event.facts["pupils"] == sorted(one.pk for one in family)

    def test_the_school_chooses_how_long_it_is_good(self, school, family, office):
        head = builders.member(school, Role.HEAD)
        leave_rules.choose(school, religious_notice_days=7, holiday_notice_days=None, link_days=3, by=head, at=AT)
        row = leave_links.make(school, family[0].contacts.get(), family[:1], by=office, at=AT)
        assert row.expires_at == AT + timedelta(days=3)

    def test_a_parent_who_lives_elsewhere_gets_none(self, school, family, office):
        family[1].contacts.update(lives_with_pupil=False)
        with pytest.raises(LeaveRefusedError, match="normally lives with"):
            leave_links.make(school, family[0].contacts.get(), family, by=office, at=AT)
        assert not LeaveLink.objects.exists()

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR, Role.ONLINE])
    def test_not_by_everybody(self, school, family, role):
        with pytest.raises(RightRefusedError):
            leave_links.make(school, family[0].contacts.get(), family, by=builders.member(school, role), at=AT)

    def test_the_address_is_the_same_each_time_and_names_nobody(self, link):
        assert links.token(link) == links.token(link)
        assert links.read(links.token(link)) == (link.school_id, link.pk)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
            lambda token: token.replace("-", "-1", 1),
            lambda token: token.split(".")[0],
            lambda _token: "",
            lambda _token: "1-2.nonsense",
        ],
        ids=["another signature", "another link", "no signature", "nothing", "made up"],
    )
    def test_an_address_nobody_signed_names_nothing(self, link, spoil):
        assert links.read(spoil(links.token(link))) is None


class TestSending:
    def test_it_becomes_a_received_request_by_the_parent_online(self, link, family, online):
        send(link, online)
        row = LeaveRequest.objects.get()
        assert (row.pupil, row.applicant, row.source, row.state) == (
            family[0],
            link.parent,
            "online",
            LeaveState.RECEIVED,
        )
        assert (row.received_on, row.entered_role, row.asked_sessions) == (TODAY, "online", 10)
        assert Event.objects.get(kind="leave asked online").facts == {
            "requests": [row.pk],
            "to_settle": False,
            "file": False,
        }

    def test_brothers_and_sisters_are_one_request(self, link, family, online):
        send(link, online, typed("Ben Ash\nKim"))
        rows = LeaveRequest.objects.order_by("pk")
        assert [row.pupil for row in rows] == [family[1], family[0]]
        assert rows[0].together == rows[1].together is not None

    @pytest.mark.parametrize("children", ["Zoe Ash", "Kim\nZoe", "the children", "'; DROP TABLE pupils"])
    def test_a_name_that_is_not_clear_waits_for_the_office(self, link, online, children):
        sent = send(link, online, typed(children))
        assert sent.hindrance == leave_links.NOT_CLEAR
        assert not LeaveRequest.objects.exists()

    def test_what_stands_in_the_way_is_for_the_office_not_for_the_parent(self, link, family, office, online):
        request(family[0], office)
        sent = send(link, online)
        assert "already waiting" in sent.hindrance
        assert LeaveRequest.objects.count() == 1

    def test_a_late_one_is_taken_too_to_be_refused(self, link, online):
        send(link, online, typed(first=am(date(2026, 11, 18)), last=pm(TODAY)))
        assert LeaveRequest.objects.get().state == LeaveState.RECEIVED

    @pytest.mark.parametrize(
        ("what", "message"),
        [
            pytest.param(typed(first=am(date(2026, 12, 5)), last=pm(date(2026, 12, 6))), "no school", id="a weekend"),
            pytest.param(typed(first=am(FRIDAY), last=pm(MONDAY)), "comes before", id="backwards"),
            pytest.param(typed(first=am(date(2031, 1, 1)), last=pm(date(2031, 1, 2))), "outside", id="far away"),
        ],
    )
    def test_days_that_cannot_be_asked_for_are_said_and_the_link_is_not_used_up(self, link, online, what, message):
        with pytest.raises(LeaveRefusedError, match=message):
            send(link, online, what)
        link.refresh_from_db()
        assert link.used_at is None
        assert not SentRequest.objects.exists()

    def test_it_is_used_once(self, link, online):
        send(link, online)
        with pytest.raises(LinkClosedError):
            send(link, online, typed("Ben"))
        assert LeaveRequest.objects.count() == 1

    def test_it_is_not_used_after_it_expired_or_was_taken_back(self, link, office, online):
        with pytest.raises(LinkClosedError):
            send(link, online, at=link.expires_at)
        leave_links.revoke(link, by=office, at=AT)
        with pytest.raises(LinkClosedError):
            send(link, online)
        assert not SentRequest.objects.exists()

    def test_taking_back_twice_is_taking_back_once_and_a_used_one_stays_used(
        self, link, family, school, office, online
    ):
        leave_links.revoke(link, by=office, at=AT)
        leave_links.revoke(link, by=office, at=AT)
        assert Event.objects.filter(kind="leave link taken back").count() == 1
        other = leave_links.make(school, family[0].contacts.get(), family, by=office, at=AT)
        send(other, online)
        leave_links.revoke(other, by=office, at=AT)
        other.refresh_from_db()
        assert (other.state(AT), other.revoked_at) == ("used", None)


class TestThePublicPage:
    def test_it_opens_without_signing_in_and_shows_nothing_of_the_child(self, client, link, family):
        response = client.get(url(link))
        assert response.status_code == 200
        text = response.content.decode()
        assert "Ashdown School" in text
        parent = link.parent
        for secret in ("Kim", "Ash,", "Ben", parent.name, parent.email, family[0].upn, family[0].address, "Mother"):
            assert secret not in text
        assert "no-store" in response["Cache-Control"]
        assert response["X-Robots-Tag"] == "noindex, nofollow"

    def test_opening_it_does_not_use_it_up(self, client, link):
        for _ in range(3):
            assert client.get(url(link)).status_code == 200
        assert client.post(url(link), form()).status_code == 302

    def test_sent_once_it_says_thanks_and_then_opens_nothing_more(self, client, link):
        response = client.post(url(link), form(), follow=True)
        assert "Thank you" in page(response).get_text()
        assert not page(response).select("form")
        again = client.post(url(link), form(children="Ben"))
        assert "Thank you" in page(again).get_text()
        assert LeaveRequest.objects.count() == 1

    @pytest.mark.parametrize("children", ["Kim Ash", "Zoe Nobody"])
    def test_whether_the_name_was_known_is_never_told(self, client, link, children):
        response = client.post(url(link), form(children=children), follow=True)
        assert (
            page(response).get_text(" ", strip=True).startswith("Thank you Ashdown School Your request has been sent")
        )
        assert SentRequest.objects.count() == 1

    def test_a_day_after_it_expired_it_is_gone(self, client, link, time_machine):
        time_machine.move_to(link.expires_at - timedelta(seconds=1), tick=False)
        assert client.get(url(link)).status_code == 200
        time_machine.move_to(link.expires_at, tick=False)
        assert client.get(url(link)).status_code == 410
        assert client.post(url(link), form()).status_code == 410
        assert not SentRequest.objects.exists()

    def test_taken_back_it_is_gone(self, client, link, office):
        leave_links.revoke(link, by=office, at=AT)
        response = client.get(url(link))
        assert response.status_code == 410
        assert "Ask the school for another" in page(response).get_text()

    def test_it_cannot_be_walked_to_another_link_or_child(self, client, link, school, office):
        stranger = builders.pupil(school, "Stone", "Eve")
        other = leave_links.make(school, stranger.contacts.get(), [stranger], by=office, at=AT)
        walked = links.token(link).replace(f"-{link.pk}.", f"-{other.pk}.")
        assert client.get(reverse("ask_leave", args=[walked])).status_code == 404
        client.post(url(link), form(children="Eve Stone"))
        assert not LeaveRequest.objects.exists()
        assert SentRequest.objects.get().hindrance == leave_links.NOT_CLEAR

    def test_another_schools_link_opens_that_school_alone(self, client, link, other_school):
        with schools_in_scope([other_school.pk]):
            builders.member(other_school, Role.ONLINE)
            pupil = builders.pupil(other_school, "Ash", "Kim")
            by = builders.member(other_school)
            theirs = leave_links.make(other_school, pupil.contacts.get(), [pupil], by=by, at=AT)
        assert "Birchwood School" in client.get(url(theirs)).content.decode()
        client.post(url(theirs), form())
        assert not LeaveRequest.objects.exists()
        with schools_in_scope([other_school.pk]):
            assert LeaveRequest.objects.get().pupil == pupil

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            pytest.param({"children": ""}, "This field is required", id="no name"),
            pytest.param({"reason": ""}, "This field is required", id="no reason"),
            pytest.param({"reason": "x" * 2001}, "at most 2000", id="a reason without end"),
            pytest.param({"children": "Kim\u202e"}, "cannot be kept", id="a name that turns the writing round"),
            pytest.param({"first_on": "2026-12-05", "last_on": "2026-12-06"}, "no school session", id="a weekend"),
            pytest.param({"category": ""}, "This field is required", id="no kind"),
            pytest.param({"category": "whim"}, "not one of the available", id="no such kind"),
        ],
    )
    def test_a_refusal_says_why_and_keeps_what_was_typed(self, client, link, changes, message):
        response = client.post(url(link), form(**changes))
        assert response.status_code == 422
        assert message in page(response).get_text()
        assert page(response).select_one("[name=first_on]")["value"] == changes.get("first_on", "2026-12-07")
        link.refresh_from_db()
        assert link.used_at is None

    def test_a_file_comes_with_it(self, client, link, family):
        client.post(url(link), form() | {"file": SimpleUploadedFile("invitation.pdf", PDF)})
        found = Evidence.objects.get()
        assert (found.pupil, found.leave, found.added_role) == (family[0], LeaveRequest.objects.get(), "online")

    def test_a_file_of_another_kind_is_refused_and_nothing_is_kept(self, client, link):
        response = client.post(url(link), form() | {"file": SimpleUploadedFile("a.pdf", b"<html>")})
        assert response.status_code == 422
        assert "whatever its name says" in page(response).get_text()
        assert not SentRequest.objects.exists()
        assert not Evidence.objects.exists()
        link.refresh_from_db()
        assert link.used_at is None

    def test_too_much_is_refused_before_it_is_read(self, client, link):
        response = client.post(url(link), form(), CONTENT_LENGTH=str(11 * 1024 * 1024))
        assert response.status_code == 413
        assert not SentRequest.objects.exists()

    def test_a_machine_that_fills_in_everything_is_thanked_and_nothing_is_kept(self, client, link):
        response = client.post(url(link), form(website="https://spam.example"))
        assert "Thank you" in page(response).get_text()
        assert not SentRequest.objects.exists()
        link.refresh_from_db()
        assert link.used_at is None

    def test_a_forged_form_is_refused(self, link):
        assert Client(enforce_csrf_checks=True).post(url(link), form()).status_code == 403
        assert not SentRequest.objects.exists()

    def test_a_link_opened_too_often_waits(self, client, link):
        answers = [client.get(url(link)).status_code for _ in range(31)]
        assert answers == [200] * 30 + [429]

    def test_one_address_that_tries_many_links_waits(self, client, link):
        answers = [client.get(reverse("ask_leave", args=[f"1-{number}.guess"])).status_code for number in range(61)]
        assert answers == [404] * 60 + [429]

    def test_too_many_tries_to_send_wait(self, client, link):
        answers = [client.post(url(link), form(reason="")).status_code for _ in range(11)]
        assert answers == [422] * 10 + [429]

    def test_other_methods_are_not_answered(self, client, link):
        assert client.delete(url(link)).status_code == 405


class TestTheOffice:
    @pytest.fixture(autouse=True)
    def _signed_in(self, client, office):
        client.force_login(office.user)

    @pytest.fixture
    def sent(self, link, online):
        upload = leave_links.Upload("card.pdf", PDF)
        return send(link, online, typed("our two"), upload=upload)

    def test_makes_a_link_from_the_pupils_page_and_copies_it(self, client, school, family, online):
        address = reverse("leave_link_new", args=[school.slug, family[0].pk])
        labels = [label.get_text(strip=True) for label in page(client.get(address)).select(".form-check label")]
        assert labels == ["Ms Pat Ash", "Kim Ash", "Ben Ash"]
        sent = {"applicant": family[0].contacts.get().pk, "children": [one.pk for one in family]}
        response = client.post(address, sent, follow=True)
        shown = page(response).select_one("textarea").get_text(strip=True)
        assert shown == f"http://testserver{url(LeaveLink.objects.get())}"
        assert Client().get(shown).status_code == 200

    def test_without_a_child_no_link_is_made(self, client, school, family):
        address = reverse("leave_link_new", args=[school.slug, family[0].pk])
        response = client.post(address, {"applicant": family[0].contacts.get().pk})
        assert response.status_code == 422
        assert "Choose the child" in page(response).get_text()

    def test_another_familys_child_is_no_choice(self, client, school, family):
        stranger = builders.pupil(school)
        address = reverse("leave_link_new", args=[school.slug, family[0].pk])
        sent = {"applicant": family[0].contacts.get().pk, "children": [stranger.pk]}
        assert client.post(address, sent).status_code == 422
        assert not LeaveLink.objects.exists()

    def test_takes_a_link_back(self, client, school, link):
        response = client.post(reverse("leave_link_revoke", args=[school.slug, link.pk]), follow=True)
        assert "Taken back" in page(response).get_text()
        assert not page(response).select("textarea")
        assert Client().get(url(link)).status_code == 410

    def test_sees_what_waits_and_settles_it(self, client, school, sent, family):
        shown = page(client.get(reverse("leave_links", args=[school.slug])))
        assert leave_links.NOT_CLEAR in shown.get_text()
        address = shown.select_one("[aria-label='To settle'] td a")["href"]
        assert "our two" in page(client.get(address)).get_text()
        response = client.post(address, {"children": [one.pk for one in family]}, follow=True)
        assert "online" in page(response).get_text()
        rows = LeaveRequest.objects.all()
        assert {row.pupil for row in rows} == set(family)
        assert {(row.source, row.received_on) for row in rows} == {("online", TODAY)}
        assert Evidence.objects.get().leave in rows
        assert not leave_links.queries.to_settle(school)

    def test_a_child_the_link_is_not_for_is_no_choice(self, client, school, sent):
        stranger = builders.pupil(school)
        response = client.post(reverse("sent_request", args=[school.slug, sent.pk]), {"children": [stranger.pk]})
        assert response.status_code == 422
        with pytest.raises(LeaveRefusedError, match="for no others"):
            leave_links.settle(
                sent.pk,
                school,
                calendars.of(school),
                [stranger],
                today=TODAY,
                by=builders.member(school),
                at=AT,
            )
        assert not LeaveRequest.objects.exists()

    def test_puts_it_aside_with_words_once(self, client, school, sent):
        address = reverse("sent_drop", args=[school.slug, sent.pk])
        assert client.post(address, {}).status_code == 422
        assert client.post(address, {"words": "Rang: sent by mistake."}).status_code == 302
        sent.refresh_from_db()
        assert sent.dropped_words == "Rang: sent by mistake."
        response = client.post(address, {"words": "Again."})
        assert response.status_code == 422
        assert "settled already" in page(response).get_text()

    def test_the_request_says_that_it_came_online(self, client, school, link, online):
        send(link, online)
        shown = page(client.get(reverse("leave_request", args=[school.slug, LeaveRequest.objects.get().pk])))
        assert "sent online by the parent" in shown.get_text()

    def test_chooses_what_the_school_asks(self, client, school):
        client.force_login(builders.member(school, Role.HEAD).user)
        address = reverse("leave_rules", args=[school.slug])
        sent = {"religious_notice_days": "7", "holiday_notice_days": "", "link_days": "10"}
        assert client.post(address, sent).status_code == 302
        assert client.post(address, sent | {"link_days": "61"}).status_code == 422
        event = Event.objects.get(kind="rules of leave chosen")
        assert event.facts["after"] == {"religious_notice_days": 7, "holiday_notice_days": None, "link_days": 10}


def test_a_short_notice_is_shown_and_refuses_nothing(client, school, family, office):
    head = builders.member(school, Role.HEAD)
    leave_rules.choose(school, religious_notice_days=7, holiday_notice_days=None, link_days=14, by=head, at=AT)
    first = date(2026, 11, 25)
    row = request(family[0], office, category=Category.RELIGIOUS, first=am(first), last=pm(first))
    client.force_login(head.user)
    shown = page(client.get(reverse("leave_request", args=[school.slug, row.pk])))
    warned = shown.select_one(".notice--warn").get_text(" ", strip=True)
    assert warned.startswith("The request came 5 days before; the school asks for 7.")
    sent = {"decision": "all", "code": "R", "words": "The feast is set apart."}
    assert client.post(reverse("leave_decide", args=[school.slug, row.pk]), sent).status_code == 302


def test_a_file_does_not_undo_what_was_chosen_on_screen(school):
    head, operator = builders.member(school, Role.HEAD), builders.member(school, Role.OPERATOR)
    wanted = {"religious_notice_days": 7, "holiday_notice_days": 7, "link_days": 14}
    leave_rules.choose(school, **wanted, from_file=True, by=operator, at=AT)
    leave_rules.choose(school, **wanted | {"religious_notice_days": 3}, by=head, at=AT)
    leave_rules.choose(school, **wanted, from_file=True, by=operator, at=AT)
    assert LeaveRules.objects.get().religious_notice_days == 3


@pytest.mark.parametrize("role", [Role.OFFICE, Role.TEACHER, Role.DEPUTY])
def test_not_everybody_chooses_what_the_school_asks(school, role):
    with pytest.raises(RightRefusedError):
        leave_rules.choose(
            school,
            religious_notice_days=0,
            holiday_notice_days=0,
            link_days=1,
            by=builders.member(school, role),
            at=AT,
        )
