"""Leave settled from the register, and what was missed without it: the list, the confirmation, the nightly work."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from absences import tasks
from absences.models import LeaveRequest
from absences.queries import leave_taken as queries
from absences.rules.leave import Category, Decision, LeaveRefusedError
from absences.rules.leave_outcomes import Outcome
from absences.services import leave_changes, leave_taken
from registers.models import Amendment, Event, Job, Mark
from registers.queries import calendars
from registers.rules.marks import Door
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import jobs
from tests import builders
from tests.absences.builders import FAR, am, decide, pm, request
from tests.builders import AT

MONDAY, FRIDAY = FAR
NEXT_MONDAY = date(2026, 12, 14)
LATER = AT.replace(month=12, day=14)


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def head(school):
    return builders.member(school, Role.HEAD)


@pytest.fixture
def night(school):
    return builders.nightly(school)


@pytest.fixture
def pupil(school):
    return builders.pupil(school, "Ash", "Kim")


@pytest.fixture
def ask(pupil, office, head):
    """A request for the week, decided, and the register of its days as it came out."""

    def asked(decision=Decision.ALL, codes="", granted=None, category=Category.HOLIDAY, child=pupil):
        row = decide(request(child, office, category=category), head, decision, granted=granted)
        Mark.objects.filter(pupil=child).update(source=Door.OFFICE)
        places = calendars.of(child.school).sessions_between(MONDAY, date(2026, 12, 18))
        for place, code in zip(places, codes, strict=False):
            if code != "." and not Mark.objects.filter(pupil=child, on=place.on, session=place.session).exists():
                builders.mark(child, place.on, place.session, code)
        return row

    return asked


def settle(school, by, before=NEXT_MONDAY):
    return leave_taken.settle(school, calendars.of(school), before, by=by, at=LATER)


def missed(school, today=NEXT_MONDAY):
    return queries.missed(school, calendars.of(school), today)


def confirm(row, by, code="G", chosen=None, today=NEXT_MONDAY):
    calendar = calendars.of(row.school)
    places = [place for one in missed(row.school, today) for place in one.places] if chosen is None else chosen
    return leave_taken.confirm(row.pk, row.school, calendar, places, code, today=today, by=by, at=LATER)


class TestSettling:
    @pytest.mark.parametrize(
        ("decision", "codes", "outcome"),
        [
            pytest.param(Decision.ALL, "", "taken", id="granted and taken"),
            pytest.param(Decision.REFUSE, "NNNNNNNNNN", "taken", id="refused and taken"),
            pytest.param(Decision.REFUSE, "/\\/\\/\\/\\/\\", "not taken", id="refused and not taken"),
            pytest.param(Decision.REFUSE, "NN/\\/\\/\\/\\", "part taken", id="refused and part taken"),
            pytest.param(Decision.REFUSE, "NN", "to come", id="registers missing"),
        ],
    )
    def test_what_it_came_to_is_written_down_once(self, school, night, ask, decision, codes, outcome):
        row = ask(decision, codes)
        assert settle(school, night) == (outcome != "to come")
        row.refresh_from_db()
        assert row.outcome == outcome
        assert settle(school, night) == 0
        events = Event.objects.filter(kind="leave settled from the register")
        assert [event.facts for event in events] == (
            [{"old": "to come", "new": outcome}] if outcome != "to come" else []
        )

    @pytest.mark.parametrize(("before", "number"), [(FRIDAY, 0), (date(2026, 12, 12), 1)])
    def test_only_once_its_last_day_has_passed(self, school, night, ask, before, number):
        ask()
        assert settle(school, night, before) == number

    def test_a_mark_amended_later_changes_it(self, school, night, ask, pupil):
        row = ask(Decision.REFUSE, "NNNNNNNNNN")
        settle(school, night)
        Mark.objects.filter(pupil=pupil).update(code="I")
        assert settle(school, night, date(2027, 1, 5)) == 1
        row.refresh_from_db()
        assert row.outcome == Outcome.NOT_TAKEN

    def test_a_part_is_settled_by_what_was_granted_of_it(self, school, night, ask):
        row = ask(Decision.PART, "NNNN/\\/\\/\\", granted=4)
        settle(school, night)
        row.refresh_from_db()
        assert row.outcome == Outcome.TAKEN

    def test_waiting_and_withdrawn_requests_are_not_settled(self, school, night, office, ask):
        row = ask()
        leave_changes.withdraw(row.pk, school, calendars.of(school), "They stay.", by=office, at=AT)
        request(builders.pupil(school), office)
        assert settle(school, night) == 0

    def test_the_night_asks_every_school_and_works_once(self, school, night, ask, time_machine):
        time_machine.move_to(LATER, tick=False)
        row = ask()
        tasks.settle_leave_all()
        tasks.settle_leave_all()
        assert Job.objects.filter(kind=tasks.SETTLE_KIND).count() == 1
        jobs.run_waiting(lambda: LATER)
        row.refresh_from_db()
        assert row.outcome == Outcome.TAKEN
        assert Event.objects.get(kind="leave settled from the register").role == Role.NIGHTLY


class TestTheList:
    def test_before_they_are_missed_nothing_is_proposed(self, school, ask):
        ask(Decision.REFUSE)
        assert missed(school, MONDAY) == []

    def test_a_refusal_that_was_taken_proposes_g_for_a_holiday_and_o_for_the_rest(self, school, ask):
        ask(Decision.REFUSE, "NN")
        ask(Decision.REFUSE, "NN", category=Category.OTHER, child=builders.pupil(school, "Birch"))
        assert [(one.row.pupil.legal_surname, len(one.places), one.proposed) for one in missed(school, MONDAY)] == [
            ("Ash", 2, "G"),
            ("Birch", 2, "O"),
        ]

    def test_days_beyond_the_grant_are_proposed(self, school, ask):
        ask(Decision.ALL, "..........NN/")
        [one] = missed(school, date(2026, 12, 15))
        assert one.days == "Mon 14 Dec AM; Mon 14 Dec PM"
        assert one.proposed == "G"

    def test_a_session_is_proposed_by_one_request_alone(self, school, ask):
        ask(Decision.REFUSE, "NN")
        later = ask(Decision.REFUSE)
        assert [one.row.pk for one in missed(school)] == [later.pk]

    def test_another_schools_are_not_there_and_the_queries_stay_few(
        self, school, ask, other_school, django_assert_num_queries
    ):
        for _ in range(6):
            ask(Decision.REFUSE, "NN", child=builders.pupil(school))
        with schools_in_scope([school.pk, other_school.pk]):
            stranger = builders.pupil(other_school)
            row = decide(
                request(stranger, builders.member(other_school)),
                builders.member(other_school, Role.HEAD),
                Decision.REFUSE,
            )
            builders.mark(stranger, MONDAY, Session.AM, "N")
            calendar = calendars.of(school)
            with django_assert_num_queries(3):
                found = queries.missed(school, calendar, NEXT_MONDAY)
        assert len(found) == 6
        assert row.pk not in {one.row.pk for one in found}


class TestConfirming:
    def test_the_marks_are_amended_with_the_request_named(self, ask, office, pupil):
        row = ask(Decision.REFUSE, "NNNN/\\")
        assert confirm(row, office) == 4
        steps = Amendment.objects.values_list("old_code", "new_code", "reason", "role")
        assert set(steps) == {("N", "G", f"Leave refused (Leave request {row.pk})", "office")}
        event = Event.objects.get(kind="missed without leave")
        assert (event.pupil, event.facts) == (pupil, {"code": "G", "amended": 4})

    def test_beyond_a_grant_says_so(self, ask, office):
        row = ask(Decision.PART, "..NN", granted=2)
        confirm(row, office, "O")
        assert Amendment.objects.first().reason == f"Beyond the leave granted (Leave request {row.pk})"

    def test_only_what_was_shown_is_changed(self, ask, office, pupil):
        row = ask(Decision.REFUSE, "NNNN")
        assert confirm(row, office, chosen=[am(MONDAY), pm(MONDAY)]) == 2
        assert Mark.objects.filter(pupil=pupil, code="N").count() == 2

    def test_a_reason_found_meanwhile_stands(self, ask, office, pupil, school):
        row = ask(Decision.REFUSE, "NN")
        shown = [place for one in missed(school) for place in one.places]
        Mark.objects.filter(pupil=pupil, on=MONDAY, session=Session.AM).update(code="I")
        assert confirm(row, office, chosen=shown) == 1
        with pytest.raises(LeaveRefusedError, match="Nothing is left"):
            confirm(row, office, chosen=shown)

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR, Role.NIGHTLY])
    def test_not_by_everybody(self, ask, school, role):
        row = ask(Decision.REFUSE, "NN")
        with pytest.raises(RightRefusedError):
            confirm(row, builders.member(school, role))


class TestThePage:
    @pytest.fixture(autouse=True)
    def _at_work(self, time_machine):
        time_machine.move_to(LATER, tick=False)

    def page(self, response):
        return BeautifulSoup(response.content, "html.parser").main

    def test_a_line_is_confirmed(self, client, school, office, ask):
        row = ask(Decision.REFUSE, "NN")
        client.force_login(office.user)
        found = self.page(client.get(reverse("leave_missed", args=[school.slug])))
        form = found.select_one("tbody form")
        assert form.select_one("option[selected]")["value"] == "G"
        sent = {"sessions": form.select_one("[name=sessions]")["value"], "code": "G"}
        response = client.post(form["action"], sent, follow=True)
        assert "2 sessions are now G" in self.page(response).get_text()
        assert not LeaveRequest.objects.get(pk=row.pk).pupil.marks.filter(code="N").exists()
        assert "after a refusal or beyond a grant" in self.page(response).get_text()

    @pytest.mark.parametrize(
        ("sent", "message"),
        [
            pytest.param({"code": "C"}, "Choose G or O", id="another code"),
            pytest.param({"code": "G", "sessions": "nonsense 2026-99-99AM"}, "Nothing is left", id="no session"),
        ],
    )
    def test_a_refusal_says_why(self, client, school, office, ask, sent, message):
        row = ask(Decision.REFUSE, "NN")
        client.force_login(office.user)
        response = client.post(reverse("leave_confirm", args=[school.slug, row.pk]), sent)
        assert response.status_code == 422
        assert message in self.page(response).get_text()

    def test_the_home_page_leads_there(self, client, school, office, ask):
        ask(Decision.REFUSE, "NN")
        client.force_login(office.user)
        found = self.page(client.get(reverse("home", args=[school.slug])))
        assert reverse("leave_missed", args=[school.slug]) in [link.get("href") for link in found.select("a")]
