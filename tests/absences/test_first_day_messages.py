"""Writing to the families of the first-day list: who is written to, what goes, what it leaves on record."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from absences.models import ContactAttempt
from absences.queries import first_day
from absences.queries import first_day_messages as queries
from absences.rules.contacts import Channel, Outcome
from absences.rules.first_day import Standing
from absences.services import contacts
from absences.services import first_day_messages as services
from absences.services.contacts import Try
from absences.services.first_day_messages import Chosen
from letters.models import Message
from letters.rules.messages import MessageRefusedError
from letters.services import messages
from registers.models import Contact, Event, Job, Parent
from registers.queries import calendars
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session
from tests import builders
from tests.builders import AT, TODAY

TEXT = (
    "Ashdown School: no reason has reached us yet for the absence of Ann and Bea today, Friday 20 November. "
    "Please ring 01632 960200 as soon as you can."
)


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def office(school, client):
    membership = builders.member(school, name="Olive Office")
    client.force_login(membership.user)
    return membership


@pytest.fixture
def ann(school):
    return away(school, "Baker", "Ann", phone1="01632 960100", phone2="07700 900123")


@pytest.fixture
def bea(school, ann):
    made = builders.pupil(school, "Baker", "Bea")
    made.contacts.all().delete()
    Contact.objects.create(school=school, pupil=made, parent=mother(ann), priority=1, parental_responsibility=True)
    builders.mark(made, TODAY, Session.AM, "N")
    return made


def away(school, surname, forename="Sam", **parent):
    """A pupil away without a reason this morning, whose mother is reached so."""
    made = builders.pupil(school, surname, forename)
    Parent.objects.filter(pk=mother(made).pk).update(**parent)
    builders.mark(made, TODAY, Session.AM, "N")
    return made


def mother(pupil):
    return pupil.contacts.order_by("priority")[0].parent


def prepare(school, by, local=AT):
    return services.prepare(school, calendars.of(school), local=local, by=by, at=AT)


def release(school, by, *rows, local=AT, **words):
    chosen = [Chosen(row.pk, words.get("subject", row.subject), words.get("body", row.body)) for row in rows]
    return services.release(school, calendars.of(school), chosen, local=local, by=by, at=AT)


def family_of(school, pupil, local=AT):
    found = first_day.of(school, calendars.of(school), local)
    return next(one for one in found.families if pupil.pk in {child.pupil.pk for child in one.children})


class TestPreparing:
    def test_writes_once_to_a_family_from_the_schools_words(self, school, ann, bea, office):
        [row] = prepare(school, office)
        assert (row.state, row.channel, row.parent, row.to_address) == (
            "prepared",
            "text",
            mother(ann),
            "+447700900123",
        )
        assert row.body == TEXT
        assert set(row.about.all()) == {ann, bea}
        assert f"{row.not_after:%Y-%m-%d %H:%M}" == "2026-11-20 23:59"
        assert not ContactAttempt.objects.exists()

    def test_however_often_it_is_pressed(self, school, ann, office):
        [row] = prepare(school, office)
        assert prepare(school, office) == []
        release(school, office, row)
        assert prepare(school, office, local=AT + timedelta(minutes=40)) == []
        assert Message.objects.count() == 1

    def test_a_brother_who_is_found_away_later_has_a_message_of_his_own(self, school, ann, office, request):
        [first] = prepare(school, office)
        bea = request.getfixturevalue("bea")
        [second] = prepare(school, office)
        assert list(second.about.all()) == [bea]
        assert second.key != first.key

    def test_by_email_where_there_is_no_mobile_number(self, school, office):
        away(school, "Fox", phone1="01632 960100")
        [row] = prepare(school, office)
        assert (row.channel, row.subject) == ("email", "Absence of Sam, Friday 20 November")
        assert row.body.startswith("Dear Ms Fox\n\nOur register has Sam away today")

    def test_to_the_first_in_order_who_can_be_reached(self, school, office):
        pupil = away(school, "Fox", email="")
        father = builders.parent_of(pupil, priority=2).parent
        [row] = prepare(school, office)
        assert row.parent == father

    def test_never_to_anybody_under_a_court_order(self, school, ann, office):
        ann.contacts.update(court_order=True)
        assert prepare(school, office) == []
        found = queries.of(school, calendars.of(school), AT, AT)
        [unreached] = found.unreached
        assert [person.parent for person in unreached.orders] == [mother(ann)]
        assert [person.parent for person in found.left_out] == [mother(ann)]

    def test_a_child_that_is_not_the_first_contacts_is_written_about_to_its_own(self, school, ann, office):
        half = builders.pupil(school, "Clay", "Cal")
        own = half.contacts.get()
        Contact.objects.create(school=school, pupil=ann, parent=own.parent, priority=2, parental_responsibility=True)
        builders.mark(half, TODAY, Session.AM, "N")
        rows = prepare(school, office)
        assert {row.parent: set(row.about.all()) for row in rows} == {mother(ann): {ann}, own.parent: {half}}

    def test_only_to_those_still_to_ask(self, school, ann, office):
        there = builders.pupil(school, "Here")
        builders.mark(there, TODAY, Session.AM, "/")
        told = Try(Channel.PHONE, mother(ann).pk, Outcome.REASON_GIVEN, AT)
        contacts.record(school, ann, (), told, TODAY, local=AT, by=office, at=AT)
        assert prepare(school, office) == []

    def test_not_on_a_day_without_school(self, school, ann, office):
        with pytest.raises(MessageRefusedError, match="no school today"):
            prepare(school, office, local=AT + timedelta(days=1))

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR, Role.ADMINISTRATOR])
    def test_only_those_who_may(self, school, ann, role):
        with pytest.raises(RightRefusedError):
            prepare(school, builders.member(school, role))

    def test_takes_the_same_queries_however_many_families(self, school, office, django_assert_max_num_queries):
        for number in range(15):
            away(school, f"Family{number}")
        with django_assert_max_num_queries(40):
            assert len(prepare(school, office)) == 15


class TestReleasing:
    def test_is_a_try_for_each_child_with_the_next_half_an_hour_on(self, school, ann, bea, office):
        [row] = prepare(school, office)
        assert release(school, office, row).messages == (row,)
        tries = ContactAttempt.objects.order_by("pupil__legal_forename")
        assert [(one.pupil, one.parent, one.channel, one.outcome) for one in tries] == [
            (ann, mother(ann), "text", "sent"),
            (bea, mother(ann), "text", "sent"),
        ]
        assert {(one.tried_at, one.next_at, one.message) for one in tries} == {(AT, AT + timedelta(minutes=30), row)}
        assert Event.objects.filter(kind="contact attempt recorded", by=office.user).count() == 2
        assert Job.objects.get().payload == {"message": row.pk}
        assert family_of(school, ann).due.standing is Standing.WAITING

    def test_sent_twice_it_goes_once(self, school, ann, office):
        [row] = prepare(school, office)
        release(school, office, row)
        assert release(school, office, row).messages == ()
        assert ContactAttempt.objects.count() == Job.objects.count() == 1

    def test_with_the_words_as_they_stand_on_the_page(self, school, ann, office):
        [row] = prepare(school, office)
        [gone] = release(school, office, row, body="Ann’s mother: please ring.\r\n").messages
        gone.refresh_from_db()
        assert gone.body == "Ann’s mother: please ring."

    def test_words_that_cannot_go_stop_all_of_them_and_name_the_family(self, school, ann, office):
        away(school, "Fox")
        rows = prepare(school, office)
        with pytest.raises(MessageRefusedError, match=r"The message to Ms Pat Baker: .*Nothing was sent"):
            release(school, office, *rows, body="x" * 919)
        assert not Job.objects.exists()
        assert not ContactAttempt.objects.exists()

    @pytest.mark.parametrize("what", ["came in", "told by telephone"])
    def test_one_whose_child_needs_no_asking_any_more_is_left(self, school, ann, bea, office, what):
        [row] = prepare(school, office)
        if what == "came in":
            bea.marks.update(code="L")
        else:
            told = Try(Channel.PHONE, mother(ann).pk, Outcome.REASON_GIVEN, AT)
            contacts.record(school, bea, (), told, TODAY, local=AT, by=office, at=AT)
        [written] = queries.of(school, calendars.of(school), AT, AT).prepared
        assert written.why_not == "Bea needs no asking any more. Drop it, and ring about the others."
        released = release(school, office, row)
        assert (released.messages, released.left) == ((), 1)
        assert not Job.objects.exists()

    def test_another_schools_messages_are_none_of_it(self, school, ann, other_school, office):
        [row] = prepare(school, office)
        with pytest.raises(RightRefusedError):
            release(school, builders.member(other_school), row)
        assert release(other_school, builders.member(other_school), row).messages == ()

    def test_takes_the_same_queries_however_many(self, school, office, django_assert_max_num_queries):
        for number in range(15):
            away(school, f"Family{number}")
        rows = prepare(school, office)
        with django_assert_max_num_queries(45):
            assert len(release(school, office, *rows).messages) == 15


class TestOnTheList:
    """What became of a message stands where the office looks."""

    def sent(self, school, ann, office, state, **fields):
        [row] = prepare(school, office)
        release(school, office, row)
        Message.objects.filter(pk=row.pk).update(state=state, **fields)
        return family_of(school, ann)

    @pytest.mark.parametrize(
        ("state", "standing", "words"),
        [
            ("released", Standing.WAITING, "Text, Ms Pat Baker: waiting to go"),
            ("sent", Standing.WAITING, "Text, Ms Pat Baker: sent"),
            ("delivered", Standing.WAITING, "Text, Ms Pat Baker: delivered"),
            ("failed", Standing.NOT_TRIED, "Text, Ms Pat Baker: failed"),
            ("unknown", Standing.NOT_TRIED, "Text, Ms Pat Baker: not known whether it went"),
            ("kept", Standing.NOT_TRIED, "Text, Ms Pat Baker: kept here, not sent"),
            ("withdrawn", Standing.NOT_TRIED, "Text, Ms Pat Baker: withdrawn"),
        ],
    )
    def test_a_message_that_reached_nobody_asked_nobody(self, school, ann, office, state, standing, words):
        family = self.sent(school, ann, office, state)
        assert family.due.standing is standing
        assert [one.what for one in family.attempts] == [words]
        away_now, not_asked = first_day.count(school, calendars.of(school), TODAY)
        assert (away_now, not_asked) == (1, int(standing is Standing.NOT_TRIED))

    def test_a_failure_is_shown_with_why_and_can_be_sent_again(self, client, school, ann, office):
        self.sent(school, ann, office, "failed", error="The number does not exist.")
        found = page(client.get(reverse("first_day", args=[school.slug])))
        failed = found.select_one(".tries__failed")
        assert "The number does not exist." in failed.get_text()
        response = client.post(failed.form["action"])
        assert response["Location"] == reverse("first_day", args=[school.slug])
        assert Message.objects.get().state == "released"
        assert family_of(school, ann).due.standing is Standing.WAITING


def page(response):
    return BeautifulSoup(response.content, "html.parser")


def address(school):
    return reverse("first_day_messages", args=[school.slug])


class TestThePage:
    def fields(self, client, school):
        found = page(client.get(address(school)))
        form = {
            field["name"]: field.get("value", field.get_text().lstrip("\n"))
            for field in found.select("[form=release][name]")
        }
        form["send"] = [box["value"] for box in found.select("[name=send][checked]")]
        return found, form

    def test_from_the_list_to_released_messages(self, client, school, ann, bea, office):
        button = page(client.get(reverse("first_day", args=[school.slug]))).find(
            "button", string="Write to the families still to ask"
        )
        assert client.post(button.parent["action"])["Location"] == address(school)
        found, typed = self.fields(client, school)
        [row] = Message.objects.all()
        assert typed == {"send": [str(row.pk)], f"body-{row.pk}": TEXT}
        assert "07700 900123" in found.main.get_text()
        response = client.post(address(school), typed, follow=True)
        assert "1 message released." in page(response).main.get_text()
        assert Message.objects.get().state == "released"
        assert ContactAttempt.objects.count() == 2

    def test_edited_and_dropped(self, client, school, ann, office):
        away(school, "Fox")
        client.post(reverse("first_day_prepare", args=[school.slug]))
        found, typed = self.fields(client, school)
        first, second = Message.objects.order_by("pk")
        drop = found.select_one(f'form[action*="/{second.pk}/withdraw"]')
        assert client.post(drop["action"])["Location"] == address(school)
        typed |= {f"body-{first.pk}": "Please ring us about Ann."}
        client.post(address(school), typed)
        assert list(Message.objects.order_by("pk").values_list("state", "body")) == [
            ("released", "Please ring us about Ann."),
            ("withdrawn", second.body),
        ]
        back = page(client.get(address(school))).find("form", action=lambda action: action and "put-back" in action)
        client.post(back["action"])
        assert Message.objects.get(pk=second.pk).state == "prepared"

    def test_a_refusal_says_why_and_keeps_what_was_typed(self, client, school, ann, office):
        [row] = prepare(school, office)
        typed = {"send": [row.pk], f"body-{row.pk}": "é" * 919}
        response = client.post(address(school), typed)
        assert response.status_code == 422
        found = page(response)
        assert "this one has 919" in found.select_one("[role=alert]").get_text()
        assert found.select_one(f"#body-{row.pk}").get_text().strip() == "é" * 919
        assert not Job.objects.exists()

    def test_nothing_ticked_releases_nothing_and_says_so(self, client, school, ann, office):
        prepare(school, office)
        response = client.post(address(school), {"send": ["x", "9" * 30]})
        assert response.status_code == 422
        assert "Nothing is ticked" in page(response).main.get_text()

    def test_pressed_twice_it_says_that_nothing_went_twice(self, client, school, ann, office):
        [row] = prepare(school, office)
        typed = {"send": [row.pk], f"body-{row.pk}": row.body}
        client.post(address(school), typed)
        assert "Nothing was sent twice" in page(client.post(address(school), typed, follow=True)).main.get_text()
        assert Job.objects.count() == 1

    def test_without_an_account_it_says_that_nothing_leaves(self, client, school, ann, office):
        assert "Nothing leaves this site by text or e-mail" in page(client.get(address(school))).main.get_text()

    def test_markup_in_a_name_is_text(self, client, school, office):
        away(school, "Baker", "<b>Ann</b>")
        prepare(school, office)
        response = client.get(address(school))
        assert b"<b>Ann</b>" not in response.content
        assert "Absence of <b>Ann</b>" in page(response).select_one("[id^=subject]")["value"]

    def test_a_weekend_has_nothing_to_write_from(self, client, school, ann, office, time_machine):
        time_machine.move_to(AT + timedelta(days=1), tick=False)
        client.force_login(office.user)
        response = client.post(reverse("first_day_prepare", args=[school.slug]))
        assert response.status_code == 422
        assert "no school today" in page(response).main.get_text()


def test_yesterdays_messages_are_not_todays(school, ann, office):
    [row] = prepare(school, office)
    tomorrow = AT + timedelta(days=3)
    builders.mark(ann, date(2026, 11, 23), Session.AM, "N")
    assert queries.of(school, calendars.of(school), tomorrow, tomorrow).written == ()
    assert messages.withdraw(row, by=office, at=tomorrow).state == "withdrawn"
