"""What may follow from a reason."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from absences.rules import reasons
from absences.rules.reasons import Channel, Outcome, ReasonRefusedError, Told
from registers.rules import codes
from registers.rules.sessions import Session, SessionOn

TODAY = date(2026, 11, 20)
ACCEPTED = ("K", "V", "P", "W", "B", "M", "X", "T", "R", "I", "Q", "Y1", "Y2", "Y5", "Y6", "Y7")
FOLLOWS = {Outcome.ACCEPTED: ACCEPTED, Outcome.NOT_ACCEPTED: ("O", "G"), Outcome.EVIDENCE_WANTED: ("N",)}


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("symbol", sorted(codes.CODES))
def test_which_code_may_follow_which_outcome(outcome, symbol):
    if symbol in FOLLOWS[outcome]:
        reasons.check_code(outcome, symbol)
    else:
        with pytest.raises(ReasonRefusedError):
            reasons.check_code(outcome, symbol)


@pytest.mark.parametrize(
    ("outcome", "symbol", "message"),
    [
        pytest.param(Outcome.ACCEPTED, "", "Choose the code", id="none chosen"),
        pytest.param(
            Outcome.ACCEPTED, "C", "a leave of absence granted by the headteacher", id="leave is not a reason"
        ),
        pytest.param(Outcome.ACCEPTED, "E", "a suspension", id="a suspension has its record"),
        pytest.param(Outcome.ACCEPTED, "O", "cannot follow a reason that is accepted", id="accepted, yet unauthorised"),
        pytest.param(Outcome.NOT_ACCEPTED, "I", "Choose O, or G", id="refused, yet authorised"),
        pytest.param(Outcome.EVIDENCE_WANTED, "I", "stays N", id="evidence first"),
    ],
)
def test_says_why_a_code_cannot_follow(outcome, symbol, message):
    with pytest.raises(ReasonRefusedError, match=message):
        reasons.check_code(outcome, symbol)


@pytest.mark.parametrize(
    ("text", "vague"),
    [
        pytest.param("ill", True, id="ill"),
        pytest.param("Poorly.", True, id="poorly"),
        pytest.param("She’s not well", True, id="not well, curly apostrophe"),
        pytest.param("is UNWELL today!", True, id="unwell today"),
        pytest.param("still sick", True, id="still sick"),
        pytest.param("ill, high temperature", False, id="ill and what"),
        pytest.param("tummy ache", False, id="what alone"),
        pytest.param("sick bug since Sunday", False, id="a bug"),
        pytest.param("dentist 10.30", False, id="an appointment"),
        pytest.param("gorączka", False, id="another language"),
    ],
)
def test_whether_a_reason_is_vague(text, vague):
    assert reasons.is_vague(text) is vague


@given(st.lists(st.sampled_from(sorted(reasons.VAGUE)), min_size=1), st.sampled_from([" ", ", ", ". ", " – "]))
def test_vague_words_stay_vague_however_joined(words, glue):
    assert reasons.is_vague(glue.join(words).title())
    assert not reasons.is_vague(glue.join([*words, "asthma"]))


@pytest.mark.parametrize(
    ("told", "outcome", "message"),
    [
        pytest.param(Told("ill", "Mum", Channel.PHONE), Outcome.ACCEPTED, "does not say what is wrong", id="ill alone"),
        pytest.param(Told("  ", "Mum", Channel.PHONE), Outcome.NOT_ACCEPTED, "what was said", id="nothing said"),
        pytest.param(Told("tummy ache", " ", Channel.PHONE), Outcome.ACCEPTED, "who told", id="nobody said it"),
    ],
)
def test_refuses_a_reason_that_says_too_little(told, outcome, message):
    with pytest.raises(ReasonRefusedError, match=message):
        reasons.check_told(told, outcome)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param("tummy ache", Outcome.ACCEPTED, id="detail, accepted"),
        pytest.param("ill", Outcome.EVIDENCE_WANTED, id="ill alone, evidence wanted"),
        pytest.param("ill", Outcome.NOT_ACCEPTED, id="ill alone, not accepted"),
    ],
)
def test_takes_a_reason_that_says_enough(text, outcome):
    reasons.check_told(Told(text, "Mum", Channel.PHONE), outcome)


PAST, TOMORROW = SessionOn(date(2026, 11, 18), Session.AM), SessionOn(date(2026, 11, 21), Session.AM)
A, N, E = Outcome.ACCEPTED, Outcome.NOT_ACCEPTED, Outcome.EVIDENCE_WANTED


@pytest.mark.parametrize(
    ("standing", "place", "outcome", "symbol", "why"),
    [
        pytest.param("N", PAST, A, "I", "", id="N becomes I"),
        pytest.param("O", PAST, A, "I", "", id="a late reason turns O into I"),
        pytest.param(None, PAST, A, "I", "", id="a past blank"),
        pytest.param(None, SessionOn(TODAY, Session.PM), A, "I", "", id="a blank today"),
        pytest.param(None, TOMORROW, A, "I", "still to come, filled each school morning", id="illness tomorrow"),
        pytest.param(None, TOMORROW, A, "M", "", id="an appointment tomorrow"),
        pytest.param(None, TOMORROW, N, "O", "still to come", id="unauthorised tomorrow"),
        pytest.param("/", PAST, A, "I", "marked /, present in the morning", id="present stays"),
        pytest.param("L", PAST, A, "I", "marked L, late, before the register closed", id="late stays"),
        pytest.param("U", PAST, A, "I", "marked U, arrived after the register closed", id="U stays"),
        pytest.param("C", PAST, A, "I", "marked C, leave: exceptional circumstances", id="granted leave stays"),
        pytest.param("N", PAST, N, "O", "", id="N becomes O"),
        pytest.param("O", PAST, N, "O", "marked O, absent, no accepted reason", id="O already"),
        pytest.param("O", PAST, N, "G", "", id="O becomes G"),
        pytest.param("N", PAST, E, "N", "marked N, reason not yet established", id="N stays while evidence is wanted"),
        pytest.param("O", PAST, E, "N", "marked O, absent, no accepted reason", id="O is not turned back into N"),
        pytest.param(None, PAST, E, "N", "", id="a blank becomes N while evidence is wanted"),
    ],
)
def test_what_a_reason_recodes(standing, place, outcome, symbol, why):
    assert reasons.why_left(standing, place, outcome, symbol, TODAY) == why


@given(st.sampled_from(sorted(codes.CODES)), st.sampled_from(ACCEPTED))
def test_only_n_and_o_are_ever_replaced(standing, symbol):
    replaced = not reasons.why_left(standing, PAST, Outcome.ACCEPTED, symbol, TODAY)
    assert replaced is (standing in {"N", "O"})


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        ("I", "Reason recorded: illness"),
        ("M", "Reason recorded: medical or dental appointment"),
        ("O", "Reason recorded: reason not accepted"),
        ("G", "Reason recorded: holiday not granted"),
        ("N", "Reason recorded: evidence wanted"),
    ],
)
def test_an_amendment_is_worded_by_its_code(symbol, words):
    assert reasons.amendment_reason(symbol) == words
