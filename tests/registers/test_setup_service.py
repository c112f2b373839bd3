"""Setting a school up: its two machine users, its times, terms and closures, and that again is not twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError

from registers.models import Closure, Event, Membership, School, SessionTimes, Term, User
from registers.queries import calendars, people
from registers.rules.calendar import CalendarRefusedError
from registers.rules.rights import Role
from registers.rules.school_parts import ClosurePart, SchoolPart, TermPart, TimesPart
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from registers.services import schools
from registers.services.schools import SchoolRefusedError
from tests import builders

PART = SchoolPart(
    slug="elder",
    name="Elder School",
    phase="primary",
    local_authority="Kent",
    local_authority_code="886",
    establishment="2997",
    proprietor="governing body",
    address=("Example Lane", "Exampleton"),
    telephone="01632 960203",
    email="office@elder.example",
)
TIMES = (
    TimesPart(("EYFS", "KS1"), Session.AM, date(2024, 9, 1), time(8, 50), time(8, 50), time(9, 20)),
    TimesPart(("EYFS", "KS1"), Session.PM, date(2024, 9, 1), time(13, 30), time(13, 30), time(13, 45)),
)
TERMS = (
    TermPart("Term 5", 5, date(2027, 4, 12), date(2027, 5, 28)),
    TermPart("Term 6", 6, date(2027, 6, 7), date(2027, 7, 22)),
    TermPart("Term 1", 1, date(2027, 9, 1), date(2027, 10, 15)),
)
INSET = ClosurePart(date(2027, 6, 7), "inset", "In-service day")
SetUp = Callable[..., School]


@pytest.fixture
def set_up(db: None) -> SetUp:
    """Found the school and set its calendar."""

    def run(
        times: tuple[TimesPart, ...] = TIMES,
        terms: tuple[TermPart, ...] = TERMS,
        closures: tuple[ClosurePart, ...] = (INSET,),
        part: SchoolPart = PART,
    ) -> School:
        operator = schools.found(part, at=builders.AT)
        with schools_in_scope([operator.school_id]):
            schools.set_calendar(operator.school, times, terms, closures, by=operator, at=builders.AT)
        return operator.school

    return run


@pytest.fixture
def elder(set_up: SetUp) -> School:
    return set_up()


def _standing(school: School) -> list[list[tuple[object, ...]]]:
    with schools_in_scope([school.pk]):
        return [
            sorted(map(repr, model.objects.values_list(*(f.name for f in model._meta.fields if f.name != "id"))))
            for model in (SessionTimes, Term, Closure, Event)
        ]


def _read(school: School) -> tuple[object, ...]:
    with schools_in_scope([school.pk]):
        times = [calendars.session_times(school, on) for on in (date(2024, 9, 1), date(2027, 4, 12))]
        return calendars.of(school), times


def test_a_school_is_founded_with_its_machine_users(set_up: SetUp) -> None:
    school = set_up()
    assert (school.slug, school.name, school.address) == ("elder", "Elder School", "Example Lane\nExampleton")
    for membership, role in (
        (people.nightly(school), Role.NIGHTLY),
        (people.operator(school), Role.OPERATOR),
        (people.online(school), Role.ONLINE),
    ):
        assert (membership.role, membership.starts_on, membership.ends_on) == (role, builders.AT.date(), None)
        assert not membership.user.is_active
        assert not membership.user.has_usable_password()
        assert membership.rights == frozenset()


def test_founding_again_renews_and_doubles_nothing(set_up: SetUp) -> None:
    school = set_up()
    again = set_up(part=replace(PART, name="Elder Academy", telephone="01632 960204"))
    assert again == school
    with schools_in_scope([school.pk]):
        kinds = list(Event.objects.exclude(kind="calendar set").order_by("pk").values_list("kind", "facts__changed"))
    assert [kind for kind, _ in kinds] == ["school set up", "school's particulars changed"]
    assert kinds[1][1] == ["name", "telephone"]
    assert School.objects.get().name == "Elder Academy"
    assert (Membership.objects.count(), User.objects.count()) == (3, 3)
    set_up(part=replace(PART, slug="fir"))
    assert (School.objects.count(), Membership.objects.count(), User.objects.count()) == (2, 6, 3)


def test_the_calendar_is_entered_and_recorded(elder: School) -> None:
    with schools_in_scope([elder.pk]):
        calendar = calendars.of(elder)
        times = calendars.session_times(elder, date(2027, 4, 12))
        event = Event.objects.get(kind="calendar set")
    assert [term.number for term in calendar.terms] == [5, 6, 1]
    assert set(times) == {(stage, session) for stage in ("EYFS", "KS1") for session in Session}
    assert (times["KS1", Session.AM].closes, times["KS1", Session.AM].assumed) == (time(9, 20), False)
    assert (event.kind, event.facts["school_days"]) == ("calendar set", len(calendar.school_days))
    assert event.role == Role.OPERATOR


def test_the_same_again_changes_nothing_and_writes_no_event(elder: School, set_up: SetUp) -> None:
    before = _standing(elder)
    set_up()
    assert _standing(elder) == before


def test_englands_bank_holidays_in_term_are_closures(elder: School, set_up: SetUp) -> None:
    """3 May and 31 May 2027; the second lies in half-term, 30 August in the summer holidays."""
    with schools_in_scope([elder.pk]):
        found = list(Closure.objects.filter(kind="bank_holiday").values_list("first_on", "last_on", "session"))
        assert found == [(date(2027, 5, 3), date(2027, 5, 3), "")]
        assert not calendars.of(elder).is_school_day(date(2027, 5, 3))
        assert calendars.of(elder).is_school_day(date(2027, 5, 4))


def test_a_bank_holiday_the_file_names_itself_keeps_the_files_words(set_up: SetUp) -> None:
    school = set_up(closures=(ClosurePart(date(2027, 5, 3), "closed", "May Day fair"),))
    with schools_in_scope([school.pk]):
        assert list(Closure.objects.values_list("name", "kind")) == [("May Day fair", "closed")]


def test_an_afternoon_closed_on_a_bank_holiday_does_not_open_its_morning(set_up: SetUp) -> None:
    school = set_up(closures=(ClosurePart(date(2027, 5, 3), "closed", "Fair", session=Session.PM),))
    with schools_in_scope([school.pk]):
        assert not calendars.of(school).is_school_day(date(2027, 5, 3))


CHANGES = {
    "a-term-ends-earlier": {"terms": (TERMS[0], replace(TERMS[1], last_on=date(2027, 7, 21)), TERMS[2])},
    "a-closure-more": {"closures": (INSET, ClosurePart(date(2027, 6, 8), "inset", "In-service day"))},
    "a-closure-less": {"closures": ()},
    "half-a-day": {"closures": (replace(INSET, session=Session.PM),)},
    "closes-later": {"times": (replace(TIMES[0], closes=time(9, 30)), TIMES[1])},
    "applies-from-another-day": {"times": (replace(TIMES[0], applies_from=date(2025, 9, 1)), TIMES[1])},
    "a-time-less": {"times": TIMES[:1]},
    "another-number": {"terms": (replace(TERMS[0], number=4), *TERMS[1:])},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_file_takes_the_place_of_the_earlier_one_and_is_recorded(
    elder: School, set_up: SetUp, change: dict[str, tuple[object, ...]]
) -> None:
    set_up(**change)
    fresh = set_up(part=replace(PART, slug="fresh"), **change)
    assert _read(elder) == _read(fresh)
    with schools_in_scope([elder.pk]):
        assert Event.objects.filter(kind="calendar set").count() == 2


def test_a_closure_entered_by_hand_stays(elder: School, set_up: SetUp) -> None:
    with schools_in_scope([elder.pk]):
        for on in (date(2027, 6, 8), date(2027, 6, 9)):
            Closure.objects.create(school=elder, first_on=on, last_on=on, kind="snow", name="Snow")
    set_up(closures=(INSET, ClosurePart(date(2027, 6, 8), "inset", "Training")))
    set_up()
    with schools_in_scope([elder.pk]):
        by_hand = list(Closure.objects.filter(kind="snow").values_list("first_on", "from_file"))
        assert by_hand == [(date(2027, 6, 8), False), (date(2027, 6, 9), False)]


def test_a_term_may_begin_in_august(set_up: SetUp) -> None:
    """A school year runs from its first term after July (s.579); some begin before September, and stay their own."""
    terms = (*TERMS[:2], TermPart("Term 1", 1, date(2026, 9, 1), date(2026, 10, 16)))
    terms = tuple(sorted(terms, key=lambda term: term.first_on))
    august = TermPart("Term 1", 1, date(2027, 8, 26), date(2027, 10, 15))
    for _ in range(2):
        school = set_up(terms=(*terms, august))
    with schools_in_scope([school.pk]):
        assert list(Term.objects.values_list("first_on", flat=True)) == [*(t.first_on for t in terms), august.first_on]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ((replace(TERMS[0], last_on=date(2027, 4, 11)),), "ends before it begins"),
        ((TERMS[1], TERMS[0]), "in order without overlap"),
        ((TERMS[0], replace(TERMS[1], first_on=date(2027, 5, 28))), "in order without overlap"),
    ],
    ids=["backwards", "out-of-order", "share-a-day"],
)
def test_terms_that_cannot_stand_change_nothing(
    elder: School, set_up: SetUp, terms: tuple[TermPart, ...], words: str
) -> None:
    before = _standing(elder)
    with pytest.raises(CalendarRefusedError, match=words):
        set_up(terms=terms)
    assert _standing(elder) == before


@pytest.mark.parametrize(
    "said_twice",
    [{"times": (*TIMES, replace(TIMES[0], closes=time(9, 30)))}, {"closures": (INSET, replace(INSET, name="Snow"))}],
    ids=["times", "closures"],
)
def test_what_is_said_twice_changes_nothing(
    elder: School, set_up: SetUp, said_twice: dict[str, tuple[object, ...]]
) -> None:
    """The reader of the file names the line; behind it the database refuses."""
    before = _standing(elder)
    with pytest.raises((SchoolRefusedError, IntegrityError)):
        set_up(**said_twice)
    assert _standing(elder) == before


@pytest.mark.parametrize(
    ("session", "is_refused"),
    [(None, True), (Session.AM, True), (Session.PM, False)],
    ids=["the-day", "the-marked-morning", "the-other-half"],
)
def test_a_session_with_marks_is_not_closed(
    elder: School, set_up: SetUp, session: Session | None, is_refused: bool
) -> None:
    on = date(2027, 6, 9)
    with schools_in_scope([elder.pk]):
        builders.mark(builders.pupil(elder), on, Session.AM, "/")
    before = _standing(elder)
    closures = (INSET, ClosurePart(on, "closed", "Election", session=session))
    if is_refused:
        with pytest.raises(SchoolRefusedError, match="Marks stand on days this calendar closes: 09/06/2027"):
            set_up(closures=closures)
        assert _standing(elder) == before
    else:
        set_up(closures=closures)


def test_a_term_is_not_cut_short_of_its_marks(elder: School, set_up: SetUp) -> None:
    with schools_in_scope([elder.pk]):
        pupil = builders.pupil(elder)
        for days in range(8):
            builders.mark(pupil, date(2027, 7, 12) + timedelta(days=days), Session.AM, "/")
    with pytest.raises(SchoolRefusedError, match=r"12/07/2027, 13/07/2027, 14/07/2027, 15/07/2027, 16/07/2027. A day"):
        set_up(terms=(TERMS[0], replace(TERMS[1], last_on=date(2027, 7, 9)), TERMS[2]))


def test_another_schools_marks_do_not_matter(elder: School, set_up: SetUp, school: School) -> None:
    with schools_in_scope([school.pk]):
        builders.mark(builders.pupil(school), date(2027, 6, 9), Session.AM, "/")
    set_up(closures=(INSET, ClosurePart(date(2027, 6, 9), "closed", "Election")))


def test_what_was_entered_on_screen_stays_when_the_file_is_read_again(elder: School, set_up: SetUp) -> None:
    by_hand = {"last_on": date(2027, 7, 20), "from_file": False, "placeholder": False}
    with schools_in_scope([elder.pk]):
        assert set(Term.objects.values_list("from_file", flat=True)) == {True}
        assert set(SessionTimes.objects.values_list("from_file", flat=True)) == {True}
        Term.objects.filter(number=6).update(**by_hand)
        SessionTimes.objects.filter(key_stage="KS1", session="PM").update(closes=time(14, 0), from_file=False)
        SessionTimes.objects.create(
            school=elder,
            key_stage="KS1",
            session="PM",
            applies_from=date(2027, 9, 1),
            starts=time(13, 0),
            on_time_until=time(13, 0),
            closes=time(13, 30),
        )
    set_up(
        terms=(replace(TERMS[0], name="Summer 1"), *TERMS[1:]), times=(replace(TIMES[0], closes=time(9, 15)), TIMES[1])
    )
    with schools_in_scope([elder.pk]):
        assert list(Term.objects.values_list("name", "last_on")) == [
            ("Summer 1", date(2027, 5, 28)),
            ("Term 6", date(2027, 7, 20)),
            ("Term 1", date(2027, 10, 15)),
        ]
        times = SessionTimes.objects.filter(key_stage="KS1").order_by("session", "applies_from")
        assert list(times.values_list("session", "closes", "from_file")) == [
            ("AM", time(9, 15), True),
            ("PM", time(14, 0), False),
            ("PM", time(13, 30), False),
        ]
