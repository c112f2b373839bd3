"""The copies of the registers a school has, and the copies asked for that are not there yet."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from registers import copy_files
from registers.copy_files import Manifest
from registers.models import Event, Job, School
from registers.rules import copies as rules
from registers.rules.copies import JOB_KIND, CopyRefusedError
from registers.rules.jobs import JobState


@dataclass(frozen=True)
class Copy:
    """One copy on disk. `fault` says what is wrong with it; blank where nothing is."""

    name: str
    month: str
    number: int
    manifest: Manifest | None
    fault: str
    is_on_record: bool
    """Whether its manifest is the very one the record says was written."""

    @property
    def made_at(self) -> datetime | None:
        return datetime.fromisoformat(self.manifest.made_at) if self.manifest else None


@dataclass(frozen=True)
class Copies:
    """A school's copies, newest first, and what is being made or has failed."""

    copies: tuple[Copy, ...]
    waiting: tuple[Job, ...]
    failed: tuple[Job, ...]


def of(school: School) -> Copies:
    """Every copy of a school with a quick look at each: its files are there and as long as they were."""
    jobs = Job.objects.filter(school=school, kind=JOB_KIND).order_by("-asked_at")
    recorded = {
        row["copy"]: row["manifest"]
        for row in Event.objects.filter(school=school, kind="registers copied").values_list("facts", flat=True)
    }
    return Copies(
        tuple(_copy(path, month, number, recorded) for month, number, path in found(school)),
        tuple(jobs.filter(state__in=[JobState.WAITING, JobState.RUNNING])),
        tuple(jobs.filter(state=JobState.FAILED)[:5]),
    )


def found(school: School) -> list[tuple[str, int, Path]]:
    """The month, number and place of each copy, newest first; none where no folder is named."""
    if not school.copies_folder:
        return []
    try:
        paths = [path for path in copy_files.root(school.copies_folder).iterdir() if path.is_dir()]
    except (OSError, CopyRefusedError):
        return []
    named = [(rules.read_name(school.slug, path.name), path) for path in paths]
    return sorted(((name[0], name[1], path) for name, path in named if name is not None), reverse=True)


def _copy(path: Path, month: str, number: int, recorded: dict[str, str]) -> Copy:
    try:
        made = copy_files.manifest_of(path)
        copy_files.check_present(path, made)
    except CopyRefusedError as refused:
        return Copy(path.name, month, number, None, str(refused), is_on_record=False)
    is_on_record = recorded.get(path.name) == copy_files.manifest_hash(path)
    return Copy(path.name, month, number, made, "", is_on_record=is_on_record)


def fault_of(school: School, name: str) -> str | None:
    """What is wrong with a copy when every byte of it is read; blank for nothing, None where there is no such copy."""
    path = next((path for _, _, path in found(school) if path.name == name), None)
    if path is None:
        return None
    try:
        copy_files.check_whole(path, copy_files.manifest_of(path))
    except CopyRefusedError as refused:
        return str(refused)
    return ""
