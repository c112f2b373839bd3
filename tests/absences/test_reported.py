"""Absences reported once for several days: what a morning fills, and when it stops."""

from datetime import UTC, date, datetime, time

import pytest
import time_machine

from absences import tasks
from absences.models import Reason
from absences.rules import reported as rules
from absences.rules.reasons import Channel, Outcome, Told
from absences.rules.reported import Reported
from absences.rules.spans import Span
from absences.services import reasons
from absences.services import reported as services
from registers.models import Amendment, ClassTeacher, Event, Job, Mark, SiteEvent
from registers.queries import calendars, disagreements
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn
from registers.rules.taking import Seen
from registers.scope import schools_in_scope
from registers.services import jobs, registers
from registers.services.registers import Answer
from tests import builders
from tests.absences.builders import am, pm
from tests.builders import AT

WED, THU, FRI = date(2026, 10, 14), date(2026, 10, 15), date(2026, 10, 16)
"""The last days before half-term; school begins again on Tuesday 3 November after an in-service day."""
MON_AFTER, TUE_AFTER, WED_AFTER = date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4)
ILL = "High temperature and a rash"


def row(number=1, first=WED, last=FRI, outcome=Outcome.ACCEPTED, code="I"):
    return Reported(number, Span.of_days(first, last), outcome, code)


@pytest.mark.parametrize(
    ("reported", "place", "here", "code"),
    [
        pytest.param([row()], am(THU), [], "I", id="covered"),
        pytest.param([row()], pm(FRI), [], "I", id="the last session"),
        pytest.param([row(last=THU)], am(FRI), [], None, id="the day after"),
        pytest.param([row(first=THU)], pm(WED), [], None, id="the day before"),
        pytest.param([], am(THU), [], None, id="nothing reported"),
        pytest.param([row(code="M")], am(THU), [], None, id="a planned code was entered at once"),
        pytest.param([row(outcome=Outcome.EVIDENCE_WANTED, code="N")], am(THU), [], None, id="evidence wanted"),
        pytest.param([row(outcome=Outcome.NOT_ACCEPTED, code="O")], am(THU), [], None, id="not accepted"),
        pytest.param([row(1), row(2, code="Y7")], am(THU), [], "Y7", id="the later reason"),
        pytest.param([row(2), row(1, code="Y7")], am(THU), [], "I", id="the later one, however they are listed"),
        pytest.param(
            [row(1), row(2, THU, THU, Outcome.NOT_ACCEPTED, "O")], am(THU), [], None, id="a later one not accepted"
        ),
        pytest.param([row(1), row(2, THU, THU, code="M")], am(FRI), [], "I", id="a later one of another day"),
        pytest.param([row()], am(FRI), [am(THU)], None, id="was back"),
        pytest.param([row()], pm(THU), [am(THU)], None, id="is back since the morning"),
        pytest.param([row()], am(FRI), [am(WED)], "I", id="came in on the first day and was sent home"),
        pytest.param([row()], am(THU), [am(FRI)], "I", id="what comes later is not known yet"),
    ],
)
def test_what_gives_a_blank_session_its_code(reported, place, here, code):
    found = rules.filling(reported, place, here)
    assert (found.code if found else None) == code


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def night(school):
    return builders.nightly(school)


@pytest.fixture
def pupil(school):
    return builders.pupil(school)


def tell(pupil, by, first=WED, last=FRI, *, today=WED, outcome=Outcome.ACCEPTED, code="I", text=ILL):
    told = Told(text, "Mum", Channel.MESSAGE)
    calendar = calendars.of(pupil.school)
    return reasons.record(
        pupil.school, calendar, pupil, Span.of_days(first, last), told, outcome, code, today=today, by=by, at=AT
    )


def fill(night, *days):
    calendar = calendars.of(night.school)
    return [len(services.fill(night.school, calendar, on, by=night, at=AT)) for on in days]


def codes_of(pupil):
    return "".join(Mark.objects.filter(pupil=pupil).order_by("on", "session").values_list("code", flat=True))


def test_today_is_filled_at_once_and_each_morning_the_rest(pupil, office, night):
    came = tell(pupil, office)
    assert codes_of(pupil) == "II"
    assert {left.why for left in came.left} == {"still to come, filled each school morning"}
    assert fill(night, THU) == [2]
    assert codes_of(pupil) == "IIII"
    mark = Mark.objects.filter(on=THU).first()
    assert (mark.source, mark.recorded_by, mark.recorded_role) == ("nightly", night.user, Role.NIGHTLY)
    event = Event.objects.get(kind="reported absences filled")
    assert (event.facts, event.pupil) == ({"on": "2026-10-15", "entered": 2}, None)


def test_reaches_over_a_weekend_half_term_and_an_in_service_day(pupil, office, night):
    tell(pupil, office, FRI, TUE_AFTER, today=FRI)
    assert fill(night, date(2026, 10, 17), date(2026, 10, 19), MON_AFTER, TUE_AFTER, WED_AFTER) == [0, 0, 0, 2, 0]
    assert codes_of(pupil) == "IIII"


def test_run_again_it_changes_nothing(pupil, office, night):
    tell(pupil, office)
    assert fill(night, THU, THU) == [2, 0]
    assert not Amendment.objects.exists()
    assert Event.objects.filter(kind="reported absences filled").count() == 1


def test_keeps_to_blank_sessions(pupil, office, night):
    tell(pupil, office)
    builders.mark(pupil, THU, Session.PM, "N")
    assert fill(night, THU) == [1]
    assert codes_of(pupil) == "IIIN"


def test_an_appointment_is_entered_ahead_and_illness_goes_on_round_it(pupil, office, night):
    tell(pupil, office)
    tell(pupil, office, THU, THU, code="M", text="Hospital at ten")
    assert codes_of(pupil) == "IIMM"
    assert fill(night, THU, FRI) == [0, 2]


def test_a_later_reason_overrides_what_was_filled_overnight(pupil, office, night):
    tell(pupil, office)
    fill(night, THU)
    tell(pupil, office, THU, FRI, today=THU, outcome=Outcome.NOT_ACCEPTED, code="O", text="Seen at the airport")
    assert codes_of(pupil) == "IIOO"
    assert fill(night, FRI) == [0]
    assert set(Amendment.objects.values_list("old_code", "new_code")) == {("I", "O")}


def test_what_the_office_itself_gave_is_not_overridden(pupil, office):
    tell(pupil, office)
    came = tell(pupil, office, WED, WED, outcome=Outcome.NOT_ACCEPTED, code="O", text="Seen at the airport")
    assert codes_of(pupil) == "II"
    assert {left.why for left in came.left} == {"marked I, illness"}


@pytest.mark.parametrize("code", ["/", "L", "U"])
def test_ends_when_the_child_is_back(pupil, office, night, code):
    tell(pupil, office)
    builders.mark(pupil, THU, Session.AM, code)
    assert fill(night, THU, FRI) == [0, 0]


@pytest.mark.parametrize(("cancelled", "filled"), [(False, 0), (True, 2)])
def test_an_arrival_at_the_door_ends_it_unless_it_was_undone(school, pupil, office, night, cancelled, filled):
    tell(pupil, office)
    fill(night, THU)
    door = {"school": school, "pupil": pupil, "on": THU, "time": time(11), "session": "AM", "recorded_at": AT}
    door |= {"recorded_by": office.user, "recorded_role": office.role}
    came = SiteEvent.objects.create(kind="arrived", **door)
    if cancelled:
        SiteEvent.objects.create(kind="cancelled", cancels=came, **door)
    assert fill(night, FRI) == [filled]


def test_the_teachers_word_stands_beside_it_for_the_office_to_settle(school, calendar, pupil, office, night):
    taught = builders.school_class(school, "3 Own")
    teacher = builders.member(school, Role.TEACHER)
    ClassTeacher.objects.create(school=school, user=teacher.user, school_class=taught, starts_on=WED)
    other = builders.pupil(school, "Other", school_class=taught)
    pupil.places.create(school=school, school_class=taught, starts_on=WED)
    tell(pupil, office)
    fill(night, THU)
    answers = {pupil.pk: Answer(Seen.PRESENT), other.pk: Answer(Seen.PRESENT)}
    place = SessionOn(THU, Session.AM)
    registers.take(school, calendar, taught, place, answers, is_closed=False, today=THU, by=teacher, at=AT)
    assert codes_of(pupil) == "IIII"
    [mark] = disagreements.open_marks(school, WED, THU)
    assert (mark.pupil, mark.code, mark.seen) == (pupil, "I", "P")
    # While nobody has said who is right, the next morning does not go on saying that the child is ill.
    assert fill(night, FRI) == [0]
    mark.settlements.create(
        school=school, version=mark.version, seen="P", reason="Wrong child", at=AT, by=office.user, role=office.role
    )
    assert fill(night, FRI) == [2]


def test_whoever_leaves_is_filled_to_the_last_day(pupil, office, night):
    tell(pupil, office)
    pupil.leaves_on = THU
    pupil.save()
    assert fill(night, THU, FRI) == [2, 0]


def test_a_code_that_must_say_why_keeps_the_words(pupil, office, night):
    tell(pupil, office, code="Y7", text="House flooded, moved to a hotel in Dover")
    fill(night, THU)
    assert set(Mark.objects.values_list("note", flat=True)) == {"House flooded, moved to a hotel in Dover"}


def test_another_schools_reasons_are_left_alone(school, other_school, night):
    with schools_in_scope([other_school.pk]):
        tell(builders.pupil(other_school), builders.member(other_school))
        before = Mark.objects.count()
    assert fill(night, THU) == [0]
    with schools_in_scope([other_school.pk]):
        assert Mark.objects.count() == before


def test_queries_do_not_grow_with_the_pupils(school, calendar, office, night, django_assert_num_queries):
    for number in range(12):
        tell(builders.pupil(school, f"Ill{number}"), office)
    with django_assert_num_queries(14):
        assert len(services.fill(school, calendar, THU, by=night, at=AT)) == 24


def test_the_morning_asks_once_for_each_school_day(school, pupil, office, night):
    tell(pupil, office)
    with time_machine.travel(datetime(2026, 10, 15, 3, 59, tzinfo=UTC), tick=False):
        assert tasks.fill_reported_all() == 0
    with time_machine.travel(datetime(2026, 10, 15, 4, 0, tzinfo=UTC), tick=False):
        assert (tasks.fill_reported_all(), tasks.fill_reported_all()) == (1, 1)
        jobs.run_waiting(lambda: datetime(2026, 10, 15, 4, 1, tzinfo=UTC))
    assert Job.objects.get().key == "fill-reported:2026-10-15"
    assert codes_of(pupil) == "IIII"
    with time_machine.travel(datetime(2026, 10, 17, 8, 0, tzinfo=UTC), tick=False):
        assert tasks.fill_reported_all() == 0
    assert Reason.objects.count() == 1
