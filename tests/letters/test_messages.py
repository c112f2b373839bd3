"""Preparing, changing, releasing, withdrawing a message: the rows, the record, the refusals."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from letters.models import Message
from letters.rules.messages import Channel, MessageRefusedError, MessageState
from letters.services import messages as services
from letters.services.messages import Draft
from registers.models import Event, Job, Parent
from registers.rules.rights import RightRefusedError, Role
from tests import builders
from tests.builders import AT

LATER = AT + timedelta(minutes=5)


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def pupil(school):
    made = builders.pupil(school, "Baker", "Ann")
    Parent.objects.filter(pk=mother(made).pk).update(phone1="01632 960100", phone2="07700 900123")
    return made


def mother(pupil):
    return pupil.contacts.get().parent


def draft(pupil, **changes):
    parent = mother(pupil)
    plain = Draft("tested", f"tested:{parent.pk}", Channel.TEXT, parent, (pupil,), "Please ring us about Ann.")
    return replace(plain, **changes)


def prepare(pupil, by, **changes):
    [row] = services.prepare(pupil.school, [draft(pupil, **changes)], by=by, at=AT)
    return row


def release(row, by, at=LATER):
    return services.release(row.school, [row.pk], by=by, at=at)


def put(row, state, **fields):
    """A message as the background work would have left it."""
    Message.objects.filter(pk=row.pk).update(state=state, **fields)
    row.refresh_from_db()
    return row


class TestPreparing:
    def test_keeps_whom_where_about_whom_and_what_and_sends_nothing(self, pupil, office):
        row = prepare(pupil, office)
        row.refresh_from_db()
        assert (row.state, row.channel, row.parent, row.to_address) == (
            "prepared",
            "text",
            mother(pupil),
            "+447700900123",
        )
        assert (row.body, row.subject, list(row.about.all())) == ("Please ring us about Ann.", "", [pupil])
        assert (row.prepared_at, row.prepared_by, row.released_at, row.job) == (AT, office.user, None, None)
        event = Event.objects.get()
        assert (event.kind, event.pupil, event.subject) == ("message prepared", pupil, f"message:{row.pk}")
        assert event.facts == {"purpose": "tested", "channel": "text", "parent": mother(pupil).pk, "state": "prepared"}
        assert not Job.objects.exists()

    def test_the_same_key_is_the_same_message(self, pupil, office):
        first = prepare(pupil, office)
        assert prepare(pupil, office, body="Other words") == first
        assert Message.objects.get().body == "Please ring us about Ann."
        assert Event.objects.count() == 1

    def test_an_email_goes_to_the_address_with_a_subject(self, pupil, office):
        row = prepare(pupil, office, channel=Channel.EMAIL, subject=" Ann’s absence ", body="One\r\n\r\nTwo  ")
        assert (row.to_address, row.subject, row.body) == (mother(pupil).email, "Ann’s absence", "One\n\nTwo")

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            pytest.param({"body": "  "}, "says nothing", id="empty"),
            pytest.param({"body": "x" * 919}, "at most 918 characters", id="text too long"),
            pytest.param({"channel": Channel.EMAIL}, "needs a subject", id="no subject"),
            pytest.param({"channel": Channel.EMAIL, "subject": "a\nBcc: b"}, "one line", id="header in the subject"),
            pytest.param({"channel": Channel.EMAIL, "subject": "x" * 151}, "at most 150", id="subject too long"),
            pytest.param({"pupils": ()}, "not a contact", id="about nobody"),
        ],
    )
    def test_refuses_words_that_cannot_go(self, pupil, office, changes, why):
        with pytest.raises(MessageRefusedError, match=why):
            prepare(pupil, office, **changes)
        assert not Message.objects.exists()
        assert not Event.objects.exists()

    def test_refuses_somebody_elses_parent(self, school, pupil, office):
        stranger = builders.pupil(school, "Stranger")
        with pytest.raises(MessageRefusedError, match="not a contact of every child"):
            prepare(pupil, office, pupils=(pupil, stranger))

    def test_never_writes_to_anybody_under_a_court_order(self, pupil, office):
        pupil.contacts.update(court_order=True)
        with pytest.raises(MessageRefusedError, match="court order about Ms Pat Baker"):
            prepare(pupil, office)

    def test_refuses_who_cannot_be_reached_and_writes_none_of_the_others(self, school, pupil, office):
        unreached = builders.pupil(school, "Fox")
        with pytest.raises(MessageRefusedError, match="Ms Pat Fox has no mobile number"):
            services.prepare(school, [draft(pupil), draft(unreached)], by=office, at=AT)
        assert not Message.objects.exists()

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR, Role.ADMINISTRATOR, Role.NIGHTLY])
    def test_only_those_who_may(self, pupil, role):
        with pytest.raises(RightRefusedError):
            prepare(pupil, builders.member(pupil.school, role))

    def test_nobody_of_another_school(self, pupil, other_school):
        with pytest.raises(RightRefusedError, match="another school"):
            prepare(pupil, builders.member(other_school))

    def test_takes_a_few_queries_however_many(self, school, office, django_assert_max_num_queries):
        pupils = [builders.pupil(school, f"Pupil{number}") for number in range(12)]
        drafts = [draft(pupil, channel=Channel.EMAIL, subject="Absence") for pupil in pupils]
        with django_assert_max_num_queries(10):
            assert len(services.prepare(school, drafts, by=office, at=AT)) == 12


class TestReleasing:
    def test_asks_for_a_job_and_says_who_and_when(self, pupil, office):
        row = prepare(pupil, office)
        assert release(row, office) == [row]
        row.refresh_from_db()
        assert (row.state, row.released_at, row.released_by, row.releases) == ("released", LATER, office.user, 1)
        job = Job.objects.get()
        assert (job.kind, job.payload, job.state, row.job) == ("send-message", {"message": row.pk}, "waiting", job)
        assert Event.objects.latest("pk").kind == "message released"

    def test_sent_twice_it_is_released_once(self, pupil, office):
        row = prepare(pupil, office)
        release(row, office)
        assert release(row, office) == []
        assert Job.objects.count() == 1
        assert Event.objects.filter(kind="message released").count() == 1

    def test_refuses_what_has_been_overtaken_by_the_day(self, pupil, office):
        row = prepare(pupil, office, not_after=LATER)
        with pytest.raises(MessageRefusedError, match="The day this message speaks of is over"):
            release(row, office, at=LATER + timedelta(seconds=1))
        assert release(row, office, at=LATER) == [row]

    def test_refuses_a_number_that_is_on_record_no_longer(self, pupil, office):
        row = prepare(pupil, office)
        Parent.objects.filter(pk=mother(pupil).pk).update(phone2="07700 900999")
        with pytest.raises(MessageRefusedError, match="number of Ms Pat Baker has changed"):
            release(row, office)
        services.withdraw(row, by=office, at=LATER)
        assert services.put_back(row, by=office, at=LATER).to_address == "+447700900999"
        assert release(row, office)

    def test_a_school_releases_none_of_anothers(self, pupil, office, other_school):
        row = prepare(pupil, office)
        with pytest.raises(RightRefusedError):
            services.release(row.school, [row.pk], by=builders.member(other_school), at=LATER)
        assert services.release(other_school, [row.pk], by=builders.member(other_school), at=LATER) == []

    def test_takes_a_few_queries_however_many(self, school, office, django_assert_max_num_queries):
        pupils = [builders.pupil(school, f"Pupil{number}") for number in range(12)]
        drafts = [draft(pupil, channel=Channel.EMAIL, subject="Absence") for pupil in pupils]
        rows = services.prepare(school, drafts, by=office, at=AT)
        with django_assert_max_num_queries(9):
            assert len(services.release(school, [row.pk for row in rows], by=office, at=LATER)) == 12


class TestAfterwards:
    def test_words_change_until_it_is_released(self, pupil, office):
        row = prepare(pupil, office)
        assert services.edit(row, body="Shorter.", by=office, at=LATER).body == "Shorter."
        assert Event.objects.latest("pk").kind == "message changed"
        services.edit(row, body="Shorter.", by=office, at=LATER)
        assert Event.objects.filter(kind="message changed").count() == 1
        release(row, office)
        with pytest.raises(MessageRefusedError, match="so its words stand"):
            services.edit(row, body="Too late", by=office, at=LATER)

    def test_the_database_keeps_what_was_released(self, pupil, office):
        row = prepare(pupil, office)
        release(row, office)
        for change in ({"body": "Other"}, {"parent": mother(builders.pupil(row.school, "Other"))}, {"key": "other"}):
            with pytest.raises(DatabaseError), transaction.atomic():
                Message.objects.filter(pk=row.pk).update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            Message.objects.filter(pk=row.pk).delete()

    def test_dropped_by_a_slip_it_is_put_back(self, pupil, office):
        row = services.withdraw(prepare(pupil, office), by=office, at=AT)
        assert row.state == MessageState.WITHDRAWN
        assert services.put_back(row, by=office, at=AT).state == MessageState.PREPARED

    def test_what_waits_is_called_back_for_good(self, pupil, office):
        row = prepare(pupil, office)
        release(row, office)
        assert services.withdraw(row, by=office, at=LATER).state == MessageState.WITHDRAWN
        with pytest.raises(MessageRefusedError, match="had been released"):
            services.put_back(row, by=office, at=LATER)

    @pytest.mark.parametrize("state", ["sending", "sent", "delivered"])
    def test_what_is_on_its_way_is_not_called_back_or_sent_again(self, pupil, office, state):
        row = prepare(pupil, office)
        release(row, office)
        put(row, state)
        with pytest.raises(MessageRefusedError, match="cannot be withdrawn"):
            services.withdraw(row, by=office, at=LATER)
        with pytest.raises(MessageRefusedError, match="not sent again"):
            services.retry(row, by=office, at=LATER)

    def test_what_failed_goes_again_under_a_new_reference_to_the_number_of_now(self, pupil, office):
        row = prepare(pupil, office)
        release(row, office)
        before = put(row, "failed", error="No such number", tries=4).reference
        Parent.objects.filter(pk=mother(pupil).pk).update(phone2="07700 900999")
        services.retry(row, by=office, at=LATER)
        row.refresh_from_db()
        assert (row.state, row.releases, row.tries, row.error) == ("released", 2, 0, "")
        assert row.to_address == "+447700900999"
        assert row.reference != before
        assert Job.objects.count() == 2

    def test_what_may_have_gone_goes_again_under_the_same_reference(self, pupil, office):
        row = prepare(pupil, office)
        release(row, office)
        before = put(row, "unknown").reference
        services.retry(row, by=office, at=LATER)
        row.refresh_from_db()
        assert (row.state, row.reference) == ("released", before)

    def test_somebody_says_it_arrived(self, pupil, office):
        row = prepare(pupil, office)
        release(row, office)
        with pytest.raises(MessageRefusedError, match="nothing to settle"):
            services.say_it_arrived(row, by=office, at=LATER)
        put(row, "unknown")
        assert services.say_it_arrived(row, by=office, at=LATER).state == MessageState.DELIVERED
        assert Event.objects.latest("pk").kind == "message said to have arrived"
