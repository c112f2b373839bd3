"""What boundaries and slips might do to the deadlines."""

from datetime import date, timedelta

import pytest

from absences.models import EvidenceWanted, Return
from absences.queries import clocks as queries
from absences.rules import clocks as rules
from absences.rules.clocks import CLOCKS, ClockKind
from absences.services import clocks as services
from absences.services.clocks import ClockRefusedError
from registers.models import Mark
from registers.queries import calendars
from registers.rules.sessions import SessionOn
from tests import builders
from tests.builders import AT, TODAY

NOV = date(2026, 11, 3)
SICKNESS = next(clock for clock in CLOCKS if clock.kind is ClockKind.SICKNESS)


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.fixture
def office(school):
    return builders.member(school)


def answer(school, calendar, pupil, kind, since, on, by, today=TODAY) -> Return:
    return services.answer(school, calendar, pupil, kind, since, on, "By letter", today=today, by=by, at=AT)


def waiting(school, calendar, today=TODAY) -> list[tuple[str, str]]:
    found = queries.due(school, calendar, today)
    return [(one.pupil.legal_surname, one.kind) for one in found if one.answer is None]


@pytest.mark.parametrize("today", [date(2026, 7, 25), date(2026, 8, 31), date(2026, 9, 1)])
def test_in_the_summer_the_top_class_has_left_and_the_youngest_have_not_begun(school, calendar, today) -> None:
    builders.pupil(school, "Leaver", dob=date(2015, 5, 4), leaves_on=date(2026, 7, 21), leaving_ground="A")
    builders.pupil(school, "Fifth", dob=date(2016, 5, 4))
    builders.pupil(school, "Mover", dob=date(2016, 5, 4), leaves_on=date(2026, 7, 21), leaving_ground="A")
    builders.pupil(school, "Starter", dob=date(2022, 5, 4), starts_on=date(2026, 9, 1), entered_on=date(2026, 7, 10))
    builders.pupil(school, "Joiner", dob=date(2018, 5, 4), starts_on=date(2026, 9, 1), entered_on=date(2026, 7, 10))
    assert sorted(waiting(school, calendar, today)) == [("Joiner", "new pupil"), ("Mover", "deletion")]


def test_the_top_class_is_the_one_a_pupil_is_taught_in(school, calendar) -> None:
    builders.pupil(school, "Below", dob=date(2015, 5, 4), year_offset=-1)
    builders.pupil(school, "Leaver", dob=date(2016, 5, 4), leaves_on=date(2027, 7, 22), leaving_ground="A")
    assert waiting(school, calendar) == []


def test_a_deletion_is_told_of_before_it_comes(school, calendar, office) -> None:
    last_on = date(2026, 12, 18)
    pupil = builders.pupil(school, leaves_on=last_on, leaving_ground="A")
    with pytest.raises(ClockRefusedError, match="between"):
        answer(school, calendar, pupil, ClockKind.DELETION, last_on, TODAY + timedelta(days=1), office)
    answer(school, calendar, pupil, ClockKind.DELETION, last_on, TODAY, office)
    assert waiting(school, calendar) == []


def test_a_return_stays_made_when_the_first_day_is_amended(school, calendar, office) -> None:
    pupil = builders.pupil(school)
    builders.marks(pupil, calendar, NOV, "O" * 24)
    answer(school, calendar, pupil, ClockKind.ATTENDANCE, NOV, TODAY, office)
    Mark.objects.filter(on=NOV).update(code="I")
    [due] = queries.due(school, calendar, TODAY)
    assert (due.since, due.answer) == (date(2026, 11, 4), Return.objects.get())
    # Another absence is another return.
    builders.marks(pupil, calendar, date(2026, 11, 19), "//" + "O" * 20)
    assert waiting(school, calendar, date(2026, 12, 3)) == [("Example", ClockKind.ATTENDANCE)]


def test_an_illness_that_lasts_over_a_year_is_told_of_once(school, calendar, office) -> None:
    pupil = builders.pupil(school)
    builders.marks(pupil, calendar, date(2025, 9, 1), "I" * 600)
    [due] = queries.due(school, calendar, TODAY)
    answer(school, calendar, pupil, due.kind, due.since, TODAY, office)
    assert waiting(school, calendar, TODAY + timedelta(days=3)) == []


def test_last_years_run_does_not_hide_this_years_total(calendar) -> None:
    year_began_on = date(2026, 9, 1)
    before = calendar.sessions_between(date(2026, 6, 1), date(2026, 6, 19))
    after = calendar.sessions_between(year_began_on, TODAY)
    marks = dict.fromkeys(before, "I") | {place: "I/"[number % 2] for number, place in enumerate(after)}
    places: tuple[SessionOn, ...] = (*before, *after)
    found = rules.reached(SICKNESS, marks, places, year_began_on)
    assert found is not None
    assert (found.is_total, found.since) == (True, year_began_on)
    earlier = rules.reached(SICKNESS, dict.fromkeys(before, "I"), places, year_began_on)
    assert earlier is not None
    assert earlier.since == date(2026, 6, 1)


def test_evidence_that_is_wanted_can_be_ended_when_the_limits_are_gone(school, calendar, office) -> None:
    pupil = builders.pupil(school)
    row = EvidenceWanted.objects.create(
        school=school,
        pupil=pupil,
        from_on=TODAY,
        why="3 occasions",
        confirmed_at=AT,
        confirmed_by=office.user,
        confirmed_role=office.role,
    )
    services.choose(school, writes_o=False, illness_occasions=None, illness_days=None, by=office, at=AT)
    assert [one.wanted for one in queries.illness(school, calendar, TODAY)] == [row]
