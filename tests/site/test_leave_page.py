"""The headteacher's page for a leave request: the facts, the decision, its letter, and who may decide."""

from datetime import date
from functools import partial

import pytest
from bs4 import BeautifulSoup
from django.contrib.messages import get_messages
from django.urls import reverse

from absences.models import LeaveRequest
from absences.rules.leave import LeaveState
from letters.models import Letter, Wording
from letters.services import wordings
from registers.models import Arrangement, Event, Mark, Pupil
from registers.queries import calendars
from registers.rules.rights import Role
from registers.scope import schools_in_scope
from tests import builders, whole_school
from tests.builders import AT, TODAY
from tests.site import leave_answers
from tests.site.leave_answers import GRANT, MONDAY, REFUSE


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def head(school):
    return builders.member(school, Role.HEAD, "Hera Head")


@pytest.fixture
def pupil(school, head):
    wordings.adopt(school, ["leave_refused"], by=head, at=AT)
    return builders.pupil(school, "Quill", "Robin")


@pytest.fixture
def ask(pupil):
    """Enter a request for the week, or for other days."""
    return partial(leave_answers.ask, pupil)


@pytest.fixture
def decide(client, head):
    """Answer a request as the headteacher."""
    return partial(leave_answers.decide, client, head)


def page(response):
    return BeautifulSoup(response.content, "html.parser").main


def codes(pupil: Pupil) -> list[str]:
    return list(
        Mark.objects.filter(pupil=pupil, on__gte=MONDAY).order_by("on", "session").values_list("code", flat=True)
    )


class TestDeciding:
    def test_all_is_granted_and_stands_in_the_register(self, school, pupil, ask, decide, head) -> None:
        row = ask()
        response = decide(row, GRANT)
        assert response["Location"] == reverse("leave_request", args=[school.slug, row.pk])
        row.refresh_from_db()
        assert (row.state, row.granted_sessions, row.code, row.decided_by) == (LeaveState.GRANTED, 10, "C", head.user)
        assert (row.rare, row.significant, row.unavoidable, row.short) == (True, None, None, False)
        assert codes(pupil) == ["C"] * 10
        assert Arrangement.objects.get().reference == f"Leave request {row.pk}"
        assert Event.objects.filter(kind="leave granted", by=head.user).count() == 1
        assert not Letter.objects.exists()
        assert [str(message) for message in get_messages(response.wsgi_request)] == ["Decided: granted."]

    def test_part_is_granted_session_by_session(self, pupil, ask, decide) -> None:
        row = ask()
        decide(row, GRANT | {"decision": "part", "granted": ["2026-12-07AM", "2026-12-08PM", "2026-12-11PM"]})
        row.refresh_from_db()
        assert (row.state, row.granted_sessions) == (LeaveState.PARTLY_GRANTED, 3)
        marks = Mark.objects.filter(pupil=pupil).order_by("on", "session").values_list("on", "session", "code")
        assert [(f"{on} {session}", code) for on, session, code in marks] == [
            ("2026-12-07 AM", "C"),
            ("2026-12-08 PM", "C"),
            ("2026-12-11 PM", "C"),
        ]
        assert not Letter.objects.exists()

    def test_a_refusal_leaves_the_register_alone_and_drafts_its_letter(
        self, school, pupil, ask, decide, client
    ) -> None:
        row = ask()
        response = decide(row, REFUSE)
        row.refresh_from_db()
        assert (row.state, row.granted_sessions, row.code) == (LeaveState.REFUSED, 0, "")
        assert codes(pupil) == []
        letter = Letter.objects.get()
        assert (letter.kind, letter.because, letter.state) == ("leave_refused", f"leave:{row.pk}", "draft")
        assert "Monday 7 December 2026" in letter.body
        assert "10 sessions" in letter.body
        shown = page(client.get(response["Location"]))
        assert reverse("letter", args=[school.slug, letter.pk]) in [link["href"] for link in shown.select("a")]
        assert "Decided: refused." in shown.get_text()

    def test_where_no_such_letter_is_adopted_the_refusal_stands_alone(self, school, ask, decide, monkeypatch) -> None:
        row = ask()
        monkeypatch.setattr("attendance_site.services.leave_decisions.Wording.objects", Wording.objects.none())
        response = decide(row, REFUSE)
        row.refresh_from_db()
        assert row.state == LeaveState.REFUSED
        assert not Letter.objects.exists()
        assert [str(message) for message in get_messages(response.wsgi_request)] == ["Decided: refused."]

    def test_a_get_decides_nothing(self, school, ask, client, head) -> None:
        row = ask()
        client.force_login(head.user)
        response = client.get(reverse("leave_decide", args=[school.slug, row.pk]))
        assert response["Location"] == reverse("leave_request", args=[school.slug, row.pk])
        row.refresh_from_db()
        assert not row.is_decided

    def test_a_second_answer_is_refused_and_the_first_stands(self, pupil, ask, decide) -> None:
        row = ask()
        decide(row, GRANT)
        response = decide(row, REFUSE)
        assert response.status_code == 422
        assert "already decided: granted" in page(response).get_text()
        row.refresh_from_db()
        assert row.state == LeaveState.GRANTED
        assert codes(pupil) == ["C"] * 10
        assert Event.objects.filter(kind__startswith="leave ", subject=f"leave request:{row.pk}").count() == 2

    def test_the_same_refusal_sent_twice_drafts_one_letter(self, ask, decide) -> None:
        row = ask()
        assert [decide(row, REFUSE).status_code for _ in range(2)] == [302, 422]
        assert Letter.objects.count() == 1


class TestRefused422:
    @pytest.mark.parametrize(
        ("answer", "says"),
        [
            pytest.param({}, "This field is required", id="nothing"),
            pytest.param(GRANT | {"words": ""}, "This field is required", id="no reasons"),
            pytest.param(GRANT | {"words": "   "}, "required", id="blank reasons"),
            pytest.param(GRANT | {"code": ""}, "No code does not fit", id="no code"),
            pytest.param(GRANT | {"code": "I"}, "not one of the available choices", id="illness"),
            pytest.param(GRANT | {"decision": "perhaps"}, "not one of the available choices", id="no decision"),
            pytest.param(GRANT | {"decision": "part"}, "Tick the sessions that are granted", id="part of nothing"),
            pytest.param(
                GRANT | {"decision": "part", "granted": ["2026-12-14AM"]},
                "not one of the available choices",
                id="a day not asked for",
            ),
        ],
    )
    def test_a_form_that_does_not_do_says_why_and_keeps_what_was_typed(self, ask, decide, answer, says: str) -> None:
        row = ask()
        response = decide(row, answer)
        found = page(response)
        assert response.status_code == 422
        assert says in " ".join(found.get_text().split())
        assert found.select_one("[name=words]").get_text(strip=True) == answer.get("words", "").strip()
        assert found.select_one("form[method=post]")["action"].endswith(f"/leave/{row.pk}/decide")
        row.refresh_from_db()
        assert not row.is_decided
        assert not Mark.objects.exists()
        assert not Letter.objects.exists()

    def test_a_mark_that_stands_in_the_way_is_no_crash(self, school, pupil, ask, decide) -> None:
        """The pupil has left meanwhile: there is no session to grant, and the page says so."""
        row = ask()
        Pupil.objects.update(leaves_on=TODAY)
        response = decide(row, GRANT)
        assert response.status_code == 422
        assert "no session to grant" in page(response).get_text()


class TestAfterTheEvent:
    @pytest.fixture
    def late(self, ask) -> LeaveRequest:
        return ask(first_on=TODAY, last_on=date(2026, 11, 24))

    def test_only_a_refusal_is_offered(self, late, client, head) -> None:
        client.force_login(head.user)
        found = page(client.get(reverse("leave_request", args=[late.school.slug, late.pk])))
        assert [radio["value"] for radio in found.select("[name=decision]")] == ["refuse"]
        assert not found.select("[name=code], [name=granted]")
        assert "cannot be granted afterwards" in found.get_text()

    @pytest.mark.parametrize("decision", ["all", "part"])
    def test_a_grant_is_refused_whoever_sends_it(self, late, decide, decision: str) -> None:
        response = decide(late, GRANT | {"decision": decision, "granted": ["2026-11-20AM"]})
        assert response.status_code == 422
        late.refresh_from_db()
        assert not late.is_decided
        assert not Mark.objects.exists()

    def test_it_is_refused_and_answered_like_any_other(self, late, decide) -> None:
        assert decide(late, REFUSE).status_code == 302
        assert Letter.objects.count() == 1


class TestWhoDecides:
    @pytest.mark.parametrize("role", [Role.OFFICE, Role.FLO, Role.ATTENDANCE_LEAD])
    def test_others_see_the_facts_and_no_form(self, school, ask, client, role: Role) -> None:
        row = ask()
        client.force_login(builders.member(school, role).user)
        found = page(client.get(reverse("leave_request", args=[school.slug, row.pk])))
        assert "Only the headteacher can decide" in found.get_text()
        assert "A grandmother’s eightieth birthday" in found.get_text()
        assert not found.select("form[action$=decide], [name=decision]")
        assert client.post(reverse("leave_decide", args=[school.slug, row.pk]), REFUSE).status_code == 403
        row.refresh_from_db()
        assert not row.is_decided

    def test_the_head_sees_the_count_if_taken_and_the_form(self, school, pupil, ask, client, head) -> None:
        builders.marks(pupil, calendars.of(school), date(2026, 11, 9), "OO")
        row = ask(last_on=MONDAY)
        client.force_login(head.user)
        found = page(client.get(reverse("leave_request", args=[school.slug, row.pk])))
        window = found.select_one("[aria-labelledby=ten-weeks]")
        assert "if refused and taken" in window.h2.get_text()
        assert "4 of 10" in " ".join(window.dd.get_text(" ").split())
        assert [radio["value"] for radio in found.select("[name=decision]")] == ["all", "part", "refuse"]

    def test_a_decided_request_has_no_form(self, ask, decide, client) -> None:
        found = page(client.get(decide(ask(), GRANT)["Location"]))
        assert not found.select("form[action$=decide], [name=decision]")
        assert "10 of 10 sessions granted, code C" in " ".join(found.get_text().split())

    def test_nothing_is_supposed_any_more_once_it_is_granted(self, ask, decide, client) -> None:
        """“Threshold: met” beside a leave that was granted would be read as a fact."""
        found = page(client.get(decide(ask(), GRANT)["Location"]))
        assert "if refused and taken" not in found.get_text().lower()
        assert not found.select(".chip--bad")

    def test_another_schools_request_is_not_found(self, school, other_school, client, head) -> None:
        with schools_in_scope([other_school.pk]):
            theirs = whole_school.fill(other_school)
        client.force_login(head.user)
        for name in ("leave_request", "leave_decide"):
            assert client.post(reverse(name, args=[school.slug, theirs.leave_id]), REFUSE).status_code == 404
        with schools_in_scope([other_school.pk]):
            assert not LeaveRequest.objects.get().is_decided
