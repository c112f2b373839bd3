"""What the registers say of a pupil: figures, lates, times and who signs, on both sides of each line."""

from datetime import date, time

import pytest

from letters.queries import standing
from letters.rules import blanks, conditions
from registers.models import Mark, Membership, School, SessionTimes
from registers.rules.rights import Role
from registers.rules.sessions import Session
from tests import builders

TODAY = builders.TODAY
UNAUTHORISED, PERSISTENT, LATE = "unauthorised_this_year", "persistently_absent", "late_at_all_this_year"


def of(desk, today=TODAY):
    return standing.of(desk.school, desk.calendar, desk.pupil, today)


@pytest.mark.parametrize(
    ("wanted", "queries"),
    [
        pytest.param(frozenset({"attendance", "forename"}), 1, id="figures alone"),
        pytest.param(frozenset({"class_name"}), 2, id="the class"),
        pytest.param(frozenset({"register_am_closes"}), 2, id="session times"),
        pytest.param(frozenset({"minutes_recorded"}), 2, id="a condition on lates"),
        pytest.param(standing.EVERYTHING, 4, id="everything"),
    ],
)
def test_nothing_is_asked_that_is_not_wanted(desk, django_assert_num_queries, wanted, queries):
    with django_assert_num_queries(queries):
        found = standing.of(desk.school, desk.calendar, desk.pupil, TODAY, wanted)
    everything = of(desk)
    assert found.values.items() <= everything.values.items()
    assert wanted & everything.values.keys() <= found.values.keys()
    assert wanted & everything.conditions <= found.conditions


@pytest.mark.parametrize("name", sorted(standing.EVERYTHING))
def test_what_takes_a_query_of_its_own_is_a_blank_or_a_condition(name):
    assert name in blanks.BLANKS or name in conditions.CONDITIONS


def test_every_value_of_the_registers_is_had_when_it_alone_is_wanted(desk):
    for name, value in of(desk).values.items():
        assert standing.of(desk.school, desk.calendar, desk.pupil, TODAY, {name}).values[name] == value


def test_figures_are_those_of_the_school_year_to_the_day(desk):
    values = of(desk).values
    # 76 sessions: 2 I and 1 O early, 1 U late; five L count as attended.
    assert values["sessions_possible"] == "76 sessions"
    assert values["sessions_missed"] == "4 sessions"
    assert values["sessions_authorised"] == "2 sessions"
    assert values["sessions_unauthorised"] == "2 sessions"
    assert values["attendance"] == "94.7"
    assert values["figures_on"] == values["date_of_printing"] == "20 November 2026"


def test_last_years_marks_and_other_pupils_are_left_out(desk):
    builders.mark(desk.pupil, date(2026, 7, 1), Session.AM, "L")
    other = builders.pupil(desk.school, "Other", "Kim")
    builders.mark(other, TODAY, Session.AM, "L")
    values = of(desk).values
    assert values["lates_this_year"] == "5 occasions"
    assert values["sessions_missed"] == "4 sessions"


def test_lates_of_the_year_and_of_the_half_term(desk):
    values = of(desk).values
    assert (values["lates_this_year"], values["lates_this_half_term"]) == ("5 occasions", "3")
    assert values["half_term"] == "Term 2"


@pytest.mark.parametrize(
    ("today", "half_term", "in_year", "in_half_term"),
    [
        pytest.param(date(2026, 9, 1), "Term 1", "1 occasion", "1", id="first day"),
        pytest.param(date(2026, 10, 31), "Term 1", "2 occasions", "2", id="in the holiday the half-term before"),
        pytest.param(date(2026, 11, 2), "Term 2", "2 occasions", "none", id="first day of the next"),
    ],
)
def test_the_half_term_a_day_belongs_to(desk, today, half_term, in_year, in_half_term):
    values = of(desk, today).values
    assert values["half_term"] == half_term
    assert (values["lates_this_year"], values["lates_this_half_term"]) == (in_year, in_half_term)


@pytest.mark.parametrize(
    ("minutes", "said", "is_recorded"),
    [
        pytest.param([None] * 5, "at least 0 minutes", False, id="none recorded"),
        pytest.param([None, 5, None, None, None], "at least 5 minutes", True, id="one recorded"),
        pytest.param([10, 10, 10, 10, 19], "59 minutes", True, id="under an hour"),
        pytest.param([10, 10, 10, 10, 20], "1 hour", True, id="an hour"),
        pytest.param([10, 10, 10, 10, 21], "1 hour 1 minute", True, id="an hour and a minute"),
        pytest.param([30, 30, 30, 30, 30], "2 hours 30 minutes", True, id="hours"),
    ],
)
def test_time_missed_comes_from_minutes_recorded(desk, minutes, said, is_recorded):
    for mark, late in zip(Mark.objects.filter(pupil=desk.pupil, code="L").order_by("on"), minutes, strict=True):
        mark.minutes_late = late
        mark.save()
    facts = of(desk)
    assert facts.values["time_missed"] == said
    assert ("minutes_recorded" in facts.conditions) is is_recorded


@pytest.mark.parametrize(
    ("codes", "holding"),
    [
        pytest.param("/" * 57 + "OOO", {"attendance_good", UNAUTHORISED}, id="exactly 95"),
        pytest.param("/" * 47 + "OOO", {"attendance_short", UNAUTHORISED}, id="94"),
        pytest.param("/" * 55 + "O" * 5, {"attendance_short", UNAUTHORISED}, id="above 90"),
        pytest.param("/" * 54 + "O" * 6, {PERSISTENT, UNAUTHORISED}, id="exactly 90 is persistent absence, not below"),
        pytest.param("/" * 53 + "O" * 7, {PERSISTENT, UNAUTHORISED, "below_90"}, id="below 90"),
        pytest.param("/" * 54 + "I" * 6, {PERSISTENT, "ill_this_year"}, id="ill"),
        pytest.param("", set(), id="nothing possible"),
        pytest.param("/" * 9 + "L", {"attendance_good", "late_this_year", LATE}, id="late"),
        pytest.param("/" * 19 + "U", {"attendance_good", "late_after_this_year", LATE, UNAUTHORISED}, id="after close"),
        pytest.param("/" * 19 + "N", {"attendance_good", "without_reason", UNAUTHORISED}, id="no reason yet"),
    ],
)
def test_conditions_hold_on_their_side_of_the_line(desk, codes, holding):
    pupil = builders.pupil(desk.school, "Line")
    builders.marks(pupil, desk.calendar, date(2026, 9, 1), codes)
    facts = standing.of(desk.school, desk.calendar, pupil, TODAY)
    assert facts.conditions == holding
    assert bool(facts.values["attendance"]) is bool(codes)


def test_days_are_listed_with_their_half_day_unless_both(desk):
    pupil = builders.pupil(desk.school, "Days")
    builders.marks(pupil, desk.calendar, date(2026, 9, 1), "U//UNNNU/L")
    values = standing.of(desk.school, desk.calendar, pupil, TODAY).values
    assert values["dates_of_lates_after"].split("\n") == [
        "1 September 2026 (morning)",
        "2 September 2026 (afternoon)",
        "4 September 2026 (afternoon)",
    ]
    assert values["dates_without_reason"].split("\n") == ["3 September 2026", "4 September 2026 (morning)"]
    assert values["total_lates_after"] == "3"
    assert (values["all_lates_this_year"], values["all_lates_this_half_term"]) == ("4 occasions", "none")


def test_numbers_alone_are_half_day_sessions(desk):
    values = of(desk).values
    assert (values["total_authorised_absences"], values["total_unauthorised_absences"]) == ("2", "2")


@pytest.mark.parametrize(
    ("today", "said"),
    [
        pytest.param(date(2026, 11, 20), "4 December 2026", id="ten school days on"),
        pytest.param(date(2026, 10, 9), "9 November 2026", id="over a holiday and an in-service day"),
        pytest.param(date(2027, 7, 20), "", id="beyond the calendar"),
    ],
)
def test_the_day_to_answer_by_is_ten_school_days_on(desk, today, said):
    assert of(desk, today).values["reply_by"] == said


@pytest.mark.parametrize(("proprietor", "is_academy"), [("governing body", False), ("academy trust", True)])
def test_an_academy_is_known_by_its_proprietor(desk, proprietor, is_academy):
    desk.school.proprietor = proprietor
    assert ("academy" in of(desk).conditions) is is_academy


def test_times_are_those_of_the_pupils_key_stage_in_force_that_day(desk):
    rows = SessionTimes.objects.filter(school=desk.school, session=Session.AM)
    rows.filter(key_stage="KS1").update(closes=time(9, 0))
    SessionTimes.objects.create(
        school=desk.school,
        key_stage="KS2",
        session=Session.AM,
        applies_from=date(2026, 11, 20),
        starts=time(8, 50),
        on_time_until=time(9, 0),
        closes=time(9, 30),
    )
    now, before = of(desk).values, of(desk, date(2026, 11, 19)).values
    names = ("register_am_starts", "register_am_late_from", "register_am_closes")
    assert [now[name] for name in names] == ["8.50am", "9.01am", "9.30am"]
    assert [before[name] for name in names] == ["8.50am", "8.51am", "9.20am"]
    assert (now["register_pm_starts"], now["register_pm_closes"]) == ("1.30pm", "1.45pm")


def test_without_times_there_is_nothing_to_put(desk):
    SessionTimes.objects.filter(school=desk.school).delete()
    assert "register_am_starts" not in of(desk).values


@pytest.mark.parametrize(
    ("at", "said"),
    [(time(0, 5), "12.05am"), (time(12, 0), "12.00pm"), (time(9, 5), "9.05am"), (time(13, 30), "1.30pm")],
)
def test_the_clock_in_words(at, said):
    assert standing.clock(at) == said


def test_the_signatory_is_the_one_person_in_that_part(desk, other_school):
    builders.member(other_school, Role.FLO, "Somebody else")
    assert standing.signatory(desk.school, Role.FLO, TODAY) == "A flo"
    assert standing.signatory(desk.school, Role.ATTENDANCE_LEAD, TODAY) == ""
    assert standing.signatory(desk.school, Role.FLO, date(2024, 8, 31)) == ""
    second = builders.member(desk.school, Role.FLO, "Another")
    assert standing.signatory(desk.school, Role.FLO, TODAY) == ""
    Membership.objects.filter(pk=second.pk).update(ends_on=date(2026, 11, 19))
    assert standing.signatory(desk.school, Role.FLO, TODAY) == "A flo"


def test_four_kinds_of_question_whatever_the_marks(desk, django_assert_max_num_queries):
    School.objects.get(pk=desk.school.pk)
    with django_assert_max_num_queries(4):
        of(desk)
