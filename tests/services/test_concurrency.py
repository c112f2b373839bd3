"""Two people and one register, in real transactions: nothing lost, nothing silently overwritten."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from registers.models import Amendment, Mark, School
from registers.queries import calendars
from registers.rules.marks import Door
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn
from registers.rules.taking import Seen
from registers.scope import schools_in_scope
from registers.services import marks, registers
from registers.services.marks import Entry
from registers.services.registers import Answer
from tests import builders

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def school(transactional_db) -> School:
    made = builders.school("ashdown")
    with schools_in_scope([made.pk]):
        builders.calendar(made)
    return made


def at_once(school: School, *works: Callable[[], object]) -> list[object]:
    """Do all of them at the same moment, each on a connection of its own, and return what each returned."""
    start = Barrier(len(works))

    def one(work: Callable[[], object]) -> object:
        try:
            with schools_in_scope([school.pk]):
                start.wait(timeout=10)
                return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def entering(school: School, member, entry: Entry) -> Callable[[], object]:
    calendar = calendars.of(school)
    return lambda: marks.enter(
        school,
        calendar,
        [entry],
        door=Door.OFFICE,
        reason="Reason established",
        today=builders.TODAY,
        by=member,
        at=builders.AT,
    )


@pytest.mark.parametrize("repeat", range(5))
def test_two_clerks_on_one_mark_one_is_told(school, repeat) -> None:
    with schools_in_scope([school.pk]):
        pupil = builders.pupil(school)
        clerks = [builders.member(school), builders.member(school)]
        builders.mark(pupil, builders.TODAY, Session.AM, "N", by=clerks[0])
        works = [
            entering(school, clerk, Entry(pupil.pk, builders.TODAY, Session.AM, code, version=1))
            for clerk, code in zip(clerks, ("I", "M"), strict=True)
        ]
        outcomes = at_once(school, *works)
        assert sorted(len(outcome.amended) for outcome in outcomes) == [0, 1]
        assert sorted(len(outcome.clashes) for outcome in outcomes) == [0, 1]
        mark = Mark.objects.get()
        assert mark.version == 2
        assert mark.code == Amendment.objects.get().new_code


@pytest.mark.parametrize("repeat", range(5))
def test_a_teacher_and_the_office_on_blank_rows(school, repeat) -> None:
    """Whoever comes first, every pupil has one mark, and the office's code is never the teacher's to change."""
    with schools_in_scope([school.pk]):
        teacher, clerk = builders.member(school, Role.TEACHER), builders.member(school)
        school_class = builders.school_class(school, teacher=teacher)
        pupils = [builders.pupil(school, f"Pupil{number}", school_class=school_class) for number in range(6)]
        calendar = calendars.of(school)
        place = SessionOn(builders.TODAY, Session.AM)

        def take() -> object:
            answers = {pupil.pk: Answer(Seen.PRESENT) for pupil in pupils}
            return registers.take(
                school,
                calendar,
                school_class,
                place,
                answers,
                is_closed=False,
                today=builders.TODAY,
                by=teacher,
                at=builders.AT,
            )

        clerks = entering(school, clerk, Entry(pupils[0].pk, *place, "M"))
        at_once(school, take, clerks)
        codes = dict(Mark.objects.values_list("pupil_id", "code"))
        assert codes == {pupil.pk: "/" for pupil in pupils} | {pupils[0].pk: "M"}
        assert Mark.objects.get(pupil=pupils[0]).seen in ("", "P")


def test_a_double_submit_is_one_register(school) -> None:
    with schools_in_scope([school.pk]):
        teacher = builders.member(school, Role.TEACHER)
        school_class = builders.school_class(school, teacher=teacher)
        pupil = builders.pupil(school, school_class=school_class)
        calendar = calendars.of(school)

        def take() -> object:
            return registers.take(
                school,
                calendar,
                school_class,
                SessionOn(builders.TODAY, Session.AM),
                {pupil.pk: Answer(Seen.PRESENT)},
                is_closed=False,
                today=builders.TODAY,
                by=teacher,
                at=builders.AT,
            )

        at_once(school, take, take, take)
        assert Mark.objects.get().version == 1
        assert Amendment.objects.count() == 0


@pytest.mark.parametrize("repeat", range(5))
def test_two_clerks_and_a_teacher_lose_nothing(school, repeat) -> None:
    """Three people write one register from what they saw a minute ago: each mark has its chain, each clash is told."""
    with schools_in_scope([school.pk]):
        teacher, first, second = builders.member(school, Role.TEACHER), builders.member(school), builders.member(school)
        school_class = builders.school_class(school, teacher=teacher)
        pupils = [builders.pupil(school, f"Pupil{number}", school_class=school_class) for number in range(4)]
        for pupil in pupils:
            builders.mark(pupil, builders.TODAY, Session.AM, "N", by=teacher, source=Door.TEACHER)
        calendar = calendars.of(school)
        place = SessionOn(builders.TODAY, Session.AM)

        def recode(member, code: str) -> Callable[[], object]:
            entries = [Entry(pupil.pk, *place, code, version=1) for pupil in pupils]
            return lambda: marks.enter(
                school,
                calendar,
                entries,
                door=Door.OFFICE,
                reason="rung",
                today=builders.TODAY,
                by=member,
                at=builders.AT,
            )

        def take() -> object:
            return registers.take(
                school,
                calendar,
                school_class,
                place,
                {pupil.pk: Answer(Seen.PRESENT) for pupil in pupils},
                is_closed=False,
                today=builders.TODAY,
                by=teacher,
                at=builders.AT,
            )

        ill, gone, _ = at_once(school, recode(first, "I"), recode(second, "M"), take)
        for pupil in pupils:
            mark = Mark.objects.get(pupil=pupil)
            chain = list(Amendment.objects.filter(mark=mark).order_by("version"))
            assert [row.version for row in chain] == list(range(2, mark.version + 1))
            assert [row.old_code for row in chain] == ["N", *(row.new_code for row in chain[:-1])]
            assert mark.code == chain[-1].new_code
            written = sum(pupil.pk in {row.pupil_id for row in clerk.amended} for clerk in (ill, gone))
            clashed = sum(pupil.pk in {clash.entry.pupil_id for clash in clerk.clashes} for clerk in (ill, gone))
            assert written + clashed == 2, "each clerk's word is in the register, or they are told whose is"
            assert written <= 1
