"""The letter a refusal drafts: it names a penalty notice only where one could follow, and never holds up a decision."""

from datetime import date, timedelta
from functools import partial

import pytest
from django.contrib.messages import get_messages

from absences.rules.leave import LeaveState
from letters.models import Letter
from letters.services import wordings
from registers.models import Contact, Parent, Pupil
from registers.queries import calendars
from registers.rules.rights import Role
from tests import builders
from tests.builders import AT
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
    return partial(leave_answers.ask, pupil)


@pytest.fixture
def decide(client, head):
    return partial(leave_answers.decide, client, head)


class TestThePenaltyParagraph:
    @pytest.mark.parametrize(
        ("before", "days", "mentioned"),
        [
            pytest.param(5, 2, False, id="nine if taken"),
            pytest.param(6, 2, True, id="ten if taken"),
            pytest.param(0, 4, False, id="eight asked for"),
            pytest.param(0, 5, True, id="ten asked for"),
        ],
    )
    def test_is_there_only_if_the_threshold_would_be_met(
        self, school, pupil, ask, decide, before, days, mentioned
    ) -> None:
        builders.marks(pupil, calendars.of(school), date(2026, 11, 9), "O" * before)
        decide(ask(last_on=MONDAY + timedelta(days=days - 1)), REFUSE)
        letter = Letter.objects.get()
        assert ("penalty notice" in letter.body) is mentioned
        assert (letter.conditions == ["penalty_notice_possible"]) is mentioned

    def test_sessions_that_drop_out_before_the_leave_ends_do_not_count(self, school, pupil, ask, decide) -> None:
        """Six of the week of 14 September are in today's window, and not in that of 7 December."""
        builders.marks(pupil, calendars.of(school), date(2026, 9, 14), "O" * 6)
        decide(ask(last_on=MONDAY + timedelta(days=1)), REFUSE)
        assert "penalty notice" not in Letter.objects.get().body

    @pytest.mark.parametrize(("codes", "mentioned"), [("/" * 10, False), ("I" * 10, False), ("G" * 10, True)])
    def test_sessions_that_were_attended_after_all_do_not_count(
        self, pupil, school, ask, decide, codes, mentioned
    ) -> None:
        """The request came late; by then the register knows whether the leave was taken."""
        builders.marks(pupil, calendars.of(school), date(2026, 11, 9), codes)
        decide(ask(first_on=date(2026, 11, 9), last_on=date(2026, 11, 13)), REFUSE)
        assert ("penalty notice" in Letter.objects.get().body) is mentioned

    def test_under_compulsory_school_age_it_never_is(self, school, pupil, ask, decide) -> None:
        Pupil.objects.filter(pk=pupil.pk).update(dob=date(2022, 2, 1), starts_on=date(2026, 9, 1))
        pupil.refresh_from_db()
        decide(ask(), REFUSE)
        assert "penalty notice" not in Letter.objects.get().body


class TestAHindrance:
    @pytest.mark.parametrize("case", ["no address", "a court order"])
    def test_the_decision_stands_and_the_hindrance_is_said(self, pupil, ask, decide, case: str) -> None:
        row = ask()
        if case == "no address":
            Pupil.objects.update(address="", postcode="")
            Parent.objects.update(address="", postcode="")
        else:
            Contact.objects.update(court_order=True)
        response = decide(row, REFUSE)
        row.refresh_from_db()
        assert row.state == LeaveState.REFUSED
        assert not Letter.objects.exists()
        done, hindered = [str(message) for message in get_messages(response.wsgi_request)]
        assert done == "Decided: refused."
        assert hindered.startswith("The letter could not be drafted: ")
        assert pupil.legal_surname not in hindered


class TestTheLetterOfEachDecision:
    """Monday to Wednesday, six sessions; which letter says what, among those the school has adopted."""

    ALL = ("leave_refused", "leave_retrospective", "leave_granted", "leave_part_granted")

    @pytest.fixture
    def all_kinds(self, school, pupil, head):
        wordings.adopt(school, self.ALL, by=head, at=AT)

    @pytest.mark.usefixtures("all_kinds")
    def test_granted(self, ask, decide) -> None:
        decide(ask(last_on=MONDAY + timedelta(days=2)), GRANT)
        letter = Letter.objects.get()
        assert letter.kind == "leave_granted"
        assert '<bdi class="letter__unbroken">6 sessions</bdi>' in letter.body
        assert "not authorised" not in letter.body

    @pytest.mark.usefixtures("all_kinds")
    def test_granted_in_part_names_the_days_and_what_is_left(self, ask, decide) -> None:
        decide(
            ask(last_on=MONDAY + timedelta(days=2)), {**GRANT, "decision": "part", "granted": leave_answers.first(3)}
        )
        letter = Letter.objects.get()
        assert letter.kind == "leave_part_granted"
        assert letter.values["leave_granted_sessions"] == "3 sessions"
        assert letter.values["leave_granted_when"] == "7 December 2026, 8 December 2026 (morning)"
        assert letter.values["leave_refused_sessions"] == "3 sessions"

    @pytest.mark.usefixtures("all_kinds")
    def test_a_part_need_not_be_the_first(self, ask, decide) -> None:
        ticked = ["2026-12-07PM", "2026-12-09AM"]
        decide(ask(last_on=MONDAY + timedelta(days=2)), {**GRANT, "decision": "part", "granted": ticked})
        assert Letter.objects.get().values["leave_granted_when"] == (
            "7 December 2026 (afternoon), 9 December 2026 (morning)"
        )

    @pytest.mark.usefixtures("all_kinds")
    @pytest.mark.parametrize(
        ("before", "granted", "mentioned"),
        [pytest.param(6, 2, True, id="ten with the rest"), pytest.param(6, 3, False, id="nine with the rest")],
    )
    def test_only_what_is_not_granted_counts(self, school, pupil, ask, decide, before, granted, mentioned) -> None:
        builders.marks(pupil, calendars.of(school), date(2026, 11, 9), "O" * before)
        decide(
            ask(last_on=MONDAY + timedelta(days=2)),
            {**GRANT, "decision": "part", "granted": leave_answers.first(granted)},
        )
        assert ("penalty notice" in Letter.objects.get().body) is mentioned

    @pytest.mark.usefixtures("all_kinds")
    def test_asked_for_afterwards(self, ask, decide) -> None:
        decide(ask(first_on=date(2026, 11, 9), last_on=date(2026, 11, 13)), REFUSE)
        assert Letter.objects.get().kind == "leave_retrospective"

    def test_a_school_without_such_a_letter_gets_none(self, ask, decide) -> None:
        decide(ask(), GRANT)
        assert not Letter.objects.exists()
