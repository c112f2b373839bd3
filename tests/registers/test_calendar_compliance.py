"""What guidance says of session times and calendars: both sides of each line, and that nothing else is said."""

from datetime import date, time

import pytest

from registers.rules import compliance
from registers.rules.arrivals import Times
from registers.rules.calendar import Calendar, Closure, Term
from registers.rules.sessions import Session
from tests import builders

AM, PM = Session.AM, Session.PM
TERMS = tuple(Term(f"Term {number}", number, first_on, last_on) for number, first_on, last_on in builders.TERMS)
MAY_DAY = date(2027, 5, 3)


def _times(starts: str, closes: str, *, assumed: bool = False) -> Times:
    return Times(time.fromisoformat(starts), time.fromisoformat(starts), time.fromisoformat(closes), assumed)


def _said(now: dict[tuple[str, Session], Times]) -> list[str]:
    return [concern.what for concern in compliance.of_times(now)]


@pytest.mark.parametrize(
    ("closes", "minutes", "is_said"),
    [("09:19", 29, False), ("09:20", 30, False), ("09:21", 31, True), ("09:30", 40, True)],
)
def test_a_register_is_open_for_at_most_thirty_minutes(closes: str, minutes: int, is_said: bool) -> None:
    times = _times("08:50", closes)
    both = {("KS1", AM): times, ("KS1", PM): _times("13:00", f"13:{minutes:02d}")}
    assert compliance.minutes_open(times) == minutes
    assert any(f"morning register is open {minutes} minutes" in said for said in _said(both)) is is_said


@pytest.mark.parametrize(
    ("closes", "said"),
    [
        ("13:45", ["The registers are open for different lengths (15 minutes: PM KS1; 30 minutes: AM KS1)."]),
        ("14:00", []),
    ],
)
def test_every_session_is_as_long_as_the_others(closes: str, said: list[str]) -> None:
    assert _said({("KS1", AM): _times("08:50", "09:20"), ("KS1", PM): _times("13:30", closes)}) == said


def test_key_stages_are_held_against_each_other() -> None:
    now = {
        ("KS1", AM): _times("08:50", "09:20"),
        ("KS1", PM): _times("12:45", "13:15"),
        ("KS2", AM): _times("08:50", "09:20"),
        ("KS2", PM): _times("13:05", "13:25"),
    }
    assert _said(now) == [
        "The registers are open for different lengths (20 minutes: PM KS2; 30 minutes: AM KS1, KS2, PM KS1)."
    ]


def test_times_the_policy_does_not_state_are_named() -> None:
    now = {("KS1", AM): _times("08:50", "09:20"), ("KS1", PM): _times("12:45", "13:15", assumed=True)}
    assert _said(now) == ["The policy does not state the afternoon times for KS1; 12:45 to 13:15 is assumed."]


def test_a_session_without_times_is_named() -> None:
    assert _said({("KS1", AM): _times("08:50", "09:20")}) == [
        "No afternoon times are entered for KS1: an arrival cannot be judged."
    ]


def _of_calendar(
    calendar: Calendar,
    placeholders: tuple[Term, ...] = (),
    *,
    holidays: dict[date, str] | None = None,
    proprietor: str = "governing body",
) -> list[str]:
    found = compliance.of_calendar(calendar, placeholders, holidays or {}, proprietor, builders.TODAY)
    return [concern.what for concern in found]


@pytest.mark.parametrize(
    ("proprietor", "said"),
    [("governing body", ["2026/27 has 378 sessions."]), ("academy trust", []), ("Independent", [])],
)
def test_a_maintained_school_meets_for_380_sessions(proprietor: str, said: list[str]) -> None:
    assert _of_calendar(_year_of(378), proprietor=proprietor) == said


def test_380_sessions_are_enough() -> None:
    assert _of_calendar(_year_of(380)) == []


def test_a_year_is_counted_when_all_its_half_terms_are_entered() -> None:
    assert _of_calendar(Calendar(TERMS[6:11])) == []


def test_a_year_that_is_over_is_not_complained_of() -> None:
    assert _of_calendar(Calendar(TERMS[:6])) == []


def _year_of(sessions: int) -> Calendar:
    """The school year 2026/27 with so many sessions, the rest closed from its end."""
    days = Calendar(TERMS[6:]).school_days
    assert len(days) * 2 >= sessions
    return Calendar(TERMS[6:], tuple(Closure(on, on, "closure", "Closed") for on in days[sessions // 2 :]))


def test_placeholders_wait_for_the_schools_own_dates() -> None:
    waiting = (TERMS[0], TERMS[6], TERMS[7])
    assert _of_calendar(Calendar(TERMS[6:11]), waiting) == ["2 half-terms have placeholder dates in 2026/27."]


@pytest.mark.parametrize(
    ("closures", "on", "is_said"),
    [
        ((), MAY_DAY, True),
        ((Closure(MAY_DAY, MAY_DAY, "bank_holiday", "May Day"),), MAY_DAY, False),
        ((Closure(MAY_DAY, MAY_DAY, "closure", "Fair", PM),), MAY_DAY, True),
        ((), date(2026, 12, 28), False),
        ((), date(2026, 11, 19), False),
    ],
    ids=["open", "closed", "half-open", "in-the-holidays", "past"],
)
def test_a_bank_holiday_in_term_is_named(closures: tuple[Closure, ...], on: date, is_said: bool) -> None:
    said = _of_calendar(Calendar(TERMS[6:11], closures), holidays={on: "Early May"})
    assert said == ([f"Early May, {on:%d/%m/%Y}, lies in term and the school is open."] if is_said else [])


def test_every_concern_says_what_guidance_says_and_where() -> None:
    times = compliance.of_times({("KS1", AM): _times("08:50", "09:30", assumed=True)})
    dates = compliance.of_calendar(_year_of(378), TERMS[6:7], {MAY_DAY: "May Day"}, "governing body", builders.TODAY)
    assert len(times) == 3
    assert len(dates) == 3
    assert all(concern.guidance and concern.source and concern.advice for concern in (*times, *dates))
