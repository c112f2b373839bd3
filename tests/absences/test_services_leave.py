"""Entering and deciding leave: the row, the registers, the record, the refusals."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from absences.models import LeaveRequest
from absences.rules.leave import Category, Decision, FourTests, LeaveRefusedError, LeaveState
from absences.services import leave
from registers.models import Amendment, Arrangement, Event, Mark
from registers.queries import calendars, certificates
from registers.queries.figures import Period
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.absences.builders import FAR, am, decide, pm, request
from tests.builders import AT, TODAY

MONDAY, FRIDAY = FAR


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def head(school):
    return builders.member(school, Role.HEAD)


@pytest.fixture
def pupil(school):
    return builders.pupil(school)


def codes_of(pupil, first_on=MONDAY, last_on=FRIDAY):
    marks = Mark.objects.filter(pupil=pupil, on__gte=first_on, on__lte=last_on).order_by("on", "session")
    return " ".join(marks.values_list("code", flat=True))


class TestEntering:
    def test_keeps_the_request_as_it_came(self, pupil, office):
        row = request(pupil, office, received_on=date(2026, 11, 18), last=am(FRIDAY))
        row.refresh_from_db()
        assert (row.pupil, row.applicant) == (pupil, pupil.contacts.get().parent)
        assert (row.received_on, row.span.first, row.span.last) == (date(2026, 11, 18), am(MONDAY), am(FRIDAY))
        assert (row.category, row.state, row.asked_sessions) == ("holiday", LeaveState.RECEIVED, 9)
        assert row.reason == "Grandmother’s eightieth birthday abroad"
        assert (row.entered_at, row.entered_by, row.entered_role) == (AT, office.user, "office")
        assert (row.granted_sessions, row.decided_at, row.code) == (None, None, "")

    def test_writes_the_event_without_a_name(self, pupil, office):
        row = request(pupil, office)
        event = Event.objects.get()
        assert (event.kind, event.pupil, event.subject) == ("leave request entered", pupil, f"leave request:{row.pk}")
        assert (event.by, event.role, event.at) == (office.user, "office", AT)
        assert event.facts == {
            "category": "holiday",
            "first": "Mon 7 Dec 2026 AM",
            "last": "Fri 11 Dec 2026 PM",
            "asked": 10,
        }

    def test_changes_no_mark(self, pupil, office):
        request(pupil, office)
        assert not Mark.objects.exists()

    def test_a_late_request_is_entered_all_the_same(self, pupil, office):
        row = request(pupil, office, first=am(date(2026, 11, 18)), last=pm(TODAY))
        assert (row.state, row.asked_sessions) == (LeaveState.RECEIVED, 6)

    @pytest.mark.parametrize(
        ("first", "last", "received_on", "message"),
        [
            pytest.param(date(2026, 12, 5), date(2026, 12, 6), TODAY, "no school session", id="a weekend"),
            pytest.param(date(2026, 11, 2), date(2026, 11, 2), TODAY, "no school session", id="in-service day"),
            pytest.param(date(2026, 10, 19), date(2026, 10, 30), TODAY, "no school session", id="half-term"),
            pytest.param(FRIDAY, MONDAY, TODAY, "comes before", id="backwards"),
            pytest.param(
                date(2027, 9, 6), date(2027, 9, 7), TODAY, "calendar is entered", id="next year's terms missing"
            ),
            pytest.param(MONDAY, FRIDAY, date(2026, 11, 21), "after today", id="received tomorrow"),
        ],
    )
    def test_a_refusal_keeps_nothing(self, pupil, office, first, last, received_on, message):
        with pytest.raises(LeaveRefusedError, match=message):
            request(pupil, office, first=am(first), last=pm(last), received_on=received_on)
        assert not LeaveRequest.objects.exists()
        assert not Event.objects.exists()

    def test_a_parent_the_pupil_does_not_live_with_cannot_ask(self, pupil, office):
        elsewhere = builders.parent_of(pupil, lives_with_pupil=False, priority=2)
        with pytest.raises(LeaveRefusedError, match="normally lives with"):
            request(pupil, office, applicant=elsewhere)
        assert not LeaveRequest.objects.exists()

    def test_another_pupils_parent_cannot_ask(self, pupil, office):
        other = builders.pupil(pupil.school).contacts.get()
        with pytest.raises(LeaveRefusedError, match="not among this pupil’s contacts"):
            request(pupil, office, applicant=other)

    def test_another_schools_contact_cannot_ask(self, pupil, office, other_school):
        with schools_in_scope([pupil.school_id, other_school.pk]):
            stranger = builders.pupil(other_school).contacts.get()
            with pytest.raises(LeaveRefusedError, match="not among this pupil’s contacts"):
                request(pupil, office, applicant=stranger)
            assert not LeaveRequest.objects.exists()

    def test_the_same_form_sent_twice_is_one_request(self, pupil, office):
        request(pupil, office)
        with pytest.raises(LeaveRefusedError, match="already waiting"):
            request(pupil, office)
        assert LeaveRequest.objects.count() == 1

    def test_days_beside_a_waiting_request_may_be_asked_for(self, pupil, office):
        request(pupil, office, last=am(FRIDAY))
        request(pupil, office, first=pm(FRIDAY))
        assert LeaveRequest.objects.count() == 2

    def test_after_a_refusal_the_family_may_ask_again(self, pupil, office, head):
        decide(request(pupil, office), head, Decision.REFUSE)
        request(pupil, office)
        assert sorted(LeaveRequest.objects.values_list("state", flat=True)) == ["received", "refused"]

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR, Role.NIGHTLY])
    def test_only_those_who_may_enter_leave(self, pupil, role):
        with pytest.raises(RightRefusedError):
            request(pupil, builders.member(pupil.school, role))
        assert not LeaveRequest.objects.exists()


class TestGranting:
    def test_all_sessions_are_entered_ahead_and_show_on_the_certificate(self, pupil, office, head):
        decide(request(pupil, office), head)
        assert codes_of(pupil) == " ".join(["C"] * 10)
        marks = Mark.objects.filter(pupil=pupil)
        assert {(mark.source, mark.recorded_by, mark.recorded_role) for mark in marks} == {("leave", head.user, "head")}
        certificate = certificates.of(
            pupil.school, calendars.of(pupil.school), pupil, Period(date(2026, 11, 30), date(2026, 12, 18))
        )
        assert certificate.figures.authorised == 10
        assert [code.symbol for code in certificate.codes_used] == ["C"]

    def test_the_decision_is_kept_with_its_words_and_tests(self, pupil, office, head):
        tests = FourTests(rare=True, significant=True, unavoidable=False, short=None)
        row = decide(request(pupil, office), head, tests=tests)
        row.refresh_from_db()
        assert (row.state, row.granted_sessions, row.code) == (LeaveState.GRANTED, 10, "C")
        assert (row.decided_at, row.decided_by, row.decided_role) == (AT, head.user, "head")
        assert row.decision_words == "A rare event that cannot be moved."
        assert (row.rare, row.significant, row.unavoidable, row.short) == (True, True, False, None)

    def test_a_part_is_the_first_sessions(self, pupil, office, head):
        row = decide(request(pupil, office, first=pm(MONDAY)), head, Decision.PART, granted=4)
        assert (row.state, row.asked_sessions, row.granted_sessions) == (LeaveState.PARTLY_GRANTED, 9, 4)
        granted = [(mark.on, mark.session) for mark in Mark.objects.filter(pupil=pupil).order_by("on", "session")]
        assert granted == [
            (MONDAY, "PM"),
            (date(2026, 12, 8), "AM"),
            (date(2026, 12, 8), "PM"),
            (date(2026, 12, 9), "AM"),
        ]

    def test_the_code_rests_on_an_arrangement_that_names_the_request(self, pupil, office, head):
        row = decide(request(pupil, office), head, Decision.PART, granted=3)
        arrangement = Arrangement.objects.get()
        assert (arrangement.pupil, arrangement.code, arrangement.reference) == (pupil, "C", f"Leave request {row.pk}")
        assert (arrangement.first_on, arrangement.first_session) == (MONDAY, "AM")
        assert (arrangement.last_on, arrangement.last_session) == (date(2026, 12, 8), "AM")
        assert arrangement.recorded_by == head.user

    def test_leave_over_a_holiday_skips_what_is_closed(self, pupil, office, head):
        row = request(pupil, office, first=am(date(2026, 12, 18)), last=pm(date(2027, 1, 4)))
        decide(row, head)
        assert codes_of(pupil, date(2026, 12, 18), date(2027, 1, 4)) == "C C C C"

    @pytest.mark.parametrize(
        ("category", "code"),
        [(Category.PERFORMANCE, "C1"), (Category.INTERVIEW, "J1"), (Category.EXAMINATION, "S")],
    )
    def test_other_kinds_of_leave_carry_their_own_code(self, pupil, office, head, category, code):
        decide(request(pupil, office, category=category, last=am(MONDAY)), head, code=code)
        assert codes_of(pupil) == code
        assert Arrangement.objects.get().code == code

    def test_religious_observance_needs_no_arrangement(self, pupil, office, head):
        decide(request(pupil, office, category=Category.RELIGIOUS, last=pm(MONDAY)), head, code="R")
        assert codes_of(pupil) == "R R"
        assert not Arrangement.objects.exists()

    def test_decided_late_it_amends_unexplained_marks_and_leaves_present_ones(self, pupil, office, head):
        row = request(pupil, office)
        builders.marks(pupil, calendars.of(pupil.school), MONDAY, "NO/\\LGI")
        decide(row, head, today=date(2026, 12, 10))
        assert codes_of(pupil) == "C C / \\ L C I C C C"
        amendments = Amendment.objects.order_by("mark__on", "mark__session")
        assert [(step.old_code, step.new_code, step.reason) for step in amendments] == [
            ("N", "C", "Leave granted"),
            ("O", "C", "Leave granted"),
            ("G", "C", "Leave granted"),
        ]
        assert {(step.by, step.role, step.source) for step in amendments} == {(head.user, "head", "leave")}
        first = Mark.objects.get(pupil=pupil, on=MONDAY, session=Session.AM)
        assert first.version == 2
        assert first.recorded_role == "office"

    def test_a_planned_visit_ahead_gives_way_and_a_suspension_does_not(self, pupil, office, head):
        row = request(pupil, office, last=pm(MONDAY))
        builders.mark(pupil, MONDAY, Session.AM, "V")
        builders.mark(pupil, MONDAY, Session.PM, "E")
        decide(row, head)
        assert codes_of(pupil) == "C E"

    @pytest.mark.parametrize(
        ("decision", "granted", "kind", "facts"),
        [
            (Decision.ALL, None, "leave granted", {"asked": 10, "granted": 10, "code": "C", "entered": 10}),
            (Decision.PART, 4, "leave partly granted", {"asked": 10, "granted": 4, "code": "C", "entered": 4}),
            (Decision.REFUSE, None, "leave refused", {"asked": 10, "granted": 0, "code": "", "entered": 0}),
        ],
    )
    def test_writes_the_event(self, pupil, office, head, decision, granted, kind, facts):
        row = decide(request(pupil, office), head, decision, granted=granted)
        event = Event.objects.get(kind=kind)
        assert (event.by, event.role, event.at, event.pupil) == (head.user, "head", AT, pupil)
        assert event.subject == f"leave request:{row.pk}"
        assert event.facts.items() >= facts.items()
        assert "words" not in event.facts


class TestRefusing:
    def test_a_refusal_keeps_the_request_and_touches_no_mark(self, pupil, office, head):
        row = decide(request(pupil, office), head, Decision.REFUSE)
        row.refresh_from_db()
        assert (row.state, row.granted_sessions, row.code) == (LeaveState.REFUSED, 0, "")
        assert row.decision_words
        assert not Mark.objects.exists()
        assert not Arrangement.objects.exists()

    def test_the_database_keeps_it_for_ever(self, pupil, office, head):
        row = decide(request(pupil, office), head, Decision.REFUSE)
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
            row.delete()
        assert LeaveRequest.objects.filter(pk=row.pk).exists()

    @pytest.mark.parametrize("decision", [Decision.ALL, Decision.PART])
    def test_a_retrospective_request_can_only_be_refused(self, pupil, office, head, decision):
        row = request(pupil, office, first=am(TODAY), last=pm(date(2026, 11, 24)))
        with pytest.raises(LeaveRefusedError, match="afterwards, whoever asks"):
            decide(row, head, decision, granted=2)
        row.refresh_from_db()
        assert row.state == LeaveState.RECEIVED
        assert not Mark.objects.exists()
        assert decide(row, head, Decision.REFUSE).state == LeaveState.REFUSED

    def test_a_request_received_on_the_weekend_before_is_in_advance(self, pupil, office, head):
        sunday = date(2026, 11, 22)
        row = request(
            pupil, office, first=am(date(2026, 11, 21)), last=pm(date(2026, 11, 23)), received_on=sunday, today=sunday
        )
        assert decide(row, head, today=sunday).state == LeaveState.GRANTED


class TestDecidingOnce:
    @pytest.mark.parametrize("again", Decision)
    @pytest.mark.parametrize("first", [Decision.ALL, Decision.REFUSE])
    def test_a_second_decision_is_refused_and_nothing_is_doubled(self, pupil, office, head, first, again):
        row = request(pupil, office)
        decide(row, head, first)
        before = (Mark.objects.count(), Arrangement.objects.count(), Event.objects.count())
        with pytest.raises(LeaveRefusedError, match="already decided"):
            decide(row, head, again, granted=4)
        assert (Mark.objects.count(), Arrangement.objects.count(), Event.objects.count()) == before
        state = LeaveRequest.objects.get(pk=row.pk).state
        assert state == (LeaveState.GRANTED if first is Decision.ALL else LeaveState.REFUSED)

    def test_a_deputy_whom_the_school_names_decides_and_is_named(self, pupil, office):
        deputy = builders.member(pupil.school, Role.DEPUTY)
        row = decide(request(pupil, office), deputy)
        assert (row.state, row.decided_by_id, row.decided_role) == (LeaveState.GRANTED, deputy.user_id, "deputy")
        assert Event.objects.get(kind="leave granted").role == Role.DEPUTY

    @pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HEAD, Role.DEPUTY)])
    def test_nobody_but_the_head_and_the_deputy_decides(self, pupil, office, role):
        row = request(pupil, office)
        with pytest.raises(RightRefusedError):
            decide(row, builders.member(pupil.school, role))
        assert LeaveRequest.objects.get(pk=row.pk).state == LeaveState.RECEIVED
        assert not Mark.objects.exists()

    def test_the_head_of_another_school_does_not_decide(self, pupil, office, other_school):
        row = request(pupil, office)
        with schools_in_scope([pupil.school_id, other_school.pk]):
            with pytest.raises(RightRefusedError, match="another school"):
                decide(row, builders.member(other_school, Role.HEAD))
            assert LeaveRequest.objects.get(pk=row.pk).state == LeaveState.RECEIVED

    def test_another_schools_request_is_not_found(self, school, head, other_school):
        with schools_in_scope([school.pk, other_school.pk]):
            row = request(builders.pupil(other_school), builders.member(other_school))
            with pytest.raises(LeaveRequest.DoesNotExist):
                leave.decide(
                    row.pk,
                    school,
                    calendars.of(school),
                    decision=Decision.REFUSE,
                    code="",
                    words="No.",
                    tests=FourTests(),
                    today=TODAY,
                    by=head,
                    at=AT,
                )

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            pytest.param(
                {"decision": Decision.PART, "granted": [am(date(2026, 12, 14))]}, "not asked for", id="another day"
            ),
            pytest.param({"decision": Decision.PART, "granted": []}, "from 1 to 10", id="a part that is nothing"),
            pytest.param({"code": "C1"}, "does not fit", id="a code that does not fit"),
            pytest.param({"code": "I"}, "does not fit", id="illness is no leave"),
        ],
    )
    def test_a_decision_that_breaks_a_rule_changes_nothing(self, pupil, office, head, changes, message):
        row = request(pupil, office)
        with pytest.raises(LeaveRefusedError, match=message):
            decide(row, head, **changes)
        row.refresh_from_db()
        assert row.state == LeaveState.RECEIVED
        assert not Mark.objects.exists()
        assert not Arrangement.objects.exists()
        assert not Event.objects.exclude(kind="leave request entered").exists()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"state": "granted"}, id="granted by nobody"),
        pytest.param({"state": "forgotten"}, id="unknown state"),
        pytest.param({"category": "whim"}, id="unknown category"),
        pytest.param({"granted_sessions": 3}, id="sessions without a decision"),
        pytest.param({"code": "C"}, id="a code without a grant"),
        pytest.param({"last_session": "XX"}, id="unknown session"),
        pytest.param({"last_on": date(2026, 12, 6)}, id="backwards"),
    ],
)
def test_the_database_refuses_a_row_that_breaks_a_rule(pupil, office, changes):
    row = request(pupil, office)
    with pytest.raises(IntegrityError), transaction.atomic():
        LeaveRequest.objects.filter(pk=row.pk).update(**changes)


@pytest.mark.parametrize("granted", [0, 10])
def test_the_database_refuses_a_part_that_is_none_or_all(pupil, office, head, granted):
    row = decide(request(pupil, office), head, Decision.PART, granted=4)
    with pytest.raises(IntegrityError), transaction.atomic():
        LeaveRequest.objects.filter(pk=row.pk).update(granted_sessions=granted)
