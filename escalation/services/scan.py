"""The scan: every pupil on roll held against the policy in force, and the flags brought up to date with it."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.db import Error as DatabaseFault
from django.db import transaction
from django.db.models import F

from escalation.models import Flag, GroupFlag, ScanRun
from escalation.queries import comparing, policies
from escalation.queries.scan_result import ScanResult
from escalation.rules.runs import OvertakenError, RunState, ScanRefusedError, check_move
from registers import bulk
from registers.models import Event, Membership, School
from registers.rules.calendar import Calendar
from registers.services import record

_REFRESHED = ("last_seen_on", "figures", "words", "what_if")
_SESSIONS = ("counted", "left_out")
_GROUP_REFRESHED = ["last_seen_on", "figures", "words"]
_BATCH = 500


def scan(
    school: School,
    calendar: Calendar,
    on: date,
    *,
    by: Membership,
    at: datetime,
    clock: Callable[[], datetime] | None = None,
    dry_run: bool = False,
) -> ScanResult:
    """Scan a school for a day. The second time for the same day changes nothing; a dry run writes nothing.

    Raises ScanRefusedError without a policy in force, and OvertakenError for a day before one scanned already. A scan
    that fails leaves every flag as it was and says so in its run. `clock` tells when it ended.
    """
    if dry_run:
        return _judge_school(school, calendar, on, "")
    try:
        return _scan(school, calendar, on, by=by, at=at, clock=clock or (lambda: at))
    except OvertakenError:
        raise
    except Exception as error:
        # Where the caller's own transaction is lost as well, the row of its job tells what happened.
        with suppress(DatabaseFault):
            _note_failure(school, on, error, at)
        raise


@transaction.atomic
def _scan(
    school: School, calendar: Calendar, on: date, *, by: Membership, at: datetime, clock: Callable[[], datetime]
) -> ScanResult:
    # Two scans of one school take turns here, and the later one finds the work done.
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    _check_not_overtaken(school, on)
    run = _begin(school, on, at)
    result = _judge_school(school, calendar, on, run.read)
    _write_flags(result)
    _write_groups(result)
    Event.objects.bulk_create(_events(result, by, at))
    if run.done_at is None or not result.is_quiet:
        record.write("scan run", by=by, at=at, subject=f"scan:{run.pk}", facts={"on": on.isoformat(), **result.counts})
    _end(run, result, clock())
    return result


def _check_not_overtaken(school: School, on: date) -> None:
    later = ScanRun.objects.filter(school=school, on__gt=on, done_at__isnull=False).order_by("-on").first()
    if later is not None:
        raise OvertakenError(
            f"{later.on:%d/%m/%Y} is scanned already, so {on:%d/%m/%Y} cannot be. A dry run shows what it would say."
        )


def _begin(school: School, on: date, at: datetime) -> ScanRun:
    run = ScanRun.objects.filter(school=school, on=on).first()
    if run is None:
        return ScanRun.objects.create(school=school, on=on, state=RunState.RUNNING, started_at=at)
    check_move(RunState(run.state), RunState.RUNNING)
    run.state, run.started_at, run.ended_at, run.error = RunState.RUNNING, at, None, ""
    run.save(update_fields=["state", "started_at", "ended_at", "error"])
    return run


def _end(run: ScanRun, result: ScanResult, ended_at: datetime) -> None:
    check_move(RunState(run.state), RunState.DONE)
    ScanRun.objects.filter(pk=run.pk).update(
        state=RunState.DONE,
        ended_at=ended_at,
        done_at=ended_at,
        read=result.read,
        opened=F("opened") + result.opened,
        changed=F("changed") + result.changed,
        ended=F("ended") + result.ended,
        # Flags that opened earlier the same day have not come over from the day before.
        continued=F("continued") if run.done_at else result.continued,
    )


@transaction.atomic
def _note_failure(school: School, on: date, error: Exception, at: datetime) -> None:
    """Only a refusal's own words are kept: another error's may quote a row."""
    School.objects.select_for_update(no_key=True).get(pk=school.pk)
    run = _begin(school, on, at)
    check_move(RunState(run.state), RunState.FAILED)
    run.state, run.ended_at = RunState.FAILED, at
    run.error = (str(error) if isinstance(error, ScanRefusedError) else type(error).__name__)[:200]
    run.save(update_fields=["state", "ended_at", "error"])


def _judge_school(school: School, calendar: Calendar, on: date, read_before: str) -> ScanResult:
    version = policies.in_force(school, on)
    if version is None:
        raise ScanRefusedError(f"No attendance policy applies on {on:%d/%m/%Y}. Adopt one that does, then scan.")
    return comparing.compare(school, calendar, on, version, policies.read(version), read_before)


def _write_flags(result: ScanResult) -> None:
    """Write what has changed, and nothing else."""
    for flag in result.ended_flags:
        flag.ended_on = result.on
    Flag.objects.filter(pk__in=[flag.pk for flag in result.ended_flags]).update(ended_on=result.on)
    _update_flags(result.stale_flags, _REFRESHED)
    # Most flags count the sessions of the day before: their long lists are not written again for a larger total.
    _update_flags(result.moved_flags, _SESSIONS)
    Flag.objects.bulk_create(result.opened_flags, _BATCH)


def _update_flags(flags: list[Flag], columns: tuple[str, ...]) -> None:
    if flags:
        rows = ((flag.pk, *(_kept(getattr(flag, name)) for name in columns)) for flag in flags)
        bulk.update(Flag, flags[0].school_id, columns, rows)


def _kept(value: Any) -> bulk.Value:
    return json.dumps(value) if isinstance(value, list | dict) else value


def _write_groups(result: ScanResult) -> None:
    GroupFlag.objects.filter(pk__in=[flag.pk for flag in result.ended_groups]).update(ended_on=result.on)
    GroupFlag.objects.bulk_update(result.stale_groups, _GROUP_REFRESHED)
    GroupFlag.objects.bulk_create(result.opened_groups)


def _events(result: ScanResult, by: Membership, at: datetime) -> Iterable[Event]:
    """One event for each flag that opened, changed or ended; `record.write` would ask the database once for each."""
    for kind, rows in (
        ("opened", result.opened_flags),
        ("changed", result.changed_flags),
        ("ended", result.ended_flags),
    ):
        for flag in rows:
            yield Event(
                school_id=by.school_id,
                kind=f"flag {kind}",
                at=at,
                by_id=by.user_id,
                role=by.role,
                pupil_id=flag.pupil_id,
                subject=f"flag:{flag.pk}",
                facts={"rule": flag.rule_id, "on": result.on.isoformat(), "figures": flag.figures},
            )
