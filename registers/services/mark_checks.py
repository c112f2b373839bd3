"""Asking the rules about every row of a marks file, without writing anything."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from registers.files import Fault
from registers.models import Arrangement, Pupil
from registers.rules import mark_rows, upn
from registers.rules import marks as rules
from registers.rules.calendar import Calendar
from registers.rules.cells import LONGEST_QUOTE
from registers.rules.codes import Code, CodeRefusedError, StatClass
from registers.rules.mark_rows import MarkRow
from registers.rules.marks import Door, Enrolment, MarkRefusedError
from registers.rules.sessions import Session, SessionOn
from registers.services import marks

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many rows are done, and of how many."""

CLOSED = "#"
_EVERY = 20_000


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


@dataclass(slots=True)
class Checked:
    """A row that the rules let in: the pupil it is of, and the code it gives."""

    row: MarkRow
    pupil: Pupil
    code: Code


@dataclass
class Checks:
    """What the rules say of all the rows."""

    checked: list[Checked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    put_right: list[Fault] = field(default_factory=list)
    closed: int = 0
    without_record: int = 0


@dataclass(frozen=True)
class _Roll:
    """The enrolments of each UPN, latest first, and the records that codes may rest on, by pupil."""

    spells: Mapping[str, Sequence[tuple[Pupil, Enrolment]]]
    held: Mapping[int, Sequence[Arrangement]]

    def on(self, number: str, on: date) -> tuple[Pupil, Enrolment]:
        """Whose mark it is: the enrolment of the day, else the last begun before it, else the first."""
        spells = self.spells.get(number)
        if not spells:
            upn.check(number)
            raise MarkRefusedError("No pupil with this UPN is on the roll. Import the roll first.")
        if len(spells) == 1:
            return spells[0]
        return next((spell for spell in spells if spell[1].starts_on <= on), spells[-1])


def check(
    rows: Sequence[MarkRow],
    pupils: Sequence[Pupil],
    calendar: Calendar,
    today: date,
    at: datetime,
    progress: Progress,
) -> Checks:
    """Ask the rules about every row; what they refuse is among the faults."""
    roll = _roll(pupils)
    seen: dict[tuple[str, date, Session], int] = {}
    found = Checks()
    for number, row in enumerate(rows, start=1):
        try:
            if row.symbol == CLOSED and not calendar.is_open(row.on, row.session):
                found.closed += 1
                continue
            place = (row.upn, row.on, row.session)
            if earlier := seen.get(place):
                raise MarkRefusedError(f"Line {earlier} holds a mark for the same pupil and session already.")
            seen[place] = row.line
            _check(found, row, roll, calendar, today, at)
        except (MarkRefusedError, CodeRefusedError, upn.UpnRefusedError) as refused:
            found.faults.append(Fault(row.line, str(refused)))
        if number % _EVERY == 0:
            progress("Checking", number, len(rows))
    progress("Checking", len(rows), len(rows))
    return found


def _check(found: Checks, row: MarkRow, roll: _Roll, calendar: Calendar, today: date, at: datetime) -> None:
    if row.entered_at is not None and row.entered_at > at:
        raise MarkRefusedError("entered_at lies in the future.")
    pupil, enrolment = roll.on(row.upn, row.on)
    place = SessionOn(row.on, row.session)
    code = rules.read_symbol(row.symbol[:LONGEST_QUOTE], row.session)
    rules.check(rules.Proposed(code, place, enrolment, Door.IMPORT), calendar, today)
    if code.symbol != row.symbol.upper():
        article = "an" if row.session is Session.AM else "a"
        reason = f"{row.symbol} in {article} {row.session} register read as {code.symbol}."
        found.put_right.append(Fault(row.line, reason))
    if code.ground and not any(marks.covers(one, code, place) for one in roll.held.get(pupil.pk, ())):
        found.without_record += 1
    found.checked.append(Checked(row, pupil, code))


def _roll(pupils: Sequence[Pupil]) -> _Roll:
    spells: dict[str, list[tuple[Pupil, Enrolment]]] = defaultdict(list)
    for pupil in sorted(pupils, key=lambda one: one.starts_on, reverse=True):
        spells[pupil.upn].append((pupil, marks.enrolment(pupil)))
    held: dict[int, list[Arrangement]] = defaultdict(list)
    for arrangement in Arrangement.objects.filter(pupil__in=[pupil.pk for pupil in pupils]):
        held[arrangement.pupil_id].append(arrangement)
    return _Roll(spells, held)


def disagreements(checked: Sequence[Checked], stated: Mapping[str, tuple[int, dict[str, int]]]) -> list[Fault]:
    """The totals stated for a pupil that the marks of the same file do not bear out."""
    if not stated:
        return []
    classes: dict[str, Counter[StatClass]] = defaultdict(Counter)
    codes: dict[str, Counter[str]] = defaultdict(Counter)
    for item in checked:
        classes[item.row.upn][item.code.stat_class] += 1
        codes[item.row.upn][item.code.symbol] += 1
    found = []
    for number, (line, totals) in stated.items():
        wrong = mark_rows.totals_that_disagree(totals, classes[number], codes[number]["L"], codes[number]["U"])
        for name, (said, counted) in wrong.items():
            reason = f"The file says {said} {name}; its own marks come to {counted}. The marks stand, not the total."
            found.append(Fault(line, reason))
    return found
