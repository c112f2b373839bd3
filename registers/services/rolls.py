"""Taking a roll and its contacts in from files: all or nothing, and the same files twice change nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from registers.files import Fault, Table
from registers.models import Contact, Membership, Pupil, School
from registers.rules.import_files import FileKind, Result, RowOutcome
from registers.services import changes, import_tables, record, roll_contacts, roll_places, roll_pupils
from registers.services.import_tables import RowsRefusedError
from registers.services.mark_checks import Progress, quiet
from registers.services.roll_contacts import ContactPlans
from registers.services.roll_places import Places
from registers.services.roll_pupils import Newcomers, PupilPlans

IMPORTED = "Imported from a file"


@dataclass
class RollReport:
    """What an import of a roll did, or in a dry run would do."""

    pupils_added: int = 0
    pupils_changed: int = 0
    pupils_unchanged: int = 0
    moved_class: int = 0
    contacts_added: int = 0
    contacts_changed: int = 0
    contacts_unchanged: int = 0
    not_in_file: int = 0
    ignored_columns: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What concerns a whole file, such as that it was not in UTF-8."""
    pupil_rows: list[RowOutcome] = field(default_factory=list)
    contact_rows: list[RowOutcome] = field(default_factory=list)
    pupils_missing: list[Pupil] = field(default_factory=list)
    contacts_missing: list[Contact] = field(default_factory=list)

    @property
    def changes(self) -> int:
        return self.pupils_added + self.pupils_changed + self.moved_class + self.contacts_added + self.contacts_changed

    @property
    def counts(self) -> dict[str, int]:
        return {name: value for name, value in vars(self).items() if isinstance(value, int)}


@dataclass
class _Plan:
    """Everything a roll would do, held in memory."""

    report: RollReport
    pupils: PupilPlans | None = None
    places: Places | None = None
    contacts: ContactPlans | None = None
    refused: RowsRefusedError | None = None


def take_in(
    school: School,
    pupils_file: Path | None,
    contacts_file: Path | None,
    *,
    on: date,
    by: Membership,
    at: datetime,
    reason: str = IMPORTED,
    dry_run: bool = False,
    named: Mapping[str, str] | None = None,
    progress: Progress = quiet,
) -> RollReport:
    """Take in a roll as it stands on a day. Raises FileRefusedError with every fault, and then nothing is written.

    `named` says what a heading stands for that would be guessed wrong or not at all.
    """
    progress("Reading", 0, 2)
    pupils = import_tables.open_table(pupils_file, FileKind.PUPILS, named=named) if pupils_file else None
    contacts = import_tables.open_table(contacts_file, FileKind.CONTACTS, named=named) if contacts_file else None
    progress("Checking", 1, 2)
    report = take_in_tables(school, pupils, contacts, on=on, reason=reason, by=by, at=at, dry_run=dry_run)
    progress("Done", 2, 2)
    return report


@transaction.atomic
def take_in_tables(
    school: School,
    pupils: Table | None,
    contacts: Table | None,
    *,
    on: date,
    by: Membership,
    at: datetime,
    reason: str = IMPORTED,
    dry_run: bool = False,
    newcomers: Newcomers | None = None,
) -> RollReport:
    """Take in a roll that has been read. `newcomers` says of pupils not on it when they start, and in which class.

    Raises RowsRefusedError with every fault, and then nothing is written.
    """
    import_tables.lock(school)
    plan = _plan(school, pupils, contacts, on, newcomers)
    if plan.refused is not None:
        raise plan.refused
    if plan.report.changes and not dry_run:
        _save(school, plan, reason, by, at)
        record.write("roll imported", by=by, at=at, facts=plan.report.counts | {"on": on.isoformat()})
    return plan.report


def look(
    school: School,
    pupils: Table | None,
    contacts: Table | None,
    *,
    on: date,
    newcomers: Newcomers | None = None,
) -> RollReport:
    """What taking the tables in would do, refused rows included. Writes nothing and raises nothing."""
    return _plan(school, pupils, contacts, on, newcomers).report


def _plan(school: School, pupils: Table | None, contacts: Table | None, on: date, newcomers: Newcomers | None) -> _Plan:
    plan = _Plan(RollReport())
    standing: Mapping[str, list[Pupil]]
    if pupils is not None:
        plan.pupils = roll_pupils.plan(school, pupils, on, newcomers)
        plan.places = roll_places.plan(school, plan.pupils.plans, on)
        _tell_pupils(plan.report, pupils, plan.pupils, on)
        standing = dict(plan.pupils.standing)
        for one in plan.pupils.plans:
            if one.is_new or one.pupil.upn not in standing:
                standing[one.pupil.upn] = [*standing.get(one.pupil.upn, ()), one.pupil]
        plan.refused = _refusal(plan, pupils, plan.pupils.faults)
    else:
        standing = roll_pupils.spells(Pupil.objects.filter(school=school))
    if contacts is not None:
        refused = plan.pupils.refused if plan.pupils is not None else frozenset[str]()
        plan.contacts = roll_contacts.plan(school, contacts, standing, on, refused)
        _tell_contacts(plan.report, contacts, plan.contacts)
        plan.refused = plan.refused or _refusal(plan, contacts, plan.contacts.faults)
    return plan


def _refusal(plan: _Plan, table: Table, faults: list[Fault]) -> RowsRefusedError | None:
    return RowsRefusedError(faults, table, plan.report) if faults else None


def _tell_pupils(report: RollReport, table: Table, found: PupilPlans, on: date) -> None:
    refused = {fault.line for fault in found.faults}
    outcomes = [one.outcome for one in found.plans if one.line not in refused]
    by_result = _by_result(outcomes)
    report.pupils_added = by_result[Result.ADDED]
    report.moved_class = sum(one.moved is not None for one in found.plans)
    # Who only moved class is counted there.
    report.pupils_changed = sum(not one.is_new and bool(one.steps) for one in found.plans)
    report.pupils_unchanged = len(outcomes) - report.pupils_added - report.pupils_changed
    named = {one.pupil.pk for one in found.plans}
    missing = (
        pupil
        for upn, spells in found.standing.items()
        for pupil in spells
        if pupil.pk not in named and upn not in found.refused and (pupil.leaves_on or on) >= on
    )
    report.pupils_missing = [] if table.is_part else sorted(missing, key=lambda pupil: pupil.sort_name)
    report.not_in_file = len(report.pupils_missing)
    report.ignored_columns += table.ignored
    report.notes += table.notes
    report.pupil_rows = [*import_tables.refusals(found.faults, found.who), *found.notes, *outcomes]


def _tell_contacts(report: RollReport, table: Table, found: ContactPlans) -> None:
    refused = {fault.line for fault in found.faults}
    outcomes = [one.outcome for one in found.plans if one.line not in refused]
    by_result = _by_result(outcomes)
    report.contacts_added = by_result[Result.ADDED]
    report.contacts_changed = by_result[Result.CHANGED]
    report.contacts_unchanged = by_result[Result.UNCHANGED]
    report.contacts_missing = [] if table.is_part else found.missing
    report.ignored_columns += table.ignored
    report.notes += table.notes
    report.contact_rows = [*import_tables.refusals(found.faults, found.who), *found.notes, *outcomes]


def _by_result(outcomes: Iterable[RowOutcome]) -> dict[Result, int]:
    found = dict.fromkeys(Result, 0)
    for outcome in outcomes:
        found[outcome.result] += 1
    return found


def _save(school: School, plan: _Plan, reason: str, by: Membership, at: datetime) -> None:
    """Write what the plan holds, and each particular that changed in the chain of the admission register."""
    steps: list[changes.Change] = []
    if plan.pupils is not None and plan.places is not None:
        roll_pupils.save(plan.pupils.plans)
        steps += roll_places.save(plan.places)
        steps += [step for one in plan.pupils.plans for step in one.steps]
    if plan.contacts is not None:
        new = {one.pupil.pk for one in plan.pupils.plans if one.is_new} if plan.pupils is not None else set()
        roll_contacts.save(plan.contacts)
        # The contacts that a pupil is enrolled with are part of the first entry, which is no change.
        steps += [step for one in plan.contacts.plans for step in one.steps if step.pupil_id not in new]
    changes.write(school.pk, steps, reason=reason, source=changes.FILE, by=by, at=at)


def as_plain(report: RollReport) -> dict[str, Any]:
    """A report for machines: every row, and every pupil and contact that the files do not name."""
    return report.counts | {
        "ignored_columns": report.ignored_columns,
        "notes": report.notes,
        "pupils": [outcome.as_plain() for outcome in report.pupil_rows],
        "contacts": [outcome.as_plain() for outcome in report.contact_rows],
        "pupils_not_in_file": [pupil.upn for pupil in report.pupils_missing],
        "contacts_not_in_file": [
            {"upn": link.pupil.upn, "contact_id": link.parent.contact_id} for link in report.contacts_missing
        ],
    }
