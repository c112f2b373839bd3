"""Taking a class's register: blanks are filled, the office's codes stand, and sending again changes nothing."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from registers.models import Amendment, Event, Mark, Membership, Pupil, RegisterTaken, School, SchoolClass
from registers.rules.calendar import Calendar
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn
from registers.rules.taking import Seen
from registers.services import marks, registers
from registers.services.marks import Entry
from registers.services.registers import Answer, RegisterRefusedError, Taken
from tests import builders

TODAY = builders.TODAY
AM = SessionOn(TODAY, Session.AM)
HERE, AWAY, LATE = Answer(Seen.PRESENT), Answer(Seen.ABSENT), Answer(Seen.LATE, 12)
Take = Callable[..., Taken]


@pytest.fixture
def roll(school: School, school_class: SchoolClass) -> list[Pupil]:
    """Three pupils of the class, by surname, and one of another."""
    builders.pupil(school, "Other", school_class=builders.school_class(school, "4 Test"))
    return [builders.pupil(school, surname, school_class=school_class) for surname in ("Ash", "Birch", "Cedar")]


@pytest.fixture
def take(school: School, calendar: Calendar, school_class: SchoolClass, teacher: Membership, roll: list[Pupil]) -> Take:
    """Send the register with an answer for each pupil in the order of the roll (None for none)."""

    def send(*answers: Answer | None, place: SessionOn = AM, **changes: object) -> Taken:
        given = {pupil.pk: answer for pupil, answer in zip(roll, answers, strict=False) if answer}
        told = {"is_closed": False, "today": TODAY, "by": teacher, "at": builders.AT} | changes
        return registers.take(school, calendar, school_class, place, given, **told)

    return send


def _codes() -> list[str]:
    return list(Mark.objects.order_by("pupil__legal_surname").values_list("code", flat=True))


def _kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_each_answer_becomes_a_mark(take: Take, teacher: Membership, school_class: SchoolClass) -> None:
    taken = take(HERE, AWAY, LATE)
    assert _codes() == ["/", "N", "L"]
    assert {mark.minutes_late for mark in Mark.objects.all()} == {None, 12}
    assert {(mark.source, mark.recorded_by, mark.recorded_role) for mark in Mark.objects.all()} == {
        ("teacher", teacher.user, "teacher")
    }
    assert list(Mark.objects.order_by("pupil__legal_surname").values_list("seen", flat=True)) == ["P", "A", "L"]
    assert (len(taken.outcome.entered), taken.contradicted) == (3, 0)
    register = RegisterTaken.objects.get()
    assert (register.school_class, register.on, register.session) == (school_class, TODAY, "AM")
    assert (register.by, register.role, register.at) == (teacher.user, "teacher", builders.AT)
    event = Event.objects.get()
    assert (event.kind, event.by, event.role, event.at) == ("register taken", teacher.user, "teacher", builders.AT)
    assert event.facts == {"on": "2026-11-20", "session": "AM", "entered": 3, "amended": 0, "seen": 0}


def test_the_afternoon_has_its_own_stroke(take: Take) -> None:
    take(HERE, AWAY, HERE, place=SessionOn(TODAY, Session.PM))
    assert _codes() == ["\\", "N", "\\"]


def test_minutes_belong_to_a_late_answer_only(take: Take) -> None:
    take(Answer(Seen.PRESENT, 12), Answer(Seen.ABSENT, 12), Answer(Seen.LATE))
    assert {mark.minutes_late for mark in Mark.objects.all()} == {None}


def test_sending_again_changes_nothing_and_writes_no_second_event(take: Take) -> None:
    take(HERE, AWAY, LATE)
    before = list(Mark.objects.order_by("pk").values())
    taken = take(HERE, AWAY, LATE, at=builders.AT + timedelta(minutes=3))
    assert (taken.outcome.entered, taken.outcome.amended, taken.sightings) == ([], [], 0)
    assert list(Mark.objects.order_by("pk").values()) == before
    assert _kinds() == ["register taken"]
    assert RegisterTaken.objects.get().at == builders.AT


def test_a_correction_is_an_amendment_and_an_event(take: Take) -> None:
    take(HERE, AWAY, LATE)
    taken = take(HERE, HERE, LATE)
    assert [mark.code for mark in taken.outcome.amended] == ["/"]
    amendment = Amendment.objects.get()
    assert (amendment.old_code, amendment.new_code, amendment.reason) == ("N", "/", "Corrected in the class register")
    assert _kinds() == ["register taken", "register corrected"]
    assert Mark.objects.get(pupil__legal_surname="Birch").seen == "P"


def test_a_blank_is_refused_and_named(take: Take, roll: list[Pupil]) -> None:
    with pytest.raises(RegisterRefusedError, match="2 pupils have no mark yet") as caught:
        take(HERE)
    assert caught.value.blank == (roll[1].pk, roll[2].pk)
    with pytest.raises(RegisterRefusedError, match="1 pupil has no mark yet"):
        take(HERE, None, HERE)
    assert not Mark.objects.exists()
    assert not RegisterTaken.objects.exists()
    assert not Event.objects.exists()


def test_a_pupil_the_office_has_marked_needs_no_answer(take: Take, roll: list[Pupil]) -> None:
    builders.mark(roll[1], TODAY, Session.AM, "M", source=Door.OFFICE)
    take(HERE, None, HERE)
    assert _codes() == ["/", "M", "/"]


@pytest.mark.parametrize("source", [Door.OFFICE, Door.LEAVE, Door.IMPORT, Door.NIGHTLY])
def test_the_offices_code_stands_and_what_the_teacher_saw_is_kept_beside_it(
    take: Take, roll: list[Pupil], source: Door
) -> None:
    builders.mark(roll[0], TODAY, Session.AM, "M", source=source)
    builders.mark(roll[1], TODAY, Session.AM, "I", source=source)
    taken = take(HERE, AWAY, HERE)
    assert _codes() == ["M", "I", "/"]
    assert list(Mark.objects.order_by("pupil__legal_surname").values_list("seen", flat=True)) == ["P", "A", "P"]
    assert (len(taken.outcome.entered), taken.contradicted) == (1, 1)
    assert not Amendment.objects.exists()


def test_what_the_office_makes_of_a_teachers_mark_is_the_offices(
    take: Take, school: School, calendar: Calendar, office: Membership, roll: list[Pupil]
) -> None:
    take(HERE, AWAY, HERE)
    entry = Entry(roll[1].pk, TODAY, Session.AM, "I")
    told = {"door": Door.OFFICE, "reason": "Rang", "today": TODAY, "by": office, "at": builders.AT}
    marks.enter(school, calendar, [entry], **told)
    taken = take(HERE, HERE, HERE)
    mark = Mark.objects.get(pupil=roll[1])
    assert (mark.code, mark.seen, mark.version) == ("I", "P", 2)
    assert taken.contradicted == 1


def test_a_closed_register_is_filled_but_not_changed(take: Take, roll: list[Pupil]) -> None:
    builders.mark(roll[0], TODAY, Session.AM, "/", source=Door.TEACHER)
    with pytest.raises(RegisterRefusedError, match=r"The register has closed. Ask the office"):
        take(AWAY, HERE, HERE, is_closed=True)
    assert _codes() == ["/"]
    take(HERE, AWAY, HERE, is_closed=True)
    assert _codes() == ["/", "N", "/"]
    with pytest.raises(RegisterRefusedError, match="has closed"):
        take(HERE, LATE, HERE, is_closed=True)
    take(HERE, AWAY, HERE, is_closed=True)


def test_a_closed_register_still_takes_what_the_teacher_saw(take: Take, roll: list[Pupil]) -> None:
    builders.mark(roll[0], TODAY, Session.AM, "M", source=Door.OFFICE)
    assert take(HERE, HERE, HERE, is_closed=True).contradicted == 1


@pytest.mark.parametrize("day", [-1, 1], ids=["yesterday", "tomorrow"])
def test_a_register_is_taken_on_its_own_day(take: Take, day: int) -> None:
    with pytest.raises(RegisterRefusedError, match="taken on its own day"):
        take(HERE, HERE, HERE, place=SessionOn(TODAY + timedelta(days=day), Session.AM))


def test_no_register_while_the_school_is_closed(take: Take) -> None:
    saturday = date(2026, 11, 21)
    with pytest.raises(RegisterRefusedError, match="The school is closed on 21/11/2026 AM"):
        take(HERE, HERE, HERE, place=SessionOn(saturday, Session.AM), today=saturday)


@pytest.mark.parametrize(("minutes", "is_refused"), [(30, False), (31, True)], ids=["closing-minute", "a-minute-past"])
def test_a_late_pupil_came_before_the_close(take: Take, minutes: int, is_refused: bool) -> None:
    if not is_refused:
        take(HERE, HERE, Answer(Seen.LATE, minutes))
        return
    with pytest.raises(RegisterRefusedError, match=r"31 minutes is after the register closed .09:20."):
        take(HERE, HERE, Answer(Seen.LATE, minutes))
    assert not Mark.objects.exists()


def test_answers_for_pupils_of_other_classes_are_not_heard(
    take: Take, school: School, calendar: Calendar, school_class: SchoolClass, teacher: Membership, roll: list[Pupil]
) -> None:
    stranger = Pupil.objects.get(legal_surname="Other")
    answers = dict.fromkeys([*(pupil.pk for pupil in roll), stranger.pk, 10**9], HERE)
    registers.take(
        school, calendar, school_class, AM, answers, is_closed=False, today=TODAY, by=teacher, at=builders.AT
    )
    assert not Mark.objects.filter(pupil=stranger).exists()
    assert Mark.objects.count() == 3


def test_a_class_of_nobody_has_no_register(
    school: School, calendar: Calendar, teacher: Membership, roll: list[Pupil]
) -> None:
    empty = builders.school_class(school, "5 Test", teacher)
    with pytest.raises(RegisterRefusedError, match="Nobody is in this class today"):
        registers.take(school, calendar, empty, AM, {}, is_closed=False, today=TODAY, by=teacher, at=builders.AT)
    assert not RegisterTaken.objects.exists()


def test_leavers_and_joiners_are_in_the_register_of_their_days(
    take: Take, school: School, school_class: SchoolClass, roll: list[Pupil]
) -> None:
    builders.pupil(school, "Left", school_class=school_class, leaves_on=TODAY - timedelta(days=1))
    builders.pupil(school, "Soon", school_class=school_class, starts_on=TODAY + timedelta(days=1))
    last_day = builders.pupil(school, "Last", school_class=school_class, leaves_on=TODAY)
    with pytest.raises(RegisterRefusedError) as caught:
        take(HERE, HERE, HERE)
    assert caught.value.blank == (last_day.pk,)


def test_a_class_of_thirty_is_sent_in_few_statements(
    school: School,
    calendar: Calendar,
    school_class: SchoolClass,
    teacher: Membership,
    django_assert_max_num_queries: Callable,
) -> None:
    pupils = [builders.pupil(school, school_class=school_class) for _ in range(30)]
    answers = {pupil.pk: AWAY for pupil in pupils}
    with django_assert_max_num_queries(20):
        registers.take(
            school, calendar, school_class, AM, answers, is_closed=False, today=TODAY, by=teacher, at=builders.AT
        )


class TestSightings:
    """What a teacher sees beside a code of the office: kept for ever, once each, and the code stands."""

    @pytest.fixture
    def dentist(self, roll: list[Pupil], office: Membership) -> Mark:
        return builders.mark(roll[0], TODAY, Session.AM, "M", source=Door.OFFICE, note="Dentist", by=office)

    def _seen(self, mark: Mark) -> list[tuple[str, int | None, str]]:
        return list(mark.sightings.values_list("seen", "minutes_late", "note"))

    def test_each_change_of_mind_is_a_row(self, take: Take, dentist: Mark, teacher: Membership) -> None:
        for answer in (HERE, HERE, AWAY, LATE, LATE, Answer(Seen.LATE, 12, "by taxi"), LATE):
            take(answer, HERE, HERE)
        assert self._seen(dentist) == [("P", None, ""), ("A", None, ""), ("L", 12, ""), ("L", 12, "by taxi")]
        dentist.refresh_from_db()
        assert (dentist.code, dentist.note, dentist.version, dentist.seen) == ("M", "Dentist", 1, "L")
        row = dentist.sightings.get(seen="P")
        assert (row.by, row.role, row.at) == (teacher.user, "teacher", builders.AT)
        assert [event.facts["seen"] for event in Event.objects.order_by("pk")] == [1, 1, 1, 1]

    def test_no_answer_is_no_sighting(self, take: Take, dentist: Mark) -> None:
        take(None, HERE, HERE)
        assert self._seen(dentist) == []

    def test_what_was_said_before_the_office_took_over_is_not_said_twice(
        self, take: Take, school: School, calendar: Calendar, office: Membership, roll: list[Pupil]
    ) -> None:
        take(Answer(Seen.ABSENT, note="feels sick"), HERE, HERE)
        mark = Mark.objects.get(pupil=roll[0])
        told = {"door": Door.OFFICE, "reason": "Rang", "today": TODAY, "by": office, "at": builders.AT}
        marks.enter(school, calendar, [Entry(roll[0].pk, TODAY, Session.AM, "I", note="Seizure")], **told)
        take(Answer(Seen.ABSENT, note="feels sick"), HERE, HERE)
        take(AWAY, HERE, HERE)
        assert self._seen(mark) == []
        take(Answer(Seen.PRESENT, note="came at ten"), HERE, HERE)
        take(AWAY, HERE, HERE)
        assert self._seen(mark) == [("P", None, "came at ten"), ("A", None, "")]
        mark.refresh_from_db()
        assert (mark.code, mark.note, mark.seen) == ("I", "Seizure", "A")

    def test_a_page_older_than_the_last_sighting_writes_none(self, take: Take, dentist: Mark) -> None:
        take(HERE, HERE, HERE)
        taken = take(Answer(Seen.ABSENT, version=1, sighting=0), HERE, HERE)
        assert {pupil: told.said.seen for pupil, told in taken.clashes.items()} == {dentist.pupil_id: Seen.PRESENT}
        assert self._seen(dentist) == [("P", None, "")]
        last = dentist.sightings.get().pk
        assert not take(Answer(Seen.ABSENT, version=1, sighting=last), HERE, HERE).clashes
        assert [seen for seen, _, _ in self._seen(dentist)] == ["P", "A"]

    def test_a_code_given_since_the_page_was_opened_is_counted(self, take: Take, dentist: Mark) -> None:
        blank = Answer(Seen.PRESENT, version=0, sighting=0)
        assert take(blank, blank, blank).taken_over == 1
        assert take(Answer(Seen.PRESENT, version=1, sighting=0), HERE, HERE).taken_over == 0


class TestNotes:
    def test_a_note_is_the_teachers_own_and_its_change_an_amendment(self, take: Take, roll: list[Pupil]) -> None:
        take(HERE, Answer(Seen.ABSENT, note="feels sick"), HERE)
        take(HERE, Answer(Seen.ABSENT, note="mother rang"), HERE)
        mark = Mark.objects.get(pupil=roll[1])
        assert (mark.code, mark.note, mark.version) == ("N", "mother rang", 2)
        amendment = Amendment.objects.get()
        assert (amendment.old_note, amendment.new_note) == ("feels sick", "mother rang")

    def test_no_note_leaves_the_note(self, take: Take, roll: list[Pupil]) -> None:
        take(HERE, Answer(Seen.ABSENT, note="feels sick"), HERE)
        take(HERE, AWAY, HERE)
        assert Mark.objects.get(pupil=roll[1]).note == "feels sick"
        assert not Amendment.objects.exists()

    def test_a_closed_register_takes_no_note(self, take: Take, roll: list[Pupil]) -> None:
        take(HERE, AWAY, HERE)
        with pytest.raises(RegisterRefusedError, match="has closed"):
            take(HERE, Answer(Seen.ABSENT, note="feels sick"), HERE, is_closed=True)


class TestTwoTeachers:
    """One class, two pages: the newer answer of another is shown, and what nobody touched is nobody's answer."""

    @pytest.fixture
    def other(self, school: School) -> Membership:
        return builders.member(school, Role.TEACHER, "Ms Other")

    def test_a_newer_answer_stands_until_it_has_been_shown(self, take: Take, other: Membership) -> None:
        later = builders.AT + timedelta(minutes=5)
        take(LATE, HERE, HERE, by=other, at=later)
        blank = Answer(Seen.ABSENT, version=0, sighting=0)
        taken = take(blank, HERE, HERE)
        [told] = taken.clashes.values()
        assert (told.said.seen, told.said.minutes_late, told.by, told.at) == (Seen.LATE, 12, other.user, later)
        assert _codes() == ["L", "/", "/"]
        assert not take(Answer(Seen.ABSENT, version=1, sighting=0), HERE, HERE).clashes
        assert _codes() == ["N", "/", "/"]

    def test_the_rest_of_the_register_is_saved(self, take: Take, other: Membership) -> None:
        take(LATE, HERE, HERE, by=other)
        taken = take(Answer(Seen.ABSENT, version=0), Answer(Seen.ABSENT, version=1), HERE)
        assert (len(taken.clashes), len(taken.outcome.amended)) == (1, 1)
        assert _codes() == ["L", "N", "/"]

    def test_the_same_answer_from_an_old_page_is_no_clash(self, take: Take, other: Membership) -> None:
        take(LATE, HERE, HERE, by=other)
        old = [Answer(answer.seen, answer.minutes_late, version=0, sighting=0) for answer in (LATE, HERE, HERE)]
        taken = take(*old)
        assert (taken.clashes, taken.outcome.amended) == ({}, [])

    def test_a_row_left_as_it_was_shown_changes_nothing(self, take: Take, other: Membership) -> None:
        take(HERE, HERE, HERE)
        take(AWAY, HERE, HERE, by=other)
        untouched = Answer(Seen.PRESENT, version=1, sighting=0)
        taken = take(untouched, Answer(Seen.LATE, version=1, sighting=0), HERE)
        assert taken.clashes == {}
        assert _codes() == ["N", "L", "/"]

    def test_the_author_of_an_amendment_is_named(self, take: Take, other: Membership) -> None:
        take(HERE, HERE, HERE)
        take(AWAY, HERE, HERE, by=other)
        [told] = take(Answer(Seen.LATE, version=1), HERE, HERE).clashes.values()
        assert (told.by, told.said.seen) == (other.user, Seen.ABSENT)
