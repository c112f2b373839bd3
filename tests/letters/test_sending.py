"""A message on its way: sent once whatever happens, and each way of not being sent told apart."""

import logging
from datetime import timedelta

import pytest
import requests

from letters import senders, tasks
from letters.models import Message
from letters.rules.messages import MOST_TRIES, WAITS, Channel
from letters.services import messages as services
from letters.services import sending
from registers.models import Event, Job, Parent
from registers.rules.jobs import JobState
from tests import builders
from tests.builders import AT
from tests.letters.outgoing import kinds, mother, released, work

LONG = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def office(school):
    builders.nightly(school)
    return builders.member(school)


@pytest.fixture
def pupil(school):
    made = builders.pupil(school, "Baker", "Ann")
    Parent.objects.filter(pk=mother(made).pk).update(phone1="07700 900123")
    return made


class TestNotify:
    def test_takes_a_text_under_the_messages_own_reference(self, pupil, office, fake):
        row = work(released(pupil, office))
        assert (row.state, row.sender, row.sent_at, row.error) == ("sent", "notify", AT, "")
        [taken] = fake.taken
        assert taken["phone_number"] == "+447700900123"
        assert taken["personalisation"] == {"body": "Please ring us."}
        assert (taken["template_id"], taken["reference"]) == ("text", row.reference)
        assert row.provider_id == taken["id"]
        assert Job.objects.get().state == JobState.DONE
        assert kinds() == ["message prepared", "message released", "message sent"]
        assert Event.objects.latest("pk").role == "nightly"

    def test_takes_an_email(self, pupil, office, fake):
        work(released(pupil, office, channel=Channel.EMAIL, subject="Ann’s absence"))
        [taken] = fake.taken
        assert (taken["email_address"], taken["template_id"]) == (mother(pupil).email, "email")
        assert taken["personalisation"] == {"subject": "Ann’s absence", "body": "Please ring us."}

    def test_done_twice_it_is_sent_once(self, pupil, office, fake):
        row = work(released(pupil, office))
        by = tasks.people.nightly(pupil.school)
        assert sending.begin(pupil.school, row.pk, by=by, at=AT) is None
        tasks.send_message(pupil.school, {"message": row.pk}, AT)
        assert len(fake.taken) == 1

    @pytest.mark.parametrize(
        ("answer", "state", "says"),
        [
            pytest.param(
                (400, {"errors": [{"message": "phone_number Not enough digits 07700900"}]}),
                "failed",
                "refused it: phone_number Not enough digits …",
                id="bad request",
            ),
            pytest.param(
                (403, {"errors": [{"message": "Invalid token"}]}), "failed", "check NOTIFY_API_KEY", id="revoked key"
            ),
            pytest.param((413, b"too large"), "failed", "refused it", id="too large"),
            pytest.param(
                (429, {"errors": [{"message": "Exceeded limits"}]}),
                "released",
                "no more messages just now",
                id="too many",
            ),
            pytest.param((500, b"<html>"), "sending", "fault of its own (500)", id="fault"),
            pytest.param((503, b""), "sending", "fault of its own (503)", id="away"),
            pytest.param((201, b"<html>"), "sending", "could not be read", id="no JSON"),
            pytest.param((201, {"reference": "x"}), "sending", "could not be read", id="no id"),
            pytest.param((201, ["x"]), "sending", "could not be read", id="a list"),
        ],
    )
    def test_each_way_of_not_answering(self, pupil, office, fake, answer, state, says):
        fake.before = lambda method, path: answer if method == "POST" else None
        row = work(released(pupil, office))
        assert row.state == state
        assert says in row.error
        assert (Job.objects.get().state == JobState.DONE) is (state == "failed")

    def test_a_timeout_after_it_was_taken_never_sends_twice(self, pupil, office, fake, time_machine):
        def lost(method, path):
            if method == "POST":
                raise requests.ReadTimeout("slow")

        fake.after = lost
        row = work(released(pupil, office))
        assert (row.state, row.error) == ("sending", "GOV.UK Notify did not answer.")
        assert work(row, AT + WAITS[0]).state == "sending", "it is too early to ask again"
        fake.after = lambda method, path: None
        row = work(row, AT + LONG, time_machine)
        assert (row.state, row.provider_id) == ("sent", fake.taken[0]["id"])
        assert [ask.split()[0] for ask in fake.asked] == ["POST", "GET"]
        assert len(fake.taken) == 1

    def test_a_timeout_before_it_was_taken_sends_it_again_once_that_is_known(self, pupil, office, fake):
        def away(method, path):
            raise requests.ConnectionError("away")

        fake.before = away
        row = released(pupil, office)
        assert work(row).state == "sending"
        assert work(row, AT + LONG).state == "sending", "what cannot be looked up is not sent"
        assert "POST" not in fake.asked[1]
        fake.before = lambda method, path: None
        assert work(row, AT + 2 * LONG).state == "sent"
        assert len(fake.taken) == 1

    def test_what_can_never_be_looked_up_is_for_a_person(self, pupil, office, fake):
        fake.before = lambda method, path: (500, b"")
        row = released(pupil, office)
        for hour in range(MOST_TRIES):
            work(row, AT + hour * LONG)
        assert row.state == "unknown"
        assert "whether the message went is not known" in row.error
        assert Job.objects.get().state == JobState.DONE

    def test_what_is_surely_not_taken_is_tried_a_few_times_and_then_failed(self, pupil, office, fake):
        fake.before = lambda method, path: (429, {"errors": []}) if method == "POST" else None
        row = released(pupil, office)
        for hour in range(MOST_TRIES + 2):
            work(row, AT + hour * LONG)
        assert (row.state, row.tries) == ("failed", MOST_TRIES)
        assert len([ask for ask in fake.asked if ask.startswith("POST")]) == MOST_TRIES

    def test_tried_again_by_hand_after_a_failure_it_has_a_new_reference(self, pupil, office, fake):
        fake.before = lambda method, path: (400, {"errors": []})
        row = work(released(pupil, office))
        fake.before = lambda method, path: None
        services.retry(row, by=office, at=AT)
        assert work(row).state == "sent"
        assert fake.taken[0]["reference"].endswith(":2")

    def test_sent_again_by_hand_while_nobody_knew_it_is_looked_up_first(self, pupil, office, fake):
        def lost(method, path):
            raise requests.ReadTimeout("slow")

        fake.after = lost
        row = released(pupil, office)
        for hour in range(MOST_TRIES):
            work(row, AT + hour * LONG)
        assert (row.state, len(fake.taken)) == ("unknown", 1)
        fake.after = lambda method, path: None
        services.retry(row, by=office, at=AT + LONG)
        assert work(row, AT + 9 * LONG).state == "sent"
        assert len(fake.taken) == 1

    def test_a_file_goes_as_a_link(self, pupil, office, fake):
        parcel = senders.Parcel(
            "r", Channel.EMAIL, "a@b.example", "S", "B", "School", "", senders.Enclosure("l.pdf", b"%PDF")
        )
        senders.deliver(parcel, "notify", look_first=False)
        assert fake.taken[0]["template_id"] == "file"
        assert fake.taken[0]["personalisation"]["link_to_file"]["filename"] == "l.pdf"

    def test_a_file_too_large_for_it_is_refused(self, fake):
        large = senders.Enclosure("l.pdf", b"x" * (2 * 1024 * 1024 + 1))
        parcel = senders.Parcel("r", Channel.EMAIL, "a@b.example", "S", "B", "School", "", large)
        assert "larger than the 2 MB" in senders.deliver(parcel, "notify", look_first=False).words
        assert fake.taken == []

    def test_its_key_and_its_words_are_in_no_log(self, pupil, office, fake, caplog):
        fake.before = lambda method, path: (400, {"errors": [{"message": "07700 900123 is not a number"}]})
        with caplog.at_level(logging.ERROR):
            work(released(pupil, office))
        assert "900123" not in caplog.text


class TestWithoutAnAccount:
    def test_it_is_kept_here_and_says_so(self, pupil, office):
        row = work(released(pupil, office))
        assert (row.state, row.state_name, row.sender) == ("kept", "Kept here, not sent", "outbox")
        assert senders.without_account() == [Channel.TEXT, Channel.EMAIL]

    def test_once_there_is_one_somebody_may_send_it_after_all(self, pupil, office, request):
        row = work(released(pupil, office))
        fake = request.getfixturevalue("fake")
        assert senders.without_account() == []
        services.retry(row, by=office, at=AT)
        assert work(row).state == "sent"
        assert len(fake.taken) == 1

    def test_a_demonstration_sends_nothing_to_anybody(self, pupil, office, fake, settings):
        settings.LAST_SCHOOL_DAY_AS_TODAY = True
        settings.EMAIL_URL = "smtp://mail.example"
        assert work(released(pupil, office)).state == "kept"
        assert fake.asked == []


class TestInTime:
    def test_after_its_day_it_is_not_sent(self, pupil, office, fake):
        row = released(pupil, office, not_after=AT + LONG)
        row = work(row, AT + LONG + timedelta(seconds=1))
        assert (row.state, row.error) == ("failed", senders.TOO_LATE)
        assert fake.asked == []

    def test_on_the_stroke_it_is(self, pupil, office, fake):
        assert work(released(pupil, office, not_after=AT + LONG), AT + LONG).state == "sent"

    def test_one_that_may_have_gone_is_looked_up_and_not_sent_late(self, pupil, office, fake):
        def away(method, path):
            raise requests.ConnectionError("away")

        fake.before = away
        row = work(released(pupil, office, not_after=AT + LONG))
        fake.before = lambda method, path: None
        row = work(row, AT + 2 * LONG)
        assert (row.state, row.error, fake.taken) == ("failed", senders.TOO_LATE, [])


def test_withdrawn_while_it_waited_it_is_not_sent(pupil, office, fake):
    row = released(pupil, office)
    services.withdraw(row, by=office, at=AT)
    assert work(row).state == "withdrawn"
    assert fake.asked == []


def test_a_job_that_names_another_schools_message_finds_none(pupil, office, other_school, fake):
    row = released(pupil, office)
    assert sending.begin(other_school, row.pk, by=office, at=AT) is None


def test_every_minute_the_workers_are_told_of_what_waits(pupil, office, monkeypatch):
    told = []
    monkeypatch.setattr(tasks, "nudge", lambda job_id: told.append(job_id) or True)
    assert tasks.nudge_messages() == 0
    row = released(pupil, office)
    assert tasks.nudge_messages() == 1
    assert told == [Message.objects.get(pk=row.pk).job_id]
