import json
from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from escalation.models import Flag, ScanRun
from escalation.queries import verdicts
from escalation.services import policies, scan
from registers.queries import calendars
from registers.scope import schools_in_scope
from tests import builders
from tests.escalation import documents


@pytest.fixture
def flagged(school, calendar, adopt):
    adopt()
    pupil = builders.pupil(school, "Ash", "Robin")
    builders.marks(pupil, calendar, date(2026, 9, 1), "O" * 20 + "/" * 80)
    return pupil


def command(*arguments: str) -> str:
    out, errors = StringIO(), StringIO()
    try:
        call_command("scan", *arguments, stdout=out, stderr=errors)
    except CommandError as error:
        raise CommandError(f"{error}\n{errors.getvalue()}\n{out.getvalue()}") from None
    return out.getvalue()


def test_one_school_for_a_day(school, flagged) -> None:
    text = command("--school", school.slug, "--on", "2026-11-20")
    assert text == ("Ashdown School, 20/11/2026, policy 1: flags are 1 opened, 0 continued, 0 changed, 0 ended\n")
    assert Flag.objects.get().pupil == flagged
    run = ScanRun.objects.get()
    assert run.ended_at >= run.started_at


def test_json_carries_ids_and_no_name(school, flagged) -> None:
    text = command("--school", school.slug, "--on", "2026-11-20", "--json")
    (report,) = json.loads(text)["schools"]
    assert (report["school"], report["on"], report["policy"], report["error"]) == (
        school.slug,
        "2026-11-20",
        "1",
        "",
    )
    assert report["counts"] == {"opened": 1, "continued": 0, "changed": 0, "ended": 0}
    (opened,) = report["flags"]["opened"]
    assert (opened["pupil"], opened["rule"], opened["figures"]["absent"]) == (flagged.pk, "PA", 20)
    assert "Ash" not in text.replace("ashdown", "")
    assert "Robin" not in text


def test_a_dry_run_writes_nothing(school, flagged) -> None:
    text = command("--school", school.slug, "--on", "2026-11-20", "--dry-run")
    assert "flags would be 1 opened" in text
    assert not Flag.objects.exists()
    assert not ScanRun.objects.exists()


@pytest.mark.parametrize(
    ("now", "on"),
    [
        pytest.param("2026-11-20T10:00:00+00:00", "2026-11-19", id="in-the-morning-yesterday"),
        pytest.param("2026-11-20T18:00:00+00:00", "2026-11-20", id="in-the-evening-today"),
    ],
)
def test_the_day_is_chosen_when_none_is_given(now, on, school, flagged) -> None:
    with time_machine.travel(now, tick=False):
        (report,) = json.loads(command("--school", school.slug, "--json"))["schools"]
    assert report["on"] == on


def test_a_failing_school_does_not_stop_the_others_and_is_told(school, other_school, flagged, monkeypatch) -> None:
    with schools_in_scope([other_school.pk]):
        policies.adopt(other_school, documents.policy(), by=builders.nightly(other_school), at=builders.AT)
    measured = verdicts.of_school

    def fails_for_one(at_school, *arguments):
        if at_school == school:
            raise RuntimeError("Robin Ash")
        return measured(at_school, *arguments)

    monkeypatch.setattr(verdicts, "of_school", fails_for_one)
    with pytest.raises(CommandError, match="Not scanned: ashdown") as failed:
        command("--on", "2026-11-20")
    assert "The scan failed (RuntimeError)" in str(failed.value)
    assert "Robin" not in str(failed.value)
    assert "Birchwood School, 20/11/2026" in str(failed.value)
    assert failed.value.returncode == 1
    with schools_in_scope([other_school.pk]):
        assert ScanRun.objects.get().state == "done"


def test_json_names_a_failure_too(school, night) -> None:
    with pytest.raises(CommandError) as failed:
        command("--school", school.slug, "--on", "2026-11-20", "--json")
    assert "No attendance policy applies on 20/11/2026" in str(failed.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--school", "nowhere"], "No school is called “nowhere”", id="unknown-school"),
        pytest.param(["--on", "yesterday"], "is not a date", id="bad-date"),
    ],
)
def test_refusals_say_what_is_wrong(arguments, message, school) -> None:
    with pytest.raises(CommandError, match=message):
        command(*arguments)


def test_before_the_first_school_day_it_says_what_to_do(school, flagged) -> None:
    with time_machine.travel("2025-08-01T10:00:00+00:00", tick=False), pytest.raises(CommandError, match="Enter its"):
        command("--school", school.slug)


def test_an_earlier_day_is_refused_and_a_dry_run_of_it_is_not(school, calendar, flagged, night) -> None:
    scan.scan(school, calendars.of(school), date(2026, 11, 20), by=night, at=builders.AT)
    with pytest.raises(CommandError, match="is scanned already"):
        command("--school", school.slug, "--on", "2026-11-19")
    assert "would be 0 opened, 1 continued" in command("--school", school.slug, "--on", "2026-11-19", "--dry-run")
