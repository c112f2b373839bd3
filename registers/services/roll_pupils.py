"""What the rows of a roll mean for the pupils in the register: who is new, who changes, and what cannot be."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Max, Min, QuerySet

from registers.files import Fault, Table
from registers.models import Mark, Pupil, School
from registers.rules import rolls as rules
from registers.rules.admissions import ENROLLED, Spell
from registers.rules.cells import CellRefusedError, has_lost_noughts
from registers.rules.import_files import Difference, Result, RowOutcome
from registers.rules.rolls import PupilRow
from registers.rules.upn import UpnRefusedError
from registers.services import changes
from registers.services.changes import Change

_SAME_CHILD = (
    "The same name and date of birth stand under another UPN{where}. If it is one child, correct the UPN before you "
    "take this in: an entry cannot be taken out again."
)
_ANOTHER_CHILD = (
    "Under this UPN the register holds a child of another forename and another date of birth. Check the UPN: nobody is "
    "overwritten by somebody else."
)
_LOST = (
    "admission_no has lost its leading noughts in a spreadsheet. Format its column as text, or export the list again, "
    "and do not save it from the spreadsheet."
)


@dataclass(frozen=True)
class Newcomers:
    """The starting day and class of pupils who are not on the roll, where their file does not tell."""

    starts_on: date
    class_name: str


@dataclass
class PupilPlan:
    """One row and the pupil it speaks of, changed in memory and not yet written."""

    line: int
    row: PupilRow
    pupil: Pupil
    is_new: bool
    before: dict[str, Any] = field(default_factory=dict)
    moved: tuple[str, str] | None = None
    """The classes left and entered."""

    @property
    def steps(self) -> list[Change]:
        """What the chain of the admission register will say."""
        if self.is_new:
            return [Change(self.pupil.pk, None, changes.PUPIL, ENROLLED, "", self.pupil.starts_on.isoformat())]
        after = {name: getattr(self.pupil, name) for name in self.before}
        return changes.between(self.before, after, subject=changes.PUPIL, pupil_id=self.pupil.pk)

    @property
    def outcome(self) -> RowOutcome:
        what = [] if self.is_new else [Difference(step.field, step.old, step.new) for step in self.steps]
        if self.moved is not None:
            what.append(Difference("class", *self.moved))
        result = Result.ADDED if self.is_new else Result.CHANGED if what else Result.UNCHANGED
        return RowOutcome(self.line, result, who=self.pupil.sort_name, what=tuple(what))


@dataclass
class PupilPlans:
    """What a roll would do to the pupils. `standing` are those in the register by UPN, earliest enrolment first."""

    plans: list[PupilPlan]
    faults: list[Fault]
    notes: list[RowOutcome]
    standing: Mapping[str, list[Pupil]]
    who: dict[int, str]
    refused: frozenset[str]
    """The UPNs of the rows that are refused."""


def read(table: Table, on: date) -> tuple[list[tuple[int, PupilRow]], list[Fault], dict[int, str]]:
    """The rows of a roll that can be read, the faults of the others, and whom each line names."""
    found: list[tuple[int, PupilRow]] = []
    faults: list[Fault] = []
    who = {}
    for row in table.rows:
        who[row.line] = ", ".join(filter(None, map(row.cells.get, ("legal_surname", "legal_forename"))))
        try:
            found.append((row.line, rules.read_pupil(row.cells, on)))
        except (CellRefusedError, UpnRefusedError) as refused:
            faults.append(Fault(row.line, str(refused)))
    return found, faults, who


def plan(school: School, table: Table, on: date, newcomers: Newcomers | None = None) -> PupilPlans:
    """Hold every row against the register, without writing anything."""
    rows, faults, who = read(table, on)
    standing = spells(Pupil.objects.filter(school=school))
    lost = _lost_in_the_file(rows)
    plans: list[PupilPlan] = []
    taken: set[int | None] = set()
    lines: dict[tuple[str, date | None], int] = {}
    for line, row in sorted(rows, key=lambda one: (one[1].starts_on or date.max, one[0])):
        key = (row.upn, row.starts_on)
        if key in lines:
            faults.append(_twice(line, lines[key]))
            continue
        lines[key] = line
        own = [pupil for pupil in _enrolments(row, standing) if pupil.pk not in taken]
        made = _plan(school, line, _told(row, own, newcomers), own, on)
        if isinstance(made, Fault):
            faults.append(made)
            continue
        taken.add(made.pupil.pk)
        stood = made.before.get("admission_no", "")
        if line in lost or has_lost_noughts(row.fields.get("admission_no", ""), stood):
            faults.append(Fault(line, _LOST))
        plans.append(made)
    faults += _overlapping(plans, standing)
    faults += _marks_outside(plans)
    plans.sort(key=lambda one: one.line)
    faults.sort(key=lambda fault: fault.line)
    lines_refused = {fault.line for fault in faults}
    refused = frozenset(row.cells["upn"].upper() for row in table.rows if row.line in lines_refused)
    return PupilPlans(plans, faults, _same_child(plans, standing), standing, who, refused)


def _twice(line: int, earlier: int) -> Fault:
    first, second = sorted((line, earlier))
    return Fault(second, f"The same UPN stands in line {first} already.")


def spells(pupils: QuerySet[Pupil]) -> dict[str, list[Pupil]]:
    """The enrolments of each UPN, earliest first."""
    found: dict[str, list[Pupil]] = defaultdict(list)
    for pupil in pupils.order_by("starts_on", "pk"):
        found[pupil.upn].append(pupil)
    return found


def _told(row: PupilRow, own: Sequence[Pupil], newcomers: Newcomers | None) -> PupilRow:
    """The row of a pupil who is not on the roll, with the day and class that were told beside the file."""
    if row.starts_on is not None or newcomers is None:
        return row
    if any(one.leaves_on is None or one.leaves_on >= newcomers.starts_on for one in own):
        return row
    fields = row.fields | {"starts_on": newcomers.starts_on}
    return replace(row, starts_on=newcomers.starts_on, class_name=newcomers.class_name, fields=fields)


def _plan(school: School, line: int, row: PupilRow, own: Sequence[Pupil], on: date) -> PupilPlan | Fault:
    """The pupil a row speaks of, among the enrolments that no earlier row means, with what it changes."""
    place = rules.spell_meant([Spell(one.starts_on, one.leaves_on) for one in own], row.starts_on, row.leaves_on)
    if place is None:
        if row.starts_on is None or not row.class_name:
            return Fault(line, "This pupil is not on the roll. Give the starting day and the class.")
        if row.starts_on <= row.fields["dob"]:
            return Fault(line, "The starting day is not after the date of birth.")
        fields = {"entered_on": rules.entered_on(row.starts_on, on)} | row.fields
        return PupilPlan(line, row, Pupil(school=school, upn=row.upn, **fields), is_new=True)
    pupil = own[place]
    fields = row.fields | {"upn": row.upn}
    made = PupilPlan(line, row, pupil, is_new=False, before={name: getattr(pupil, name) for name in fields})
    # Brothers and sisters share a surname: it does not make two children one.
    if pupil.dob != fields["dob"] and pupil.legal_forename.casefold() != fields["legal_forename"].casefold():
        return Fault(line, _ANOTHER_CHILD)
    for name, value in fields.items():
        setattr(pupil, name, value)
    if pupil.leaves_on is not None and pupil.leaves_on < pupil.starts_on:
        return Fault(line, f"start_date is after the leaving day in the register, {pupil.leaves_on:%d/%m/%Y}.")
    return made


def _enrolments(row: PupilRow, standing: dict[str, list[Pupil]]) -> list[Pupil]:
    """The enrolments under a row's UPN, or, if there are none, those under the UPN it says it had before."""
    return standing.get(row.upn) or standing.get(row.former_upn) or []


def _lost_in_the_file(rows: Iterable[tuple[int, PupilRow]]) -> set[int]:
    """The lines whose admission number is shorter than those that kept their noughts."""
    numbers = {line: row.fields.get("admission_no", "") for line, row in rows}
    widths = {len(number) for number in numbers.values() if number.isdigit() and number.startswith("0")}
    if len(widths) != 1:
        return set()
    (width,) = widths
    return {line for line, number in numbers.items() if number.isdigit() and len(number) < width}


def _overlapping(plans: Sequence[PupilPlan], standing: Mapping[str, list[Pupil]]) -> list[Fault]:
    """Rows that would put a pupil on the roll twice at once."""
    by_upn: dict[str, list[Pupil]] = defaultdict(list)
    # By the UPN they would have: a row may give a child another.
    for pupil in (*(pupil for own in standing.values() for pupil in own), *(one.pupil for one in plans if one.is_new)):
        by_upn[pupil.upn].append(pupil)
    lines: dict[str, list[int]] = defaultdict(list)
    for one in plans:
        lines[one.pupil.upn].append(one.line)
    faults = []
    for upn, places in lines.items():
        together = by_upn[upn]
        if len(together) < 2 or not rules.overlap([Spell(one.starts_on, one.leaves_on) for one in together]):
            continue
        if len(places) > 1:
            faults.append(_twice(max(places), min(places)))
        else:
            faults.append(
                Fault(places[0], "The days overlap another time on roll of the same UPN. Correct start or leave_date.")
            )
    return faults


def _marks_outside(plans: Sequence[PupilPlan]) -> list[Fault]:
    """Starting or leaving days that would put marks which stand outside the time on roll."""
    moved = {
        one.pupil.pk: one
        for one in plans
        if not one.is_new and any(one.before.get(name, stands) != stands for name, stands in _days(one.pupil))
    }
    if not moved:
        return []
    # Z says that a child was not on the roll: it may stand where no other mark may.
    marks = Mark.objects.filter(pupil__in=list(moved)).exclude(code="Z").order_by()
    faults = []
    for row in marks.values("pupil_id").annotate(first_on=Min("on"), last_on=Max("on")):
        one = moved[row["pupil_id"]]
        if row["first_on"] < one.pupil.starts_on or row["last_on"] > (one.pupil.leaves_on or date.max):
            faults.append(
                Fault(
                    one.line,
                    f"Marks stand outside these days on roll, from {row['first_on']:%d/%m/%Y} to "
                    f"{row['last_on']:%d/%m/%Y}.",
                )
            )
    return faults


def _days(pupil: Pupil) -> tuple[tuple[str, date | None], ...]:
    return ("starts_on", pupil.starts_on), ("leaves_on", pupil.leaves_on)


def _same_child(plans: Sequence[PupilPlan], standing: Mapping[str, list[Pupil]]) -> list[RowOutcome]:
    """New pupils whose name and date of birth stand under another UPN, in the register or in the file."""
    upns: dict[tuple[str, str, date], set[str]] = defaultdict(set)
    everyone = [pupil for rows in standing.values() for pupil in rows] + [one.pupil for one in plans if one.is_new]
    for pupil in everyone:
        upns[_child(pupil)].add(pupil.upn)
    named = Counter(_child(one.pupil) for one in plans if one.is_new)
    notes = []
    for one in plans:
        child = _child(one.pupil)
        if one.is_new and len(upns[child]) > 1:
            where = " in this file" if named[child] > 1 else " in the register"
            notes.append(RowOutcome(one.line, Result.NOTED, _SAME_CHILD.format(where=where), who=one.pupil.sort_name))
    return notes


def _child(pupil: Pupil) -> tuple[str, str, date]:
    return pupil.legal_surname.casefold(), pupil.legal_forename.casefold(), pupil.dob


def save(plans: Sequence[PupilPlan]) -> None:
    """Write the pupils: those who change first, so that one who left is off the roll before coming back."""
    changed = [one for one in plans if not one.is_new and one.steps]
    if changed:
        names = sorted({step.field for one in changed for step in one.steps})
        Pupil.objects.bulk_update([one.pupil for one in changed], names, batch_size=50)
    Pupil.objects.bulk_create([one.pupil for one in plans if one.is_new], batch_size=200)
