"""What the headteacher's and the office's forms make of what is typed."""

from datetime import date

import pytest
from django.http import QueryDict

from absences.forms import ReasonForm
from absences.leave_forms import DecisionForm
from absences.rules.leave import Decision, FourTests
from absences.rules.reasons import Outcome
from registers.rules.sessions import Session, SessionOn

WEEK = tuple(SessionOn(date(2026, 12, 7 + day), session) for day in range(5) for session in Session)


def decision_form(may_grant=True, granted=(), family=(), same_for=(), **typed):
    data = QueryDict(mutable=True)
    data.update(typed)
    data.setlist("granted", granted)
    data.setlist("same_for", same_for)
    return DecisionForm(data if typed else None, asked=WEEK, symbols=("R", "C"), may_grant=may_grant, family=family)


def choices(form, name):
    return [value for value, _ in form.fields[name].choices]


def test_a_part_is_answered_with_its_sessions_code_and_tests():
    form = decision_form(
        decision="part",
        granted=["2026-12-08PM", "2026-12-07AM"],
        code="C",
        words="Rare.",
        rare="yes",
        short="no",
        significant="",
    )
    assert form.is_valid()
    assert form.answer == {
        "decision": Decision.PART,
        "granted": [WEEK[3], WEEK[0]],
        "code": "C",
        "words": "Rare.",
        "tests": FourTests(rare=True, significant=None, unavoidable=None, short=False),
    }


def test_granting_all_ignores_ticks_left_in_the_form():
    form = decision_form(decision="all", granted=["2026-12-07AM"], code="R", words="Rare.")
    assert form.is_valid()
    assert (form.answer["granted"], form.answer["code"]) == ([], "R")


def test_a_refusal_carries_no_code():
    form = decision_form(decision="refuse", code="C", words="Not rare.")
    assert form.is_valid()
    assert form.answer["code"] == ""


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        pytest.param({"decision": "all", "code": "C"}, "words", id="no reasons"),
        pytest.param({"code": "C", "words": "Rare."}, "decision", id="no decision"),
        pytest.param(
            {"decision": "part", "granted": ["2026-12-14AM"], "words": "R."}, "granted", id="a day not asked for"
        ),
        pytest.param({"decision": "part", "granted": ["nonsense"], "words": "R."}, "granted", id="no session"),
        pytest.param({"decision": "all", "code": "I", "words": "Rare."}, "code", id="a code not offered"),
    ],
)
def test_what_is_missing_is_said_at_its_field(typed, field):
    form = decision_form(**typed)
    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_a_request_that_came_too_late_offers_only_a_refusal():
    form = decision_form(may_grant=False)
    assert choices(form, "decision") == ["refuse"]
    assert form.fields["decision"].initial == "refuse"
    granting = decision_form(may_grant=False, decision="all", code="C", words="Rare.")
    assert not granting.is_valid()


REASON = {
    "first_on": "2026-11-16",
    "first_session": "AM",
    "last_on": "2026-11-16",
    "last_session": "PM",
    "text": "Temperature",
    "told_by": "Mum",
    "channel": "phone",
}


@pytest.mark.parametrize(
    ("outcome", "code", "decided"),
    [
        pytest.param("accepted", "I", (Outcome.ACCEPTED, "I"), id="accepted"),
        pytest.param("accepted", "", (Outcome.ACCEPTED, ""), id="accepted, no code chosen"),
        pytest.param("evidence wanted", "", (Outcome.EVIDENCE_WANTED, "N"), id="evidence needs no code chosen"),
        pytest.param("evidence wanted", "I", (Outcome.EVIDENCE_WANTED, "I"), id="a code chosen is never changed"),
    ],
)
def test_what_the_school_decided_on_a_reason(outcome, code, decided):
    form = ReasonForm(REASON | {"outcome": outcome, "code": code})
    assert form.is_valid(), form.errors
    assert form.decided == decided


def test_only_the_familys_own_requests_can_be_decided_alike():
    family = [(7, "Kim"), (8, "Sam")]
    form = decision_form(decision="refuse", words="No.", family=family, same_for=["8"])
    assert form.is_valid()
    assert form.same_for == [8]
    stranger = decision_form(decision="refuse", words="No.", family=family, same_for=["9"])
    assert not stranger.is_valid()
    assert list(stranger.errors) == ["same_for"]
