"""The outbox page: what is shown first, what is filtered, what each button does, and what the home page counts."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from letters.models import Message
from letters.queries import messages as queries
from letters.rules.messages import Channel, MessageState
from letters.services import messages as services
from letters.services.messages import Draft
from registers.models import Job
from registers.rules.rights import Role
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


def message(school, by, state="prepared", at=AT, surname="Example", **fields):
    """An e-mail about a pupil of its own, in a state."""
    pupil = builders.pupil(school, surname)
    parent = pupil.contacts.get().parent
    draft = Draft("tested", f"tested:{parent.pk}", Channel.EMAIL, parent, (pupil,), "Please ring us.", "Absence")
    [row] = services.prepare(school, [draft], by=by, at=at)
    if state not in ("prepared", "withdrawn"):
        services.release(school, [row.pk], by=by, at=at)
    Message.objects.filter(pk=row.pk).update(state=state, **fields)
    row.refresh_from_db()
    return row


def page(response):
    return BeautifulSoup(response.content, "html.parser")


def address(school, query=""):
    return reverse("messages", args=[school.slug]) + query


def shown(client, school, query=""):
    """Whom the lines shown are to, in order."""
    rows = page(client.get(address(school, query))).select("tbody th[scope=row]")
    return [next(row.strings).strip() for row in rows]


class TestWhatIsShown:
    def test_what_failed_comes_first_then_the_newest(self, client, school, office):
        message(school, office, "sent", surname="Sent")
        message(school, office, "failed", surname="Failed")
        message(school, office, "unknown", surname="Unknown")
        message(school, office, "delivered", surname="Delivered", at=AT + timedelta(minutes=1))
        assert [name.split()[-1] for name in shown(client, school)] == ["Failed", "Unknown", "Delivered", "Sent"]

    def test_by_state_and_by_day(self, client, school, office):
        message(school, office, "failed", surname="Failed")
        message(school, office, "sent", surname="Today")
        message(school, office, "sent", surname="Before", at=AT - timedelta(days=1))
        assert len(shown(client, school, "?state=look-at")) == 1
        assert len(shown(client, school, "?state=sent")) == 2
        assert len(shown(client, school, f"?state=sent&day={TODAY}")) == 1
        assert len(shown(client, school, "?day=nonsense&state=nonsense")) == 3
        assert "No message fits" in page(client.get(address(school, "?state=kept"))).main.get_text()

    def test_the_whole_of_it_and_why_it_failed(self, client, school, office):
        message(school, office, "failed", error="The number does not exist.")
        text = page(client.get(address(school))).select_one("tbody").get_text()
        for words in ("Absence", "Please ring us.", "The number does not exist.", "Olive Office", "Sam Example"):
            assert words in text

    def test_an_empty_one_says_where_to_begin(self, client, school, office):
        found = page(client.get(address(school))).main
        assert found.find("a", string="first-day list")["href"] == reverse("first_day", args=[school.slug])

    def test_another_schools_are_not_there(self, client, school, other_school, office):
        with schools_in_scope([school.pk, other_school.pk]):
            message(other_school, builders.member(other_school), "failed")
        assert shown(client, school) == []
        with schools_in_scope([school.pk, other_school.pk]):
            assert queries.to_look_at(school, AT) == (0, 0)

    def test_takes_the_same_queries_however_many(self, school, office, django_assert_num_queries):
        for _ in range(8):
            message(school, office)
        with django_assert_num_queries(2):
            assert len(queries.outbox(school, AT)) == 8


class TestWhatCanBeDone:
    @pytest.mark.parametrize(
        ("state", "buttons"),
        [
            ("prepared", ["Drop"]),
            ("released", ["Call back"]),
            ("sending", []),
            ("sent", []),
            ("delivered", []),
            ("failed", ["Retry", "Leave it"]),
            ("unknown", ["Send again", "It arrived", "Leave it"]),
            ("kept", ["Send it now"]),
            ("withdrawn", ["Put back"]),
        ],
    )
    def test_each_state_offers_what_it_allows(self, client, school, office, state, buttons):
        message(school, office, state)
        found = page(client.get(address(school))).select(".outbox__do button")
        assert [button.get_text().split(":")[0] for button in found] == buttons

    @pytest.mark.parametrize("state", ["failed", "unknown", "kept"])
    def test_what_speaks_of_a_day_that_is_over_is_not_offered_again(self, client, school, office, state):
        message(school, office, state, not_after=AT - timedelta(seconds=1))
        text = page(client.get(address(school))).select_one(".outbox__do").get_text()
        assert "Send" not in text
        assert "Retry" not in text

    @pytest.mark.parametrize(
        ("state", "label", "then"),
        [
            ("failed", "Retry", "released"),
            ("unknown", "Send again", "released"),
            ("unknown", "It arrived", "delivered"),
            ("failed", "Leave it", "withdrawn"),
            ("released", "Call back", "withdrawn"),
            ("withdrawn", "Put back", "prepared"),
        ],
    )
    def test_each_button_does_what_it_says(self, client, school, office, state, label, then):
        row = message(school, office, state)
        forms = page(client.get(address(school))).select(".outbox__do form")
        form = next(form for form in forms if form.button.get_text().startswith(label))
        response = client.post(form["action"])
        assert response["Location"] == address(school)
        row.refresh_from_db()
        assert row.state == then

    def test_what_somebody_else_did_first_is_said(self, client, school, office):
        row = message(school, office, "sent")
        response = client.post(reverse("message_retry", args=[school.slug, row.pk]))
        assert response.status_code == 422
        assert "has been sent; it is not sent again" in page(response).main.get_text()

    def test_all_that_failed_go_again_but_for_those_that_cannot(self, client, school, office):
        again = message(school, office, "failed")
        message(school, office, "failed", not_after=AT - timedelta(seconds=1))
        gone = message(school, office, "failed")
        gone.parent.email = ""
        gone.parent.save()
        asked = Job.objects.count()
        response = client.post(reverse("messages_retry", args=[school.slug]), follow=True)
        assert "1 message goes again." in page(response).main.get_text()
        again.refresh_from_db()
        assert (again.state, again.series) == (MessageState.RELEASED, 2)
        assert Job.objects.count() == asked + 1
        response = client.post(reverse("messages_retry", args=[school.slug]), follow=True)
        assert "Nothing that failed can still go" in page(response).main.get_text()


class TestTheHomePage:
    def todos(self, client, school):
        return [
            " ".join(row.get_text().split())
            for row in page(client.get(reverse("home", args=[school.slug]))).select(".todo li")
        ]

    def test_counts_what_failed_while_it_matters(self, client, school, office):
        message(school, office, "failed")
        message(school, office, "failed", not_after=AT)
        message(school, office, "failed", not_after=AT - timedelta(seconds=1))
        message(school, office, "unknown")
        message(school, office, "sent")
        lines = [line for line in self.todos(client, school) if "message" in line]
        assert lines[0].startswith("2 messages failed")
        assert lines[1].startswith("1 message that may not have gone")

    def test_says_nothing_where_nothing_failed(self, client, school, office):
        message(school, office, "sent")
        assert not [line for line in self.todos(client, school) if "message" in line]

    def test_not_to_those_who_send_none(self, client, school, office):
        message(school, office, "failed")
        client.force_login(builders.member(school, Role.GOVERNOR).user)
        assert not [line for line in self.todos(client, school) if "message" in line]
