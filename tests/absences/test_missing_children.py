"""Leavers of whom nobody knows where they went: what is missing, who is looked for, and how a search ends."""

from datetime import date
from itertools import product

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from absences.models import Enquiry, MissingChild
from absences.queries import missing as queries
from absences.rules import missing as rules
from absences.rules.missing import Found, Leaver, MissingRefusedError, Search
from absences.services import missing as services
from registers.models import Event
from registers.queries import calendars
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT, TODAY
from tests.registers import pages

THEN = date(2026, 12, 1)


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def calendar(school):
    return calendars.of(school)


@pytest.fixture
def office(school):
    return builders.member(school)


@pytest.fixture
def gone(school):
    return builders.pupil(school, "Gone", leaves_on=date(2026, 11, 13), leaving_ground="A")


def enquire(pupil, by, on=TODAY, words="Rang both parents; no answer") -> Enquiry:
    return services.enquire(pupil.school, pupil, on, words, today=TODAY, by=by, at=AT)


def refer(pupil, by, words="Form to the children missing education team") -> MissingChild:
    return services.refer(pupil.school, pupil, TODAY, words, today=TODAY, by=by, at=AT)


def close(pupil, by, words="The other school confirmed by telephone") -> MissingChild:
    return services.close(pupil.school, pupil, Found.AT_SCHOOL, words, today=TODAY, by=by, at=AT)


@pytest.mark.parametrize(("old", "new"), list(product(Search, Search)), ids=str)
def test_every_move_there_may_be(old: Search, new: Search) -> None:
    allowed = {("enquiring", "referred"), ("enquiring", "closed"), ("referred", "closed")}
    assert (new in rules.MOVES[old]) is ((old.value, new.value) in allowed)
    if new not in rules.MOVES[old]:
        with pytest.raises(MissingRefusedError):
            rules.check_move(old, new)


@pytest.mark.parametrize(
    ("leaver", "missing"),
    [
        pytest.param(Leaver("A", "Hillside", THEN, ""), (), id="all-known"),
        pytest.param(Leaver("A", "", None, ""), ("the next school", "the first day there"), id="nothing-known"),
        pytest.param(Leaver("A", "Hillside", None, ""), ("the first day there",), id="no-first-day"),
        pytest.param(Leaver("G", "Hillside", THEN, ""), ("the new address",), id="moved-without-address"),
        pytest.param(Leaver("G", "Hillside", THEN, "1 Far Road"), (), id="moved-with-address"),
        pytest.param(Leaver("F", "", None, ""), (), id="home-education-by-written-notice"),
        pytest.param(Leaver("K", "", None, ""), (), id="died"),
        pytest.param(Leaver("", "", None, ""), ("the next school", "the first day there"), id="no-ground-yet"),
    ],
)
def test_what_a_leavers_form_lacks(leaver: Leaver, missing: tuple[str, ...]) -> None:
    assert rules.missing_answers(leaver) == missing


def test_who_is_looked_for(school, calendar, other_school, gone) -> None:
    builders.pupil(school, "Here")
    builders.pupil(school, "Known", leaves_on=TODAY, leaving_ground="A", next_school="Hillside", next_school_from=THEN)
    builders.pupil(school, "Home", leaves_on=TODAY, leaving_ground="F")
    builders.pupil(school, "Last year", leaves_on=date(2026, 7, 21), leaving_ground="A")
    builders.pupil(school, "To come", leaves_on=date(2026, 12, 4), leaving_ground="G")
    with schools_in_scope([other_school.pk]):
        builders.pupil(other_school, "Elsewhere", leaves_on=TODAY, leaving_ground="A")
    found = [line.pupil.legal_surname for line in queries.listed(school, calendar, TODAY)]
    assert found == ["Gone", "To come"]
    assert queries.open_count(school, calendar, TODAY) == 2


def test_a_search_from_the_first_enquiry_to_its_end(school, calendar, gone, office) -> None:
    with pytest.raises(MissingRefusedError, match="enquiries"):
        refer(gone, office)
    enquire(gone, office)
    search = refer(gone, office)
    assert (search.state, search.referred_on) == (Search.REFERRED, TODAY)
    close(gone, office)
    search.refresh_from_db()
    assert (search.state, search.found, search.closed_by) == (Search.CLOSED, Found.AT_SCHOOL, office.user)
    assert queries.open_count(school, calendar, TODAY) == 0
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [
        "search for a child opened",
        "enquiry after a child",
        "child reported as missing from education",
        "search for a child closed",
    ]
    with pytest.raises(MissingRefusedError, match="closed"):
        enquire(gone, office)


def test_of_whom_nothing_is_missing_nobody_is_looked_for(school, office) -> None:
    with pytest.raises(MissingRefusedError, match="Nothing is missing"):
        enquire(builders.pupil(school), office)
    with pytest.raises(RightRefusedError):
        enquire(builders.pupil(school), builders.member(school, Role.TEACHER))


@pytest.mark.parametrize(
    ("on", "words", "message"),
    [(date(2026, 11, 21), "x", "after today"), (TODAY, " ", "Say what was asked")],
    ids=["tomorrow", "no-words"],
)
def test_an_enquiry_that_cannot_stand(gone, office, on, words, message) -> None:
    with pytest.raises(MissingRefusedError, match=message):
        enquire(gone, office, on, words)
    assert not MissingChild.objects.exists()


def test_kept_for_ever(gone, office) -> None:
    enquire(gone, office)
    for row in (Enquiry, MissingChild):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.objects.all().delete()


def test_the_list_asks_in_a_constant_number_of_queries(
    school, calendar, gone, office, django_assert_max_num_queries
) -> None:
    for number in range(6):
        enquire(builders.pupil(school, f"Also {number}", leaves_on=TODAY, leaving_ground="A"), office)
    with django_assert_max_num_queries(2):
        assert len(queries.listed(school, calendar, TODAY)) == 7


def test_the_pages(client, school, gone, office) -> None:
    client.force_login(office.user)
    listed = pages.text(pages.soup(client.get(reverse("missing_children", args=[school.slug]))).main)
    assert "Nobody asked yet" in listed
    address = reverse("missing_child", args=[school.slug, gone.pk])
    refused = client.post(address, {"does": "enquire", "enquire-on": "2026-11-21", "enquire-words": "Rang"})
    assert refused.status_code == 422
    assert "The day cannot be after today." in pages.text(pages.soup(refused).main)
    client.post(address, {"does": "enquire", "enquire-on": "2026-11-20", "enquire-words": "Rang both parents"})
    client.post(address, {"does": "refer", "refer-on": "2026-11-20", "refer-words": "Form to the team"})
    said = pages.text(pages.soup(client.get(address)).main)
    assert "Rang both parents" in said
    assert "Reported to the local authority on 20 November 2026" in said
    client.post(address, {"does": "close", "close-found": "abroad", "close-words": "A letter from the mother"})
    said = pages.text(pages.soup(client.get(address)).main)
    assert "Moved abroad, address known: A letter from the mother" in said
    here = builders.pupil(school, "Here")
    assert client.get(reverse("missing_child", args=[school.slug, here.pk])).status_code == 404
