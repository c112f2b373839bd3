"""A part-time timetable from proposal to lapse: who agrees, what each morning gives, and what an evening ends."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction

from absences import tasks
from absences.models import AbsenceRules, LongArrangement, PartTimeReview
from absences.queries import arranged as queries
from absences.rules.arranged import ArrangedRefusedError, State
from absences.rules.part_time import Agreeing, Proposal, ReviewOutcome
from absences.services import arranged_days, lapses, long_arrangements, part_time
from absences.services.part_time import Held
from registers.models import Amendment, Arrangement, Event, Job, Mark
from registers.queries import calendars
from registers.rules.marks import Door
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import jobs, marks
from registers.services.marks import Entry, MarksRefusedError
from tests import builders
from tests.builders import AT

MONDAY = date(2026, 11, 9)
FRIDAY = date(2026, 11, 13)
LAST = date(2026, 12, 18)
REVIEW = date(2026, 11, 23)
LAPSES = date(2026, 11, 30)
"""The fifth school day after a review that was not held on 23 November."""


@pytest.fixture
def calendar(school):
    return calendars.of(school)


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
    return builders.pupil(school, "Ash")


def propose(pupil, by, **changes) -> LongArrangement:
    said = {
        "first_on": MONDAY,
        "last_on": LAST,
        "weekdays": "1PM 5AM",
        "why": "A staged return after surgery",
        "review_on": REVIEW,
        "is_no_sanction": True,
    }
    school = pupil.school
    return part_time.propose(school, calendars.of(school), pupil, Proposal(**said | changes), by=by, at=AT)


def agree_parent(row, by, on=MONDAY, *, today=MONDAY, contact=None) -> LongArrangement:
    school = row.school
    contact = contact or row.pupil.contacts.all()[0]
    calendar = calendars.of(school)
    return part_time.agree_parent(row.pk, school, calendar, contact, on, Agreeing.SIGNED, today=today, by=by, at=AT)


def agree_head(row, by, *, today=MONDAY) -> LongArrangement:
    return part_time.agree_head(row.pk, row.school, calendars.of(row.school), today=today, by=by, at=AT)


@pytest.fixture
def running(pupil, office, head) -> LongArrangement:
    row = propose(pupil, office)
    agree_parent(row, office)
    return agree_head(row, head)


def review(row, by, outcome=ReviewOutcome.CONTINUES, *, held_on=REVIEW, next_on=None, today=REVIEW, words="Better"):
    held = Held(held_on, outcome, words, True, next_on)
    return part_time.review(row.pk, row.school, calendars.of(row.school), held, today=today, by=by, at=AT)


def fill(night, on) -> int:
    calendar = calendars.of(night.school)
    return len(arranged_days.fill(night.school, calendar, on, arranged_days.NOT_REQUIRED, by=night, at=AT))


def look(night, on) -> lapses.Evening:
    return lapses.look(night.school, calendars.of(night.school), on, by=night, at=AT)


def state(row) -> str:
    return LongArrangement.objects.get(pk=row.pk).state


def codes_of(pupil) -> list[tuple[int, str, str]]:
    rows = Mark.objects.filter(pupil=pupil).order_by("on", "session").values_list("on", "session", "code")
    return [(on.day, session, code) for on, session, code in rows]


def test_nothing_is_given_before_both_have_agreed(pupil, office, head, night) -> None:
    row = propose(pupil, office)
    assert (row.state, fill(night, MONDAY)) == (State.AGREEING, 0)
    agree_head(row, head)
    assert (state(row), fill(night, MONDAY)) == (State.AGREEING, 0)
    assert not Arrangement.objects.exists()
    agree_parent(row, office)
    assert state(row) == State.RUNNING
    rests = Arrangement.objects.get()
    assert (rests.code, rests.first_on, rests.last_on, rests.weekdays) == ("C2", MONDAY, LAST, "1PM 5AM")
    assert codes_of(pupil) == [(9, "PM", "C2")]


def test_it_begins_with_the_later_agreement(pupil, office, head) -> None:
    row = propose(pupil, office)
    agree_parent(row, office, date(2026, 11, 9), today=FRIDAY)
    agree_head(row, head, today=FRIDAY)
    row.refresh_from_db()
    assert row.first_on == FRIDAY
    assert codes_of(pupil) == [(13, "AM", "C2")]


def test_an_agreement_after_its_end_is_refused(pupil, office, head) -> None:
    row = propose(pupil, office, last_on=date(2026, 11, 12), review_on=date(2026, 11, 12))
    agree_parent(row, office)
    with pytest.raises(ArrangedRefusedError, match="would have ended"):
        agree_head(row, head, today=FRIDAY)
    assert state(row) == State.AGREEING


def test_only_a_parent_the_pupil_lives_with_agrees(pupil, office, other_school) -> None:
    row = propose(pupil, office)
    elsewhere = builders.parent_of(pupil, priority=2, lives_with_pupil=False)
    with pytest.raises(ArrangedRefusedError, match="normally lives with"):
        agree_parent(row, office, contact=elsewhere)
    stranger = builders.pupil(pupil.school).contacts.get()
    with pytest.raises(ArrangedRefusedError, match="not among the pupil’s contacts"):
        agree_parent(row, office, contact=stranger)
    with pytest.raises(ArrangedRefusedError, match="after today"):
        agree_parent(row, office, MONDAY + timedelta(days=1))
    assert LongArrangement.objects.get(pk=row.pk).terms.parent_on is None


def test_only_the_authorised_person_agrees_for_the_school(pupil, office) -> None:
    row = propose(pupil, office)
    with pytest.raises(RightRefusedError):
        agree_head(row, office)


def test_each_agreement_is_recorded_once(pupil, office, head) -> None:
    row = propose(pupil, office)
    agree_parent(row, office)
    with pytest.raises(ArrangedRefusedError, match="recorded already"):
        agree_parent(row, office)
    event = Event.objects.get(kind="part-time timetable agreed by a parent")
    assert (event.by, event.pupil, event.facts["how"]) == (office.user, pupil, "signed")
    agree_head(row, head)
    with pytest.raises(ArrangedRefusedError, match="running"):
        agree_head(row, head)


def test_the_schools_own_number_of_days_is_asked(pupil, office, school) -> None:
    AbsenceRules.objects.create(school=school, review_days=7)
    with pytest.raises(ArrangedRefusedError, match="within 7 days"):
        propose(pupil, office)
    assert propose(pupil, office, review_on=date(2026, 11, 16)).terms.review_days == 7


def test_a_second_one_for_the_same_sessions_is_refused(pupil, office, running) -> None:
    with pytest.raises(ArrangedRefusedError, match="already"):
        propose(pupil, office, weekdays="5AM 5PM")
    assert propose(pupil, office, weekdays="2PM").state == State.AGREEING


def test_each_morning_gives_that_days_sessions_and_blanks_only(pupil, night, running) -> None:
    assert [fill(night, date(2026, 11, day)) for day in (10, 11, 12)] == [0, 0, 0]
    builders.mark(pupil, FRIDAY, Session.PM, "I")
    assert fill(night, FRIDAY) == 1
    assert fill(night, FRIDAY) == 0
    mark = Mark.objects.get(on=FRIDAY, session="AM")
    assert (mark.code, mark.source, mark.recorded_by) == ("C2", Door.NIGHTLY, night.user)
    assert Event.objects.filter(kind="arranged sessions filled").count() == 1


def test_a_child_below_compulsory_age_gets_x_and_then_c2(school, office, head, night) -> None:
    young = builders.pupil(school, dob=date(2022, 1, 5), starts_on=date(2026, 9, 1))
    row = propose(
        young,
        office,
        first_on=date(2027, 3, 1),
        last_on=date(2027, 4, 30),
        review_on=date(2027, 3, 29),
        weekdays="1AM 2AM 3AM 4AM 5AM",
    )
    agree_parent(row, office, date(2027, 3, 1), today=date(2027, 3, 1))
    agree_head(row, head, today=date(2027, 3, 1))
    assert fill(night, date(2027, 3, 25)) == 1
    assert fill(night, date(2027, 4, 12)) == 1
    assert [(on, code) for on, _, code in codes_of(young)] == [(1, "X"), (25, "X"), (12, "C2")]


def test_a_teacher_sees_the_code_and_the_office_may_type_it(school, office, pupil, running, calendar) -> None:
    """C2 rests on the agreement for its sessions alone."""
    entry = Entry(pupil.pk, FRIDAY, Session.AM, "C2")
    marks.enter(school, calendar, [entry], door=Door.OFFICE, reason="", today=MONDAY, by=office, at=AT)
    with pytest.raises(MarksRefusedError, match="C2 needs"):
        marks.enter(
            school,
            calendar,
            [Entry(pupil.pk, FRIDAY, Session.PM, "C2")],
            door=Door.OFFICE,
            reason="",
            today=MONDAY,
            by=office,
            at=AT,
        )


class TestReview:
    def test_it_goes_on_to_the_next(self, running, office) -> None:
        made = review(running, office, next_on=date(2026, 12, 14))
        assert (made.due_on, made.next_on, made.recorded_by) == (REVIEW, date(2026, 12, 14), office.user)
        terms = LongArrangement.objects.get(pk=running.pk).terms
        assert (terms.reviewed_on, terms.review_on) == (REVIEW, date(2026, 12, 14))
        assert Event.objects.get(kind="part-time timetable reviewed").facts["outcome"] == "continues"

    def test_no_day_is_the_latest_day(self, running, office) -> None:
        assert review(running, office, held_on=date(2026, 11, 16)).next_on == date(2026, 12, 14)
        assert review(running, office, held_on=REVIEW).next_on == LAST

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"next_on": LAST + timedelta(days=1)}, "no later than the end"),
            ({"next_on": date(2026, 12, 15), "held_on": date(2026, 11, 16)}, "within 28 days"),
            ({"held_on": REVIEW + timedelta(days=1)}, "the day it was held"),
            ({"held_on": MONDAY - timedelta(days=1)}, "the day it was held"),
            ({"words": " "}, "what the review found"),
        ],
        ids=["past-the-end", "29-days", "tomorrow", "before-it-began", "no-words"],
    )
    def test_one_that_cannot_stand(self, running, office, changes, words) -> None:
        with pytest.raises(ArrangedRefusedError, match=words):
            review(running, office, **changes)
        assert not PartTimeReview.objects.exists()

    def test_it_ends_with_the_review(self, running, office, pupil, night) -> None:
        review(running, office, ReviewOutcome.ENDS)
        row = LongArrangement.objects.get(pk=running.pk)
        assert (row.state, row.ended_on, row.ended_by) == (State.ENDED, REVIEW, office.user)
        assert Arrangement.objects.get().held_until == REVIEW
        assert fill(night, date(2026, 11, 27)) == 0

    def test_kept_for_ever(self, running, office) -> None:
        made = review(running, office)
        with pytest.raises(DatabaseError), transaction.atomic():
            PartTimeReview.objects.filter(pk=made.pk).update(words="Otherwise")
        with pytest.raises(DatabaseError), transaction.atomic():
            LongArrangement.objects.filter(pk=running.pk).delete()


class TestLapse:
    def test_it_lapses_that_night_stops_and_says_so(self, school, calendar, pupil, running, night) -> None:
        assert look(night, date(2026, 11, 27)) == lapses.Evening(0, 0, 0)
        assert fill(night, LAPSES) == 1
        assert look(night, LAPSES) == lapses.Evening(1, 0, 0)
        row = LongArrangement.objects.get(pk=running.pk)
        assert (row.state, row.lapsed_on) == (State.LAPSED, LAPSES)
        assert fill(night, date(2026, 12, 4)) == 0
        [line] = queries.listed(school, calendar, date(2026, 12, 1))
        assert line.is_bad
        assert "The review due on 23 November 2026 had not been held 5 school days later" in line.wanted[0].words
        assert queries.asking(school, calendar, date(2026, 12, 1)) == queries.Asking(1, 1, 1, 0)

    def test_run_twice_it_lapses_once(self, running, night) -> None:
        look(night, LAPSES)
        assert look(night, LAPSES) == lapses.Evening(0, 0, 0)
        assert Event.objects.filter(kind="part-time timetable lapsed").count() == 1

    def test_evenings_that_were_missed_gave_no_code_meanwhile(self, pupil, running, night) -> None:
        assert fill(night, date(2026, 12, 4)) == 0
        look(night, date(2026, 12, 9))
        row = LongArrangement.objects.get(pk=running.pk)
        assert (row.lapsed_on, Arrangement.objects.get().held_until) == (LAPSES, LAPSES)

    def test_codes_entered_ahead_are_put_right_with_amendments(
        self, school, calendar, pupil, office, running, night
    ) -> None:
        ahead = [
            Entry(pupil.pk, date(2026, 11, 30), Session.PM, "C2"),
            Entry(pupil.pk, date(2026, 12, 4), Session.AM, "C2"),
            Entry(pupil.pk, date(2026, 12, 7), Session.PM, "C2"),
            Entry(pupil.pk, date(2026, 12, 8), Session.PM, "M"),
        ]
        marks.enter(school, calendar, ahead, door=Door.OFFICE, reason="", today=MONDAY, by=office, at=AT)
        assert look(night, LAPSES) == lapses.Evening(1, 0, 2)
        assert codes_of(pupil)[1:] == [(30, "PM", "C2"), (4, "AM", "N"), (7, "PM", "N"), (8, "PM", "M")]
        chain = [(row.old_code, row.new_code, row.source, row.by) for row in Amendment.objects.order_by("pk")]
        assert chain == [("C2", "N", "lapsed", night.user)] * 2
        assert {row.reason for row in Amendment.objects.all()} == {arranged_days.FELL_AWAY}

    def test_another_agreement_for_the_session_keeps_its_code(
        self, school, calendar, pupil, office, head, running, night
    ) -> None:
        later = propose(pupil, office, first_on=date(2026, 12, 1), weekdays="2PM", review_on=date(2026, 12, 10))
        agree_parent(later, office)
        agree_head(later, head)
        entry = Entry(pupil.pk, date(2026, 12, 1), Session.PM, "C2")
        marks.enter(school, calendar, [entry], door=Door.OFFICE, reason="", today=MONDAY, by=office, at=AT)
        assert look(night, LAPSES).put_right == 0

    def test_a_review_in_time_keeps_it(self, running, office, night) -> None:
        review(running, office, held_on=LAPSES, today=LAPSES)
        assert look(night, LAPSES).lapsed == 0

    def test_a_lapsed_one_is_not_reviewed_but_put_away(self, running, office, night, calendar) -> None:
        look(night, LAPSES)
        with pytest.raises(ArrangedRefusedError, match="lapsed"):
            review(running, office, held_on=LAPSES, today=LAPSES)
        long_arrangements.end(
            running.pk, running.school, calendar, LAST, "Full time again", today=LAPSES, by=office, at=AT
        )
        row = LongArrangement.objects.get(pk=running.pk)
        assert (row.state, row.ended_on, row.ended_why) == (State.ENDED, LAPSES, "Full time again")

    def test_its_end_lapses_it_too(self, running, office, night) -> None:
        review(running, office)
        assert look(night, date(2026, 12, 17)).lapsed == 0
        assert look(night, LAST).lapsed == 1

    def test_another_schools_is_left(self, school, other_school, running, night) -> None:
        with schools_in_scope([other_school.pk]):
            theirs = builders.nightly(other_school)
            assert look(theirs, LAPSES) == lapses.Evening(0, 0, 0)
        assert state(running) == State.RUNNING


class TestNight:
    def ask(self, at: datetime) -> int:
        with time_machine.travel(at, tick=False):
            return tasks.lapse_all()

    def test_asked_for_each_evening_and_done_once(self, school, running, night) -> None:
        assert self.ask(datetime(2026, 11, 30, 17, 59, tzinfo=UTC)) == 0
        assert self.ask(datetime(2026, 11, 30, 19, 15, tzinfo=UTC)) == 1
        assert self.ask(datetime(2026, 11, 30, 20, 15, tzinfo=UTC)) == 1
        assert Job.objects.filter(kind="lapse").count() == 1
        jobs.run_waiting(lambda: AT)
        assert state(running) == State.LAPSED
        assert self.ask(datetime(2026, 12, 1, 19, 15, tzinfo=UTC)) == 0

    def test_in_summer_six_in_the_evening_is_five_in_utc(self, school, running) -> None:
        LongArrangement.objects.update(first_on=date(2026, 9, 7))
        assert self.ask(datetime(2026, 9, 14, 16, 59, tzinfo=UTC)) == 0
        assert self.ask(datetime(2026, 9, 14, 17, 0, tzinfo=UTC)) == 1

    def test_the_mornings_work_gives_its_codes(self, school, running, night, pupil) -> None:
        with time_machine.travel(datetime(2026, 11, 13, 5, 15, tzinfo=UTC), tick=False):
            assert tasks.fill_reported_all() == 1
        jobs.run_waiting(lambda: AT)
        assert (13, "AM", "C2") in codes_of(pupil)


def test_running_without_a_record_is_refused_by_the_database(running) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        LongArrangement.objects.filter(pk=running.pk).update(arrangement=None)


def test_telling_the_authority(running, office) -> None:
    school = running.school
    with pytest.raises(ArrangedRefusedError, match="Say how"):
        part_time.tell(running.pk, school, MONDAY, " ", today=MONDAY, by=office, at=AT)
    part_time.tell(running.pk, school, MONDAY, "Form to the inclusion team", today=MONDAY, by=office, at=AT)
    assert LongArrangement.objects.get(pk=running.pk).terms.told_on == MONDAY
    with pytest.raises(ArrangedRefusedError, match="already"):
        part_time.tell(running.pk, school, MONDAY, "Again", today=MONDAY, by=office, at=AT)


def test_the_list_asks_in_a_constant_number_of_queries(
    school, calendar, pupil, office, head, running, django_assert_max_num_queries
) -> None:
    for number in range(6):
        row = propose(builders.pupil(school, f"Also {number}"), office)
        agree_parent(row, office)
        agree_head(row, head)
    with django_assert_max_num_queries(4):
        assert len(queries.listed(school, calendar, date(2026, 11, 20))) == 7
    with django_assert_max_num_queries(1):
        assert len(queries.holdings(school, calendar, MONDAY, FRIDAY)) == 7


@pytest.mark.parametrize(
    ("on", "words", "is_bad"),
    [
        (date(2026, 11, 13), None, False),
        (date(2026, 11, 16), "Review due", False),
        (date(2026, 11, 23), "Review due", False),
        (date(2026, 11, 24), "Review overdue; gives no code after 30 November", True),
    ],
    ids=["six-school-days-before", "five-before", "the-day", "the-day-after"],
)
def test_what_the_list_asks_about_a_review(school, calendar, running, on, words, is_bad) -> None:
    [line] = queries.listed(school, calendar, on)
    asked = {one.words: one.is_bad for one in line.wanted}
    assert asked.pop("Tell the local authority") is False
    assert asked == ({words: is_bad} if words else {})
