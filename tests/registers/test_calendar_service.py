"""Changing a calendar on screen: the row, the event, and what is refused."""

from collections.abc import Callable
from datetime import date

import pytest

from registers.models import Closure, Event, Membership, School, Term
from registers.queries import calendars
from registers.rules.calendar import CalendarRefusedError
from registers.rules.calendar import Closure as Planned
from registers.rules.calendar import Term as HalfTerm
from registers.rules.rights import Role
from registers.rules.sessions import Session, SessionOn
from registers.scope import schools_in_scope
from registers.services import calendars as services
from tests import builders

THURSDAY = date(2027, 6, 10)
NEXT = HalfTerm("Term 1", 1, date(2027, 9, 1), date(2027, 10, 15))


@pytest.fixture
def head(school: School) -> Membership:
    return builders.member(school, Role.HEAD)


@pytest.fixture
def now(head: Membership) -> dict[str, object]:
    return {"by": head, "at": builders.AT}


def _closure(first_on: date = THURSDAY, last_on: date | None = None, session: Session | None = None) -> Planned:
    return Planned(first_on, last_on or first_on, "polling_station", "Polling station", session)


def _kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_a_half_term_is_added_and_recorded(school: School, now) -> None:
    changed = services.add_term(school, NEXT, **now)
    row = Term.objects.get(first_on=NEXT.first_on)
    assert (row.name, row.number, row.last_on, row.from_file) == ("Term 1", 1, NEXT.last_on, False)
    assert len(changed.after.sessions) > len(changed.before.sessions)
    assert _kinds() == ["calendar: term added"]


@pytest.mark.parametrize(
    ("term", "words"),
    [
        (HalfTerm("Term 1", 1, date(2027, 7, 22), date(2027, 10, 15)), "before Term 6 ends"),
        (HalfTerm("Term 1", 1, date(2027, 9, 2), date(2027, 9, 1)), "ends before it begins"),
        (HalfTerm("Again", 6, date(2027, 7, 26), date(2027, 7, 30)), "Half-term 6 of 2026/27 is entered already"),
        (HalfTerm("Early", 2, date(2027, 7, 26), date(2027, 7, 30)), "Half-term 2 of 2026/27 is entered already"),
    ],
    ids=["overlaps", "backwards", "the-same-number", "another-number-twice"],
)
def test_a_half_term_that_cannot_stand_is_refused(school: School, now, term: HalfTerm, words: str) -> None:
    with pytest.raises(CalendarRefusedError, match=words):
        services.add_term(school, term, **now)
    assert Term.objects.count() == len(builders.TERMS)
    assert _kinds() == []


def test_half_terms_are_numbered_in_order(school: School, now) -> None:
    Term.objects.filter(first_on=date(2027, 6, 7)).delete()
    Term.objects.filter(first_on=date(2027, 4, 12)).delete()
    services.add_term(school, HalfTerm("Term 6", 6, date(2027, 4, 12), date(2027, 5, 28)), **now)
    with pytest.raises(CalendarRefusedError, match="Number the half-terms 1 to 6 in order"):
        services.add_term(school, HalfTerm("Term 5", 5, date(2027, 6, 7), date(2027, 7, 22)), **now)


def test_saving_a_placeholder_as_it_stands_confirms_it(school: School, now) -> None:
    Term.objects.filter(first_on=date(2027, 6, 7)).update(placeholder=True, from_file=True)
    row = Term.objects.get(first_on=date(2027, 6, 7))
    services.change_term(row, calendars.as_term(row), **now)
    row.refresh_from_db()
    assert (row.placeholder, row.from_file) == (False, False)


def test_a_half_term_is_not_cut_short_of_its_marks(school: School, now) -> None:
    builders.mark(builders.pupil(school), date(2026, 12, 18), Session.PM, "\\")
    row = Term.objects.get(first_on=date(2026, 11, 2))
    with pytest.raises(CalendarRefusedError, match="Marks stand on 18/12/2026: a day with marks cannot be closed"):
        services.change_term(row, HalfTerm("Term 2", 2, date(2026, 11, 2), date(2026, 12, 17)), **now)
    with pytest.raises(CalendarRefusedError, match="Marks stand on 18/12/2026"):
        services.remove_term(row, **now)
    assert Term.objects.get(pk=row.pk).last_on == date(2026, 12, 18)
    services.change_term(row, HalfTerm("Term 2", 2, date(2026, 11, 3), date(2026, 12, 18)), **now)
    assert _kinds() == ["calendar: term changed"]


def test_a_half_term_without_marks_is_removed(school: School, now) -> None:
    services.remove_term(Term.objects.get(first_on=date(2027, 6, 7)), **now)
    assert not calendars.of(school).is_school_day(THURSDAY)
    assert _kinds() == ["calendar: term removed"]


def test_a_closure_closes_its_session_alone(school: School, now) -> None:
    services.add_closure(school, _closure(session=Session.PM), **now)
    calendar = calendars.of(school)
    assert [calendar.is_open(THURSDAY, session) for session in Session] == [True, False]
    assert Closure.objects.get(first_on=THURSDAY).from_file is False
    assert _kinds() == ["calendar: closure added"]


@pytest.mark.parametrize(
    ("closure", "words"),
    [
        (_closure(date(2026, 10, 20)), "lies outside the school's terms"),
        (_closure(date(2027, 6, 12), date(2027, 6, 13)), "on a weekend"),
        (_closure(date(2027, 6, 11), date(2027, 6, 10)), "ends before it begins"),
        (_closure(date(2026, 11, 2), session=Session.AM), "closed then already: In-service day, 02/11/2026"),
        (_closure(date(2027, 6, 10), date(2027, 7, 11)), "at most 31 days"),
    ],
    ids=["holidays", "weekend", "backwards", "closed-already", "too-long"],
)
def test_a_closure_that_closes_nothing_new_is_refused(school: School, now, closure: Planned, words: str) -> None:
    with pytest.raises(CalendarRefusedError, match=words):
        services.add_closure(school, closure, **now)
    assert Closure.objects.count() == 1


def test_a_day_lies_in_a_term_if_one_weekday_does(school: School, now) -> None:
    services.add_closure(school, _closure(date(2027, 7, 22), date(2027, 7, 30)), **now)
    assert calendars.of(school).school_days[-1] == date(2027, 7, 21)


@pytest.mark.parametrize(
    ("session", "is_refused"), [(None, True), (Session.AM, True), (Session.PM, False)], ids=["day", "marked", "other"]
)
def test_a_session_with_marks_is_not_closed(school: School, now, session: Session | None, is_refused: bool) -> None:
    builders.mark(builders.pupil(school), THURSDAY, Session.AM, "/")
    if is_refused:
        with pytest.raises(CalendarRefusedError, match="enter an unexpected closure instead"):
            services.add_closure(school, _closure(session=session), **now)
        assert Closure.objects.count() == 1
        assert _kinds() == []
    else:
        services.add_closure(school, _closure(session=session), **now)


def test_another_schools_marks_do_not_matter(school: School, other_school: School, now) -> None:
    with schools_in_scope([other_school.pk]):
        builders.mark(builders.pupil(other_school), THURSDAY, Session.AM, "/")
    services.add_closure(school, _closure(), **now)


def test_a_closure_moved_opens_the_day_it_leaves(school: School, now) -> None:
    row = Closure.objects.get()
    changed = services.change_closure(row, _closure(date(2026, 11, 23)), **now)
    assert changed.opened_up_to(builders.TODAY) == [SessionOn(date(2026, 11, 2), session) for session in Session]
    assert changed.opened_up_to(date(2026, 11, 1)) == []
    services.change_closure(Closure.objects.get(), _closure(date(2026, 11, 23), date(2026, 11, 24)), **now)
    services.remove_closure(Closure.objects.get(), **now)
    assert _kinds() == ["calendar: closure changed", "calendar: closure changed", "calendar: closure removed"]


def test_the_missing_bank_holidays_are_added_once(school: School, now) -> None:
    first_on, last_on = date(2026, 9, 1), date(2027, 8, 31)
    assert list(calendars.missing_bank_holidays(calendars.of(school), first_on, last_on)) == [date(2027, 5, 3)]
    _, added = services.add_bank_holidays(school, first_on, last_on, **now)
    assert added == 1
    assert Closure.objects.get(first_on=date(2027, 5, 3)).kind == "bank_holiday"
    with pytest.raises(CalendarRefusedError, match="entered already"):
        services.add_bank_holidays(school, first_on, last_on, **now)


@pytest.mark.parametrize("change", ["term", "closure"])
def test_a_change_asks_a_constant_number_of_questions(
    school: School, now, change: str, django_assert_max_num_queries: Callable
) -> None:
    pupils = [builders.pupil(school) for _ in range(4)]
    for pupil in pupils:
        builders.mark(pupil, date(2026, 11, 20), Session.AM, "/")
    with django_assert_max_num_queries(12):
        if change == "term":
            services.add_term(school, NEXT, **now)
        else:
            services.add_closure(school, _closure(), **now)
