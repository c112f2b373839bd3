"""What became of a message that was sent, and of one whose worker was lost: read back, looked up, never sent twice."""

from datetime import timedelta

import pytest

from letters import senders, tasks
from letters.models import Message
from letters.rules.messages import MOST_TRIES, Channel
from letters.services import messages as services
from letters.services import sending
from registers.models import Job, Parent
from registers.rules.jobs import LEASE, JobState
from registers.services import jobs
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


class TestReadingBack:
    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("delivered", "delivered"),
            ("permanent-failure", "failed"),
            ("temporary-failure", "failed"),
            ("technical-failure", "failed"),
            ("created", "sent"),
            ("sending", "sent"),
            ("something-new", "sent"),
        ],
    )
    def test_what_became_of_it(self, pupil, office, fake, status, state):
        row = work(released(pupil, office))
        fake.taken[0]["status"] = status
        assert tasks.read_back_all() == (state != "sent")
        row.refresh_from_db()
        assert row.state == state
        assert bool(row.error) is (state == "failed")

    def test_the_same_news_twice_is_told_once(self, pupil, office, fake):
        row = work(released(pupil, office))
        fake.taken[0]["status"] = "delivered"
        assert [tasks.read_back_all(), tasks.read_back_all()] == [1, 0]
        news = senders.SENDERS["notify"].status(row.provider_id)
        assert sending.hear(row, news, by=tasks.people.nightly(pupil.school), at=AT) is False
        assert kinds().count("message delivered") == 1

    def test_a_key_that_was_revoked_is_tried_once_a_round(self, school, office, fake):
        for number in range(3):
            child = builders.pupil(school, f"Pupil{number}")
            work(released(child, office, channel=Channel.EMAIL, subject="Absence"))
        fake.asked.clear()
        fake.before = lambda method, path: (403, {"errors": []})
        assert tasks.read_back_all() == 0
        assert len(fake.asked) == 1

    def test_one_the_provider_forgot_does_not_hide_the_others(self, school, office, fake):
        rows = []
        for number in range(2):
            child = builders.pupil(school, f"Pupil{number}")
            rows.append(work(released(child, office, channel=Channel.EMAIL, subject="Absence")))
        fake.taken[0]["status"] = "delivered"
        fake.taken.pop(1)
        assert tasks.read_back_all() == 1

    def test_after_three_days_there_is_no_more_news(self, pupil, office, fake, time_machine):
        work(released(pupil, office))
        fake.asked.clear()
        time_machine.move_to(AT + timedelta(days=3, seconds=1), tick=False)
        assert tasks.read_back_all() == 0
        assert fake.asked == []

    def test_what_nobody_knew_of_is_found_after_all(self, pupil, office, fake):
        row = work(released(pupil, office))
        Message.objects.filter(pk=row.pk).update(state="unknown", provider_id="", sent_at=None)
        assert tasks.read_back_all() == 1
        row.refresh_from_db()
        assert (row.state, row.provider_id) == ("sent", fake.taken[0]["id"])

    def test_what_no_job_will_send_any_more_is_handed_to_a_person(self, pupil, office, fake):
        row = released(pupil, office)
        Job.objects.update(state=JobState.FAILED)
        assert tasks.read_back_all() == 1
        row.refresh_from_db()
        assert (row.state, row.error) == ("failed", sending.BROKE_OFF)


class TestTakenOver:
    """A worker that was lost between noting that it sends and noting that it has sent."""

    def lost(self, row, office):
        job = jobs.claim(Message.objects.get(pk=row.pk).job_id, AT)
        assert job is not None
        return sending.begin(row.school, row.pk, by=tasks.people.nightly(row.school), at=AT)

    def test_nobody_else_has_it_while_the_lease_lasts(self, pupil, office, fake):
        row = released(pupil, office)
        self.lost(row, office)
        assert work(row, AT + LEASE).state == "sending"
        assert fake.asked == []

    def test_notify_is_asked_and_had_it(self, pupil, office, fake):
        row = released(pupil, office)
        begun = self.lost(row, office)
        senders.deliver(begun.parcel, begun.sender, look_first=False)
        assert work(row, AT + LONG).state == "sent"
        assert len(fake.taken) == 1

    def test_notify_is_asked_and_had_it_not(self, pupil, office, fake):
        row = released(pupil, office)
        self.lost(row, office)
        assert work(row, AT + LONG).state == "sent"
        assert [ask.split()[0] for ask in fake.asked] == ["GET", "POST"]

    def test_whoever_was_thought_lost_has_no_last_word(self, pupil, office, fake):
        row = released(pupil, office)
        begun = self.lost(row, office)
        row = work(row, AT + LONG)
        by = tasks.people.nightly(pupil.school)
        assert sending.settle(begun, senders.Outcome(senders.Result.NEVER), by=by, at=AT) is None
        row.refresh_from_db()
        assert row.state == "sent"

    def test_a_mail_server_cannot_be_asked_so_a_person_decides(self, pupil, office, settings, mailoutbox):
        settings.EMAIL_URL = "smtp://mail.example"
        row = released(pupil, office, channel=Channel.EMAIL, subject="Absence")
        self.lost(row, office)
        row = work(row, AT + LONG)
        assert (row.state, len(mailoutbox)) == ("unknown", 0)
        services.retry(row, by=office, at=AT)
        assert work(row, AT + LONG).state == "sent"
        assert len(mailoutbox) == 1

    def test_lost_again_and_again_it_is_for_a_person(self, pupil, office, fake):
        row = released(pupil, office)
        Message.objects.filter(pk=row.pk).update(state="sending", tries=MOST_TRIES, asked_under=1, sender="notify")
        assert work(row, AT + LONG).state == "unknown"
        assert fake.asked == []
