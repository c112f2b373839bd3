"""What happens to a request beside its decision: more asked, withdrawn, shortened; the amendments it leaves."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from absences.models import LeaveRequest, LeaveSession, LeaveStep
from absences.queries import first_day
from absences.rules.leave import Category, Decision, LeaveRefusedError, LeaveState
from absences.rules.spans import Span
from absences.services import leave, leave_changes
from registers.models import Amendment, Arrangement, Event, Mark
from registers.queries import calendars
from registers.queries.registers import class_register
from registers.rules.marks import Door
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session, SessionOn
from registers.rules.taking import Seen
from registers.scope import schools_in_scope
from registers.services import registers
from registers.services.registers import Answer, RegisterRefusedError
from tests import builders
from tests.absences.builders import FAR, am, decide, pm, request
from tests.builders import AT, TODAY

MONDAY, FRIDAY = FAR
WEEK = tuple(SessionOn(MONDAY + timedelta(days=day), session) for day in range(5) for session in Session)


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def head(school):
    return builders.member(school, Role.HEAD)


@pytest.fixture
def school_class(school):
    return builders.school_class(school, "3 Test", builders.member(school, Role.TEACHER))


@pytest.fixture
def pupil(school, school_class):
    return builders.pupil(school, school_class=school_class)


@pytest.fixture
def granted(pupil, office, head):
    return decide(request(pupil, office), head)


def codes_of(pupil):
    return " ".join(Mark.objects.filter(pupil=pupil).order_by("on", "session").values_list("code", flat=True))


def shorten(row, by, keep, words="They come back on Thursday."):
    return leave_changes.shorten(row.pk, row.school, calendars.of(row.school), keep, words, by=by, at=AT)


def withdraw(row, by, words="The mother rang: they stay at home."):
    return leave_changes.withdraw(row.pk, row.school, calendars.of(row.school), words, by=by, at=AT)


class TestMoreInformation:
    def test_what_is_asked_and_answered_is_kept_step_by_step(self, pupil, office, head):
        row = request(pupil, office)
        leave_changes.ask_more(row.pk, row.school, "Which day is the wedding?", by=head, at=AT)
        row.refresh_from_db()
        assert row.state == LeaveState.ASKED
        leave_changes.take_answer(row.pk, row.school, "The Tuesday.", by=office, at=AT)
        row.refresh_from_db()
        assert row.state == LeaveState.RECEIVED
        steps = LeaveStep.objects.filter(request=row).values_list("old", "new", "words", "role")
        assert list(steps) == [
            ("received", "information asked", "Which day is the wedding?", "head"),
            ("information asked", "received", "The Tuesday.", "office"),
        ]
        kinds = Event.objects.exclude(kind="leave request entered").values_list("kind", flat=True)
        assert list(kinds) == ["leave request: more asked", "leave request: answer taken"]
        assert all("words" not in event.facts for event in Event.objects.all())

    def test_it_may_be_decided_without_the_answer(self, pupil, office, head):
        row = request(pupil, office)
        leave_changes.ask_more(row.pk, row.school, "Which day?", by=head, at=AT)
        assert decide(row, head, Decision.REFUSE).state == LeaveState.REFUSED

    @pytest.mark.parametrize("change", [leave_changes.ask_more, leave_changes.take_answer])
    def test_without_words_nothing_changes(self, pupil, office, change):
        row = request(pupil, office)
        with pytest.raises(LeaveRefusedError, match="Write down what the family"):
            change(row.pk, row.school, " ", by=office, at=AT)
        assert not LeaveStep.objects.exists()

    def test_nothing_more_is_asked_after_a_refusal(self, pupil, office, head):
        row = decide(request(pupil, office), head, Decision.REFUSE)
        with pytest.raises(LeaveRefusedError, match="is refused"):
            leave_changes.ask_more(row.pk, row.school, "Why?", by=head, at=AT)

    def test_a_step_is_never_changed(self, granted):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
            LeaveStep.objects.filter(request=granted).update(words="Something else.")


class TestDecidedBySession:
    def test_any_four_of_ten_are_granted_and_rest_on_a_record_for_each_stretch(self, pupil, office, head):
        chosen = [WEEK[0], WEEK[1], WEEK[4], WEEK[9]]
        row = decide(request(pupil, office), head, Decision.PART, granted=chosen)
        assert (row.state, row.granted_sessions) == (LeaveState.PARTLY_GRANTED, 4)
        marks = Mark.objects.filter(pupil=pupil).order_by("on", "session")
        assert [SessionOn(mark.on, Session(mark.session)) for mark in marks] == chosen
        held = Arrangement.objects.order_by("first_on").values_list(
            "first_on", "first_session", "last_on", "last_session"
        )
        assert list(held) == [
            (MONDAY, "AM", MONDAY, "PM"),
            (date(2026, 12, 9), "AM", date(2026, 12, 9), "AM"),
            (FRIDAY, "PM", FRIDAY, "PM"),
        ]
        assert leave_changes.granted_of(row) == chosen

    @pytest.mark.parametrize(
        ("category", "code", "name"),
        [
            pytest.param(Category.RELIGIOUS, "R", "festival", id="religious observance"),
            pytest.param(Category.PERFORMANCE, "C1", "licence", id="performance"),
            pytest.param(Category.INTERVIEW, "J1", "institution", id="interview"),
            pytest.param(Category.EXAMINATION, "S", "exam", id="study leave"),
            pytest.param(Category.MEDICAL, "M", "appointment", id="medical"),
            pytest.param(Category.TRAVELLER, "T", "return_on", id="traveller"),
        ],
    )
    def test_a_code_is_not_given_without_what_the_law_wants_kept(self, school, office, head, category, code, name):
        pupil = builders.pupil(school, mobile_child=True)
        row = request(pupil, office, category=category, last=am(MONDAY))
        kept = dict(row.details)
        LeaveRequest.objects.filter(pk=row.pk).update(details={key: kept[key] for key in kept if key != name})
        with pytest.raises(LeaveRefusedError, match="is not given without"):
            decide(row, head, code=code)
        assert not Mark.objects.exists()
        leave_changes.keep_details(row.pk, school, kept, by=office, at=AT)
        decide(row, head, code=code)
        assert codes_of(pupil) == code

    def test_t_is_for_a_mobile_child_alone(self, pupil, office, head):
        row = request(pupil, office, category=Category.TRAVELLER)
        with pytest.raises(LeaveRefusedError, match="mobile child"):
            decide(row, head, code="T")
        assert not Mark.objects.exists()

    def test_particulars_stay_as_they_were_decided_upon(self, pupil, office, head):
        row = decide(request(pupil, office, category=Category.RELIGIOUS), head, code="R")
        with pytest.raises(LeaveRefusedError, match="already decided"):
            leave_changes.keep_details(row.pk, row.school, {"festival": "Another"}, by=office, at=AT)


class TestShortening:
    def test_what_remains_stands_and_what_is_given_back_becomes_n_by_amendment(self, granted, pupil, office):
        row = shorten(granted, office, WEEK[:6])
        row.refresh_from_db()
        assert (row.state, row.granted_sessions, row.code) == (LeaveState.PARTLY_GRANTED, 6, "C")
        assert codes_of(pupil) == "C C C C C C N N N N"
        chain = Amendment.objects.order_by("mark__on", "mark__session")
        assert [(step.old_code, step.new_code, step.version) for step in chain] == [("C", "N", 2)] * 4
        assert {(step.reason, step.source, step.by_id, step.role) for step in chain} == {
            (f"Leave shortened (Leave request {row.pk})", Door.LAPSED, office.user_id, "office")
        }
        kept_back = LeaveSession.objects.filter(request=row).values_list("given_back_at", flat=True)
        assert list(kept_back) == [None] * 6 + [AT] * 4

    def test_the_record_is_ended_and_not_deleted_and_what_remains_has_its_own(self, granted, office, head):
        shorten(granted, office, [*WEEK[:2], *WEEK[8:]])
        rows = Arrangement.objects.order_by("pk").values_list("first_on", "last_on", "ended_at", "ended_by")
        assert list(rows) == [
            (MONDAY, FRIDAY, AT, office.user_id),
            (MONDAY, MONDAY, None, None),
            (FRIDAY, FRIDAY, None, None),
        ]

    def test_it_may_be_shortened_again_but_not_lengthened(self, granted, pupil, office):
        shorten(granted, office, WEEK[:6])
        shorten(granted, office, WEEK[:2])
        assert codes_of(pupil) == "C C N N N N N N N N"
        with pytest.raises(LeaveRefusedError, match="still ticked"):
            shorten(granted, office, WEEK[:6])

    def test_marks_of_what_happened_meanwhile_stay(self, granted, pupil, office):
        Mark.objects.filter(pupil=pupil, on=FRIDAY).update(code="I")
        shorten(granted, office, WEEK[:6])
        assert codes_of(pupil) == "C C C C C C N N I I"

    def test_the_step_says_which_sessions_and_why(self, granted, office):
        shorten(granted, office, WEEK[:8])
        step = LeaveStep.objects.order_by("pk").last()
        assert (step.old, step.new, step.words) == ("granted", "partly granted", "They come back on Thursday.")
        assert step.sessions == ["2026-12-11AM", "2026-12-11PM"]
        event = Event.objects.get(kind="leave shortened")
        assert (event.pupil, event.facts) == (granted.pupil, {"sessions": 2})

    @pytest.mark.parametrize("decision", [None, Decision.REFUSE])
    def test_only_a_grant_can_be_shortened(self, pupil, office, head, decision):
        row = request(pupil, office)
        if decision:
            decide(row, head, decision)
        with pytest.raises(LeaveRefusedError, match="Only leave that was granted"):
            shorten(row, office, WEEK[:2])

    def test_granted_anew_the_n_gives_way_to_the_new_leave(self, granted, pupil, office, head):
        shorten(granted, office, WEEK[:8])
        decide(request(pupil, office, first=am(FRIDAY)), head)
        assert codes_of(pupil) == " ".join(["C"] * 10)

    def test_sessions_that_have_passed_are_for_the_office_to_explain(self, granted, pupil, office):
        withdraw(granted, office)
        assert set(Mark.objects.values_list("code", "source")) == {("N", Door.LAPSED)}


class TestTheClassRegisterAfterwards:
    """On the day itself an N where a plan fell away is as good as a blank."""

    @pytest.fixture
    def register(self, granted, office, school, school_class):
        shorten(granted, office, WEEK[:8])
        place = SessionOn(FRIDAY, Session.AM)
        return lambda: class_register(school, calendars.of(school), school_class, place)

    def take(self, school, school_class, answers, **options):
        teacher = builders.member(school, Role.TEACHER)
        place = SessionOn(FRIDAY, Session.AM)
        calendar = calendars.of(school)
        state = {"is_closed": False, "today": FRIDAY} | options
        return registers.take(school, calendar, school_class, place, answers, **state, by=teacher, at=AT)

    def test_it_shows_no_lock_and_nothing_said(self, register):
        [row] = register().rows
        assert (row.is_locked, row.seen, row.is_open) == (False, None, True)
        assert (register().blank, register().absent) == (1, ())

    def test_the_teacher_writes_over_it(self, register, school, school_class, pupil):
        [row] = register().rows
        answer = Answer(Seen.PRESENT, version=row.mark.version, sighting=0)
        self.take(school, school_class, {pupil.pk: answer})
        mark = Mark.objects.get(pupil=pupil, on=FRIDAY, session=Session.AM)
        assert (mark.code, mark.source, mark.seen) == ("/", Door.TEACHER, "P")
        chain = Amendment.objects.filter(mark=mark).values_list("old_code", "new_code")
        assert list(chain) == [("C", "N"), ("N", "/")]

    def test_a_register_without_an_answer_for_it_is_not_complete(self, register, school, school_class):
        register()
        with pytest.raises(RegisterRefusedError, match="1 pupil has no mark yet"):
            self.take(school, school_class, {})

    def test_after_closing_it_is_filled_like_a_blank(self, register, school, school_class, pupil):
        register()
        self.take(school, school_class, {pupil.pk: Answer(Seen.ABSENT)}, is_closed=True)
        mark = Mark.objects.get(pupil=pupil, on=FRIDAY, session=Session.AM)
        assert (mark.code, mark.seen) == ("N", "A")

    def test_the_first_day_list_waits_for_the_register(self, register, school):
        register()
        morning = AT.replace(month=12, day=11)
        assert first_day.count(school, calendars.of(school), morning.date()) == (0, 0)
        Mark.objects.filter(on=FRIDAY).update(source=Door.OFFICE)
        assert first_day.count(school, calendars.of(school), morning.date()) == (1, 1)


class TestWithdrawing:
    def test_before_its_decision_it_leaves_no_trace_in_the_registers(self, pupil, office):
        row = withdraw(request(pupil, office), office)
        row.refresh_from_db()
        assert (row.state, row.granted_sessions, row.decided_at) == (LeaveState.WITHDRAWN, None, None)
        assert not Mark.objects.exists()
        assert Event.objects.filter(kind="leave withdrawn", pupil=pupil).count() == 1

    def test_after_a_grant_everything_goes_back(self, granted, pupil, office, head):
        row = withdraw(granted, office)
        row.refresh_from_db()
        assert (row.state, row.granted_sessions, row.decided_by) == (LeaveState.WITHDRAWN, 0, head.user)
        assert codes_of(pupil) == " ".join(["N"] * 10)
        assert set(Amendment.objects.values_list("reason", flat=True)) == {f"Leave withdrawn (Leave request {row.pk})"}
        assert not Arrangement.objects.filter(ended_at__isnull=True).exists()
        assert Arrangement.objects.count() == 1

    def test_religious_observance_goes_back_without_a_record(self, pupil, office, head):
        row = decide(request(pupil, office, category=Category.RELIGIOUS, last=pm(MONDAY)), head, code="R")
        withdraw(row, office)
        assert codes_of(pupil) == "N N"

    def test_a_refusal_is_kept_and_cannot_be_withdrawn(self, pupil, office, head):
        row = decide(request(pupil, office), head, Decision.REFUSE)
        with pytest.raises(LeaveRefusedError, match="is refused"):
            withdraw(row, office)
        assert LeaveRequest.objects.get().state == LeaveState.REFUSED

    def test_twice_is_refused_and_changes_nothing(self, granted, office):
        withdraw(granted, office)
        before = Amendment.objects.count()
        with pytest.raises(LeaveRefusedError, match="is withdrawn"):
            withdraw(granted, office)
        assert Amendment.objects.count() == before

    def test_the_family_may_ask_again(self, granted, pupil, office):
        withdraw(granted, office)
        assert request(pupil, office).state == LeaveState.RECEIVED

    @pytest.mark.parametrize("role", [Role.TEACHER, Role.GOVERNOR, Role.ONLINE])
    def test_only_those_who_enter_leave_withdraw_it(self, granted, role):
        with pytest.raises(RightRefusedError):
            withdraw(granted, builders.member(granted.school, role))

    def test_another_schools_request_is_not_found(self, school, office, other_school):
        with schools_in_scope([school.pk, other_school.pk]):
            row = request(builders.pupil(other_school), builders.member(other_school))
            with pytest.raises(LeaveRequest.DoesNotExist):
                leave_changes.withdraw(row.pk, school, calendars.of(school), "No.", by=office, at=AT)


class TestBrothersAndSisters:
    @pytest.fixture
    def family(self, school):
        eldest = builders.pupil(school, forename="Ada", dob=date(2016, 3, 1))
        others = [builders.pupil(school, forename=name) for name in ("Ben", "Cat")]
        parent = eldest.contacts.get().parent
        for other in others:
            other.contacts.update(parent=parent)
        return [eldest, *others]

    def ask(self, pupils, by, **changes):
        return leave.enter_family(
            by.school,
            calendars.of(by.school),
            pupils,
            pupils[0].contacts.get(),
            TODAY,
            Span(am(MONDAY), pm(FRIDAY)),
            "A cousin’s wedding",
            Category.FUNERAL_OR_WEDDING,
            **{"today": TODAY, "by": by, "at": AT, **changes},
        )

    def test_one_request_has_a_row_for_each_child(self, family, office):
        rows = self.ask(family, office)
        assert [row.pupil for row in rows] == family
        assert len({row.together for row in rows}) == 1
        assert rows[0].together is not None
        assert Event.objects.filter(kind="leave request entered").count() == 3

    def test_a_request_for_one_child_stands_alone(self, family, office):
        assert self.ask(family[:1], office)[0].together is None

    def test_each_is_decided_apart(self, family, office, head):
        first, second, third = self.ask(family, office)
        decide(first, head)
        decide(second, head, Decision.REFUSE)
        assert sorted(LeaveRequest.objects.values_list("state", flat=True)) == ["granted", "received", "refused"]
        assert third.is_open

    def test_a_child_the_applicant_does_not_live_with_stops_the_whole_request(self, family, office):
        family[2].contacts.update(lives_with_pupil=False)
        with pytest.raises(LeaveRefusedError, match="normally lives with"):
            self.ask(family, office)
        assert not LeaveRequest.objects.exists()

    def test_a_stranger_among_them_stops_the_whole_request(self, family, office, school):
        with pytest.raises(LeaveRefusedError, match="contacts of every child"):
            self.ask([*family, builders.pupil(school)], office)
        assert not LeaveRequest.objects.exists()

    def test_nobody_is_refused(self, family, office):
        with pytest.raises(LeaveRefusedError, match="Choose the child"):
            leave.enter_family(
                office.school,
                calendars.of(office.school),
                [],
                family[0].contacts.get(),
                TODAY,
                Span(am(MONDAY), pm(FRIDAY)),
                "A wedding",
                Category.OTHER,
                today=TODAY,
                by=office,
                at=AT,
            )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"outcome": "perhaps"}, id="unknown outcome"),
        pytest.param({"source": "pigeon"}, id="unknown way"),
        pytest.param({"state": "withdrawn", "granted_sessions": 3}, id="withdrawn with sessions"),
    ],
)
def test_the_database_refuses_what_breaks_a_rule(pupil, office, changes):
    row = request(pupil, office)
    with pytest.raises(IntegrityError), transaction.atomic():
        LeaveRequest.objects.filter(pk=row.pk).update(**changes)
