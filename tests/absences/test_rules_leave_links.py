"""How long a link is good, and which children a parent means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from absences.rules import leave_links as rules
from absences.rules.leave_links import Child, LinkState

AT = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ADA = Child(1, ("Ada", "", "Ada Maria"), ("O’Hara-Żak", ""))
BEN = Child(2, ("Benjamin", "Ben", "Benjamin"), ("O’Hara-Żak", "Smith"))
FAMILY = (ADA, BEN)


@pytest.mark.parametrize(
    ("expires", "used", "revoked", "state"),
    [
        pytest.param(AT + SECOND, None, None, LinkState.OPEN, id="a second to go"),
        pytest.param(AT, None, None, LinkState.EXPIRED, id="at the moment it expires"),
        pytest.param(AT - SECOND, None, None, LinkState.EXPIRED, id="a second past"),
        pytest.param(AT + SECOND, AT, None, LinkState.USED, id="used"),
        pytest.param(AT - SECOND, AT, None, LinkState.USED, id="used, and expired since"),
        pytest.param(AT + SECOND, None, AT, LinkState.REVOKED, id="taken back"),
        pytest.param(AT + SECOND, AT, AT, LinkState.REVOKED, id="taken back though used"),
    ],
)
def test_what_a_link_is(expires, used, revoked, state):
    assert rules.state_of(expires, used, revoked, AT) is state


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("Ada O’Hara-Żak", [1], id="the whole name"),
        pytest.param("ada o hara zak", [1], id="without case, marks and accents"),
        pytest.param("Ada", [1], id="the first name alone"),
        pytest.param("Ben", [2], id="what the child is called"),
        pytest.param("Benjamin Smith", [2], id="the surname in use"),
        pytest.param("Ada Maria O’Hara-Żak", [1], id="with a middle name"),
        pytest.param("Ada\nBen", [1, 2], id="one on each line"),
        pytest.param("Ben and Ada", [2, 1], id="joined by and"),
        pytest.param("Ben, Ada", [2, 1], id="parted by a comma"),
        pytest.param("Ada & Ben", [1, 2], id="joined by a sign"),
        pytest.param("Adam", None, id="another name"),
        pytest.param("Ada Jones", None, id="another surname"),
        pytest.param("Ada\nZoe", None, id="one of them a stranger"),
        pytest.param("Ada\nAda", None, id="the same twice"),
        pytest.param("", None, id="nothing"),
        pytest.param(" , \n", None, id="nothing but signs"),
    ],
)
def test_whom_a_parent_means(typed, meant):
    assert rules.match(typed, FAMILY) == meant


def test_a_name_that_means_two_children_is_not_clear():
    assert rules.match("Ada", [ADA, Child(3, ("Ada",), ("Smith",))]) is None
    assert rules.match("Ada Smith", [ADA, Child(3, ("Ada",), ("Smith",))]) == [3]


@given(st.text(max_size=80))
def test_nobody_but_the_links_children_is_ever_meant(typed):
    assert set(rules.match(typed, FAMILY) or ()) <= {1, 2}
