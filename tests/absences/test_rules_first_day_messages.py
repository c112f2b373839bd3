"""Whom in a family is written to, and how."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from absences.rules import first_day_messages as rules
from absences.rules.first_day_messages import Addressed, Reach
from letters.rules.messages import Channel
from registers.rules.sessions import Session

TEXT, EMAIL = Channel.TEXT, Channel.EMAIL


def reach(parent, children, mobile=True, email=True, order=False):
    return Reach(parent, frozenset(children), mobile, email, order)


@pytest.mark.parametrize(
    ("children", "people", "messages", "unreached"),
    [
        pytest.param([1, 2], [reach(7, [1, 2]), reach(8, [1, 2])], [(7, TEXT, (1, 2))], (), id="the first, once"),
        pytest.param([1], [reach(7, [1], mobile=False)], [(7, EMAIL, (1,))], (), id="by e-mail without a mobile"),
        pytest.param([1], [reach(7, [1], False, False), reach(8, [1])], [(8, TEXT, (1,))], (), id="the next who can"),
        pytest.param([1], [reach(7, [1], order=True), reach(8, [1])], [(8, TEXT, (1,))], (), id="no court order"),
        pytest.param([1], [reach(7, [1], order=True)], [], (1,), id="nobody but a court order"),
        pytest.param([1], [], [], (1,), id="nobody at all"),
        pytest.param(
            [1, 2], [reach(7, [1]), reach(8, [1, 2])], [(7, TEXT, (1,)), (8, TEXT, (2,))], (), id="each their own"
        ),
        pytest.param([1, 2], [reach(7, [1])], [(7, TEXT, (1,))], (2,), id="one is nobody's"),
        pytest.param([], [reach(7, [1])], [], (), id="nobody to ask about"),
    ],
)
def test_who_is_written_to(children, people, messages, unreached):
    plan = rules.plan(children, people)
    assert plan.messages == tuple(Addressed(*one) for one in messages)
    assert plan.unreached == unreached


people = st.lists(
    st.builds(Reach, st.integers(1, 5), st.frozensets(st.integers(1, 4)), st.booleans(), st.booleans(), st.booleans()),
    max_size=5,
)


@given(st.lists(st.integers(1, 4), unique=True), people)
def test_every_child_is_written_about_once_or_named(children, people):
    plan = rules.plan(children, people)
    told = [child for one in plan.messages for child in one.pupil_ids] + list(plan.unreached)
    assert sorted(told) == sorted(children)
    orders = {(one.parent_id, child) for one in people if not one.court_order for child in one.pupil_ids}
    assert all((one.parent_id, child) in orders for one in plan.messages for child in one.pupil_ids)


def test_a_key_names_the_day_the_session_and_the_family():
    key = rules.key(date(2026, 11, 20), Session.AM, Addressed(7, TEXT, (3, 2)))
    assert key == "first-day:2026-11-20:AM:7:2"


@pytest.mark.parametrize(
    ("minute", "left"),
    [
        pytest.param("09:05:00", timedelta(hours=14, minutes=54, seconds=59), id="in the morning"),
        pytest.param("23:59:59", timedelta(0), id="at the very end"),
    ],
)
def test_today_is_true_until_midnight(minute, left):
    assert rules.good_for(datetime.fromisoformat(f"2026-11-20T{minute}+00:00")) == left


@pytest.mark.parametrize(
    ("settled", "words"),
    [
        ([], ""),
        (["Ann"], "Ann needs no asking any more. Drop it, and ring about the others."),
        (["Ann", "Bea"], "Ann and Bea need no asking any more. Drop it."),
    ],
)
def test_why_a_message_should_not_go(settled, words):
    assert rules.why_not(["Ann", "Bea"], settled) == words
