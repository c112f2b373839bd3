"""Who may ask for leave, and what a decision makes of a request."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from absences.rules import leave
from absences.rules.leave import MOVES, Asked, Category, Decision, LeaveRefusedError, LeaveState
from registers.rules import codes
from registers.rules.codes import Ground
from registers.rules.sessions import Session, SessionOn

TODAY = date(2026, 11, 20)
MONDAY = date(2026, 12, 7)
WEEK = tuple(SessionOn(MONDAY + timedelta(days=day), session) for day in range(5) for session in Session)


def asked(
    received_on: date = TODAY,
    state: LeaveState = LeaveState.RECEIVED,
    category: Category = Category.HOLIDAY,
    sessions: tuple[SessionOn, ...] = WEEK,
) -> Asked:
    return Asked(state, category, received_on, sessions)


@pytest.mark.parametrize(
    ("received_on", "expected"),
    [
        pytest.param(date(2026, 12, 6), False, id="the day before"),
        pytest.param(date(2026, 12, 7), True, id="on the first day"),
        pytest.param(date(2026, 12, 8), True, id="the day after"),
    ],
)
def test_retrospective_from_the_first_day_on(received_on, expected):
    assert leave.is_retrospective(received_on, MONDAY) is expected
    assert asked(received_on).is_retrospective is expected


@pytest.mark.parametrize("decision", [Decision.ALL, Decision.PART])
def test_a_retrospective_request_cannot_be_granted(decision):
    with pytest.raises(LeaveRefusedError, match="cannot be granted afterwards, whoever asks"):
        leave.settle(asked(MONDAY), decision, WEEK[:1], "C", "Words.")


def test_a_retrospective_request_can_be_refused():
    assert leave.settle(asked(MONDAY), Decision.REFUSE, (), "", "Words.").state is LeaveState.REFUSED


@pytest.mark.parametrize(
    ("decision", "ticked", "state", "granted"),
    [
        pytest.param(Decision.ALL, (), LeaveState.GRANTED, WEEK, id="all"),
        pytest.param(Decision.PART, WEEK[:1], LeaveState.PARTLY_GRANTED, WEEK[:1], id="the first session"),
        pytest.param(
            Decision.PART,
            (WEEK[9], WEEK[0], WEEK[5], WEEK[3]),
            LeaveState.PARTLY_GRANTED,
            (WEEK[0], WEEK[3], WEEK[5], WEEK[9]),
            id="any four of ten",
        ),
        pytest.param(Decision.PART, WEEK[1:], LeaveState.PARTLY_GRANTED, WEEK[1:], id="all but the first"),
        pytest.param(Decision.PART, (WEEK[2], WEEK[2]), LeaveState.PARTLY_GRANTED, (WEEK[2],), id="ticked twice"),
        pytest.param(Decision.PART, WEEK, LeaveState.GRANTED, WEEK, id="a part that is the whole"),
        pytest.param(Decision.REFUSE, (), LeaveState.REFUSED, (), id="none"),
        pytest.param(Decision.REFUSE, WEEK[:4], LeaveState.REFUSED, (), id="none, whatever stands in the form"),
    ],
)
def test_what_a_decision_makes_of_ten_sessions(decision, ticked, state, granted):
    settled = leave.settle(asked(), decision, ticked, "C", "Words.")
    assert (settled.state, settled.granted) == (state, granted)
    assert settled.code == ("C" if granted else "")


@pytest.mark.parametrize(
    ("ticked", "message"),
    [
        pytest.param((), "from 1 to 10", id="no session"),
        pytest.param((SessionOn(date(2026, 12, 14), Session.AM),), "not asked for", id="the week after"),
        pytest.param((*WEEK, SessionOn(date(2026, 12, 4), Session.PM)), "not asked for", id="one too early"),
    ],
)
def test_a_part_is_some_of_the_sessions_asked_for(ticked, message):
    with pytest.raises(LeaveRefusedError, match=message):
        leave.settle(asked(), Decision.PART, ticked, "C", "Words.")


@given(st.sets(st.sampled_from(WEEK), min_size=1))
def test_a_grant_is_exactly_what_was_ticked_in_order(ticked):
    settled = leave.settle(asked(), Decision.PART, ticked, "C", "Words.")
    assert list(settled.granted) == sorted(ticked)


@given(st.sets(st.sampled_from(WEEK), min_size=1), st.sets(st.sampled_from(WEEK)))
def test_shortening_never_grants_more(granted, wanted):
    try:
        remaining = leave.kept(granted, wanted, "They come back.")
    except LeaveRefusedError:
        assert not granted & wanted or granted <= wanted
    else:
        assert set(remaining) == granted & wanted
        assert 0 < len(remaining) < len(granted)


@pytest.mark.parametrize(
    ("wanted", "words", "message"),
    [
        pytest.param((), "Back early.", "Withdraw the leave instead", id="nothing remains"),
        pytest.param(WEEK, "Back early.", "still ticked", id="nothing is given back"),
        pytest.param(WEEK[:3], " ", "Say why", id="no reason"),
    ],
)
def test_shortening_leaves_some_and_says_why(wanted, words, message):
    with pytest.raises(LeaveRefusedError, match=message):
        leave.kept(WEEK, wanted, words)


def test_a_decision_needs_words():
    with pytest.raises(LeaveRefusedError, match="reasons for the decision"):
        leave.settle(asked(), Decision.REFUSE, (), "", " ")


def test_nothing_can_be_granted_where_the_calendar_leaves_no_session():
    with pytest.raises(LeaveRefusedError, match="closed on all the days"):
        leave.settle(asked(sessions=()), Decision.ALL, (), "C", "Words.")


PATHS = {
    "received": "information asked, granted, partly granted, refused, withdrawn",
    "information asked": "received, granted, partly granted, refused, withdrawn",
    "granted": "partly granted, withdrawn",
    "partly granted": "partly granted, withdrawn",
    "refused": "",
    "withdrawn": "",
}


@pytest.mark.parametrize("old", LeaveState)
@pytest.mark.parametrize("new", LeaveState)
def test_every_move(old, new):
    if new in PATHS[old].split(", "):
        leave.check_move(old, new)
    else:
        with pytest.raises(LeaveRefusedError):
            leave.check_move(old, new)


@pytest.mark.parametrize("state", [state for state in LeaveState if state not in leave.OPEN])
@pytest.mark.parametrize("decision", Decision)
def test_a_decided_request_is_not_decided_again(state, decision):
    with pytest.raises(LeaveRefusedError, match="already decided"):
        leave.settle(asked(state=state), decision, WEEK[:4], "C", "Words.")


def test_nothing_leads_out_of_a_refusal():
    assert MOVES[LeaveState.REFUSED] == frozenset()


@pytest.mark.parametrize("state", LeaveState)
def test_only_a_grant_can_be_shortened(state):
    if state in (LeaveState.GRANTED, LeaveState.PARTLY_GRANTED):
        leave.check_held(state)
    else:
        with pytest.raises(LeaveRefusedError, match="Only leave that was granted"):
            leave.check_held(state)


FITS = {
    Category.HOLIDAY: {"C"},
    Category.FUNERAL_OR_WEDDING: {"C"},
    Category.RELIGIOUS: {"R", "C"},
    Category.PERFORMANCE: {"C1", "C"},
    Category.INTERVIEW: {"J1", "C"},
    Category.EXAMINATION: {"S", "C"},
    Category.MEDICAL: {"M", "C"},
    Category.TRAVELLER: {"T", "C"},
    Category.OTHER: {"C"},
}


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("symbol", sorted({"", *codes.CODES}))
def test_which_code_fits_which_leave(category, symbol):
    if symbol in FITS[category]:
        leave.check_code(category, symbol)
    else:
        with pytest.raises(LeaveRefusedError, match="Choose"):
            leave.check_code(category, symbol)


@pytest.mark.parametrize("category", Category)
def test_every_code_of_a_grant_may_be_entered_before_the_day(category):
    for symbol in leave.CODES_FOR[category]:
        assert codes.code(symbol).planned
        assert symbol in {"R", "M", "T"} or codes.code(symbol).ground is Ground.LEAVE


@pytest.mark.parametrize(
    ("sessions", "received_on", "reason", "message"),
    [
        pytest.param((), TODAY, "A wedding", "no school session", id="no open session"),
        pytest.param(WEEK, TODAY + timedelta(days=1), "A wedding", "after today", id="received tomorrow"),
        pytest.param(WEEK, TODAY, "  ", "reason the family gives", id="no reason"),
    ],
)
def test_refuses_a_request(sessions, received_on, reason, message):
    with pytest.raises(LeaveRefusedError, match=message):
        leave.check_request(sessions, received_on, reason, TODAY)


def test_takes_a_request_received_today():
    leave.check_request(WEEK, TODAY, "A wedding", TODAY)


def test_only_a_parent_the_pupil_lives_with_may_ask():
    leave.check_applicant(lives_with_pupil=True)
    with pytest.raises(LeaveRefusedError, match="normally lives with"):
        leave.check_applicant(lives_with_pupil=False)


PAST, AHEAD = SessionOn(TODAY, Session.AM), SessionOn(MONDAY, Session.AM)


@pytest.mark.parametrize(
    ("standing", "place", "expected"),
    [
        pytest.param(None, AHEAD, True, id="a blank ahead"),
        pytest.param(None, PAST, True, id="a blank passed"),
        pytest.param("N", PAST, True, id="N"),
        pytest.param("O", PAST, True, id="O"),
        pytest.param("G", PAST, True, id="G, coded while the decision waited"),
        pytest.param("/", PAST, False, id="present"),
        pytest.param("L", PAST, False, id="late"),
        pytest.param("U", PAST, False, id="arrived after close"),
        pytest.param("I", PAST, False, id="ill"),
        pytest.param("V", PAST, False, id="a visit that took place"),
        pytest.param("V", AHEAD, True, id="a visit ahead"),
        pytest.param("M", AHEAD, True, id="an appointment ahead"),
        pytest.param("C", AHEAD, True, id="earlier leave ahead"),
        pytest.param("E", AHEAD, False, id="a suspension"),
        pytest.param("D", AHEAD, False, id="at the other school"),
        pytest.param("X", AHEAD, False, id="not required"),
        pytest.param("C2", AHEAD, False, id="part-time timetable"),
        pytest.param("Y5", AHEAD, False, id="detained"),
    ],
)
def test_which_sessions_take_the_code_of_the_leave(standing, place, expected):
    assert leave.takes(standing, place, TODAY) is expected


@given(st.sampled_from(sorted(codes.CODES)))
def test_leave_never_replaces_an_attended_or_authorised_session_that_has_passed(standing):
    assert leave.takes(standing, PAST, TODAY) is (standing in {"N", "O", "G"})


@pytest.mark.parametrize(
    ("today", "since"),
    [
        pytest.param(date(2026, 11, 20), date(2024, 11, 20), id="any day"),
        pytest.param(date(2028, 2, 29), date(2026, 3, 1), id="leap day"),
    ],
)
def test_two_years_back(today, since):
    assert leave.like_since(today) == since
