"""Files that people upload: kept out of reach under a random name, looked at, then taken in or dropped."""

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from registers.files import MOST_BYTES_UPLOADED, Fault, FileRefusedError, Sheet, read_sheet, refuse
from registers.models import ImportFile, Membership, School
from registers.rules import columns, mark_rows, upn
from registers.rules.calendar import Calendar
from registers.rules.import_files import FileKind, FileState, ImportRefusedError, check_move, shown_name
from registers.services import import_tables, mark_imports, record, rolls, transfers
from registers.services.mark_imports import MarksReport
from registers.services.roll_pupils import Newcomers
from registers.services.rolls import RollReport

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 20_000
"""A file with more marks than this is looked at and taken in by a background job."""
KEPT = timedelta(days=14)
"""How long a file waits for somebody to settle it."""
_GONE = "The file is no longer kept as it was uploaded. Drop it and upload it again."
_NO_HEADINGS = "The first line holds a pupil, not the names of the columns. Export the list with its headings."
_STALE = "The register has changed since you looked. Nothing was written: look again at what would change."

Report = RollReport | MarksReport


@dataclass
class Look:
    """What a file would do. `faults` are what is wrong with the file itself, so that its rows were not looked at."""

    report: Report | None
    faults: list[Fault] = field(default_factory=list)
    unit: str = "line"
    totals: list[dict[str, str]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """A short name for everything the file would do: another plan has another."""
        return digest(self.report)


def folder() -> Path:
    return Path(settings.DATA_DIR) / "imports"


def keep(
    school: School, kind: FileKind, name: str, content: Iterable[bytes], *, by: Membership, at: datetime
) -> ImportFile:
    """Keep an uploaded file until it is settled. Raises FileRefusedError if it cannot be read as what it should be."""
    stored = secrets.token_hex(16)
    path = folder() / stored
    try:
        size, digested = _written(path, content)
        row = ImportFile(
            school=school,
            kind=kind,
            name=shown_name(name),
            stored=stored,
            size=size,
            sha256=digested,
            uploaded_at=at,
            uploaded_by_id=by.user_id,
            uploaded_role=by.role,
        )
        row.options = _first_look(school, row, path, "")
        with transaction.atomic():
            row.save(force_insert=True)
            record.write("file uploaded", by=by, at=at, subject=f"file:{row.pk}", facts={"kind": kind, "size": size})
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return row


def _written(path: Path, content: Iterable[bytes]) -> tuple[int, str]:
    try:
        return _write(path, content)
    except OSError as error:
        log.exception("upload_not_kept")
        raise refuse(f"The site cannot keep the file ({error.strerror}). Tell whoever looks after the site.") from None


def _write(path: Path, content: Iterable[bytes]) -> tuple[int, str]:
    """Write a file that only this site may read; how large it is, and its fingerprint."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    size, digested = 0, hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in content:
            size += len(chunk)
            if size > MOST_BYTES_UPLOADED:
                raise refuse(f"The file is larger than {MOST_BYTES_UPLOADED // 1024**2} MB. Split it.")
            digested.update(chunk)
            file.write(chunk)
    return size, digested.hexdigest()


def _first_look(school: School, row: ImportFile, path: Path, sheet: str) -> dict[str, Any]:
    """What the page needs to know of a file without opening it again: its headings, a sample of each, its size."""
    if row.kind == FileKind.CTF:
        transfer = transfers.read(school, path, name=row.name, most_bytes=MOST_BYTES_UPLOADED)
        return {"rows": len(transfer.pupils.rows)}
    found = read_sheet(path, name=row.name, most_bytes=MOST_BYTES_UPLOADED, sheet=sheet)
    if any(upn.is_one(heading) for heading in found.headings):
        raise refuse(_NO_HEADINGS, found.heading_line, found.unit)
    return {
        "rows": len(found.rows) * max(1, sum(1 for heading in found.headings if mark_rows.wide_place(heading))),
        "headings": found.headings,
        "samples": _samples(found),
        "sheets": found.sheets,
        "sheet": sheet,
    }


def _samples(found: Sheet) -> list[str]:
    """The first value of each column that has one."""
    samples = [""] * len(found.headings)
    for _, values in found.rows[:50]:
        samples = [sample or value[:40] for sample, value in zip(samples, values, strict=True)]
    return samples


@transaction.atomic
def settle_columns(
    row: ImportFile, mapping: Mapping[str, str], options: Mapping[str, str], *, by: Membership, at: datetime
) -> None:
    """Keep what somebody said of a file's columns, and of the day or reason it is taken in with."""
    row = _locked(row, FileState.TAKEN)
    if options.get("sheet", "") != row.options.get("sheet", ""):
        row.options |= _first_look(row.school, row, _path(row), options["sheet"])
        mapping = {}
    row.mapping, row.options, row.report = dict(mapping), row.options | dict(options), {}
    row.save(update_fields=["mapping", "options", "report"])
    record.write("file’s columns chosen", by=by, at=at, subject=f"file:{row.pk}")


def is_large(row: ImportFile) -> bool:
    return bool(row.kind == FileKind.MARKS and row.options.get("rows", 0) > MOST_AT_ONCE)


def look(row: ImportFile, calendar: Calendar, *, today: date, at: datetime) -> Look:
    """What taking the file in would do. Writes nothing; raises ImportRefusedError if it is not there any more."""
    path = _path(row)
    try:
        if row.kind == FileKind.MARKS:
            table = _table(row, path)
            return Look(mark_imports.look(row.school, calendar, table, today=today, at=at), unit=table.unit)
        pupils, contacts, totals = _roll(row, path)
        on, newcomers = _on(row, today), _newcomers(row)
        report = rolls.look(row.school, pupils, contacts, on=on, newcomers=newcomers)
        unit = pupils.unit if pupils is not None else contacts.unit if contacts is not None else "line"
        return Look(report, unit=unit, totals=totals)
    except FileRefusedError as refused:
        return Look(None, refused.faults, refused.unit)


@transaction.atomic
def take_in(row: ImportFile, calendar: Calendar, *, seen: str, today: date, by: Membership, at: datetime) -> Report:
    """Take a file in as it was looked at; `seen` is the digest of that look.

    Raises FileRefusedError or ImportRefusedError, and then nothing is written.
    """
    row = _locked(row, FileState.TAKEN)
    path = _path(row)
    report = _take_in(row, path, calendar, today, by, at)
    if digest(report) != seen:
        raise ImportRefusedError(_STALE)
    _settle(row, FileState.TAKEN, report.counts, at)
    record.write("file taken in", by=by, at=at, subject=f"file:{row.pk}", facts=report.counts | {"kind": row.kind})
    return report


def _take_in(row: ImportFile, path: Path, calendar: Calendar, today: date, by: Membership, at: datetime) -> Report:
    reason = row.options.get("reason") or rolls.IMPORTED
    if row.kind == FileKind.MARKS:
        table = _table(row, path)
        return mark_imports.take_in_table(row.school, calendar, table, reason=reason, today=today, by=by, at=at)
    pupils, contacts, _ = _roll(row, path)
    return rolls.take_in_tables(
        row.school,
        pupils,
        contacts,
        on=_on(row, today),
        reason=reason,
        newcomers=_newcomers(row),
        by=by,
        at=at,
    )


@transaction.atomic
def drop(row: ImportFile, *, by: Membership, at: datetime) -> None:
    """Throw an uploaded file away. Raises ImportRefusedError if it is settled already."""
    row = _locked(row, FileState.DROPPED)
    _settle(row, FileState.DROPPED, {}, at)
    record.write("file dropped", by=by, at=at, subject=f"file:{row.pk}", facts={"kind": row.kind})


def sweep(school: School, *, by: Membership, at: datetime) -> int:
    """Drop the files that nobody settled in time, and say how many. Harmless to run twice."""
    dropped = 0
    for row in ImportFile.objects.filter(school=school, state=FileState.UPLOADED, uploaded_at__lt=at - KEPT):
        row.school = school
        try:
            drop(row, by=by, at=at)
            dropped += 1
        except ImportRefusedError:
            continue  # Somebody settled it meanwhile.
    return dropped


def clear(*, at: datetime) -> int:
    """Delete what no file of the schools in scope waits for: a crash between file and row may have left it."""
    wanted = set(ImportFile.objects.filter(state=FileState.UPLOADED).values_list("stored", flat=True))
    old = [
        path
        for path in (folder().iterdir() if folder().is_dir() else ())
        if path.name not in wanted and path.stat().st_mtime < (at - KEPT).timestamp()
    ]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _locked(row: ImportFile, new: FileState) -> ImportFile:
    found = ImportFile.objects.select_for_update(no_key=True).select_related(None).get(pk=row.pk)
    found.school = row.school
    check_move(FileState(found.state), new)
    return found


def _settle(row: ImportFile, state: FileState, counts: Mapping[str, int], at: datetime) -> None:
    """Keep of the file that it was there and what came of it; its content goes, and what was told of it."""
    row.state, row.settled_at = state, at
    row.options, row.mapping, row.report = {}, {}, {"counts": dict(counts)}
    row.save(update_fields=["state", "settled_at", "options", "mapping", "report"])
    path = folder() / row.stored
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def _path(row: ImportFile) -> Path:
    """Where the file is kept, made sure that it is the one that was uploaded."""
    path = folder() / row.stored
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise ImportRefusedError(_GONE) from None
    if found != row.sha256:
        raise ImportRefusedError(_GONE)
    return path


def _table(row: ImportFile, path: Path) -> Any:
    kind = FileKind(row.kind)
    found = read_sheet(path, name=row.name, most_bytes=MOST_BYTES_UPLOADED, sheet=row.options.get("sheet", ""))
    return import_tables.by_column(found, kind, columns.choose(kind, found.headings, row.mapping))


def _roll(row: ImportFile, path: Path) -> tuple[Any, Any, list[dict[str, str]]]:
    """The tables of pupils and of contacts that a file holds, and the totals it states."""
    if row.kind == FileKind.CTF:
        transfer = transfers.read(row.school, path, name=row.name, most_bytes=MOST_BYTES_UPLOADED)
        return transfer.pupils, transfer.contacts, transfer.totals
    table = _table(row, path)
    return (table, None, []) if row.kind == FileKind.PUPILS else (None, table, [])


def _on(row: ImportFile, today: date) -> date:
    return date.fromisoformat(row.options["on"]) if row.options.get("on") else today


def _newcomers(row: ImportFile) -> Newcomers | None:
    starts_on, class_name = row.options.get("starts_on", ""), row.options.get("class_name", "")
    return Newcomers(date.fromisoformat(starts_on), class_name) if starts_on and class_name else None


def digest(report: Report | None) -> str:
    if report is None:
        return ""
    rows = report.rows() if isinstance(report, MarksReport) else (*report.pupil_rows, *report.contact_rows)
    found = hashlib.sha256()
    for row in rows:
        found.update(repr(row).encode())
    return found.hexdigest()[:32]
