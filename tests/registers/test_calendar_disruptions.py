"""Unexpected closures: whom they mark, whom they leave, what is refused, and that it is all or nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registers.models import Amendment, ClassPlace, DisruptedClass, Disruption, Event, Mark, Membership, Pupil, School
from registers.queries import classes, registers
from registers.queries import disruptions as queries
from registers.rules.calendar import Calendar
from registers.rules.disruptions import Closing, DisruptionCode, DisruptionRefusedError, takes
from registers.rules.sessions import Session, SessionOn
from registers.scope import schools_in_scope
from registers.services import disruptions as services
from tests import builders

FRIDAY = builders.TODAY
THURSDAY = date(2026, 11, 19)
SNOW = Closing(
    DisruptionCode.WHOLE, SessionOn(FRIDAY, Session.AM), SessionOn(FRIDAY, Session.PM), "Snow: the site is not safe"
)
PART = replace(SNOW, code=DisruptionCode.PART, reason="No heating in the annexe")


@pytest.mark.parametrize(
    ("standing", "blank_and_n_only", "also_marked"),
    [
        (None, True, True),
        ("N", True, True),
        ("/", False, True),
        ("\\", False, True),
        ("L", False, True),
        ("O", False, True),
        ("U", False, True),
        ("G", False, True),
        ("I", False, True),
        ("C", False, False),
        ("M", False, False),
        ("D", False, False),
        ("V", False, False),
        ("E", False, False),
        ("X", False, False),
        ("Y1", False, False),
        ("Y4", False, False),
    ],
)
def test_which_marks_a_closure_takes(standing: str | None, blank_and_n_only: bool, also_marked: bool) -> None:
    assert takes(standing, SNOW) is blank_and_n_only
    assert takes(standing, replace(SNOW, also_marked=True)) is also_marked


def _enter(school: School, calendar: Calendar, closing: Closing, office: Membership, expected: int) -> Disruption:
    return services.enter(school, calendar, closing, expected=expected, today=FRIDAY, by=office, at=builders.AT)


def _codes(pupil: Pupil) -> list[str]:
    return list(Mark.objects.filter(pupil=pupil).order_by("on", "session").values_list("code", flat=True))


def test_everybody_on_roll_gets_y4_and_what_stands_is_left(
    school: School, calendar: Calendar, office: Membership, other_school: School
) -> None:
    blank, here, away, ill = (builders.pupil(school, name) for name in ("Ash", "Birch", "Cedar", "Elm"))
    gone = builders.pupil(school, "Fir", leaves_on=THURSDAY)
    coming = builders.pupil(school, "Hazel", starts_on=date(2026, 11, 23))
    with schools_in_scope([other_school.pk]):
        elsewhere = builders.pupil(other_school, "Larch")
    builders.mark(here, FRIDAY, Session.AM, "/")
    builders.mark(away, FRIDAY, Session.AM, "N")
    builders.mark(ill, FRIDAY, Session.AM, "I")
    found = queries.preview(school, calendar, SNOW, queries.concerned(school, SNOW))
    assert (found.number, found.pupils, found.blank, found.amended, found.left) == (6, 4, 5, {"N": 1}, {"/": 1, "I": 1})
    made = _enter(school, calendar, SNOW, office, 6)
    assert [_codes(pupil) for pupil in (blank, here, away, ill, gone, coming)] == [
        ["Y4", "Y4"], ["/", "Y4"], ["Y4", "Y4"], ["I", "Y4"], [], []
    ]  # fmt: skip
    with schools_in_scope([other_school.pk]):
        assert _codes(elsewhere) == []
    amendment = Amendment.objects.get()
    assert (amendment.old_code, amendment.new_code) == ("N", "Y4")
    assert amendment.reason == "Unexpected closure: Snow: the site is not safe"
    mark = Mark.objects.filter(pupil=blank).first()
    assert (mark.source, mark.note) == ("closure", SNOW.reason)
    event = Event.objects.get(kind=queries.ENTERED)
    assert (event.subject, event.facts["marks"], event.facts["amended"], event.facts["left"]) == (
        f"disruption:{made.pk}", 6, 1, 2
    )  # fmt: skip


def test_those_marked_are_taken_where_it_is_asked(school: School, calendar: Calendar, office: Membership) -> None:
    pupil = builders.pupil(school)
    builders.mark(pupil, FRIDAY, Session.AM, "/")
    builders.mark(pupil, FRIDAY, Session.PM, "M")
    closing = replace(SNOW, also_marked=True, why="Sent home at once")
    _enter(school, calendar, closing, office, 1)
    assert _codes(pupil) == ["Y4", "M"]
    assert Amendment.objects.get().reason == "Sent home at once"


def test_a_part_concerns_the_classes_of_each_day(school: School, calendar: Calendar, office: Membership) -> None:
    oak, elm = builders.school_class(school, "4 Oak"), builders.school_class(school, "4 Elm")
    stayed = builders.pupil(school, "Ash", school_class=oak)
    moved = builders.pupil(school, "Birch", school_class=oak)
    other = builders.pupil(school, "Cedar", school_class=elm)
    ClassPlace.objects.filter(pupil=moved).update(ends_on=THURSDAY)
    ClassPlace.objects.create(school=school, pupil=moved, school_class=elm, starts_on=FRIDAY)
    closing = replace(PART, first=SessionOn(THURSDAY, Session.PM), class_ids=frozenset({oak.pk}))
    made = _enter(school, calendar, closing, office, 4)
    assert [_codes(pupil) for pupil in (stayed, moved, other)] == [["Y3", "Y3", "Y3"], ["Y3"], []]
    assert [row.school_class for row in DisruptedClass.objects.filter(disruption=made)] == [oak]
    (row,) = queries.entered(school)
    assert (row.class_names, row.marks, row.left) == (("4 Oak",), 4, 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"last": SessionOn(THURSDAY, Session.PM)}, "The last session comes before the first"),
        ({"last": SessionOn(date(2026, 11, 23), Session.AM)}, "23/11/2026 has not come"),
        ({"first": SessionOn(date(2026, 10, 20), Session.AM)}, "at most 31 days"),
        ({"reason": "  "}, "Say why"),
        ({"code": DisruptionCode.PART}, "Choose the classes"),
        (
            {"first": SessionOn(date(2026, 11, 2), Session.AM), "last": SessionOn(date(2026, 11, 2), Session.PM)},
            "no open session then .In-service day.",
        ),
    ],
    ids=["backwards", "ahead", "too-long", "no-reason", "no-class", "closed-anyway"],
)
def test_a_closure_that_cannot_be_is_refused(
    school: School, calendar: Calendar, office: Membership, changes: dict[str, object], words: str
) -> None:
    builders.pupil(school)
    with pytest.raises(DisruptionRefusedError, match=words):
        _enter(school, calendar, replace(SNOW, **changes), office, 2)
    assert not Mark.objects.exists()
    assert not Event.objects.exists()


def test_another_number_than_was_shown_writes_nothing(school: School, calendar: Calendar, office: Membership) -> None:
    builders.pupil(school)
    with pytest.raises(DisruptionRefusedError, match="2 marks would be given now, not 3"):
        _enter(school, calendar, SNOW, office, 3)
    assert not Mark.objects.exists()
    assert not Disruption.objects.exists()


def test_twice_is_refused(school: School, calendar: Calendar, office: Membership) -> None:
    builders.pupil(school)
    _enter(school, calendar, SNOW, office, 2)
    with pytest.raises(DisruptionRefusedError, match="No mark would be given"):
        _enter(school, calendar, SNOW, office, 2)
    assert Disruption.objects.count() == 1


def test_another_schools_class_is_refused(
    school: School, calendar: Calendar, office: Membership, other_school: School
) -> None:
    with schools_in_scope([other_school.pk]):
        theirs = builders.school_class(other_school)
        builders.pupil(other_school, school_class=theirs)
    with pytest.raises(DisruptionRefusedError, match="not at this school"):
        _enter(school, calendar, replace(PART, class_ids=frozenset({theirs.pk})), office, 2)


def test_a_class_all_y4_needs_nothing_more(school: School, calendar: Calendar, office: Membership) -> None:
    oak = builders.school_class(school, "4 Oak")
    builders.pupil(school, school_class=oak)
    _enter(school, calendar, SNOW, office, 2)
    (state,) = classes.register_states([oak], school, FRIDAY, Session.AM)
    assert state.is_complete
    register = registers.class_register(school, calendar, oak, SessionOn(FRIDAY, Session.AM))
    assert register.blank == 0


def test_the_number_of_queries_does_not_grow_with_the_school(
    school: School, calendar: Calendar, office: Membership
) -> None:
    def asked(closing: Closing, expected: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            _enter(school, calendar, closing, office, expected)
        return len(found)

    week = replace(SNOW, first=SessionOn(date(2026, 11, 9), Session.AM), last=SessionOn(date(2026, 11, 13), Session.PM))
    builders.pupil(school)
    few = asked(week, 10)
    for _ in range(5):
        builders.pupil(school)
    assert asked(replace(week, reason="More snow"), 50) == few


def test_the_list_asks_four_questions(
    school: School, calendar: Calendar, office: Membership, django_assert_num_queries: Callable
) -> None:
    oak = builders.school_class(school, "4 Oak")
    builders.pupil(school, school_class=oak)
    _enter(school, calendar, replace(PART, class_ids=frozenset({oak.pk})), office, 2)
    earlier = replace(SNOW, first=SessionOn(THURSDAY, Session.AM), last=SessionOn(THURSDAY, Session.AM))
    _enter(school, calendar, earlier, office, 1)
    with django_assert_num_queries(4):
        rows = queries.entered(school)
    assert [row.row.first_on for row in rows] == [FRIDAY, THURSDAY]
