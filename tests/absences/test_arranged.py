"""Other longer arrangements: what recording one gives, what each morning gives, and what an end puts right."""

from datetime import UTC, date, datetime, time

import pytest
import time_machine
from django.db import IntegrityError, transaction

from absences import tasks
from absences.models import LongArrangement
from absences.queries import arranged as queries
from absences.queries import reasons
from absences.rules.arranged import ArrangedRefusedError, Kind, Particulars, State
from absences.rules.reasons import Channel, Outcome, Told
from absences.rules.spans import Span
from absences.services import lapses, long_arrangements
from absences.services import reasons as reason_services
from registers.models import Amendment, Arrangement, Event, Mark
from registers.queries import calendars
from registers.rules.rights import RightRefusedError, Role
from registers.rules.sessions import Session
from registers.services import jobs
from tests import builders
from tests.absences.builders import am, pm
from tests.builders import AT, TODAY

WEDNESDAY = date(2026, 11, 18)
NEXT_MONDAY = date(2026, 11, 23)
LAST = date(2026, 12, 18)
DUAL = Particulars("Hillside Primary", "8862345", is_main=True)
TUITION = Particulars("At home", nature="Home tuition", contact="Ms Kay, tuition service")
FOREST = Particulars("Kestrel Farm", nature="Forest school")
SUSPENDED = Particulars(reference="Letter of 17 November", notice_on=date(2026, 11, 17))
DENTIST = Particulars(nature="Orthodontist", at_time=time(9, 40))


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
    return builders.pupil(school, "Ash")


def record(pupil, by, kind, particulars, span=None, weekdays="", *, today=TODAY) -> LongArrangement:
    school = pupil.school
    return long_arrangements.record(
        school,
        calendars.of(school),
        pupil,
        kind,
        span or Span.of_days(TODAY, LAST),
        weekdays,
        particulars,
        today=today,
        by=by,
        at=AT,
    )


def end(row, by, last_on, why="Agreed with the family", *, today=TODAY) -> LongArrangement:
    school = row.school
    return long_arrangements.end(row.pk, school, calendars.of(school), last_on, why, today=today, by=by, at=AT)


def morning(on: date) -> None:
    """The whole of a school morning's work, as the schedule asks for it."""
    at = datetime(on.year, on.month, on.day, 5, 15, tzinfo=UTC)
    with time_machine.travel(at, tick=False):
        tasks.fill_reported_all()
        jobs.run_waiting(lambda: at)


def codes_of(pupil) -> list[str]:
    rows = Mark.objects.filter(pupil=pupil).order_by("on", "session")
    return [f"{mark.on.day}{mark.session} {mark.code}" for mark in rows]


@pytest.mark.parametrize(
    ("kind", "particulars", "weekdays", "codes", "note"),
    [
        pytest.param(Kind.DUAL, DUAL, "5AM", ["20AM D"], "Hillside Primary", id="dual"),
        pytest.param(Kind.PROVISION, TUITION, "5PM", ["20PM K"], "Home tuition, At home", id="provision"),
        pytest.param(Kind.ACTIVITY, FOREST, "5AM 5PM", ["20AM B", "20PM B"], "Forest school, Kestrel Farm", id="b"),
        pytest.param(Kind.SUSPENSION, SUSPENDED, "", ["20AM E", "20PM E"], "", id="suspension"),
        pytest.param(Kind.EXCLUSION, SUSPENDED, "", ["20AM E", "20PM E"], "", id="exclusion"),
        pytest.param(Kind.APPOINTMENTS, DENTIST, "5AM", ["20AM M"], "appointment at 09.40", id="appointments"),
    ],
)
def test_recording_one_gives_today_its_code(pupil, office, kind, particulars, weekdays, codes, note) -> None:
    row = record(pupil, office, kind, particulars, weekdays=weekdays)
    assert codes_of(pupil) == codes
    assert {mark.note for mark in Mark.objects.filter(pupil=pupil)} == {note}
    assert (row.state, row.particulars, row.recorded_by) == (State.RUNNING, particulars, office.user)
    rests = Arrangement.objects.get()
    assert (rests.code, rests.weekdays, rests.first_on, rests.last_on) == (codes[0][-1], weekdays, TODAY, LAST)
    event = Event.objects.get(kind="arrangement begun")
    assert (event.pupil, event.facts) == (pupil, {"kind": kind.value, "given": len(codes)})
    assert "Orthodontist" not in str(event.facts)


def test_what_was_unexplained_is_explained_and_nothing_else(pupil, office) -> None:
    for on, session, code in (
        (WEDNESDAY, Session.AM, "N"),
        (WEDNESDAY, Session.PM, "I"),
        (date(2026, 11, 19), Session.AM, "O"),
        (date(2026, 11, 19), Session.PM, "\\"),
    ):
        builders.mark(pupil, on, session, code)
    record(pupil, office, Kind.SUSPENSION, SUSPENDED, Span.of_days(WEDNESDAY, TODAY))
    assert codes_of(pupil) == ["18AM E", "18PM I", "19AM E", "19PM \\", "20AM E", "20PM E"]
    assert {row.reason for row in Amendment.objects.all()} == {"Suspension recorded"}


def test_each_morning_gives_its_day(pupil, office, night) -> None:
    record(pupil, office, Kind.DUAL, DUAL, weekdays="1AM 2PM")
    for on in (NEXT_MONDAY, date(2026, 11, 24), date(2026, 11, 25)):
        morning(on)
    assert codes_of(pupil) == ["23AM D", "24PM D"]


def test_a_provision_goes_before_the_suspension(pupil, office, night) -> None:
    record(pupil, office, Kind.SUSPENSION, SUSPENDED)
    record(pupil, office, Kind.PROVISION, TUITION, Span.of_days(NEXT_MONDAY, LAST), "1AM")
    morning(NEXT_MONDAY)
    assert codes_of(pupil)[-2:] == ["23AM K", "23PM E"]


@pytest.mark.parametrize(
    ("kind", "particulars", "code"),
    [(Kind.ACTIVITY, FOREST, "I"), (Kind.APPOINTMENTS, DENTIST, "I"), (Kind.DUAL, DUAL, "D")],
    ids=["due-elsewhere", "due-at-the-dentist", "not-due-here"],
)
def test_a_reported_illness_goes_before_what_the_child_would_attend(
    pupil, office, night, calendar, kind, particulars, code
) -> None:
    record(pupil, office, kind, particulars, Span.of_days(NEXT_MONDAY, LAST), "1AM")
    told = Told("High temperature and a rash", "Mum", Channel.PHONE)
    span = Span.of_days(TODAY, NEXT_MONDAY)
    reason_services.record(
        pupil.school, calendar, pupil, span, told, Outcome.ACCEPTED, "I", today=TODAY, by=office, at=AT
    )
    morning(NEXT_MONDAY)
    assert codes_of(pupil)[-2:] == [f"23AM {code}", "23PM I"]


def test_a_second_of_its_kind_for_the_same_sessions_is_refused(pupil, office) -> None:
    record(pupil, office, Kind.APPOINTMENTS, DENTIST, weekdays="1AM")
    with pytest.raises(ArrangedRefusedError, match="already"):
        record(pupil, office, Kind.APPOINTMENTS, DENTIST, weekdays="1AM 2AM")
    assert record(pupil, office, Kind.APPOINTMENTS, DENTIST, weekdays="3AM").pk


@pytest.mark.parametrize(
    ("span", "weekdays", "words"),
    [
        pytest.param(Span(pm(TODAY), am(TODAY)), "", "comes before the first", id="backwards"),
        pytest.param(Span.of_days(date(2026, 11, 21), date(2026, 11, 22)), "", "no such school session", id="weekend"),
        pytest.param(Span.of_days(NEXT_MONDAY, NEXT_MONDAY), "2AM", "no such school session", id="not-that-weekday"),
        pytest.param(Span.of_days(TODAY, date(2028, 9, 1)), "", "calendar is entered", id="beyond-the-calendar"),
    ],
)
def test_days_that_cannot_be(pupil, office, span, weekdays, words) -> None:
    with pytest.raises(ArrangedRefusedError, match=words):
        record(pupil, office, Kind.DUAL, DUAL, span, weekdays)
    assert not LongArrangement.objects.exists()
    assert not Arrangement.objects.exists()


def test_a_governor_records_nothing(pupil, school) -> None:
    with pytest.raises(RightRefusedError):
        record(pupil, builders.member(school, Role.GOVERNOR), Kind.DUAL, DUAL)


def test_the_database_wants_the_other_school_named(pupil, office) -> None:
    row = record(pupil, office, Kind.DUAL, DUAL)
    with pytest.raises(IntegrityError), transaction.atomic():
        LongArrangement.objects.filter(pk=row.pk).update(number="")


class TestEnd:
    def test_before_its_time_later_codes_become_n(self, pupil, office, night) -> None:
        builders.mark(pupil, NEXT_MONDAY, Session.AM, "E")
        row = record(pupil, office, Kind.SUSPENSION, SUSPENDED)
        end(row, office, TODAY)
        assert codes_of(pupil) == ["20AM E", "20PM E", "23AM N"]
        amendment = Amendment.objects.get()
        assert (amendment.old_code, amendment.new_code, amendment.by) == ("E", "N", office.user)
        assert Arrangement.objects.get().ends_on == TODAY
        morning(date(2026, 11, 24))
        assert codes_of(pupil)[-1] == "23AM N"

    def test_with_a_day_to_come_it_holds_until_then(self, pupil, office, night) -> None:
        row = end(record(pupil, office, Kind.SUSPENSION, SUSPENDED), office, NEXT_MONDAY)
        assert row.state == State.ENDED
        morning(NEXT_MONDAY)
        morning(date(2026, 11, 24))
        assert codes_of(pupil)[-1] == "23PM E"

    def test_one_that_never_held(self, pupil, office) -> None:
        row = end(record(pupil, office, Kind.SUSPENSION, SUSPENDED), office, date(2026, 11, 19))
        assert codes_of(pupil) == ["20AM N", "20PM N"]
        assert row.ended_on == date(2026, 11, 19)

    @pytest.mark.parametrize(
        ("last_on", "why", "words"),
        [
            (date(2026, 11, 18), "x", "Give its last day"),
            (LAST, "x", "when it ends anyway"),
            (TODAY, "  ", "Say why"),
        ],
        ids=["before-it-began", "its-own-end", "no-reason"],
    )
    def test_an_end_that_cannot_be(self, pupil, office, last_on, why, words) -> None:
        row = record(pupil, office, Kind.SUSPENSION, SUSPENDED)
        with pytest.raises(ArrangedRefusedError, match=words):
            end(row, office, last_on, why)
        assert LongArrangement.objects.get().state == State.RUNNING

    def test_twice_is_refused(self, pupil, office) -> None:
        row = end(record(pupil, office, Kind.SUSPENSION, SUSPENDED), office, TODAY)
        with pytest.raises(ArrangedRefusedError, match="cannot become"):
            end(row, office, TODAY)

    def test_its_time_ends_it(self, pupil, office, night, calendar) -> None:
        row = record(pupil, office, Kind.SUSPENSION, SUSPENDED, Span.of_days(TODAY, NEXT_MONDAY))
        assert lapses.look(pupil.school, calendar, TODAY, by=night, at=AT).over == 0
        assert lapses.look(pupil.school, calendar, NEXT_MONDAY, by=night, at=AT) == lapses.Evening(0, 1, 0)
        row.refresh_from_db()
        assert (row.state, row.ended_on, row.ended_by) == (State.ENDED, NEXT_MONDAY, night.user)


def test_an_n_of_a_day_to_come_asks_nobody_for_a_reason(pupil, office, school, calendar) -> None:
    builders.mark(pupil, NEXT_MONDAY, Session.AM, "E")
    end(record(pupil, office, Kind.SUSPENSION, SUSPENDED), office, TODAY)
    assert reasons.unexplained(school, calendar, TODAY) == []
    assert reasons.unexplained(school, calendar, NEXT_MONDAY) == []
    assert len(reasons.unexplained(school, calendar, date(2026, 11, 24))) == 1


SIXTH = ["Teaching elsewhere from the sixth day, 27 November: record K, B or D"]


@pytest.mark.parametrize(
    ("last_on", "taught_from", "words"),
    [
        (date(2026, 11, 26), None, []),
        (date(2026, 11, 27), None, SIXTH),
        (date(2026, 11, 27), date(2026, 11, 27), []),
        (
            date(2026, 12, 4),
            date(2026, 11, 30),
            ["Teaching elsewhere from the sixth day, 27 November: record K, B or D"],
        ),
    ],
    ids=["five-days", "six-days", "taught-from-the-sixth", "taught-from-the-seventh"],
)
def test_the_sixth_day_of_a_suspension_asks_for_teaching(
    pupil, office, school, calendar, last_on, taught_from, words
) -> None:
    row = record(pupil, office, Kind.SUSPENSION, SUSPENDED, Span.of_days(TODAY, last_on))
    if taught_from:
        record(pupil, office, Kind.PROVISION, TUITION, Span.of_days(taught_from, LAST))
    lines = {line.row.pk: line for line in queries.listed(school, calendar, TODAY)}
    assert [one.words for one in lines[row.pk].wanted] == words


def test_appointments_want_their_evidence(pupil, office, school, calendar) -> None:
    record(pupil, office, Kind.APPOINTMENTS, DENTIST, weekdays="1AM")
    seen = Particulars(nature="Speech", at_time=time(9, 40), evidence_on=TODAY)
    record(pupil, office, Kind.APPOINTMENTS, seen, weekdays="2AM")
    asked = [[one.words for one in line.wanted] for line in queries.listed(school, calendar, TODAY)]
    assert sorted(asked) == [[], ["See evidence of the appointments"]]
