from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation.models import Flag, PolicyVersion, ScanRun
from escalation.queries import measures
from escalation.rules.runs import OvertakenError, RunState, ScanRefusedError
from escalation.services import policies, scan
from registers.models import Event, Mark
from registers.queries import calendars
from registers.rules.sessions import Session
from registers.scope import schools_in_scope
from tests import builders
from tests.escalation import documents

FIRST = date(2026, 9, 1)
FRIDAY = builders.TODAY
THURSDAY = FRIDAY - timedelta(days=1)
MONDAY = date(2026, 11, 23)
AT = builders.AT


@pytest.fixture
def run(school, calendar, night):
    """Scans the school for a day."""

    def scanned(on: date = FRIDAY, at: datetime = AT, **options):
        return scan.scan(school, calendar, on, by=night, at=at, **options)

    return scanned


def attending(school, calendar, codes: str, **fields):
    """A pupil with those codes from 1 September and present from then to 20 November."""
    pupil = builders.pupil(school, **fields)
    left = len(calendar.sessions_between(FIRST, FRIDAY)) - len(codes)
    builders.marks(pupil, calendar, FIRST, codes + "/" * left)
    return pupil


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Every row a scan may touch, column by column."""
    models = (Flag, ScanRun, Event, PolicyVersion)
    return {model.__name__: list(model.objects.order_by("pk").values_list()) for model in models}


def test_a_flag_opens_with_its_rule_its_figures_and_its_sessions(school, calendar, night, adopt, run) -> None:
    version = adopt()
    pupil = attending(school, calendar, "OOII" * 3 + ".X")
    possible = len(calendar.sessions_between(FIRST, FRIDAY)) - 2
    result = run()
    assert result.counts == {"opened": 1, "continued": 0, "changed": 0, "ended": 0}
    flag = Flag.objects.get()
    assert (flag.pupil, flag.policy_version, flag.school) == (pupil, version, school)
    assert (flag.rule_id, flag.title, flag.stage, flag.paragraph) == ("PA", "Title of PA", "Stage PA", "Section 1")
    assert (flag.says, flag.follow_up, flag.letter) == (
        "What the policy says.",
        "Write to the parents.",
        "letter_of_concern",
    )
    assert (flag.desk, flag.risk, flag.opened_on, flag.last_seen_on, flag.ended_on) == (True, 3, FRIDAY, FRIDAY, None)
    assert (flag.figures["possible"], flag.figures["absent"], flag.figures["unauthorised"]) == (possible, 12, 6)
    assert flag.counted[:2] == [["2026-09-01", "AM", "O"], ["2026-09-01", "PM", "O"]]
    assert [(on, session, code) for on, session, code, _ in flag.left_out] == [
        ("2026-09-09", "AM", ""),
        ("2026-09-09", "PM", "X"),
    ]
    assert f"12 of {possible} possible sessions missed" in flag.words
    assert flag.sessions_counted[0] == (date(2026, 9, 1), "AM", "O")
    assert flag.sessions_left_out[1].why.startswith("Under compulsory school age")
    event = Event.objects.get(kind="flag opened")
    assert (event.pupil, event.by, event.role, event.at) == (pupil, night.user, night.role, AT)
    assert (event.subject, event.facts["rule"]) == (f"flag:{flag.pk}", "PA")


def test_the_run_is_kept(adopt, run, school) -> None:
    adopt()
    ended = AT + timedelta(seconds=7)
    run(clock=lambda: ended)
    row = ScanRun.objects.get()
    assert (row.school, row.on, row.state) == (school, FRIDAY, RunState.DONE)
    assert (row.started_at, row.ended_at, row.done_at, row.error) == (AT, ended, ended, "")
    assert Event.objects.get(kind="scan run").facts == {
        "on": "2026-11-20",
        "opened": 0,
        "continued": 0,
        "changed": 0,
        "ended": 0,
    }


def test_the_same_day_twice_changes_nothing(school, calendar, adopt, run) -> None:
    adopt(documents.rule(), documents.LATES)
    attending(school, calendar, "O" * 20)
    attending(school, calendar, "/" * 90 + "LLLUU")
    run()
    before = everything()
    result = run()
    assert result.counts == {"opened": 0, "continued": 2, "changed": 0, "ended": 0}
    assert everything() == before


def test_another_session_counted_changes_a_flag(school, calendar, adopt, run) -> None:
    adopt()
    pupil = attending(school, calendar, "O" * 20)
    run()
    was = Flag.objects.get()
    builders.mark(pupil, MONDAY, Session.AM, "O")
    builders.mark(pupil, MONDAY, Session.PM, "\\")
    assert run(MONDAY).counts == {"opened": 0, "continued": 0, "changed": 1, "ended": 0}
    flag = Flag.objects.get()
    assert (flag.pk, flag.opened_on, flag.last_seen_on) == (was.pk, FRIDAY, MONDAY)
    assert flag.counted == [*was.counted, ["2026-11-23", "AM", "O"]]
    assert flag.figures["possible"] == was.figures["possible"] + 2
    assert flag.words != was.words
    assert Event.objects.get(kind="flag changed").facts["figures"]["absent"] == 21


def test_another_code_for_a_counted_session_changes_a_flag(school, calendar, adopt, run) -> None:
    adopt()
    pupil = attending(school, calendar, "O" * 20)
    run()
    Mark.objects.filter(pupil=pupil, on=FIRST, session="AM").update(code="I")
    assert run().counts == {"opened": 0, "continued": 0, "changed": 1, "ended": 0}
    assert Flag.objects.get().counted[0] == ["2026-09-01", "AM", "I"]


def test_the_same_sessions_over_more_days_continue_a_flag_with_new_figures(school, calendar, adopt, run) -> None:
    adopt()
    pupil = attending(school, calendar, "O" * 20)
    run()
    was = Flag.objects.get()
    for session, code in (("AM", "/"), ("PM", "\\")):
        builders.mark(pupil, MONDAY, Session(session), code)
    assert run(MONDAY).counts == {"opened": 0, "continued": 1, "changed": 0, "ended": 0}
    flag = Flag.objects.get()
    assert (flag.counted, flag.last_seen_on) == (was.counted, MONDAY)
    assert flag.figures["possible"] == was.figures["possible"] + 2
    assert not Event.objects.filter(kind="flag changed").exists()


def test_a_rule_that_no_longer_holds_ends_its_flag(school, calendar, adopt, run) -> None:
    adopt()
    pupil = attending(school, calendar, "O" * 12)
    run()
    Mark.objects.filter(pupil=pupil, code="O", session="AM").update(code="/")
    Mark.objects.filter(pupil=pupil, code="O", session="PM").update(code="\\")
    assert run(MONDAY).counts == {"opened": 0, "continued": 0, "changed": 0, "ended": 1}
    flag = Flag.objects.get()
    assert (flag.ended_on, flag.last_seen_on, len(flag.counted)) == (MONDAY, FRIDAY, 12)
    assert Event.objects.get(kind="flag ended").subject == f"flag:{flag.pk}"


def test_a_rule_that_holds_again_opens_another_flag(school, calendar, adopt, run) -> None:
    adopt()
    pupil = attending(school, calendar, "O" * 12)
    run()
    marks = Mark.objects.filter(pupil=pupil, code="O")
    ids = list(marks.values_list("pk", flat=True))
    marks.update(code="V")
    run()
    Mark.objects.filter(pk__in=ids).update(code="O")
    assert run().opened == 1
    assert [(flag.opened_on, flag.ended_on) for flag in Flag.objects.order_by("pk")] == [
        (FRIDAY, FRIDAY),
        (FRIDAY, None),
    ]


def test_a_day_scanned_again_adds_to_its_counts(school, calendar, adopt, run) -> None:
    adopt()
    attending(school, calendar, "O" * 20)
    run()
    attending(school, calendar, "O" * 20)
    later = AT + timedelta(hours=3)
    assert run(at=later).counts == {"opened": 1, "continued": 1, "changed": 0, "ended": 0}
    row = ScanRun.objects.get()
    assert (row.opened, row.continued, row.started_at, row.done_at) == (2, 0, later, later)
    assert Event.objects.filter(kind="scan run").count() == 2


def test_an_earlier_day_is_refused_unless_dry(school, calendar, adopt, run) -> None:
    adopt()
    attending(school, calendar, "O" * 20)
    run()
    before = everything()
    with pytest.raises(OvertakenError, match="20/11/2026 is scanned already"):
        run(THURSDAY)
    assert run(THURSDAY, dry_run=True).continued == 1
    assert everything() == before


def test_a_dry_run_says_what_would_be_and_writes_nothing(school, calendar, adopt, run) -> None:
    adopt()
    first = attending(school, calendar, "O" * 20)
    attending(school, calendar, "O" * 20)
    run(THURSDAY)
    Mark.objects.filter(pupil=first, code="O").update(code="V")
    third = attending(school, calendar, "O" * 20)
    before = everything()
    result = run(dry_run=True)
    assert result.counts == {"opened": 1, "continued": 1, "changed": 0, "ended": 1}
    assert [flag.pupil_id for flag in result.opened_flags] == [third.pk]
    assert [flag.pupil_id for flag in result.ended_flags] == [first.pk]
    assert everything() == before


def test_a_leaver_is_flagged_to_the_last_day_and_no_longer(school, calendar, adopt, run) -> None:
    adopt()
    attending(school, calendar, "O" * 20, leaves_on=FRIDAY)
    attending(school, calendar, "O" * 20)
    assert run().counts == {"opened": 2, "continued": 0, "changed": 0, "ended": 0}
    assert run(MONDAY).counts == {"opened": 0, "continued": 1, "changed": 0, "ended": 1}


def test_another_schools_pupils_are_left_alone(school, other_school, calendar, night, adopt, run) -> None:
    adopt()
    with schools_in_scope([school.pk, other_school.pk]):
        attending(other_school, calendar, "O" * 20)
        result = run()
        assert result.counts == {"opened": 0, "continued": 0, "changed": 0, "ended": 0}
        assert not Flag.objects.exists()


def test_flags_of_another_school_do_not_end(school, other_school, calendar, adopt, run) -> None:
    adopt()
    attending(school, calendar, "O" * 20)
    run()
    with schools_in_scope([school.pk, other_school.pk]):
        theirs = builders.nightly(other_school)
        policies.adopt(other_school, documents.policy(), by=theirs, at=AT)
        scan.scan(other_school, calendars.of(other_school), MONDAY, by=theirs, at=AT)
        assert Flag.objects.get().ended_on is None


def test_marks_after_the_day_and_of_last_year_do_not_count(school, calendar, adopt, run) -> None:
    adopt()
    pupil = attending(school, calendar, "")
    for on in (date(2026, 7, 20), date(2026, 7, 21), MONDAY):
        for session in Session:
            builders.mark(pupil, on, session, "O")
    assert run().opened == 0
    Mark.objects.filter(pupil=pupil, on__range=(date(2026, 11, 10), date(2026, 11, 17))).update(code="O")
    assert run().opened == 1
    assert {on for on, _, _ in Flag.objects.get().counted} <= {f"2026-11-{day}" for day in range(10, 18)}


def test_a_pupil_who_joins_is_counted_from_the_first_day(school, calendar, adopt, run) -> None:
    adopt()
    pupil = builders.pupil(school, starts_on=date(2026, 11, 9))
    builders.marks(pupil, calendar, date(2026, 11, 9), "OO" + "/" * 18)
    run()
    flag = Flag.objects.get()
    assert "2 of 20 possible sessions missed between 9 November 2026 and 20 November 2026" in flag.words
    assert flag.left_out == []


def test_a_new_version_of_the_policy_opens_flags_of_its_own(school, calendar, adopt, run) -> None:
    old = adopt()
    attending(school, calendar, "O" * 20)
    run()
    new = adopt(documents.rule(says="Said anew."), version="2", applies_from=MONDAY)
    assert run(MONDAY).counts == {"opened": 1, "continued": 0, "changed": 0, "ended": 1}
    first, second = Flag.objects.order_by("pk")
    assert (first.policy_version, first.ended_on, first.says) == (old, MONDAY, "What the policy says.")
    assert (second.policy_version, second.ended_on, second.says) == (new, None, "Said anew.")


def test_a_rule_taken_out_of_the_policy_ends_its_flags(school, calendar, adopt, run) -> None:
    adopt()
    attending(school, calendar, "O" * 20)
    run()
    adopt(documents.LATES, version="2", applies_from=MONDAY)
    assert run(MONDAY).counts == {"opened": 0, "continued": 0, "changed": 0, "ended": 1}


def test_without_a_policy_the_scan_is_refused_and_says_so(run) -> None:
    with pytest.raises(ScanRefusedError, match="No attendance policy applies on 20/11/2026"):
        run()
    row = ScanRun.objects.get()
    assert (row.state, row.done_at) == (RunState.FAILED, None)
    assert row.error.startswith("No attendance policy applies")


def test_a_scan_that_fails_leaves_the_flags_and_says_so(school, calendar, adopt, run, monkeypatch) -> None:
    adopt()
    attending(school, calendar, "O" * 20)
    run(THURSDAY)
    attending(school, calendar, "O" * 20)
    before = everything()

    def fail(*_):
        raise RuntimeError("Robin Example")

    with monkeypatch.context() as patched:
        patched.setattr(scan, "_events", fail)
        with pytest.raises(RuntimeError):
            run()
    after = everything()
    assert (after["Flag"], after["Event"]) == (before["Flag"], before["Event"])
    row = ScanRun.objects.get(on=FRIDAY)
    assert (row.state, row.error, row.done_at, row.opened) == (RunState.FAILED, "RuntimeError", None, 0)
    assert run().opened == 1
    row.refresh_from_db()
    assert (row.state, row.error) == (RunState.DONE, "")


def test_a_failure_after_a_good_run_keeps_when_it_was_done(school, calendar, adopt, run, monkeypatch) -> None:
    adopt()
    run()
    with monkeypatch.context() as patched:
        patched.setattr(scan, "_write_flags", None)
        with pytest.raises(TypeError):
            run(at=AT + timedelta(hours=1))
    row = ScanRun.objects.get()
    assert (row.state, row.done_at) == (RunState.FAILED, AT)
    with pytest.raises(OvertakenError):
        run(THURSDAY)


def test_marks_that_change_under_the_count_stop_the_scan(school, calendar, adopt, run, monkeypatch) -> None:
    """What SQL counted and what it listed must be the same sessions."""
    adopt()
    pupil = attending(school, calendar, "O" * 20)
    listed = measures._listed

    def after_a_change(*arguments):
        Mark.objects.filter(pupil=pupil, on=FIRST, session="AM").update(code="/")
        return listed(*arguments)

    monkeypatch.setattr(measures, "_listed", after_a_change)
    with pytest.raises(ScanRefusedError, match="Marks were changed"):
        run()
    assert not Flag.objects.exists()


def test_one_flag_a_rule_and_pupil_is_kept_by_the_database(school, calendar, adopt, run) -> None:
    adopt()
    attending(school, calendar, "O" * 20)
    run()
    flag = Flag.objects.get()
    flag.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        flag.save()
    flag.ended_on = FRIDAY
    flag.save()


@pytest.mark.parametrize("number", [5, 40])
def test_the_number_of_queries_is_constant(number, school, calendar, adopt, run, django_assert_num_queries) -> None:
    """A first scan, and one in which every flag changes, whatever the number of pupils."""
    adopt()
    pupils = [attending(school, calendar, "O" * 20 + ".") for _ in range(number)]
    calendar.sessions  # noqa: B018 - computed once
    with django_assert_num_queries(17):
        assert run(THURSDAY).opened == number
    Mark.objects.filter(pupil__in=pupils, on=FIRST).update(code="I")
    # One more: the sessions of those that list others than before.
    with django_assert_num_queries(18):
        assert run().changed == number


# Scanning day by day equals scanning at the end --------------------------------------------------------------------

DAYS = tuple(date(2026, 11, day) for day in (11, 12, 13, 16, 17))
RULES = (
    documents.rule("PA", minimum_possible=3),
    documents.rule("SA", measure={"kind": "absence_at_least", "percent": 50}),
    documents.rule("BAND", measure={"kind": "attendance_band", "above": 50, "at_most": 90}),
    documents.rule("LATE", measure={"kind": "lates_in_half_term", "at_least": 2}),
    documents.rule("UA", measure={"kind": "unauthorised_at_least", "percent": 10}),
    documents.rule("U", measure={"kind": "sessions_missed", "codes": ["U"], "at_least": 2, "over": "2 weeks"}),
    documents.rule("ILL", measure={"kind": "illness_occasions", "at_least": 2}),
    documents.rule("DAYS", measure={"kind": "days_on_end", "codes": ["I", "N"], "at_least": 2}),
    documents.rule("SAME", measure={"kind": "no_improvement", "weeks": 1, "unauthorised": 1}),
    documents.rule("BETTER", measure={"kind": "improvement", "weeks": 1, "points": 5}),
    documents.rule("AWAY", measure={"kind": "no_contact", "days": 1, "codes": ["N"]}),
    documents.rule("TERM", measure={"kind": "attendance_band", "below": 90, "over": "term"}),
)
"""None has an interval: a flag that may not open again so soon depends on the days that were scanned."""


def open_flags() -> list[tuple[object, ...]]:
    return sorted(
        (
            flag.pupil_id,
            flag.rule_id,
            flag.figures,
            flag.counted,
            flag.left_out,
            flag.words,
            flag.last_seen_on,
            flag.what_if,
            flag.follows,
        )
        for flag in Flag.objects.filter(ended_on__isnull=True)
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    registers=st.lists(
        st.lists(st.sampled_from("//////LUOINX."), min_size=2 * len(DAYS), max_size=2 * len(DAYS)),
        min_size=1,
        max_size=3,
    ),
    leaves_on=st.sampled_from([None, *DAYS]),
)
def test_scanning_day_by_day_equals_scanning_at_the_end(registers, leaves_on, school, calendar, adopt, run) -> None:
    """All but when a flag opened, and which ended on the way, that a single scan at the end never saw."""
    with transaction.atomic():
        adopt(*RULES)
        pupils = [builders.pupil(school, starts_on=DAYS[0], leaves_on=leaves_on) for _ in registers]
        with transaction.atomic():
            for place, on in enumerate(DAYS):
                # Each day's marks are entered in the evening; no day knows of the next.
                for pupil, codes in zip(pupils, registers, strict=True):
                    builders.marks(pupil, calendar, on, "".join(codes[2 * place : 2 * place + 2]))
                run(on)
            day_by_day = open_flags()
            assert ScanRun.objects.filter(state=RunState.DONE).count() == len(DAYS)
        Flag.objects.all().delete()
        ScanRun.objects.all().delete()
        run(DAYS[-1])
        assert day_by_day == open_flags()
        assert Counter(flag.ended_on for flag in Flag.objects.all()) == Counter({None: len(day_by_day)})
        transaction.set_rollback(True)
