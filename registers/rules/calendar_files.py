"""A calendar as a file says it: what each line is, and what it would add, change or leave as it stands.

A half-term is known by its number within its school year, a closure by its first day and session. Nothing is removed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise

from registers.rules import cells, closures
from registers.rules.calendar import CalendarRefusedError, Closure, Term, term_year
from registers.rules.cells import CellRefusedError
from registers.rules.closures import ClosureKind
from registers.rules.sessions import Session, SessionOn

REQUIRED = frozenset({"kind", "first_on"})
KNOWN = frozenset({"kind", "name", "number", "first_on", "last_on", "session"})
TERM = "term"
LONGEST_TERM_NAME, LONGEST_CLOSURE_NAME = 30, 80
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)

Key = tuple[object, ...]
Entered = Term | Closure


class Outcome(StrEnum):
    """What comes of a line."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NOT_NEEDED = "not needed"
    REFUSED = "refused"


WRITTEN = frozenset({Outcome.ADDED, Outcome.CHANGED})


@dataclass(frozen=True)
class Standing:
    """One half-term or closure the school has; a placeholder waits to be confirmed."""

    entered: Entered
    placeholder: bool = False


@dataclass(frozen=True)
class Line:
    """One line of the file, what it says, what comes of it and why. `entered` is None where it cannot be read."""

    number: int
    entered: Entered | None
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class Plan:
    """Every line's outcome, and the calendar as it would be."""

    lines: tuple[Line, ...]
    terms: tuple[Term, ...]
    closures: tuple[Closure, ...]

    @property
    def counts(self) -> dict[Outcome, int]:
        found = Counter(line.outcome for line in self.lines)
        return {outcome: found[outcome] for outcome in Outcome}

    @property
    def refused(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.outcome is Outcome.REFUSED)

    @property
    def written(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.outcome in WRITTEN)


def key_of(entered: Entered) -> Key:
    """What a half-term or closure is known by."""
    if isinstance(entered, Term):
        return (TERM, term_year(entered.first_on), entered.number)
    return ("closure", entered.first_on, entered.session)


def in_words(entered: Entered) -> str:
    if isinstance(entered, Term):
        return f"{entered.name}, {entered.first_on:%d/%m/%Y} to {entered.last_on:%d/%m/%Y}"
    return closures.in_words(entered)


def read(row: Mapping[str, str]) -> Entered:
    """What one row says. Raises CellRefusedError."""
    kind = row["kind"].strip().lower().replace(" ", "_")
    if kind != TERM and kind not in set(ClosureKind):
        known = ", ".join([TERM, *ClosureKind])
        raise CellRefusedError(f"kind: “{row['kind']}” is not known. Write one of {known}.")
    first_on = _day(row.get("first_on", ""), "first_on")
    last_text = row.get("last_on", "")
    if kind == TERM:
        number = cells.read_number(row.get("number", ""), "number", 1, 6)
        name = cells.read_text(row.get("name", ""), "name", LONGEST_TERM_NAME) or f"Term {number}"
        return Term(name, number, first_on, _day(last_text, "last_on"))
    session = row.get("session", "").upper()
    if session not in ("", *Session):
        raise CellRefusedError(f"session: “{row['session']}” is neither AM nor PM. Leave it empty for the whole day.")
    return Closure(
        first_on=first_on,
        last_on=_day(last_text, "last_on") if last_text else first_on,
        kind=kind,
        name=cells.read_text(row.get("name", ""), "name", LONGEST_CLOSURE_NAME) or closures.kind_name(kind),
        session=Session(session) if session else None,
    )


def _day(text: str, column: str) -> date:
    on = cells.read_date(text, column)
    if not EARLIEST <= on <= LATEST:
        raise CellRefusedError(f"{column}: {on:%d/%m/%Y} is no day of a register.")
    return on


def plan(rows: Iterable[tuple[int, Mapping[str, str]]], standing: Iterable[Standing]) -> Plan:
    """What a file would do to the calendar that stands; a refused line says what to correct."""
    known = {key_of(one.entered): one for one in standing}
    lines = _compared(rows, known)
    merged = {key: one.entered for key, one in known.items()}
    merged |= {key_of(line.entered): line.entered for line in lines if line.entered and line.outcome in WRITTEN}
    terms = sorted((one for one in merged.values() if isinstance(one, Term)), key=lambda term: term.first_on)
    shut = [one for one in merged.values() if isinstance(one, Closure)]
    lines = [_needed(line, terms) for line in _terms_checked(lines, terms)]
    idle = {line.entered for line in lines if line.outcome is Outcome.NOT_NEEDED}
    shut = sorted((one for one in shut if one not in idle), key=lambda one: (one.first_on, one.session or ""))
    return Plan(tuple(_closure_checked(line, terms, shut) for line in lines), tuple(terms), tuple(shut))


def _compared(rows: Iterable[tuple[int, Mapping[str, str]]], known: Mapping[Key, Standing]) -> list[Line]:
    lines: list[Line] = []
    seen: dict[Key, int] = {}
    for number, row in rows:
        try:
            entered = read(row)
            _check_days(entered)
        except (CellRefusedError, CalendarRefusedError) as refused:
            lines.append(Line(number, None, Outcome.REFUSED, str(refused)))
            continue
        key = key_of(entered)
        if key in seen:
            why = f"Line {seen[key]} says this half-term or closure already. Keep one."
            lines.append(Line(number, entered, Outcome.REFUSED, why))
            continue
        seen[key] = number
        lines.append(_line(number, entered, known.get(key)))
    return lines


def _check_days(entered: Entered) -> None:
    if entered.last_on < entered.first_on:
        raise CalendarRefusedError(f"{entered.name} ends before it begins.")


def _line(number: int, entered: Entered, before: Standing | None) -> Line:
    if before is None:
        return Line(number, entered, Outcome.ADDED)
    if before.entered != entered:
        return Line(number, entered, Outcome.CHANGED, f"was {in_words(before.entered)}")
    if before.placeholder:
        return Line(number, entered, Outcome.CHANGED, "confirmed: it was a placeholder")
    return Line(number, entered, Outcome.UNCHANGED)


def _terms_checked(lines: Sequence[Line], terms: Sequence[Term]) -> list[Line]:
    """The lines, those refused whose half-term cannot stand beside its neighbour."""
    faults: dict[Entered, str] = {}
    for some in (*pairwise(terms), *((term,) for term in terms)):
        try:
            closures.check_all_terms(some)
        except CalendarRefusedError as refused:
            for term in some:
                faults.setdefault(term, str(refused))
    return [
        replace(line, outcome=Outcome.REFUSED, why=faults[line.entered])
        if line.outcome in WRITTEN and line.entered in faults
        else line
        for line in lines
    ]


def _needed(line: Line, terms: Sequence[Term]) -> Line:
    """A bank holiday outside the terms closes nothing, and lists of bank holidays are full of them."""
    entered = line.entered
    if line.outcome is not Outcome.ADDED or not isinstance(entered, Closure):
        return line
    if entered.kind != ClosureKind.BANK_HOLIDAY or closures.is_in_terms(entered, terms):
        return line
    return replace(line, outcome=Outcome.NOT_NEEDED, why="outside the terms or on a weekend: there is no school")


def _closure_checked(line: Line, terms: Sequence[Term], shut: Sequence[Closure]) -> Line:
    entered = line.entered
    if line.outcome not in WRITTEN or not isinstance(entered, Closure):
        return line
    try:
        closures.check_closure(entered, terms, [other for other in shut if key_of(other) != key_of(entered)])
    except CalendarRefusedError as refused:
        return replace(line, outcome=Outcome.REFUSED, why=str(refused))
    return line


def refuse_marked(planned: Plan, standing: Iterable[Standing], marked: Iterable[SessionOn]) -> Plan:
    """The plan, those lines refused that would close sessions in which marks stand."""
    before = {key_of(one.entered): one.entered for one in standing}
    places = sorted(marked)

    def checked(line: Line) -> Line:
        entered = line.entered
        if line.outcome not in WRITTEN or entered is None:
            return line
        days = list(dict.fromkeys(place.on for place in places if _closes(entered, before)(place)))
        if not days:
            return line
        named = ", ".join(f"{on:%d/%m/%Y}" for on in days[:5]) + (" and more" if len(days) > 5 else "")
        return replace(line, outcome=Outcome.REFUSED, why=f"Marks stand on {named}: these days cannot be closed.")

    return replace(planned, lines=tuple(checked(line) for line in planned.lines))


def _closes(entered: Entered, before: Mapping[Key, Entered]) -> Callable[[SessionOn], bool]:
    if isinstance(entered, Closure):
        own = closures.sessions_of(entered)
        return lambda place: place in own
    old = before.get(key_of(entered), entered)
    return lambda place: old.first_on <= place.on <= old.last_on and not entered.first_on <= place.on <= entered.last_on
