"""Support plans: opened, reviewed, closed, seen only by whom they concern, and asked for by whoever flags a pupil."""

from datetime import date
from itertools import product

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from absences.models import SupportPlan, SupportReview
from absences.queries import support as queries
from absences.rules import support as rules
from absences.rules.support import Concern, Plan, PlanState, SupportRefusedError
from absences.services import support as services
from registers.models import Event
from registers.rules.rights import RightRefusedError, Role
from registers.scope import schools_in_scope
from tests import builders
from tests.builders import AT, TODAY
from tests.registers import pages

NEXT = date(2026, 12, 18)
PLAN = Plan(Concern.AVOIDANCE, "Cries at the gate since September", "A quieter way in at 9.00", "School nurse", NEXT)


@pytest.fixture(autouse=True)
def _at_work(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def flo(school, client):
    membership = builders.member(school, Role.FLO)
    client.force_login(membership.user)
    return membership


@pytest.fixture
def pupil(school):
    return builders.pupil(school, "Ash")


def start(pupil, by, plan=PLAN) -> SupportPlan:
    return services.start(pupil.school, pupil, plan, today=TODAY, by=by, at=AT)


def review(row, by, **changes) -> SupportReview:
    said = {
        "held_on": TODAY,
        "words": "Comes in three days of five",
        "adjustments": "The quieter way in, and a named adult",
        "agencies": "",
        "next_on": NEXT,
    }
    return services.review(row.pk, row.school, **said | changes, today=TODAY, by=by, at=AT)


@pytest.mark.parametrize(("old", "new"), list(product(PlanState, PlanState)), ids=str)
def test_every_move_there_may_be(old: PlanState, new: PlanState) -> None:
    allowed = (old, new) == (PlanState.OPEN, PlanState.CLOSED)
    assert (new in rules.MOVES[old]) is allowed
    if not allowed:
        with pytest.raises(SupportRefusedError):
            rules.check_move(old, new)


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (Plan(Concern.HEALTH, " ", "x", "", NEXT), "worry"),
        (Plan(Concern.HEALTH, "x", " ", "", NEXT), "adjustments"),
        (Plan(Concern.HEALTH, "x", "x", "", TODAY), "review_on"),
    ],
    ids=["no-concern", "nothing-done", "never-looked-at-again"],
)
def test_a_plan_that_says_too_little(plan: Plan, field: str) -> None:
    with pytest.raises(SupportRefusedError) as refused:
        rules.check(plan, TODAY)
    assert refused.value.field == field


def test_opening_one_records_that_and_not_what(pupil, flo) -> None:
    row = start(pupil, flo)
    assert (row.state, row.opened_on, row.recorded_by) == (PlanState.OPEN, TODAY, flo.user)
    event = Event.objects.get()
    assert (event.kind, event.pupil, event.facts) == ("support plan opened", pupil, {})
    with pytest.raises(SupportRefusedError, match="open already"):
        start(pupil, flo)


def test_the_office_opens_none(pupil, school) -> None:
    with pytest.raises(RightRefusedError):
        start(pupil, builders.member(school))
    assert not SupportPlan.objects.exists()


def test_a_review_changes_the_plan_and_keeps_what_was(pupil, flo) -> None:
    row = start(pupil, flo)
    review(row, flo)
    row.refresh_from_db()
    assert (row.adjustments, row.review_on) == ("The quieter way in, and a named adult", NEXT)
    with pytest.raises(DatabaseError), transaction.atomic():
        SupportReview.objects.update(words="Otherwise")
    with pytest.raises(DatabaseError), transaction.atomic():
        SupportPlan.objects.all().delete()


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"words": " "}, "words"), ({"next_on": TODAY}, "review_on"), ({"held_on": date(2026, 11, 21)}, "held_on"),
     ({"adjustments": ""}, "adjustments")],
    ids=["no-words", "no-next", "tomorrow", "nothing-done"],
)  # fmt: skip
def test_a_review_that_cannot_stand(pupil, flo, changes, field) -> None:
    row = start(pupil, flo)
    with pytest.raises(SupportRefusedError) as refused:
        review(row, flo, **changes)
    assert refused.value.field == field


def test_closed_it_is_open_no_more(pupil, flo) -> None:
    row = start(pupil, flo)
    services.close(row.pk, row.school, "In school every day", today=TODAY, by=flo, at=AT)
    assert queries.open_plans([pupil]) == {}
    with pytest.raises(SupportRefusedError, match="closed"):
        review(row, flo)
    with pytest.raises(SupportRefusedError, match="cannot become"):
        services.close(row.pk, row.school, "Again", today=TODAY, by=flo, at=AT)


def test_whoever_flags_pupils_asks_once_for_all(pupil, flo, school, other_school, django_assert_num_queries) -> None:
    row = start(pupil, flo)
    others = [builders.pupil(school, f"Other {number}") for number in range(5)]
    with schools_in_scope([other_school.pk]):
        start(builders.pupil(other_school), builders.member(other_school, Role.FLO))
    with django_assert_num_queries(1):
        assert queries.open_plans([pupil, *others]) == {pupil.pk: row}


def test_the_pages_from_opening_to_closing(client, school, pupil, flo) -> None:
    new = reverse("support_plan_new", args=[school.slug, pupil.pk])
    typed = {"concern": "avoidance", "worry": "Cries at the gate", "adjustments": "Quieter way in", "agencies": ""}
    refused = client.post(new, typed | {"review_on": "2026-11-20"})
    assert refused.status_code == 422
    assert "The next review is after today" in pages.text(pages.soup(refused).main)
    client.post(new, typed | {"review_on": "2026-12-18"})
    row = SupportPlan.objects.get()
    pupils_page = pages.soup(client.get(reverse("pupil", args=[school.slug, pupil.pk])))
    assert "avoidance" in pages.text(pupils_page.select_one("#support"))
    held = {"held_on": "2026-11-20", "words": "Better", "adjustments": "As before", "review_on": "2026-12-01"}
    client.post(reverse("support_plan_review", args=[school.slug, row.pk]), held)
    said = pages.text(pages.soup(client.get(reverse("support_plan", args=[school.slug, row.pk]))).main)
    assert "Better" in said
    assert "1 December 2026" in said
    client.post(reverse("support_plan_close", args=[school.slug, row.pk]), {"why": "In school every day"})
    listed = pages.text(pages.soup(client.get(reverse("support_plans", args=[school.slug]))).main)
    assert "No plan is open" in listed
    assert "Closed within a year" in listed


def test_the_office_sees_nothing_of_a_plan_on_the_pupils_page(client, school, pupil, flo) -> None:
    start(pupil, flo)
    client.force_login(builders.member(school).user)
    page = client.get(reverse("pupil", args=[school.slug, pupil.pk])).content.decode()
    assert "upport plan" not in page
    assert "avoidance" not in page


@pytest.mark.parametrize(
    ("review_on", "is_due"), [(date(2026, 11, 21), False), (TODAY, True)], ids=["tomorrow", "today"]
)
def test_a_review_is_due_on_its_day(school, pupil, flo, review_on, is_due) -> None:
    row = start(pupil, flo)
    SupportPlan.objects.filter(pk=row.pk).update(review_on=review_on)
    assert [line.is_due for line in queries.listed(school, TODAY)] == [is_due]
    assert queries.due_count(school, TODAY) == int(is_due)
