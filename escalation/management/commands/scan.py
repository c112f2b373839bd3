from argparse import ArgumentParser
from datetime import date
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from escalation.models import Flag
from escalation.queries import runs
from escalation.queries.scan_result import ScanResult
from escalation.rules.runs import ScanRefusedError
from escalation.services import scan
from registers import clock
from registers.management.commands import _at_school
from registers.models import School
from registers.queries import calendars, people
from registers.scope import schools_in_scope

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Hold every pupil against the school's policy and bring the flags up to date: one school, or all of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--school")
        parser.add_argument(
            "--on", type=_at_school.day, help="the day to scan; the last complete school day unless given"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        slug, on, dry_run = options["school"], options["on"], options["dry_run"]
        schools = [_at_school.school(slug)] if slug else list(School.objects.order_by("slug"))
        reports = []
        for school in schools:
            report = _scan(school, on, dry_run=dry_run)
            reports.append(report)
            if not options["json"]:
                self._write(school, report, dry_run=dry_run)
        if options["json"]:
            self.stdout.write(_at_school.as_json({"dry_run": dry_run, "schools": reports}))
        if failed := [report["school"] for report in reports if report["error"]]:
            raise CommandError(f"Not scanned: {', '.join(failed)}.")

    def _write(self, school: School, report: dict[str, Any], *, dry_run: bool) -> None:
        if report["error"]:
            self.stderr.write(f"{school.name}: {report['error']}")
            return
        heading = "would be" if dry_run else "are"
        numbers = ", ".join(f"{report['counts'][name]} {name}" for name in ("opened", "continued", "changed", "ended"))
        self.stdout.write(
            f"{school.name}, {report['on']:%d/%m/%Y}, policy {report['policy']}: flags {heading} {numbers}"
        )


def _scan(school: School, on: date | None, *, dry_run: bool) -> dict[str, Any]:
    """Scan one school and report; an error is part of the report, so that the next school is scanned all the same."""
    try:
        with schools_in_scope([school.pk]):
            return {"school": school.slug, **_scan_now(school, on, dry_run=dry_run), "error": ""}
    except ScanRefusedError as refused:
        return {"school": school.slug, "error": str(refused)}
    except Exception as error:
        log.exception("scan_failed", school=school.slug)
        return {"school": school.slug, "error": f"The scan failed ({type(error).__name__}); the log says where."}


def _scan_now(school: School, on: date | None, *, dry_run: bool) -> dict[str, Any]:
    calendar = calendars.of(school)
    moment = clock.read(calendar)
    on = on or runs.day_to_scan(school, calendar, moment.local)
    if on is None:
        raise ScanRefusedError("The school's calendar has not begun, so there is no day to scan. Enter its terms.")
    result = scan.scan(
        school, calendar, on, by=people.nightly(school), at=moment.at, clock=timezone.now, dry_run=dry_run
    )
    return {
        "on": on,
        "policy": result.policy_version.version,
        "counts": result.counts,
        "flags": _flags(result),
    }


def _flags(result: ScanResult) -> dict[str, list[dict[str, Any]]]:
    """Which flags of which pupils opened, changed and ended: ids and figures, no names."""
    return {
        "opened": [_flag(flag) for flag in result.opened_flags],
        "changed": [_flag(flag) for flag in result.changed_flags],
        "ended": [_flag(flag) for flag in result.ended_flags],
    }


def _flag(flag: Flag) -> dict[str, Any]:
    return {"pupil": flag.pupil_id, "rule": flag.rule_id, "figures": flag.figures}
