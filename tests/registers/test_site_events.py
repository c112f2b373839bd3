"""Comings and goings: the event, what it does to the mark and why, the record, the refusals, and undoing."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest

from registers.models import Amendment, Event, Mark, Membership, Pupil, School, SchoolClass, SessionTimes, SiteEvent
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.on_site import SiteEventRefusedError
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import arrivals, marks, site_events
from registers.services.arrivals import ArrivalAsksError, Decision, Entered
from registers.services.marks import Entry, MarksRefusedError
from registers.services.site_events import AtTheDoor
from tests import builders

FRIDAY = date(2026, 11, 20)
LOCAL = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
AM, PM = Session.AM, Session.PM


@pytest.fixture
def pupil(school: School, school_class: SchoolClass) -> Pupil:
    return builders.pupil(school, "Ash", school_class=school_class)


@pytest.fixture
def now(office: Membership) -> dict[str, object]:
    return {"local": LOCAL, "by": office, "at": LOCAL}


Arrive = Callable[..., Entered]


@pytest.fixture
def arrive(school: School, calendar: Calendar, pupil: Pupil, now: dict[str, object]) -> Arrive:
    def do(at: time, reason: str = "", decision: Decision = Decision.NOT_ASKED, version: int = 0, **said: object):
        door = AtTheDoor(pupil.pk, said.pop("on", FRIDAY), at, reason, **said)
        return arrivals.arrive(school, calendar, door, decision, version, **now)

    return do


@pytest.fixture
def leave(school: School, calendar: Calendar, pupil: Pupil, now: dict[str, object]) -> Callable[..., SiteEvent]:
    def do(at: time, reason: str = ""):
        return site_events.leave(school, calendar, AtTheDoor(pupil.pk, FRIDAY, at, reason), **now)

    return do


@pytest.fixture
def undo(school: School, calendar: Calendar, office: Membership) -> Callable[[SiteEvent], str]:
    def do(event: SiteEvent) -> str:
        return arrivals.cancel(school, calendar, event.pk, today=FRIDAY, by=office, at=LOCAL).said

    return do


def mark_of(pupil: Pupil, session: Session = AM) -> tuple[str, int | None, str]:
    found = Mark.objects.get(pupil=pupil, session=session)
    return found.code, found.minutes_late, found.note


class TestArriving:
    @pytest.mark.parametrize(
        ("at", "mark", "why"),
        [
            (time(8, 50), ("/", None, "Bus"), "08:50 is in time for 08:50, so /."),
            (time(9, 20), ("L", 30, "Bus"), "09:20 is after 08:50 and before the register closed at 09:20, so L."),
            (time(9, 21), ("U", 31, "Bus"), "09:21 is after the register closed at 09:20, so U."),
        ],
    )
    def test_the_minute_makes_the_code(self, arrive: Arrive, pupil, at, mark, why) -> None:
        entered = arrive(at, "Bus")
        assert (entered.code, entered.why) == (mark[0], why)
        assert mark_of(pupil) == mark

    def test_what_is_written(self, arrive: Arrive, pupil, office) -> None:
        arrive(time(9, 21), "Bus", accompanied_by=" Her aunt ")
        event = SiteEvent.objects.get()
        assert (event.kind, event.on, event.time, event.session) == ("arrived", FRIDAY, time(9, 21), "AM")
        assert (event.reason, event.accompanied_by, event.recorded_by) == ("Bus", "Her aunt", office.user)
        mark = Mark.objects.get()
        assert mark.source == Door.OFFICE
        written = Event.objects.get(kind="arrival entered")
        assert (written.pupil, written.by) == (pupil, office.user)
        assert written.facts == {
            "on": "2026-11-20", "time": "09:21", "session": "AM", "code": "U", "mark": mark.pk, "version": 1,
        }  # fmt: skip

    def test_an_n_gives_way_and_the_chain_says_why(self, arrive: Arrive, pupil, teacher) -> None:
        builders.mark(pupil, FRIDAY, AM, "N", by=teacher, source=Door.TEACHER, seen="A")
        arrive(time(9, 40), "Overslept")
        amendment = Amendment.objects.get()
        assert (amendment.old_code, amendment.new_code, amendment.reason) == ("N", "U", "Arrived 09:40: Overslept")
        assert Mark.objects.get().seen == "A"

    def test_the_times_are_those_of_the_pupils_key_stage(self, arrive: Arrive, school, pupil) -> None:
        SessionTimes.objects.filter(school=school, key_stage="KS2", session="AM").update(closes=time(9, 30))
        assert arrive(time(9, 30)).code == "L"

    @pytest.mark.parametrize(("strict", "code"), [(True, "L"), (False, "/")])
    def test_a_strict_school_gives_no_grace(self, arrive: Arrive, school, strict, code) -> None:
        SessionTimes.objects.filter(school=school, session="AM").update(on_time_until=time(9, 0))
        School.objects.filter(pk=school.pk).update(late_from_start=strict)
        school.refresh_from_db()
        assert arrive(time(9, 0)).code == code

    @pytest.mark.parametrize("code", ["M", "I", "V"])
    def test_a_reason_the_office_gave_outlasts_a_late_arrival(self, arrive: Arrive, pupil, code) -> None:
        builders.mark(pupil, FRIDAY, AM, code, source=Door.OFFICE)
        assert arrive(time(10, 40)).why.startswith(f"{code} stands")
        assert (Mark.objects.get().version, SiteEvent.objects.count()) == (1, 1)

    def test_a_teachers_present_stands(self, arrive: Arrive, pupil) -> None:
        builders.mark(pupil, FRIDAY, AM, "/", source=Door.TEACHER, seen="P")
        assert "stands, as the register has it" in arrive(time(9, 40)).why
        assert Mark.objects.get().version == 1

    def test_between_the_registers_no_mark_is_made(self, arrive: Arrive, pupil) -> None:
        assert "between the two registers" in arrive(time(12, 45)).why
        assert not Mark.objects.exists()
        assert SiteEvent.objects.get().session == "AM"

    def test_an_afternoon_arrival_is_the_afternoons(self, arrive: Arrive, pupil) -> None:
        arrive(time(13, 46), "Dentist")
        assert mark_of(pupil, PM) == ("U", 16, "Dentist")


class TestAsking:
    def test_u_wants_its_reason_once(self, arrive: Arrive, pupil) -> None:
        with pytest.raises(ArrivalAsksError) as asked:
            arrive(time(9, 21))
        assert (asked.value.must_choose, asked.value.judged.code) == (False, "U")
        assert not SiteEvent.objects.exists()
        arrive(time(9, 21), decision=Decision.CHANGE)
        assert mark_of(pupil) == ("U", 31, "")

    @pytest.mark.parametrize(("decision", "code"), [(Decision.CHANGE, "U"), (Decision.KEEP, "O")])
    def test_a_code_given_on_purpose_is_asked_about(self, arrive: Arrive, pupil, decision, code) -> None:
        builders.mark(pupil, FRIDAY, AM, "O", source=Door.OFFICE)
        with pytest.raises(ArrivalAsksError) as asked:
            arrive(time(10, 0), "Bus")
        assert (asked.value.must_choose, asked.value.standing, asked.value.version) == (True, "O", 1)
        assert not SiteEvent.objects.exists()
        assert arrive(time(10, 0), "Bus", decision, 1).code == code
        assert (Mark.objects.get().code, SiteEvent.objects.count()) == (code, 1)

    def test_an_answer_about_a_mark_that_has_changed_is_asked_again(self, arrive: Arrive, pupil) -> None:
        builders.mark(pupil, FRIDAY, AM, "O", source=Door.OFFICE, version=2)
        with pytest.raises(ArrivalAsksError):
            arrive(time(10, 0), "Bus", Decision.CHANGE, 1)
        assert Mark.objects.get().code == "O"


class TestLeavingAndComingBack:
    def test_leaving_never_touches_the_mark(self, leave, pupil, office) -> None:
        builders.mark(pupil, FRIDAY, AM, "/")
        event = leave(time(11, 30), "Dentist")
        assert (event.kind, event.session) == ("left", "AM")
        assert Mark.objects.get().version == 1
        assert Event.objects.get(kind="left site").by == office.user

    def test_coming_back_in_the_same_session_never_touches_the_mark(self, leave, arrive: Arrive, pupil) -> None:
        builders.mark(pupil, FRIDAY, AM, "N")
        leave(time(9, 30))
        assert arrive(time(11, 0)).event.kind == "returned"
        assert Mark.objects.get().code == "N"

    def test_coming_back_after_the_next_register_is_an_arrival(self, leave, arrive: Arrive, pupil) -> None:
        leave(time(11, 30))
        builders.mark(pupil, FRIDAY, PM, "N", source=Door.TEACHER)
        assert arrive(time(13, 50), "Dentist").event.kind == "arrived"
        assert mark_of(pupil, PM)[0] == "U"

    def test_sent_twice_it_is_written_once(self, leave, arrive: Arrive) -> None:
        assert leave(time(10, 0)) == leave(time(10, 0))
        assert arrive(time(11, 0)).event == arrive(time(11, 0)).event
        assert SiteEvent.objects.count() == 2
        assert Event.objects.filter(kind__in=["left site", "came back to site"]).count() == 2


class TestRefusals:
    @pytest.mark.parametrize(
        ("said", "message"),
        [
            pytest.param((FRIDAY, time(15, 1)), "has not come yet", id="a-minute-to-come"),
            pytest.param((date(2026, 11, 23), time(9, 0)), "has not come yet", id="a-day-to-come"),
            pytest.param((date(2026, 11, 15), time(9, 0)), "closed on 15/11/2026 AM .a weekend", id="closed"),
            pytest.param((date(2026, 9, 30), time(9, 0)), "starting day is 01/10/2026", id="before-the-first-day"),
            pytest.param((date(2026, 11, 20), time(9, 0)), "left the school on 19/11/2026", id="after-the-last"),
        ],
    )
    def test_what_cannot_have_happened(self, school, calendar, now, said, message) -> None:
        gone = builders.pupil(school, starts_on=date(2026, 10, 1), leaves_on=date(2026, 11, 19))
        with pytest.raises(SiteEventRefusedError, match=message):
            site_events.leave(school, calendar, AtTheDoor(gone.pk, *said), **now)
        with pytest.raises(SiteEventRefusedError, match=message):
            arrivals.arrive(school, calendar, AtTheDoor(gone.pk, *said), **now)
        assert not SiteEvent.objects.exists()

    def test_this_very_minute_has_come(self, leave) -> None:
        assert leave(time(15, 0)).time == time(15, 0)

    def test_a_pupil_of_another_school_is_not_found(self, school, other_school, calendar, now) -> None:
        with schools_in_scope([other_school.pk]):
            theirs = builders.pupil(other_school)
        with pytest.raises(Pupil.DoesNotExist):
            site_events.leave(school, calendar, AtTheDoor(theirs.pk, FRIDAY, time(9, 0)), **now)

    def test_no_times_no_judgement(self, school, calendar, now) -> None:
        older = builders.pupil(school, dob=date(2013, 5, 4))
        with pytest.raises(SiteEventRefusedError, match="no times for AM"):
            arrivals.arrive(school, calendar, AtTheDoor(older.pk, FRIDAY, time(9, 0)), **now)

    @pytest.mark.parametrize("reason", ["x" * 171, "a\nb"])
    def test_words_the_record_cannot_keep(self, leave, reason) -> None:
        with pytest.raises(SiteEventRefusedError):
            leave(time(9, 0), reason)


class TestUndoing:
    def test_the_mark_gets_its_code_back(self, arrive: Arrive, undo, pupil) -> None:
        builders.mark(pupil, FRIDAY, AM, "L", minutes_late=5, note="Bus")
        said = undo(arrive(time(9, 40), "Taxi").event)
        assert said == "The mark this morning is L again."
        assert mark_of(pupil) == ("L", 5, "Bus")
        assert list(Amendment.objects.values_list("new_code", "reason")) == [
            ("U", "Arrived 09:40: Taxi"),
            ("L", "Arrival at 09:40 entered in error"),
        ]
        assert Event.objects.filter(kind="site event cancelled").count() == 1

    def test_a_blank_becomes_n_because_no_mark_is_ever_deleted(self, arrive: Arrive, undo, pupil) -> None:
        assert "never made blank" in undo(arrive(time(9, 40), "Taxi").event)
        assert mark_of(pupil)[0] == "N"

    def test_a_mark_changed_since_stands(self, arrive: Arrive, undo, school, calendar, pupil, office) -> None:
        event = arrive(time(9, 40), "Taxi").event
        entry = Entry(pupil.pk, FRIDAY, AM, "M", note="09:00")
        written = {"door": Door.OFFICE, "reason": "Rang", "today": FRIDAY, "by": office, "at": LOCAL}
        marks.enter(school, calendar, [entry], **written)
        assert undo(event) == "The mark has been changed since and stays M."
        assert mark_of(pupil)[0] == "M"

    def test_an_event_that_touched_no_mark_touches_none(self, leave, undo, pupil) -> None:
        builders.mark(pupil, FRIDAY, AM, "/")
        assert undo(leave(time(11, 30))) == "No mark was touched."
        assert Mark.objects.get().version == 1

    def test_what_is_undone_can_be_entered_again(self, arrive: Arrive, undo) -> None:
        undo(arrive(time(9, 40), "Taxi").event)
        assert arrive(time(9, 10)).code == "L"

    def test_undone_twice_it_is_undone_once(self, leave, undo) -> None:
        event = leave(time(11, 30))
        undo(event)
        assert undo(event) == "Undone already."
        assert SiteEvent.objects.filter(kind="cancelled", cancels=event).count() == 1

    def test_a_cancellation_itself_cannot_be_undone(self, leave, undo) -> None:
        undo(leave(time(11, 30)))
        with pytest.raises(SiteEvent.DoesNotExist):
            undo(SiteEvent.objects.get(kind="cancelled"))

    def test_a_departure_with_a_return_is_refused(self, leave, arrive: Arrive, undo) -> None:
        event = leave(time(10, 0))
        arrive(time(11, 0))
        with pytest.raises(SiteEventRefusedError, match="Undo the return at 11:00 first"):
            undo(event)

    def test_where_the_old_code_may_no_longer_stand_nothing_is_undone(self, arrive: Arrive, undo, pupil) -> None:
        builders.mark(pupil, FRIDAY, AM, "G", source=Door.OFFICE)
        event = arrive(time(9, 40), "Taxi", Decision.CHANGE, 1).event
        Pupil.objects.filter(pk=pupil.pk).update(leaves_on=date(2026, 11, 19))
        with pytest.raises(MarksRefusedError):
            undo(event)
        assert not SiteEvent.objects.filter(kind="cancelled").exists()
