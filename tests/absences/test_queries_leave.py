"""Leave requests as they are listed, and the facts a decision rests on."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from absences.models import LeaveRequest
from absences.queries import leave
from absences.rules.leave import Category, Decision
from registers.models import Contact
from registers.queries import calendars
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.absences.builders import FAR, am, decide, pm, request
from tests.builders import TODAY

MONDAY, FRIDAY = FAR


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def head(school):
    return builders.member(school, Role.HEAD)


def decided_on(row, day):
    LeaveRequest.objects.filter(pk=row.pk).update(decided_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC))


def facts_of(row, calendar, today=TODAY):
    return leave.facts(leave.of(row.school).get(pk=row.pk), calendar, today)


class TestLists:
    def test_the_waiting_ones_first_then_the_newest_decision(self, school, office, head):
        rows = [request(builders.pupil(school), office) for _ in range(3)]
        soon = request(builders.pupil(school), office, first=am(date(2026, 12, 1)))
        decided_on(decide(rows[0], head, Decision.REFUSE), date(2026, 11, 18))
        decided_on(decide(rows[1], head), date(2026, 11, 19))
        assert leave.listed(school) == [soon, rows[2], rows[1], rows[0]]
        assert leave.waiting(school) == [soon, rows[2]]

    def test_leave_out_another_schools_requests(self, school, other_school):
        with schools_in_scope([school.pk, other_school.pk]):
            request(builders.pupil(other_school), builders.member(other_school))
            assert leave.listed(school) == []
            assert leave.waiting(school) == []

    def test_ask_once_however_many_requests(self, school, office, head, django_assert_num_queries):
        for _ in range(8):
            decide(request(builders.pupil(school), office), head)
        with django_assert_num_queries(1):
            shown = [(row.pupil.name, row.applicant.name, row.decided_by.name) for row in leave.listed(school)]
        assert len(shown) == 8


class TestFacts:
    def test_the_sessions_asked_for_by_day(self, school, calendar, office):
        facts = facts_of(request(builders.pupil(school), office, first=pm(MONDAY)), calendar)
        assert facts.count == 9
        assert [(day.on, day.sessions) for day in facts.days[:2]] == [
            (MONDAY, (Session.PM,)),
            (date(2026, 12, 8), (Session.AM, Session.PM)),
        ]
        assert len(facts.days) == 5
        assert facts.codes == ("C",)

    @pytest.mark.parametrize(
        ("first_on", "received_on", "notice", "retrospective"),
        [
            pytest.param(date(2026, 11, 23), TODAY, 1, False, id="Friday for Monday"),
            pytest.param(date(2026, 11, 27), TODAY, 5, False, id="a week"),
            pytest.param(date(2026, 11, 21), TODAY, 1, False, id="asked from Saturday, so Monday"),
            pytest.param(date(2026, 11, 20), TODAY, 0, True, id="on the day"),
            pytest.param(date(2026, 11, 3), date(2026, 10, 16), 1, False, id="over half-term and the in-service day"),
        ],
    )
    def test_notice_in_school_days(self, school, calendar, office, first_on, received_on, notice, retrospective):
        row = request(
            builders.pupil(school), office, first=am(first_on), last=pm(date(2026, 12, 4)), received_on=received_on
        )
        facts = facts_of(row, calendar)
        assert (facts.notice, facts.is_retrospective) == (notice, retrospective)

    def test_figures_now_and_if_taken_with_and_without_leave(self, school, calendar, office):
        pupil = builders.pupil(school)
        builders.marks(pupil, calendar, date(2026, 9, 1), "/" * 85 + "IIIOO")
        facts = facts_of(request(pupil, office), calendar)
        assert (facts.now.possible, facts.now.authorised, facts.now.unauthorised) == (90, 3, 2)
        granted, refused = facts.if_authorised, facts.if_unauthorised
        assert (granted.possible, granted.authorised, granted.unauthorised) == (100, 13, 2)
        assert (refused.possible, refused.authorised, refused.unauthorised) == (100, 3, 12)
        assert granted.attendance == refused.attendance == Fraction(85, 100)
        assert not facts.now.is_persistently_absent
        assert refused.is_persistently_absent

    def test_sessions_already_in_the_figures_are_not_counted_twice(self, school, calendar, office):
        pupil = builders.pupil(school)
        row = request(pupil, office, first=am(date(2026, 11, 19)), last=pm(date(2026, 11, 23)))
        builders.marks(pupil, calendar, date(2026, 11, 19), "/NO.")
        facts = facts_of(row, calendar)
        assert (facts.now.possible, facts.now.unauthorised) == (3, 2)
        # Thursday morning present; three sessions up to today missed, of which one is blank; Monday still to come.
        assert dict(facts.if_authorised.by_code) == {"/": 1, "C": 5}
        assert dict(facts.if_unauthorised.by_code) == {"/": 1, "G": 5}
        assert facts.now.unmarked - facts.if_authorised.unmarked == 1

    def test_sessions_of_the_next_school_year_stand_outside_this_years_figures(self, school, calendar, office):
        row = request(
            builders.pupil(school),
            office,
            first=am(date(2026, 7, 21)),
            last=pm(date(2026, 9, 2)),
            received_on=date(2026, 7, 1),
        )
        facts = facts_of(row, calendar, today=date(2026, 7, 1))
        assert (facts.count, facts.next_year) == (6, 4)
        assert dict(facts.if_authorised.by_code) == {"C": 2}

    def test_the_familys_other_requests(self, school, calendar, office, head):
        pupil, sister, stranger, friend = (builders.pupil(school, name) for name in ("Ash", "Ash", "Birch", "Cedar"))
        parent = pupil.contacts.get().parent
        shared = {"school": school, "parent": parent, "priority": 2}
        Contact.objects.create(pupil=sister, lives_with_pupil=True, **shared)
        # A neighbour to ring in an emergency is no parent, so the neighbour's child is no brother.
        Contact.objects.create(pupil=friend, emergency=True, **shared)
        row = request(pupil, office)
        own = decide(request(pupil, office, first=am(date(2026, 11, 30)), last=pm(date(2026, 11, 30))), head)
        hers = decide(request(sister, office), head, Decision.REFUSE)
        request(stranger, office)
        request(friend, office)
        assert set(facts_of(row, calendar).earlier) == {own, hers}

    def test_like_decisions_in_two_years(self, school, calendar, office, head):
        row = request(builders.pupil(school), office)
        for decision, granted, day in (
            (Decision.ALL, None, TODAY),
            (Decision.PART, 4, TODAY),
            (Decision.REFUSE, None, TODAY),
            (Decision.REFUSE, None, date(2024, 11, 20)),
            (Decision.REFUSE, None, date(2024, 11, 19)),
        ):
            decided_on(decide(request(builders.pupil(school), office), head, decision, granted=granted), day)
        decide(request(builders.pupil(school), office, category=Category.FUNERAL_OR_WEDDING), head)
        request(builders.pupil(school), office)
        like = facts_of(row, calendar).like
        assert (like.granted, like.partly_granted, like.refused, like.total) == (1, 1, 2, 4)

    def test_another_schools_decisions_and_family_stay_out(self, school, calendar, office, other_school):
        row = request(builders.pupil(school), office)
        with schools_in_scope([school.pk, other_school.pk]):
            theirs = request(builders.pupil(other_school), builders.member(other_school))
            decide(theirs, builders.member(other_school, Role.HEAD), Decision.REFUSE)
            facts = facts_of(row, calendar)
            assert facts.like.total == 0
            assert facts.earlier == ()

    def test_four_queries(self, school, calendar, office, head, django_assert_num_queries):
        pupil = builders.pupil(school)
        for _ in range(3):
            decide(request(pupil, office), head, Decision.REFUSE)
        row = leave.of(school).get(pk=request(pupil, office).pk)
        with django_assert_num_queries(4):
            facts = leave.facts(row, calendar, TODAY)
            assert [other.pupil.name for other in facts.earlier] == [pupil.name] * 3


class TestLetterFacts:
    def test_whole_days(self, school, office):
        assert leave.letter_facts(request(builders.pupil(school), office)) == {
            "leave_first_on": "Monday 7 December 2026",
            "leave_last_on": "Friday 11 December 2026",
            "leave_sessions": "10 sessions",
            "leave_reason": "a family holiday",
        }

    def test_half_days_are_named(self, school, office):
        row = request(builders.pupil(school), office, first=pm(MONDAY), last=am(FRIDAY), category=Category.OTHER)
        facts = leave.letter_facts(row)
        assert facts["leave_first_on"] == "Monday 7 December 2026 (afternoon)"
        assert facts["leave_last_on"] == "Friday 11 December 2026 (morning)"
        assert facts["leave_sessions"] == "8 sessions"
        assert facts["leave_reason"] == "the reason you gave"

    def test_one_session_is_one(self, school, office):
        row = request(builders.pupil(school), office, last=am(MONDAY))
        assert leave.letter_facts(row)["leave_sessions"] == "1 session"
