"""What the ten-week count tells letters, on both sides of the threshold."""

from datetime import date

import pytest

from letters import given
from letters.models import Letter
from letters.rules.blanks import BlankRefusedError
from letters.rules.conditions import ConditionRefusedError
from letters.rules.kinds import KINDS
from letters.services import letters, wordings
from registers.queries import calendars
from registers.rules.rights import Role
from tests import builders
from tests.builders import AT, TODAY

NOTICE = {
    "support_given": "A meeting on 5 October 2026",
    "support_open": "A weekly call",
    "improve_from_on": "23 November 2026",
    "improve_until_on": "11 January 2027",
    "improvement_wanted": "there is no unauthorised absence",
}


@pytest.fixture
def head(school):
    return builders.member(school, Role.HEAD)


def pupil_with(school, codes):
    pupil = builders.pupil(school)
    builders.marks(pupil, calendars.of(school), date(2026, 11, 3), codes)
    return pupil


def draft(school, pupil, kind, head, **facts):
    return letters.draft(school, calendars.of(school), pupil, kind, facts=facts, today=TODAY, by=head, at=AT)


@pytest.mark.parametrize(
    ("codes", "met", "number"),
    [
        pytest.param("O" * 9 + "/" * 9, False, "9 sessions", id="nine"),
        pytest.param("GNOU" * 2 + "OO", True, "10 sessions", id="ten of any mix"),
        pytest.param("I" * 12, False, "0 sessions", id="illness"),
        pytest.param("O", False, "1 session", id="one"),
    ],
)
def test_the_count_and_whether_it_is_reached(school, codes, met, number):
    pupil = pupil_with(school, codes)
    values, held = given.found(KINDS["penalty_warning"], school, calendars.of(school), pupil, TODAY)
    assert values["unauthorised_in_window"] == number
    assert (held == {"threshold_met"}) is met
    # The Monday of the first of ten school weeks that end with that of 20 November, the half-term holiday left out.
    assert values["window_first_on"] == "31 August 2026"


def test_a_letter_that_does_not_speak_of_it_asks_nothing(school, django_assert_num_queries):
    pupil, calendar = builders.pupil(school), calendars.of(school)
    with django_assert_num_queries(0):
        assert given.found(KINDS["late_l"], school, calendar, pupil, TODAY) == ({}, frozenset())


def test_a_notice_to_improve_is_refused_below_the_threshold(school, head):
    wordings.adopt(school, ["notice_to_improve"], by=head, at=AT)
    with pytest.raises(ConditionRefusedError, match="no penalty notice could follow"):
        draft(school, pupil_with(school, "O" * 9), "notice_to_improve", head, **NOTICE)
    (letter,) = draft(school, pupil_with(school, "O" * 10), "notice_to_improve", head, **NOTICE)
    assert "threshold_met" in letter.conditions
    assert Letter.objects.count() == 1


def test_the_count_cannot_be_given(school, head):
    wordings.adopt(school, ["penalty_warning"], by=head, at=AT)
    with pytest.raises(BlankRefusedError, match="cannot be given"):
        draft(school, pupil_with(school, "O"), "penalty_warning", head, unauthorised_in_window="99 sessions")
