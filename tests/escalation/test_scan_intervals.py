"""When a rule may fire again, classes and the whole school, and what a flag keeps beside its figures."""

from datetime import date, timedelta

import pytest

from escalation.models import Flag, GroupFlag
from escalation.services import scan
from registers.models import Mark, SchoolClass
from registers.rules.sessions import Session
from tests import builders
from tests.escalation import documents
from tests.escalation.test_services_scan import FRIDAY, MONDAY, attending

AT = builders.AT


@pytest.fixture
def run(school, calendar, night):
    def scanned(on=FRIDAY, **options):
        return scan.scan(school, calendar, on, by=night, at=AT, **options)

    return scanned


@pytest.mark.parametrize(
    ("days_after", "opens"),
    [
        pytest.param(1, False, id="one-school-day-after-it-ended"),
        pytest.param(2, False, id="two"),
        pytest.param(3, True, id="three-as-the-interval-says"),
    ],
)
def test_a_rule_does_not_fire_again_within_its_interval(school, calendar, adopt, run, days_after, opens) -> None:
    adopt(documents.rule(interval=3))
    pupil = attending(school, calendar, "O" * 20)
    run(FRIDAY)
    absent = list(Mark.objects.filter(pupil=pupil, code="O").values_list("pk", flat=True))
    Mark.objects.filter(pk__in=absent).update(code="V")
    assert run(MONDAY).ended == 1
    Mark.objects.filter(pk__in=absent).update(code="O")
    result = run(calendar.add_school_days(MONDAY, days_after))
    assert result.opened == opens
    assert Flag.objects.filter(ended_on__isnull=True).exists() == opens


def test_the_interval_is_of_one_pupil_and_one_rule(school, calendar, adopt, run) -> None:
    adopt(documents.rule("PA", interval=30), documents.rule("OTHER", interval=0))
    pupil = attending(school, calendar, "O" * 20)
    run(FRIDAY)
    Mark.objects.filter(pupil=pupil, code="O").update(code="V")
    run(MONDAY)
    Mark.objects.filter(pupil=pupil, code="V").update(code="O")
    other = attending(school, calendar, "O" * 20)
    run(MONDAY + timedelta(days=1))
    standing = set(Flag.objects.filter(ended_on__isnull=True).values_list("pupil_id", "rule_id"))
    assert standing == {(pupil.pk, "OTHER"), (other.pk, "PA"), (other.pk, "OTHER")}


BEST = documents.rule("BEST", desk=False, letter="", measure={"kind": "best_classes", "places": 1})
BELOW = documents.rule("BELOW", desk=False, letter="", measure={"kind": "school_below", "percent": 95})


def placed(school, calendar, school_class: SchoolClass, codes: str):
    pupil = builders.pupil(school, school_class=school_class)
    builders.marks(pupil, calendar, date(2026, 11, 16), codes)
    return pupil


def test_the_best_class_of_each_week_is_told_once_a_week(school, calendar, adopt, run) -> None:
    adopt(BEST)
    ash, birch = builders.school_class(school, "Ash"), builders.school_class(school, "Birch")
    placed(school, calendar, ash, "/" * 10 + "OO")
    placed(school, calendar, birch, "/" * 8 + "OO" + "/" * 2)
    run(FRIDAY)
    run(FRIDAY)
    assert [(flag.school_class, flag.first_on) for flag in GroupFlag.objects.all()] == [(ash, date(2026, 11, 16))]
    run(MONDAY)
    standing = GroupFlag.objects.get(ended_on__isnull=True)
    assert (standing.school_class, standing.first_on) == (birch, MONDAY)
    assert GroupFlag.objects.get(school_class=ash).ended_on == MONDAY
    assert "Birch attended 100.0 % of its sessions in the week of 23 November 2026" in standing.words


def test_the_whole_school_below_a_figure(school, calendar, adopt, run) -> None:
    adopt(BELOW)
    placed(school, calendar, builders.school_class(school), "/" * 9 + "O")
    result = run(FRIDAY)
    flag = GroupFlag.objects.get()
    assert (flag.school_class, flag.figures["absent"], flag.ended_on) == (None, 1, None)
    assert result.opened == 0, "no pupil is flagged by it"
    Mark.objects.update(code="V")
    run(MONDAY)
    flag.refresh_from_db()
    assert flag.ended_on == MONDAY


def test_a_dry_run_writes_no_group_either(school, calendar, adopt, run) -> None:
    adopt(BELOW, BEST)
    placed(school, calendar, builders.school_class(school), "/" * 9 + "O")
    result = run(dry_run=True)
    assert len(result.opened_groups) == 2
    assert not GroupFlag.objects.exists()


def test_a_flag_keeps_what_follows_and_how_far_the_edges_are(school, calendar, adopt, run) -> None:
    follows = {"owner": "head", "due_in": 2, "meeting": "attendance panel"}
    adopt(documents.rule(follows=follows))
    attending(school, calendar, "O" * 20)
    run()
    flag = Flag.objects.get()
    assert flag.follows == {
        "stage": "Stage PA",
        "task": "Write to the parents.",
        "owner": "head",
        "due_in": 2,
        "letter": "letter_of_concern",
        "meeting": "attendance panel",
    }
    (line,) = flag.what_if
    assert line["kind"] == "recover"
    possible = flag.figures["possible"]
    assert line["sessions"] == 20 * 10 + 1 - possible
    builders.mark(flag.pupil, MONDAY, Session.AM, "/")
    run(MONDAY)
    flag.refresh_from_db()
    assert flag.what_if[0]["sessions"] == line["sessions"] - 1
