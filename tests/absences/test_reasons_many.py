"""Settling many absences at once on the list of those without a reason."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from absences.models import Reason
from absences.rules import reasons as rules
from absences.rules.reasons import Outcome, ReasonRefusedError
from registers.models import Mark
from registers.queries import calendars
from registers.rules.rights import Role
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def office(school, client):
    membership = builders.member(school)
    client.force_login(membership.user)
    return membership


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.mark.parametrize(
    ("symbol", "outcome"),
    [("I", Outcome.ACCEPTED), ("O", Outcome.NOT_ACCEPTED), ("G", Outcome.NOT_ACCEPTED), ("N", Outcome.EVIDENCE_WANTED)],
)
def test_the_code_says_what_the_school_makes_of_it(symbol, outcome):
    assert rules.outcome_of(symbol) is outcome


@pytest.mark.parametrize(("symbol", "message"), [("", "Type the code"), ("ZZ", "is not an attendance code")])
def test_a_code_that_is_none_is_refused(symbol, message):
    with pytest.raises(ReasonRefusedError, match=message):
        rules.outcome_of(symbol)


def send(client, school, rows, **more):
    """Type a code and words beside the rows, each a pupil and a day."""
    typed = {"told_by": "Mum", "channel": "phone", **more}
    for (pupil, on), (code, text) in rows.items():
        typed |= {f"code-{pupil.pk}-{on}": code, f"text-{pupil.pk}-{on}": text}
    return client.post(reverse("reasons_many", args=[school.slug]), typed)


def codes_of(pupil):
    return "".join(Mark.objects.filter(pupil=pupil).order_by("on", "session").values_list("code", flat=True))


def test_settles_several_and_leaves_what_is_not_typed(client, school, calendar, office):
    ill, late, left = (builders.pupil(school, name) for name in ("Ill", "Holiday", "Left"))
    for pupil in (ill, late, left):
        builders.marks(pupil, calendar, MONDAY, "NN/N")
    rows = {
        (ill, MONDAY): ("i", "High temperature"),
        (late, MONDAY): ("G", "At the seaside"),
        (left, MONDAY): ("", ""),
    }
    assert send(client, school, rows).status_code == 302
    assert [codes_of(pupil) for pupil in (ill, late, left)] == ["II/N", "GG/N", "NN/N"]
    assert set(Reason.objects.values_list("told_by", "channel", "outcome")) == {
        ("Mum", "phone", "accepted"),
        ("Mum", "phone", "not accepted"),
    }


def test_days_on_end_told_alike_are_one_reason_and_others_are_not(client, school, calendar, office):
    pupil = builders.pupil(school)
    builders.marks(pupil, calendar, MONDAY, "NNNN/N")
    rows = {(pupil, on): ("I", "Chickenpox") for on in (MONDAY, TUESDAY, WEDNESDAY)}
    send(client, school, rows)
    assert codes_of(pupil) == "IIII/I"
    assert sorted(str(row.span) for row in Reason.objects.all()) == [
        "Mon 16 Nov to Tue 17 Nov 2026",
        "Wed 18 Nov 2026 PM",
    ]


@pytest.mark.parametrize(
    ("code", "text", "message"),
    [
        pytest.param("I", "ill", "does not say what is wrong", id="ill alone"),
        pytest.param("I", "", "Write down what was said", id="a code alone"),
        pytest.param("", "High temperature", "Type the code", id="words alone"),
        pytest.param("C", "Wedding", "granted by the headteacher", id="leave"),
        pytest.param("Q9", "Nothing", "is not an attendance code", id="no code at all"),
    ],
)
def test_a_line_that_is_refused_changes_nothing_and_stops_no_other(
    client, school, calendar, office, code, text, message
):
    good, bad = builders.pupil(school, "Good"), builders.pupil(school, "Bad")
    for pupil in (good, bad):
        builders.marks(pupil, calendar, MONDAY, "NN")
    response = send(client, school, {(bad, MONDAY): (code, text), (good, MONDAY): ("I", "High temperature")})
    assert response.status_code == 422
    assert (codes_of(good), codes_of(bad)) == ("II", "NN")
    found = BeautifulSoup(response.content, "html.parser")
    [row] = found.select("#unexplained tbody tr")
    assert message in row.select_one(".settle__why").get_text()
    assert [box.get("value", "") for box in row.select("input")] == [code, text]
    assert row.select_one(".settle__code")["aria-describedby"] == row.select_one(".settle__why")["id"]
    assert "1 settled: 2 sessions recoded." in found.select_one(".notice--success, .notice--good").get_text()


def test_says_when_somebody_else_was_quicker(client, school, calendar, office):
    pupil = builders.pupil(school)
    builders.marks(pupil, calendar, MONDAY, "II")
    response = send(client, school, {(pupil, MONDAY): ("O", "Overslept")})
    assert codes_of(pupil) == "II"
    assert not Reason.objects.exists()
    page = BeautifulSoup(client.get(response["Location"]).content, "html.parser")
    assert "somebody else was quicker" in page.main.get_text()


def test_another_schools_row_is_not_touched(client, school, other_school, office):
    with schools_in_scope([other_school.pk]):
        stranger = builders.pupil(other_school)
        builders.mark(stranger, MONDAY, Session.AM, "N")
    assert send(client, school, {(stranger, MONDAY): ("I", "High temperature")}).status_code == 302
    with schools_in_scope([other_school.pk]):
        assert codes_of(stranger) == "N"


def test_is_not_for_teachers(client, school):
    client.force_login(builders.member(school, Role.TEACHER).user)
    assert send(client, school, {}).status_code == 403
