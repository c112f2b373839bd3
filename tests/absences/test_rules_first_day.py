"""The order of the first-day list, who is one family, what is due next, and the clock."""

from datetime import UTC, datetime, time, timedelta

import pytest

from absences.rules import contacts, first_day
from absences.rules.contacts import ContactRefusedError, Outcome
from absences.rules.first_day import Child, Standing, Tried, Urgency
from registers.rules.sessions import Session

AM, PM = Session.AM, Session.PM
NOW = datetime(2026, 11, 20, 9, 25, 40, tzinfo=UTC)


def child(number, *parents, name="", **facts):
    return Child(number, name or f"Child {number}", frozenset(parents), **facts)


@pytest.mark.parametrize(
    ("facts", "urgency"),
    [
        pytest.param({}, Urgency.REST, id="nothing known"),
        pytest.param({"is_persistent": True}, Urgency.PERSISTENT, id="persistent absentee"),
        pytest.param({"is_vulnerable": True}, Urgency.VULNERABLE, id="social worker"),
        pytest.param({"is_vulnerable": True, "is_persistent": True}, Urgency.VULNERABLE, id="both"),
        pytest.param({"is_vulnerable": True, "is_in_school": True}, Urgency.IN_SCHOOL, id="has come since"),
    ],
)
def test_who_is_asked_about_first(facts, urgency):
    assert first_day.urgency(child(1, **facts)) is urgency


def ids(families):
    return [[one.pupil_id for one in family] for family in families]


@pytest.mark.parametrize(
    ("children", "found"),
    [
        pytest.param([], [], id="nobody"),
        pytest.param([child(1, 10), child(2, 20)], [[1], [2]], id="no parent shared"),
        pytest.param([child(1), child(2)], [[1], [2]], id="no parent at all is no family"),
        pytest.param([child(1, 10), child(2, 20), child(3, 10)], [[1, 3], [2]], id="one shared parent"),
        pytest.param([child(1, 10), child(2, 20), child(3, 10, 20)], [[1, 2, 3]], id="joined by the third"),
        pytest.param([child(1, 10, 11), child(2, 11, 12), child(3, 12)], [[1, 2, 3]], id="a chain"),
        pytest.param(
            [child(1, 10), child(2, 20, is_persistent=True), child(3, 30, is_vulnerable=True)],
            [[3], [2], [1]],
            id="the most urgent first",
        ),
        pytest.param(
            [child(1, 10), child(2, 20, is_persistent=True), child(3, 10, is_vulnerable=True)],
            [[3, 1], [2]],
            id="a family stands where its most urgent child does",
        ),
        pytest.param([child(1, 10, name="Young"), child(2, 20, name="Adams")], [[2], [1]], id="else by name"),
    ],
)
def test_brothers_and_sisters_are_one_family(children, found):
    assert ids(first_day.families(children)) == found


@pytest.mark.parametrize(
    ("marks", "taken", "away"),
    [
        pytest.param({AM: "N"}, [], (AM,), id="N, whether or not the register is in"),
        pytest.param({}, [AM], (AM,), id="no mark in a register that was taken"),
        pytest.param({}, [], (), id="no mark and no register says nothing"),
        pytest.param({AM: "/"}, [AM], (), id="present"),
        pytest.param({AM: "I"}, [AM], (), id="has a reason"),
        pytest.param({AM: "O"}, [AM], (), id="not accepted is settled"),
        pytest.param({AM: "N", PM: "N"}, [AM, PM], (AM, PM), id="all day"),
        pytest.param({AM: "/", PM: "N"}, [AM, PM], (PM,), id="gone in the afternoon"),
        pytest.param({AM: "/"}, [AM, PM], (PM,), id="blank in the afternoon"),
    ],
)
def test_who_is_away_without_a_reason(marks, taken, away):
    assert first_day.unexplained(marks, taken) == away


@pytest.mark.parametrize(
    ("marks", "away", "here"),
    [
        pytest.param({AM: "N", PM: "\\"}, (AM,), True, id="came for the afternoon"),
        pytest.param({AM: "N", PM: "L"}, (AM,), True, id="came late for it"),
        pytest.param({AM: "N", PM: "V"}, (AM,), True, id="on a visit"),
        pytest.param({AM: "N"}, (AM,), False, id="afternoon not known yet"),
        pytest.param({AM: "N", PM: "M"}, (AM,), False, id="away for another reason"),
        pytest.param({AM: "/", PM: "N"}, (PM,), False, id="was here in the morning only"),
        pytest.param({AM: "N", PM: "N"}, (AM, PM), False, id="all day"),
    ],
)
def test_who_has_come_since(marks, away, here):
    assert first_day.is_in_school(marks, away) is here


def tried(minutes, outcome=Outcome.NO_ANSWER, again=None):
    at = NOW + timedelta(minutes=minutes)
    return Tried(at, outcome, at + timedelta(minutes=again) if again else None)


@pytest.mark.parametrize(
    ("tries", "standing"),
    [
        pytest.param([], Standing.NOT_TRIED, id="nobody asked"),
        pytest.param([tried(-20, again=21)], Standing.WAITING, id="a minute before the next try"),
        pytest.param([tried(-20, again=20)], Standing.DUE, id="at the next try"),
        pytest.param([tried(-20)], Standing.DUE, id="no next try was named"),
        pytest.param([tried(-20, Outcome.REASON_GIVEN)], Standing.TOLD, id="a reason"),
        pytest.param([tried(-5, Outcome.REASON_GIVEN), tried(-20, again=5)], Standing.TOLD, id="the last try counts"),
        pytest.param([tried(-20, Outcome.REASON_GIVEN), tried(-5)], Standing.DUE, id="a reason that was asked again"),
    ],
)
def test_what_is_due_next(tries, standing):
    assert first_day.due(tries, NOW).standing is standing


@pytest.mark.parametrize(
    ("local", "words", "is_past"),
    [
        pytest.param(time(9, 25, 40), "35 minutes left", False, id="before"),
        pytest.param(time(9, 59), "1 minute left", False, id="one minute"),
        pytest.param(time(10, 0, 59), "0 minutes left", False, id="the minute itself is in time"),
        pytest.param(time(10, 1), "1 minute past", True, id="the next is not"),
        pytest.param(time(10, 12), "12 minutes past", True, id="past"),
        pytest.param(time(13, 35), "3 h 35 min past", True, id="hours past"),
    ],
)
def test_the_clock(local, words, is_past):
    clock = first_day.clock(datetime.combine(NOW.date(), local), time(10))
    assert (clock.words, clock.is_past) == (words, is_past)


@pytest.mark.parametrize(
    ("tried_minutes", "next_minutes", "message"),
    [
        pytest.param(0, None, "", id="now"),
        pytest.param(1, None, "still to come", id="in the future"),
        pytest.param(-5, 1, "", id="next after now"),
        pytest.param(-5, 0, "is past already", id="next at this minute"),
        pytest.param(-5, -4, "is past already", id="next before now"),
    ],
)
def test_the_times_of_a_try(tried_minutes, next_minutes, message):
    again = None if next_minutes is None else NOW + timedelta(minutes=next_minutes)
    at = NOW + timedelta(minutes=tried_minutes)
    if not message:
        contacts.check_times(at, again, NOW)
        return
    with pytest.raises(ContactRefusedError, match=message):
        contacts.check_times(at, again, NOW)


@pytest.mark.parametrize(
    ("parent", "of", "message"),
    [
        pytest.param(7, {1: frozenset({7, 8})}, "", id="a contact of the pupil"),
        pytest.param(None, {1: frozenset()}, "", id="nobody in particular"),
        pytest.param(9, {1: frozenset({7, 8})}, "not a contact of the pupil", id="somebody else"),
        pytest.param(7, {1: frozenset({7}), 2: frozenset({7})}, "", id="of both children"),
        pytest.param(7, {1: frozenset({7}), 2: frozenset({8})}, "of every child ticked", id="of one child only"),
    ],
)
def test_whom_a_try_may_name(parent, of, message):
    if not message:
        contacts.check_person(parent, of)
        return
    with pytest.raises(ContactRefusedError, match=message):
        contacts.check_person(parent, of)


def test_every_channel_has_a_name_and_says_how_a_reason_came():
    assert set(contacts.TOLD_THROUGH) == set(contacts.CHANNEL_NAMES) == set(contacts.Channel)
    assert set(contacts.OUTCOME_NAMES) == set(Outcome)
